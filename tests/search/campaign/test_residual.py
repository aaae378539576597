import numpy as np
import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.search.campaign.residual import Point, Residual
from electrolyte_ml.search.campaign.state import Result, Status
from electrolyte_ml.search.campaign.tuning import TunedScorer

from .conftest import formula, scorer

_T = 298.15


def _points(*recipes):
    return [Point(formulation=parse_recipe(r), temperature_k=_T) for r in recipes]


_MEASURED = _points(
    "1 m NaPF6 in EC:DMC 50:50 wt",
    "1 m NaPF6 in EC:DMC 30:70 wt",
    "0.5 m NaPF6 in EC:DMC 40:60 wt",
    "1 m NaPF6 in PC:DMC 50:50 wt",
)


def _constant(error=-0.2, sigma=0.15):
    n = len(_MEASURED)
    return Residual(_MEASURED, np.full(n, error), np.full(n, sigma))


def test_a_measured_recipe_takes_its_measured_error():
    mean, variance = _constant().predict(_MEASURED, np.full(4, 0.15))
    assert mean * 0.15 == pytest.approx(np.full(4, -0.2), abs=0.02)
    assert variance.max() < 0.1


def test_the_nearer_a_recipe_the_more_it_learns():
    near, far = _points("1 m NaPF6 in EC:DMC 45:55 wt", "1.5 m NaFSI in tetraglyme")
    mean, variance = _constant().predict([near, far], np.full(2, 0.15))
    assert abs(mean[0]) > abs(mean[1])
    assert variance[0] < variance[1] <= 1


def test_an_offset_of_a_laboratory_is_no_larger_where_the_model_is_unsure():
    (far,) = _points("1.5 m NaFSI in tetraglyme")
    for sigma in (0.15, 0.6):
        mean, _ = _constant().predict([far], np.array([sigma]))
        assert -0.25 < sigma * mean[0] < -0.02


def test_far_from_everything_the_shipped_model_stands():
    n = len(_MEASURED)
    scattered = Residual(_MEASURED, np.array([0.2, -0.2, 0.2, -0.2]), np.full(n, 0.15))
    (far,) = _points("2 m NaTFSI in tetraglyme")
    mean, variance = scattered.predict([far], np.array([0.15]))
    assert abs(mean[0]) < 0.3
    assert variance[0] > 0.6


def test_order_of_measurements_does_not_matter():
    errors = np.array([-0.2, -0.1, -0.25, 0.05])
    order = [2, 0, 3, 1]
    first = Residual(_MEASURED, errors, np.full(4, 0.15))
    second = Residual([_MEASURED[i] for i in order], errors[order], np.full(4, 0.15))
    asked = _points("0.8 m NaPF6 in EC:PC:DMC 30:20:50 wt")
    one_sd = np.array([0.15])
    for one, two in zip(first.predict(asked, one_sd), second.predict(asked, one_sd), strict=True):
        assert one == pytest.approx(two, abs=1e-3)


def test_left_out_predictions_do_not_see_replicates():
    points = [*_MEASURED, _MEASURED[0]]
    errors = np.array([0.5, 0.0, 0.0, 0.0, 0.5])
    left_out = Residual(points, errors, np.full(5, 0.15)).left_out()
    assert left_out[0] == pytest.approx(left_out[4])
    assert abs(left_out[0]) < 0.25


def _result(recipe, factor):
    formulation = parse_recipe(recipe)
    value = factor * formula(formulation)
    return Result(
        suggestion=None,
        formulation=formulation,
        status=Status.OK,
        values={("conductivity_ms_cm", _T): value},
    )


def test_tuned_intervals_narrow_where_it_was_measured_and_hold_the_truth():
    recipes = [f"{m} m NaPF6 in EC:DMC {w}:{100 - w} wt" for m in (0.6, 1.2) for w in (20, 50, 80)]
    tuned = TunedScorer(scorer, [_result(r, 0.6) for r in recipes])
    asked = [parse_recipe("0.9 m NaPF6 in EC:DMC 35:65 wt")]
    before = scorer(asked, np.array([_T]))["conductivity_ms_cm"]
    after = tuned(asked, np.array([_T]))["conductivity_ms_cm"]
    truth = 0.6 * formula(asked[0])
    assert abs(np.log10(after.value[0] / truth)) < 0.02
    assert after.low[0] < truth < after.high[0]
    assert after.high[0] / after.low[0] < before.high[0] / before.low[0] / 2
    shipped, learned = tuned.measured["conductivity_ms_cm"].errors()
    assert shipped == pytest.approx(-np.log10(0.6))
    assert learned < shipped / 3
    same = tuned(asked, np.array([_T]))["fluorine_mass_fraction"]
    assert same.value[0] == 0.1
