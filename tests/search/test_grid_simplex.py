import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.search.grid_simplex import (
    decode_composition,
    encode_composition,
)


@st.composite
def solvable(draw):
    """Bounds of up to 12 components, and a total that they can make."""
    n = draw(st.integers(1, 12))
    lows = draw(st.lists(st.integers(0, 10), min_size=n, max_size=n))
    widths = draw(st.lists(st.integers(0, 100), min_size=n, max_size=n))
    bounds = [(low, low + width) for low, width in zip(lows, widths, strict=True)]
    total = draw(st.integers(sum(lows), sum(high for _, high in bounds)))
    point = draw(st.lists(st.floats(0, 1), min_size=n - 1, max_size=n - 1))
    return point, bounds, total


@given(solvable())
def test_every_point_is_legal_and_comes_back(case):
    point, bounds, total = case
    steps = decode_composition(point, bounds, total)
    assert sum(steps) == total
    assert all(low <= s <= high for s, (low, high) in zip(steps, bounds, strict=True))
    assert decode_composition(encode_composition(steps, bounds), bounds, total) == steps


@given(st.integers(2, 12))
def test_nearly_pure_corners_survive_the_round_trip(n):
    bounds = [(1, 1000)] * n
    for corner in range(n):
        steps = [1] * n
        steps[corner] = 1000 - (n - 1)
        assert decode_composition(encode_composition(steps, bounds), bounds, 1000) == steps


def test_all_compositions_are_reached_in_nearly_equal_shares():
    bounds, total = [(1, 4), (0, 6), (2, 5)], 8
    legal = [
        s
        for s in itertools.product(*(range(low, high + 1) for low, high in bounds))
        if sum(s) == total
    ]
    rng = np.random.default_rng(0)
    drawn = Counter(tuple(decode_composition(p, bounds, total)) for p in rng.random((20000, 2)))
    assert set(drawn) == set(legal)
    shares = np.array(list(drawn.values())) / 20000 * len(legal)
    assert shares.min() > 0.75
    assert shares.max() < 1.4


def test_impossible_totals_are_refused():
    with pytest.raises(ValueError, match="add up to 100"):
        decode_composition([0.5], [(0, 40), (0, 40)], 100)
    with pytest.raises(ValueError, match="out of the bounds"):
        encode_composition([60, 40], [(0, 50), (0, 50)])
