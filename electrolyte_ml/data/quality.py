"""Checks of a data set: duplicates, contradictions and slips of units in one report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from electrolyte_ml.data.catalog import all_cards, shipped_cards
from electrolyte_ml.data.cleaning import Action, CleaningReport
from electrolyte_ml.data.contradictions import Contradiction, find_contradictions
from electrolyte_ml.data.duplicates import Duplicates, find_duplicates
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.source_offsets import SourceOffset, source_offsets
from electrolyte_ml.data.sources import load_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCheck:
    """What was found in the rows of one property.

    Attributes
    ----------
    measurements
        The rows kept, for further checks.
    n_flagged, n_sources
        Rows with a flag, and papers.
    duplicates
        Exact and conflicting duplicates, and how well papers agree.
    offsets
        Papers that could be compared with others, farthest off first.
    contradictions
        Pairs of different curves of one recipe in one paper.
    """

    measurements: Measurements
    n_flagged: int
    n_sources: int
    duplicates: Duplicates
    offsets: tuple[SourceOffset, ...]
    contradictions: tuple[Contradiction, ...]

    @property
    def property_name(self) -> str:
        """The property."""
        return self.measurements.property_name

    @property
    def n_rows(self) -> int:
        """Rows kept."""
        return len(self.measurements)

    @property
    def n_formulations(self) -> int:
        """Distinct formulations."""
        return len(self.measurements.formulations)

    @property
    def suspected(self) -> tuple[SourceOffset, ...]:
        """Papers that may have a slip of units."""
        return tuple(o for o in self.offsets if o.suspected)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "property": self.property_name,
            "n_rows": self.n_rows,
            "n_flagged": self.n_flagged,
            "n_formulations": self.n_formulations,
            "n_sources": self.n_sources,
            "duplicates": self.duplicates.to_dict(),
            "suspected_unit_slips": [o.to_dict() for o in self.suspected],
            "n_sources_compared": len(self.offsets),
            "contradictions": [c.to_dict() for c in self.contradictions],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """Report on one data set.

    Attributes
    ----------
    name
        Of the data set.
    report
        What reading it did to rows.
    tables
        What was found, one for each property.
    """

    name: str
    report: CleaningReport
    tables: tuple[TableCheck, ...]

    def count(self, action: Action) -> int:
        """Rows something was done to; a row may be flagged or corrected for several reasons."""
        return sum(note.n_rows for note in self.report.notes if note.action is action)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "name": self.name,
            **self.report.to_dict(),
            "tables": [table.to_dict() for table in self.tables],
        }


def check_source(name: str) -> DataCheck:
    """Read a data set and look for everything that speaks against it.

    Nothing that is found here changes the data: what is flagged is not deleted.

    Parameters
    ----------
    name
        A data set of the package or one that was imported.

    Raises
    ------
    InputError
        If there is no such data set.
    DataNotFoundError
        If its file is not on this machine.
    """
    tables, report = load_tables(name)
    checks = tuple(_check_table(m, papers_only=name in shipped_cards()) for m in tables)
    return DataCheck(name=name, report=report, tables=checks)


def _check_table(measurements: Measurements, *, papers_only: bool) -> TableCheck:
    return TableCheck(
        measurements=measurements,
        n_flagged=int((measurements.flag != "").sum()),
        n_sources=len(set(measurements.source.tolist())),
        duplicates=find_duplicates(measurements),
        offsets=source_offsets(measurements),
        contradictions=find_contradictions(measurements, papers_only=papers_only),
    )


def available_names() -> tuple[str, ...]:
    """Data sets that are on this machine."""
    return tuple(name for name, card in all_cards().items() if card.available)
