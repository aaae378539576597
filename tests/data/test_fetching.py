"""Downloads, from a server of the test."""

import hashlib
import http.server
import json
import os
import re
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from electrolyte_ml.data import conversion, fetching
from electrolyte_ml.data.catalog import Download, card_of
from electrolyte_ml.data.fetching import fetch, fetchable_names
from electrolyte_ml.data.location import data_path
from electrolyte_ml.errors import DataNotFoundError, InputError

CONTENT = b"Electrolyte concentration [mol.m-3],Electrolyte conductivity [S.m-1]\n1000,0.8\n"
HASH = hashlib.sha256(CONTENT).hexdigest()
NAME, FILE = "chayambuka2022", "chayambuka2022_napf6_ecpc.csv"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def address(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "table.csv").write_bytes(CONTENT)
    handler = partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/table.csv"
        server.shutdown()


_USER_DATA = os.environ.get("ELECTROLYTE_ML_DATA", "")


def data_path_of_user(name):
    return Path(_USER_DATA) / name


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("ELECTROLYTE_ML_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "electrolyte_ml"


def test_a_file_of_the_right_hash_is_found_by_its_loader(address, cache):
    assert fetch(NAME, url=address, sha256=HASH.upper()) == (cache / FILE,)
    assert data_path(FILE).read_bytes() == CONTENT


def test_a_file_of_another_hash_is_not_kept(address, cache):
    with pytest.raises(DataNotFoundError, match="nothing was kept"):
        fetch(NAME, url=address, sha256="0" * 64)
    assert not list(cache.glob("*"))


def test_a_missing_file_is_told(address):
    with pytest.raises(DataNotFoundError, match="cannot be downloaded"):
        fetch(NAME, url=address + "x", sha256=HASH)


def test_all_files_of_a_set_are_fetched_and_a_stopped_download_goes_on(address, cache, monkeypatch):
    there = Download(file=FILE, url=address, sha256=HASH)
    inside = Download(file="folder/second.csv", url=address + "x", sha256=HASH)
    monkeypatch.setattr(
        fetching, "card_of", lambda name: replace(card_of(name), downloads=(there, inside))
    )
    with pytest.raises(DataNotFoundError, match="cannot be downloaded"):
        fetch(NAME)
    assert (cache / FILE).read_bytes() == CONTENT
    monkeypatch.setattr(
        fetching,
        "card_of",
        lambda name: replace(card_of(name), downloads=(there, replace(inside, url=address))),
    )
    assert fetch(NAME) == (cache / FILE, cache / "folder" / "second.csv")
    assert data_path("folder/second.csv").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("molsets", {}, "Get it by hand"),
        ("molsets", {"url": "https://example.org/x"}, "give --url and --sha256 together"),
        ("molsets", {"url": "https://example.org/x", "sha256": "12"}, "64 hexadecimal digits"),
        ("chemixhub_logv", {"url": "https://example.org/x", "sha256": HASH}, "gets them from"),
        ("ilthermo_conductivity", {"url": "https://example.org/x", "sha256": HASH}, "has 2 files"),
        ("sodium_table", {}, "nothing to fetch"),
        ("nothing", {}, "unknown data set"),
    ],
)
def test_nothing_is_downloaded_unchecked(cache, name, more, words):
    with pytest.raises(InputError, match=words):
        fetch(name, **more)
    assert not cache.exists()


# The published table has rows that are kept back: the second and the third here.
NUMBERED = "row,solvent,value\n0,PC,0.28517844999999997\n3,EC,2.0\n"
PUBLISHED = "solvent,value\nPC,0.28517844999999997\nDME,1.0\nDOL,1.5\nEC,2.0\n"


@pytest.fixture
def kept_rows(tmp_path, monkeypatch):
    (tmp_path / "kept.json").write_text(json.dumps({"numbered.csv": "0 3", "sheet.csv": "0 3"}))
    monkeypatch.setattr(conversion, "packaged_file", lambda _: tmp_path / "kept.json")


def publish(tmp_path, name, content):
    path = tmp_path / "server" / name
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def card_with(monkeypatch, download):
    monkeypatch.setattr(
        fetching, "card_of", lambda name: replace(card_of(name), downloads=(download,))
    )


def numbered(address, tmp_path, target):
    """The download of the table above, which splits were frozen with as `NUMBERED`."""
    return Download(
        file=target,
        url=address.replace("table.csv", "original.csv"),
        sha256=publish(tmp_path, "original.csv", PUBLISHED.encode()),
        conversion="numbered csv",
        file_sha256=hashlib.sha256(NUMBERED.encode()).hexdigest(),
    )


