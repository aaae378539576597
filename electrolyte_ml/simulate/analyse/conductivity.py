r"""Ionic conductivity: uncorrelated (Nernst-Einstein) and collective (Einstein-Helfand).

.. math::
   \sigma_{NE} = \frac{e^2}{V k_B T} \sum_i z_i^2 D_i, \qquad
   \sigma_{EH} = \frac{1}{6 V k_B T} \frac{d}{dt} \langle |M(t) - M(0)|^2 \rangle, \quad
   M = e \sum_i z_i r_i

Formal charges are used, not the scaled ones: an ion carries its whole charge through a circuit, the
scaling stands for the response of the medium [1]_.

References
----------
.. [1] Blazquez, Abascal, Lagerweij, Habibi, Dey, Vlugt, Moultos, Vega, J. Chem. Theory Comput.
   2023, 19, 5380. https://doi.org/10.1021/acs.jctc.3c00562
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from electrolyte_ml.simulate.analyse.diffusion import FitWindow, mean_square_displacement
from electrolyte_ml.simulate.analyse.estimate import Estimate, from_blocks, refused

_BOLTZMANN_J_K = 1.380649e-23
_CHARGE_C = 1.602176634e-19
_LARGEST_RELATIVE_ERROR = 0.25
# S/m in mS/cm.
_S_M_IN_MS_CM = 10.0
# Lags short enough for many independent stretches in a short recording and long enough that, at
# 373 K, ions have left their first cage. Not diffusive yet, so for ratios only.
SHORT_LAGS = FitWindow(first_ps=5.0, last_ps=20.0)
FOR_RATIOS_ONLY = (
    f"lags of {SHORT_LAGS.first_ps:g} to {SHORT_LAGS.last_ps:g} ps serve ratios over many pairs, "
    "they are too short for a conductivity"
)
_FEWEST_STRETCHES = 3


def nernst_einstein_ms_cm(
    ions: Sequence[tuple[int, float, Estimate]], length_nm: float, temperature_k: float
) -> Estimate:
    """Conductivity of ions that move independently.

    Parameters
    ----------
    ions
        For each kind: how many, formal charge (e), and diffusion coefficient (1e-10 m^2/s).
    length_nm
        Edge of the cube, nm.
    temperature_k
        Temperature, K.

    Returns
    -------
    Estimate
        Conductivity, mS/cm; quotable if every diffusion coefficient is.
    """
    factor = _prefactor_ms_cm(length_nm, temperature_k) * 1e-10
    value = factor * sum(n * z**2 * d.value for n, z, d in ions)
    variance = sum((n * z**2 * d.error) ** 2 for n, z, d in ions)
    reasons = tuple(dict.fromkeys(reason for _, _, d in ions for reason in d.reasons))
    return Estimate(value=value, error=factor * variance**0.5, reasons=reasons)


def short_lag_nernst_einstein_ms_cm(
    kinds: Sequence[tuple[float, np.ndarray]],
    *,
    length_nm: float,
    temperature_k: float,
    interval_ps: float,
) -> Estimate:
    """Conductivity of independent ions from short lags, with an error from their scatter.

    A recording of 150 ps is too short for blocks. Every ion is a tracer of its own, so the scatter
    over ions of a kind gives the error of their mean; that ions of a pair move together is left
    out.

    Parameters
    ----------
    kinds
        For each kind of ion: formal charge (e), and unwrapped positions without drift, shape
        (n_samples, n_ions, 3), nm.
    length_nm
        Edge of the cube, nm.
    temperature_k
        Temperature, K.
    interval_ps
        Time between samples, ps.

    Returns
    -------
    Estimate
        Conductivity, mS/cm; never quotable, see `FOR_RATIOS_ONLY`.
    """
    length_ps = interval_ps * min(len(positions) for _, positions in kinds)
    if length_ps < _FEWEST_STRETCHES * SHORT_LAGS.last_ps:
        return refused(f"{length_ps:g} ps are too short for lags of {SHORT_LAGS.last_ps:g} ps")
    factor = _prefactor_ms_cm(length_nm, temperature_k) / 6 * 1e-6
    value, variance = 0.0, 0.0
    for charge, positions in kinds:
        slopes = np.array(
            [
                SHORT_LAGS.slope(mean_square_displacement(positions[:, [ion]]), interval_ps)
                for ion in range(positions.shape[1])
            ]
        )
        value += charge**2 * float(slopes.sum())
        # One ion has no scatter: the error is unknown then, not zero.
        spread = float(slopes.var(ddof=1)) if len(slopes) > 1 else np.nan
        variance += charge**4 * len(slopes) * spread
    error = factor * float(np.sqrt(variance))
    return Estimate(value=factor * value, error=error, reasons=(FOR_RATIOS_ONLY,))


def einstein_helfand_ms_cm(
    positions_nm: np.ndarray,
    charges_e: np.ndarray,
    *,
    length_nm: float,
    temperature_k: float,
    interval_ps: float,
    window: FitWindow,
) -> Estimate:
    """Conductivity with all correlations between ions.

    Parameters
    ----------
    positions_nm
        Unwrapped positions, shape (n_samples, n_particles, 3), nm.
    charges_e
        Formal charges, shape (n_particles,), e.
    length_nm
        Edge of the cube, nm.
    temperature_k
        Temperature, K.
    interval_ps
        Time between samples, ps.
    window
        Where to fit.

    Returns
    -------
    Estimate
        Conductivity, mS/cm.
    """
    dipole = np.einsum("tmd,m->td", positions_nm, charges_e)[:, None, :]
    # nm^2/ps in m^2/s is 1e-6.
    factor = _prefactor_ms_cm(length_nm, temperature_k) / 6 * 1e-6
    value = factor * window.slope(mean_square_displacement(dipole), interval_ps)
    blocks = [
        factor * window.slope(mean_square_displacement(block), interval_ps)
        for block in np.array_split(dipole, window.n_blocks)
    ]
    return from_blocks(value, blocks, largest_relative_error=_LARGEST_RELATIVE_ERROR)


def _prefactor_ms_cm(length_nm: float, temperature_k: float) -> float:
    """e^2/(V kT) in mS/cm by m^2/s."""
    volume_m3 = (length_nm * 1e-9) ** 3
    return _CHARGE_C**2 / (volume_m3 * _BOLTZMANN_J_K * temperature_k) * _S_M_IN_MS_CM
