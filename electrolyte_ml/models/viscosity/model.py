"""The viscosity model: liquids without salt, known pure liquids, and the effect of salts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition, compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.base import PropertyModel
from electrolyte_ml.models.domain import row_faults
from electrolyte_ml.models.files import Arrays, ModelFiles, Record
from electrolyte_ml.models.intervals import COVERAGE, NORMAL_QUANTILE
from electrolyte_ml.models.numeric import LN10, power_of_ten
from electrolyte_ml.models.viscosity.domain import (
    ViscosityDomain,
    doubts,
    scale_of,
    stranger_faults,
    supercooled,
)
from electrolyte_ml.models.viscosity.liquid import Corrections, LiquidModel, Liquids
from electrolyte_ml.models.viscosity.network import MoleculeTable, ViscosityNetwork
from electrolyte_ml.models.viscosity.pure_liquids import pure_liquids
from electrolyte_ml.models.viscosity.salt import FEW_MEASUREMENTS, SaltLaw
from electrolyte_ml.prediction import Prediction, join_faults
from electrolyte_ml.threads import one_thread
from electrolyte_ml.units import ROOM_TEMPERATURE_K

# Torch computes the others in single precision, so that nothing is lost.
_DOUBLE = frozenset({"centre", "scale", "level", "slope", "coefficients"})

_NO_SALT = SaltLaw(base=0.0, per_solvent=0.0, curvature=0.0, cooling=0.0, anions={}, sd=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ViscosityModel(PropertyModel):
    """Liquids, salts, intervals and a domain.

    Attributes
    ----------
    liquid
        Viscosity of liquids without salt.
    salt
        Rise of the viscosity with salt.
    factors
        Half width of the interval of a liquid in units of its scale, one for each `Novelty`.
    domain
        Range of the training data.
    """

    liquid: LiquidModel
    salt: SaltLaw
    factors: tuple[float, float, float]
    domain: ViscosityDomain

    FILES: ClassVar[ModelFiles] = ModelFiles(name="viscosity", version=1, compressed=True)

    @classmethod
    def of_liquids(cls, liquid: LiquidModel) -> ViscosityModel:
        """Model without a law of salts; its intervals are uncalibrated, one scale to each side."""
        return cls(
            liquid=liquid,
            salt=_NO_SALT,
            factors=(1.0, 1.0, 1.0),
            domain=ViscosityDomain.of(liquid),
        )

    @one_thread()
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
        both = np.concatenate([temperature, np.full(n, ROOM_TEMPERATURE_K)])
        log10, half_width = self._liquid(composition, np.tile(index, 2), both)
        log10, room, half_width = log10[:n], log10[n:], half_width[:n]
        increment, sd = self.salt.increment(composition, index, log10 * LN10, room * LN10)
        log10 = log10 + increment / LN10
        half_width = np.hypot(half_width, NORMAL_QUANTILE * sd / LN10)
        faults = self._faults(formulations, composition, temperature, half_width)
        notes = [
            FEW_MEASUREMENTS if f.salts else supercooled(f, kelvin)
            for f, kelvin in zip(formulations, temperature.tolist(), strict=True)
        ]
        return Prediction(
            value=power_of_ten(log10),
            low=power_of_ten(log10 - half_width),
            high=power_of_ten(log10 + half_width),
            coverage=COVERAGE,
            in_domain=np.array([not f for f in faults], dtype=bool),
            reason=tuple(join_faults([*f, n]) for f, n in zip(faults, notes, strict=True)),
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
        liquids = Liquids.of_composition(composition)
        known = pure_liquids(self.liquid, composition.solvents)
        members = self.liquid.predict(liquids, index, temperature, known.offset)
        doubt = doubts(self.liquid, liquids, known)
        scale = scale_of(members, doubt, index, temperature)
        factor = np.array(self.factors)[doubt.novelty][index]
        return members.mean(axis=0), factor * scale

    def _faults(
        self,
        formulations: Sequence[Formulation],
        composition: Composition,
        temperature: NDArray[np.float64],
        half_width: NDArray[np.float64],
    ) -> list[list[str]]:
        """Reasons why each row is outside the domain; empty for rows inside."""
        strangers = self.domain.strangers(composition.solvents, self.liquid)
        return row_faults(
            formulations,
            temperature,
            half_width,
            of_recipe=lambda f: [*stranger_faults(f, strangers), *self.salt.faults(f)],
            of_temperature=lambda _, kelvin: self.domain.temperature_fault(kelvin),
        )

    def arrays(self) -> Arrays:
        """Weights, descriptors and corrections; weights fitted by torch in single precision."""
        liquid = self.liquid
        corrections = {f.name: getattr(liquid.corrections, f.name) for f in fields(Corrections)}
        arrays = {
            **liquid.network.arrays(),
            **corrections,
            "coordinates": liquid.coordinates,
            "descriptors": liquid.table.descriptors,
            "trained": liquid.trained,
        }
        return {name: _packed(name, array) for name, array in arrays.items()}

    def record(self) -> Record:
        """Molecules, factors, the law of salts and the domain."""
        return {
            "descriptors": list(self.liquid.table.names),
            "factors": list(self.factors),
            "salt": self.salt.to_dict(),
            "domain": self.domain.to_dict(),
            "molecules": list(self.liquid.table.smiles),
        }

    @classmethod
    def of_files(cls, arrays: Arrays, record: Record) -> ViscosityModel:
        """The model from `arrays` and `record`."""
        double = {n: a.astype(np.float64) for n, a in arrays.items() if a.dtype.kind == "f"}
        liquid = LiquidModel(
            table=MoleculeTable(
                smiles=tuple(record["molecules"]),
                names=tuple(record["descriptors"]),
                descriptors=double["descriptors"],
            ),
            trained=arrays["trained"],
            network=ViscosityNetwork(**{f.name: double[f.name] for f in fields(ViscosityNetwork)}),
            coordinates=double["coordinates"],
            corrections=Corrections(
                level=double["level"],
                slope=double["slope"],
                pairs=arrays["pairs"].astype(np.intp),
                coefficients=double["coefficients"],
            ),
        )
        known, pair, molecule = (float(f) for f in record["factors"])
        return cls(
            liquid=liquid,
            salt=SaltLaw.from_dict(record["salt"]),
            factors=(known, pair, molecule),
            domain=ViscosityDomain.from_dict(record["domain"]),
        )


def _packed(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind == "f":
        return array if name in _DOUBLE else array.astype(np.float32)
    return array.astype(np.int32) if array.dtype.kind == "i" else array
