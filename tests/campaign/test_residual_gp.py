import numpy as np
import pytest

from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.residual_gp import Points, Residual
from electrolyte_ml.campaign.state import Result, Status
from electrolyte_ml.formulation import parse_recipe

from .conftest import formula, scorer

_T = 298.15


def _points(*recipes, sigma=0.15, value=1.0):
    """All at 25 degC, with the same prediction (log10) and sigma unless given."""
    n = len(recipes)
    return Points(
        formulations=tuple(parse_recipe(r) for r in recipes),
        temperature_k=np.full(n, _T),
        value=np.broadcast_to(value, n).astype(float),
        sigma=np.full(n, sigma),
    )


_MEASURED = _points(
    "1 m NaPF6 in EC:DMC 50:50 wt",
    "1 m NaPF6 in EC:DMC 30:70 wt",
    "0.5 m NaPF6 in EC:DMC 40:60 wt",
    "1 m NaPF6 in PC:DMC 50:50 wt",
)


def _constant(error=-0.2):
    return Residual(_MEASURED, np.full(4, error))


def test_a_measured_recipe_takes_its_measured_error():
    known = _constant().predict(_MEASURED)
    mean, variance = known.mean, known.variance
    assert mean * 0.15 == pytest.approx(np.full(4, -0.2), abs=0.02)
    assert variance.max() < 0.1


def test_the_nearer_a_recipe_the_more_it_learns():
    known = _constant().predict(
        _points("1 m NaPF6 in EC:DMC 45:55 wt", "1.5 m NaFSI in tetraglyme")
    )
    mean, variance = known.mean, known.variance
    assert known.distance[0] < 0.2 < known.distance[1]
    assert abs(mean[0]) > abs(mean[1])
    assert variance[0] < variance[1] <= 1


def test_like_solvents_learn_more_than_unlike_ones():
    variance = (
        _constant()
        .predict(_points("1 m NaPF6 in EC:EMC 50:50 wt", "1 m NaPF6 in DME:diglyme 50:50 wt"))
        .variance
    )
    assert variance[0] < variance[1]


def test_an_offset_of_a_laboratory_is_no_larger_where_the_model_is_unsure():
    for sigma in (0.15, 0.6):
        mean = _constant().predict(_points("1.5 m NaFSI in tetraglyme", sigma=sigma)).mean
        assert -0.25 < sigma * mean[0] < -0.02


def test_far_from_everything_the_shipped_model_stands():
    scattered = Residual(_MEASURED, np.array([0.2, -0.2, 0.2, -0.2]))
    known = scattered.predict(_points("2 m NaTFSI in tetraglyme"))
    assert abs(known.mean[0]) < 0.3
    assert known.variance[0] > 0.6


def test_nothing_measured_changes_nothing():
    nothing = Residual(_MEASURED.rows(np.empty(0, dtype=np.intp)), np.empty(0))
    known = nothing.predict(_MEASURED)
    assert known.mean == pytest.approx(np.zeros(4))
    assert known.variance == pytest.approx(np.ones(4))


def test_predictions_that_promise_too_much_are_believed_less():
    # What the model thought best came out worst: another promise of it counts less.
    promised = _points(*(f.notation() for f in _MEASURED.formulations), value=[0.6, 0.8, 1.0, 1.2])
    learned = Residual(promised, np.array([0.0, -0.2, -0.4, -0.6]))
    high, low = (
        learned.predict(_points("1.5 m NaFSI in tetraglyme", value=v)).mean[0] for v in (1.4, 0.6)
    )
    assert high < low - 1


def test_what_is_expected_narrows_doubt_and_moves_nothing():
    before = _constant()
    asked = _points("1 m NaFSI in DME", "1 m NaFSI in DME:THF 80:20 wt", "1 m NaPF6 in EC")
    after = before.with_pending(asked.rows(np.array([0])))
    for residual in (before, after):
        assert residual.scales == before.scales
    assert after.predict(asked).mean == pytest.approx(before.predict(asked).mean, abs=0.02)
    narrowed = after.predict(asked).variance / before.predict(asked).variance
    assert narrowed[0] < 0.2
    assert narrowed[0] < narrowed[1] < narrowed[2] <= 1


def test_order_of_measurements_does_not_matter():
    errors = np.array([-0.2, -0.1, -0.25, 0.05])
    order = np.array([2, 0, 3, 1])
    first = Residual(_MEASURED, errors)
    second = Residual(_MEASURED.rows(order), errors[order])
    asked = _points("0.8 m NaPF6 in EC:PC:DMC 30:20:50 wt")
    one, two = first.predict(asked), second.predict(asked)
    assert one.mean == pytest.approx(two.mean, abs=1e-3)
    assert one.variance == pytest.approx(two.variance, abs=1e-3)


def test_left_out_predictions_do_not_see_replicates():
    points = _MEASURED.joined(_MEASURED.rows(np.array([0])))
    out_of_fold = Residual(points, np.array([0.5, 0.0, 0.0, 0.0, 0.5])).left_out().mean
    assert out_of_fold[0] == pytest.approx(out_of_fold[4])
    assert abs(out_of_fold[0]) < 0.25


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
