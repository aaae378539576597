"""A campaign over a formula: measured values are the formula times something the test knows."""

import csv
from pathlib import Path

import numpy as np
import pytest

from electrolyte_ml.campaign import Campaign
from electrolyte_ml.prediction import Prediction

RECIPE = """
name = "small"
description = "For tests"

[components]
solvents = ["EC", "PC", "DMC", "DME"]
salts = ["NaPF6", "NaFSI"]

[limits]
max_solvents = 2
salt_molality_mol_kg = [0.5, 1.5]
smallest_fraction = 0.1
fraction_step = 0.05
molality_step = 0.1

[[objectives]]
property = "conductivity_ms_cm"
temperature = "25 degC"

[[constraints]]
property = "fluorine_mass_fraction"
max = 0.2

[search]
n_trials = 150
"""
COLUMN = "conductivity_ms_cm at 25 degC"


def formula(formulation):
    """What the model of the test predicts, mS/cm."""
    salt = sum(formulation.molalities_mol_kg.values())
    return 5 + 6 * salt * formulation.mass_fractions.get("DMC", 0.0)


def scorer(formulations, temperature_k):
    value = np.array([formula(f) for f in formulations])
    fluorine = np.full(len(value), 0.1)
    known = np.ones(len(value), dtype=bool)
    nothing = (None,) * len(value)
    return {
        "conductivity_ms_cm": Prediction(
            value=value,
            low=value / 2,
            high=value * 2,
            coverage=0.9,
            in_domain=known,
            reason=nothing,
        ),
        "fluorine_mass_fraction": Prediction(
            value=fluorine,
            low=fluorine,
            high=fluorine,
            coverage=1.0,
            in_domain=known,
            reason=nothing,
        ),
    }


@pytest.fixture
def campaign(tmp_path):
    recipe = tmp_path / "small.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return Campaign.create(tmp_path / "campaign", recipe, scorer)


@pytest.fixture
def reopen():
    return lambda campaign: Campaign(campaign.folder, scorer)


@pytest.fixture
def write_rows(tmp_path):
    """Write rows as CSV; columns are those of all rows."""

    def write(rows, name="results.csv"):
        path = Path(tmp_path) / name
        columns = list(dict.fromkeys(c for row in rows for c in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=columns)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write
