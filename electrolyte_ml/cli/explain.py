"""``electrolyte-ml explain``: curves, swaps and nearest measurements of one recipe."""

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

HELP = "Explain the conductivity of a recipe: its curves, swaps, and nearest measured recipes."
EXAMPLE = example('explain "1 M NaPF6 in EC:DEC 1:1 v/v" --plot curves.svg')


def explain(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="Such as '1 M NaPF6 in EC:DEC 1:1 v/v'.")
    ],
    at: Annotated[str, typer.Option(help="Temperature with its unit.")] = "25 degC",
    plot: Annotated[
        Path | None, typer.Option(help="Draw both curves to this .svg, .png or .pdf file.")
    ] = None,
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
        int, typer.Option(help="Has no effect: explaining is deterministic.", hidden=True)
    ] = 0,
) -> None:
    """Explain a recipe at a temperature, and draw its curves if a file is named."""
    from electrolyte_ml.formulation import parse_recipe
    from electrolyte_ml.models.explain import explain as explain_recipe
    from electrolyte_ml.report.explain import print_explanation, write_plot
    from electrolyte_ml.report.plots import require_plot_path
    from electrolyte_ml.report.progress import working
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.rules import require_rules
    from electrolyte_ml.units import temperature_k

    if plot is not None:
        require_plot_path(plot)
    kelvin = temperature_k(at)
    cycling = ce_method, ce_current, ce_capacity
    cell = cell_of(anode, upper_voltage, water_ppm, cycling)
    off = require_rules(without or [])
    with working("curves and swaps", show=not quiet):
        explanation = explain_recipe(parse_recipe(recipe), kelvin, cell=cell, off=off)
    if plot is not None:
        write_plot(explanation, recipe, plot)
        typer.echo(f"curves drawn to {plot}", err=True)
    if as_json:
        typer.echo(dump_json(explanation.to_dict()))
    else:
        print_explanation(explanation, recipe)
