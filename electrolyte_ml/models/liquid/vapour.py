r"""Boiling and flash points of mixtures, from the vapour pressures of their solvents.

With the enthalpy of vaporisation :math:`H(T) = H_{298} + \Delta c\,(T - 298.15)`, Clausius and
Clapeyron give the vapour pressure relative to that at any reference temperature :math:`T_r`

.. math:: \ln\frac{P(T)}{P(T_r)} = -\frac{H_{298} - 298.15\,\Delta c}{R}
   \left(\frac{1}{T} - \frac{1}{T_r}\right) + \frac{\Delta c}{R} \ln\frac{T}{T_r}.

From the boiling point this meets the vapour pressure at 25 °C of 62 catalog solvents with a median
error of 5 % (against correlations of the package thermo 0.6.1). A recipe boils where
:math:`\sum_i x_i \gamma_i P_i = 1` atm (Raoult; ions counted as particles), and has its flash point
where :math:`\sum_i x_i \gamma_i P_i(T) / P_i(T_{f,i}) = 1` over the solvents that burn: Le
Chatelier's rule for the lower flammability limit in Liaw's form [1]_. Activity coefficients are
those of `electrolyte_ml.models.liquid.constants`; no activity is above 1.

References
----------
.. [1] Liaw, Lee, Tang, Hsu, Liu, J. Loss Prev. Process Ind. 2002, 15, 429.
   https://doi.org/10.1016/S0950-4230(02)00068-2
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.liquid.constants import (
    VAPORISATION_HEAT_CAPACITY_J_MOL_K,
    Solution,
)
from electrolyte_ml.units import GAS_CONSTANT_J_MOL_K, ROOM_TEMPERATURE_K

_HALVINGS = 24  # of some 500 K: below 1 mK
# Below the coldest reference temperature by the first factor no vapour counts; above the hottest by
# the second, 5 % of a liquid still make up the whole.
_SEARCH_FACTORS = (0.5, 1.8)
# Relative errors, 90 %: of a pure vapour pressure near boiling; of Raoult's law in a mixture of
# equal parts, and by mole fraction of ions.
_PURE_ERROR = 0.06
_MIXING_ERROR = 0.4
_ION_ERROR = 1.0
# Flash points, 90 %: between cups and laboratories; by the rule from the boiling point; the
# neglect of activity coefficients in a mixture of equal parts.
_FLASH_ERROR_K = 6.0
_FLASH_RULE_ERROR_K = 22.0
_FLASH_MIXING_ERROR_K = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A temperature where a sum over vapours reaches 1, for u recipes.

    Attributes
    ----------
    value, half_width
        Temperature and half width of its interval, K, shape (u,); NaN where there is none.
    share
        Share of each solvent in the sum there, shape (u, s).
    """

    value: NDArray[np.float64]
    half_width: NDArray[np.float64]
    share: NDArray[np.float64]


def boiling(solution: Solution) -> Threshold:
    """Bubble points at 1 atm of recipes; solvents of unknown boiling point count as not volatile.

    Parameters
    ----------
    solution
        u recipes.
    """
    x = solution.mole_fraction()
    value, share, slope = _solve(x, solution.constants.boiling_k, solution)
    ions = 1 - x.sum(axis=1)
    error = _PURE_ERROR + _MIXING_ERROR * _evenness(solution.among_solvents) + _ION_ERROR * ions
    return Threshold(value=value, half_width=error / slope, share=share)


def flash(solution: Solution) -> Threshold:
    """Flash points of recipes; what does not burn, and ions, dilute the vapour.

    Parameters
    ----------
    solution
        u recipes.
    """
    c = solution.constants
    value, share, _ = _solve(solution.mole_fraction(), c.flash_k, solution)
    by_rule = share @ c.flash_is_estimated.astype(np.float64)
    half_width = np.sqrt(
        _FLASH_ERROR_K**2
        + (_FLASH_RULE_ERROR_K * by_rule) ** 2
        + (_FLASH_MIXING_ERROR_K * _evenness(solution.among_solvents)) ** 2
    )
    return Threshold(
        value=value, half_width=np.where(np.isnan(value), np.nan, half_width), share=share
    )


def log_pressure_ratio(
    temperature_k: NDArray[np.float64],
    reference_k: NDArray[np.float64],
    vaporisation_j_mol: NDArray[np.float64],
) -> NDArray[np.float64]:
    """``ln P(T)/P(T_r)`` of pure liquids; the arguments broadcast.

    Parameters
    ----------
    temperature_k, reference_k
        Temperatures, K.
    vaporisation_j_mol
        Enthalpy of vaporisation at 298.15 K, J/mol.
    """
    change = VAPORISATION_HEAT_CAPACITY_J_MOL_K
    at_zero = vaporisation_j_mol - change * ROOM_TEMPERATURE_K
    return (
        -at_zero * (1 / temperature_k - 1 / reference_k)
        + change * (np.log(temperature_k) - np.log(reference_k))
    ) / GAS_CONSTANT_J_MOL_K


def _solve(
    mole_fraction: NDArray[np.float64], reference_k: NDArray[np.float64], solution: Solution
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Where ``sum x P(T)/P(T_r) = 1``; shares there, and the slope of the sum's logarithm, 1/K."""
    heat = solution.constants.vaporisation_j_mol
    known = ~np.isnan(reference_k) & ~np.isnan(heat)
    x, reference, heat = mole_fraction[:, known], reference_k[known], heat[known]
    mixing = solution.mixing_j_mol()[:, known] / GAS_CONSTANT_J_MOL_K
    present = x > 0

    def terms(temperature: NDArray[np.float64]) -> NDArray[np.float64]:
        t = temperature[:, None]
        activity = np.minimum(x * np.exp(mixing / t), 1.0)
        return activity * np.exp(log_pressure_ratio(t, reference, heat))

    low = _SEARCH_FACTORS[0] * np.where(present, reference, np.inf).min(axis=1, initial=np.inf)
    high = _SEARCH_FACTORS[1] * np.where(present, reference, -np.inf).max(axis=1, initial=-np.inf)
    found = np.isfinite(low)
    low, high = np.where(found, low, 300.0), np.where(found, high, 300.0)
    found &= terms(high).sum(axis=1) >= 1
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = terms(middle).sum(axis=1) > 1
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    value = np.where(found, (low + high) / 2, np.nan)
    share = np.zeros(mole_fraction.shape)
    share[:, known] = _normalised(terms((low + high) / 2))
    enthalpy = heat + VAPORISATION_HEAT_CAPACITY_J_MOL_K * (value[:, None] - ROOM_TEMPERATURE_K)
    slope = (share[:, known] * enthalpy).sum(axis=1) / (GAS_CONSTANT_J_MOL_K * value**2)
    return value, share, slope


def _normalised(terms: NDArray[np.float64]) -> NDArray[np.float64]:
    total = terms.sum(axis=1, keepdims=True)
    return np.divide(terms, total, out=np.zeros_like(terms), where=total > 0)


def _evenness(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 for a pure solvent, 0.5 for two in equal parts, towards 1 for many."""
    return 1 - (x**2).sum(axis=1)
