"""The shipped conductivity model, and the pieces it is made of."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models import predict_conductivity
from electrolyte_ml.models.conductivity import ConductivityModel
from electrolyte_ml.models.conductivity.rows import Described, MixtureRows
from electrolyte_ml.models.conductivity.spread import FLOOR, centre_of, scale_of
from electrolyte_ml.models.conductivity.train import card
from electrolyte_ml.models.intervals import conformal_factor

ROOM_K = 298.15


def predict(texts, temperature_k=ROOM_K):
    recipes = [parse_recipe(text) for text in texts]
    return predict_conductivity(recipes, np.full(len(recipes), temperature_k))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        # Measured by many laboratories at 25 degC, mS/cm.
        ("1 M LiPF6 in EC:DEC 1:1 v/v", 7.0, 9.0),
        ("1 M LiPF6 in EC:EMC 3:7 w/w", 8.0, 10.5),
        ("1 M LiPF6 in PC", 5.0, 6.5),
        ("1 M LiBF4 in EC:DEC 1:1 v/v", 2.5, 5.0),
    ],
)
def test_well_known_lithium_electrolytes(text, low, high):
    assert low < predict([text]).value[0] < high


def test_order_of_components_changes_nothing():
    recipe = parse_recipe("0.8 M NaPF6 + 0.2 M NaFSI in EC:DEC:DMC 1:2:3 w/w")
    turned = Formulation(solvents=recipe.solvents[::-1], salts=recipe.salts[::-1])
    one, other = predict_conductivity([recipe, turned], np.full(2, ROOM_K)).value
    assert one == pytest.approx(other, rel=1e-12)


def test_one_solvent_in_two_halves_is_that_solvent():
    pure = predict(["1 m NaPF6 in PC"]).value[0]
    nearly = predict(["1 m NaPF6 in PC:DMC 99.9999:0.0001 w/w"]).value[0]
    assert nearly == pytest.approx(pure, rel=5e-3)


def test_conductivity_rises_with_temperature_and_has_one_maximum_in_concentration():
    recipe = parse_recipe("1 M NaPF6 in EC:DMC 1:1 w/w")
    temperatures = np.arange(243.15, 343.15, 5.0)
    warm = predict_conductivity([recipe] * len(temperatures), temperatures).value
    assert (np.diff(warm) > 0).all()
    molalities = np.linspace(0.01, 4, 60)
    series = predict([f"{m:.4f} m NaPF6 in EC:DMC 1:1 w/w" for m in molalities]).value
    turns = np.diff(np.sign(np.diff(series)))
    assert (turns != 0).sum() == 1
    assert 0.5 < molalities[series.argmax()] < 2


@pytest.mark.parametrize("salt", ["LiPF6", "LiBF4", "LiTFSI", "LiClO4"])
@pytest.mark.parametrize("solvents", ["EC:DMC 1:1 w/w", "PC", "diglyme", "AN"])
@pytest.mark.parametrize("temperature_k", [263.15, ROOM_K, 333.15])
def test_one_maximum_in_concentration_whatever_the_members_do(salt, solvents, temperature_k):
    # Each member has one; their median would have several, up to 4 % deep.
    molalities = np.linspace(0.02, 3, 90)
    series = predict([f"{m:.4f} m {salt} in {solvents}" for m in molalities], temperature_k).value
    peak = series.argmax()
    rise, fall = series[: peak + 1], series[peak:][::-1]
    dip = max((np.maximum.accumulate(part) - part).max() for part in (rise, fall))
    assert dip < 2e-3 * series.max()


def test_the_centre_is_the_mean_of_the_middle_half():
    from scipy.stats import trim_mean

    members = np.random.default_rng(0).normal(size=(48, 50))
    members[0] = 1e6
    assert centre_of(members) == pytest.approx(trim_mean(members, 0.25), rel=1e-12)
    assert centre_of(members[:2]) == pytest.approx(members[:2].mean(axis=0))


def test_no_salt_conducts_nothing_and_a_trace_hardly_anything():
    prediction = predict(["EC:DEC 1:1 v/v", "0.00001 m NaPF6 in EC:DEC 1:1 v/v"])
    assert prediction.value[0] == prediction.low[0] == prediction.high[0] == 0
    assert "no salt" in prediction.reason[0]
    assert 0 < prediction.value[1] < 0.01


def test_cations_are_told_apart():
    lithium, sodium, potassium = (
        predict([f"1 m {cation}PF6 in PC"]).value[0] for cation in ("Li", "Na", "K")
    )
    # A larger ion holds its solvents less: laboratories find 5 to 35 % more with sodium.
    assert 1.05 < sodium / lithium < 1.35
    assert potassium / sodium > 1.02


@pytest.mark.parametrize("solvent", ["PC", "GBL", "EC:PC 1:1 w/w"])
def test_sodium_conducts_more_than_lithium_where_solvents_hold_ions(solvent):
    pairs = [(f"1 m {c}PF6 in {solvent}", f"1 m {c}ClO4 in {solvent}") for c in ("Na", "Li")]
    sodium, lithium = (predict(texts).value for texts in pairs)
    assert ((sodium / lithium > 1.04) & (sodium / lithium < 1.35)).all()


@pytest.mark.parametrize(
    ("recipe", "order"),
    [
        # As chemists know them, at 1 mol/kg and 25 degC; those in a pair may come either way round.
        ("1 m Li{} in PC", (("FSI", "PF6"), ("ClO4", "TFSI"), ("BF4",), ("OTf",))),
        ("1 m Li{} in EC:EMC 3:7 w/w", (("FSI",), ("PF6",), ("TFSI",), ("ClO4",), ("BF4",))),
        ("1 m Li{} in DME", (("FSI", "TFSI", "PF6"), ("BF4",))),
    ],
)
def test_salts_come_in_the_order_that_chemists_know(recipe, order):
    values = [predict([recipe.format(anion) for anion in group]).value for group in order]
    for better, worse in pairwise(values):
        assert better.min() > worse.max()


def test_an_ionic_liquid_has_one_prediction_however_it_is_written():
    salt = parse_recipe("1 m EMIMTFSI in PC").salts[0].salt
    mass = salt.molar_mass_g_mol / 1000.0
    found = predict(["1 m EMIMTFSI in PC", f"EMIMTFSI:PC {mass:.8f}:1 w/w"])
    for values in (found.value, found.low, found.high):
        assert values[0] == pytest.approx(values[1], rel=1e-4)
    assert found.reason[0] == found.reason[1]


def test_from_dilute_to_molten_without_a_step():
    """EMIMFSI in PC conducts more than either end, and more with every degree."""
    shares = np.linspace(0.005, 0.995, 60)
    texts = [f"EMIMFSI:PC {s:.4f}:{1 - s:.4f} w/w" for s in shares]
    series = np.concatenate([predict(texts).value, predict(["EMIMFSI"]).value])
    assert 12 < series[-1] < 20  # mS/cm at 25 degC: 15.5 to 17.7 in papers
    assert series.max() > series[-1]
    assert np.abs(np.diff(np.log(series[5:]))).max() < 0.25
    cold, warm = (predict(["1 m NaFSI in Pyr13FSI"], t).value[0] for t in (283.15, 333.15))
    assert 2 < warm / cold < 12


@pytest.mark.parametrize(
    ("text", "temperature_k", "words"),
    [
        ("1 m CsPF6 in EC:DEC 1:1 w/w", ROOM_K, "cation Cs"),
        ("1 m NaDFBOP in EC:DEC 1:1 w/w", ROOM_K, "anion DFBOP"),
        ("1 m NaPF6 in VEC", ROOM_K, "solvent VEC (100 wt%)"),
        ("1 m NaPF6 in TTE", ROOM_K, "PF6 was measured with at most 37 wt% TTE, here 100 wt%"),
        ("9 m NaPF6 in EC:DEC 1:1 w/w", ROOM_K, "above the highest measured with PF6"),
        ("1 m NaNO3 in EC:DEC 1:1 w/w", ROOM_K, "NO3 was measured with no EC"),
        ("1 m NaPF6 in EC:DEC 1:1 w/w", 150.0, "below the coldest measurement"),
        ("1 m NaPF6 in EC:DEC 1:1 w/w", 550.0, "above the hottest measurement"),
        # Others went down to -40 degC and colder.
        ("1 m NaPF6 in TTE", 243.15, "K below the coldest measurement of mixtures of mostly TTE"),
        ("1 m NaPF6 in CCCCCCCC", ROOM_K, "no training data with the solvent"),
        ("1 m NaFSI in Pyr13DFBOP", ROOM_K, "anion DFBOP"),
    ],
)
def test_outside_the_domain_the_reason_is_said(text, temperature_k, words):
    prediction = predict([text], temperature_k)
    assert not prediction.in_domain[0]
    assert words in prediction.reason[0]
    assert np.isfinite(prediction.value[0])


def test_intervals_hold_the_value_and_widen_away_from_data():
    prediction = predict(["1 m LiPF6 in EC:DEC 1:1 w/w", "1 m LiPF6 in AN"])
    assert (prediction.low < prediction.value).all()
    assert (prediction.value < prediction.high).all()
    width = np.log(prediction.high / prediction.low)
    assert width[1] > 2 * width[0]


def test_repeated_rows_give_repeated_answers():
    recipe = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v")
    same = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v")
    first, parsed_anew, again = predict_conductivity(
        [recipe, same, recipe], np.full(3, ROOM_K)
    ).value
    assert again == pytest.approx(first, rel=1e-12)
    # Networks predict in single precision, and not in the same order for every row.
    assert parsed_anew == pytest.approx(first, rel=1e-5)


def test_intervals_are_the_spread_of_the_members_times_the_factor_of_the_cations():
    model = ConductivityModel.load()
    texts = (
        "1 m LiFSI in EC:DMC 1:1 w/w",
        "6 m LiDFOB in EC:DMC 1:1 w/w",
        "EMIMFSI",
        "1 m NaFSI in PC",
    )
    recipes, temperature = [parse_recipe(t) for t in texts], np.full(4, ROOM_K)
    composition = compose(recipes)
    described, mixtures = Described.of(composition), MixtureRows.of(composition)
    members = model.ensemble.members(described, composition.index, mixtures, temperature)
    factor = [model.factors[c] for c in ("lithium", "lithium", "organic", "other metal")]
    beyond = model.reach.beyond(mixtures, described.ln_charge)
    found = model.predict(recipes, temperature)
    half_width = np.log10(found.high / found.low) / 2.0
    assert half_width == pytest.approx(factor * scale_of(members, beyond), rel=1e-4)
    assert beyond.tolist() == [0.0, pytest.approx(beyond[1]), 0.0, 0.0]
    assert beyond[1] > 0.05
    assert np.log10(found.value) == pytest.approx(centre_of(members), abs=1e-5)
    assert half_width[1] > 1.5 * half_width[0]


def test_conformal_factor_holds_the_share_it_promises():
    rng = np.random.default_rng(1)
    scale = rng.uniform(0.5, 2.0, 4000)
    error = scale * rng.normal(size=4000)
    factor = conformal_factor(error[:2000], scale[:2000])
    assert factor == pytest.approx(1.645, abs=0.1)
    assert (np.abs(error[2000:]) <= factor * scale[2000:]).mean() == pytest.approx(0.9, abs=0.02)


def test_members_that_agree_leave_the_scatter_of_laboratories():
    members = np.random.default_rng(5).normal(size=(24, 1)) * np.array([0.0, 1e-4, 0.4])
    agreed, nearly, apart = scale_of(members, np.zeros(3))
    assert agreed == pytest.approx(FLOOR)
    assert nearly == pytest.approx(FLOOR, rel=0.01)
    assert apart == pytest.approx(members[:, 2].std(), rel=0.01)


def test_model_files_are_read_back_as_they_were(tmp_path):
    model = ConductivityModel.load()
    model.save({"seed": 0}, tmp_path)
    again = ConductivityModel.load(tmp_path)
    texts = ("1 M NaPF6 in EC:DEC 1:1 v/v", "1 m NaFSI in Pyr13FSI", "1 m KPF6 in CCCCOC(C)=O")
    recipes, at = [parse_recipe(t) for t in texts], np.full(3, ROOM_K)
    one, other = again.predict(recipes, at), model.predict(recipes, at)
    for name in ("value", "low", "high"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert (again.domain, again.factors) == (model.domain, model.factors)
    assert {p.suffix for p in tmp_path.iterdir()} == {".npz", ".json"}


def test_card_is_made_from_the_model_and_its_record():
    record = {
        "data": "CALiSol-23: 7 rows",
        "settings": {"descriptors": {"width": 32}, "pooled": {"hidden": 24}, "graphs": None},
        "calibration": "5 folds of unseen series, n = 7",
        "held_out_series_mae_log10": 0.1234,
        "factors": {"metal": 4.5, "organic": 2.25},
    }
    model = ConductivityModel.load()
    without = replace(model, ensemble=replace(model.ensemble, graph=None))
    text = card(without, record)
    for words in ("CALiSol-23: 7 rows", "0.1234", "metal 4.50, organic 2.25", "(2 x 24 units)"):
        assert words in text
    value = without.predict([parse_recipe("1 M NaPF6 in diglyme")], np.array([ROOM_K])).value[0]
    assert f"| 1 M NaPF6 in diglyme | {value:.3g} |" in text


def test_missing_model_says_how_to_make_one(tmp_path):
    with pytest.raises(ArtefactError, match="electrolyte-ml train conductivity"):
        ConductivityModel.load(tmp_path)
