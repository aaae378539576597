"""Picks among a handful of recipes whose predictions the test writes down."""

import numpy as np
import pytest

from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.failures import Failures
from electrolyte_ml.campaign.state import Result, Status
from electrolyte_ml.campaign.suggest import pick
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search import Direction, Objective, Problem, Risk, load_problem
from electrolyte_ml.search.evaluation import Evaluator

from .conftest import RECIPE

_T = 298.15
_GLYME = "1 m NaPF6 in DME:diglyme {}:{} wt"


def _scorer(table):
    """Predictions by recipe: value, and the factor to either end of the interval."""
    numbers_of = {parse_recipe(text).key: numbers for text, numbers in table.items()}

    def scorer(formulations, temperature_k):
        value, factor = np.array([numbers_of[f.key] for f in formulations]).T
        n = len(value)
        conductivity = Prediction(
            value=value,
            low=value / factor,
            high=value * factor,
            coverage=0.9,
            in_domain=np.ones(n, dtype=bool),
            reason=(None,) * n,
        )
        # The better one is, the worse the other.
        other = 10 / value
        viscosity = Prediction(
            value=other,
            low=other,
            high=other,
            coverage=0.9,
            in_domain=np.ones(n, dtype=bool),
            reason=(None,) * n,
        )
        return {"conductivity_ms_cm": conductivity, "viscosity_mpa_s": viscosity}

    return scorer


def _failed(text):
    return Result(suggestion=None, formulation=parse_recipe(text), status=Status.FAILED, values={})


@pytest.fixture
def picked(tmp_path):
    """Recipes picked of a table, and which of them explore."""
    path = tmp_path / "small.toml"
    path.write_text(RECIPE, encoding="utf-8")
    small = load_problem(path)

    def run(table, n, *, pending=(), failed=(), seed=0, objectives=None, risk=Risk.LOW):
        problem = Problem(
            name="picks",
            components=small.components,
            limits=small.limits,
            objectives=objectives
            or (Objective(property_name="conductivity_ms_cm", temperature_k=_T),),
            risk=risk,
        )
        scorer = TunedScorer(_scorer(table), [])
        names = list(table)
        picks = pick(
            Evaluator(problem, scorer),
            scorer,
            [parse_recipe(t) for t in names],
            n,
            pending=[parse_recipe(t) for t in pending],
            failures=Failures.of([_failed(t) for t in failed]),
            seed=seed,
        )
        return [names[p.row] for p in picks], [p.explores for p in picks]

    return run


@pytest.mark.parametrize("risk", list(Risk))
def test_what_could_be_best_comes_first_whatever_the_risk(picked, risk):
    table = {
        "1 m NaPF6 in EC": (10.0, 1.1),
        "1 m NaPF6 in DME": (8.0, 3.0),
        "1 m NaPF6 in PC": (5.0, 1.5),
    }
    found, explores = picked(table, 2, risk=risk)
    assert found == ["1 m NaPF6 in DME", "1 m NaPF6 in EC"]
    assert explores == [False, False]


def test_a_pick_takes_the_doubt_of_its_neighbours(picked):
    table = {
        _GLYME.format(50, 50): (8.0, 3.0),
        _GLYME.format(52, 48): (7.99, 3.0),
        "1 m NaPF6 in EC:PC 50:50 wt": (7.5, 3.0),
    }
    found, _ = picked(table, 2)
    assert found == [_GLYME.format(50, 50), "1 m NaPF6 in EC:PC 50:50 wt"]


def test_experiments_under_way_are_waited_for(picked):
    table = {
        _GLYME.format(52, 48): (8.0, 3.0),
        "1 m NaPF6 in EC:PC 50:50 wt": (7.5, 3.0),
        _GLYME.format(50, 50): (8.0, 3.0),
    }
    assert picked(table, 1)[0] == [_GLYME.format(52, 48)]
    found, _ = picked(table, 1, pending=[_GLYME.format(50, 50)])
    assert found == ["1 m NaPF6 in EC:PC 50:50 wt"]


def test_one_of_four_explores_where_something_better_may_be(picked):
    table = {
        "1 m NaPF6 in EC": (10.0, 1.5),
        "1 m NaPF6 in DME": (9.0, 1.5),
        "1 m NaPF6 in PC": (8.0, 1.5),
        "1 m NaFSI in EC": (9.5, 1.5),
        "1 m NaFSI in DMC": (2.0, 6.0),
        "1 m NaFSI in PC": (0.5, 6.0),
    }
    found, explores = picked(table, 4)
    assert explores == [False, False, False, True]
    # The last one is as little known, but could not be the best in any case.
    assert found[-1] == "1 m NaFSI in DMC"


def test_one_set_of_components_does_not_fill_a_batch(picked):
    glymes = {f"{m} m NaPF6 in DME": (20.0 + m, 1.3) for m in (0.5, 0.8, 1.1, 1.4)}
    others = {f"1 m NaFSI in {s}": (5.0, 1.3) for s in ("EC", "PC", "DMC")}
    found, _ = picked({**glymes, **others}, 4)
    assert sum(text in glymes for text in found) == 1
    # Without others it may.
    assert len(picked(glymes, 4)[0]) == 4


def test_weights_of_objectives_are_drawn_anew_and_repeat_with_the_seed(picked):
    solvents = ("EC", "PC", "DMC", "DME")
    table = {
        f"{m} m NaPF6 in {s}": (m * (i + 1.0), 1.2)
        for m in (0.5, 1.0)
        for i, s in enumerate(solvents)
    }
    objectives = (
        Objective(property_name="conductivity_ms_cm", temperature_k=_T),
        Objective(property_name="viscosity_mpa_s", temperature_k=_T, direction=Direction.MINIMIZE),
        Objective(property_name="viscosity_mpa_s", temperature_k=_T, direction=Direction.MAXIMIZE),
    )
    first = [picked(table, 1, seed=seed, objectives=objectives)[0][0] for seed in range(12)]
    again = [picked(table, 1, seed=seed, objectives=objectives)[0][0] for seed in range(12)]
    assert first == again
    assert len(set(first)) > 1


def test_what_would_tell_the_same_is_not_measured_twice_in_a_batch(picked):
    table = {
        _GLYME.format(50, 50): (8.0, 9.0),
        _GLYME.format(43, 57): (8.0, 9.0),
        "1 m NaPF6 in EC": (2.0, 1.1),
    }
    # The second could be far better than the third, but the first will tell of it.
    assert picked(table, 2)[0] == [_GLYME.format(50, 50), "1 m NaPF6 in EC"]
    # Where nothing else is left, it is measured.
    assert len(picked(table, 3)[0]) == 3


def test_recipes_near_a_failed_one_are_left_for_others(picked):
    table = {
        _GLYME.format(50, 50): (8.0, 1.3),
        "1 m NaPF6 in EC": (7.5, 1.3),
        "1 m NaPF6 in PC": (2.0, 1.3),
    }
    assert picked(table, 1)[0] == [_GLYME.format(50, 50)]
    assert picked(table, 1, failed=[_GLYME.format(47, 53)])[0] == ["1 m NaPF6 in EC"]
