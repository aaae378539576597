r"""From lithium to sodium: what the training data cannot tell, as a prior that data update.

CALiSol-23 holds lithium alone, so nothing about the cation can be learnt there. A sodium
electrolyte is predicted as its lithium twin times :math:`10^\delta`. Na+ is larger and less
solvated than Li+, moves more freely, and the more so the more concentrated the solution is; but it
binds open-chain carbonates weakly and pairs there with the anion. :math:`\delta` is a Gaussian
process,

.. math::

   \operatorname{E} \delta &= \mu, \qquad
   \operatorname{cov}(\delta, \delta') = \sigma_0^2 + \sigma_g^2\, g g'
     + \sigma_c^2\, x_c x_c' + S\,(\sigma_s^2 + \sigma_n^2\, N), \qquad
   g = 1.5 \tanh\left[\frac{m - 0.81}{1.5} \left(\frac{148\,\mathrm K}{D}\right)^2\right],

with :math:`g` what it does to the law of conductivity that salt, of molality :math:`m` in mol/kg,
raises the glass temperature by another amount (see
`electrolyte_ml.models.conductivity_law.glass_sensitivity`), held where little was measured;
:math:`x_c` the mole fraction of open-chain carbonates among the solvents, the likeness :math:`S`
of two electrolytes, and the nearness :math:`N = \exp(-(m - m')^2 / 2 w^2)` of their molalities:
what is measured of one electrolyte says much about those like it and little about others.
:math:`\mu` is the 10 to 20 % by which NaClO4 conducts better than LiClO4 in PC and GBL at 0.5 to 2
mol/L [1]_.

A sodium point says how the twin was wrong as well as what :math:`\delta` is. The error of the twin
has the covariance of the ensemble's members, scaled like the interval and damped by likeness and
nearness (localised, as in an ensemble Kalman filter [2]_), and both are updated together.

References
----------
.. [1] Kuratani et al., J. Power Sources 2013, 223, 175.
   https://doi.org/10.1016/j.jpowsour.2012.09.039
.. [2] Houtekamer, Mitchell, Mon. Weather Rev. 2001, 129, 123.
   https://doi.org/10.1175/1520-0493(2001)129<0123:ASEKFF>2.0.CO;2
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.conductivity.intervals import FLOOR, deviations_of
from electrolyte_ml.models.conductivity.likeness import chain_carbonate_share, likeness
from electrolyte_ml.models.conductivity_law import USUAL_MOLALITY_MOL_KG, glass_sensitivity

PRIOR_MEAN = 0.06
# Standard deviations of the terms of delta, log10: what is common to all electrolytes, how the
# glass nears with molality, the effect of open-chain carbonates, and what electrolytes alike have
# in common, at all molalities and at near ones.
_COMMON_SD, _GLASS_SD, _CHAIN_SD = 0.06, 0.12, 0.15
# What nears the glass saturates where little was measured: 1.8 mol/kg at 25 degC, 1 mol/kg at -70.
_MOST_GLASS = 1.5
_LIKE_SD, _NEAR_SD = 0.10, 0.08
# Distances at which the shift and the twin's error stop being those of another electrolyte.
_SHIFT_WIDTH, _TWIN_WIDTH = 0.3, 1.0
_NEAR_MOL_KG = 0.5
# Spread of one reading, log10: numbers taken from running text and small plots, often without the
# temperature; a value quoted second-hand or as a range is worth less.
READING_SD, SECOND_HAND_SD = 0.05, 0.1
# A cation without measured points: what is known of sodium says little about it.
UNKNOWN_CATION_SD = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Electrolytes of another cation, as the lithium model sees them.

    Attributes
    ----------
    place
        From `electrolyte_ml.models.conductivity.likeness.places`, shape (n, d).
    molality_mol_kg, temperature_k
        Shape (n,).
    deviations
        Compressed deviations of the members of the ensemble from their mean, log10, times the
        factor that makes an interval of their spread into a standard deviation of the error, shape
        (E, n).
    floor
        Standard deviation of the twin's error where all members agree, log10.
    """

    place: NDArray[np.float64]
    molality_mol_kg: NDArray[np.float64]
    temperature_k: NDArray[np.float64]
    deviations: NDArray[np.float64]
    floor: float

    @classmethod
    def of(
        cls,
        place: NDArray[np.float64],
        molality_mol_kg: NDArray[np.float64],
        temperature_k: NDArray[np.float64],
        members: NDArray[np.float64],
        factor: float,
    ) -> Twins:
        """From the members' log10 conductivities, shape (E, n), and a factor."""
        return cls(
            place=place,
            molality_mol_kg=molality_mol_kg,
            temperature_k=temperature_k,
            deviations=factor * deviations_of(members),
            floor=factor * FLOOR,
        )

    @property
    def twin_variance(self) -> NDArray[np.float64]:
        """Variance of the twin's error, shape (n,)."""
        variance: NDArray[np.float64] = (self.deviations**2).mean(axis=0) + self.floor**2
        return variance


