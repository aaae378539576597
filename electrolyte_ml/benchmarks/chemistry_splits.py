"""Splits of the suite ``chemistry``: conductivities of all files, extrapolated to new chemistry.

| split | left out |
|---|---|
| ``series`` | a fifth of the series, a salt with a set of solvents each |
| ``anion``, ``cation``, ``solvent`` | everything that holds it, in a salt or in an ionic liquid |
| ``file`` | a data set |
| ``concentrated`` | everything beyond 3 mol/kg |

Copies never cross: a tested row and all its copies in any file are removed from training
(`electrolyte_ml.data.copies`). Splits are frozen before any model is fitted to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.frozen import KeyedSplit
from electrolyte_ml.benchmarks.store import data_sha256, table_sha256
from electrolyte_ml.data.catalog import card_of
from electrolyte_ml.data.copies import copies_of, ions_in, molecules_in, series_groups
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.sources import sodium_table
from electrolyte_ml.data.splits import Split, grouped_split
from electrolyte_ml.data.union import MeasuredUnion, conductivity_union
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.chemistry import formal_charge

#: An ion, solvent or file with fewer rows is no fold of its own.
FEWEST_ROWS = 30
CONCENTRATED_MOL_KG = 3.0


def keyed_splits(seed: int) -> list[KeyedSplit]:
    """All splits of the suite with the row numbers of the files."""
    return [keyed_split(name, seed) for name in SPLITS]


def keyed_split(name: str, seed: int) -> KeyedSplit:
    """A split with the row numbers of each file."""
    union = conductivity_union()
    file_of = {dataset: _file_of(dataset) for dataset in np.unique(union.dataset).tolist()}
    return KeyedSplit(
        suite="chemistry",
        split=SPLITS[name](union, seed),
        rows=union.measurements.source_row,
        table=np.array([file_of[dataset] for dataset in union.dataset.tolist()]),
        data=_hashes(),
    )


def _file_of(dataset: str) -> str:
    files = card_of(dataset).files
    return files[0] if files else sodium_table.TABLE


def _hashes() -> dict[str, str]:
    files = [_file_of(dataset) for dataset in np.unique(conductivity_union().dataset).tolist()]
    fetched = [file for file in files if file != sodium_table.TABLE]
    shipped = {sodium_table.TABLE} & set(files)
    return {**data_sha256(*fetched), **table_sha256(*shipped)}


def without_copies(
    measurements: Measurements, test: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Training and test rows of a fold; further copies of tested rows are in neither.

    Parameters
    ----------
    measurements
        n rows.
    test
        Which are tested, shape (n,).
    """
    copies = copies_of(measurements.select(test), measurements)
    return np.flatnonzero(~test & ~copies), np.flatnonzero(test)


def _series(union: MeasuredUnion, seed: int) -> Split:
    # A series is all rows of one set of species: no copy can be in another.
    return grouped_split("series", series_groups(union.measurements), seed=seed)


def _species_split(
    name: str, species: Callable[[Formulation], frozenset[str]], label: Callable[[str], str]
) -> Callable[[MeasuredUnion, int], Split]:
    """One fold for each species of enough rows; its test rows are all that hold it."""

    def make(union: MeasuredUnion, seed: int) -> Split:
        del seed
        measurements = union.measurements
        held: dict[str, NDArray[np.bool_]] = {}
        for number, formulation in enumerate(measurements.formulations):
            for smiles in species(formulation):
                rows = held.setdefault(smiles, np.zeros(len(measurements.formulations), np.bool_))
                rows[number] = True
        tests = {label(s): held[s][measurements.formulation_index] for s in sorted(held)}
        return _labelled(name, measurements, tests)

    return make


def _labelled(
    name: str, measurements: Measurements, tests: Mapping[str, NDArray[np.bool_]]
) -> Split:
    enough = {
        label: test
        for label, test in sorted(tests.items())
        if FEWEST_ROWS <= test.sum() <= len(measurements) - FEWEST_ROWS
    }
    return Split(
        name=name,
        folds=tuple(without_copies(measurements, test) for test in enough.values()),
        labels=tuple(enough),
    )


def _file(union: MeasuredUnion, seed: int) -> Split:
    del seed
    tests = {str(name): union.dataset == name for name in np.unique(union.dataset)}
    return _labelled("file", union.measurements, tests)


def _concentrated(union: MeasuredUnion, seed: int) -> Split:
    del seed
    measurements = union.measurements
    molality = np.array([f.molality_mol_kg for f in measurements.formulations])
    beyond = (molality > CONCENTRATED_MOL_KG)[measurements.formulation_index]
    return Split(name="concentrated", folds=(without_copies(measurements, beyond),))


def _anions(formulation: Formulation) -> frozenset[str]:
    return frozenset(i for i in ions_in(formulation) if formal_charge(i) < 0)


def _cations(formulation: Formulation) -> frozenset[str]:
    return frozenset(i for i in ions_in(formulation) if formal_charge(i) > 0)


def _ion_name(smiles: str) -> str:
    return default_catalog().ion(smiles).name


def _solvent_name(smiles: str) -> str:
    return default_catalog().solvent(smiles).name


#: How each split is made. ``series`` is the headline.
SPLITS: dict[str, Callable[[MeasuredUnion, int], Split]] = {
    "series": _series,
    "anion": _species_split("anion", _anions, _ion_name),
    "cation": _species_split("cation", _cations, _ion_name),
    "solvent": _species_split("solvent", molecules_in, _solvent_name),
    "file": _file,
    "concentrated": _concentrated,
}