@pytest.mark.usefixtures("kept_rows")
def test_a_published_table_is_numbered_and_filtered(address, cache, tmp_path, monkeypatch):
    card_with(monkeypatch, numbered(address, tmp_path, "numbered.csv"))
    assert fetch(NAME) == (cache / "numbered.csv",)
    assert (cache / "numbered.csv").read_text() == NUMBERED
    assert (cache / "published" / "numbered.csv").read_text() == PUBLISHED


@pytest.mark.usefixtures("kept_rows")
def test_other_bytes_than_the_frozen_ones_are_told(address, cache, tmp_path, monkeypatch):
    card_with(monkeypatch, numbered(address, tmp_path, "everything.csv"))
    with pytest.warns(UserWarning, match="differs in bytes"):
        fetch(NAME)
    assert len((cache / "everything.csv").read_text().splitlines()) == 5


@pytest.mark.usefixtures("kept_rows")
def test_a_workbook_becomes_a_table_with_every_digit(address, cache, tmp_path, monkeypatch):
    pytest.importorskip("openpyxl")
    import openpyxl

    book = openpyxl.Workbook()
    for line in [("#", "solvent", "value"), (0, "PC", 0.5), (1, "DME", 1), (3, "EC", None)]:
        book.active.append(line)
    book.save(tmp_path / "original.xlsx")
    content = (tmp_path / "original.xlsx").read_bytes()
    card_with(
        monkeypatch,
        Download(
            file="sheet.csv",
            url=address.replace("table.csv", "original.xlsx"),
            sha256=publish(tmp_path, "original.xlsx", content),
            conversion="numbered sheet",
        ),
    )
    (path,) = fetch(NAME)
    assert path.read_text() == "row,solvent,value\n0,PC,0.5\n3,EC,\n"
    assert (cache / "published" / "sheet.xlsx").read_bytes() == content


def test_a_file_that_cannot_be_converted_is_told(address, cache, monkeypatch):
    card_with(
        monkeypatch,
        Download(file=FILE, url=address, sha256=HASH, conversion="numbered sheet"),
    )
    with pytest.raises(DataNotFoundError, match="cannot be converted"):
        fetch(NAME)
    assert not (cache / FILE).exists()


def test_every_address_names_a_fixed_version_and_a_hash():
    names = fetchable_names()
    assert {"calisol23", "edb1", "chemixhub_logv", "kumar2026_density"} <= set(names)
    for name in names:
        for download in card_of(name).downloads:
            assert re.fullmatch(r"[0-9a-f]{64}", download.sha256)
            assert re.search(r"/[0-9a-f]{40}/", download.url)
            assert download.conversion in {"", *conversion.CONVERSIONS}
            assert bool(download.conversion) == bool(download.file_sha256)


def test_numbers_of_rows_are_read_as_splits_write_them():
    assert conversion.numbers_of("0-2 5 9").tolist() == [0, 1, 2, 5, 9]
    assert conversion.numbers_of("").tolist() == []


@pytest.mark.full_data
@pytest.mark.parametrize("name", ["calisol23", "edb1"])
def test_rows_that_stay_are_those_of_the_frozen_files(name, tmp_path):
    """Made again from the file at hand as if it were the published one, every byte is the same."""
    import pandas as pd

    (download,) = card_of(name).downloads
    file = data_path_of_user(download.file)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == download.file_sha256
    table = pd.read_csv(file)
    whole = table.set_index("row").reindex(range(int(table["row"].max()) + 1)).reset_index()
    original = tmp_path / "original.csv"
    columns = whole.drop(columns="row") if name == "edb1" else whole
    columns.to_csv(original, index=False)
    how = "numbered csv" if name == "edb1" else "numbered csv of a numbered table"
    ways = {**conversion.CONVERSIONS, "numbered csv of a numbered table": pd.read_csv}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conversion, "CONVERSIONS", ways)
        conversion.convert(how, original, tmp_path / download.file)
    again = pd.read_csv(tmp_path / download.file)
    pd.testing.assert_frame_equal(again, table, check_dtype=False)


@pytest.mark.full_data
def test_efficiencies_are_parted_from_conductivities_as_splits_know_them(tmp_path):
    """The published table has two more columns and as many digits as its makers typed."""
    import pandas as pd

    download = card_of("s4_efficiency").downloads[0]
    file = data_path_of_user(download.file)
    table = pd.read_csv(file, dtype=str)
    table.insert(1, "Ionic Conductivity", "3.80")
    table.insert(2, "Temperature", "25.0")
    table["CE (%)"] = [f"{float(value):.2f}" for value in table["CE (%)"]]
    table.to_csv(tmp_path / "original.csv", index=False)
    conversion.convert("efficiency alone", tmp_path / "original.csv", tmp_path / download.file)
    made = hashlib.sha256((tmp_path / download.file).read_bytes()).hexdigest()
    assert made == download.file_sha256
