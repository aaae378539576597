"""``electrolyte-ml recipes``: bundled search problems, and checking your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from electrolyte_ml.cli import completion
from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.exit_codes import ExitCode
from electrolyte_ml.cli.progress import Quiet

app = typer.Typer(help="List, show and check search problems (TOML).", no_args_is_help=True)


@app.command("list", epilog=example("recipes list"))
def list_recipes(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the bundled problems; `propose` takes them by name."""
    from electrolyte_ml.report.propose import bundled_rows, print_bundled
    from electrolyte_ml.report.text import dump_json

    rows = bundled_rows()
    if as_json:
        typer.echo(dump_json(rows))
    else:
        print_bundled(rows)


@app.command(epilog=example("recipes show sodium_room_temperature"))
def show(
    name: Annotated[
        str,
        typer.Argument(
            help="Name of a bundled problem, or a TOML file.", autocompletion=completion.problems
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the problem as it is understood, as JSON.")
    ] = False,
) -> None:
    """Print the file of a problem, to read or to copy: ``recipes show NAME > mine.toml``."""
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.search import load_problem
    from electrolyte_ml.search.bundled import find_problem

    path = find_problem(name)
    problem = load_problem(path)
    if as_json:
        typer.echo(dump_json(problem.to_dict()))
    else:
        typer.echo(path.read_text(encoding="utf-8").rstrip("\n"))


@app.command(epilog=example("recipes schema"))
def schema() -> None:
    """Print the JSON schema of problem files, for editors that complete and explain their keys."""
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.search.recipe_file import problem_schema

    typer.echo(dump_json(problem_schema()))


@app.command(epilog=example("recipes check mine.toml"))
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", autocompletion=completion.problems)
    ],
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check files: every fault of every file, and whether all properties can be predicted."""
    from electrolyte_ml.errors import InputErrors, RecipeFileError
    from electrolyte_ml.report.progress import progress_bar
    from electrolyte_ml.report.propose import print_checks
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.search.bundled import check_problem, find_problem

    results: list[dict[str, Any]] = []
    with progress_bar("problems", show=not quiet, total=len(files)) as progress:
        for file in files:
            try:
                problem = check_problem(find_problem(file))
                results.append({"file": str(file), "problem": problem.name, "errors": []})
            except InputErrors as error:
                results.append({"file": str(file), "problem": None, "errors": list(error.messages)})
            progress.steps(len(results))
    faults = [line for result in results for line in result["errors"]]
    if as_json:
        typer.echo(dump_json(results))
        raise typer.Exit(ExitCode.BAD_INPUT if faults else ExitCode.DONE)
    print_checks(results)
    if faults:
        raise RecipeFileError(faults)
