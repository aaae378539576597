import subprocess
import sys

import numpy as np
import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.window import predict_window
from electrolyte_ml.models.window.recipe import ANION_BAND_V
from electrolyte_ml.quantum.electrodes import ReferenceElectrode
from electrolyte_ml.rules import film_formers, passivation


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ELECTROLYTE_ML_WINDOW", str(tmp_path))


def window(text, **settings):
    return predict_window([parse_recipe(text)], **settings)


def record(text, side="oxidation_limit_v", **settings):
    return getattr(window(text, **settings), side).record(0)


def test_the_weakest_component_sets_each_limit():
    limits = {name: record(f"1 M NaPF6 in {name}")["value"] for name in ("DME", "AN", "sulfolane")}
    mixed = record("1 M NaPF6 in DME:AN:sulfolane 1:1:1 w/w")
    assert mixed["limiting_species"] == "DME"
    assert mixed["value"] == pytest.approx(min(limits.values()))


def test_order_of_components_is_irrelevant():
    assert record("1 M NaPF6 in EC:DEC 1:2 v/v") == record("1 M NaPF6 in DEC:EC 2:1 v/v")


def test_the_anion_can_limit():
    assert record("1 M NaTFSI in AN")["limiting_species"] == "TFSI"


def test_an_additive_below_the_share_is_reported_and_sets_no_limit():
    text = "1 M NaPF6 in EC:DEC 1:1 w/w + 2 wt% VC"
    found = window(text)
    assert found.oxidation_limit_v.limiting_species != ("VC",)
    assert "VC" in found.not_limiting[0]
    counted = window(text, minimum_share=0.0)
    assert counted.oxidation_limit_v.limiting_species == ("VC",)
    assert counted.not_limiting == ((),)


def test_the_only_salt_counts_however_dilute():
    assert record("0.01 M NaTFSI in AN")["limiting_species"] == "TFSI"


def test_potentials_against_sodium_are_lower_and_less_certain():
    sodium, lithium = (record("1 M NaPF6 in PC", reference=r) for r in ("Na/Na+", "Li/Li+"))
    assert lithium["value"] - sodium["value"] == pytest.approx(0.3)
    assert sodium["high"] - sodium["value"] > lithium["high"] - lithium["value"]
    assert (sodium["reference"], lithium["reference"]) == ("Na/Na+", "Li/Li+")


def test_the_scale_can_be_set():
    own = ReferenceElectrode(name="Na/Na+", above_lithium_v=0.2, uncertainty_v=0.0, source="test")
    lithium, sodium = (record("1 M NaPF6 in PC", reference=r)["value"] for r in ("Li/Li+", own))
    assert lithium - sodium == pytest.approx(0.2)


def test_an_anion_beside_the_solvent_lowers_the_lower_bound_alone():
    salted, pure = (record(t, reference="Li/Li+") for t in ("1 M NaPF6 in DME", "DME"))
    assert pure["value"] == salted["value"]
    assert pure["high"] == salted["high"]
    assert pure["low"] - salted["low"] == pytest.approx(ANION_BAND_V)


def test_reduction_says_nothing_of_the_anion():
    assert record("1 M NaPF6 in PC", "reduction_limit_v")["limiting_species"] == "PC"


def test_a_limiting_component_without_a_limit_leaves_none():
    found = record("1 M NaPF6 in PC + 1 m [Na+].CCCCCCCC(=O)[O-]")
    assert found["value"] is None
    assert not found["in_domain"]
    assert "CCCCCCCC(=O)[O-]" in found["reason"]


def test_film_formers_are_named_apart_from_the_limits():
    formulation = parse_recipe("1 M NaPF6 in EC:PC 1:1 w/w + 2 wt% FEC")
    assert [film.name for film in passivation(formulation)] == ["FEC"]
    assert predict_window([formulation]).passivation[0] == passivation(formulation)


def test_every_film_former_is_in_the_catalog():
    assert {"FEC", "VC", "ES", "PS", "DFOB", "BOB", "PO2F2"} <= {
        film.name for film in film_formers().values()
    }


@pytest.mark.parametrize("share", [-0.1, 1.0, 5])
def test_a_share_is_a_mole_fraction(share):
    with pytest.raises(InputError, match="mole fraction"):
        window("1 M NaPF6 in PC", minimum_share=share)


def test_a_recipe_that_is_asked_again_costs_next_to_nothing(count_calls):
    distinct = [parse_recipe(f"{0.5 + i / 200} M NaPF6 in EC:DEC 1:1 w/w") for i in range(200)]
    predict_window(distinct)
    with count_calls() as once:
        predict_window(distinct)
    with count_calls() as often:
        found = predict_window(distinct * 10)
    assert len(found.oxidation_limit_v) == 2000
    assert np.isfinite(found.oxidation_limit_v.value).all()
    assert once.calls < 200 * 200
    assert often.calls - once.calls < 50 * (2000 - 200)


def test_prediction_needs_no_learning_library():
    # The density of a molecule outside of the catalog is estimated with Mordred, the window is not.
    code = (
        "import sys; from electrolyte_ml.formulation import parse_recipe; "
        "from electrolyte_ml.models.window import predict_window, species_limits; "
        "predict_window([parse_recipe('1 M NaPF6 in EC:DEC 1:1 v/v')]); "
        "species_limits().windows(['CCCCCCCOC(=O)OCC']); "
        "print(*{'torch', 'sklearn', 'mordred', 'tblite', 'pyscf'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    ("text", "metal"),
    [
        ("1 M LiPF6 in PC", "Li/Li+"),
        ("1 M NaPF6 in PC", "Na/Na+"),
        ("1 M KPF6 in PC", "K/K+"),
        ("0.2 m LiPF6 + 1 m NaPF6 in PC", "Na/Na+"),
        ("PC", "Na/Na+"),
    ],
)
def test_by_default_limits_are_against_the_metal_of_the_salt(text, metal):
    own = record(text)
    assert own["reference"] == metal
    given = record(text, reference=metal)
    assert given == own


def test_water_has_no_window_of_one_electron_but_traces_of_it_do_not_matter():
    for side in ("oxidation_limit_v", "reduction_limit_v"):
        found = record("1 m NaClO4 in water", side)
        assert found["value"] is None
        assert "several electrons" in found["reason"]
    wet = record("1 M NaPF6 in PC + 50 ppmw water")
    assert wet["value"] == pytest.approx(record("1 M NaPF6 in PC")["value"])


def test_the_order_of_anions_is_measured_or_said_to_be_wrong():
    limits = {n: record(f"1 m Na{n} in GN", "oxidation_limit_v") for n in ("TFSI", "ClO4", "OTf")}
    assert limits["TFSI"]["limiting_species"] == "TFSI"
    assert "likely too low" in limits["TFSI"]["reason"]
    assert limits["OTf"]["value"] < limits["ClO4"]["value"]
