"""``electrolyte-ml score``: predicted properties of given recipes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from electrolyte_ml.cli import completion
from electrolyte_ml.cli.cell_options import (
    Anode,
    CeCapacity,
    CeCurrent,
    CeMethod,
    UpperVoltage,
    WaterPpm,
    Without,
    cell_of,
)
from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.executors import Dask, ShardOption, Workers
from electrolyte_ml.cli.progress import Quiet
from electrolyte_ml.cli.skipping import BadRowsFile, SkipBad, bad_rows_of, exit_if_skipped

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from electrolyte_ml.executors import Shard
    from electrolyte_ml.rules import Cell
    from electrolyte_ml.scores import ScoreSource

HELP = "Predict the properties of recipes, each with its interval and domain flag."
EXAMPLE = example('score "1 M NaPF6 in EC:DEC 1:1 v/v" --at "-20 degC"')


def score(
    recipes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RECIPE...", help="Such as '1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC'."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="CSV (any separator), xlsx or Parquet with a column 'recipe', optionally "
            "temperature_c, temperature_k or 'T / K'."
        ),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(help="Temperature with its unit, such as '25 degC'; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write to a .csv, .xlsx, .parquet or .json file instead.")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help="Only rows that satisfy it, such as 'conductivity_ms_cm > 8 and "
            "freezes_below_c < -20'; properties are best estimates, '.low' and '.high' their ends.",
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Sort by a column, the better first; '--sort=-COLUMN' turns that around.",
            autocompletion=completion.columns,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw conductivity against concentration and temperature, of the recipes given "
            "as arguments, to this .svg, .png or .pdf file."
        ),
    ] = None,
    skip_bad: SkipBad = False,
    bad_rows: BadRowsFile = None,
    tuned: Annotated[
        Path | None,
        typer.Option(help="Fine-tuned model, from 'train conductivity --finetune'."),
    ] = None,
    accept_unusual: Annotated[
        bool,
        typer.Option(
            "--accept-unusual", help="Accept temperatures at which no electrolyte is used."
        ),
    ] = False,
    anode: Anode = None,
    upper_voltage: UpperVoltage = None,
    water_ppm: WaterPpm = None,
    ce_method: CeMethod = None,
    ce_current: CeCurrent = None,
    ce_capacity: CeCapacity = None,
    without: Without = None,
    workers: Workers = 1,
    dask: Dask = None,
    shard: ShardOption = None,
    quiet: Quiet = False,
    seed: Annotated[  # noqa: ARG001 - part of the contract; scoring draws no random numbers
        int, typer.Option(help="Has no effect: scoring is deterministic.", hidden=True)
    ] = 0,
) -> None:
    """Score recipes from arguments and from a file, in that order."""
    from electrolyte_ml.errors import InputError
    from electrolyte_ml.executors import Shard, open_executor
    from electrolyte_ml.report.progress import progress_bar
    from electrolyte_ml.report.score import (
        print_tables,
        require_one_output,
        write_csv,
        write_json,
        write_scores,
    )
    from electrolyte_ml.rules import require_rules
    from electrolyte_ml.scores import ScoreSource
    from electrolyte_ml.scores.choosing import Condition, chosen

    condition = None if where is None else Condition.parse(where)
    require_one_output(as_json=as_json, as_csv=as_csv, out=out)
    if not recipes and file is None:
        raise InputError("nothing to score: give a RECIPE or --file")
    _require_no_file(recipes or [])
    if plot is not None:
        _draw(recipes or [], at or [], plot)
    part = Shard.read(shard)
    cycling = ce_method, ce_current, ce_capacity
    cell = cell_of(anode, upper_voltage, water_ppm, cycling)
    off = require_rules(without or [])
    bad = bad_rows_of(file, skip=skip_bad, file=bad_rows, out=out)
    source = ScoreSource(recipes or [], file, at or [], bad_rows=bad, accept_unusual=accept_unusual)
    # Scores that go to a terminal would be spoilt by a bar.
    show = not quiet and (out is not None or not sys.stdout.isatty())
    n_scored = 0

    def count(done: int) -> None:
        nonlocal n_scored
        n_scored = done
        progress.steps(done)

    with (
        open_executor(workers, dask) as executor,
        progress_bar("scoring", show=show, total=source.n_rows) as progress,
    ):
        scored = _scored(source, tuned, count, cell, off, executor, part)
        parts = chosen(scored, condition, sort)
        if out is not None:
            write_scores(parts, out)
        elif as_json:
            write_json(parts, sys.stdout)
        elif as_csv:
            write_csv(parts, sys.stdout)
        else:
            print_tables(parts)
    if out is not None:
        typer.echo(f"{n_scored} rows written to {out}", err=True)
    exit_if_skipped(bad)


def _scored(
    source: ScoreSource,
    tuned: Path | None,
    progress: Callable[[int], None],
    cell: Cell,
    off: Sequence[str],
    executor: Executor | None,
    shard: Shard,
) -> Iterator[list[dict[str, Any]]]:
    """Scores of a source, part by part."""
    from electrolyte_ml.scores import scored_parts

    adapt = None
    if tuned is not None:
        from electrolyte_ml.campaign.adapted import FineTuned

        adapt = FineTuned.read(tuned).apply
    done = 0
    for part in scored_parts(source, adapt, cell=cell, off=off, executor=executor, shard=shard):
        yield part.records
        done += len(part.records)
        progress(done)


def _draw(recipes: Sequence[str], at: Sequence[str], path: Path) -> None:
    """Draw the curves of recipes."""
    from electrolyte_ml.errors import InputError
    from electrolyte_ml.report.compare import recipes_plot
    from electrolyte_ml.report.plots import require_plot_path, save_figure
    from electrolyte_ml.scores.compared import read_recipes

    require_plot_path(path)
    if not recipes:
        raise InputError("--plot draws recipes given as arguments, not those of a file")
    formulations, temperature_k = read_recipes(recipes, at)
    save_figure(recipes_plot(recipes, formulations, float(temperature_k[0])), path)
    typer.echo(f"curves drawn to {path}", err=True)


def _require_no_file(recipes: Sequence[str]) -> None:
    """Refuse the name of a table among recipes."""
    from electrolyte_ml.errors import InputErrors
    from electrolyte_ml.tables import SUFFIXES

    files = [text for text in recipes if text.lower().endswith(SUFFIXES)]
    if files:
        raise InputErrors(
            [f"{text!r} is a file and no recipe; did you mean --file {text}?" for text in files]
        )
