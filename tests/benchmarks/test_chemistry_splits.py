"""Splits of the union: frozen, made again, and without a copy on both sides."""

import json

import numpy as np
import pytest

from electrolyte_ml.benchmarks.chemistry_splits import (
    FEWEST_ROWS,
    SPLITS,
    keyed_split,
    keyed_splits,
    without_copies,
)
from electrolyte_ml.benchmarks.frozen import FROZEN_SEED, freeze, frozen_folder
from electrolyte_ml.benchmarks.suites import conductivity
from electrolyte_ml.data.conductivities import sodium_conductivities
from electrolyte_ml.data.copies import species_of
from electrolyte_ml.data.sources import calisol23
from electrolyte_ml.data.splits import source_split
from electrolyte_ml.data.union import conductivity_union, union_of


def crossing(tested, trained):
    """Trained rows that are copies of tested ones, from all pairs of each set of species."""
    sets = {}
    for number, formulation in enumerate(trained.formulations):
        sets.setdefault(species_of(formulation), []).append(number)
    found = []
    for number, formulation in enumerate(tested.formulations):
        same = sets.get(species_of(formulation))
        if same is None:
            continue
        rows = np.flatnonzero(np.isin(trained.formulation_index, same))
        own = np.flatnonzero(tested.formulation_index == number)
        kelvin = np.abs(tested.temperature_k[own, None] - trained.temperature_k[rows])
        a, b = tested.value[own, None], trained.value[rows]
        close = (kelvin <= 0.6) & (np.minimum(a, b) >= 0.99 * np.maximum(a, b))
        found += rows[close.any(axis=0)].tolist()
    return sorted(set(found))


@pytest.fixture
def union(make_rows):
    return union_of({"calisol23": make_rows(0), "edb1": make_rows(1)})


@pytest.fixture
def make_rows():
    from electrolyte_ml.data.measurements import Measurements
    from electrolyte_ml.formulation import parse_recipe

    recipes = [
        f"{c} m {salt} in {solvent}"
        for salt in ("LiPF6", "LiFSI", "NaPF6")
        for solvent in ("PC", "DME")
        for c in (0.5, 1, 4)
    ]

    def make(seed):
        chance = np.random.default_rng(seed)
        n = 10 * len(recipes)
        return Measurements(
            property_name="conductivity_ms_cm",
            formulations=tuple(parse_recipe(r) for r in recipes),
            formulation_index=np.repeat(np.arange(len(recipes)), 10),
            temperature_k=chance.uniform(290, 300, n),
            value=chance.uniform(5, 8, n),
            source=np.full(n, "10.1/a"),
            source_row=np.arange(n),
            flag=np.full(n, ""),
        )

    return make


@pytest.mark.parametrize("name", SPLITS)
def test_no_copy_is_on_both_sides(union, name):
    split = SPLITS[name](union, FROZEN_SEED)
    assert len(split.folds) > 0
    for train, test in split.folds:
        assert len(test) >= FEWEST_ROWS
        tested, trained = (union.measurements.select(rows) for rows in (test, train))
        assert crossing(tested, trained) == []


def test_what_a_fold_names_is_in_no_training_row(union):
    anion = SPLITS["anion"](union, FROZEN_SEED)
    assert anion.labels == ("FSI", "PF6")
    trained = union.measurements.select(anion.folds[0][0])
    assert not any("FSI" in f.notation() for f in trained.formulations)
    train, test = SPLITS["concentrated"](union, FROZEN_SEED).folds[0]
    molality = np.array([f.molality_mol_kg for f in union.measurements.row_formulations])
    assert (molality[test] > 3).all()
    assert (molality[train] <= 3).all()
    assert len(train) + len(test) < len(union), "copies are in neither"


def test_copies_are_in_neither_part(union):
    every = union.measurements
    test = np.zeros(len(every), dtype=bool)
    test[:40] = True
    train, tested = without_copies(every, test)
    held = np.setdiff1d(np.arange(len(every)), [*train, *tested])
    left = np.flatnonzero(~test)
    expected = left[crossing(every.select(tested), every.select(left))]
    assert held.tolist() == expected.tolist()
    assert len(held) > 0


@pytest.mark.full_data
def test_frozen_splits_are_made_again(tmp_path):
    for path in freeze([keyed_split("concentrated", 0), keyed_split("file", 0)], tmp_path)[:-1]:
        assert path.read_bytes() == (frozen_folder() / path.name).read_bytes(), path.name
    entries = json.loads((frozen_folder() / "manifest.json").read_text())["splits"]
    held = {name for name in entries if name.startswith("chemistry/")}
    assert held == {f"chemistry/{name}" for name in SPLITS}


@pytest.mark.full_data
def test_no_copy_crosses_in_any_frozen_fold():
    every = conductivity_union().measurements
    for keyed in keyed_splits(FROZEN_SEED):
        entry = json.loads((frozen_folder() / "manifest.json").read_text())["splits"][keyed.name]
        assert entry["sha256"] == keyed.sha256
        for train, test in keyed.split.folds:
            assert crossing(every.select(test), every.select(train)) == [], keyed.name


@pytest.mark.full_data
def test_copies_of_what_old_suites_test_may_not_train():
    union = conductivity_union()
    left_out = 0
    for name in conductivity.SPLITS:
        rows = calisol23.load()[0] if name == "published" else conductivity.lithium()
        for _, test in conductivity.keyed_split(name, FROZEN_SEED).split.folds:
            tested = rows.select(test)
            may = union.may_train(tested)
            assert crossing(tested, union.measurements.select(may)) == []
            left_out += int((~may & (union.dataset != "calisol23")).sum())
    assert left_out > 100
    sodium = sodium_conductivities()
    for _, test in [*source_split(sodium).folds, (None, np.arange(len(sodium)))]:
        tested = sodium.select(test)
        assert crossing(tested, union.measurements.select(union.may_train(tested))) == []
