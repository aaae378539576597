"""Recipes with an ionic liquid: every model but that of the density says that it does not cover
them."""

from __future__ import annotations

import numpy as np
import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.explain import explain
from electrolyte_ml.models.maps import electrolyte_map
from electrolyte_ml.models.molecules_only import NOT_COVERED
from electrolyte_ml.models.neighbours import nearest_measured
from electrolyte_ml.models.scoring import Answers, score_formulations
from electrolyte_ml.properties import properties, registered_property

MOLECULAR = "1 M NaPF6 in EC:DEC 1:1 v/v"
IONIC = ("1 m NaFSI in Pyr13FSI", "EMIMTFSI", "0.5 m LiTFSI in EMIMTFSI:PC 1:1 w/w")
# Arithmetic on the amounts, which holds for any recipe.
COUNTED = {"fluorine_mass_fraction", "solvents_per_salt_mol", "cost_per_kg"}
COVERED = {"density_g_cm3"}
PREDICTED = sorted(
    name for name, known in properties().items() if known.predict and name not in COUNTED | COVERED
)
# Numbers of doubts, which are certain.
DOUBTS = ("solubility_doubts", "phase_separation_doubt")


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


def test_what_explains_conductivity_refuses() -> None:
    ionic = parse_recipe(IONIC[0])
    for refused in (
        lambda: explain(ionic),
        lambda: electrolyte_map([ionic]),
        lambda: nearest_measured([ionic]),
    ):
        with pytest.raises(InputError, match=r"not covered here \(Pyr13FSI\)"):
            refused()
