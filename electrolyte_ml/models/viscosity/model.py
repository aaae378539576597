"""The viscosity model: liquids, anchored to known solvents, and what a salt adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition, compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.conductivity.intervals import NORMAL_QUANTILE
from electrolyte_ml.models.numeric import LN10
from electrolyte_ml.models.viscosity.anchors import anchor
from electrolyte_ml.models.viscosity.domain import Domain, stranger_faults, supercooled
from electrolyte_ml.models.viscosity.intervals import COVERAGE, doubts, scale_of
from electrolyte_ml.models.viscosity.liquid import LiquidModel
from electrolyte_ml.models.viscosity.mixtures import Mixtures
from electrolyte_ml.models.viscosity.salt import FEW_MEASUREMENTS, SaltLaw
from electrolyte_ml.prediction import Prediction, join_faults, wide

_ROOM_K = 298.15


@dataclass(frozen=True, slots=True, kw_only=True)
class ViscosityModel:
    """Liquids, salts, intervals and a domain.

    Attributes
    ----------
    liquid
        Viscosity of liquids without salt.
    salt
        What a salt adds.
    factors
        Half width of the interval of a liquid in units of its scale, one for each `Novelty`.
    domain
        What the training data hold.
    """

    liquid: LiquidModel
    salt: SaltLaw
    factors: tuple[float, float, float]
    domain: Domain

    def predict(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
    ) -> Prediction:
        """Viscosity of recipes, each at its temperature.

        Parameters
        ----------
        formulations
            Recipes, length n; the same object may stand in many rows and costs little more.
        temperature_k
            Temperatures, K, shape (n,).

        Returns
        -------
        Prediction
            Viscosity, mPa s, shape (n,). A pure solvent whose viscosity is known returns it.
        """
        temperature = np.asarray(temperature_k, dtype=np.float64)
        composition = compose(formulations)
        index = composition.index
        n = len(temperature)
        both = np.concatenate([temperature, np.full(n, _ROOM_K)])
        log10, half_width = self._liquid(composition, np.tile(index, 2), both)
        log10, room, half_width = log10[:n], log10[n:], half_width[:n]
        increment, sd = self.salt.increment(composition, index, log10 * LN10, room * LN10)
        log10 = log10 + increment / LN10
        half_width = np.hypot(half_width, NORMAL_QUANTILE * sd / LN10)
        strangers = self.domain.strangers(composition.solvents, self.liquid)
        faults, notes = self._words(formulations, index, temperature, half_width, strangers)
        return Prediction(
            value=np.power(10.0, log10),
            low=np.power(10.0, log10 - half_width),
            high=np.power(10.0, log10 + half_width),
            coverage=COVERAGE,
            in_domain=np.array([not f for f in faults], dtype=bool),
            reason=tuple(join_faults([*f, *n]) for f, n in zip(faults, notes, strict=True)),
        )

    def log10_of_solvents(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Decadic logarithm of the viscosity in mPa s of the solvents alone, shape (n,)."""
        composition = compose(formulations)
        return self._liquid(composition, composition.index, temperature_k)[0]

    def _liquid(
        self,
        composition: Composition,
        index: NDArray[np.intp],
        temperature: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log10 viscosity of the solvents of each row, and half width of its interval."""
        mixtures = Mixtures.of_composition(composition)
        anchors = anchor(self.liquid, composition.solvents)
        members = self.liquid.predict(mixtures, index, temperature, anchors.offset)
        doubt = doubts(self.liquid, mixtures, anchors)
        scale = scale_of(members, doubt, index, temperature)
        factor = np.array(self.factors)[doubt.novelty][index]
        return members.mean(axis=0), factor * scale

    def _words(
        self,
        formulations: Sequence[Formulation],
        index: NDArray[np.intp],
        temperature: NDArray[np.float64],
        half_width: NDArray[np.float64],
        strangers: frozenset[str],
    ) -> tuple[list[list[str]], list[list[str]]]:
        """What puts each row outside the domain, and what else is to be said of it."""
        of_formulation: dict[int, list[str]] = {}
        faults, notes = [], []
        for row, formulation in enumerate(formulations):
            at, kelvin = int(index[row]), float(temperature[row])
            if at not in of_formulation:
                liquid = stranger_faults(formulation, strangers)
                of_formulation[at] = [*liquid, *self.salt.faults(formulation)]
            others = (self.domain.temperature_fault(kelvin), wide(float(half_width[row])))
            faults.append([*of_formulation[at], *(o for o in others if o)])
            note = FEW_MEASUREMENTS if formulation.salts else supercooled(formulation, kelvin)
            notes.append([note] if note else [])
        return faults, notes
