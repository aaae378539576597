r"""From lithium to another cation: a prior that measured points update.

Most measurements are of lithium. The conductivity of an electrolyte of another cation is that of
its lithium twin (the same recipe with Li+) times :math:`10^\delta`. Na+ is larger and less solvated
than Li+ and moves more freely, the more so the more concentrated the solution is. It binds
open-chain carbonates weakly and pairs there with the anion. :math:`\delta` of a cation is a
Gaussian process,

.. math::

   \operatorname{E} \delta &= \mu, \qquad
   \operatorname{cov}(\delta, \delta') = \sigma_0^2 + \sigma_g^2\, g g'
     + \sigma_c^2\, x_c x_c' + S\,(\sigma_s^2 + \sigma_n^2\, N), \qquad
   g = 1.5 \tanh\left[\frac{m - 0.81}{1.5} \left(\frac{148\,\mathrm K}{D}\right)^2\right],

The term :math:`g` is the effect of a different rise of the glass temperature with the molality
:math:`m` of salt in mol/kg (see `electrolyte_ml.models.conductivity.law.glass_sensitivity`); it
saturates where little was measured. :math:`x_c` is the mole fraction of open-chain carbonates among
the solvents, :math:`S` the chemistry kernel of two electrolytes
(`electrolyte_ml.models.conductivity.chemistry_kernel`), and
:math:`N = \exp(-(m - m')^2 / 2 w^2)` the kernel of their molalities. A measurement of one
electrolyte thus informs predictions of similar ones and hardly any others. The prior mean
:math:`\mu` of each cation is in ``tables/cation_priors.csv``: for sodium it is the 10 to 20 % by
which NaClO4 conducts better than LiClO4 in PC and GBL at 0.5 to 2 mol/L [1]_. A cation that is not
in the table has the mean of the first one there, and 0.3 more standard deviation.

A measured point depends on the error of the twin as well as on :math:`\delta`. The error of the
twin has the covariance of the ensemble's members, scaled like the interval and damped by kernel and
nearness (localised, as in an ensemble Kalman filter [2]_), and both are updated together.

References
----------
.. [1] Kuratani et al., J. Power Sources 2013, 223, 175.
   https://doi.org/10.1016/j.jpowsour.2012.09.039
.. [2] Houtekamer, Mitchell, Mon. Weather Rev. 2001, 129, 123.
   https://doi.org/10.1175/1520-0493(2001)129<0123:ASEKFF>2.0.CO;2
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.files import packaged_table
from electrolyte_ml.models.conductivity.chemistry_kernel import (
    chain_carbonate_share,
    squared_exponential,
)
from electrolyte_ml.models.conductivity.law import USUAL_MOLALITY_MOL_KG, glass_sensitivity
from electrolyte_ml.models.conductivity.spread import FLOOR, deviations_of

_Floats = NDArray[np.float64]

LITHIUM = "[Li+]"
# Standard deviations of the terms of delta, log10: common to all electrolytes, rise of the glass
# temperature with molality, open-chain carbonates; common to similar electrolytes at all molalities
# and at near ones.
_COMMON_SD, _GLASS_SD, _CHAIN_SD = 0.06, 0.12, 0.15
# The term of the glass saturates where little was measured: 1.8 mol/kg at 25 degC, 1 mol/kg at -70.
_MOST_GLASS = 1.5
_SIMILAR_SD, _NEAR_SD = 0.10, 0.08
# Length scales of the chemistry kernel: of the shift, and of the twin's error.
_SHIFT_WIDTH, _TWIN_WIDTH = 0.3, 1.0
_NEAR_MOL_KG = 0.5
# Spread of one reading, log10: numbers taken from running text and small plots, often without the
# temperature; a value quoted second-hand or as a range is worth less.
READING_SD, SECOND_HAND_SD = 0.05, 0.1
# Additional standard deviation of a cation without measured points, log10.
UNKNOWN_CATION_SD = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Lithium twins of electrolytes of another cation, with the ensemble's deviations.

    Attributes
    ----------
    place
        From `electrolyte_ml.models.conductivity.chemistry_kernel.places`, shape (n, d).
    molality_mol_kg, temperature_k
        Shape (n,).
    deviations
        Compressed deviations of the members of the ensemble from their mean, log10, times the
        factor that makes an interval of their spread into a standard deviation of the error, shape
        (E, n).
    floor
        Standard deviation of the twin's error where all members agree, log10, shape (n,).
    """

    place: _Floats
    molality_mol_kg: _Floats
    temperature_k: _Floats
    deviations: _Floats
    floor: _Floats

    @classmethod
    def of(
        cls,
        place: _Floats,
        molality_mol_kg: _Floats,
        temperature_k: _Floats,
        members: _Floats,
        factor: float,
    ) -> Twins:
        """From the members' log10 conductivities, shape (E, n), and a factor."""
        return cls(
            place=place,
            molality_mol_kg=molality_mol_kg,
            temperature_k=temperature_k,
            deviations=factor * deviations_of(members),
            floor=np.full(len(place), factor * FLOOR),
        )

    @property
    def twin_variance(self) -> _Floats:
        """Variance of the twin's error, shape (n,)."""
        variance: _Floats = (self.deviations**2).mean(axis=0) + self.floor**2
        return variance


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftReadings:
    """Readings of a shift, n of them.

    Attributes
    ----------
    points
        Lithium twins of the electrolytes.
    surprise
        Log10 conductivity less the twin's and the prior mean, shape (n,).
    noise_sd
        Standard deviation of each reading, log10, shape (n,).
    shared_sd
        Of an error that all readings with one have in common, log10, shape (n,); zero for
        measurements.
    n_sources
        Papers behind the readings.
    """

    points: Twins
    surprise: _Floats
    noise_sd: _Floats
    shared_sd: _Floats
    n_sources: int = 0

    def __len__(self) -> int:
        return len(self.surprise)

    def arrays(self) -> dict[str, _Floats]:
        """All arrays by name, for a file; `of_arrays` takes them back."""
        points = {name: getattr(self.points, name) for name in _POINTS}
        return points | {name: getattr(self, name) for name in _READINGS}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, _Floats], n_sources: int) -> ShiftReadings:
        """Readings from their `arrays` and the number of papers."""
        return cls(
            points=Twins(**{name: arrays[name] for name in _POINTS}),
            n_sources=n_sources,
            **{name: arrays[name] for name in _READINGS},
        )

    def joined(self, other: ShiftReadings) -> ShiftReadings:
        """These readings and others."""
        first, second = self.arrays(), other.arrays()
        axis = {"deviations": 1}
        both = {
            name: np.concatenate([first[name], second[name]], axis=axis.get(name, 0))
            for name in first
        }
        return ShiftReadings.of_arrays(both, self.n_sources + other.n_sources)


