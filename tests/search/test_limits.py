from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.search.limits import (
    amount,
    divides_one,
    steps_at_least,
    steps_at_most,
    steps_equal,
)


@given(st.integers(0, 4000), st.sampled_from([0.01, 0.05, 0.1, 0.005]))
def test_limits_written_as_decimals_hold_exactly(steps, step):
    limit = float(f"{steps * step:.6f}")
    assert steps_at_most(limit, step) == steps_at_least(limit, step) == steps
    assert amount(steps, step) == limit
    assert steps_equal(amount(steps, step), step) == steps


def test_binary_noise_does_not_cost_a_step():
    assert 7 * 0.05 > 0.35
    assert amount(steps_at_most(0.35, 0.05), 0.05) == 0.35


def test_values_off_the_grid_are_noticed():
    assert steps_equal(1 / 3, 0.01) is None


def test_steps_must_divide_one():
    assert divides_one(0.01)
    assert divides_one(0.005)
    assert not divides_one(0.03)
    assert not divides_one(0.0)
    assert not divides_one(-0.01)
