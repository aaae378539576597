import numpy as np
import pytest

from electrolyte_ml.models.intervals import conformal_factor, conformal_quantile, pooled_quantile


@pytest.mark.parametrize(("n", "rank"), [(1, 1), (5, 5), (9, 9), (10, 10), (19, 18), (99, 90)])
def test_quantile_is_the_exact_rank(n, rank):
    assert conformal_quantile(np.arange(1.0, n + 1)[::-1]) == rank


def test_coverage_can_be_chosen():
    assert conformal_quantile(np.arange(1.0, 100), coverage=0.5) == 50


def test_quantile_holds_its_share_of_further_errors():
    random = np.random.default_rng(0)
    held = [
        random.exponential() <= conformal_quantile(random.exponential(size=12))
        for _ in range(20_000)
    ]
    assert 0.9 - 0.01 < np.mean(held) < 0.94


def test_factor_is_in_units_of_the_scale():
    error, scale = np.array([1.0, -4.0, 9.0]), np.array([1.0, 2.0, 3.0])
    assert conformal_factor(error, scale) == 3.0


def test_each_group_counts_once():
    scores = np.concatenate([np.full(1000, 1.0), np.arange(2.0, 20.0)])
    groups = np.array(["large"] * 1000 + [f"small {i}" for i in range(18)])
    assert pooled_quantile(scores, groups) == 18
