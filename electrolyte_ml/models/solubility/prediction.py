"""Solubility of the salts of recipes, in numbers with intervals and in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.domain import NOTABLE_SHARE
from electrolyte_ml.models.intervals import COVERAGE
from electrolyte_ml.models.molecules_only import NOT_COVERED
from electrolyte_ml.models.solubility.diluents import is_diluent
from electrolyte_ml.models.solubility.evidence import solubility_evidence
from electrolyte_ml.models.solubility.mixtures import (
    CATIONS,
    SaltLimits,
    is_covered,
    salt_limits,
)
from electrolyte_ml.models.solubility.pure import pure_solubility
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.row_table import RowTable
from electrolyte_ml.species import Salt
from electrolyte_ml.species.catalog import packaged_catalog

# One donor molecule by cation is the solvate limit; with fewer the lattice is not taken apart.
FEWEST_DONORS_BY_CATION = 1.0
# About a tenth of a gram by litre, which the pharmacopoeias call practically insoluble.
_HARDLY_MOL_KG = 0.0025
# Wider than this factor each way, the limit is a guess.
_WIDEST_FACTOR = 15.0
_Z = NormalDist().inv_cdf((1 + COVERAGE) / 2)
# Solvents that everything of the search should dissolve in, at least in one of them.
_USUAL_SOLVENTS = ("PC", "DMC", "DME")
_NO_SALT = "no salt"
_ESTIMATED = "estimated"
# An estimate speaks against a recipe where it dissolves with less than 30 %: standard deviations.
_DOUBT_OF_ESTIMATES = 0.52
# Rounding of logarithms.
_EQUAL = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Solubility(RowTable):
    """Solubility of the salts of n recipes.

    Attributes
    ----------
    solubility_mol_kg
        Highest molality of all salts together, mol/kg of solvents, in the proportion that the
        recipe has them: that at which the first of them is saturated.
    solubility_margin
        The same by the molality of the recipe: below one a salt does not dissolve.
    """

    solubility_mol_kg: Prediction
    solubility_margin: Prediction

    def __len__(self) -> int:
        return len(self.solubility_mol_kg)


def predict_solubility(
    formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
) -> Solubility:
    """Solubility of the salts of recipes, each at its temperature.

    Parameters
    ----------
    formulations
        Recipes, length n; the same object may stand in many rows.
    temperature_k
        Temperatures, K, shape (n,).
    """
    distinct = {id(f): f for f in formulations}
    place = {key: i for i, key in enumerate(distinct)}
    index = np.array([place[id(f)] for f in formulations], dtype=np.intp)
    recipes = list(distinct.values())
    covered = [i for i, f in enumerate(recipes) if not f.ionic_liquids and f.salts]
    limits = salt_limits([recipes[i] for i in covered])
    at = np.array(covered, dtype=np.intp)[limits.recipe]
    reasons = _reasons(recipes, limits, at)
    total = np.array([f.molality_mol_kg for f in recipes], dtype=np.float64)[index]
    margins = _margins(limits, at, index, np.asarray(temperature_k, dtype=np.float64))
    known = np.zeros(len(recipes), dtype=np.bool_)
    known[covered] = True
    known[at[~(_Z * limits.deviation <= np.log(_WIDEST_FACTOR))]] = False
    margin = Prediction(
        low=margins[0],
        value=margins[1],
        high=margins[2],
        coverage=COVERAGE,
        in_domain=known[index],
        reason=tuple(reasons[i] for i in index),
    )
    return Solubility(
        solubility_mol_kg=_times(margin, total),
        solubility_margin=margin,
    )


def _times(margin: Prediction, molality: NDArray[np.float64]) -> Prediction:
    return Prediction(
        low=margin.low * molality,
        value=margin.value * molality,
        high=margin.high * molality,
        coverage=margin.coverage,
        in_domain=margin.in_domain,
        reason=margin.reason,
    )


def _margins(
    limits: SaltLimits,
    at: NDArray[np.intp],
    index: NDArray[np.intp],
    temperature_k: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Low, value and high of the smallest margin among the salts of each row, shape (3, n)."""
    count = int(index.max(initial=-1)) + 1
    found = np.full((3, len(index)), np.nan)
    for kelvin in np.unique(temperature_k):
        ends = np.array(limits.interval(_Z, float(kelvin))) / limits.molality_mol_kg
        lowest = np.full((3, count), np.inf)
        for row in range(3):
            with np.errstate(invalid="ignore"):  # NaN of a salt that is not covered stays
                np.minimum.at(lowest[row], at, ends[row])
        rows = temperature_k == kelvin
        found[:, rows] = lowest[:, index[rows]]
    return np.where(np.isinf(found), np.nan, found)


