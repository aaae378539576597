"""The law of conductivity, whatever its parameters."""

import numpy as np

from electrolyte_ml.models.conductivity.law import N_PARAMETERS, ln_conductivity

ROOM_K = 298.15


def laws(n, seed=0):
    """Parameters of n laws, of the size that networks give."""
    return np.random.default_rng(seed).normal(0, 1.5, (n, N_PARAMETERS))


def ln_of(parameters, molality, temperature_k):
    table = np.broadcast_to(parameters, (len(molality), N_PARAMETERS))
    return ln_conductivity(table, molality, temperature_k, np)


def test_law_is_concave_in_the_root_of_molality_at_the_reference_temperature():
    root = np.linspace(0.05, 3.0, 200)
    for parameters in laws(50):
        # Without the term in which the glass moves, which only adds to the fall, and at
        # conductivities that can be measured, above the smooth floor.
        parameters[[0, 6]] = [3.0, -40.0]
        ln_k = ln_of(parameters, root**2, np.full(len(root), ROOM_K))
        measurable = ln_k > 2 * np.log(root) - 3.0
        slope = (np.diff(ln_k) / np.diff(root))[measurable[1:]]
        assert len(slope) > 50
        assert (np.diff(slope) < 1e-4).all()


def test_effects_of_salt_level_off_far_beyond_the_data():
    """LiFSI in EC conducts 0.76 mS/cm at 10 mol/kg and 30 degC, a thirteenth of its maximum."""
    root = np.array([1.0, 2.0, 3.0, 4.0])
    nothing = -40.0
    bent = np.array([0.0, 0.0, 0.0, nothing, 0.5, 0.0, nothing])
    glass = np.array([0.0, 0.0, nothing, nothing, 0.5, 0.0, 0.0])
    for parameters, most in ((bent, 1.4), (glass, 0.5)):
        molar = ln_of(parameters, root**2, np.full(len(root), ROOM_K)) - 2 * np.log(root)
        falls = -np.diff(molar)
        assert (falls > 0).all()
        # With a parabola it would be 1.6 times as much.
        assert falls[2] < most * falls[1]


def test_law_rises_with_temperature_whatever_its_parameters_and_concentration():
    temperatures = np.arange(170.0, 480.0, 5.0)
    for parameters in laws(50, seed=1):
        for molality in (0.01, 1.0, 10.0):
            ln_k = ln_of(parameters, np.full(len(temperatures), molality), temperatures)
            assert (np.diff(ln_k) >= 0).all()


def test_law_does_not_run_away_where_nothing_was_measured():
    cold, hot = (ln_of(3 * laws(1)[0], np.array([10.0]), np.array([t])) for t in (180.0, 430.0))
    steep = laws(200, seed=2) * 3.0
    lowest = min(ln_of(p, np.array([10.0]), np.array([180.0]))[0] for p in steep)
    assert lowest > np.log(10.0) - 11.01
    assert cold < hot
