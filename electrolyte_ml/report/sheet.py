"""Showing a weigh-out sheet."""

from __future__ import annotations

from rich.table import Table

from electrolyte_ml.formulation.sheet import Sheet
from electrolyte_ml.report.text import output_console
from electrolyte_ml.text import significant

_WEIGHED_DIGITS = 5


def print_sheet(sheet: Sheet) -> None:
    """Print rows in the order of mixing, then notes."""
    console = output_console()
    console.print(f"{sheet.recipe}  ({sheet.key})")
    console.print(f"batch: {sheet.batch_g:.5g} g, about {sheet.batch_ml:.4g} mL at 25 degC")
    table = Table(box=None, pad_edge=False)
    for heading in ("step", "component", "g", "mL", "room temperature", "how", "hazard"):
        numeric = heading in ("g", "mL")
        table.add_column(heading, overflow="fold", justify="right" if numeric else "left")
    for row in sheet.rows:
        volume = "" if row.volume_ml is None else significant(row.volume_ml, 4)
        table.add_row(
            str(row.step),
            row.component,
            significant(row.mass_g, _WEIGHED_DIGITS),
            volume,
            row.state,
            row.how,
            row.hazard,
        )
    console.print(table)
    for note in sheet.notes:
        console.print(f"note: {note}")
