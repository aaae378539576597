r"""Freezing: the temperature at which the first solvent crystallises out.

A solvent of mole fraction :math:`x_i`, ions counted as particles, is in equilibrium with its own
crystals [1]_ at

.. math:: \ln(x_i \gamma_i) = -\frac{\Delta H_i}{R}\left(\frac{1}{T} - \frac{1}{T_{m,i}}\right)

with the activity coefficients of `electrolyte_ml.models.liquid.constants`, and the mixture freezes
where the first solvent does. No solvent freezes above its own melting point: where the formula says
so, two liquids would form. Crystals of salts, of solvates, and of two solvents together are not
described, nor is supercooling, which is common.

References
----------
.. [1] Prausnitz, Lichtenthaler, de Azevedo, Molecular Thermodynamics of Fluid-Phase Equilibria,
   3rd ed., Prentice Hall 1999, chapter 11.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.liquid.constants import (
    DEVIATION,
    FEWEST_PARTICLES_BY_UNIT,
    MOST_PARTICLES_BY_UNIT,
    PARTICLES_BY_UNIT,
    Solution,
)
from electrolyte_ml.units import GAS_CONSTANT_J_MOL_K

_LEAST_DEVIATION, _MOST_DEVIATION = 0.0, 0.5
_MELTING_POINT_ERROR_K = 1.5
# Error of the regular-solution model, as a share of the freezing point depression.
_DEPRESSION_ERROR = 0.15
# 90 % of known enthalpies of fusion; of those by the rule, from its standard deviation.
_FUSION_ERROR = 0.06
_ESTIMATED_FUSION_ERROR = 0.33


@dataclass(frozen=True, slots=True, kw_only=True)
class Freezing:
    """Freezing of u recipes.

    Attributes
    ----------
    value, low, high
        Temperature and its bounds, K, shape (u,); NaN where no melting point is known.
    first
        Column of the solvent that crystallises first, shape (u,); meaningless where NaN.
    separates
        Whether two liquids may form, by the formula, shape (u,).
    """

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    first: NDArray[np.intp]
    separates: NDArray[np.bool_]


def freezing(solution: Solution) -> Freezing:
    """Freezing points of recipes.

    Parameters
    ----------
    solution
        u recipes.

    Returns
    -------
    Freezing
        The bounds add in squares the effects of uncertain inputs: number of particles, deviation
        from ideal mixing, enthalpy of fusion and melting point.
    """
    each = _liquidus(solution)
    first = np.nan_to_num(each, nan=-np.inf).argmax(axis=1)
    value = _highest(each)
    other = _DEPRESSION_ERROR * (solution.constants.melting_k[first] - value)
    error = np.where(solution.constants.fusion_is_estimated, _ESTIMATED_FUSION_ERROR, _FUSION_ERROR)
    colder = (
        _liquidus(solution, particles=MOST_PARTICLES_BY_UNIT),
        _liquidus(solution, deviation=_LEAST_DEVIATION),
        _liquidus(solution, fusion_factor=1 / (1 + error)),
    )
    warmer = (
        _liquidus(solution, particles=FEWEST_PARTICLES_BY_UNIT),
        _liquidus(solution, deviation=_MOST_DEVIATION),
        _liquidus(solution, fusion_factor=1 + error),
    )
    return Freezing(
        value=value,
        low=value - _combined([*(value - _highest(t) for t in colder), other]),
        high=value + _combined([*(_highest(t) - value for t in warmer), other]),
        first=first,
        separates=np.nan_to_num(_excess(solution), nan=-1.0).max(axis=1) > 0,
    )


def _liquidus(
    solution: Solution,
    *,
    particles: float = PARTICLES_BY_UNIT,
    deviation: float = DEVIATION,
    fusion_factor: NDArray[np.float64] | float = 1.0,
) -> NDArray[np.float64]:
    """Temperature at which each solvent crystallises, K, shape (u, s); NaN if absent or unknown."""
    c = solution.constants
    fusion = c.fusion_j_mol * fusion_factor
    solved = (fusion + solution.mixing_j_mol(deviation)) / (
        fusion / c.melting_k - GAS_CONSTANT_J_MOL_K * _log(solution.mole_fraction(particles))
    )
    return np.minimum(solved, c.melting_k)


def _excess(solution: Solution) -> NDArray[np.float64]:
    """How far the activity of each solvent at its melting point is above 1, shape (u, s)."""
    c = solution.constants
    mixing = solution.mixing_j_mol() / (GAS_CONSTANT_J_MOL_K * c.melting_k)
    return mixing + _log(solution.mole_fraction())


def _log(mole_fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm; NaN where a solvent is absent, which then freezes nowhere."""
    return np.log(np.where(mole_fraction > 0, mole_fraction, np.nan))


def _highest(each: NDArray[np.float64]) -> NDArray[np.float64]:
    highest = np.nan_to_num(each, nan=-np.inf).max(axis=1)
    return np.where(np.isinf(highest), np.nan, highest)


def _combined(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    squares = sum(np.maximum(part, 0.0) ** 2 for part in parts)
    return np.sqrt(squares + _MELTING_POINT_ERROR_K**2)