@dataclass(frozen=True, slots=True, kw_only=True)
class CationShift:
    """Measured points of sodium, and what they teach about others.

    Attributes
    ----------
    points
        The measured electrolytes, n of them; none for the prior.
    surprise
        Measured log10 conductivity less the twin's and the prior mean, shape (n,).
    noise_sd
        Standard deviation of each reading, log10, shape (n,).
    n_sources
        Papers behind the points.
    """

    points: Twins | None = None
    surprise: NDArray[np.float64] | None = None
    noise_sd: NDArray[np.float64] | None = None
    n_sources: int = 0

    @property
    def n_points(self) -> int:
        """Number of measured points."""
        return 0 if self.surprise is None else len(self.surprise)

    def predict(self, twins: Twins) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Correction of twins to sodium, and the standard deviation of what comes out.

        Parameters
        ----------
        twins
            Lithium twins, n of them.

        Returns
        -------
        correction
            To be added to the twin's log10 conductivity, shape (n,).
        sd
            Standard deviation of the log10 conductivity of the sodium electrolyte, with the twin's
            error, shape (n,).
        """
        correction = np.full(len(twins.molality_mol_kg), PRIOR_MEAN)
        variance = shift_variance(twins) + twins.twin_variance
        if self.points is None or self.surprise is None or self.noise_sd is None:
            return correction, np.sqrt(variance)
        # Cholesky by hand of SciPy would import it; the matrix is small and well conditioned.
        between = covariance(self.points, self.points) + np.diag(self.noise_sd**2)
        weights = np.linalg.inv(between)
        across = covariance(twins, self.points)
        correction = correction + across @ (weights @ self.surprise)
        variance = variance - np.einsum("ij,jk,ik->i", across, weights, across)
        return correction, np.sqrt(np.maximum(variance, READING_SD**2))


def prior() -> CationShift:
    """What is believed before any sodium point."""
    return CationShift()


def update(
    points: Twins,
    log10_over_twin: NDArray[np.float64],
    noise_sd: NDArray[np.float64],
    *,
    n_sources: int = 0,
) -> CationShift:
    """Update the prior with measured points.

    Parameters
    ----------
    points
        Lithium twins of the measured electrolytes, n of them.
    log10_over_twin
        log10 of the measured conductivity over the one predicted for the twin, shape (n,).
    noise_sd
        Standard deviation of each reading, log10, shape (n,).
    n_sources
        Papers behind the points, for the record.
    """
    return CationShift(
        points=points, surprise=log10_over_twin - PRIOR_MEAN, noise_sd=noise_sd, n_sources=n_sources
    )


def _glass(twins: Twins) -> NDArray[np.float64]:
    """Molality less the usual one times the nearness to the glass, saturating."""
    above = twins.molality_mol_kg - USUAL_MOLALITY_MOL_KG
    nearness = above * glass_sensitivity(twins.temperature_k, np)
    return _MOST_GLASS * np.tanh(nearness / _MOST_GLASS)


def shift_variance(twins: Twins) -> NDArray[np.float64]:
    """Variance of delta before any point, shape (n,)."""
    chain, glass = chain_carbonate_share(twins.place), _glass(twins)
    return (
        _COMMON_SD**2
        + _LIKE_SD**2
        + _NEAR_SD**2
        + (_GLASS_SD * glass) ** 2
        + (_CHAIN_SD * chain) ** 2
    )


def covariance(first: Twins, second: Twins) -> NDArray[np.float64]:
    """Covariance of delta and the twin's error together, shape (n, p)."""
    glasses = np.outer(_glass(first), _glass(second))
    chains = np.outer(chain_carbonate_share(first.place), chain_carbonate_share(second.place))
    alike = likeness(first.place, second.place, _SHIFT_WIDTH)
    near = likeness(first.molality_mol_kg[:, None], second.molality_mol_kg[:, None], _NEAR_MOL_KG)
    shift = (
        _COMMON_SD**2
        + _GLASS_SD**2 * glasses
        + _CHAIN_SD**2 * chains
        + alike * (_LIKE_SD**2 + _NEAR_SD**2 * near)
    )
    n_members = len(first.deviations)
    twin = first.deviations.T @ second.deviations / n_members + first.floor * second.floor * alike
    localised = near * likeness(first.place, second.place, _TWIN_WIDTH)
    total: NDArray[np.float64] = shift + twin * localised
    return total
