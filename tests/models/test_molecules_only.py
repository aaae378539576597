"""Recipes with an ionic liquid: models that cover them, and what the others say."""

from __future__ import annotations

import numpy as np
import pytest

from electrolyte_ml.campaign.adapted import FineTuned
from electrolyte_ml.errors import InputError
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.explain import explain
from electrolyte_ml.models.maps import electrolyte_map
from electrolyte_ml.models.molecules_only import NOT_COVERED
from electrolyte_ml.models.neighbours import nearest_measured
from electrolyte_ml.models.scoring import Answers, score_formulations
from electrolyte_ml.models.similarity import square_distances
from electrolyte_ml.properties import properties, registered_property

MOLECULAR = "1 M NaPF6 in EC:DEC 1:1 v/v"
IONIC = ("1 m NaFSI in Pyr13FSI", "EMIMTFSI", "0.5 m LiTFSI in EMIMTFSI:PC 1:1 w/w")
# Arithmetic on the amounts, which holds for any recipe.
COUNTED = {"fluorine_mass_fraction", "solvents_per_salt_mol", "cost_per_kg"}
COVERED = {"density_g_cm3", "conductivity_ms_cm", "viscosity_mpa_s"}
# Measured for one salt in carbonates alone, which is what they say of anything else.
NARROWER = {"thermodynamic_factor"}
PREDICTED = sorted(
    name
    for name, known in properties().items()
    if known.predict and not known.takes_cell and name not in COUNTED | COVERED | NARROWER
)
# Numbers of doubts, which are certain.
DOUBTS = ("phase_separation_doubt",)


def _answers(recipes: list[Formulation]) -> Answers:
    return Answers(recipes, np.full(len(recipes), 298.15))


@pytest.mark.parametrize("name", [n for n in PREDICTED if n not in DOUBTS])
def test_no_number_among_other_rows_that_stay_as_they_are(name: str) -> None:
    known = registered_property(name)
    molecular = parse_recipe(MOLECULAR)
    ionic = [parse_recipe(text) for text in IONIC]
    mixed = _answers([ionic[0], molecular, *ionic[1:], molecular]).predict(known)
    alone = _answers([molecular]).predict(known)
    assert mixed.value[[1, 4]] == pytest.approx(alone.value.tolist() * 2, nan_ok=True)
    assert mixed.reason[1] == mixed.reason[4] == alone.reason[0]
    for row in (0, 2, 3):
        assert np.isnan([mixed.value[row], mixed.low[row], mixed.high[row]]).all()
        assert not mixed.in_domain[row]
        assert NOT_COVERED in str(mixed.reason[row])


@pytest.mark.parametrize("name", [n for n in PREDICTED if n not in DOUBTS])
def test_no_number_where_all_rows_are_ionic(name: str) -> None:
    found = _answers([parse_recipe(text) for text in IONIC]).predict(registered_property(name))
    assert np.isnan(found.value).all()
    assert all(NOT_COVERED in str(reason) for reason in found.reason)


def test_arithmetic_on_the_recipe_holds() -> None:
    answers = _answers([parse_recipe("1 m NaFSI in EMIMFSI")])
    fluorine = answers.predict(registered_property("fluorine_mass_fraction"))
    assert fluorine.value[0] == pytest.approx(0.140, abs=0.001)


def test_solubility_is_a_doubt_and_no_clean_bill() -> None:
    table = score_formulations([parse_recipe(IONIC[0])], np.array([298.15]))
    (record,) = table.records()
    assert record["liquid"]["freezes_below_k"] is None
    assert f"solubility is not known: {NOT_COVERED}" in record["liquid"]["notes"]


