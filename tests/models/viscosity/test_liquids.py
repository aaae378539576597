"""Pieces of the model of liquids: the law, mixtures, networks, corrections, splits."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.models.viscosity.fit import (
    LiquidFitSettings,
    fit_corrections,
    fit_liquids,
    predict_rows,
)
from electrolyte_ml.models.viscosity.law import (
    N_PAIR,
    excess_basis,
    pure_log10,
    pure_parameters,
)
from electrolyte_ml.models.viscosity.liquid import Liquids
from electrolyte_ml.models.viscosity.network import (
    N_EVEN,
    MoleculeTable,
    all_names,
    choose,
    describe,
)
from electrolyte_ml.models.viscosity.rows import LiquidRows, molecule_split, pair_split

SMILES = ("CCCCCC", "CCCO", "CCO", "CCOC(C)=O", "COC(=O)OC", "Cc1ccccc1", "O")
raw = st.lists(st.floats(-5, 5), min_size=3, max_size=3)


@given(raw)
def test_a_pure_liquid_thins_as_it_warms(parameters):
    a, b, vogel = pure_parameters(np.array([parameters]), np)
    temperatures = np.arange(213.15, 393.15, 5.0)
    viscosity = pure_log10(a, b, vogel, temperatures, np)
    assert (np.diff(viscosity) < 0).all()
    assert np.isfinite(viscosity).all()


@given(st.floats(0, 1), st.floats(233, 363))
def test_swapping_molecules_changes_the_sign_of_odd_terms_only(share, temperature):
    x, t = np.array([share]), np.array([temperature])
    there = np.array(excess_basis(x, 1 - x, t, np))
    back = np.array(excess_basis(1 - x, x, t, np))
    assert there[:N_EVEN] == pytest.approx(back[:N_EVEN])
    assert there[N_EVEN:] == pytest.approx(-back[N_EVEN:])


def test_there_is_no_excess_without_a_second_molecule():
    one, zero, t = np.ones(1), np.zeros(1), np.array([298.15])
    assert np.array(excess_basis(one, zero, t, np)) == pytest.approx(0.0)


@given(st.lists(st.sets(st.integers(0, 6), min_size=1, max_size=5), min_size=1, max_size=8))
def test_every_pair_that_meets_is_found_once(liquids):
    held = [dict.fromkeys(members, 1 / len(members)) for members in liquids]
    mixtures = Liquids.of_shares(SMILES, held)
    found = sorted(
        (int(u), *(int(mixtures.molecule[c]) for c in pair))
        for u, pair in zip(mixtures.pair_liquid, mixtures.pair_components, strict=True)
    )
    expected = sorted(
        (u, *pair) for u, members in enumerate(liquids) for pair in combinations(sorted(members), 2)
    )
    assert found == expected
    matrix = np.array([[h.get(m, 0.0) for m in range(len(SMILES))] for h in held])
    again = Liquids.of_shares(SMILES, matrix)
    assert np.array_equal(again.pair_components, mixtures.pair_components)


def made_up(seed=0, n=900):
    """Rows of a world in which viscosity follows the law exactly, and their table."""
    rng = np.random.default_rng(seed)
    m = len(SMILES)
    level, slope = rng.uniform(-0.4, 0.4, m), rng.uniform(0.35, 0.6, m)
    coefficients = {p: rng.normal(0, 0.3, N_PAIR) for p in combinations(range(m), 2)}
    both = np.sort(rng.integers(0, m, (n, 2)), axis=1)
    share = np.where(both[:, 0] == both[:, 1], 1.0, rng.uniform(0.05, 0.95, n))
    temperature = rng.uniform(293, 323, n)
    value = np.empty(n)
    for row, ((i, j), x, t) in enumerate(zip(both, share, temperature, strict=True)):
        pure = pure_log10(level[[i, j]], slope[[i, j]], np.full(2, 120.0), np.full(2, t), np)
        value[row] = x * pure[0] + (1 - x) * pure[1]
        if i != j:
            basis = excess_basis(np.array([x]), np.array([1 - x]), np.array([t]), np)
            value[row] += float(np.array(basis)[:, 0] @ coefficients[int(i), int(j)])
    rows = LiquidRows(
        smiles=SMILES,
        first=both[:, 0],
        second=both[:, 1],
        share=share,
        temperature_k=temperature,
        log10_viscosity=value,
        weight=np.ones(n),
    )
    names = all_names()
    every = describe(SMILES, names)
    chosen = choose(names, every)
    table = MoleculeTable(
        smiles=SMILES, names=tuple(names[i] for i in chosen), descriptors=every[:, chosen]
    )
    return rows, table


@pytest.fixture(scope="module")
def fitted():
    rows, table = made_up()
    pytest.importorskip("torch")
    train = np.arange(len(rows)) % 4 > 0
    settings = LiquidFitSettings(members=2, steps=120, pairs=14)
    return rows, train, fit_liquids(rows.select(train), table, settings, seed=1)


def test_measured_pairs_are_learnt(fitted):
    rows, train, model = fitted
    error = predict_rows(model, rows.select(~train)).mean(axis=0) - rows.log10_viscosity[~train]
    assert np.abs(error).mean() < 0.01
    assert np.abs(error).mean() < 0.2 * rows.log10_viscosity.std()


def test_fits_are_repeatable(fitted):
    rows, train, model = fitted
    settings = LiquidFitSettings(members=2, steps=120, pairs=14)
    again = fit_liquids(rows.select(train), model.table, settings, seed=1)
    assert np.array_equal(predict_rows(model, rows), predict_rows(again, rows))


def test_order_of_smiles_carries_no_meaning(fitted):
    *_, model = fitted
    turned = Liquids.of_shares(SMILES, [{3: 0.3, 1: 0.7}])
    straight = Liquids.of_shares(SMILES, [{1: 0.7, 3: 0.3}])
    at = (np.zeros(1, dtype=np.intp), np.array([298.15]))
    assert np.array_equal(model.predict(turned, *at), model.predict(straight, *at))
    # A subset of the molecules in its own numbering is the same liquid.
    alone = Liquids.of_shares((SMILES[1], SMILES[3]), [{0: 0.7, 1: 0.3}])
    assert model.predict(alone, *at) == pytest.approx(model.predict(straight, *at))


def test_knows_what_it_was_trained_on(fitted):
    _, _, model = fitted
    assert model.was_trained(["CCO", "CCCCO"]).tolist() == [True, False]
    mixtures = Liquids.of_shares(("CCCCO", "CCCO", "CCO"), [{0: 0.2, 1: 0.3, 2: 0.5}])
    assert model.pair_was_trained(mixtures).tolist() == [False, False, True]


def test_corrections_shrug_off_a_gross_error():
    rows, _ = made_up(n=400)
    left_over = np.where(rows.first == 2, 0.05, 0.0)
    wrong = np.flatnonzero(rows.is_pure & (rows.first == 2))[0]
    left_over[wrong] = 2.0
    found = fit_corrections(rows, left_over, np.full(len(SMILES), 0.3))
    assert abs(found.level[2] - 0.05) < 0.03


def test_folds_leak_neither_pairs_nor_molecules():
    rows, _ = made_up()
    for train, test in pair_split(rows, n_folds=4).folds:
        assert not set(rows.pair[train]) & set(rows.pair[test])
        assert len(train) + len(test) == len(rows)
    for train, test in molecule_split(rows, n_folds=3, share=0.3).folds:
        known = set(rows.select(train).molecules())
        tested = rows.select(test)
        new = [
            i not in known or j not in known
            for i, j in zip(tested.first, tested.second, strict=True)
        ]
        assert all(new)
        assert SMILES.index("O") in known
