"""What all tests share: no test sees, or touches, the species of whoever runs it."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

from electrolyte_ml.data import conductivities, union
from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.catalog import FOLDER_VARIABLE

# No profile has a deadline: a busy machine is no fault. `make test` tries the same examples every
# time, so that what fails is what was changed; `make test-slow` takes ``ci``, with ever new ones,
# and `pytest --hypothesis-profile=thorough` searches ten times as long again.
settings.register_profile("fast", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("ci", deadline=None, max_examples=300)
settings.register_profile("thorough", deadline=None, max_examples=3000)
settings.load_profile("fast")

_NO_SPECIES = tempfile.TemporaryDirectory()
_DATA = "ELECTROLYTE_ML_DATA"
# The sets of conductivities that the sample has rows of, in the order of the union.
_IN_SAMPLE = ("sodium_table", "na_literature", "chayambuka2022", "calisol23")
SAMPLE = Path(__file__).parent / "sample"


def pytest_configure() -> None:
    # Before any module of tests is imported, because some hold the catalog.
    os.environ[FOLDER_VARIABLE] = _NO_SPECIES.name
    # Tables are as wide as they like, whatever terminal the tests run in.
    os.environ["COLUMNS"] = "250"
    # Tests that run side by side have no cores to spare; predictions limit themselves.
    threadpool_limits(1)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("full_data") and not os.environ.get(_DATA):
        pytest.skip("needs the whole data sets: ELECTROLYTE_ML_DATA is not set")


def _forget_data() -> None:
    """Clear what suites keep of the data that they read."""
    for name, module in list(sys.modules.items()):
        if name.startswith("electrolyte_ml.benchmarks."):
            for value in list(vars(module).values()):
                if getattr(value, "__module__", "") == name and hasattr(value, "cache_clear"):
                    value.cache_clear()
    union.conductivity_union.cache_clear()


@contextmanager
def _sample_for_data(nothing: Path) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(_DATA, str(SAMPLE))
        patch.setenv("XDG_CACHE_HOME", str(nothing))
        patch.setattr(union, "FILES", _IN_SAMPLE)
        patch.setattr(conductivities, "learnt_sources", lambda *_: _IN_SAMPLE)
        _forget_data()
        yield SAMPLE
    _forget_data()


@pytest.fixture
def sample(tmp_path) -> Iterator[Path]:
    """The small sample of measured data that ships stands for the folder of data sets."""
    with _sample_for_data(tmp_path / "cache") as folder:
        yield folder


@pytest.fixture(scope="module")
def module_sample(tmp_path_factory) -> Iterator[Path]:
    """The same for all tests of a module, which then has no test of the whole data sets."""
    with _sample_for_data(tmp_path_factory.mktemp("cache")) as folder:
        yield folder


@dataclass(slots=True)
class Count:
    """How often functions were called, those written in C included."""

    calls: int = 0


@contextmanager
def counting() -> Iterator[Count]:
    count = Count()

    def note(frame: object, event: str, argument: object) -> None:
        count.calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield count
    finally:
        sys.setprofile(before)


@pytest.fixture(scope="session")
def count_calls() -> Callable[[], AbstractContextManager[Count]]:
    """What work costs, whatever else the machine does: ``with count_calls() as count: ...``."""
    return counting


@pytest.fixture
def species_folder(tmp_path, monkeypatch):
    """An empty folder of user species of this test alone."""
    folder = tmp_path / "species"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    default_catalog.cache_clear()
    yield folder
    default_catalog.cache_clear()


def _text(encoding, separator, *, comma=False, first="", last="", end="\n"):
    def write(folder, name, header, rows):
        path = folder / f"{name}.{'tsv' if separator == chr(9) else 'csv'}"

        def cell(value):
            text = str(value)
            if comma and isinstance(value, float):
                text = text.replace(".", ",")
            quoted = separator in text or '"' in text
            return '"' + text.replace('"', '""') + '"' if quoted else text

        lines = [separator.join(map(cell, row)) for row in (header, *rows)]
        text = first + "".join(line + end for line in lines) + last
        path.write_bytes(text.encode(encoding))
        return path

    return write


def _xlsx(folder, name, header, rows):
    path = folder / f"{name}.xlsx"
    import openpyxl

    book = openpyxl.Workbook()
    for row in (header, *rows, [None] * len(header)):
        book.active.append([None if cell == "" else cell for cell in row])
    book.save(path)
    return path


def _parquet(folder, name, header, rows):
    path = folder / f"{name}.parquet"
    import pandas as pd

    frame = pd.DataFrame([[None if cell == "" else cell for cell in row] for row in rows])
    frame.columns = header
    frame.to_parquet(path)
    return path


DIALECTS = {
    "plain": _text("utf-8", ","),
    "bom": _text("utf-8-sig", ",", end="\r\n"),
    "semicolons": _text("utf-8", ";"),
    "german": _text("cp1252", ";", comma=True, end="\r\n"),
    "sep line": _text("utf-8", ";", comma=True, first="sep=;\n"),
    "tabs": _text("utf-8", "\t"),
    "unicode text": _text("utf-16", "\t", comma=True, end="\r\n"),
    "quoted decimal commas": _text("utf-8", ",", comma=True),
    "utf-16 without mark": _text("utf-16-le", ","),
    "old mac": _text("utf-8", ",", end="\r"),
    "empty last rows": _text("utf-8", ",", last=",,\n,,,,\n\n\n"),
    "empty first rows": _text("utf-8", ",", first=",,\n\n"),
    "xlsx": _xlsx,
    "parquet": _parquet,
}


@pytest.fixture(params=DIALECTS)
def write_table(request, tmp_path):
    """Writes a table in one of the ways that people write tables: ``write(name, header, rows)``."""

    def write(name, header, rows):
        return DIALECTS[request.param](tmp_path, name, header, rows)

    return write
