"""Gaussian processes of the parameters of the law."""

from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.features import FEATURE_NAMES, compose, mixture_features
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity import ConductivityModel, law_gp
from electrolyte_ml.models.conductivity.descriptors import TREND_COLUMNS
from electrolyte_ml.models.conductivity.law import N_TRENDS, TREND_SLOPES, ln_conductivity
from electrolyte_ml.models.conductivity.law_gp import fit_law_gp, kernel
from electrolyte_ml.models.conductivity.rows import TrainingRows
from electrolyte_ml.models.numeric import LN10

MOLALITIES = (0.2, 0.5, 0.8, 1.1, 1.5)
TEMPERATURES_K = (263.15, 283.15, 298.15, 323.15)
SOLVENTS = ("EC:DEC 1:1 w/w", "EC:DEC 1:3 w/w", "EC:DEC 3:1 w/w", "PC", "DME")
ROOM_K = 298.15


def nature(recipes, molality, kelvin):
    """Log10 conductivity of a law whose parameters go with the share of a solvent."""
    ec = [sum(p.mass_fraction for p in r.solvents if p.solvent.name == "EC") for r in recipes]
    return law(np.column_stack([0.4 * np.array(ec), np.zeros(len(ec))]), molality, kelvin)


def trending_nature(recipes, molality, kelvin):
    """The same where the trend with viscosity and permittivity is all that solvents do."""
    constants = mixture_features(compose(recipes))[:, TREND_COLUMNS]
    return law(2.0 * (constants - [0.0, 3.0]) @ TREND_SLOPES, molality, kelvin)


def law(moved, molality, kelvin):
    parameters = np.tile([-0.5, 0.3, 0.5, 0.0, 0.2, 0.4, 0.5], (len(molality), 1))
    parameters[:, :N_TRENDS] += moved
    return ln_conductivity(parameters, molality, kelvin, np) / LN10


def readings(solvents=SOLVENTS, molalities=MOLALITIES, temperatures_k=TEMPERATURES_K, told=nature):
    grid = [(s, m, t) for s in solvents for m in molalities for t in temperatures_k]
    recipes = tuple(parse_recipe(f"{m} m LiPF6 in {s}") for s, m, _ in grid)
    molality, kelvin = np.array([(m, t) for _, m, t in grid]).T
    return Measurements(
        property_name="conductivity_ms_cm",
        formulations=recipes,
        formulation_index=np.arange(len(grid)),
        temperature_k=kelvin,
        value=10 ** told(recipes, molality, kelvin),
        source=np.full(len(grid), "a"),
        source_row=np.arange(len(grid)),
        flag=np.full(len(grid), ""),
    )


def said(process, measurements):
    rows = TrainingRows.of(measurements)
    return process.log10_conductivity(
        rows.features, rows.index, rows.molality_mol_kg, rows.temperature_k
    )[0]


@pytest.fixture(scope="module")
def fitted():
    return fit_law_gp(TrainingRows.of(readings()))


def test_a_law_is_found_also_between_and_beyond_what_was_measured(fitted):
    asked = readings(("EC:DEC 2:3 w/w", "PC"), (0.1, 0.65, 2.0), (253.15, 303.15, 343.15))
    assert said(fitted, asked) == pytest.approx(np.log10(asked.value), abs=0.03)


def test_misread_rows_hardly_count_and_untrusted_ones_not_at_all(fitted):
    measured = readings()
    wrong = np.arange(0, len(measured), 12)
    value, trust = measured.value.copy(), np.full(len(measured), Trust.FULL.value, dtype=object)
    value[wrong] /= 10
    misread = replace(measured, value=value)
    assert (
        np.abs(said(fit_law_gp(TrainingRows.of(misread)), measured) - said(fitted, measured)).max()
        < 0.03
    )
    trust[wrong] = Trust.CONTRADICTED.value
    told = replace(measured, value=value, trust=trust.astype(str))
    kept = measured.select(np.setdiff1d(np.arange(len(measured)), wrong))
    assert said(fit_law_gp(TrainingRows.of(told)), measured) == pytest.approx(
        said(fit_law_gp(TrainingRows.of(kept)), measured), abs=1e-9
    )


def test_order_of_rows_changes_nothing(fitted):
    measured = readings()
    turned = measured.select(np.random.default_rng(0).permutation(len(measured)))
    assert said(fit_law_gp(TrainingRows.of(turned)), measured) == pytest.approx(
        said(fitted, measured), abs=1e-5
    )


def test_the_kernel_is_symmetric_positive_and_falls_with_distance():
    views = ConductivityModel.load().ensemble.process.views
    z = np.random.default_rng(0).normal(size=(30, views.shape[1]))
    prior = kernel(z, z, views)
    assert np.allclose(prior, prior.T)
    assert np.linalg.eigvalsh(prior).min() > 0
    same, near, far = (kernel(z[:1], factor * z[:1], views) for factor in (1.0, 0.9, -1.0))
    assert same > near > far


def test_only_features_of_a_view_are_seen():
    rows = TrainingRows.of(readings())
    column = FEATURE_NAMES.index("solvent.donor_number_kcal_mol")
    hidden = replace(rows, views=rows.views & (np.arange(rows.views.shape[1]) != column))
    other = rows.features.copy()
    other[:, column] = np.sin(1e3 * other.sum(axis=1))  # another number for each composition
    told, without = (
        fit_law_gp(replace(hidden, features=features)).log10_conductivity(
            features, np.arange(len(other)), rows.molality_mol_kg, rows.temperature_k
        )
        for features in (rows.features, other)
    )
    assert without == pytest.approx(told, abs=1e-4)


def error_in_acetonitrile():
    """Mean error, log10, of a process that was fitted to thicker and less polar solvents."""
    others = ("DMC", "DEC", "PC", "DME", "diglyme", "EC:PC 1:1 w/w", "GBL", "EA")
    fitted = fit_law_gp(TrainingRows.of(readings(others, told=trending_nature)))
    asked = readings(("AN",), told=trending_nature)
    return (said(fitted, asked) - np.log10(asked.value)).mean()


def test_the_trend_of_the_law_is_learned_and_followed_to_a_solvent_of_unseen_kind(monkeypatch):
    followed = error_in_acetonitrile()
    monkeypatch.setattr(law_gp, "_TREND", 0.0)
    without = error_in_acetonitrile()
    assert without < -0.05
    assert abs(followed) < 0.5 * abs(without)


def test_the_shipped_process_has_one_maximum_also_where_nothing_was_measured():
    molality = np.linspace(0.05, 6.0, 200)
    recipes = [parse_recipe(f"1 m {t}") for t in ("LiPF6 in EC:DMC 1:1 w/w", "LiTFSI in TTE")]
    features = mixture_features(compose(recipes))
    for which in (0, 1):
        k = ConductivityModel.load().ensemble.process.log10_conductivity(
            features, np.full(200, which), molality, np.full(200, ROOM_K)
        )[0]
        turns = np.diff(np.sign(np.diff(k)))
        assert np.count_nonzero(turns) <= 1
