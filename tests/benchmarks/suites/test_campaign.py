import numpy as np
import pytest

from electrolyte_ml.benchmarks.suites import campaign
from electrolyte_ml.search import load_problem
from electrolyte_ml.search.bundled import find_problem


@pytest.fixture(scope="module")
def problem():
    return load_problem(find_problem("lithium_reference"))


@pytest.fixture
def small(monkeypatch):
    for name, number in {"_POOL": 24, "_DRAWN": 60, "_ROUNDS": 5}.items():
        monkeypatch.setattr(campaign, name, number)


def test_a_laboratory_is_always_the_same_and_seeds_differ(problem, small):
    one, again, other = (campaign.Laboratory.of(problem, seed) for seed in (3, 3, 4))
    assert [f.key for f in one.pool] == [f.key for f in again.pool]
    np.testing.assert_array_equal(one.truth, again.truth)
    assert [f.key for f in one.pool] != [f.key for f in other.pool]


def test_a_campaign_learns_the_offset_and_keeps_an_honest_interval(problem, small):
    laboratory = campaign.Laboratory.of(problem, 0)
    measured, low, value, high, order = campaign._rehearse(laboratory, learns=True)
    assert len(measured) == 2 * 20
    later = order >= 12
    error = np.abs(np.log10(measured / value))
    assert error[later].mean() < error[order == 0].mean()
    assert ((low <= measured) & (measured <= high))[later].mean() >= 0.75
    assert (np.log10(high / low) > 2 * 0.03).all()
