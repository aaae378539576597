r"""Self-diffusion from mean square displacements, and ionic conductivity.

Self-diffusion from mean square displacements.

.. math:: D = \frac{1}{6} \frac{d}{dt} \langle |r(t) - r(0)|^2 \rangle

The slope is fitted between two lags; the exponent of the displacement in the same window shows
whether motion is diffusive there.

Ionic conductivity: uncorrelated (Nernst-Einstein) and collective (Einstein-Helfand).

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

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.simulate.analyse.estimate import Estimate, from_blocks, refused

# nm^2/ps in 1e-10 m^2/s.
_NM2_PS_IN_1E10_M2_S = 1e4

_BOLTZMANN_J_K = 1.380649e-23

# Dimensionless constant of a cubic periodic lattice (Yeh and Hummer, equation 12).
_XI_CUBIC = 2.837297

_DIFFUSIVE_EXPONENT = (0.9, 1.15)

_LARGEST_RELATIVE_ERROR = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class FitWindow:
    """Lags between which a displacement is fitted, and how a trajectory is cut into blocks.

    Attributes
    ----------
    first_ps, last_ps
        Shortest and longest lag of the fit, ps.
    n_blocks
        Stretches for the error bar.
    """

    first_ps: float = 20.0
    last_ps: float = 100.0
    n_blocks: int = 4

    def slope(self, msd: np.ndarray, interval_ps: float) -> float:
        """Slope of a displacement in the window, by ps."""
        first, last = self._indices(len(msd), interval_ps)
        lags = interval_ps * np.arange(first, last + 1)
        return float(np.polyfit(lags, msd[first : last + 1], 1)[0])

    def exponent(self, msd: np.ndarray, interval_ps: float) -> float:
        """Exponent of a displacement in the window; 1 for diffusion."""
        first, last = self._indices(len(msd), interval_ps)
        lags, values = np.arange(first, last + 1), msd[first : last + 1]
        if (values <= 0).any():
            return math.nan
        return float(np.polyfit(np.log(lags), np.log(values), 1)[0])

    def _indices(self, n_lags: int, interval_ps: float) -> tuple[int, int]:
        first, last = round(self.first_ps / interval_ps), round(self.last_ps / interval_ps)
        if not 0 < first < last < n_lags:
            raise InputError(
                f"a fit between {self.first_ps:g} and {self.last_ps:g} ps needs a longer recording "
                f"than {(n_lags - 1) * interval_ps:g} ps"
            )
        return first, last


def fit_window(length_ps: float) -> FitWindow:
    """The window that a recording supports: lags of 2 to 10 % of it, and at most 20 to 100 ps.

    Beyond a tenth of the recording too few independent stretches are left to average over.
    """
    longest = min(100.0, length_ps / 10)
    return FitWindow(first_ps=longest / 5, last_ps=longest)


def mean_square_displacement(positions_nm: np.ndarray) -> np.ndarray:
    """Mean square displacement over all time origins and particles.

    Uses the Fourier form of the sum over time origins [1]_.

    Parameters
    ----------
    positions_nm
        Unwrapped positions, shape (n_samples, n_particles, 3), nm.

    Returns
    -------
    numpy.ndarray of shape (n_samples,)
        Displacement by lag, nm^2.

    References
    ----------
    .. [1] Calandrini, Pellegrini, Calligari, Hinsen, Kneller, Collection SFN 2011, 12, 201.
       https://doi.org/10.1051/sfn/201112010
    """
    n = len(positions_nm)
    centred = positions_nm - positions_nm.mean(axis=0)
    squares = (centred**2).sum(axis=2).mean(axis=1)
    spectrum = np.fft.rfft(centred, n=2 * n, axis=0)
    products = np.fft.irfft(np.abs(spectrum) ** 2, axis=0)[:n].sum(axis=2).mean(axis=1)
    counts = n - np.arange(n)
    forward = np.concatenate([[0.0], np.cumsum(squares)])
    ends = forward[n] - forward[np.arange(n)]
    starts = forward[n - np.arange(n)]
    msd: np.ndarray = (ends + starts - 2 * products) / counts
    msd[0] = 0.0
    return msd


def without_drift(centres_nm: np.ndarray, masses_da: np.ndarray) -> np.ndarray:
    """Positions in the frame of the box's centre of mass, shape as given."""
    drift = np.einsum("tmd,m->td", centres_nm, masses_da / masses_da.sum())
    moved: np.ndarray = centres_nm - drift[:, None, :]
    return moved


def diffusion_1e10_m2_s(
    positions_nm: np.ndarray, interval_ps: float, window: FitWindow
) -> Estimate:
    """Self-diffusion coefficient of like particles, for the box as it is.

    Parameters
    ----------
    positions_nm
        Unwrapped positions without drift, shape (n_samples, n_particles, 3), nm.
    interval_ps
        Time between samples, ps.
    window
        Where to fit.

    Returns
    -------
    Estimate
        Diffusion coefficient, 1e-10 m^2/s, without finite-size correction.
    """
    msd = mean_square_displacement(positions_nm)
    blocks = [
        window.slope(mean_square_displacement(block), interval_ps)
        for block in np.array_split(positions_nm, window.n_blocks)
    ]
    value = window.slope(msd, interval_ps) / 6 * _NM2_PS_IN_1E10_M2_S
    exponent = window.exponent(msd, interval_ps)
    low, high = _DIFFUSIVE_EXPONENT
    reasons = []
    if not low <= exponent <= high:
        reasons.append(
            f"motion is not diffusive between {window.first_ps:g} and {window.last_ps:g} ps: "
            f"exponent {exponent:.2f}"
        )
    return from_blocks(
        value,
        np.array(blocks) / 6 * _NM2_PS_IN_1E10_M2_S,
        largest_relative_error=_LARGEST_RELATIVE_ERROR,
        reasons=reasons,
    )


def yeh_hummer_1e10_m2_s(temperature_k: float, viscosity_mpa_s: float, length_nm: float) -> float:
    r"""Finite-size correction of a self-diffusion coefficient in a cubic periodic box.

    .. math:: \Delta D = \frac{\xi k_B T}{6 \pi \eta L}

    Parameters
    ----------
    temperature_k
        Temperature, K.
    viscosity_mpa_s
        Viscosity of the simulated liquid, mPa s.
    length_nm
        Edge of the box, nm.

    Returns
    -------
    float
        To be added to the coefficient of the box, 1e-10 m^2/s.

    References
    ----------
    .. [1] Yeh, Hummer, J. Phys. Chem. B 2004, 108, 15873. https://doi.org/10.1021/jp0477147
    """
    correction_m2_s = (
        _XI_CUBIC
        * _BOLTZMANN_J_K
        * temperature_k
        / (6 * math.pi * viscosity_mpa_s * 1e-3 * length_nm * 1e-9)
    )
    return correction_m2_s * 1e10


_CHARGE_C = 1.602176634e-19

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
