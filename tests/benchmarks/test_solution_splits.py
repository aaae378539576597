"""Splits of solutions: frozen, made again, and without a copy on both sides."""

import json

import numpy as np
import pytest

from electrolyte_ml.benchmarks.frozen import FROZEN_SEED, frozen_folder
from electrolyte_ml.benchmarks.solution_splits import (
    OF_PRACTICE,
    PRACTICE,
    SPLITS,
    keyed_split,
    keyed_splits,
    rows_of,
)
from electrolyte_ml.data.copies import copies_of, series_groups, species_of

pytestmark = pytest.mark.full_data


def test_frozen_splits_are_made_again():
    entries = json.loads((frozen_folder() / "manifest.json").read_text())["splits"]
    made = {keyed.name: keyed.sha256 for keyed in keyed_splits(FROZEN_SEED)}
    held = {n: e["sha256"] for n, e in entries.items() if n.startswith("solutions/")}
    assert held == made
    assert len(made) == len(SPLITS) - len(OF_PRACTICE)


@pytest.mark.parametrize("name", SPLITS)
def test_no_copy_is_on_both_sides(name):
    measurements = rows_of(name).measurements
    for train, test in keyed_split(name, FROZEN_SEED).split.folds:
        tested, trained = measurements.select(test), measurements.select(train)
        assert not copies_of(tested, trained).any()


@pytest.mark.parametrize("name", ["viscosity-series", "density-series", "density-pair"])
def test_a_series_is_in_one_fold(name):
    measurements = rows_of(name).measurements
    series = series_groups(measurements)
    folds = keyed_split(name, FROZEN_SEED).split.folds
    assert len(folds) == 5
    assert sum(len(test) for _, test in folds) == len(measurements)
    for train, test in folds:
        assert not np.isin(series[train], series[test]).any()


@pytest.mark.parametrize("name", OF_PRACTICE)
def test_what_practice_knows_is_never_learnt(name):
    rows = rows_of(name)
    ((train, test),) = keyed_split(name, FROZEN_SEED).split.folds
    assert (rows.dataset[test] == PRACTICE).all()
    assert not (rows.dataset[train] == PRACTICE).any()
    formulations = rows.measurements.row_formulations
    known = {species_of(formulations[i]) for i in test.tolist()}
    assert not any(species_of(formulations[i]) in known for i in train.tolist())
    assert (rows.low[test] <= rows.high[test]).all()
