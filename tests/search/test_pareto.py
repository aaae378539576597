import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from electrolyte_ml.search.shortlist import coverage, fronts, scaled, trailing

_GAINS = arrays(
    float,
    st.tuples(st.integers(1, 30), st.integers(1, 3)),
    elements=st.integers(0, 5).map(float),
)


def _dominates(a, b):
    return bool(np.all(a >= b) and np.any(a > b))


@given(_GAINS)
def test_fronts_partition_the_rows_and_peel_like_an_onion(gains):
    layers = list(fronts(gains))
    assert sorted(np.concatenate(layers)) == list(range(len(gains)))
    left = set(range(len(gains)))
    for front in layers:
        best = {i for i in left if not any(_dominates(gains[j], gains[i]) for j in left)}
        assert set(front.tolist()) == best
        left -= best


@given(_GAINS)
def test_trailing_is_zero_on_the_front_only_up_to_ties(gains):
    goodness = scaled(gains)
    assert goodness.min() >= 0
    assert goodness.max() <= 1
    front = next(fronts(goodness))
    behind = trailing(goodness, front)
    assert np.all(behind[front] == 0)
    assert np.all(behind >= 0)


def test_coverage_is_the_hypervolume():
    covered = coverage(np.array([[1.0, 0.5], [0.5, 1.0]]))
    assert abs(covered[0].mean() - 0.5) < 0.03
    assert abs(covered.any(axis=0).mean() - 0.75) < 0.03
