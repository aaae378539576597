"""What all tests share: no test sees, or touches, the species of whoever runs it."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest
from hypothesis import settings

from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.catalog import FOLDER_VARIABLE

# No profile has a deadline: a busy machine is no fault. `make test-slow` takes ``ci``, and
# `pytest --hypothesis-profile=thorough` searches sixty times as long as `make test`.
settings.register_profile("fast", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=300)
settings.register_profile("thorough", deadline=None, max_examples=3000)
settings.load_profile("fast")

_NO_SPECIES = tempfile.TemporaryDirectory()


def pytest_configure() -> None:
    # Before any module of tests is imported, because some hold the catalog.
    os.environ[FOLDER_VARIABLE] = _NO_SPECIES.name
    # Tables are as wide as they like, whatever terminal the tests run in.
    os.environ["COLUMNS"] = "250"


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
