import numpy as np
import pytest

from electrolyte_ml.data.catalog import FOLDER_VARIABLE
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.formulation import parse_recipe


@pytest.fixture
def imported_folder(tmp_path, monkeypatch):
    """An empty folder of imported data sets of this test alone."""
    folder = tmp_path / "imported"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


@pytest.fixture
def make_measurements():
    """Measurements of rows (recipe, temperature, value, source) or (..., flag)."""

    def make(rows, property_name="conductivity_ms_cm", **more):
        recipes = list(dict.fromkeys(row[0] for row in rows))
        return Measurements(
            property_name=property_name,
            formulations=tuple(parse_recipe(r) for r in recipes),
            formulation_index=np.array([recipes.index(row[0]) for row in rows], dtype=np.intp),
            temperature_k=np.array([row[1] for row in rows], dtype=float),
            value=np.array([row[2] for row in rows], dtype=float),
            source=np.array([row[3] for row in rows]),
            source_row=np.arange(len(rows)),
            flag=np.array([row[4] if len(row) > 4 else "" for row in rows]),
            **more,
        )

    return make
