import numpy as np
import pytest

from electrolyte_ml.benchmarks.suites.sodium_simulated import (
    SimulatedPairs,
    gain,
    simulated_pairs,
    updated_with,
)
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity.cation import Twins, prior_of

PRIOR = prior_of("[Na+]")
PC, DME = "1 m NaPF6 in PC", "1 m NaPF6 in DME"


def pairs(log10, error=0.05, method=0.1, recipe=PC):
    return SimulatedPairs(
        formulations=(parse_recipe(recipe),),
        temperature_k=np.array([298.15]),
        log10=np.array([log10]),
        error_log10=np.array([error]),
        method_sd=method,
    )


def predict_with(pairs, shift, asked):
    return updated_with(shift, pairs, 4).predict(asked)


def twins(*recipes, spread=0.05):
    given = SimulatedPairs(
        formulations=tuple(parse_recipe(r) for r in recipes),
        temperature_k=np.full(len(recipes), 298.15),
        log10=np.zeros(len(recipes)),
        error_log10=np.zeros(len(recipes)),
        method_sd=0.0,
    ).twins(4)
    members = np.array([1.0, 1 + spread, 1 - spread, 1.0])[:, None] * np.ones(len(recipes))
    return Twins.of(given.place, given.molality_mol_kg, given.temperature_k, members, 1.0)


def test_a_simulated_ratio_moves_its_own_electrolyte_most():
    correction, sd = predict_with(pairs(0.3), PRIOR, twins(PC, DME))
    assert PRIOR.prior_mean < correction[1] < correction[0] < 0.3
    assert sd[0] < PRIOR.predict(twins(PC, DME))[1][0]


def test_a_ratio_as_expected_moves_nothing():
    correction, _ = predict_with(pairs(PRIOR.prior_mean), PRIOR, twins(PC, DME))
    assert correction == pytest.approx([PRIOR.prior_mean, PRIOR.prior_mean])


def test_a_worthless_simulation_changes_nothing():
    points = PRIOR.updated(twins(DME), np.array([0.2]), np.array([0.05]))
    alone = points.predict(twins(PC, DME))
    found = predict_with(pairs(0.9, error=1e3, method=1e3), points, twins(PC, DME))
    for with_it, without in zip(found, alone, strict=True):
        assert with_it == pytest.approx(without, abs=1e-4)


def test_what_is_wrong_with_all_pairs_does_not_average_out():
    many = SimulatedPairs(
        formulations=(parse_recipe(PC),) * 200,
        temperature_k=np.full(200, 298.15),
        log10=np.full(200, 0.4),
        error_log10=np.full(200, 0.05),
        method_sd=0.2,
    )
    one = predict_with(pairs(0.4, method=0.2), PRIOR, twins(PC))[0][0]
    found = predict_with(many, PRIOR, twins(PC))[0][0]
    assert one < found < 0.4 - 0.02


def test_gain_and_its_error_over_papers():
    groups = np.array([0, 0, 1, 2])
    smaller, error = gain(np.array([0.3, 0.3, 0.2, 0.1]), np.full(4, 0.1), groups)
    assert smaller == pytest.approx(0.125)
    # Papers left out in turn: 0.05, 0.4 / 3, 0.5 / 3.
    held = np.array([0.05, 0.4 / 3, 0.5 / 3])
    assert error == pytest.approx(np.sqrt(2 / 3 * ((held - held.mean()) ** 2).sum()))


def test_pairs_of_the_shipped_table_are_sodium_with_errors():
    found = simulated_pairs()
    assert len(found.log10) >= 1
    assert (found.error_log10 > 0).all()
    assert found.method_sd >= 0.1
    assert {f.salts[0].salt.cation.name for f in found.formulations} == {"Na"}


def test_suite_states_the_gain_from_simulations_and_its_error(sample):
    from electrolyte_ml.benchmarks import run_suite

    tasks = run_suite("sodium", quick=True, seed=1)["tasks"]
    gains = [t["metrics"] for t in tasks if "gain_log10" in t["metrics"]]
    assert len(gains) == 2
    for metrics in gains:
        assert metrics["gain_error_log10"] > 0
