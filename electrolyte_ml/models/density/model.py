r"""Density of an electrolyte: volumes of molecules, of ions, and what changes when they meet.

The volume of one kilogram of solvents with what is dissolved in it adds up pure solvents at their
densities, the change of volume when they are mixed (`electrolyte_ml.models.density.excess`), and
the ions (`electrolyte_ml.models.density.volumes`), whether they came as a salt or as an ionic
liquid.

The half width of the interval, relative to the density, adds in squares the standard deviation of
both laws times a factor that held-out papers set, and the errors of pure densities: measured ones,
their slopes with temperature, and estimates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.formulation.density import density_g_cm3
from electrolyte_ml.models.base import PropertyModel
from electrolyte_ml.models.density.excess import at_temperature, excess_terms, prior_of_excess
from electrolyte_ml.models.density.linear import LinearLaw, applied
from electrolyte_ml.models.density.volumes import (
    Medium,
    catalog_ion,
    molecular_volume_cm3_kg,
    prior_of,
)
from electrolyte_ml.models.domain import NOTABLE_SHARE
from electrolyte_ml.models.files import Arrays, ModelFiles, Record
from electrolyte_ml.models.intervals import COVERAGE, NORMAL_QUANTILE
from electrolyte_ml.prediction import Prediction, join_faults
from electrolyte_ml.species import Solvent
from electrolyte_ml.species.ionic_liquids import ions_of
from electrolyte_ml.units import ROOM_TEMPERATURE_K

# Measured densities of pure solvents agree between tables within 0.6 % in 90 % of cases.
_PURE = 0.006
# Of solvents whose mixtures are measured, the ends of whose series confirm them.
_CONFIRMED_PURE = 0.003
_PER_K = 1e-4  # one tenth of a typical expansivity: the error of the slope
# Of the straight line in the McGowan volume, 90 % of catalog liquids.
_ESTIMATED_PURE = 0.10
# What measured solutions of one paper differ by from those of another.
_PAPER_SD = 0.006
_G_PER_KG = 1000.0
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityModel(PropertyModel):
    """Model of the density.

    Attributes
    ----------
    volumes
        Law of the ions.
    excess
        Law of mixing.
    sizes
        McGowan volumes of ions, cm3/mol.
    factors
        Of the standard deviations: in mixtures of molecules, and in liquids with ions.
    """

    volumes: LinearLaw
    excess: LinearLaw
    sizes: Mapping[str, float]
    factors: tuple[float, float]

    FILES: ClassVar[ModelFiles] = ModelFiles(name="density", version=1, compressed=True)

    def predict(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
    ) -> Prediction:
        """Density of recipes, each at its temperature.

        Parameters
        ----------
        formulations
            Recipes, length n; the same object may stand in many rows.
        temperature_k
            Temperatures, K, shape (n,).

        Returns
        -------
        Prediction
            Density, g/cm3, shape (n,). Out of domain where the density of a notable component or
            the volume of an ion is an estimate.
        """
        kelvin = np.asarray(temperature_k, dtype=np.float64)
        states = [(id(f), t) for f, t in zip(formulations, kelvin.tolist(), strict=True)]
        first = {state: row for row, state in reversed(list(enumerate(states)))}
        place = {state: at for at, state in enumerate(first)}
        distinct = list(first.values())
        found = self._predict([formulations[i] for i in distinct], kelvin[distinct])
        return found.select(np.array([place[state] for state in states], dtype=np.intp))

    def _predict(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
    ) -> Prediction:
        """As `predict`, every row on its own."""
        rows = self._liquids(formulations)
        parts = self._parts(rows, temperature_k)
        value = parts.mass / parts.volume
        share = np.hypot(parts.known, self._factor(rows) * NORMAL_QUANTILE * parts.law)
        return Prediction(
            value=value,
            low=value * (1 - share),
            high=value * (1 + share),
            coverage=COVERAGE,
            in_domain=np.array([row.reason is None for row in rows], dtype=bool),
            reason=tuple(row.reason for row in rows),
        )

    def needed_factor(
        self,
        formulations: Sequence[Formulation],
        temperature_k: NDArray[np.float64],
        measured: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Factor of the law's uncertainty that just holds measured densities, shape (n,).

        It is 0 where pure densities alone explain the error.
        """
        rows = self._liquids(formulations)
        parts = self._parts(rows, temperature_k)
        error = measured * parts.volume / parts.mass - 1
        left = np.sqrt(np.maximum(error**2 - parts.known**2, 0.0))
        needed: NDArray[np.float64] = left / (NORMAL_QUANTILE * np.maximum(parts.law, _TINY))
        return needed

    def _liquids(self, formulations: Sequence[Formulation]) -> list[_Liquid]:
        liquids = {id(f): _Liquid.of(f, self) for f in {id(f): f for f in formulations}.values()}
        return [liquids[id(f)] for f in formulations]

    def _parts(self, rows: Sequence[_Liquid], temperature_k: NDArray[np.float64]) -> _Parts:
        """What densities and intervals are made of."""
        kelvin = temperature_k.tolist()
        pairs = list(zip(rows, kelvin, strict=True))
        volume = np.array(
            [molecular_volume_cm3_kg(r.formulation, t) for r, t in pairs], dtype=float
        )
        variance = np.array([r.medium.doubt_cm3**2 for r in rows], dtype=float)
        for law, terms, prior in (
            (self.volumes, [r.medium.at(t) for r, t in pairs], partial(prior_of, sizes=self.sizes)),
            (self.excess, [at_temperature(r.mixing, t) for r, t in pairs], prior_of_excess),
        ):
            change, sd = applied(law, terms, prior)
            volume += change
            variance += sd**2
        paper = np.array([_PAPER_SD if r.medium.ions else 0.0 for r in rows])
        slope = np.array([_PER_K * r.medium.molecular_share for r in rows])
        return _Parts(
            mass=np.array([r.mass for r in rows]),
            volume=volume,
            law=np.sqrt(variance / volume**2 + paper**2),
            known=np.hypot(
                np.array([r.pure for r in rows]),
                slope * np.abs(temperature_k - ROOM_TEMPERATURE_K),
            ),
        )

    def _factor(self, rows: Sequence[_Liquid]) -> NDArray[np.float64]:
        return np.array([self.factors[bool(r.medium.ions)] for r in rows])

    def arrays(self) -> Arrays:
        """Means and covariances of both laws."""
        return {
            "volumes": self.volumes.mean,
            "volumes_covariance": self.volumes.covariance,
            "excess": self.excess.mean,
            "excess_covariance": self.excess.covariance,
        }

    def record(self) -> Record:
        """Names of the coefficients, sizes of ions and factors."""
        return {
            "volumes": list(self.volumes.names),
            "excess": list(self.excess.names),
            "sizes": dict(self.sizes),
            "factors": list(self.factors),
        }

    @classmethod
    def of_files(cls, arrays: Arrays, record: Record) -> DensityModel:
        """The model from `arrays` and `record`."""
        laws = [
            LinearLaw(
                names=tuple(record[name]),
                mean=arrays[name],
                covariance=arrays[f"{name}_covariance"],
            )
            for name in ("volumes", "excess")
        ]
        mixtures, solutions = (float(f) for f in record["factors"])
        return cls(
            volumes=laws[0],
            excess=laws[1],
            sizes=record["sizes"],
            factors=(mixtures, solutions),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """Masses and volumes by kilogram of solvents, and relative uncertainties, shapes (n,).

    Attributes
    ----------
    mass, volume
        g and cm3.
    law
        Standard deviation of the laws.
    known
        Half width of what pure densities leave open.
    """

    mass: NDArray[np.float64]
    volume: NDArray[np.float64]
    law: NDArray[np.float64]
    known: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Liquid:
    """What the model takes from a formulation once, whatever the temperature."""

    formulation: Formulation
    medium: Medium
    mixing: tuple[dict[str, float], dict[str, float]]
    mass: float
    pure: float
    reason: str | None

    @classmethod
    def of(cls, formulation: Formulation, model: DensityModel) -> _Liquid:
        medium = Medium.of(formulation, model.sizes)
        pure, notes = _pure(formulation, medium.molecular_share, set(model.excess.names))
        known = set(model.volumes.names)
        for ion in map(catalog_ion, medium.ions):
            held = ion.value("partial_molar_volume_cm3_mol")
            if held is None and f"volume of {ion.smiles}" not in known:
                notes.append(f"volume of {ion.name} estimated from its SMILES")
        return cls(
            formulation=formulation,
            medium=medium,
            mixing=excess_terms(formulation),
            mass=_G_PER_KG * (1 + formulation.salt_mass_per_kg_solvent),
            pure=pure,
            reason=join_faults(notes),
        )


def _pure(
    formulation: Formulation, molecular_share: float, mixed: set[str]
) -> tuple[float, list[str]]:
    """Relative half width from the densities of pure solvents, and which are estimated.

    Parameters
    ----------
    formulation
        Solvents and salts.
    molecular_share
        Share of the volume that molecules take up.
    mixed
        Names of coefficients of mixing that were fitted.
    """
    molecules = [s for s in formulation.solvents if not ions_of(s.solvent)]
    if not molecules:
        return 0.0, []
    densities = [density_g_cm3(s.solvent) for s in molecules]
    volumes = [s.mass_fraction / d.value for s, d in zip(molecules, densities, strict=True)]
    total, notes, measured, estimated = sum(volumes), [], 0.0, 0.0
    for part, density, volume in zip(molecules, densities, volumes, strict=True):
        share = molecular_share * volume / total
        if _is_measured(part.solvent):
            confirmed = f"molecule {part.solvent.smiles}" in mixed
            measured += ((_CONFIRMED_PURE if confirmed else _PURE) * share) ** 2
            continue
        estimated += _ESTIMATED_PURE * share
        if share > NOTABLE_SHARE:
            notes.append(density.assumption or f"density of {part.solvent.name} is an estimate")
    return float(np.sqrt(measured + estimated**2)), notes


def _is_measured(solvent: Solvent) -> bool:
    """Whether the catalog holds a density that is not itself an estimate."""
    held = solvent.properties.get("density_g_cm3")
    return held is not None and not held.source.startswith("estimated")
