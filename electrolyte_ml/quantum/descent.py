"""Descent to a minimum where a gradient is dear: rational steps within a trust radius.

Banerjee, Adams, Simons and Shepard 1985 (10.1021/j100247a015): the step is the lowest eigenvector
of the curvature bordered by the gradient, so that it leads downhill from a saddle, too. The
curvature starts from that of a cheap method and is corrected by every step (BFGS; where the surface
curves down, the mixed formula of Bofill 1994, 10.1002/jcc.540150102).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.quantum.xtb import ConvergenceError

Vector = NDArray[np.float64]
# Energy, hartree, and gradient, hartree/bohr, at positions of shape (3a,), bohr.
EnergyAndGradient = Callable[[Vector], tuple[float, Vector]]

# Longest move of an atom, bohr, at first, at least and at most; and the least curvature that a
# cheap method is believed in, hartree/bohr2: soft and downward modes would take steps too long.
_RADIUS, _SMALLEST, _LARGEST, _SOFTEST = 0.3, 0.02, 0.5, 0.03
# A step that gains less than this, hartree (5 meV), is the last where the gradient is fair.
_GAIN, _FAIR = 2e-4, 3.0


def descend(
    surface: EnergyAndGradient,
    start: Vector,
    curvature: Vector,
    *,
    tolerance: float,
    max_steps: int,
) -> tuple[float, Vector]:
    """The lowest point that a number of steps comes to.

    Parameters
    ----------
    surface
        Energy and gradient at positions.
    start
        Positions to start from, bohr, shape (3a,).
    curvature
        Of a cheap method at the start, hartree/bohr2, shape (3a, 3a).
    tolerance
        Largest component of the gradient that ends it, hartree/bohr.
    max_steps
        Evaluations after the first.

    Returns
    -------
    energy
        Hartree.
    positions
        Bohr, shape (3a,).

    Raises
    ------
    ConvergenceError
        If there is no energy at the start; without one further on, the descent ends.
    """
    values, modes = np.linalg.eigh(curvature)
    curved = (modes * np.maximum(values, _SOFTEST)) @ modes.T
    position, radius = start.copy(), _RADIUS
    energy, gradient = surface(position)
    for _ in range(max_steps):
        step, length = _rational_step(curved, gradient, radius)
        expected = gradient @ step + 0.5 * step @ curved @ step
        try:
            new_energy, new_gradient = surface(position + step)
        except ConvergenceError:
            break
        curved = _corrected(curved, step, new_gradient - gradient)
        ratio = (new_energy - energy) / expected
        if ratio < 0.25:
            radius = max(_SMALLEST, min(radius, length) / 2)
        elif ratio > 0.75:
            radius = min(_LARGEST, 1.5 * radius)
        gain = -expected
        if new_energy < energy:
            gain = energy - new_energy
            position, energy, gradient = position + step, new_energy, new_gradient
        largest = float(np.abs(gradient).max())
        if largest < tolerance or (gain < _GAIN and largest < _FAIR * tolerance):
            break
    return energy, position


def _rational_step(curved: Vector, gradient: Vector, radius: float) -> tuple[Vector, float]:
    """Step, and how far it moves the atom that it moves farthest, bohr."""
    bordered = np.block([[curved, gradient[:, None]], [gradient[None, :], np.zeros((1, 1))]])
    lowest = np.linalg.eigh(bordered)[1][:, 0]
    step = lowest[:-1] / lowest[-1]
    length = float(np.linalg.norm(step.reshape(-1, 3), axis=1).max())
    if length > radius:
        return step * (radius / length), radius
    return step, length


def _corrected(curved: Vector, step: Vector, change: Vector) -> Vector:
    """Curvature that explains the change of the gradient along a step."""
    along = curved @ step
    if step @ change > 0:
        return (
            curved
            + np.outer(change, change) / (step @ change)
            - np.outer(along, along) / (step @ along)
        )
    error = change - along
    both, size = error @ step, step @ step
    share = both**2 / ((error @ error) * size)
    symmetric = (np.outer(error, step) + np.outer(step, error)) / size
    return (
        curved
        + share * np.outer(error, error) / both
        + (1 - share) * (symmetric - both * np.outer(step, step) / size**2)
    )
