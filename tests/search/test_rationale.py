import numpy as np
import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.search.rationale import reasons


@pytest.fixture
def lines(make_problem, catalog):
    def tell(recipes, numbers, **changes):
        problem = make_problem(**changes)
        formulations = [parse_recipe(text, catalog) for text in recipes]
        return reasons(problem, formulations, np.array(numbers, dtype=float))

    return tell


def test_each_line_says_what_the_recipe_is_best_at(lines):
    reported = lines(
        [
            "1 mol/kg NaPF6 in EC:DME 30:70 w/w",
            "1 mol/kg NaPF6 in EC:PC 50:50 w/w",
            "1 mol/kg NaFSI in DME:diglyme 50:50 w/w",
            "1.5 mol/kg NaFSI in DME:diglyme 20:80 w/w",
        ],
        [[9.0, 4.0], [10.0, 1.0], [6.0, 5.0], [4.5, 3.0]],
    )
    assert reported == [
        "best compromise of the objectives; best with NaPF6",
        "highest pessimistic conductivity at 25 °C (10 mS/cm); best carbonate-only recipe; "
        "at your 50% cap of EC",
        "highest pessimistic conductivity at -20 °C (5 mS/cm); best ether-only recipe",
        "-50% pessimistic conductivity at 25 °C, -25% pessimistic conductivity at -20 °C "
        "against number 1",
    ]


def test_new_combinations_and_nothing_to_say(lines):
    reported = lines(
        [
            "1 mol/kg NaPF6 in EC:DME 30:70 w/w",
            "1 mol/kg NaPF6 in PC:DME 30:70 w/w",
            "1 mol/kg NaPF6 in EC:PC:DME 10:20:70 w/w",
            "1 mol/kg NaPF6 in EC:PC:DME 20:10:70 w/w",
        ],
        [[9.0, 4.0]] * 4,
    )
    assert reported[1] == "first with PC (cyclic carbonate)"
    assert reported[2] == "new combination of components"
    assert reported[3] == "next best that differs from those above"


def test_attitude_and_direction_are_in_the_words(lines):
    (reported,) = lines(
        ["1 mol/kg NaPF6 in DME"],
        [[1.1]],
        objectives=[
            {"property": "density_g_cm3", "temperature": "298.15 K", "direction": "minimize"}
        ],
        prediction={"risk": "value"},
    )
    assert reported == "lowest density at 25 °C (1.1 g/cm3)"


def test_suggestions_are_explained_by_what_they_could_be(make_problem, catalog):
    problem = make_problem()
    recipes = ["1 mol/kg NaPF6 in EC:PC 50:50 w/w", "1 mol/kg NaFSI in EC:PC 50:50 w/w"]
    formulations = [parse_recipe(text, catalog) for text in recipes]
    reported = reasons(problem, formulations, np.array([[9.0, 3.0], [12.0, 2.0]]), optimistic=True)
    assert reported[0].startswith("could have the highest conductivity at -20 °C (up to 3 mS/cm)")
    assert reported[1].startswith("could have the highest conductivity at 25 °C (up to 12 mS/cm)")
    assert not any("pessimistic" in line for line in reported)


def test_caps_that_a_recipe_uses_up_are_named(lines):
    reported = lines(
        ["2 mol/kg NaPF6 in EC:DME 50:50 w/w", "1 mol/kg NaPF6 in EC:DME 40:60 w/w"],
        [[9.0, 4.0], [8.0, 3.0]],
    )
    assert reported[0].endswith("; at your 50% cap of EC and 2 mol/kg of salt")
    assert "cap" not in reported[1]
