"""Warnings and rules as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from electrolyte_ml.report.text import output_console
from electrolyte_ml.rules import RecipeWarning

Record = Mapping[str, Any]


def warning_text(warning: Record) -> str:
    """A warning in one line, with the name of its rule: ``danger: ... [perchlorate_ether]``."""
    return f"{warning['severity']}: {warning['text']} [{warning['rule']}]"


def warning_lines(warnings: Iterable[RecipeWarning]) -> list[str]:
    """Warnings of one recipe, a line each."""
    return [warning_text(warning.to_dict()) for warning in warnings]


def lines_of_records(records: Iterable[Record]) -> Iterator[str]:
    """Warnings of scores in the contract's form, each recipe's once, named by the recipe."""
    seen: set[str] = set()
    for record in records:
        for warning in record["warnings"]:
            line = f"{record['recipe']}: {warning_text(warning)}"
            if line not in seen:
                seen.add(line)
                yield line


def said_by(records: Iterable[Record]) -> set[str]:
    """What warnings of scores say, which need not be said again below a table."""
    return {warning["text"] for record in records for warning in record["warnings"]}


def print_rules(rows: Sequence[Record]) -> None:
    """Print the rules, with sources; those that were not read are marked."""
    table = Table(box=None, pad_edge=False)
    for heading in ("rule", "kind", "severity", "what it says", "source"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        source = row["source"] if row["verified"] else f"{row['source']} (not checked)"
        table.add_row(row["rule"], row["kind"], row["severity"], row["text"], source)
    output_console().print(table)