def _reasons(
    recipes: Sequence[Formulation], limits: SaltLimits, at: NDArray[np.intp]
) -> list[str | None]:
    """What speaks against each number, in words."""
    lines: dict[int, list[str]] = defaultdict(list)
    wide = _Z * limits.deviation > np.log(_WIDEST_FACTOR)
    for i, (row, salt) in enumerate(zip(at.tolist(), limits.salts, strict=True)):
        basis = _basis(salt, recipes[row])
        if basis:
            lines[row].append(f"solubility of {salt.name} {basis}")
        if wide[i]:
            factor = float(np.exp(_Z * limits.deviation[i]))
            lines[row].append(f"solubility uncertain by a factor of {factor:.0f}")
    return [
        NOT_COVERED if f.ionic_liquids else "; ".join(lines[i]) or (None if f.salts else _NO_SALT)
        for i, f in enumerate(recipes)
    ]


def _basis(salt: Salt, formulation: Formulation) -> str:
    """What the solubility rests on, where it is no value and no measured solution."""
    parts = formulation.solvents
    notable = [part.solvent for part in parts if part.mass_fraction >= NOTABLE_SHARE]
    ions = (salt.cation.smiles, salt.anion.smiles)
    names = tuple((s.smiles, s.name) for s in notable if not is_diluent(s))
    return _basis_of(is_covered(salt), ions, names)


@lru_cache(maxsize=4096)
def _basis_of(covered: bool, ions: tuple[str, str], solvents: tuple[tuple[str, str], ...]) -> str:
    if not covered:
        return f"not known: salts of {', '.join(CATIONS)} are covered"
    kinds = {name: _kinds().get((*ions, smiles)) for smiles, name in solvents}
    estimated = ", ".join(name for name, verified in kinds.items() if verified is None)
    unchecked = ", ".join(name for name, verified in kinds.items() if verified is False)
    words = [f"in {estimated} {_ESTIMATED}"] if estimated else []
    words += [f"in {unchecked} from memory, not checked"] if unchecked else []
    return " and ".join(words)


@cache
def _kinds() -> dict[tuple[str, str, str], bool]:
    """Whether anything known of a pair was verified."""
    found: dict[tuple[str, str, str], bool] = {}
    for held in solubility_evidence():
        key = (held.salt.cation.smiles, held.salt.anion.smiles, held.solvent.smiles)
        found[key] = found.get(key, False) or held.verified
    return found


@cache
def insoluble_anions() -> frozenset[str]:
    """Names of anions whose salts with alkali metals are practically insoluble in most solvents."""
    catalog = packaged_catalog()
    solvents = [catalog.solvent(name) for name in _USUAL_SOLVENTS]
    cations = [ion for ion in catalog.cations if ion.name in {"Li", "Na", "K"}]
    found = set()
    for anion in catalog.anions:
        pairs = [(Salt(cation=c, anion=anion), s) for c in cations for s in solvents]
        if np.all(pure_solubility().predict(pairs)[0] < np.log(_HARDLY_MOL_KG)):
            found.add(anion.name)
    return frozenset(found)


def solubility_notes(formulations: Sequence[Formulation]) -> list[tuple[str, ...]]:
    """Why the salts of recipes may not dissolve at 25 °C; empty if nothing speaks against it.

    Parameters
    ----------
    formulations
        Recipes without ionic liquids, length u.
    """
    limits = salt_limits(formulations)
    low, value, high = limits.interval(_Z)
    lines: dict[int, list[str]] = defaultdict(list)
    excess = np.log(limits.molality_mol_kg) - limits.ln_limit
    for i in np.flatnonzero((limits.molality_mol_kg > low) & (excess > _EQUAL)):
        row, salt = int(limits.recipe[i]), limits.salts[i]
        basis = _basis(salt, formulations[row])
        if _ESTIMATED in basis and excess[i] < _DOUBT_OF_ESTIMATES * limits.deviation[i]:
            continue
        hardly = value[i] < _HARDLY_MOL_KG
        lines[row].append(
            f"{salt.name} {'is practically insoluble' if hardly else 'may not dissolve'}: "
            f"{limits.molality_mol_kg[i]:.2g} mol/kg asked for, such solvents take about "
            f"{value[i]:.2g} mol/kg ({low[i]:.2g} to {high[i]:.2g}{'; ' if basis else ''}{basis})"
        )
    return [
        (*_too_few_donors(f), *lines[row]) if f.salts else () for row, f in enumerate(formulations)
    ]


def _too_few_donors(formulation: Formulation) -> tuple[str, ...]:
    donors = [part for part in formulation.solvents if not is_diluent(part.solvent)]
    if not donors:
        names = ", ".join(part.solvent.name for part in formulation.solvents)
        return (f"salt may not dissolve: {names} only dilute",)
    cations = sum(s.molality_mol_kg * s.salt.n_cation for s in formulation.salts)
    moles = sum(part.moles_per_kg for part in donors)
    if moles >= FEWEST_DONORS_BY_CATION * cations:
        return ()
    few = f"{moles / cations:.2g} mol of coordinating solvent by mol of cation"
    return (f"salt may not dissolve: {few}",)
