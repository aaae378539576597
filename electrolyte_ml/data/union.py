"""One table of all measured conductivities, each measurement once, with trust and licence by row.

Files stand in the order of how well they are documented (`FILES`): of several copies of one
measurement the one in the first file stays (`electrolyte_ml.data.copies.once`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.catalog import card_of
from electrolyte_ml.data.contradictions import find_contradictions
from electrolyte_ml.data.copies import copies_of, once
from electrolyte_ml.data.doubts import labelled_doubts, trusted_as
from electrolyte_ml.data.measurements import Measurements, Trust, concatenate
from electrolyte_ml.data.sources import load_source
from electrolyte_ml.errors import InputError

CONDUCTIVITY = "conductivity_ms_cm"


#: Data sets of the union, the best documented first: single papers, then tables with a paper and
#: units for each row, then those without.
FILES = (
    "sodium_table",
    "na_literature",
    "chayambuka2022",
    "calisol23",
    "ilthermo_alkali_salts",
    "il_in_battery_solvents",
    "himnn_chemarr_liquids",
    "s4_lifsi_single_solvents",
    "bamboo_mixer_literature_part",
    "edb1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCount:
    """What one file gives to the union.

    Attributes
    ----------
    name
        Of the data set.
    n_read
        Rows of the file.
    n_usable
        Rows that could be read and are trusted.
    copies
        Rows that give way, by the name of the data set that has the copy which stays; repeats
        within the file stand under its own name.
    n_kept
        Rows of it in the union.
    """

    name: str
    n_read: int
    n_usable: int
    copies: Mapping[str, int]
    n_kept: int

    def __str__(self) -> str:
        gone = ", ".join(f"{n} of {name}" for name, n in self.copies.items()) or "none"
        return (
            f"{self.name}: {self.n_read} rows read, {self.n_usable} usable, copies {gone}, "
            f"{self.n_kept} kept"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredUnion:
    """Values of one property from several data sets, each measurement once.

    Attributes
    ----------
    measurements
        n rows; ``source`` is the DOI where one is known, ``source_row`` the row of the file,
        ``trust`` is never ``contradicted`` or ``unusable``.
    dataset
        Name of the data set of each row, shape (n,); with ``source_row`` the identity of the row.
    licence
        Terms of each row, shape (n,).
    counts
        What each file gave.
    """

    measurements: Measurements
    dataset: NDArray[np.str_]
    licence: NDArray[np.str_]
    counts: tuple[FileCount, ...]

    def __post_init__(self) -> None:
        n = len(self.measurements)
        if {len(c) for c in (self.dataset, self.licence)} != {n}:
            raise InputError(f"columns of a union must have one entry for each of {n} rows")

    def __len__(self) -> int:
        return len(self.measurements)

    def may_train(self, tested: Measurements) -> NDArray[np.bool_]:
        """Which rows may be trained, calibrated or pre-trained on where some are tested.

        Parameters
        ----------
        tested
            What a fold of any suite leaves out, whichever file it is from.

        Returns
        -------
        ndarray of bool, shape (n,)
            All rows but the tested ones and their copies.
        """
        return ~copies_of(tested, self.measurements)


def weighed(dataset: str, measurements: Measurements) -> Measurements:
    """The same rows, trusted less where their labels are doubtful.

    Of two curves of one recipe in one paper that contradict each other, the odd one is
    contradicted; where nothing tells which is odd, both are doubtful. Other labels were found wrong
    by comparison (`electrolyte_ml.data.doubts`).

    Parameters
    ----------
    dataset
        Name of the data set.
    measurements
        Its rows on one property.
    """
    measurements = trusted_as(measurements, labelled_doubts(dataset, measurements))
    n = len(measurements)
    held = np.full(n, Trust.FULL.value) if measurements.trust is None else measurements.trust
    trust = held.astype(object)
    for found in find_contradictions(measurements):
        if found.odd_rows:
            trust[np.isin(measurements.source_row, found.odd_rows)] = Trust.CONTRADICTED.value
            continue
        for first, last in (found.first_rows, found.second_rows):
            inside = (measurements.source_row >= first) & (measurements.source_row <= last)
            trust[inside & (trust == Trust.FULL.value)] = Trust.DOUBTFUL.value
    return replace(measurements, trust=trust.astype(np.str_))


@cache
def conductivity_union() -> MeasuredUnion:
    """The union of the files that the package knows.

    Raises
    ------
    DataNotFoundError
        If a file is not on this machine.
    """
    read = {name: load_source(name, CONDUCTIVITY) for name in FILES}
    return union_of(
        {n: m for n, (m, _) in read.items()}, {n: r.n_read for n, (_, r) in read.items()}
    )


def union_of(
    tables: Mapping[str, Measurements],
    n_read: Mapping[str, int] | None = None,
    *,
    files: Sequence[str] | None = None,
) -> MeasuredUnion:
    """The union of some data sets.

    Parameters
    ----------
    tables
        Values of one property by the name of the data set.
    n_read
        Rows of each file, for the counts; those of the tables by default.
    files
        Data sets that have a place, the best documented first; `FILES` by default.

    Raises
    ------
    InputError
        If a data set is not one of the files.
    """
    places = FILES if files is None else files
    unknown = [name for name in tables if name not in places]
    if unknown:
        raise InputError(
            f"no place in the union for {', '.join(unknown)}; it has {', '.join(places)}"
        )
    names = [name for name in places if name in tables]
    every = concatenate([weighed(name, tables[name]) for name in names])
    rank = np.repeat(np.arange(len(names)), [len(tables[name]) for name in names])
    # Copies of rows that are not trusted carry the same fault: they give way, too.
    good, own = every.usable & every.trusted, np.arange(len(every))
    stands = np.where(good, once(every, rank), own)
    kept = good & (stands == own)
    licences = np.array([card_of(name).licence for name in names])
    return MeasuredUnion(
        measurements=every.select(kept),
        dataset=np.array(names)[rank[kept]],
        licence=licences[rank[kept]],
        counts=tuple(
            FileCount(
                name=name,
                n_read=len(tables[name]) if n_read is None else n_read[name],
                n_usable=int(good[rank == number].sum()),
                copies=_copies(names, rank, stands, number),
                n_kept=int(kept[rank == number].sum()),
            )
            for number, name in enumerate(names)
        ),
    )


def _copies(
    names: list[str], rank: NDArray[np.intp], stands: NDArray[np.intp], number: int
) -> dict[str, int]:
    gone = (rank == number) & (stands != np.arange(len(stands)))
    of = np.bincount(rank[stands[gone]], minlength=len(names))
    return {name: n for name, n in zip(names, of.tolist(), strict=True) if n}
