"""What was done to a data set on its way in: nothing is dropped or changed without a line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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
