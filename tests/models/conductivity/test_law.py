"""The law of conductivity, whatever its parameters."""

import numpy as np
import pytest

from electrolyte_ml.models.conductivity.law import N_PARAMETERS, ln_conductivity

ROOM_K = 298.15


def laws(n, seed=0):
    """Parameters of n laws, of the size that networks give."""
    return np.random.default_rng(seed).normal(0, 1.5, (n, N_PARAMETERS))


def ln_of(parameters, ln_charge, temperature_k):
    table = np.broadcast_to(parameters, (len(temperature_k), N_PARAMETERS))
    return ln_conductivity(table, ln_charge, temperature_k, np)


def test_conductivity_is_in_proportion_to_the_charge_at_equal_parameters():
    at = np.full(2, ROOM_K)
    for parameters in laws(20):
        dilute, twice = ln_of(parameters, np.log([0.01, 0.02]), at)
        assert twice - dilute == pytest.approx(np.log(2.0))


def test_law_rises_with_temperature_whatever_its_parameters():
    temperatures = np.arange(170.0, 480.0, 5.0)
    for parameters in laws(50, seed=1):
        ln_k = ln_of(parameters, np.zeros(len(temperatures)), temperatures)
        assert (np.diff(ln_k) >= 0).all()


def test_slope_with_inverse_temperature_grows_towards_the_glass():
    """Vogel's equation: the apparent activation energy is larger in the cold."""
    inverse = np.linspace(1 / 400.0, 1 / 260.0, 30)
    for parameters in laws(50, seed=2):
        ln_k = ln_of(parameters, np.zeros(30), 1.0 / inverse)
        # Above the smooth floor that keeps the law finite.
        measurable = ln_k > -12.0
        slope = np.diff(ln_k[measurable]) / np.diff(inverse[measurable])
        assert (np.diff(slope) <= 1e-6 * np.abs(slope[:-1])).all()


def test_law_does_not_run_away_where_nothing_was_measured():
    steep = laws(200, seed=3) * 3.0
    cold = [ln_of(p, np.array([np.log(10.0)]), np.array([180.0]))[0] for p in steep]
    assert np.isfinite(cold).all()
    assert min(cold) > np.log(10.0) - 14.01
