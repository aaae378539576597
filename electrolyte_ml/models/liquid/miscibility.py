r"""Whether a recipe is one liquid at 25 °C or separates into two.

A mixture is a regular solution of molecules of unequal volume (Scatchard and Hildebrand, Flory and
Huggins), with volume fractions :math:`\phi` and energies of mixing :math:`A` (`mixing`),

.. math:: \ln \gamma_i x_i = \ln \phi_i + 1 - \frac{V_i}{\bar V} + \frac{V_i}{RT}
    \Big[ \sum_j \phi_j A_{ij} - \tfrac12 \sum_{jk} \phi_j \phi_k A_{jk} \Big]

It is stable if no other composition lies below its tangent plane; trial compositions start from
each pure solvent and are improved by successive substitution (Michelsen [1]_). Salt binds its
solvent and salts the others out: the energy between solvents that bind cations and those that do
not grows with the molality among the former. Energies have bounds (`mixing`): the word is certain
where the least energy separates the liquids, or the most does not.

References
----------
.. [1] Michelsen, Fluid Phase Equilib. 1982, 9, 1. https://doi.org/10.1016/0378-3812(82)85001-2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.domain import NOTABLE_SHARE
from electrolyte_ml.models.liquid.mixing import RegularSolutions
from electrolyte_ml.models.solubility.diluents import is_diluent
from electrolyte_ml.units import GAS_CONSTANT_J_MOL_K, ROOM_TEMPERATURE_K

if TYPE_CHECKING:
    from electrolyte_ml.formulation import Formulation
    from electrolyte_ml.species import Solvent

MISCIBLE, UNKNOWN, MAY_SEPARATE, SEPARATES = (
    "miscible",
    "unknown",
    "may separate",
    "separates",
)
#: From what is sure to be one liquid to what is sure to be two.
WORDS = (MISCIBLE, UNKNOWN, MAY_SEPARATE, SEPARATES)
# By mol/kg among the solvents that bind, J/cm3: anions whose salts dilute well, and others. Sizes
# are a guess: electrolytes of one phase hold 10 mol/kg of the former beside hydrofluoroethers.
_SALTING_OUT = {True: 0.5, False: 2.0}
_SOFT_ANIONS = frozenset({"FSI", "TFSI", "FTFSI", "BETI"})
_MOST_MOL_KG = 10.0
_TRACE = 1e-3
_STEPS = 40
_UNSTABLE = -1e-5
_RT = GAS_CONSTANT_J_MOL_K * ROOM_TEMPERATURE_K


@dataclass(frozen=True, slots=True, kw_only=True)
class Miscibility:
    """Words on u recipes.

    Attributes
    ----------
    words
        One of `WORDS` each, length u.
    reasons
        Why, for all but those that are miscible, length u.
    """

    words: tuple[str, ...]
    reasons: tuple[str | None, ...]


def miscibility(formulations: Sequence[Formulation]) -> Miscibility:
    """Whether recipes of molecules and salts are one liquid at 25 °C.

    Parameters
    ----------
    formulations
        Recipes without ionic liquids, length u.
    """
    words = [MISCIBLE] * len(formulations)
    reasons: list[str | None] = [None] * len(formulations)
    blends: dict[tuple[Solvent, ...], list[int]] = {}
    for row in np.flatnonzero(_doubtful(formulations)).tolist():
        parts = [p.solvent for p in formulations[row].solvents if p.mass_fraction >= _TRACE]
        blends.setdefault(tuple(sorted(parts, key=lambda s: s.smiles)), []).append(row)
    for solvents, rows in blends.items():
        blend = _Blend.of(solvents, [formulations[i] for i in rows])
        for row, (word, reason) in zip(rows, blend.judged(), strict=True):
            words[row], reasons[row] = word, reason
    return Miscibility(words=tuple(words), reasons=tuple(reasons))


def _doubtful(formulations: Sequence[Formulation]) -> NDArray[np.bool_]:
    """Whether recipes hold a pair of solvents that may separate or is unknown, shape (u,)."""
    solvents: dict[str, Solvent] = {}
    places: dict[str, int] = {}
    cells: list[int] = []
    counts = []
    for formulation in formulations:
        parts = formulation.solvents
        counts.append(len(parts))
        for part in parts:
            smiles = part.solvent.smiles
            if smiles not in places:
                places[smiles] = len(places)
                solvents[smiles] = part.solvent
            cells.append(places[smiles])
    present = np.zeros((len(formulations), len(places)), dtype=np.bool_)
    present[np.repeat(np.arange(len(counts)), counts), cells] = True
    liquids = _liquids(tuple(solvents.values()))
    binds = np.array([not is_diluent(s) for s in solvents.values()])
    salted = liquids.most_j_cm3 + (binds[:, None] != binds) * max(_SALTING_OUT.values()) * (
        _MOST_MOL_KG
    )
    protic = liquids.is_protic[:, None] | liquids.is_protic
    pairs = np.triu((salted > liquids.critical_j_cm3) | (protic & ~liquids.is_known), k=1)
    found = np.zeros(len(formulations), dtype=np.bool_)
    for i, j in np.argwhere(pairs):
        found |= present[:, i] & present[:, j]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blend:
    """Recipes, n, of the same solvents, s: volume fractions, and what salt adds to energies."""

    liquids: RegularSolutions
    mass: NDArray[np.float64]
    volume: NDArray[np.float64]
    salting_j_cm3: NDArray[np.float64]

    @classmethod
    def of(cls, solvents: tuple[Solvent, ...], formulations: Sequence[Formulation]) -> _Blend:
        liquids = _liquids(solvents)
        place = {solvent.smiles: i for i, solvent in enumerate(solvents)}
        mass = np.zeros((len(formulations), len(solvents)))
        for row, formulation in enumerate(formulations):
            for part in formulation.solvents:
                if part.solvent.smiles in place:
                    mass[row, place[part.solvent.smiles]] = part.mass_fraction
        density = np.array([s.molar_mass_g_mol for s in solvents]) / liquids.volume_cm3_mol
        volume = mass / density
        binds = np.array([not is_diluent(s) for s in solvents], dtype=np.float64)
        salt = np.array([_salting(f) for f in formulations])
        among = np.maximum(mass @ binds, 1 / _MOST_MOL_KG)
        apart = np.abs(np.subtract.outer(binds, binds))
        return cls(
            liquids=liquids,
            mass=mass,
            volume=volume / volume.sum(axis=1, keepdims=True),
            salting_j_cm3=(salt / among)[:, None, None] * apart,
        )

    def judged(self) -> list[tuple[str, str | None]]:
        """Word and reason of each recipe."""
        liquids = self.liquids
        maybe = self._separates(liquids.most_j_cm3)
        surely = maybe.copy()
        if maybe.any():
            surely[maybe] = self._separates(liquids.least_j_cm3, maybe)
        strange = self._strange()
        found: list[tuple[str, str | None]] = []
        for row in range(len(self.mass)):
            if surely[row]:
                found.append((SEPARATES, f"separates into two liquids: {self._pair(row)}"))
            elif maybe[row]:
                found.append((MAY_SEPARATE, f"may separate into two: {self._pair(row)}"))
            elif strange[row]:
                names = ", ".join(strange[row])
                found.append((UNKNOWN, f"not known whether {names} mixes: hydrogen bonds"))
            else:
                found.append((MISCIBLE, None))
        return found

    def _strange(self) -> list[tuple[str, ...]]:
        """Names of solvents whose hydrogen bonds make the estimate void, for each recipe."""
        liquids = self.liquids
        if not liquids.is_protic.any():
            return [()] * len(self.mass)
        unknown = (liquids.is_protic[:, None] | liquids.is_protic) & ~liquids.is_known
        np.fill_diagonal(unknown, val=False)
        notable = self.mass >= NOTABLE_SHARE
        names = [s.name for s in liquids.solvents]
        return [
            tuple(
                names[i]
                for i in np.flatnonzero(here & liquids.is_protic)
                if np.any(unknown[i] & here)
            )
            for here in notable
        ]

    def _separates(
        self, energy: NDArray[np.float64], among: NDArray[np.bool_] | slice = slice(None)
    ) -> NDArray[np.bool_]:
        """Whether recipes have a composition below their tangent plane, shape (n,)."""
        total = energy + self.salting_j_cm3[among]
        found = np.any(total > self.liquids.critical_j_cm3, axis=(1, 2))
        rows = np.flatnonzero(found)
        if len(rows):
            volume, molar = self.volume[among], self.liquids.volume_cm3_mol
            found[rows] = _unstable(volume[rows], molar, total[rows] / _RT)
        return found

    def _pair(self, row: int) -> str:
        """The two solvents that mix worst, and on what the word rests."""
        liquids = self.liquids
        worst = (liquids.most_j_cm3 + self.salting_j_cm3[row]) / liquids.critical_j_cm3
        i, j = np.unravel_index(int(np.argmax(worst)), worst.shape)
        names = " with ".join(sorted(liquids.solvents[k].name for k in (i, j)))
        return f"{names} ({'known' if liquids.is_known[i, j] else 'estimated'})"


@lru_cache(maxsize=4096)
def _liquids(solvents: tuple[Solvent, ...]) -> RegularSolutions:
    return RegularSolutions.of(solvents)


def _salting(formulation: Formulation) -> float:
    """What the salts add by kilogram of solvents, J/cm3 times mol/kg."""
    total = sum(
        _SALTING_OUT[s.salt.anion.name in _SOFT_ANIONS] * s.molality_mol_kg
        for s in formulation.salts
    )
    return min(total, _MOST_MOL_KG)


def _unstable(
    volume: NDArray[np.float64], molar: NDArray[np.float64], energy: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether liquids separate, shape (n,).

    Parameters
    ----------
    volume
        Volume fractions, shape (n, s).
    molar
        Molar volumes, cm3/mol, shape (s,).
    energy
        Energies of mixing by RT, mol/cm3, shape (n, s, s).
    """
    mole = volume / molar
    mole = mole / mole.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        here = np.log(mole) + _ln_gamma(mole[:, None], molar, energy)[:, 0]
    # Trials: nearly pure solvents, shape (n, trials, s).
    trial = np.eye(len(molar)) * 0.98 + 0.02 * mole[:, None, :]
    for _ in range(_STEPS):
        share = trial / trial.sum(axis=2, keepdims=True)
        trial = np.exp(here[:, None, :] - _ln_gamma(share, molar, energy))
    # A trial that went back to the recipe itself has a distance of zero.
    distance = 1 - trial.sum(axis=2)
    return np.asarray(np.any(distance < _UNSTABLE, axis=1))


def _ln_gamma(
    mole: NDArray[np.float64], molar: NDArray[np.float64], energy: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Logarithmic activity coefficients of compositions, shape (n, trials, s)."""
    mean = mole @ molar
    ratio = molar / mean[..., None]
    volume = mole * ratio
    each = np.einsum("ntj,nij->nti", volume, energy)
    half = 0.5 * (volume * each).sum(axis=2, keepdims=True)
    return np.log(ratio) + 1 - ratio + molar * (each - half)
