"""Cleaning: nothing is dropped or changed without a line in the report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.properties import property_of


class Action(StrEnum):
    """What happened to rows."""

    DROPPED = "dropped"
    CORRECTED = "corrected"
    FLAGGED = "flagged"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleaningNote:
    """One kind of defect.

    Attributes
    ----------
    action
        What was done.
    n_rows
        Rows it was done to; a dropped row is counted once, under its first defect.
    what
        The defect, and why this was done about it.
    """

    action: Action
    n_rows: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CleaningReport:
    """Every change between a data file and the measurements made of it.

    Attributes
    ----------
    source
        Name and DOI of the data set.
    n_read, n_kept
        Rows of the file, and measurements made of them.
    notes
        One for each kind of defect; kinds that did not occur are left out.
    """

    source: str
    n_read: int
    n_kept: int
    notes: tuple[CleaningNote, ...]

    def __post_init__(self) -> None:
        dropped = sum(note.n_rows for note in self.notes if note.action is Action.DROPPED)
        if self.n_read - dropped != self.n_kept:
            raise ValueError(
                f"{self.source}: {self.n_read} rows read and {dropped} dropped do not leave "
                f"{self.n_kept}"
            )

    def __str__(self) -> str:
        lines = [f"{self.source}: {self.n_read} rows read, {self.n_kept} kept"]
        ordered = sorted(self.notes, key=lambda note: list(Action).index(note.action))
        lines += [f"  {note.action} {note.n_rows}: {note.what}" for note in ordered]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Plain numbers and text, for JSON."""
        return {
            "source": self.source,
            "n_read": self.n_read,
            "n_kept": self.n_kept,
            "notes": [
                {"action": str(note.action), "n_rows": note.n_rows, "what": note.what}
                for note in self.notes
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CleaningReport:
        """Read what `to_dict` made."""
        return cls(
            source=data["source"],
            n_read=data["n_read"],
            n_kept=data["n_kept"],
            notes=tuple(
                CleaningNote(
                    action=Action(note["action"]), n_rows=note["n_rows"], what=note["what"]
                )
                for note in data["notes"]
            ),
        )


def joined_report(reports: Mapping[str, CleaningReport]) -> CleaningReport:
    """One report of several properties of a data set.

    Parameters
    ----------
    reports
        Report of each property by its name; notes are headed with it if there are several.
    """
    parts: Sequence[tuple[str, CleaningReport]] = list(reports.items())
    if len(parts) == 1:
        return parts[0][1]
    return CleaningReport(
        source=parts[0][1].source,
        n_read=sum(r.n_read for _, r in parts),
        n_kept=sum(r.n_kept for _, r in parts),
        notes=tuple(
            CleaningNote(action=n.action, n_rows=n.n_rows, what=f"{name}: {n.what}")
            for name, report in parts
            for n in report.notes
        ),
    )


class Collector:
    """Turns rows into measurements of one property.

    Parameters
    ----------
    property_name
        Property with its unit.
    method
        How all values were had.
    """

    def __init__(self, property_name: str, method: str = "experiment") -> None:
        self.kind = property_of(property_name)
        self.method = method
        self._places: dict[Formulation, int] = {}
        self._rows: list[tuple[int, float, float, str, int, str, float, str]] = []
        self._counts: dict[tuple[Action, str], int] = {}
        self._n_read = 0
        self._graded = False

    def take(
        self,
        formulation: Formulation,
        *,
        temperature_k: float,
        value: float,
        source: str,
        row: int,
        flag: str = "",
        uncertainty: float = math.nan,
        trust: Trust = Trust.FULL,
    ) -> None:
        """Keep a row, unless its value or temperature cannot be; arguments as in `Measurements`."""
        impossible = self.kind.fault(value) or self.kind.temperature_fault(temperature_k)
        if impossible:
            self.drop(impossible)
            return
        self._n_read += 1
        self._graded |= trust is not Trust.FULL
        if flag:
            self.count(Action.FLAGGED, flag)
        place = self._places.setdefault(formulation, len(self._places))
        self._rows.append(
            (place, temperature_k, value, source, row, flag, uncertainty, trust.value)
        )

    def drop(self, what: str) -> None:
        """Leave a row out."""
        self._n_read += 1
        self.count(Action.DROPPED, what)

    def count(self, action: Action, what: str) -> None:
        """Put one more row on the report."""
        self._counts[action, what] = self._counts.get((action, what), 0) + 1

    def finish(self, source: str) -> tuple[Measurements, CleaningReport]:
        """All rows kept, and the report on all that were read.

        Parameters
        ----------
        source
            Name of the data set, for the report.
        """
        columns = list(zip(*self._rows, strict=True)) or [()] * 8
        uncertainty = np.array(columns[6], dtype=np.float64)
        measurements = Measurements(
            property_name=self.kind.name,
            method=self.method,
            formulations=tuple(self._places),
            formulation_index=np.array(columns[0], dtype=np.intp),
            temperature_k=np.array(columns[1], dtype=np.float64),
            value=np.array(columns[2], dtype=np.float64),
            source=np.array(columns[3], dtype=np.str_),
            source_row=np.array(columns[4], dtype=np.intp),
            flag=np.array(columns[5], dtype=np.str_),
            uncertainty=None if np.isnan(uncertainty).all() else uncertainty,
            trust=np.array(columns[7], dtype=np.str_) if self._graded else None,
        )
        notes = tuple(
            CleaningNote(action=action, n_rows=n, what=what)
            for (action, what), n in self._counts.items()
        )
        return measurements, CleaningReport(
            source=source, n_read=self._n_read, n_kept=len(measurements), notes=notes
        )
