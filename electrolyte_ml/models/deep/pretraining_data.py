"""What the encoder is pre-trained on: viscosity, computed windows, constants of the catalog.

None of it is a conductivity, so that no split of conductivities leaks through it. Constants of
solvents and potentials of anions are those that the default model reads as features, of every
species of the catalog.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.sources import chemixhub_logv
from electrolyte_ml.features.graphs import SpeciesGraphs, species_graphs
from electrolyte_ml.formulation import SolventAmount
from electrolyte_ml.models.deep.constants import constants_of
from electrolyte_ml.quantum.shipped import shipped_rows
from electrolyte_ml.species.catalog import packaged_catalog

#: Columns of the table of computed limits that are learnt, as they are there.
WINDOW_TARGETS = (
    "oxidation_limit_v",
    "reduction_limit_v",
    "vertical_reduction_v",
    "gas_ionisation_ev",
    "solvation_ev",
    "highest_occupied_ev",
    "lowest_empty_ev",
)
# Beyond this many standard deviations a value is held back: ions among molecules.
_CLIP = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainingData:
    """Species, and what is known of them.

    Attributes
    ----------
    graphs
        Of all S species.
    species
        Species that the rows of `targets` are about, shape (r,).
    targets
        Standardised values, NaN where unknown, shape (r, t).
    first, second
        Species of each row of the viscosity set, the same twice in a pure liquid, shape (n,).
    share
        Mole fraction of the first, shape (n,).
    temperature_k, log10_viscosity
        K, and decadic logarithm of mPa s, shape (n,).
    """

    graphs: SpeciesGraphs
    species: NDArray[np.int64]
    targets: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    share: NDArray[np.float64]
    temperature_k: NDArray[np.float64]
    log10_viscosity: NDArray[np.float64]


def pretraining_data() -> PretrainingData:
    """All of it.

    Raises
    ------
    DataNotFoundError
        If the viscosity data set is not on this machine.
    MissingDependencyError
        If DeepChem is not installed.
    """
    known = _windows()
    constants = _constants()
    liquids = chemixhub_logv.load()[0]
    liquids = liquids.select(liquids.flag == "")
    ends = [_ends(f.solvents) for f in liquids.formulations]
    names = sorted({*known, *constants, *(s for a, b, _ in ends for s in (a, b))})
    place = {smiles: i for i, smiles in enumerate(names)}
    rows = sorted({*known, *constants})
    first, second, share = (np.array(column) for column in zip(*ends, strict=True))
    of_row = liquids.formulation_index
    return PretrainingData(
        graphs=species_graphs(names),
        species=np.array([place[s] for s in rows]),
        targets=np.column_stack([_table(rows, known), _table(rows, constants)]),
        first=np.array([place[s] for s in first])[of_row],
        second=np.array([place[s] for s in second])[of_row],
        share=share[of_row],
        temperature_k=liquids.temperature_k,
        log10_viscosity=np.log10(liquids.value),
    )


def _ends(parts: Sequence[SolventAmount]) -> tuple[str, str, float]:
    """Both molecules of a liquid and the mole fraction of the first."""
    moles = [p.mass_fraction / p.solvent.molar_mass_g_mol for p in parts]
    return parts[0].solvent.smiles, parts[-1].solvent.smiles, moles[0] / sum(moles)


def _windows() -> dict[str, NDArray[np.float64]]:
    found = {}
    for row in shipped_rows():
        values = [getattr(row, name) for name in WINDOW_TARGETS]
        if not row.failure:
            found[row.smiles] = np.array([np.nan if v is None else v for v in values])
    return found


def _constants() -> dict[str, NDArray[np.float64]]:
    """Constants of solvents, then those of anions; each NaN for the other kind."""
    catalog = packaged_catalog()
    found = {}
    of_solvents = constants_of("solvent", [s.smiles for s in catalog.solvents])
    of_anions = constants_of("anion", [s.smiles for s in catalog.anions])
    for solvent, row in zip(catalog.solvents, of_solvents, strict=True):
        found[solvent.smiles] = np.concatenate([row, np.full(of_anions.shape[1], np.nan)])
    for anion, row in zip(catalog.anions, of_anions, strict=True):
        found[anion.smiles] = np.concatenate([np.full(of_solvents.shape[1], np.nan), row])
    return found


def _table(rows: list[str], known: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Standardised values of the rows, NaN where nothing is known."""
    width = len(next(iter(known.values())))
    raw = np.array([known.get(s, np.full(width, np.nan)) for s in rows])
    scaled = (raw - np.nanmedian(raw, axis=0)) / np.nanstd(raw, axis=0)
    held: NDArray[np.float64] = np.clip(scaled, -_CLIP, _CLIP)
    return held
