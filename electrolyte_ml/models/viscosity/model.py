"""The viscosity model: liquids without salt, known pure liquids, and solutions of salts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition, compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.base import PropertyModel
from electrolyte_ml.models.domain import row_faults
from electrolyte_ml.models.files import Arrays, ModelFiles, Record
from electrolyte_ml.models.intervals import COVERAGE
from electrolyte_ml.models.numeric import power_of_ten
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
from electrolyte_ml.models.viscosity.solution import Solutions, SolutionViscosity
from electrolyte_ml.prediction import Prediction, join_faults
from electrolyte_ml.threads import one_thread

# Torch computes the others in single precision, so that nothing is lost.
_DOUBLE = frozenset({"centre", "scale", "level", "slope", "coefficients"})
_SOLUTIONS = "solutions."
_LIQUIDS_ALONE = "this model is of liquids without salt"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ViscosityModel(PropertyModel):
    """Liquids, solutions, intervals and a domain.

    Attributes
    ----------
    liquid
        Viscosity of liquids without salt.
    solutions
        Viscosity of liquids with ions; None for a model of liquids alone.
    factors
        Half width of the interval of a liquid in units of its scale, one for each `Novelty`.
    domain
        Range of the training data of liquids without salt.
    """

    liquid: LiquidModel
    solutions: SolutionViscosity | None
    factors: tuple[float, float, float]
    domain: ViscosityDomain

    FILES: ClassVar[ModelFiles] = ModelFiles(name="viscosity", version=3, compressed=True)

    @classmethod
    def of_liquids(cls, liquid: LiquidModel) -> ViscosityModel:
        """Model of liquids without salt; its intervals are uncalibrated, one scale to each side."""
        return cls(
            liquid=liquid,
            solutions=None,
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
        log10, half_width = self._liquid(composition, composition.index, temperature)
        salted = np.flatnonzero(composition.molality_mol_kg[composition.index] > 0)
        notes: dict[int, str | None] = {}
        if len(salted) and self.solutions is None:
            log10[salted] = np.nan
        elif len(salted) and self.solutions is not None:
            found = Solutions.of(composition, salted, temperature, log10)
            log10[salted], half_width[salted] = self.solutions.predict(found, half_width[salted])
            notes = dict(zip(salted.tolist(), self.solutions.remarks(found), strict=True))
        faults = self._faults(formulations, composition, temperature, half_width)
        for row, (formulation, kelvin) in enumerate(
            zip(formulations, temperature.tolist(), strict=True)
        ):
            if row not in notes:
                notes[row] = supercooled(formulation, kelvin)
        return Prediction(
            value=power_of_ten(log10),
            low=power_of_ten(log10 - half_width),
            high=power_of_ten(log10 + half_width),
            coverage=COVERAGE,
            in_domain=np.array([not f for f in faults], dtype=bool),
            reason=tuple(join_faults([*f, notes[row]]) for row, f in enumerate(faults)),
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
        distinct = {id(f): f for f in formulations}.values()
        of_recipe = [stranger_faults(formulation, strangers) for formulation in distinct]
        has_ions = composition.molality_mol_kg > 0
        of_temperature = [self.domain.temperature_fault(kelvin) for kelvin in temperature.tolist()]
        if self.solutions is None:
            for row in np.flatnonzero(has_ions):
                of_recipe[row].append(_LIQUIDS_ALONE)
        else:
            of_solutions = self.solutions.domain.faults(composition)
            for row in np.flatnonzero(has_ions):
                of_recipe[row] += of_solutions[row]
            measured = self.solutions.domain.temperature_faults(composition, temperature)
            for row in np.flatnonzero(has_ions[composition.index]):
                of_temperature[row] = measured[row]
        return row_faults(
            composition.index, half_width, of_recipe=of_recipe, of_temperature=of_temperature
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
        held = {name: _packed(name, array) for name, array in arrays.items()}
        if self.solutions is not None:
            of_solutions = self.solutions.arrays().items()
            held |= {f"{_SOLUTIONS}{n}": array.astype(np.float32) for n, array in of_solutions}
        return held

    def record(self) -> Record:
        """Molecules, factors, the domain, and what goes with solutions."""
        return {
            "descriptors": list(self.liquid.table.names),
            "factors": list(self.factors),
            "solutions": self.solutions.record() if self.solutions else None,
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
            solutions=_solutions_of(double, record["solutions"]),
            factors=(known, pair, molecule),
            domain=ViscosityDomain.from_dict(record["domain"]),
        )


def _solutions_of(
    arrays: Mapping[str, NDArray[np.float64]], record: Record | None
) -> SolutionViscosity | None:
    if record is None:
        return None
    own = {n.removeprefix(_SOLUTIONS): a for n, a in arrays.items() if n.startswith(_SOLUTIONS)}
    return SolutionViscosity.of_arrays(own, record)


def _packed(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind == "f":
        return array if name in _DOUBLE else array.astype(np.float32)
    return array.astype(np.int32) if array.dtype.kind == "i" else array
