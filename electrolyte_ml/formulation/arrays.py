"""Formulations from arrays of amounts, for screenings that never write a recipe as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from electrolyte_ml.errors import AmountError, ElectrolyteError, InputErrors
from electrolyte_ml.formulation.amounts import SaltAmount, SolventAmount
from electrolyte_ml.formulation.formulation import Formulation
from electrolyte_ml.species import Catalog, Salt, Solvent, default_catalog
from electrolyte_ml.text import shown

# Rows whose mass fractions miss 1 by less are scaled: rounding of the caller's arithmetic.
_SUM_TOLERANCE = 1e-6
# Faulty rows that are named.
_MOST_NAMED = 5


def formulations_of_arrays(
    species: Sequence[str | Solvent | Salt],
    mass_fractions: ArrayLike,
    molalities: ArrayLike | None = None,
    *,
    roles: Sequence[str] | None = None,
    catalog: Catalog | None = None,
) -> list[Formulation]:
    """Formulations of rows of amounts.

    Parameters
    ----------
    species
        The s solvents, then the a salts, by name or as objects.
    mass_fractions
        Mass of each solvent by mass of all solvents, shape (n, s); rows sum to 1. A recipe has no
        solvent of zero.
    molalities
        Moles of each salt by kilogram of all solvents, shape (n, a); None for pure solvents.
    roles
        ``solvent``, ``diluent`` or ``additive`` of each solvent, length s; the usual ones of the
        catalog by default.
    catalog
        Species to look up names in; by default the one that ships, with the user's own.

    Returns
    -------
    list of Formulation
        Length n.

    Raises
    ------
    InputErrors
        If names are unknown, with a line for each.
    AmountError
        If shapes do not fit, or a row has impossible amounts; the first rows are named.
    """
    fractions = _matrix(mass_fractions, "mass_fractions")
    n_rows, n_solvents = fractions.shape
    given = np.zeros((n_rows, 0)) if molalities is None else molalities
    amounts = _matrix(given, "molalities")
    if len(amounts) != n_rows or n_solvents + amounts.shape[1] != len(species):
        raise AmountError(
            f"mass_fractions has shape {fractions.shape} and molalities {amounts.shape} for "
            f"{len(species)} species; they are (n, solvents) and (n, salts), and species names the "
            "solvents, then the salts"
        )
    solvents, salts = _looked_up(species, n_solvents, catalog or default_catalog())
    total = fractions.sum(axis=1)
    _require_possible(fractions, amounts, total)
    return _made(
        fractions / total[:, None],
        amounts,
        [(s, r) for s, r in zip(solvents, roles or [s.role for s in solvents], strict=True)],
        salts,
    )


def _matrix(values: ArrayLike, name: str) -> NDArray[np.float64]:
    try:
        matrix = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise AmountError(f"{name} has to hold numbers: {error}") from error
    if matrix.ndim != 2:
        raise AmountError(
            f"{name} has shape {matrix.shape}; give a row for each recipe and a column for each "
            "species"
        )
    return matrix


def _looked_up(
    species: Sequence[str | Solvent | Salt], n_solvents: int, catalog: Catalog
) -> tuple[list[Solvent], list[Salt]]:
    solvents: list[Solvent] = []
    salts: list[Salt] = []
    faults = []
    for place, one in enumerate(species):
        wanted = Solvent if place < n_solvents else Salt
        try:
            if isinstance(one, str):
                found = catalog.written_solvent(one) if wanted is Solvent else catalog.salt(one)
            else:
                found = one
        except ElectrolyteError as error:
            faults.append(f"species {place}: {error}")
            continue
        if wanted is Solvent and isinstance(found, Solvent):
            solvents.append(found)
        elif wanted is Salt and isinstance(found, Salt):
            salts.append(found)
        else:
            faults.append(
                f"species {place}, {shown(str(one))}, is {type(one).__name__}, and a "
                f"{wanted.__name__} stands there"
            )
    smiles = [s.smiles for s in solvents]
    smiles += [f"{s.cation.smiles}.{s.anion.smiles}" for s in salts]
    if len(set(smiles)) < len(smiles):
        faults.append("a species is given twice; add its columns up")
    if faults:
        raise InputErrors(faults)
    return solvents, salts


def _require_possible(
    fractions: NDArray[np.float64], molalities: NDArray[np.float64], total: NDArray[np.float64]
) -> None:
    legal = np.all(np.isfinite(fractions) & (fractions >= 0), axis=1)
    legal &= np.all(np.isfinite(molalities) & (molalities >= 0), axis=1)
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(~(legal & (np.abs(total - 1) <= _SUM_TOLERANCE)))
    if len(bad):
        named = ", ".join(map(str, bad[:_MOST_NAMED])) + (" ..." if len(bad) > _MOST_NAMED else "")
        raise AmountError(
            f"{len(bad)} rows have impossible amounts (row {named}): amounts are finite and not "
            "negative, and mass fractions of a row sum to 1; row "
            f"{bad[0]} sums to {total[bad[0]]:.9g}"
        )


def _made(
    fractions: NDArray[np.float64],
    molalities: NDArray[np.float64],
    solvents: Sequence[tuple[Solvent, str]],
    salts: Sequence[Salt],
) -> list[Formulation]:
    return [
        Formulation(
            solvents=tuple(
                [
                    SolventAmount(solvent=solvents[i][0], mass_fraction=w, role=solvents[i][1])
                    for i, w in enumerate(parts)
                    if w > 0
                ]
            ),
            salts=tuple(
                [
                    SaltAmount(salt=salts[i], molality_mol_kg=m)
                    for i, m in enumerate(dissolved)
                    if m > 0
                ]
            ),
        )
        for parts, dissolved in zip(fractions.tolist(), molalities.tolist(), strict=True)
    ]
