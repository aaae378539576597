r"""The physical law of ionic conductivity that the members of the ensemble give parameters for.

.. math::

   \ln \frac{\kappa}{\mathrm{mS\,cm^{-1}}} = \ln c + A
     - B \left(\frac{1}{D} - \frac{1}{D_{25}}\right), \qquad
   D = 25\,\mathrm K\; \operatorname{softplus}\frac{T - T_0}{25\,\mathrm K}

with the concentration :math:`c` of positive charge in mol/L
(`electrolyte_ml.features.concentration`), the molar conductivity of a usual liquid at 25 degC in
:math:`A`, and the equation of Vogel [1]_, Fulcher [2]_ and Tammann for the temperature. The
distance :math:`D` to the Vogel temperature :math:`T_0` is bent, so that the law stays finite in a
glass. :math:`A`, :math:`B` and :math:`T_0` are smooth functions of the composition, concentration
included. An electrolyte without ions does not conduct, and between dilute and molten there is no
step, because a molten salt is the end of the same scale of concentration.

References
----------
.. [1] Vogel, Phys. Z. 1921, 22, 645.
.. [2] Fulcher, J. Am. Ceram. Soc. 1925, 8, 339.
   https://doi.org/10.1111/j.1151-2916.1925.tb16731.x
"""

from __future__ import annotations

from typing import Any

from electrolyte_ml.models.numeric import sigmoid, softplus

#: Numbers of a composition that the law needs.
N_PARAMETERS = 3
_HIGHEST_T0_K = 260.0
_CAP_WIDTH_K = 10.0
_GLASS_WIDTH_K = 25.0
# Vogel temperature of a usual liquid, and 25 degC less it, so that A is ln(kappa/c) there.
_USUAL_T0_K = 150.0
_REFERENCE_K = 298.15 - _USUAL_T0_K
# Molar conductivities below the lowest measured.
_LOWEST_LN = -14.0


def ln_conductivity(parameters: Any, ln_charge: Any, temperature_k: Any, xp: Any) -> Any:
    """Natural logarithm of the conductivity in mS/cm.

    Parameters
    ----------
    parameters
        Raw outputs of a member, shape (..., n, 3), of order one.
    ln_charge
        Natural logarithm of the concentration of positive charge in mol/L, shape (n,).
    temperature_k
        Temperature, K, shape (n,).
    xp
        ``numpy`` or ``torch``: the module that all arrays belong to.

    Returns
    -------
    array, shape (..., n)
    """
    level = 3.0 + 2.0 * parameters[..., 0]
    coldness = cold_near_glass(parameters[..., 2], temperature_k, xp)
    molar = level - slope_of(parameters[..., 1], xp) * coldness
    return ln_charge + _LOWEST_LN + softplus(molar - _LOWEST_LN, xp)


def slope_of(raw: Any, xp: Any) -> Any:
    """The slope B of Vogel's equation, K, from a raw output."""
    return 250.0 + 450.0 * softplus(raw + 0.8, xp)


def cold_near_glass(raw: Any, temperature_k: Any, xp: Any) -> Any:
    """1/D - 1/D25 of the law, 1/K: how cold it is, as seen from the glass.

    Parameters
    ----------
    raw
        Raw output that the Vogel temperature follows from, shape (..., n).
    temperature_k
        Temperature, K, shape (n,).
    xp
        ``numpy`` or ``torch``.
    """
    t0 = 110.0 + 140.0 * sigmoid(raw, xp)
    capped = _HIGHEST_T0_K - _CAP_WIDTH_K * softplus((_HIGHEST_T0_K - t0) / _CAP_WIDTH_K, xp)
    distance = _GLASS_WIDTH_K * softplus((temperature_k - capped) / _GLASS_WIDTH_K, xp)
    return 1.0 / distance - 1.0 / _REFERENCE_K
