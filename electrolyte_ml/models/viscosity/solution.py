"""Viscosity of solutions: networks, the memory of measured mixtures, and a domain.

Networks give the parameters of `electrolyte_ml.models.viscosity.solution_law`. A Gaussian process
of the residuals of measured mixtures corrects them nearby
(`electrolyte_ml.models.conductivity.residual_gp`). Predicting needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.copies import species_of
from electrolyte_ml.features import Composition
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.conductivity.descriptors import DescriptorNetwork
from electrolyte_ml.models.conductivity.domain import ConductivityDomain
from electrolyte_ml.models.conductivity.reach import Reach
from electrolyte_ml.models.conductivity.residual_gp import ResidualGP
from electrolyte_ml.models.conductivity.rows import Described, MixtureRows, RowContent
from electrolyte_ml.models.conductivity.spread import centre_of
from electrolyte_ml.models.numeric import LN10
from electrolyte_ml.models.viscosity.solution_law import held_share, ln_viscosity

_Floats = NDArray[np.float64]

FEW_MEASUREMENTS = "not measured with this salt and solvents: inferred from like solutions"
#: Classes of solutions: with molecules or ions alone, and whether a metal is among the cations.
ORGANIC, METAL, IONS, METAL_IN_IONS = SOLUTION_CLASSES = (
    "organic ions",
    "metal ions",
    "organic ions alone",
    "metal ions among ions alone",
)
# Repeats within a paper, log10.
_REPEATABILITY = 0.0125
_KINDS = ("solvents", "cations", "anions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Solutions:
    """Solutions of n rows, as the model reads them.

    Attributes
    ----------
    described
        The u distinct compositions.
    index
        Composition of each row, shape (n,).
    mixtures
        Shares of the species of each row.
    temperature_k
        K, shape (n,).
    log10_solvents
        Decadic logarithm of the viscosity of the solvents alone, mPa s, shape (n,); 0 without any.
    """

    described: Described
    index: NDArray[np.intp]
    mixtures: MixtureRows
    temperature_k: _Floats
    log10_solvents: _Floats

    @classmethod
    def of(
        cls,
        composition: Composition,
        rows: NDArray[np.intp],
        temperature_k: _Floats,
        log10_solvents: _Floats,
    ) -> Solutions:
        """Some rows of a composition; temperatures and solvents of all its rows."""
        return cls(
            described=Described.of(composition),
            index=composition.index[rows],
            mixtures=MixtureRows.of(composition).select(rows),
            temperature_k=temperature_k[rows],
            log10_solvents=log10_solvents[rows],
        )

    def share(self) -> _Floats:
        """Share of the volume that ions and their shells hold, shape (n,)."""
        return held_share(self.described)[self.index]

    def classes(self) -> NDArray[np.str_]:
        """One of `SOLUTION_CLASSES` for each row, shape (n,)."""
        mixtures = self.mixtures
        metal = mixtures.holds_metal()
        molecules = (mixtures.solvent_share.sum(axis=1) > 0)[mixtures.index]
        alone = np.where(metal, METAL_IN_IONS, IONS)
        return np.where(molecules, np.where(metal, METAL, ORGANIC), alone)

    def are_of(self, sets: Collection[frozenset[str]]) -> NDArray[np.bool_]:
        """Whether the set of species of each row, by SMILES, is one of some, shape (n,)."""
        mixtures = self.mixtures
        names = np.array([*mixtures.solvents, *mixtures.cations, *mixtures.anions], dtype=object)
        held = np.column_stack(
            [mixtures.solvent_share, mixtures.cation_share, mixtures.anion_share]
        )
        distinct, place = np.unique(held > 0, axis=0, return_inverse=True)
        known = np.array([frozenset(names[row].tolist()) in sets for row in distinct])
        return known[place.ravel()][mixtures.index]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionViscosity:
    """Networks, residuals of measured mixtures, intervals and a domain.

    Attributes
    ----------
    network
        Networks that give the parameters of the laws of viscosity and conductivity.
    residual
        Gaussian process of their residuals on measured mixtures; None for none.
    reach
        Of what was measured; what lies beyond adds to the scale.
    factors
        Half width of the interval in units of `scale`, by class of the solution.
    domain
        Of the measured electrolytes, of viscosity or conductivity.
    measured
        Sets of species, by SMILES, whose viscosity was measured.
    """

    network: DescriptorNetwork
    residual: ResidualGP | None
    reach: Reach
    factors: Mapping[str, float]
    domain: ConductivityDomain
    measured: frozenset[frozenset[str]]

    def members(self, solutions: Solutions) -> _Floats:
        """Every member's log10 viscosity, mPa s, shape (E, n)."""
        share, index = solutions.share(), solutions.index
        ln_solvents, temperature_k = LN10 * solutions.log10_solvents, solutions.temperature_k
        parameters = self.network.parameters(solutions.described)
        found = np.empty((len(parameters), len(index)))
        for member, of_compositions in enumerate(parameters):
            of_rows = of_compositions[index]
            found[member] = ln_viscosity(of_rows, share, ln_solvents, temperature_k, np)
        found /= LN10
        if self.residual is not None:
            content = RowContent.of(solutions.described, index)
            found += self.residual.correction(solutions.mixtures, content, temperature_k)
        return found

    def predict(
        self, solutions: Solutions, half_width_solvents: _Floats
    ) -> tuple[_Floats, _Floats]:
        """Log10 viscosity and the half width of its interval, shapes (n,).

        Parameters
        ----------
        solutions
            The n rows.
        half_width_solvents
            Half width of the interval of the viscosity of the solvents alone, log10, shape (n,).
        """
        members = self.members(solutions)
        classes, factor = solutions.classes(), np.zeros(len(solutions.index))
        for name, of_class in self.factors.items():
            factor[classes == name] = of_class
        of_solvents = (1.0 - solutions.share()) * half_width_solvents
        scale = self.scale(members, solutions)
        return centre_of(members), np.hypot(factor * scale, of_solvents)

    def scale(self, members: _Floats, solutions: Solutions) -> _Floats:
        """Uncalibrated scale of the error of the members in log10, shape (n,)."""
        ln_charge = solutions.described.ln_charge[solutions.index]
        beyond = self.reach.beyond(solutions.mixtures, ln_charge)
        scale: _Floats = np.sqrt(members.var(axis=0) + _REPEATABILITY**2 + beyond**2)
        return scale

    def remarks(self, solutions: Solutions) -> list[str | None]:
        """Remark on each row of a metal salt in molecules with which it was not measured."""
        few = solutions.classes() == METAL
        few[few] = ~solutions.are_of(self.measured)[few]
        return [FEW_MEASUREMENTS if one else None for one in few.tolist()]

    def arrays(self) -> dict[str, _Floats]:
        """All arrays by name; `of_arrays` takes them back."""
        held = self.network.arrays()
        if self.residual is not None:
            held |= {f"residual.{name}": array for name, array in self.residual.arrays().items()}
        return held

    def record(self) -> dict[str, Any]:
        """Everything else, plain numbers and text."""
        return {
            "species": list(self.network.species),
            "residual_species": {kind: list(getattr(self.residual, kind)) for kind in _KINDS}
            if self.residual
            else {},
            "reach": self.reach.to_dict(),
            "factors": dict(self.factors),
            "domain": self.domain.to_dict(),
            "measured": sorted(sorted(series) for series in self.measured),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, _Floats], record: Mapping[str, Any]) -> Self:
        """The model from its `arrays` and `record`."""
        head = "residual."
        residual = {n.removeprefix(head): a for n, a in arrays.items() if n.startswith(head)}
        return cls(
            network=DescriptorNetwork.of_arrays(arrays, record["species"]),
            residual=ResidualGP.of_arrays(residual, record["residual_species"])
            if residual
            else None,
            reach=Reach.from_dict(record["reach"]),
            factors={name: float(factor) for name, factor in record["factors"].items()},
            domain=ConductivityDomain.from_dict(record["domain"]),
            measured=frozenset(frozenset(series) for series in record["measured"]),
        )


def species_sets(formulations: Sequence[Formulation]) -> frozenset[frozenset[str]]:
    """The distinct sets of species of formulations."""
    return frozenset(species_of(f) for f in formulations)
