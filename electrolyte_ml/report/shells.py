"""Output of limits in first shells: shifts by coordination, measured orders with and without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from electrolyte_ml.report.text import output_console

SHIFT_HEADINGS = (
    "electrolyte",
    "species",
    "n (ions)",
    "each",
    "oxidation, V",
    "ALPB",
    "reduction, V",
    "ALPB",
)
ORDER_HEADINGS = ("species", "measured, V", "window, V", "shift, V", "ALPB", "with shift, V")


def shift_cells(shift: Mapping[str, Any]) -> tuple[str, ...]:
    """Cells of one species in one electrolyte, in the order of the headings."""
    return (
        shift["name"],
        f"{shift['n']} ({shift['n_cations']})",
        "" if shift["shells_each"] is None else f"{shift['shells_each']:.2f}",
        *(
            text
            for side in ("oxidation", "reduction")
            for text in (
                _with_error(shift[f"{side}_shift_v"], shift[f"{side}_error_v"]),
                _with_error(shift[f"{side}_shift_alpb_v"], None),
            )
        ),
    )


def shift_rows(shifts: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Rows of the table of electrolytes; each is named once."""
    rows, last = [], ""
    for shift in shifts:
        name = shift["recipe"]
        rows.append(("" if name == last else name, *shift_cells(shift)))
        last = name
    return rows


def order_rows(order: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Rows of one measured order: species, measured, window, shift, window with the shift."""
    return [
        (
            s["name"],
            "" if s["measured_v"] is None else f"{s['measured_v']:.1f}",
            f"{s['before_v']:.2f}",
            _with_error(s["shift_v"], s["error_v"]),
            _with_error(s["shift_alpb_v"], None),
            f"{s['after_v']:.2f}",
        )
        for s in order["species"]
    ]


def order_text(order: Mapping[str, Any]) -> str:
    """Pairs in the measured order, rank correlation and error, without and with the shift."""
    before, after = order["pairs_right"]
    text = (
        f"{order['of']}, the most stable first: {before} of {order['n_pairs']} pairs in the "
        f"measured order without the shift, {after} with it"
    )
    ranks, errors = order["rank_correlation"], order["mean_absolute_error_v"]
    if None not in ranks:
        text += f"; rank correlation {ranks[0]:.2f} and {ranks[1]:.2f}"
    if None not in errors:
        text += f"; mean absolute error {errors[0]:.2f} and {errors[1]:.2f} V"
    return text


def verdict_text(record: Mapping[str, Any]) -> str:
    """Whether the shift enters windows, and why."""
    verdict = record["verdict"]
    enters = "enters" if verdict["enters"] else "does not enter"
    alone = [order["of"] for order in record["orders"]] == ["anions"]
    told = (
        f"the shift {enters} windows: {verdict['right_before']} of {verdict['n_pairs']} measured "
        f"pairs stand right without it, {verdict['right_after']} with it and "
        f"{verdict['right_after_alpb']} with that of the other continuum (ALPB); the chance of a "
        f"gain, by the standard errors, is {verdict['chance_of_gain']:.0%}"
    )
    if alone:
        told += (
            ". Anions alone are judged: measured limits of solvents are not on this machine "
            "('electrolyte-ml data list' shows which sets are)"
        )
    return told


def independence_text(record: Mapping[str, Any]) -> str:
    """How independent the shells are."""
    held = record["independence"]
    return (
        f"{held['n_shells']} shells of {held['n_cations']} cations; shells of one cation at other "
        f"times correlate with {held['correlation']:.2f}: as much as {held['n_effective']:.0f} "
        "independent shells; errors are standard errors over cations"
    )


def print_shells(record: Mapping[str, Any]) -> None:
    """Print shifts, measured orders and the verdict."""
    console = output_console()
    console.print(_table(SHIFT_HEADINGS, shift_rows(record["electrolytes"])))
    console.print(independence_text(record))
    for order in record["orders"]:
        console.print()
        console.print(order_text(order))
        console.print(_table(ORDER_HEADINGS, order_rows(order)))
    console.print(verdict_text(record))


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _with_error(value: float | None, error: float | None) -> str:
    if value is None:
        return ""
    return f"{value:+.2f}" if error is None else f"{value:+.2f} +- {error:.2f}"
