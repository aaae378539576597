"""``electrolyte-ml compare``: recipes side by side, with the interval of each difference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
from electrolyte_ml.cli.progress import Quiet

HELP = "Compare recipes with the first: properties, differences with their intervals, warnings."
EXAMPLE = example('compare "1 M NaPF6 in EC:PC 1:1 v/v" "1 M NaPF6 in diglyme"')


def compare(
    recipes: Annotated[
        list[str],
        typer.Argument(
            metavar="RECIPE RECIPE...", help="Two or more; all others beside the first."
        ),
    ],
    at: Annotated[
        list[str] | None,
        typer.Option(help="Temperature with its unit, such as '25 degC'; may be repeated."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw conductivity against concentration and temperature to this .svg, .png or "
            ".pdf file."
        ),
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(help="CSV or xlsx with columns component and price_per_kg, to compare costs."),
    ] = None,
    currency: Annotated[str, typer.Option(help="Currency of the prices, shown in the table.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    anode: Anode = None,
    upper_voltage: UpperVoltage = None,
    water_ppm: WaterPpm = None,
    ce_method: CeMethod = None,
    ce_current: CeCurrent = None,
    ce_capacity: CeCapacity = None,
    without: Without = None,
    quiet: Quiet = False,
    seed: Annotated[  # noqa: ARG001 - every verb takes it; nothing here is drawn at random
        int, typer.Option(help="Has no effect: comparing is deterministic.", hidden=True)
    ] = 0,
) -> None:
    """Compare recipes, and draw their curves if a file is named."""
    from electrolyte_ml.report.compare import print_comparison, write_comparison_plot
    from electrolyte_ml.report.plots import require_plot_path
    from electrolyte_ml.report.progress import working
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.rules import require_rules
    from electrolyte_ml.scores.compared import compare_recipes
    from electrolyte_ml.search.recipe_file import read_prices

    if plot is not None:
        require_plot_path(plot)
    cycling = ce_method, ce_current, ce_capacity
    cell = cell_of(anode, upper_voltage, water_ppm, cycling)
    off = require_rules(without or [])
    with working("properties and differences", show=not quiet):
        comparison = compare_recipes(
            recipes,
            at or [],
            cell=cell,
            off=off,
            prices=None if prices is None else read_prices(prices),
        )
    if plot is not None:
        write_comparison_plot(comparison, plot)
        typer.echo(f"curves drawn to {plot}", err=True)
    if as_json:
        typer.echo(dump_json(list(comparison.records())))
    else:
        print_comparison(comparison, currency)
