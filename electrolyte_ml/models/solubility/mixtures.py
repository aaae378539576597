r"""Solubility of each salt of a recipe in its solvents.

Solvents that bind the cation mix by logarithms with local shares, volume fractions :math:`\phi`
preferring the better solvent,

.. math:: \ln m = \sum_i \theta_i \ln m_i, \qquad \theta_i \propto \phi_i\, m_i^{1/2}

between the log-linear rule of Yalkowsky [1]_ (:math:`\theta_i = \phi_i`) and a salt that gathers
all of its best solvent. A diluent takes no part: the salt keeps its solvent when it is diluted, so
that the molality falls with the mass fraction of the solvents that bind. No more salt than 1.5 by
molecule of solvent is a solution. A measured solution in nearly the same blend is a lower bound.

Of temperature only is known that heats of solution are of either sign (of the salts with values at
two temperatures -18 to +24 kJ/mol, root mean square 14): away from 25 °C the interval widens.

References
----------
.. [1] Yalkowsky and Roseman, in: Techniques of Solubilization of Drugs, Dekker 1981, p. 91.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features.constants import solvent_constants
from electrolyte_ml.models.domain import NOTABLE_SHARE
from electrolyte_ml.models.solubility.diluents import is_diluent
from electrolyte_ml.models.solubility.evidence import MOST_SALT_BY_SOLVENT, dissolved_mixtures
from electrolyte_ml.models.solubility.pure import pure_solubility
from electrolyte_ml.species import Salt, Solvent
from electrolyte_ml.units import GAS_CONSTANT_J_MOL_K, ROOM_TEMPERATURE_K

if TYPE_CHECKING:
    from electrolyte_ml.formulation import Formulation

#: Cations whose salts the model covers.
CATIONS = ("Li", "Na", "K", "Rb", "Cs")
_HEAT_OF_SOLUTION_J_MOL = 15_000.0
# Local shares prefer the better solvent by this power of its solubility.
_PREFERENCE = 0.5
# Standard deviation of the rule of mixtures by that of ln m among the solvents.
_RULE = 0.35
# Blends are nearly equal up to this sum of the differences of their mass fractions.
_SAME_BLEND = 0.2

# Mean and standard deviation of ln(mol/kg) by ions and solvent: pairs recur in many recipes.
_PAIRS: dict[tuple[tuple[str, str], Solvent], tuple[float, float]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class SaltLimits:
    """Solubility of the salts of u recipes, a row for each salt of each recipe, n rows.

    Attributes
    ----------
    recipe
        Number of the recipe, shape (n,).
    salts
        The salt, length n.
    molality_mol_kg
        What the recipe holds of it, mol/kg of solvents, shape (n,).
    ln_limit, deviation
        Mean and standard deviation of the logarithm of the molality of the saturated solution at
        25 °C, shapes (n,).
    most_mol_kg
        Beyond it there is no solution, shape (n,).
    """

    recipe: NDArray[np.intp]
    salts: tuple[Salt, ...]
    molality_mol_kg: NDArray[np.float64]
    ln_limit: NDArray[np.float64]
    deviation: NDArray[np.float64]
    most_mol_kg: NDArray[np.float64]

    def interval(
        self, z: float, temperature_k: NDArray[np.float64] | float = ROOM_TEMPERATURE_K
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Limit and its bounds at `z` standard deviations, mol/kg, shapes (n,).

        Parameters
        ----------
        z
            Half width of the interval.
        temperature_k
            One for all rows, or of each row, K.
        """
        shift = _HEAT_OF_SOLUTION_J_MOL / GAS_CONSTANT_J_MOL_K
        heat = shift * np.abs(1 / np.asarray(temperature_k) - 1 / ROOM_TEMPERATURE_K)
        half = z * np.hypot(self.deviation, heat)
        # The most that solvents can hold bounds the estimate, and does not make it certain.
        most = np.log(self.most_mol_kg)
        middle = np.minimum(self.ln_limit, most)
        high = np.minimum(self.ln_limit + half, most)
        return np.exp(middle - half), np.exp(middle), np.exp(high)


