"""Rows whose labels were found wrong by comparison, and how far they are trusted.

What was found stands in tables, a range of rows in a line with the reason. Labels of solutions have
a table of their own, which the splits of their suite are frozen with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.files import packaged_table

LABELS, CONDUCTIVITY_LABELS = "doubtful_labels.csv", "doubtful_conductivities.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelDoubt:
    """Rows of a file against which something speaks.

    Attributes
    ----------
    dataset, source
        Data set and paper.
    rows
        Row numbers in the file.
    trust
        Trust that is left to them.
    reason
        What speaks against them.
    """

    dataset: str
    source: str
    rows: tuple[int, ...]
    trust: Trust
    reason: str

    def __str__(self) -> str:
        return f"{self.source}: {len(self.rows)} rows {self.trust}: {self.reason}"


def trusted_as(measurements: Measurements, doubts: Sequence[LabelDoubt]) -> Measurements:
    """The same rows with the trust that doubts leave to them, and the reasons as flags."""
    held = np.full(len(measurements), Trust.FULL.value)
    trust = (held if measurements.trust is None else measurements.trust).astype(object)
    flag = measurements.flag.astype(object)
    for doubt in doubts:
        rows = np.isin(measurements.source_row, doubt.rows)
        if doubt.trust == Trust.DOUBTFUL:
            rows &= trust != Trust.CONTRADICTED
        trust[rows], flag[rows] = doubt.trust.value, doubt.reason
    return replace(measurements, trust=trust.astype(np.str_), flag=flag.astype(np.str_))


def labelled_doubts(dataset: str, measurements: Measurements) -> tuple[LabelDoubt, ...]:
    """Rows of a data set whose labels were found wrong by comparison.

    Parameters
    ----------
    dataset
        Name of the data set.
    measurements
        Its rows on one property.
    """
    found = []
    tables = (packaged_table(f"data/tables/{name}") for name in (LABELS, CONDUCTIVITY_LABELS))
    for row in chain.from_iterable(tables):
        if (row["dataset"], row["property"]) != (dataset, measurements.property_name):
            continue
        rows = np.arange(int(row["first_row"]), int(row["last_row"]) + 1)
        held = np.isin(measurements.source_row, rows)
        if held.any():
            found.append(
                LabelDoubt(
                    dataset=dataset,
                    source=str(measurements.source[held][0]),
                    rows=tuple(measurements.source_row[held].tolist()),
                    trust=Trust(row["trust"]),
                    reason=row["reason"],
                )
            )
    return tuple(found)
