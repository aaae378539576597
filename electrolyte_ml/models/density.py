r"""Density of an electrolyte: ideal mixing of volumes, with an interval from measured solutions.

The half width of the interval, relative to the density, adds in squares

.. math:: a, \quad b\,|T - 298.15|, \quad \sum_i \phi_i e_i, \quad v\,c, \quad \phi_s e_s

for measured pure densities and their slope; for pure densities that are estimated with an error
:math:`e_i`, by volume fraction :math:`\phi_i`; for the change of the volume of a salt from solvent
to solvent, by its concentration :math:`c`; and for volumes of ions that are estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.formulation.density import (
    density_g_cm3,
    salt_volume_cm3_mol,
)
from electrolyte_ml.models.domain import NOTABLE_SHARE
from electrolyte_ml.models.intervals import COVERAGE
from electrolyte_ml.models.molecules_only import predict_of_molecules
from electrolyte_ml.prediction import Prediction, join_faults
from electrolyte_ml.species import Ion, Solvent
from electrolyte_ml.units import ROOM_TEMPERATURE_K

# Measured densities of pure solvents agree between tables within 0.6 % in 90 % of cases.
_PURE = 0.006
_PER_K = 1e-4  # one tenth of a typical expansivity: the error of the slope
# Of the straight line in the McGowan volume, 90 % of catalog liquids.
_ESTIMATED_PURE = 0.10
# Apparent volumes in a solvent of arXiv:2603.20183 differ from those in the other three by up to
# this: the smallest are in DME, the largest in PC.
_SALT_VOLUME_CM3_MOL = 16.0
_ESTIMATED_ION = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Uncertainty:
    """Relative half width at 298.15 K, and what is estimated, in words."""

    relative: float
    reason: str | None


def predict_density(
    formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
) -> Prediction:
    """Density of recipes, each at its temperature.

    Parameters
    ----------
    formulations
        Recipes, length n.
    temperature_k
        Temperatures, K, shape (n,).

    Returns
    -------
    Prediction
        Density, g/cm3, shape (n,). Out of domain where the density of a notable component is an
        estimate; no value for recipes with an ionic liquid, whose error is not known.
    """
    return predict_of_molecules(_predict, formulations, temperature_k)


def _predict(formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]) -> Prediction:
    known: dict[tuple[int, float], float] = {}
    for formulation, temperature in zip(formulations, temperature_k, strict=True):
        at = (id(formulation), float(temperature))
        if at not in known:
            known[at] = formulation.density_g_cm3(float(temperature))
    value = np.array(
        [known[id(f), float(t)] for f, t in zip(formulations, temperature_k, strict=True)]
    )
    of_formulation = {id(f): _uncertainty(f) for f in formulations}
    rows = [of_formulation[id(f)] for f in formulations]
    share = np.hypot(
        np.array([row.relative for row in rows]),
        _PER_K * np.abs(temperature_k - ROOM_TEMPERATURE_K),
    )
    return Prediction(
        value=value,
        low=value * (1 - share),
        high=value * (1 + share),
        coverage=COVERAGE,
        in_domain=np.array([row.reason is None for row in rows], dtype=bool),
        reason=tuple(row.reason for row in rows),
    )


def _uncertainty(formulation: Formulation) -> _Uncertainty:
    volume = formulation.volume_l_per_kg_solvent()
    notes: list[str] = []
    estimated_pure = estimated_ion = 0.0
    for part in formulation.solvents:
        density = density_g_cm3(part.solvent)
        if _is_measured(part.solvent, "density_g_cm3"):
            continue
        fraction = part.mass_fraction / density.value / volume
        estimated_pure += _ESTIMATED_PURE * fraction
        if fraction > NOTABLE_SHARE:
            notes.append(density.assumption or f"density of {part.solvent.name} is an estimate")
    salts = 0.0
    for amount in formulation.salts:
        molarity = amount.molality_mol_kg / volume
        salt = salt_volume_cm3_mol(amount.salt)
        salts += molarity * _SALT_VOLUME_CM3_MOL / 1000
        ions = (amount.salt.cation, amount.salt.anion)
        if not all(_is_measured(ion, "partial_molar_volume_cm3_mol") for ion in ions):
            estimated_ion += _ESTIMATED_ION * molarity * abs(salt.value) / 1000
        if salt.assumption:
            notes.append(salt.assumption)
    relative = float(np.sqrt(_PURE**2 + estimated_pure**2 + salts**2 + estimated_ion**2))
    return _Uncertainty(relative=relative, reason=join_faults(notes))


def _is_measured(species: Solvent | Ion, name: str) -> bool:
    """Whether the catalog holds a value that is not itself an estimate."""
    held = species.properties.get(name)
    return held is not None and not held.source.startswith("estimated")
