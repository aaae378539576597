"""Showing proposals: the shortlist, its weigh-out sheet, and files for the bench."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import write_atomically, write_text
from electrolyte_ml.report.output import dump_json
from electrolyte_ml.report.page import proposals_page
from electrolyte_ml.report.text import LIQUID_HEADING, interval, liquid_range_text, output_console
from electrolyte_ml.search import ProposalSet
from electrolyte_ml.text import celsius

ProgressCallback = Callable[[int, int], None]


@contextmanager
def search_progress(*, show: bool) -> Iterator[ProgressCallback | None]:
    """Progress bar on standard error; yields ``callback(done, total)``, or None if not shown."""
    if not show:
        yield None
        return
    columns = (TextColumn("searching"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("searching", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def print_proposals(proposals: ProposalSet) -> None:
    """Print the shortlist, what binds it, and the weigh-out sheet."""
    result = proposals.to_dict()
    console = output_console()
    console.print(_shortlist(result))
    console.print(_weigh_out(result))
    reasons = {p["predictions"][0]["conductivity_ms_cm"]["reason"] for p in result["proposals"]} - {
        None
    }
    for reason in sorted(reasons):
        console.print(f"note: {reason}")
    study = result["study"]
    console.print(
        f"{study['n_trials']} recipes tried, {study['n_feasible']} satisfy every limit, "
        f"seed {study['seed']}. Intervals hold {_coverage(result):.0%} of measurements."
    )


def write_proposals(proposals: ProposalSet, folder: Path) -> None:
    """Write report.html, proposals.json, proposals.csv and weigh_out.csv; each whole or not at all.

    Raises
    ------
    InputError
        If the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {folder}: cannot make this folder: {error.strerror}") from error
    result = proposals.to_dict()
    page = proposals_page(proposals)
    rows = [
        {"rank": p["rank"], "why": p["why"], **score}
        for p in result["proposals"]
        for score in p["predictions"]
    ]
    sheet = [
        {"rank": p["rank"], "recipe": p["recipe"], "component": name, "g_per_100g": grams}
        for p in result["proposals"]
        for name, grams in p["weigh_out_g_per_100g"].items()
    ]
    write_text(folder / "proposals.json", dump_json(result) + "\n")
    write_atomically(
        folder / "proposals.csv", lambda path: pd.json_normalize(rows).to_csv(path, index=False)
    )
    write_atomically(
        folder / "weigh_out.csv", lambda path: pd.DataFrame(sheet).to_csv(path, index=False)
    )
    write_text(folder / "report.html", page)


def _shortlist(result: dict[str, Any]) -> Table:
    table = Table(title=f"Proposals for {result['problem']['name']}", title_justify="left")
    table.add_column("#", justify="right")
    table.add_column("recipe", overflow="fold")
    for score in result["proposals"][0]["predictions"]:
        table.add_column(f"mS/cm at {celsius(score['temperature_k'])}", justify="right")
    table.add_column(LIQUID_HEADING, justify="right")
    table.add_column("why", overflow="fold")
    for proposal in result["proposals"]:
        values = [interval(score["conductivity_ms_cm"]) for score in proposal["predictions"]]
        liquid = liquid_range_text(proposal["predictions"][0]["liquid"])
        table.add_row(str(proposal["rank"]), proposal["recipe"], *values, liquid, proposal["why"])
    return table


def _weigh_out(result: dict[str, Any]) -> Table:
    table = Table(title="Weigh out, g for 100 g of electrolyte", title_justify="left")
    table.add_column("#", justify="right")
    table.add_column("components", overflow="fold")
    for proposal in result["proposals"]:
        sheet = proposal["weigh_out_g_per_100g"]
        grams = "   ".join(f"{name} {mass:.2f}" for name, mass in sheet.items())
        table.add_row(str(proposal["rank"]), grams)
    return table


def _coverage(result: dict[str, Any]) -> float:
    return float(result["proposals"][0]["predictions"][0]["conductivity_ms_cm"]["coverage"])
