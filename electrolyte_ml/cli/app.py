"""The command-line application: its verbs, and errors as exit codes."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Sequence

import typer

from electrolyte_ml import __version__
from electrolyte_ml.cli import (
    bench,
    campaign,
    cell,
    compare,
    convert,
    data,
    exit_codes,
    explain,
    map_,
    properties,
    propose,
    recipes,
    rules,
    score,
    screen,
    simulate,
    species,
    train,
    web,
    window,
)
from electrolyte_ml.cli.exit_codes import ExitCode
from electrolyte_ml.cli.streams import flushed_output, write_plainly
from electrolyte_ml.errors import (
    ElectrolyteError,
    InfeasibleError,
    InputError,
    PropertyWarning,
    TableNote,
)

_format_warning = warnings.formatwarning

app = typer.Typer(
    name="electrolyte-ml",
    help="Propose, score and benchmark liquid battery electrolytes, sodium first.",
    epilog=exit_codes.HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for _name, _verb, _function in (
    ("propose", propose, propose.propose),
    ("score", score, score.score),
    ("compare", compare, compare.compare),
    ("screen", screen, screen.screen),
    ("convert", convert, convert.convert),
    ("explain", explain, explain.explain),
    ("map", map_, map_.draw_map),
    ("properties", properties, properties.list_properties),
    ("rules", rules, rules.list_rules),
    ("web", web, web.web),
):
    app.command(_name, help=_verb.HELP, epilog=_verb.EXAMPLE)(_function)
app.add_typer(bench.app, name="bench")
app.add_typer(campaign.app, name="campaign")
app.add_typer(cell.app, name="cell")
app.add_typer(data.app, name="data")
app.add_typer(recipes.app, name="recipes")
app.add_typer(simulate.app, name="simulate")
app.add_typer(species.app, name="species")
app.add_typer(train.app, name="train")
app.add_typer(window.app, name="window")


def _version(show: bool) -> None:
    if show:
        typer.echo(f"electrolyte-ml {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    pass


def main() -> None:
    """Run the command line.

    Exit codes are those of `ExitCode`; each error is a line on standard error.
    """
    warnings.formatwarning = _warning_line
    write_plainly()
    try:
        _require_no_negative_amount(sys.argv[1:])
        with flushed_output():
            app()
    except InfeasibleError as error:
        _fail(str(error), ExitCode.INFEASIBLE)
    except ElectrolyteError as error:
        _fail(str(error), ExitCode.BAD_INPUT)
    except BrokenPipeError:
        pass  # the reader of a pipe (head, less) closed it: no error
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}", ExitCode.BAD_INPUT)


def _require_no_negative_amount(arguments: Sequence[str]) -> None:
    """Refuse ``-1 m NaPF6 in PC``, which would be read as an option."""
    for text in arguments:
        if re.match(r"-\s*\d.* in ", text):
            raise InputError(f"{text!r} begins with a negative amount; amounts are above 0")


def _warning_line(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """A warning without its place in the code."""
    if issubclass(category, TableNote):
        return f"{message}\n"
    if issubclass(category, PropertyWarning):
        return f"warning: {message}\n"
    return _format_warning(message, category, filename, lineno, line)


def _fail(message: str, code: int) -> None:
    for line in message.splitlines():
        typer.echo(f"error: {line}", err=True)
    raise SystemExit(code)
