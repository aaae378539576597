r"""The law of conductivity whose seven parameters a model predicts for a composition.

With the conductivity :math:`\kappa` in mS/cm, molality :math:`m` in mol/kg, temperature :math:`T`
in K and :math:`s = \sqrt m - 0.9`:

.. math::

   \ln \kappa = \ln m + \operatorname{smax}\left(a_0 + a_1 s - a_2 h(s) - a_3 h(\max(s, 0))
       - B \left[\frac{1}{D} - \frac{1}{148.15\,\mathrm K}\right],\ -11\right),
   \qquad h(s) = 0.2 s^2 + 1.6 (\sqrt{1 + s^2} - 1), \quad D = w \ln\left(1 + e^{(T - T_0)/w}\right)

.. math::

   T_0(m) = \operatorname{smin}\left(t_0 + t_1 \frac{m}{\sqrt{1 + (m / 5\,\mathrm{mol/kg})^2}},\
       260\,\mathrm K\right)

The conductivity is proportional to the amount of salt at infinite dilution, and the molar
conductivity falls with :math:`\sqrt m` as Kohlrausch found. As :math:`a_2, a_3 > 0`, the logarithm
is concave in :math:`\sqrt m` at the reference temperature, so that the curve has one maximum and a
fall beyond it, also in extrapolation. With temperature it follows Vogel, Fulcher [1]_ and Tammann.
The temperature :math:`T_0` of vanishing mobility rises with molality, as was measured for LiPF6 in
carbonates [2]_: concentrated solutions conduct poorly at 25 degC mostly because their glass
transition is nearer. Both effects level off beyond the concentrations of almost all data (99 % are
below 2.7 mol/kg): :math:`h` is :math:`s^2` near the maximum and little more than a
straight line in :math:`\sqrt m` for long beyond it, and :math:`T_0` rises in proportion to molality
up to some 3 mol/kg and never by more than 5 :math:`t_1`: by then all solvent is bound to ions.
:math:`B, t_1 > 0`, so that :math:`\kappa` rises with temperature. The distance :math:`D` equals
:math:`T - T_0` well above :math:`T_0` and stays positive below (:math:`w` of 25 K), and the smooth
minimum and maximum, :math:`\operatorname{smin}(x, y) = y - v \ln(1 + e^{(y - x)/v})`, bound the
extrapolation to compositions unlike all measured ones.

The models learn :math:`a_0` and :math:`a_1` of each kind of electrolyte. Their trend with the
logarithms of viscosity and permittivity of the solvents is built into all models: the mobility of
ions goes with the fluidity of the solvent (Walden's rule [3]_), and in solvents of low polarity
ions pair at infinite dilution and conduct better at higher concentration. The prediction for a new
kind of solvent is therefore not the average of all others.

References
----------
.. [1] Fulcher, J. Am. Ceram. Soc. 1925, 8, 339.
   https://doi.org/10.1111/j.1151-2916.1925.tb16731.x
.. [2] Ding et al., J. Electrochem. Soc. 2001, 148, A1196. https://doi.org/10.1149/1.1403730
.. [3] Walden, Z. Phys. Chem. 1906, 55, 207.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.numeric import sigmoid, softplus

#: Number of parameters of the law.
N_PARAMETERS = 7
#: Constants of the solvents that the law has a trend with.
TRENDING = ("ln_viscosity", "ln_permittivity")
#: The first of the parameters, which have the trend.
N_TRENDS = 2
#: Their slopes (columns) with each constant (rows), beside all else that a network learns of the
#: solvents. Read off processes (`electrolyte_ml.models.conductivity.law_gp`) that were fitted to
#: all of CALiSol-23, mixtures with CFC-11 too, and gave a_1 no trend with viscosity.
TREND_SLOPES: NDArray[np.float64] = np.array([[-0.145, 0.0], [0.177, -0.22]])
_HIGHEST_T0_K = 260.0
_CAP_WIDTH_K = 10.0
_GLASS_WIDTH_K = 25.0
_SATURATION_MOL_KG = 5.0
# Near the maximum of most electrolytes.
_USUAL_ROOT_MOLALITY = 0.9
#: The molality that belongs to it, mol/kg.
USUAL_MOLALITY_MOL_KG = _USUAL_ROOT_MOLALITY**2
# Vogel temperature of a usual liquid, and 25 degC less it, so that a_0 is about ln(kappa/m) there.
_USUAL_T0_K = 150.0
_REFERENCE_K = 298.15 - _USUAL_T0_K
# Molar conductivities two decades below the lowest measured.
_LOWEST_LN = -11.0


def ln_conductivity(parameters: Any, molality: Any, temperature_k: Any, xp: Any) -> Any:
    """Natural logarithm of the conductivity in mS/cm.

    Parameters
    ----------
    parameters
        Raw outputs of the model, shape (..., n, 7), of order one.
    molality
        Moles of salt by kilogram of solvents, shape (n,), positive.
    temperature_k
        Temperature, K, shape (n,).
    xp
        ``numpy`` or ``torch``: the module that all arrays belong to.

    Returns
    -------
    array, shape (..., n)
    """
    p = [parameters[..., i] for i in range(N_PARAMETERS)]
    s = xp.sqrt(molality) - _USUAL_ROOT_MOLALITY
    isothermal = (
        3.0
        + 2.0 * p[0]
        + p[1] * s
        - 0.4 * softplus(p[2], xp) * _bent(s, xp)
        - 0.1 * softplus(p[3] - 2.0, xp) * _bent(xp.clip(s, 0.0, None), xp)
    )
    activation_k = 250.0 + 450.0 * softplus(p[4] + 0.8, xp)
    crowding = molality / xp.sqrt(1.0 + (molality / _SATURATION_MOL_KG) ** 2)
    t0 = 110.0 + 70.0 * sigmoid(p[5], xp) + 24.0 * softplus(p[6], xp) * crowding
    capped = _HIGHEST_T0_K - _CAP_WIDTH_K * softplus((_HIGHEST_T0_K - t0) / _CAP_WIDTH_K, xp)
    distance = _GLASS_WIDTH_K * softplus((temperature_k - capped) / _GLASS_WIDTH_K, xp)
    molar = isothermal - activation_k * (1.0 / distance - 1.0 / _REFERENCE_K)
    return xp.log(molality) + _LOWEST_LN + softplus(molar - _LOWEST_LN, xp)


def glass_sensitivity(temperature_k: Any, xp: Any) -> Any:
    r"""How much more a change of :math:`T_0` does to :math:`\ln \kappa` than at 25 degC.

    :math:`(148.15\,\mathrm K / D)^2` of a liquid with :math:`T_0` of 150 K, since
    :math:`\partial \ln \kappa / \partial T_0 \approx -B / D^2`.

    Parameters
    ----------
    temperature_k
        Temperature, K, shape (n,).
    xp
        ``numpy`` or ``torch``.

    Returns
    -------
    array, shape (n,)
    """
    distance = _GLASS_WIDTH_K * softplus((temperature_k - _USUAL_T0_K) / _GLASS_WIDTH_K, xp)
    return (_REFERENCE_K / distance) ** 2


def _bent(s: Any, xp: Any) -> Any:
    # The square near zero; far away a fifth of it, which wins in the end, and a straight line.
    return 0.2 * s**2 + 1.6 * (xp.sqrt(1.0 + s**2) - 1.0)
