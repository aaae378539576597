"""Simulated conductivities correct a model where it is unsure, and nowhere else."""

import dataclasses

import numpy as np
import pytest

from electrolyte_ml.benchmarks.cokriging import (
    KINDS,
    LONG,
    TABLES_OF,
    Correction,
    Simulated,
    simulated_conductivities,
    simulated_viscosities,
)
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.transport.self_diffusion import simulated_runs
from electrolyte_ml.prediction import Prediction

_ANIONS = ("PF6", "OTf", "TFSI", "ClO4", "BF4")
_SOLVENTS = ("PC", "EC:DMC 1:1 w/w", "DME")
_MEASURED = [f"1 m Na{anion} in {solvent}" for anion in _ANIONS for solvent in _SOLVENTS]
_NEW = [f"1 m NaFSI in {solvent}" for solvent in _SOLVENTS]
_TRUE_MS_CM = 10.0
_OVER = 0.3
_WIDE, _NARROW = 0.4, 0.02


def _said(n, *, value=_TRUE_MS_CM, sd=_NARROW):
    value = np.broadcast_to(np.asarray(value, dtype=float), (n,))
    half = 1.645 * np.broadcast_to(np.asarray(sd, dtype=float), (n,))
    return Prediction(
        value=value,
        low=value * 10**-half,
        high=value * 10**half,
        coverage=0.9,
        in_domain=np.ones(n, dtype=bool),
        reason=(None,) * n,
    )


def _simulated(recipes, log10_value, *, error=0.03):
    n = len(recipes)
    return Simulated(
        formulations=tuple(parse_recipe(text) for text in recipes),
        temperature_k=np.full(n, 373.15),
        log10_value=np.broadcast_to(np.asarray(log10_value, dtype=float), (n,)).copy(),
        error=np.full(n, error),
        kind=np.zeros(n, dtype=np.intp),
        law=np.full((n, 1), 0.1),
        association=np.zeros(n),
    )


def _corrected(bias):
    """A model that is sure and right of what was measured, and twice too high for FSI."""
    wrong = np.where(np.arange(len(_MEASURED + _NEW)) < len(_MEASURED), 0.0, _OVER)
    sd = np.where(wrong > 0, _WIDE, _NARROW)
    simulated = _simulated(_MEASURED + _NEW, np.log10(_TRUE_MS_CM) + bias)
    said = _said(len(wrong), value=_TRUE_MS_CM * 10**wrong, sd=sd)
    asked = _said(1, value=_TRUE_MS_CM * 10**_OVER, sd=_WIDE)
    recipe = [parse_recipe("1 m NaFSI in PC")]
    correction = Correction.of(simulated, said)
    return asked, correction.apply(asked, recipe, np.array([343.15])), correction


@pytest.mark.parametrize("bias", [0.0, 0.25])
def test_what_the_model_gets_wrong_is_mended_whatever_the_bias_of_simulations(bias):
    asked, corrected, _ = _corrected(bias)
    before = np.log10(asked.value[0] / _TRUE_MS_CM)
    after = np.log10(corrected.value[0] / _TRUE_MS_CM)
    assert abs(after) < 0.4 * before
    assert corrected.high[0] / corrected.low[0] < asked.high[0] / asked.low[0]


def test_what_the_model_is_sure_of_is_left_alone():
    _, _, correction = _corrected(0.25)
    asked = _said(1)
    corrected = correction.apply(asked, [parse_recipe("1 m NaPF6 in PC")], np.array([298.15]))
    assert corrected.value == pytest.approx(asked.value, rel=0.02)


def test_what_was_simulated_far_away_changes_nothing():
    _, _, correction = _corrected(0.0)
    asked = _said(1, sd=_WIDE)
    dilute = [parse_recipe("0.001 m NaFSI in PC")]
    corrected = correction.apply(asked, dilute, np.array([343.15]))
    assert corrected.value == pytest.approx(asked.value, rel=0.01)
    assert corrected.low == pytest.approx(asked.low, rel=0.02)


