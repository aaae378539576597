"""Density model against measured sodium and potassium solutions (arXiv:2603.20183)."""

import csv
from pathlib import Path

import numpy as np

from electrolyte_ml.formulation import parse_recipe

SAMPLE = Path(__file__).parents[1] / "sample"
SOLVENTS = {
    "dme": "DME",
    "diglyme": "diglyme",
    "tgdme": "tetraglyme",
    "pc": "PC",
    "propylenecarbonate": "PC",
    "dimethylcarbonate": "DMC",
    "diethyleneglycol": "diethylene glycol",
}


def test_measured_densities_are_met_within_one_percent():
    errors = []
    with (SAMPLE / "kumar2026_na_density.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            name = row["filename"].lower().removesuffix(".xyz")
            if name.endswith("_pure"):
                text = SOLVENTS[name.removesuffix("_pure")]
            else:
                salt, solvent, molarity = name.split("_")
                text = f"{molarity.upper()} {salt} in {SOLVENTS[solvent]}"
            predicted = parse_recipe(text).density_g_cm3()
            errors.append(abs(predicted / float(row["exp_density_g_cm3"]) - 1))
    assert len(errors) == 21
    assert np.mean(errors) <= 0.005
    assert max(errors) <= 0.015


def test_density_falls_when_warm_and_rises_with_salt():
    dilute, strong = (parse_recipe(f"{m} mol/kg NaPF6 in EC:DMC 1:1 w/w") for m in (0.1, 1.5))
    assert strong.density_g_cm3() > dilute.density_g_cm3()
    assert dilute.density_g_cm3(333.15) < dilute.density_g_cm3(253.15)
