"""The shipped model of ionic conductivity; predicts with numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition, compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.conductivity.cation import UNKNOWN_CATION_SD, CationShift, Twins
from electrolyte_ml.models.conductivity.domain import Domain
from electrolyte_ml.models.conductivity.ensemble import LITHIUM, Ensemble
from electrolyte_ml.models.conductivity.intervals import (
    COVERAGE,
    NORMAL_QUANTILE,
    centre_of,
    error_variance,
)
from electrolyte_ml.models.conductivity.likeness import places
from electrolyte_ml.prediction import Prediction, join_faults, wide
from electrolyte_ml.threads import one_thread

SODIUM = "[Na+]"
NO_SALT = "no salt, no ionic conduction"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductivityModel:
    """An ensemble for lithium, a shift for other cations, intervals and a domain.

    Attributes
    ----------
    ensemble
        Conductivity of lithium electrolytes.
    factor
        Half width of the interval in units of the ensemble's scale.
    sodium
        Shift from lithium to sodium.
    domain
        What the training data hold.
    """

    ensemble: Ensemble
    factor: float
    sodium: CationShift
    domain: Domain

    @one_thread()
    def predict(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
    ) -> Prediction:
        """Ionic conductivity of recipes, each at its temperature.

        Parameters
        ----------
        formulations
            Recipes, length n; the same object may stand in many rows and costs little more.
        temperature_k
            Temperatures, K, shape (n,).

        Returns
        -------
        Prediction
            Conductivity, mS/cm, shape (n,). Zero, exactly, without salt.
        """
        temperature = np.asarray(temperature_k, dtype=np.float64)
        composition = compose(formulations)
        log10 = np.full(len(temperature), -np.inf)
        half_width = np.zeros(len(temperature))
        salted = composition.molality_mol_kg[composition.index] > 0
        if salted.any():
            log10[salted], half_width[salted] = self._log10(composition, temperature, salted)
        reason = self._reasons(composition.index, formulations, temperature, half_width, salted)
        return Prediction(
            value=np.power(10.0, log10),
            low=np.power(10.0, log10 - half_width),
            high=np.power(10.0, log10 + half_width),
            coverage=COVERAGE,
            in_domain=np.array([r is None or r == NO_SALT for r in reason], dtype=bool),
            reason=reason,
        )

    def _log10(
        self,
        composition: Composition,
        temperature: NDArray[np.float64],
        rows: NDArray[np.bool_],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Logarithm of the conductivity and half width of its interval, for rows with salt."""
        at_rows = np.flatnonzero(rows)
        index = composition.index[at_rows]
        molality = composition.molality_mol_kg[index]
        members = self.ensemble.log10_conductivity(composition, temperature[at_rows], at_rows)
        beyond = self.domain.salt_beyond(composition)[index]
        log10, variance = centre_of(members), error_variance(members, self.factor, beyond)
        sodium, other = self._cation_shares(composition)
        shifted = (sodium + other)[index] > 0
        if shifted.any():
            at = index[shifted]
            twins = Twins.of(
                places(composition)[at],
                molality[shifted],
                temperature[at_rows[shifted]],
                members[:, shifted],
                self.error_factor,
            )
            correction, sd = self.sodium.predict(twins)
            share = (sodium + other)[at]
            log10[shifted] += share * correction
            variance[shifted] += share**2 * (sd**2 - twins.twin_variance)
            variance[shifted] += (other[at] * UNKNOWN_CATION_SD) ** 2
        return log10, NORMAL_QUANTILE * np.sqrt(variance)

    @property
    def error_factor(self) -> float:
        """Standard deviation of the error in units of the ensemble's scale."""
        return self.factor / NORMAL_QUANTILE

    def _cation_shares(
        self, composition: Composition
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shares of sodium, and of cations that are neither lithium nor sodium, shapes (u,)."""
        shares = np.zeros((2, composition.n_formulations))
        for column, cation in enumerate(composition.cations):
            if cation.smiles != LITHIUM:
                shares[int(cation.smiles != SODIUM)] += composition.cation_fraction[:, column]
        return shares[0], shares[1]

    def _reasons(
        self,
        index: NDArray[np.intp],
        formulations: Sequence[Formulation],
        temperature: NDArray[np.float64],
        half_width: NDArray[np.float64],
        salted: NDArray[np.bool_],
    ) -> tuple[str | None, ...]:
        of_formulation: dict[int, list[str]] = {}
        reasons: list[str | None] = []
        for row, formulation in enumerate(formulations):
            if not salted[row]:
                reasons.append(NO_SALT)
                continue
            at = int(index[row])
            if at not in of_formulation:
                of_formulation[at] = self.domain.faults(formulation)
            others = (
                self.domain.temperature_fault(formulation, float(temperature[row])),
                wide(float(half_width[row])),
            )
            reasons.append(join_faults([*of_formulation[at], *(o for o in others if o)]))
        return tuple(reasons)