_POINTS = ("place", "molality_mol_kg", "temperature_k", "deviations", "floor")
_READINGS = ("surprise", "noise_sd", "shared_sd")


@dataclass(frozen=True, slots=True, kw_only=True)
class CationShift:
    """The shift from lithium to one cation.

    Attributes
    ----------
    prior_mean
        Prior mean, log10.
    prior_extra_sd
        Prior standard deviation beyond that of the shift to sodium, log10.
    readings
        Measurements that update the prior; None for the prior itself.
    """

    prior_mean: float
    prior_extra_sd: float = 0.0
    readings: ShiftReadings | None = None

    def predict(self, twins: Twins) -> tuple[_Floats, _Floats]:
        """Correction of twins to the cation, and the standard deviation of the corrected value.

        Parameters
        ----------
        twins
            Lithium twins, n of them.

        Returns
        -------
        correction
            To be added to the twin's log10 conductivity, shape (n,).
        sd
            Standard deviation of the log10 conductivity of the electrolyte, with the twin's
            error, shape (n,).
        """
        correction = np.full(len(twins.molality_mol_kg), self.prior_mean)
        extra = self.prior_extra_sd**2
        variance = _shift_variance(twins) + extra + twins.twin_variance
        readings = self.readings
        if readings is None:
            return correction, np.sqrt(variance)
        # Cholesky by hand of SciPy would import it; the matrix is small and well conditioned.
        between = _covariance(readings.points, readings.points) + extra
        between += np.diag(readings.noise_sd**2)
        between += np.outer(readings.shared_sd, readings.shared_sd)
        weights = np.linalg.inv(between)
        across = _covariance(twins, readings.points) + extra
        correction = correction + across @ (weights @ readings.surprise)
        variance = variance - np.einsum("ij,jk,ik->i", across, weights, across)
        return correction, np.sqrt(np.maximum(variance, READING_SD**2))

    def updated(
        self,
        points: Twins,
        log10_over_twin: _Floats,
        noise_sd: _Floats,
        *,
        shared_sd: _Floats | float = 0.0,
        n_sources: int = 0,
    ) -> CationShift:
        """The shift with further readings.

        Parameters
        ----------
        points
            Lithium twins of the electrolytes, n of them.
        log10_over_twin
            Log10 of the conductivity over the one predicted for the twin, shape (n,).
        noise_sd
            Standard deviation of each reading, log10, shape (n,).
        shared_sd
            Of an error that all these readings have in common, log10, shape (n,) or one number.
        n_sources
            Papers behind the readings, for the record.
        """
        readings = ShiftReadings(
            points=points,
            surprise=log10_over_twin - self.prior_mean,
            noise_sd=noise_sd,
            shared_sd=np.broadcast_to(shared_sd, noise_sd.shape).astype(np.float64),
            n_sources=n_sources,
        )
        held = readings if self.readings is None else self.readings.joined(readings)
        return CationShift(
            prior_mean=self.prior_mean, prior_extra_sd=self.prior_extra_sd, readings=held
        )


