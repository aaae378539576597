"""Splits of the suite ``solutions``: measured viscosities and densities of solutions.

| split | left out |
|---|---|
| ``viscosity-series``, ``density-series`` | a fifth of the series, a salt with solvents each |
| ``viscosity-paper``, ``density-paper`` | a fifth of the papers, and one paper |
| ``density-pair`` | a fifth of the pairs of solvents, of mixtures without salt |
| ``viscosity-practice``, ``density-practice`` | solutions known to practice and all their series |

Copies never cross: a tested row and all its copies are removed from training
(`electrolyte_ml.data.copies`). All but those of practice are frozen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.chemistry_splits import without_copies
from electrolyte_ml.benchmarks.frozen import KeyedSplit
from electrolyte_ml.benchmarks.store import data_sha256, table_sha256
from electrolyte_ml.data.catalog import card_of
from electrolyte_ml.data.copies import series_groups, species_of
from electrolyte_ml.data.doubts import LABELS
from electrolyte_ml.data.impossible import VISCOSITY
from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.data.solutions import (
    BINARIES,
    DENSITY,
    binary_densities,
    solution_union,
)
from electrolyte_ml.data.splits import Split, grouped_split, leave_one_group_out, source_groups
from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.units import ZERO_CELSIUS_K

SUITE = "solutions"
#: Solutions that every laboratory knows, with the range of values that papers and data sheets give.
PRACTICE = "known_solutions.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionRows:
    """Rows of a split.

    Attributes
    ----------
    measurements
        n rows of one property.
    dataset
        Data set of each row, shape (n,); `PRACTICE` for values known to practice.
    low, high
        Ends of the range that counts as right, shapes (n,): the measured value itself, but for
        values known to practice.
    """

    measurements: Measurements
    dataset: NDArray[np.str_]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def keyed_splits(seed: int) -> list[KeyedSplit]:
    """The splits to freeze, with the row numbers of the files."""
    return [keyed_split(name, seed) for name in SPLITS if name not in OF_PRACTICE]


def keyed_split(name: str, seed: int) -> KeyedSplit:
    """A split with the row numbers of each file.

    Parameters
    ----------
    name
        One of `SPLITS`.
    seed
        Of the folds, where chance has a part in them.
    """
    rows = rows_of(name)
    files = {d: PRACTICE if d == PRACTICE else card_of(d).files[0] for d in set(rows.dataset)}
    measured = sorted({file for file in files.values() if file != PRACTICE})
    shipped = table_sha256(LABELS, *({PRACTICE} & set(files)))
    return KeyedSplit(
        suite=SUITE,
        split=SPLITS[name](name, seed),
        rows=rows.measurements.source_row,
        table=np.array([files[d] for d in rows.dataset.tolist()]),
        data={**data_sha256(*measured), **shipped},
    )


@cache
def rows_of(name: str) -> SolutionRows:
    """Rows of a split, in the order that it counts them."""
    if name == PAIR:
        binaries = binary_densities()
        return _exact(binaries, np.full(len(binaries), BINARIES))
    property_name = property_of_split(name)
    union = solution_union(property_name)
    measured = _exact(union.measurements, union.dataset)
    if name not in OF_PRACTICE:
        return measured
    known, low, high = _known_to_practice(property_name)
    return SolutionRows(
        measurements=concatenate([measured.measurements, known]),
        dataset=np.concatenate([measured.dataset, np.full(len(known), PRACTICE)]),
        low=np.concatenate([measured.low, low]),
        high=np.concatenate([measured.high, high]),
    )


def property_of_split(name: str) -> str:
    """The property whose values a split is of."""
    return VISCOSITY if name.startswith("viscosity") else DENSITY


def _exact(measurements: Measurements, dataset: NDArray[np.str_]) -> SolutionRows:
    value = measurements.value
    return SolutionRows(measurements=measurements, dataset=dataset, low=value, high=value)


def _known_to_practice(
    property_name: str,
) -> tuple[Measurements, NDArray[np.float64], NDArray[np.float64]]:
    """Values known to practice, the middle of each range, and its ends."""
    rows = [
        (number, row)
        for number, row in enumerate(packaged_table(f"data/tables/{PRACTICE}"))
        if row["property"] == property_name
    ]
    low, high = (np.array([float(row[end]) for _, row in rows]) for end in ("low", "high"))
    known = Measurements(
        property_name=property_name,
        formulations=tuple(parse_recipe(row["recipe"]) for _, row in rows),
        formulation_index=np.arange(len(rows)),
        temperature_k=np.array([float(row["temperature_c"]) + ZERO_CELSIUS_K for _, row in rows]),
        value=np.sqrt(low * high),
        source=np.array([row["source"] for _, row in rows]),
        source_row=np.array([number for number, _ in rows]),
        flag=np.full(len(rows), ""),
    )
    return known, low, high


def _series(name: str, seed: int) -> Split:
    # A series is all rows of one set of species: no copy can be in another.
    return grouped_split(name, series_groups(rows_of(name).measurements), seed=seed)


def _papers(name: str, seed: int) -> Split:
    measurements = rows_of(name).measurements
    return _apart(measurements, grouped_split(name, source_groups(measurements), seed=seed))


def _one_paper(name: str, seed: int) -> Split:
    del seed
    measurements = rows_of(name).measurements
    labels = np.unique(measurements.source).tolist()
    return _apart(measurements, leave_one_group_out(name, source_groups(measurements), labels))


def _apart(measurements: Measurements, split: Split) -> Split:
    """The same folds without copies of tested rows in training."""
    folds = []
    for _, test in split.folds:
        tested = np.zeros(len(measurements), dtype=np.bool_)
        tested[test] = True
        folds.append(without_copies(measurements, tested))
    return Split(name=split.name, folds=tuple(folds), labels=split.labels)


def _practice(name: str, seed: int) -> Split:
    """One fold: everything of the species of a tested solution is out of training."""
    del seed
    rows = rows_of(name)
    tested = rows.dataset == PRACTICE
    measurements = rows.measurements
    sets = [species_of(f) for f in measurements.formulations]
    left_out = {sets[i] for i in measurements.formulation_index[tested].tolist()}
    theirs = np.array([s in left_out for s in sets])[measurements.formulation_index]
    return Split(name=name, folds=((np.flatnonzero(~theirs & ~tested), np.flatnonzero(tested)),))


PAIR = "density-pair"
OF_PRACTICE = ("viscosity-practice", "density-practice")
#: How each split is made. The series are the headline.
SPLITS: dict[str, Callable[[str, int], Split]] = {
    "viscosity-series": _series,
    "viscosity-paper": _papers,
    "viscosity-practice": _practice,
    "density-series": _series,
    "density-paper": _one_paper,
    "density-practice": _practice,
    PAIR: _series,
}
