import numpy as np
import pytest

from electrolyte_ml.benchmarks.suites import campaign
from electrolyte_ml.benchmarks.suites.campaign import laboratory as simulated
from electrolyte_ml.benchmarks.suites.campaign import rehearsal, shortlists
from electrolyte_ml.search import load_problem
from electrolyte_ml.search.bundled import find_problem
from electrolyte_ml.search.engine import run_search


@pytest.fixture(scope="module")
def problem():
    return load_problem(find_problem("lithium_reference"))


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(simulated, "_POOL", 24)
    monkeypatch.setattr(simulated, "_DRAWN", 60)
    monkeypatch.setattr(rehearsal, "_ROUNDS", 5)


@pytest.fixture
def short_search(monkeypatch):
    def search(problem, evaluator, *, seed):
        return run_search(problem, evaluator, seed=seed, n_trials=120)

    monkeypatch.setattr(shortlists, "run_search", search)
    shortlists._lists.cache_clear()
    yield
    shortlists._lists.cache_clear()


def test_a_laboratory_is_always_the_same_and_seeds_differ(problem, small):
    one, again, other = (simulated.Laboratory.of(problem, seed) for seed in (3, 3, 4))
    assert [f.key for f in one.pool] == [f.key for f in again.pool]
    np.testing.assert_array_equal(one.truth, again.truth)
    assert [f.key for f in one.pool] != [f.key for f in other.pool]


def test_a_campaign_learns_the_offset_and_keeps_an_honest_interval(problem, small):
    laboratory = simulated.Laboratory.of(problem, 0)
    measured, low, value, high, order = rehearsal.rehearse(laboratory, learns=True)
    assert len(measured) == 2 * 20
    later = order >= 12
    error = np.abs(np.log10(measured / value))
    assert error[later].mean() < error[order == 0].mean()
    assert ((low <= measured) & (measured <= high))[later].mean() >= 0.75
    assert (np.log10(high / low) > 2 * 0.03).all()


def test_every_problem_has_campaigns_and_lists_by_every_rule():
    jobs = campaign.jobs(quick=True, splits=None, seed=0)
    assert {job.split for job in jobs} == {campaign.PROBLEMS[0]}
    rules = [job.model for job in jobs if job.task == campaign.SHORTLISTS]
    assert rules == list(shortlists.RULES)
    assert rules[0] == shortlists.PRESENT


def test_lists_of_all_rules_come_from_one_search_and_are_judged_by_one_truth(short_search):
    numbers = {
        rule: shortlists.judge_shortlists("lithium_reference", (5, 6), None, rule=rule).metrics
        for rule in shortlists.RULES
    }
    ours, former = numbers[shortlists.PRESENT], numbers[shortlists.FORMER]
    for name in ("regret_percent", "reached_95", "chemistries"):
        sign = -1 if name == "regret_percent" else 1
        assert former[f"{name}_ahead"] == pytest.approx(sign * (ours[name] - former[name]))
    assert 0 <= ours["regret_percent"] < 100
    # What goes by the mean alone picks one chemistry again and again.
    assert ours["chemistries"] > numbers["highest weighted mean"]["chemistries"]


def test_a_list_is_judged_by_its_best_recipe(short_search, monkeypatch):
    def everything(recipes, _gains, _weights):
        return list(range(len(recipes)))

    def worst(_recipes, gains, _weights):
        return [int(np.argmin(gains.sum(axis=1)))]

    monkeypatch.setattr(shortlists, "RULES", {"all": everything, "worst": worst})
    found = shortlists._lists("lithium_reference", 7)
    assert found["all"][:2] == (0.0, 1.0)
    regret, reached, chemistries = found["worst"]
    assert regret > 5
    assert reached == 0.0
    assert chemistries == 1
