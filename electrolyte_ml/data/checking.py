"""Everything that can be said against a data set, in one report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from electrolyte_ml.data.cards import all_cards
from electrolyte_ml.data.cleaning import Action, CleaningReport
from electrolyte_ml.data.consistency import SourceOffset, source_offsets
from electrolyte_ml.data.duplicates import Duplicates, find_duplicates
from electrolyte_ml.data.sources import load_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCheck:
    """What was found in the rows of one property.

    Attributes
    ----------
    property_name
        The property.
    n_rows, n_flagged, n_formulations, n_sources
        Rows kept, those of them with a flag, distinct formulations, papers.
    duplicates
        Exact and conflicting duplicates, and how well papers agree.
    offsets
        Papers that could be compared with others, farthest off first.
    """

    property_name: str
    n_rows: int
    n_flagged: int
    n_formulations: int
    n_sources: int
    duplicates: Duplicates
    offsets: tuple[SourceOffset, ...]

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
    checks = tuple(
        TableCheck(
            property_name=m.property_name,
            n_rows=len(m),
            n_flagged=int((m.flag != "").sum()),
            n_formulations=len(m.formulations),
            n_sources=len(set(m.source.tolist())),
            duplicates=find_duplicates(m),
            offsets=source_offsets(m),
        )
        for m in tables
    )
    return DataCheck(name=name, report=report, tables=checks)


def available_names() -> tuple[str, ...]:
    """Data sets that are on this machine."""
    return tuple(name for name, card in all_cards().items() if card.available)
