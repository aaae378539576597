import numpy as np
import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models import score_formulations
from electrolyte_ml.models.liquid import liquid_range

RECIPES = (
    "1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC",
    "1 M NaPF6 in diglyme",
    "17 mol/kg NaClO4 in water",
    "1 M NaPF6 in TTE",
)


def test_rows_do_not_depend_on_their_company():
    together = liquid_range([parse_recipe(r) for r in (*RECIPES, RECIPES[0])])
    for row, recipe in enumerate((*RECIPES, RECIPES[0])):
        alone = liquid_range([parse_recipe(recipe)]).record(0)
        for name, value in together.record(row).items():
            assert value == (pytest.approx(alone[name]) if name[-2:] == "_k" else alone[name]) or (
                name.endswith("_interval") and value == pytest.approx(alone[name])
            )


def test_no_recipes_no_rows():
    assert len(liquid_range([])) == 0


def test_scores_hold_the_liquid_range():
    formulations = [parse_recipe(r) for r in RECIPES]
    table = score_formulations(formulations, np.full(len(RECIPES), 298.15))
    assert len(table.liquid.flash_point_k) == len(RECIPES)
    record = next(table.records())["liquid"]
    assert record["freezes_below_k"] == table.liquid.freezes_below_k.value[0]
    low, high = record["boils_above_k_interval"]
    assert low < record["boils_above_k"] < high
    assert "EC crystallises first" in record["notes"]


def test_every_row_without_a_value_or_out_of_domain_has_a_reason():
    table = liquid_range([parse_recipe(r) for r in RECIPES])
    for p in (table.freezes_below_k, table.boils_above_k, table.flash_point_k):
        for row, reason in enumerate(p.reason):
            assert reason or (p.in_domain[row] and not np.isnan(p.value[row]))
    assert [bool(notes) for notes in table.solubility_notes] == [False, False, False, True]


def test_another_recipe_costs_a_few_hundred_calls(count_calls):
    recipes = [
        parse_recipe(f"{m / 100:.2f} mol/kg NaPF6 in EC:DMC:TTE {w}:{100 - w}:20 w/w")
        for m in range(50, 150, 25)
        for w in range(1, 100)
    ]
    liquid_range(recipes[:10])
    with count_calls() as few:
        liquid_range(recipes[:100])
    with count_calls() as all_:
        liquid_range(recipes)
    assert all_.calls - few.calls < 300 * (len(recipes) - 100)
