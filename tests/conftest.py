"""What all tests share: no test sees, or touches, the species of whoever runs it."""

import os
import tempfile

import pytest
from hypothesis import settings

from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.default import FOLDER_VARIABLE

# `pytest --hypothesis-profile=thorough` searches thirty times as long.
settings.register_profile("fast", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=3000)
settings.load_profile("fast")

_NO_SPECIES = tempfile.TemporaryDirectory()


def pytest_configure() -> None:
    # Before any module of tests is imported, because some hold the catalog.
    os.environ[FOLDER_VARIABLE] = _NO_SPECIES.name
    # Tables are as wide as they like, whatever terminal the tests run in.
    os.environ["COLUMNS"] = "250"


@pytest.fixture
def species_folder(tmp_path, monkeypatch):
    """An empty folder of user species of this test alone."""
    folder = tmp_path / "species"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    default_catalog.cache_clear()
    yield folder
    default_catalog.cache_clear()