@pytest.mark.parametrize(
    ("name", "with_salt", "alone_in"),
    [
        # Pyr13FSI with a salt 2 to 6 mS/cm at 25 degC, EMIMTFSI near 9; 50 to 90 and 33 mPa s.
        ("conductivity_ms_cm", (2.0, 7.0), (7.0, 11.0)),
        ("viscosity_mpa_s", (45.0, 110.0), (28.0, 40.0)),
    ],
)
def test_numbers_among_other_rows_that_stay_as_they_are(name, with_salt, alone_in) -> None:
    known, molecular = registered_property(name), parse_recipe(MOLECULAR)
    ionic = [parse_recipe(text) for text in IONIC]
    mixed = _answers([ionic[0], molecular, *ionic[1:], molecular]).predict(known)
    alone = _answers([molecular]).predict(known)
    # Networks predict in single precision.
    assert mixed.value[[1, 4]] == pytest.approx(alone.value.tolist() * 2, rel=1e-5)
    assert mixed.reason[1] == mixed.reason[4] == alone.reason[0]
    assert (mixed.low < mixed.value).all()
    assert (mixed.value < mixed.high).all()
    assert with_salt[0] < mixed.value[0] < with_salt[1]
    assert alone_in[0] < mixed.value[2] < alone_in[1]


def test_what_explains_conductivity_takes_them() -> None:
    recipe = parse_recipe(IONIC[0])
    found = explain(recipe)
    assert {swap.component for swap in found.swaps} == {"NaFSI"}
    assert {"Li", "K"} <= {swap.replacement for swap in found.cations}
    assert all("Pyr13FSI" in swap.formulation.ionic_liquids for swap in found.cations)
    assert np.isfinite(found.concentration.prediction.value).all()
    assert all(energy > 0 for energy in found.temperature.activation_kj_mol.values())
    (neighbours,) = nearest_measured([recipe])
    distances = [neighbour.distance for neighbour in neighbours]
    assert found.neighbours == neighbours
    assert distances == sorted(distances)
    assert distances[0] > 0.1


def test_the_map_places_them_alike_however_they_are_written() -> None:
    mass = parse_recipe("1 m EMIMTFSI in PC").salts[0].salt.molar_mass_g_mol / 1000.0
    texts = ("1 m EMIMTFSI in PC", f"EMIMTFSI:PC {mass}:1 w/w", "EMIMTFSI")
    salt, solvent, neat = electrolyte_map([parse_recipe(text) for text in texts]).asked
    assert (salt.x, salt.y) == pytest.approx((solvent.x, solvent.y), abs=1e-4)
    assert salt.traits == solvent.traits
    assert salt.traits.solvent_family == "cyclic carbonate"
    assert (neat.traits.cation, neat.traits.anion) == ("EMIM", "TFSI")
    assert neat.traits.solvent_family == "ionic liquid"


def test_distances_do_not_depend_on_the_way_of_writing() -> None:
    mass = parse_recipe("2 m EMIMFSI in PC").salts[0].salt.molar_mass_g_mol / 500.0
    salt, solvent, other = (
        compose([parse_recipe(text)])
        for text in ("2 m EMIMFSI in PC", f"EMIMFSI:PC {mass}:1 w/w", "1 m LiPF6 in PC")
    )
    assert square_distances(salt, solvent)[0, 0] == pytest.approx(0.0, abs=1e-9)
    apart = [square_distances(one, other)[0, 0] for one in (salt, solvent)]
    assert apart[0] == pytest.approx(apart[1], rel=1e-6)


def test_an_ionic_liquid_alone_has_no_concentration_to_vary() -> None:
    with pytest.raises(InputError, match=r"'1 m NaFSI in EMIMFSI', or .* '1 m EMIMFSI in PC'"):
        explain(parse_recipe("EMIMFSI"))


def test_a_tuned_model_corrects_them_near_what_was_measured() -> None:
    texts = [f"{m} m NaFSI in Pyr13FSI" for m in (0.5, 1.0, 1.5, 2.0)]
    recipes, kelvin = [parse_recipe(text) for text in texts], np.full(4, 298.15)
    table = score_formulations(recipes, kelvin)
    said = table.predictions["conductivity_ms_cm"].value
    tuned = FineTuned(
        formulations=recipes, temperature_k=kelvin, conductivity_ms_cm=said * 1.5
    ).apply(table)
    assert (tuned.predictions["conductivity_ms_cm"].value > 1.2 * said).all()
    assert (tuned.predictions["conductivity_ms_cm"].value < 1.6 * said).all()
