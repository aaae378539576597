import math

import numpy as np
import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.simulate.results import (
    CationRatio,
    MeasuredRatio,
    against_measured,
    measured_ratios,
    pool,
    pool_ratios,
)


def ratio(recipe, value, error, cation_set="aqvist"):
    labels = {
        "group": "pairs",
        "recipe": recipe,
        "temperature_k": "373.15",
        "cation_set": cation_set,
        "charge_scale": "0.8",
    }
    return CationRatio(labels=labels, value=value, error=error, n_seeds=1)


def test_equal_errors_without_spread_give_the_plain_mean():
    found = pool([0.1, 0.2, 0.3], [0.5, 0.5, 0.5])
    assert found.mean_log10 == pytest.approx(0.2)
    assert found.spread_log10 == 0
    assert found.error_log10 == pytest.approx(0.5 / math.sqrt(3))


def test_one_pair_has_its_own_error_and_no_spread():
    found = pool([0.1], [0.07])
    assert found.error_log10 == pytest.approx(0.07)
    assert math.isnan(found.spread_log10)


def test_mean_and_spread_are_found_within_their_errors():
    rng = np.random.default_rng(4)
    means, spreads, errors = [], [], []
    for _ in range(200):
        noise = rng.uniform(0.03, 0.15, 16)
        values = 0.06 + rng.normal(0, 0.1, 16) + rng.normal(0, noise)
        found = pool(list(values), list(noise))
        means.append(found.mean_log10)
        errors.append(found.error_log10)
        spreads.append(found.spread_log10)
    assert np.mean(means) == pytest.approx(0.06, abs=0.01)
    assert np.std(means) == pytest.approx(np.mean(errors), rel=0.2)
    assert np.median(spreads) == pytest.approx(0.1, rel=0.2)


def test_nothing_cannot_be_pooled():
    with pytest.raises(ValueError, match="no ratios"):
        pool([], [])


def test_settings_are_pooled_apart_and_without_error_left_out():
    held = [
        ratio("a", 1.2, 0.1),
        ratio("b", 1.0, 0.1),
        ratio("c", 9.0, math.nan),
        ratio("a", 0.5, 0.1, "joung-cheatham"),
    ]
    found = pool_ratios(held)
    assert found["aqvist", "0.8"].n_pairs == 2
    assert found["joung-cheatham", "0.8"].mean_log10 == pytest.approx(math.log10(0.5))


def test_deviation_carries_both_errors():
    measured = [MeasuredRatio(recipe="a", log10=0.0, error_log10=0.3)]
    held = [ratio("a", 10.0, 10.0 * math.log(10) * 0.4), ratio("b", 1.0, 0.1)]
    (found,) = against_measured(held, measured).values()
    assert found.n_pairs == 1
    assert found.mean_log10 == pytest.approx(1.0)
    assert found.error_log10 == pytest.approx(0.5)


def test_measured_ratios_are_of_sodium_recipes_of_the_campaign():
    from electrolyte_ml.simulate import read_campaign
    from electrolyte_ml.simulate.templates import TABLES

    plan = read_campaign(TABLES.parent / "campaigns" / "lithium_sodium_pairs.toml")
    simulated = {entry.recipe for entry in plan.jobs}
    ratios = measured_ratios()
    assert ratios
    for held in ratios:
        assert held.recipe in simulated
        assert parse_recipe(held.recipe).salts[0].salt.cation.name == "Na"
        assert held.error_log10 > 0


def test_every_prefix_of_the_campaign_is_whole_pairs():
    from electrolyte_ml.simulate import read_campaign
    from electrolyte_ml.simulate.templates import TABLES

    plan = read_campaign(TABLES.parent / "campaigns" / "lithium_sodium_pairs.toml")
    for first, second in zip(plan.jobs[::2], plan.jobs[1::2], strict=True):
        assert {first.cation, second.cation} == {"Na", "Li"}
        assert first.recipe == second.recipe
        assert (first.job.force_field, first.job.seed) == (
            second.job.force_field,
            second.job.seed,
        )
    pairs = {e.recipe for e in plan.jobs if e.group == "pairs"}
    assert len(pairs) >= 16
    assert len({e.job.force_field.cation_set for e in plan.jobs}) >= 3