def salt_limits(formulations: Sequence[Formulation]) -> SaltLimits:
    """Solubility of every salt of recipes without ionic liquids.

    Parameters
    ----------
    formulations
        Recipes, length u. Salts of other cations than those covered have no limit, NaN.
    """
    solvents: dict[str, Solvent] = {}
    cells: list[tuple[int, int, float]] = []
    places: dict[str, int] = {}
    for row, formulation in enumerate(formulations):
        for part in formulation.solvents:
            smiles = part.solvent.smiles
            solvents.setdefault(smiles, part.solvent)
            cells.append((row, places.setdefault(smiles, len(places)), part.mass_fraction))
    media = _Media.of(tuple(solvents.values()), cells, len(formulations))
    entries = [(row, s) for row, f in enumerate(formulations) for s in f.salts]
    recipe = np.array([row for row, _ in entries], dtype=np.intp)
    kinds: dict[tuple[str, str], int] = {}
    of = np.array([kinds.setdefault(_ions(s.salt), len(kinds)) for _, s in entries], dtype=np.intp)
    first = {_ions(s.salt): s.salt for _, s in entries}
    mean, deviation = _of_pairs([first[key] for key in kinds], media.solvents)
    ln_limit, error = _mixed(media, recipe, mean[of], deviation[of])
    at_least = np.array([_measured(formulations[row], s.salt) for row, s in entries])
    return SaltLimits(
        recipe=recipe,
        salts=tuple(s.salt for _, s in entries),
        molality_mol_kg=np.array([s.molality_mol_kg for _, s in entries], dtype=np.float64),
        ln_limit=np.maximum(ln_limit, at_least),
        deviation=error,
        most_mol_kg=media.most_mol_kg[recipe],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Media:
    """Solvents of u recipes: mass fractions and volume fractions of those that bind, (u, s).

    ``binding`` is the mass fraction of those that bind, shape (u,); where nothing binds, all count.
    """

    solvents: tuple[Solvent, ...]
    volume: NDArray[np.float64]
    binding: NDArray[np.float64]
    most_mol_kg: NDArray[np.float64]

    @classmethod
    def of(
        cls, solvents: tuple[Solvent, ...], cells: Sequence[tuple[int, int, float]], count: int
    ) -> _Media:
        mass = np.zeros((count, len(solvents)))
        for row, place, fraction in cells:
            mass[row, place] += fraction
        binds = np.array([not is_diluent(s) for s in solvents], dtype=np.float64)
        some = (mass @ binds) > 0
        mass = np.where(some[:, None], mass * binds, mass)
        per_kg = np.array([1000 / s.molar_mass_g_mol for s in solvents])
        volume = mass * per_kg * [solvent_constants(s).molar_volume_cm3_mol for s in solvents]
        return cls(
            solvents=solvents,
            volume=volume / volume.sum(axis=1, keepdims=True),
            binding=mass.sum(axis=1),
            most_mol_kg=MOST_SALT_BY_SOLVENT * (mass @ per_kg),
        )


def _mixed(
    media: _Media,
    recipe: NDArray[np.intp],
    mean: NDArray[np.float64],
    deviation: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of ln(mol/kg) of n salts in their mixtures, shapes (n,)."""
    share = media.volume[recipe]
    share = share * np.exp(_PREFERENCE * (mean - mean.max(axis=1, keepdims=True, initial=-np.inf)))
    share = share / share.sum(axis=1, keepdims=True)
    ln_limit = (share * mean).sum(axis=1)
    spread = (share * (mean - ln_limit[:, None]) ** 2).sum(axis=1)
    error = np.sqrt((share * deviation).sum(axis=1) ** 2 + _RULE**2 * spread)
    return ln_limit + np.log(media.binding[recipe]), error


def _of_pairs(
    salts: Sequence[Salt], solvents: Sequence[Solvent]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of ln(mol/kg) of every salt in every solvent."""
    wanted = [(_ions(salt), solvent) for salt in salts if is_covered(salt) for solvent in solvents]
    new = [key for key in wanted if key not in _PAIRS]
    if new:
        by_ions = {_ions(salt): salt for salt in salts}
        found = pure_solubility().predict([(by_ions[ions], solvent) for ions, solvent in new])
        _PAIRS.update(zip(new, zip(*(x.tolist() for x in found), strict=True), strict=True))
    nothing = (np.nan, np.nan)
    table = np.array(
        [[_PAIRS.get((_ions(salt), s), nothing) for s in solvents] for salt in salts]
    ).reshape(len(salts), len(solvents), 2)
    return table[..., 0], table[..., 1]


def _measured(formulation: Formulation, salt: Salt) -> float:
    """ln(mol/kg) of the most concentrated solution measured in nearly these solvents."""
    parts = {
        part.solvent.smiles: part.mass_fraction
        for part in formulation.solvents
        if part.mass_fraction >= NOTABLE_SHARE
    }
    known = _measured_mixtures().get((*_ions(salt), *sorted(parts)))
    if known is None:
        return -np.inf
    fractions, ln_molality = known
    apart = sum(abs(parts[smiles] - fraction) for smiles, fraction in fractions.items())
    return ln_molality if apart <= _SAME_BLEND else -np.inf


@cache
def _measured_mixtures() -> dict[tuple[str, ...], tuple[dict[str, float], float]]:
    found = {}
    for held in dissolved_mixtures():
        smiles = [solvent.smiles for solvent in held.solvents]
        fractions = dict(zip(smiles, held.mass_fractions.tolist(), strict=True))
        key = (*_ions(held.salt), *sorted(smiles))
        found[key] = (fractions, float(np.log(held.molality_mol_kg)))
    return found


def is_covered(salt: Salt) -> bool:
    """Whether the model covers a salt: one of an alkali metal."""
    return salt.cation.name in CATIONS


def _ions(salt: Salt) -> tuple[str, str]:
    return salt.cation.smiles, salt.anion.smiles
