"""Downloads, from a server of the test."""

import hashlib
import http.server
import threading
from dataclasses import replace
from functools import partial

import pytest

from electrolyte_ml.data import fetching
from electrolyte_ml.data.catalog import Download, card_of
from electrolyte_ml.data.fetching import fetch
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
        ("calisol23", {}, "Get it by hand"),
        ("calisol23", {"url": "https://example.org/x"}, "give --url and --sha256 together"),
        ("calisol23", {"url": "https://example.org/x", "sha256": "12"}, "64 hexadecimal digits"),
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
