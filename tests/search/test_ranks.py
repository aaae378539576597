import numpy as np
import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search.ranks import standings

TEXTS = ("1 m NaPF6 in EC:DMC 1:1 wt", "1 m NaPF6 in PC", "1 m NaPF6 in DME")


@pytest.fixture(scope="module")
def recipes(catalog):
    return [parse_recipe(text, catalog) for text in TEXTS]


def _of(values, factor):
    """Conductivities of three recipes at both temperatures of the problem."""
    value = np.repeat(np.array(values, dtype=float), 2)
    return {
        "conductivity_ms_cm": Prediction(
            value=value,
            low=value / factor,
            high=value * factor,
            coverage=0.9,
            in_domain=np.ones(6, dtype=bool),
            reason=(None,) * 6,
        )
    }


def test_recipes_within_the_uncertainty_share_a_rank(make_problem, recipes):
    found = standings(make_problem(), recipes, _of([10, 9, 2], 1.3), [10.0, 10.0])
    assert [s.rank for s in found] == [1, 1, 3]
    assert [s.shared for s in found] == [True, True, False]
    assert [s.alike for s in found] == [(1,), (0,), ()]


def test_sure_predictions_rank_everything(make_problem, recipes):
    found = standings(make_problem(), recipes, _of([8, 9, 10], 1.001), [10.0, 10.0])
    assert [s.rank for s in found] == [3, 2, 1]
    assert all(not s.shared and not s.alike for s in found)


def test_a_cost_has_no_uncertainty_but_does_not_rank_alone(make_problem, recipes):
    problem = make_problem(
        objectives=[
            {"property": "conductivity_ms_cm", "temperature": "25 degC"},
            {"property": "cost_per_kg"},
        ],
        prices={
            "currency": "EUR",
            "per_kg": dict.fromkeys(("EC", "PC", "DMC", "DME", "diglyme", "NaPF6", "NaFSI"), 1),
        },
    )
    cost = Prediction.certain(np.array([1.0, 1.1, 5.0]))
    conductivity = {n: p.select([0, 2, 4]) for n, p in _of([10, 11, 9], 2).items()}
    found = standings(problem, recipes, {**conductivity, "cost_per_kg": cost}, [10.0, 10.0])
    assert [s.rank for s in found] == [1, 1, 1]
    assert found[0].alike == ()  # the costs differ
    dear = standings(problem, recipes, {**conductivity, "cost_per_kg": cost}, [100.0, 4.0])
    assert [s.rank for s in dear] == [1, 1, 3]