def test_scattered_simulations_are_believed_less():
    _, smooth, tidy = _corrected(0.0)
    rng = np.random.default_rng(0)
    noise = rng.normal(0.0, 0.3, len(_MEASURED + _NEW))
    simulated = dataclasses.replace(tidy.simulated, log10_value=tidy.simulated.log10_value + noise)
    said = _said(len(noise), sd=np.r_[np.full(len(_MEASURED), _NARROW), np.full(3, _WIDE)])
    untidy = Correction.of(simulated, said)
    asked = _said(1, sd=_WIDE)
    found = untidy.apply(asked, [parse_recipe("1 m NaFSI in PC")], np.array([343.15]))
    assert untidy.scatter.mean() > 2 * tidy.scatter.mean()
    assert found.high[0] / found.low[0] > smooth.high[0] / smooth.low[0]


def test_what_shares_neither_anion_nor_solvent_changes_nothing():
    _, _, correction = _corrected(0.0)
    recipes = ["1 m NaFSI in sulfolane", "1 m NaBOB in PC", "1 m NaBOB in sulfolane"]
    asked = _said(3, sd=_WIDE)
    kelvin = np.full(3, 343.15)
    corrected = correction.apply(asked, [parse_recipe(recipe) for recipe in recipes], kelvin)
    moved = np.abs(np.log10(corrected.value / asked.value))
    assert moved[0] > 0.05
    assert moved[2] < 1e-3


def test_simulations_where_ions_associate_are_believed_less_if_they_scatter_more():
    rng = np.random.default_rng(1)
    ether = np.array([recipe.endswith("DME") for recipe in _MEASURED])
    simulated = _simulated(_MEASURED, np.log10(_TRUE_MS_CM) + np.where(ether, 0.3, 0.02)
                           * rng.normal(size=len(ether)))  # fmt: skip
    simulated = dataclasses.replace(simulated, association=np.where(ether, 1.1, 0.1))
    found = Correction.of(simulated, _said(len(ether))).scatter
    assert found[ether].min() > 3 * found[~ether].max()


def test_a_liquid_that_is_too_mobile_says_how_much_its_ions_are():
    column = "diffusion_corrected_solvents_1e10_m2_s"
    row = next(r for r in simulated_runs(TABLES_OF[LONG]) if r["realised"].endswith("LiTFSI in PC"))
    name, value = row[column].split(":")
    fast = {**row, column: f"{name}:{2 * float(value)}"}
    silent = {**row, column: "", f"{column}_error": ""}
    as_is, doubled, raw = (simulated_conductivities({LONG: [r]}) for r in (row, fast, silent))
    # Propylene carbonate is known well: most of the factor of two is taken back.
    assert 0.15 < (as_is.log10_value - doubled.log10_value)[0] < 0.3
    assert raw.log10_value[0] == pytest.approx(
        np.log10(float(row["nernst_einstein_corrected_ms_cm"]))
    )
    assert raw.error[0] < as_is.error[0] < 0.12


def test_tables_that_ship_hold_both_kinds_with_error_bars():
    every = simulated_conductivities()
    assert set(every.kind.tolist()) == {KINDS.index(kind) for kind in KINDS}
    assert np.all(every.error > 0)
    assert np.all(every.error < 0.2)
    # Ions that diffuse independently conduct some ten mS/cm at 373 K.
    assert np.all((every.log10_value > 0.5) & (every.log10_value < 2.2))


def test_a_sphere_as_slow_as_the_solvent_moves_in_a_liquid_of_some_mpa_s():
    found = simulated_viscosities()
    assert len(found) > 0
    viscosity_times_radius = 10**found.log10_value
    # Solutions of 0.2 (hot) to 20 mPa s, and solvents of 1 to 3 angstrom.
    assert np.all((viscosity_times_radius > 0.2) & (viscosity_times_radius < 60))