@cache
def _known_priors() -> dict[str, float]:
    rows = packaged_table("models/conductivity/tables/cation_priors.csv")
    return {row["cation_smiles"]: float(row["mean_log10"]) for row in rows}


def prior_shifts() -> dict[str, CationShift]:
    """Prior of each cation of the table, by its SMILES."""
    return {smiles: CationShift(prior_mean=mean) for smiles, mean in _known_priors().items()}


def prior_of(cation: str) -> CationShift:
    """Prior of a cation (SMILES), in the table or not."""
    known = prior_shifts()
    if cation in known:
        return known[cation]
    usual = next(iter(known.values()))
    return CationShift(prior_mean=usual.prior_mean, prior_extra_sd=UNKNOWN_CATION_SD)


def _glass(twins: Twins) -> _Floats:
    """Molality less the usual one times the nearness to the glass, saturating."""
    above = twins.molality_mol_kg - USUAL_MOLALITY_MOL_KG
    nearness = above * glass_sensitivity(twins.temperature_k, np)
    return _MOST_GLASS * np.tanh(nearness / _MOST_GLASS)


def _shift_variance(twins: Twins) -> _Floats:
    """Prior variance of delta, shape (n,)."""
    chain, glass = chain_carbonate_share(twins.place), _glass(twins)
    return (
        _COMMON_SD**2
        + _SIMILAR_SD**2
        + _NEAR_SD**2
        + (_GLASS_SD * glass) ** 2
        + (_CHAIN_SD * chain) ** 2
    )


def _covariance(first: Twins, second: Twins) -> _Floats:
    """Covariance of delta and the twin's error together, shape (n, p)."""
    glasses = np.outer(_glass(first), _glass(second))
    chains = np.outer(chain_carbonate_share(first.place), chain_carbonate_share(second.place))
    kernel = squared_exponential(first.place, second.place, _SHIFT_WIDTH)
    molalities = (first.molality_mol_kg[:, None], second.molality_mol_kg[:, None])
    near = squared_exponential(*molalities, _NEAR_MOL_KG)
    shift = (
        _COMMON_SD**2
        + _GLASS_SD**2 * glasses
        + _CHAIN_SD**2 * chains
        + kernel * (_SIMILAR_SD**2 + _NEAR_SD**2 * near)
    )
    n_members = len(first.deviations)
    floors = np.outer(first.floor, second.floor)
    twin = first.deviations.T @ second.deviations / n_members + floors * kernel
    localised = near * squared_exponential(first.place, second.place, _TWIN_WIDTH)
    total: _Floats = shift + twin * localised
    return total
