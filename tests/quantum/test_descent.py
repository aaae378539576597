import numpy as np
import pytest

from electrolyte_ml.quantum.dft_structures import descend
from electrolyte_ml.quantum.xtb import ConvergenceError

START = np.array([0.9, -0.6, 0.4])


def valley(x):
    """A curved valley with its lowest point at zero."""
    bent = x[1] - x[0] ** 2
    energy = 0.2 * x[0] ** 2 + 2.0 * bent**2 + 0.5 * x[2] ** 2
    gradient = np.array([0.4 * x[0] - 8.0 * x[0] * bent, 4.0 * bent, x[2]])
    return energy, gradient


def saddle(x):
    """Downhill along the first coordinate, either way, to energies of -0.25."""
    energy = x[0] ** 4 - x[0] ** 2 + x[1] ** 2 + x[2] ** 2
    return energy, np.array([4 * x[0] ** 3 - 2 * x[0], 2 * x[1], 2 * x[2]])


def test_descent_ends_in_the_valley():
    energy, position = descend(valley, START, np.eye(3), tolerance=1e-4, max_steps=60)
    assert energy < 1e-6
    assert np.abs(position).max() < 1e-2


def test_a_saddle_is_left_downhill():
    start = np.array([0.05, 0.3, -0.2])
    energy, _ = descend(saddle, start, np.diag([2.0, 2, 2]), tolerance=1e-4, max_steps=60)
    assert energy == pytest.approx(-0.25, abs=1e-3)


def test_the_energy_never_rises_and_steps_are_counted():
    calls = []

    def counted(x):
        calls.append(x)
        return valley(x)

    energy, position = descend(counted, START, 0.1 * np.eye(3), tolerance=1e-9, max_steps=4)
    assert len(calls) == 5
    assert energy <= valley(START)[0]
    assert valley(position)[0] == energy


def test_no_atom_moves_far_at_once():
    seen = []

    def watched(x):
        seen.append(x)
        return valley(x)

    descend(watched, START * 5, np.eye(3) * 1e-6, tolerance=1e-6, max_steps=1)
    assert np.linalg.norm(seen[1] - seen[0]) <= 0.3 + 1e-9


def test_an_iteration_that_fails_on_the_way_ends_the_descent_where_it_is():
    calls = []

    def failing(x):
        calls.append(x)
        if len(calls) > 3:
            raise ConvergenceError("no energy")
        return valley(x)

    energy, position = descend(failing, START, np.eye(3), tolerance=1e-9, max_steps=20)
    assert len(calls) == 4
    assert energy == valley(position)[0] < valley(START)[0]


def test_no_energy_at_the_start_is_an_error():
    def nothing(x):
        raise ConvergenceError("no energy")

    with pytest.raises(ConvergenceError):
        descend(nothing, START, np.eye(3), tolerance=1e-3, max_steps=5)
