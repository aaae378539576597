import pytest

from electrolyte_ml.campaign.failures import Failures
from electrolyte_ml.campaign.state import Result, Status
from electrolyte_ml.formulation import parse_recipe

BLEND = "1 m NaFSI in DME:TTE {}:{} wt"


def _result(text, status):
    return Result(suggestion=None, formulation=parse_recipe(text), status=status, values={})


def _probability(results, *texts):
    return Failures.of(results).probability([parse_recipe(t) for t in texts]).tolist()


def test_without_failures_every_recipe_has_the_same_small_probability():
    results = [_result(BLEND.format(50, 50), Status.OK)]
    assert _probability(results, BLEND.format(50, 50), "1 m NaPF6 in PC") == [0.05, 0.05]
    assert _probability([], "1 m NaPF6 in PC") == [0.05]


def test_failures_are_expected_near_failures_and_not_far_off():
    results = [
        _result(BLEND.format(20, 80), Status.FAILED),
        _result(BLEND.format(60, 40), Status.OK),
        _result("1 m NaPF6 in DMC", Status.SKIPPED),
    ]
    near, between, good, far = _probability(
        results,
        BLEND.format(22, 78),
        BLEND.format(40, 60),
        BLEND.format(62, 38),
        "1 m NaPF6 in EC",
    )
    assert near > 0.4
    assert near > between > good
    assert far == pytest.approx(0.05, abs=0.01)


def test_replicates_count_as_one_recipe():
    same = BLEND.format(50, 50)
    one = [_result(same, Status.FAILED)]
    assert _probability(one * 3, same) == _probability(one, same)
    half = [*one, _result(same, Status.OK)]
    assert _probability(half, same)[0] == pytest.approx((0.05 + 0.5) / 2)
