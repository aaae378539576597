"""The shipped viscosity model."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.formulation import Formulation, SolventAmount, parse_recipe
from electrolyte_ml.models.files import CARD
from electrolyte_ml.models.viscosity import ViscosityModel, predict_viscosity
from electrolyte_ml.models.viscosity.solution import FEW_MEASUREMENTS
from electrolyte_ml.species.catalog import packaged_catalog

ROOM_K = 298.15
CATALOG = packaged_catalog()


def predict(texts, temperature_k=ROOM_K):
    recipes = [parse_recipe(text) for text in texts]
    return predict_viscosity(recipes, np.full(len(recipes), temperature_k))


def verified(solvent):
    known = solvent.properties.get("viscosity_mpa_s")
    return known is not None and known.verified


def test_pure_catalog_solvents_return_their_verified_values():
    solvents = [s for s in CATALOG.solvents if verified(s)]
    known = [s.properties["viscosity_mpa_s"] for s in solvents]
    recipes = [
        Formulation(solvents=(SolventAmount(solvent=s, mass_fraction=1.0),)) for s in solvents
    ]
    found = predict_viscosity(recipes, np.array([k.temperature_k for k in known]))
    sourced = np.array([k.value for k in known])
    assert len(solvents) > 80
    assert found.value == pytest.approx(sourced, rel=1e-9)
    assert ((found.low < sourced) & (sourced < found.high)).all()


@pytest.mark.parametrize(
    ("solvent", "kelvin", "measured"),
    [
        # ThermoML, and the AI4ChemS collection at the higher temperatures; mPa s. The catalog's
        # value of sulfolane at 25 degC, which anchors it, is 7 % below ThermoML's.
        ("PC", 308.15, 2.041),
        ("PC", 318.15, 1.718),
        ("DMC", 313.15, 0.487),
        ("DEC", 313.15, 0.623),
        ("sulfolane", 303.15, 10.07),
    ],
)
def test_temperature_dependence_of_battery_solvents(solvent, kelvin, measured):
    assert predict([solvent], kelvin).value[0] == pytest.approx(measured, rel=0.1)


@settings(max_examples=40)
@given(
    names=st.lists(
        st.sampled_from([s.name for s in CATALOG.solvents]), min_size=1, max_size=4, unique=True
    ),
    shares=st.lists(st.floats(0.05, 1.0), min_size=4, max_size=4),
    molality=st.sampled_from([0.0, 0.5, 2.0]),
)
def test_any_electrolyte_thins_as_it_warms(names, shares, molality):
    weights = np.array(shares[: len(names)]) / sum(shares[: len(names)])
    solvents = tuple(
        SolventAmount(solvent=CATALOG.solvent(n), mass_fraction=float(w))
        for n, w in zip(names, weights, strict=True)
    )
    salts = parse_recipe(f"{molality} m NaPF6 in PC").salts if molality else ()
    recipe = Formulation(solvents=solvents, salts=salts)
    kelvins = np.arange(233.15, 364.0, 10.0)
    found = predict_viscosity([recipe] * len(kelvins), kelvins)
    assert (np.diff(found.value) < 0).all()
    assert ((found.low < found.value) & (found.value < found.high)).all()


@settings(max_examples=25)
@given(
    solvent=st.sampled_from(["PC", "EC:DMC 1:1 w/w", "diglyme", "AN", "GBL", "sulfolane"]),
    salt=st.sampled_from(["NaPF6", "LiPF6", "NaClO4", "LiBF4", "NaTFSI"]),
    kelvin=st.floats(253, 343),
)
def test_viscosity_rises_with_concentration(solvent, salt, kelvin):
    series = [solvent, *(f"{m} m {salt} in {solvent}" for m in (0.01, 0.5, 1, 2, 3, 5))]
    assert (np.diff(predict(series, kelvin).value) > 0).all()


def test_sodium_solutions_are_thinner_than_lithium_ones():
    sodium, lithium = predict(["1 m NaClO4 in PC", "1 m LiClO4 in PC"]).value
    assert 0.75 < sodium / lithium < 1


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        # Ranges that are commonly quoted for these at 25 degC, mPa s, within 15 %.
        ("1 M LiPF6 in EC:EMC 3:7 w/w", 2.6, 4.1),
        ("1 M LiPF6 in EC:DMC 1:1 w/w", 2.8, 4.8),
        ("1 M LiPF6 in PC", 7.0, 10.5),
        # Measured and learnt: 7.3, 1.43.
        ("1 M NaPF6 in PC", 6.6, 8.0),
        ("1 M NaPF6 in DME", 1.29, 1.57),
    ],
)
def test_well_known_electrolytes(text, low, high):
    assert low < predict([text]).value[0] < high


def test_order_and_halves_of_components_change_nothing():
    recipe = parse_recipe("1 m NaPF6 in EC:DEC:DMC 1:2:3 w/w")
    turned = Formulation(solvents=recipe.solvents[::-1], salts=recipe.salts)
    one, other = predict_viscosity([recipe, turned], np.full(2, ROOM_K)).value
    assert one == pytest.approx(other, rel=1e-12)
    pure, nearly = predict(["PC", "PC:DMC 99.9999:0.0001 w/w"]).value
    assert nearly == pytest.approx(pure, rel=1e-4)


def test_predictions_do_not_depend_on_the_company():
    texts = ["PC", "1 m NaPF6 in EC:DEC 1:1 w/w", "CCCCCOC", "DME:DOL 1:1 v/v"]
    together = predict(texts).value
    alone = [predict([text]).value[0] for text in texts]
    # Networks of solutions predict in single precision; the model of solvents does not.
    assert together == pytest.approx(alone, rel=1e-5)
    without_salt = [0, 2, 3]
    assert together[without_salt] == pytest.approx(np.array(alone)[without_salt], rel=1e-9)


def test_words():
    texts = ["EC", "PC", "1 m NaPF6 in PC", "1 m LiPF6 in PC", "1 m CsCl in PC", "9 m NaPF6 in PC"]
    found = predict([*texts, "1 m BMIMTFSI in PC"])
    assert found.in_domain.tolist() == [True, True, True, True, False, False, True]
    assert "supercooled" in found.reason[0]
    assert found.reason[1] is None
    assert found.reason[2] is None
    assert found.reason[3] == FEW_MEASUREMENTS
    assert FEW_MEASUREMENTS in found.reason[4]
    assert "above the highest measured with PF6" in found.reason[5]
    assert found.reason[6] is None
    cold = predict(["PC"], 150.0)
    assert "below the coldest" in cold.reason[0]


def test_a_molecule_unlike_all_others_is_out_of_domain_and_uncertain():
    strange = "FC(F)(F)S(=O)(=O)N=P(N=P(Cl)(Cl)Cl)(Br)C#CC#N"
    found = predict([strange, "CCCCCCC"])
    assert found.in_domain.tolist() == [False, True]
    assert "no molecule like" in found.reason[0]
    width = np.log10(found.high / found.low)
    assert width[0] > 3 * width[1]


def test_interval_widens_where_a_known_value_contradicts_the_measurements():
    # 11.1 mPa s in the catalog, 11.9 in ThermoML.
    found = predict(["sulfolane"])
    assert found.low[0] < 11.1
    assert found.high[0] > 11.9


def test_user_value_of_a_solvent_is_used():
    from electrolyte_ml.species import PropertyValue, Solvent

    smiles = "CCOCCOC(=O)OC"
    value = PropertyValue(value=1.7, temperature_k=303.15, source="own lab", verified=True)
    own = Solvent(name="own", smiles=smiles, properties={"viscosity_mpa_s": value})
    recipe = Formulation(solvents=(SolventAmount(solvent=own, mass_fraction=1.0),))
    assert predict_viscosity([recipe], np.array([303.15])).value[0] == pytest.approx(1.7)


def test_another_recipe_costs_some_tens_of_calls(count_calls):
    names = [s.name for s in CATALOG.solvents[:40]]
    recipes = [
        parse_recipe(f"1 m NaPF6 in {a}:{b}:PC 1:{1 + k / 10}:2 w/w")
        for k, (a, b) in enumerate(pairwise(names))
        if "PC" not in (a, b) and ":" not in a + b
    ]
    copies = [Formulation(solvents=r.solvents, salts=r.salts) for r in recipes * 80][:2000]
    predict_viscosity(copies[:200], np.full(200, ROOM_K))
    with count_calls() as few:
        predict_viscosity(copies[:200], np.full(200, ROOM_K))
    with count_calls() as many:
        found = predict_viscosity(copies, np.full(len(copies), ROOM_K))
    assert np.isfinite(found.value).all()
    assert many.calls - few.calls < 130 * 1800


def test_prediction_imports_nothing_heavy():
    code = (
        "import sys, numpy as np\n"
        "from electrolyte_ml.formulation import parse_recipe\n"
        "from electrolyte_ml.models.viscosity import predict_viscosity\n"
        "predict_viscosity([parse_recipe('1 M NaPF6 in EC:DEC 1:1 v/v')], np.array([298.15]))\n"
        "print([m for m in ('torch', 'sklearn', 'mordred', 'scipy.sparse') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_a_saved_copy_predicts_the_same(tmp_path):
    model = ViscosityModel.load()
    model.save({"seed": 0}, tmp_path)
    recipes = [parse_recipe(t) for t in ("PC", "1 m NaPF6 in EC:DEC 1:1 w/w", "CCCCOCCC")]
    kelvins = np.array([298.15, 273.15, 333.15])
    one, other = (
        model.predict(recipes, kelvins),
        ViscosityModel.load(tmp_path).predict(recipes, kelvins),
    )
    assert np.array_equal(one.value, other.value)
    assert np.array_equal(one.high, other.high)
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size < 5e6


def test_a_missing_model_says_how_to_make_one(tmp_path):
    with pytest.raises(ArtefactError, match="train viscosity"):
        ViscosityModel.load(tmp_path)


def test_card_and_record_ship_with_the_model():
    record = ViscosityModel.FILES.read_record()
    assert set(record["training"]["calibration"]) == {"nothing", "pair", "molecule"}
    card = (ViscosityModel.FILES.folder / CARD).read_text(encoding="utf-8")
    for solvent in ("| EC |", "| diglyme |", "| TEP |"):
        assert solvent in card
