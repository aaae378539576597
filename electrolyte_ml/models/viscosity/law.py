r"""The law of a liquid's viscosity; a network predicts its parameters from the molecules.

With the viscosity :math:`\eta` in mPa s, mole fractions :math:`x_i` and temperature :math:`T`:

.. math::

   \lg \eta &= \sum_i x_i \lg \eta_i(T) + \sum_{i<j} x_i x_j E_{ij}, \\
   \lg \eta_i &= a_i + b_i \frac{(T_r - T_{0,i})^2}{T_r^2}
       \left[\frac{10^3}{T - T_{0,i}} - \frac{10^3}{T_r - T_{0,i}}\right], \\
   E_{ij} &= g_0 + g_1 d^2 + g_2 \tau + d\,(g_3 + g_4 d^2 + g_5 \tau), \qquad d = x_i - x_j.

The first sum is the ideal mixing of Arrhenius and of Grunberg and Nissan [1]_, the second the
expansion of Redlich and Kister [2]_. A pure liquid follows Vogel, Fulcher [3]_ and Tammann;
:math:`b_i > 0` is its slope against :math:`10^3/T` at the reference :math:`T_r`, so that the
viscosity falls as the temperature rises. The excess was measured at 293 to 323 K only, hence its
:math:`\tau = 3 t_s \tanh(t / t_s)` with :math:`t = 10^3/T - 10^3/T_r` levels off outside.

References
----------
.. [1] Grunberg, Nissan, Nature 1949, 164, 799. https://doi.org/10.1038/164799b0
.. [2] Redlich, Kister, Ind. Eng. Chem. 1948, 40, 345. https://doi.org/10.1021/ie50458a036
.. [3] Fulcher, J. Am. Ceram. Soc. 1925, 8, 339.
   https://doi.org/10.1111/j.1151-2916.1925.tb16731.x
"""

from __future__ import annotations

from typing import Any

from electrolyte_ml.models.numeric import softplus

#: Parameters of a pure liquid (a, b, T0) and of a pair.
N_PURE = 3
N_PAIR = 6
#: The middle of the temperatures measured with mixtures, K.
REFERENCE_K = 305.65
LEAST_SLOPE = 0.1
#: Repeated measurements of one liquid differ by this, log10.
REPEATABILITY = 0.006
_USUAL_SLOPE = 0.45
_LOWEST_T0_K, _T0_RANGE_K = 60.0, 120.0
_LEAST_DISTANCE_K = 15.0
_EXCESS_SCALE = 3.0
_SATURATION = 0.3


def inverse_temperature(temperature_k: Any) -> Any:
    """1000/T less its value at the reference temperature, 1/K."""
    return 1000.0 / temperature_k - 1000.0 / REFERENCE_K


def pure_parameters(raw: Any, xp: Any) -> tuple[Any, Any, Any]:
    """Level a, slope b and Vogel temperature T0 from raw outputs of shape (..., 3)."""
    # softplus(0.54) is 1: raw outputs near zero give a usual liquid.
    slope = LEAST_SLOPE + (_USUAL_SLOPE - LEAST_SLOPE) * softplus(raw[..., 1] + 0.54, xp)
    vogel_k = _LOWEST_T0_K + _T0_RANGE_K / (1.0 + xp.exp(-xp.clip(raw[..., 2], -9.0, 9.0)))
    return raw[..., 0], slope, vogel_k


def pure_log10(a: Any, b: Any, vogel_k: Any, temperature_k: Any, xp: Any) -> Any:
    """Decadic logarithm of a pure liquid's viscosity in mPa s.

    Parameters
    ----------
    a, b, vogel_k
        From `pure_parameters`, shape (..., n).
    temperature_k
        K, shape (n,).
    xp
        ``numpy`` or ``torch``: the module that all arrays belong to.

    Returns
    -------
    array, shape (..., n)
    """
    above = xp.clip(temperature_k - vogel_k, _LEAST_DISTANCE_K, None)
    reference = REFERENCE_K - vogel_k
    return a + b * (reference / REFERENCE_K) ** 2 * (1000.0 / above - 1000.0 / reference)


def excess_basis(first: Any, second: Any, temperature_k: Any, xp: Any) -> tuple[Any, ...]:
    """The six functions whose sum, weighted by a pair's coefficients, is its excess.

    Parameters
    ----------
    first, second
        Mole fractions of the pair's molecules, shape (n,).
    temperature_k
        K, shape (n,).
    xp
        ``numpy`` or ``torch``.

    Returns
    -------
    tuple of 6 arrays, shape (n,)
        The first three do not change when the molecules are swapped, the others change sign.
    """
    product, d = first * second, first - second
    t = inverse_temperature(temperature_k)
    tau = _EXCESS_SCALE * _SATURATION * xp.tanh(t / _SATURATION)
    even = (product, product * d * d, product * tau)
    return (*even, *(term * d for term in even))
