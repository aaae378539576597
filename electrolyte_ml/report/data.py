"""Output on data sets: the list, a card, a check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from electrolyte_ml.data.catalog import Card
from electrolyte_ml.data.cleaning import Action
from electrolyte_ml.data.duplicates import Agreement, percent
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.quality import DataCheck, TableCheck
from electrolyte_ml.models.slips import Slip
from electrolyte_ml.report.text import output_console
from electrolyte_ml.text import celsius, significant

# Recipes with different values that are listed, the largest differences first.
_MOST_CONFLICTS = 10


def list_rows(cards: Sequence[Card]) -> list[dict[str, Any]]:
    """One row per data set, for JSON."""
    return [
        {
            "name": card.name,
            "properties": list(card.properties),
            "rows": card.rows,
            "licence": card.licence,
            "available": card.available,
            "imported": card.imported,
            "obtain": _way(card),
            "fault": card.fault or None,
        }
        for card in cards
    ]


def _way(card: Card) -> str:
    """How a person gets it: ``fetch``, ``ships``, ``imported`` or ``by hand``."""
    if card.imported:
        return "imported"
    if not card.files:
        return "ships"
    return "fetch" if card.downloads else "by hand"


def print_list(cards: Sequence[Card]) -> None:
    """Print a line for each data set."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "property", "rows", "licence", "get it", "here"):
        table.add_column(heading, justify="right" if heading == "rows" else "left")
    for row in list_rows(cards):
        table.add_row(
            row["name"],
            "\n".join(row["properties"]),
            "-" if row["rows"] is None else str(row["rows"]),
            row["licence"],
            row["obtain"],
            _whether_here(row),
        )
    console = output_console()
    console.print(table)
    for card in cards:
        if card.fault:
            console.print(card.fault)
    console.print(
        "rows: of the published file; 'data fetch NAME' or 'data fetch all' gets the sets marked "
        "fetch, 'data show NAME' says how to get the others"
    )


def _whether_here(row: Mapping[str, Any]) -> str:
    if row["imported"]:
        return "damaged" if row["fault"] else "imported"
    return "yes" if row["available"] else "no"


def head_rows(tables: Sequence[Measurements], n: int) -> list[dict[str, Any]]:
    """The first rows of each property as plain values, for JSON."""
    rows = []
    for measurements in tables:
        first = measurements.source_row.argsort(kind="stable")[:n]
        frame = measurements.select(first).to_frame()
        for record in frame.drop(columns="composition").to_dict("records"):
            rows.append({str(k): None if v != v else v for k, v in record.items()})  # noqa: PLR0124 - NaN
    return rows


def print_card(card: Card, head: Sequence[dict[str, Any]]) -> None:
    """Print a dataset card and the first rows."""
    console = output_console()
    console.print(f"{card.name}: {card.title}")
    here = "on this machine" if card.available else "not on this machine"
    facts = {
        "properties": ", ".join(card.properties),
        "rows": "not known" if card.rows is None else str(card.rows),
        "licence": f"{card.licence} {card.licence_url}".strip(),
        "cite": f"{card.citation} {card.doi}".strip(),
        "files": f"{', '.join(card.files) or 'none'} ({here})",
        "from": card.obtain,
    }
    for name, value in facts.items():
        console.print(f"{name:>10}  {value}")
    for title, lines in (
        ("columns", [f"{name}: {what}" for name, what in card.columns.items()]),
        ("beware", list(card.traps)),
    ):
        for number, line in enumerate(lines):
            console.print(f"{title if number == 0 else '':>10}  {line}")
    if head:
        console.print()
        console.print(_head_table(head))


def _head_table(head: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("formulation", "at", "property", "value", "unit", "source", "flag"):
        table.add_column(heading, overflow="fold")
    for row in head:
        table.add_row(
            row["formulation"],
            "" if row["temperature_k"] is None else celsius(row["temperature_k"]),
            row["property"],
            significant(row["value"], 5),
            row["unit"],
            row["source"],
            row["flag"],
        )
    return table


def check_record(check: DataCheck, slips: Sequence[Slip]) -> dict[str, Any]:
    """The check of one data set, with its slips against the models, for JSON."""
    return {**check.to_dict(), "off_the_models": [slip.to_dict() for slip in slips]}


def print_check(check: DataCheck, slips: Sequence[Slip]) -> None:
    """Print all findings of the check of one data set, and its slips against the models."""
    console = output_console()
    console.print(str(check.report))
    for table in check.tables:
        console.print(
            f"{table.property_name}: {table.n_rows} rows ({table.n_flagged} flagged), "
            f"{table.n_formulations} formulations, {table.n_sources} sources"
        )
        _print_duplicates(console, table)
        for offset in table.suspected:
            console.print(f"  suspected slip of units (kept): {offset}")
        for slip in (s for s in slips if s.property_name == table.property_name):
            console.print(f"  a decade or more off the models (kept): {slip}")
        for contradiction in table.contradictions:
            console.print(f"  two curves of one recipe (kept): {contradiction}")
        if table.offsets and not table.suspected:
            console.print(f"  no slip of units suspected in {len(table.offsets)} sources compared")


def _print_duplicates(console: Console, table: TableCheck) -> None:
    found = table.duplicates
    console.print(f"  exact duplicates: {found.exact}")
    if found.repeats is not None:
        console.print(
            f"  conflicting duplicates within a source: {found.repeats.n_pairs}, "
            f"which differ by {_difference(found.repeats)} (median)"
        )
        for conflict in found.conflicts[:_MOST_CONFLICTS]:
            console.print(f"    {conflict}")
        if len(found.conflicts) > _MOST_CONFLICTS:
            console.print(
                f"    and of {len(found.conflicts) - _MOST_CONFLICTS} more recipes; --json has all"
            )
    if found.across is not None and found.across.per_pair_median is not None:
        console.print(
            f"  sources agree within {percent(found.across.per_pair_median):.2g} % (median of "
            f"{found.across.n_papers} pairs of sources; {percent(found.across.median):.2g} % of "
            f"{found.across.n_pairs} comparisons): no error on an unseen source can be smaller"
        )


def _difference(agreement: Agreement) -> str:
    if agreement.logarithmic:
        return f"{percent(agreement.median):.2g} %"
    return significant(agreement.median)


def print_summary(checks: Sequence[tuple[DataCheck, Sequence[Slip]]]) -> None:
    """Print a line for each data set, with its slips against the models."""
    table = Table(box=None, pad_edge=False)
    headings = ("name", "read", "kept", "dropped", "corrected", "flagged")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "name" else "right")
    table.add_column("exact duplicates", justify="right")
    table.add_column("sources agree", justify="right")
    table.add_column("suspected unit slips")
    for check, slips in checks:
        off = [o.source for t in check.tables for o in t.suspected]
        off += [slip.source or "the whole set" for slip in slips]
        agreements = [t.duplicates.across for t in check.tables if t.duplicates.across is not None]
        floors = [a.per_pair_median for a in agreements if a.per_pair_median is not None]
        table.add_row(
            check.name,
            str(check.report.n_read),
            str(check.report.n_kept),
            *(str(check.count(a)) for a in (Action.DROPPED, Action.CORRECTED, Action.FLAGGED)),
            str(sum(t.duplicates.exact for t in check.tables)),
            ", ".join(f"{percent(f):.2g} %" for f in floors) or "-",
            "\n".join(dict.fromkeys(off)) or "-",
        )
    output_console().print(table)
