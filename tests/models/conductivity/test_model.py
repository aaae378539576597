"""The shipped conductivity model, and the pieces it is made of."""

import numpy as np
import pytest

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models import predict_conductivity
from electrolyte_ml.models.conductivity import ConductivityModel, cation
from electrolyte_ml.models.conductivity.chemistry_kernel import places
from electrolyte_ml.models.conductivity.spread import centre_of, scale_of
from electrolyte_ml.models.conductivity.train import card
from electrolyte_ml.models.intervals import conformal_factor

ROOM_K = 298.15
PRIOR = cation.prior_of("[Na+]")


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
    sodium, lithium, potassium = (
        predict([f"1 m {cation_}PF6 in PC"]) for cation_ in ("Na", "Li", "K")
    )
    assert sodium.value[0] != pytest.approx(lithium.value[0], rel=0.02)
    widths = [np.log(p.high[0] / p.low[0]) for p in (lithium, sodium, potassium)]
    assert widths[0] < widths[1] < widths[2]
    assert sodium.in_domain[0]
    assert not potassium.in_domain[0]


@pytest.mark.parametrize(
    ("text", "temperature_k", "words"),
    [
        ("1 m KPF6 in EC:DEC 1:1 w/w", ROOM_K, "cation K"),
        ("1 m NaNO3 in EC:DEC 1:1 w/w", ROOM_K, "anion NO3"),
        ("1 m NaPF6 in TTE", ROOM_K, "solvent TTE (100 wt%)"),
        ("9 m NaPF6 in EC:DEC 1:1 w/w", ROOM_K, "above the highest measured with PF6"),
        ("1 m NaPF6 in EC:THF 1:1 w/w", ROOM_K, "PF6 was measured with no THF"),
        ("1 m NaPF6 in EC:DEC 1:1 w/w", 150.0, "below the coldest measurement"),
        ("1 m NaPF6 in EC:DEC 1:1 w/w", 550.0, "above the hottest measurement"),
        # DOL was measured at room temperature only, EC:DEC down to -40 degC and colder.
        ("1 m NaClO4 in DOL", 243.15, "K below the coldest measurement of mixtures of mostly DOL"),
        ("1 m NaPF6 in CCCCCCCC", ROOM_K, "no training data with the solvent"),
        # Measured, but the measurements contradict each other and nothing was learned of them.
        ("1 m LiAsF6 in THF:CFC-11 1:1 w/w", ROOM_K, "no training data with the solvent CFC-11"),
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


def test_an_interval_widens_where_there_is_more_salt_than_was_measured():
    model = ConductivityModel.load()
    recipes = [parse_recipe(f"{m} m LiFSI in EC:DMC 1:1 w/w") for m in (1, 2, 4, 8)]
    composition = compose(recipes)
    highest = model.domain.highest_molality[recipes[0].salts[0].salt.anion.smiles]
    beyond = model.domain.salt_beyond(composition)
    assert beyond == pytest.approx(np.log(np.maximum(np.array([1, 2, 4, 8]) / highest, 1.0)))
    temperature = np.full(4, ROOM_K)
    members = model.ensemble.log10_conductivity(composition, temperature)
    without = model.factor * scale_of(members)
    found = model.predict(recipes, temperature)
    half_width = np.log10(found.high / found.low) / 2.0
    assert half_width == pytest.approx(np.hypot(without, 1.645 * 0.2 * beyond**2), rel=1e-4)
    assert half_width[3] > half_width[2] > half_width[1]


def test_conformal_factor_holds_the_share_it_promises():
    rng = np.random.default_rng(1)
    scale = rng.uniform(0.5, 2.0, 4000)
    error = scale * rng.normal(size=4000)
    factor = conformal_factor(error[:2000], scale[:2000])
    assert factor == pytest.approx(1.645, abs=0.1)
    assert (np.abs(error[2000:]) <= factor * scale[2000:]).mean() == pytest.approx(0.9, abs=0.02)


def test_members_that_disagree_more_widen_the_interval_less_than_in_proportion():
    members = np.random.default_rng(5).normal(size=(24, 1)) * np.array([0.02, 0.04, 0.4, 0.8])
    narrow, wider, wide, widest = scale_of(members)
    assert 1.3 < wider / narrow < 2
    assert 1 < widest / wide < 1.2


def twins(solvents, molality=1.0, anion="PF6", spread=0.05, temperature_k=ROOM_K):
    """Lithium twins of sodium electrolytes, whose ensemble disagrees by `spread`."""
    recipes = [parse_recipe(f"{molality} m Na{anion} in {solvent}") for solvent in solvents]
    composition = compose(recipes)
    rng = np.random.default_rng(3)
    members = spread * rng.normal(size=(24, len(recipes)))
    place = places(composition)[composition.index]
    states = (np.full(len(recipes), value) for value in (molality, temperature_k))
    return cation.Twins.of(place, *states, members, 1.0)


def test_sodium_shift_is_learnt_where_it_was_measured_and_fades_away_from_there():
    asked = twins(["PC", "EC:PC 1:1 w/w", "EC:DEC 1:1 w/w", "diglyme"])
    before, sd_before = PRIOR.predict(asked)
    shift = PRIOR.updated(twins(["PC"] * 3), np.full(3, 0.4), np.full(3, 0.05), n_sources=3)
    after, sd_after = shift.predict(asked)
    gain = after - before
    assert before[0] + gain[0] == pytest.approx(0.35, abs=0.06)
    assert gain[0] > gain[1] > gain[2] > 0
    assert gain[3] < 0.5 * gain[0]
    assert (sd_after < sd_before).all()
    assert sd_after[0] < 0.6 * sd_before[0]


def test_sodium_shift_at_one_molality_says_less_about_another():
    shift = PRIOR.updated(twins(["PC"] * 3), np.full(3, 0.4), np.full(3, 0.05))
    near, near_sd = shift.predict(twins(["PC"], molality=1.1))
    far, far_sd = shift.predict(twins(["PC"], molality=2.5))
    assert far[0] < near[0]
    assert far_sd[0] > near_sd[0]


def test_what_a_concentrated_solution_gains_dilute_ones_lose_and_the_cold_multiplies():
    shift = PRIOR.updated(twins(["DME"], molality=2.0), np.array([0.4]), np.array([0.05]))
    told = {
        (molality, kelvin): shift.predict(twins(["EC"], molality=molality, temperature_k=kelvin))
        for molality in (0.1, 1.5)
        for kelvin in (243.15, ROOM_K, 333.15)
    }
    gain = {state: correction[0] - PRIOR.prior_mean for state, (correction, _) in told.items()}
    assert gain[1.5, 243.15] > gain[1.5, ROOM_K] > gain[1.5, 333.15] > 0
    assert gain[0.1, 243.15] < gain[0.1, ROOM_K] < gain[1.5, 333.15]
    assert told[1.5, 243.15][1] > told[1.5, ROOM_K][1]


def test_a_twin_that_is_itself_uncertain_is_corrected_by_what_was_measured():
    unsure = twins(["2-MeTHF"], spread=0.5)
    shift = PRIOR.updated(unsure, np.array([0.6]), np.array([0.05]))
    correction, sd = shift.predict(unsure)
    assert correction[0] == pytest.approx(0.6, abs=0.05)
    assert sd[0] < 0.1


def test_other_cations_are_less_certain_than_sodium():
    sodium, potassium = (predict([f"1 M {m}PF6 in EC:PC 1:1 w/w"]) for m in ("Na", "K"))
    assert potassium.high[0] / potassium.low[0] > 2 * sodium.high[0] / sodium.low[0]
    assert not potassium.in_domain[0]


def test_model_files_are_read_back_as_they_were(tmp_path):
    model = ConductivityModel.load()
    model.save({"seed": 0}, tmp_path)
    again = ConductivityModel.load(tmp_path)
    recipe = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v")
    at = np.array([ROOM_K])
    assert again.predict([recipe], at).value == pytest.approx(model.predict([recipe], at).value)
    assert again.domain == model.domain
    assert {p.suffix for p in tmp_path.iterdir()} == {".npz", ".json"}


def test_card_is_made_from_the_model_and_its_record():
    record = {
        "data": "CALiSol-23: 7 rows",
        "settings": {"descriptors": {"width": 32}, "graphs": {"hidden": 32}},
        "calibration": "calibration: 6 folds by source, n = 7",
        "held_out_source_mae_log10": 0.1234,
        "factor": 4.5,
    }
    text = card(ConductivityModel.load(), record)
    assert "CALiSol-23: 7 rows" in text
    assert "0.1234" in text
    value = predict(["1 M NaPF6 in diglyme"]).value[0]
    assert f"| 1 M NaPF6 in diglyme | {value:.3g} |" in text


def test_missing_model_says_how_to_make_one(tmp_path):
    with pytest.raises(ArtefactError, match="electrolyte-ml train conductivity"):
        ConductivityModel.load(tmp_path)
