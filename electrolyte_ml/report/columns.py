"""Tables of predictions: one column per property of the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from electrolyte_ml.properties import Property, properties
from electrolyte_ml.report.text import interval, liquid_range_text, output_console
from electrolyte_ml.report.window import window_text
from electrolyte_ml.shipped_properties import LIQUID, LIQUID_HEADING, WINDOW_HEADING
from electrolyte_ml.text import significant

Record = Mapping[str, Any]
# Columns of several properties, which are written together.
_SHARED: dict[str, Callable[[Record], str]] = {
    WINDOW_HEADING: window_text,
    LIQUID_HEADING: lambda record: liquid_range_text(record[LIQUID]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table of scores.

    Attributes
    ----------
    heading
        Heading of the column.
    properties
        Properties in the column, one or several that share it.
    """

    heading: str
    properties: tuple[Property, ...]

    def cell(self, record: Record) -> str:
        """Text of a row, from a score in the contract's form."""
        if self.heading in _SHARED:
            return _SHARED[self.heading](record)
        return "; ".join(prediction_text(p, record[p.name]) for p in self.properties)

    def is_needed(self, records: Sequence[Record]) -> bool:
        """Whether a table of these rows has the column."""
        return any(p.shows_nothing for p in self.properties) or any(
            record[p.name]["value"] is not None for p in self.properties for record in records
        )

    def explained(self, record: Record) -> list[tuple[Property, Record]]:
        """Properties with an interval and their predictions of a row.

        The reasons of these predictions are printed below the table.
        """
        if self.heading == WINDOW_HEADING:
            shown = [p for p in self.properties if record[p.name]["value"] is None]
        elif self.heading in _SHARED:
            shown = []
        else:
            shown = [p for p in self.properties if p.shows_interval]
        return [(p, record[p.name]) for p in shown]


def columns(shown: Iterable[Property]) -> list[Column]:
    """Columns in the order of their first property."""
    grouped: dict[str, list[Property]] = {}
    for known in shown:
        grouped.setdefault(known.column_heading, []).append(known)
    return [Column(heading=name, properties=tuple(found)) for name, found in grouped.items()]


def prediction_text(known: Property, prediction: Record) -> str:
    """A prediction as tables show it: ``6.4 (4.9-8.3)``, or the number if it has no error."""
    if not known.shows_interval:
        return significant(prediction["value"], known.digits)
    if prediction["value"] is not None and prediction["coverage"] == 1:
        flag = "" if prediction["in_domain"] else " ?"
        return significant(prediction["value"], known.digits) + flag
    return interval(prediction, known.digits, is_rough=known.is_rough)


def coverage_text(predictions: Sequence[Record]) -> str:
    """Coverage of the intervals, such as ``90%``; empty if there are none."""
    shares = {p["coverage"] for p in predictions if p["value"] is not None} - {None, 1.0}
    return " or ".join(f"{share:.0%}" for share in sorted(shares, reverse=True))


def property_rows() -> list[dict[str, Any]]:
    """One row per property of the registry."""
    return [
        {
            "name": known.name,
            "label": known.label,
            "description": known.description or known.label,
            "unit": known.unit,
            "at_temperature": known.at_temperature,
            "predicted": known.predict is not None,
            "measurable": known.is_measurable,
            "better": known.better,
            "from": known.origin or "electrolyte_ml",
        }
        for known in properties().values()
    ]


def print_properties(rows: Sequence[Record]) -> None:
    """Print the registry as a table."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "what it is", "unit", "temperature", "predicted", "measured", "from"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        flags = (row["at_temperature"], row["predicted"], row["measurable"])
        yes_or_no = ("yes" if flag else "no" for flag in flags)
        table.add_row(row["name"], row["description"], row["unit"], *yes_or_no, row["from"])
    output_console().print(table)
