"""What people expect of every command: an example, quiet, completion, no colour in a pipe."""

import os
import pty
import re
import shlex
import subprocess
import sys

import pytest
import typer

from electrolyte_ml import __version__
from electrolyte_ml.cli import completion
from electrolyte_ml.cli.app import app
from electrolyte_ml.cli.examples import PROGRAM

ROOT = typer.main.get_command(app)
#: Commands that are done in less than two seconds, whatever they are given.
INSTANT = {
    "bench compare",
    "campaign new",
    "campaign status",
    "cell export",
    "cell import",
    "cell list",
    "convert",
    "data list",
    "data show",
    "properties",
    "recipes list",
    "recipes schema",
    "recipes show",
    "rules",
    "simulate ratios",
    "species add",
    "species list",
    "species show",
    "window library",
}


def walk(command, path=()):
    """All commands that do something, by the words that call them."""
    if not hasattr(command, "list_commands"):
        yield " ".join(path), command
        return
    context = typer.Context(command)
    for name in command.list_commands(context):
        yield from walk(command.get_command(context, name), (*path, name))


COMMANDS = dict(walk(ROOT))


def parsed(arguments):
    """The command that arguments call; parsing fails as in a shell."""
    command = ROOT
    rest = list(arguments)
    while hasattr(command, "list_commands"):
        context = command.make_context(None, rest)
        name, command, rest = command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
    command.make_context(name, rest)
    return command


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_shows_an_example_that_can_be_run(words):
    command = COMMANDS[words]
    shown = [line for line in command.epilog.splitlines() if line.startswith("Example: ")]
    (line,) = shown
    program, *arguments = shlex.split(line.removeprefix("Example: "))
    assert program == PROGRAM
    assert parsed(arguments).name == command.name
    assert command.help
    assert all(p.help for p in command.params if p.param_type_name == "option")


@pytest.mark.parametrize("words", sorted(COMMANDS.keys() - INSTANT))
def test_commands_that_take_time_can_be_quiet(words):
    assert "--quiet" in {name for p in COMMANDS[words].params for name in p.opts}


def test_the_list_of_instant_commands_names_commands():
    assert COMMANDS.keys() >= INSTANT


def test_help_and_version_are_printed(run):
    for words in COMMANDS:
        shown = run(*words.split(), "--help")
        assert shown.code == 0
        assert "Example:" in shown.out
    assert run("--version").out == f"electrolyte-ml {__version__}\n"


def completed(line):
    """What bash would offer at the end of a line."""
    words = line.split(" ")
    environment = os.environ | {
        "_ELECTROLYTE_ML_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    code = "import sys; sys.argv[0] = 'electrolyte-ml'; from electrolyte_ml.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("electrolyte-ml pro", {"propose", "properties"}),
        ("electrolyte-ml propose sodium_room", {"sodium_room_temperature"}),
        ("electrolyte-ml species show digl", {"diglyme"}),
        ("electrolyte-ml bench den", {"density"}),
        ("electrolyte-ml score --wor", {"--workers"}),
    ],
)
def test_shells_complete(line, offered):
    assert set(completed(line)) == offered


def test_a_script_for_the_shell_is_shown():
    environment = os.environ | {"_ELECTROLYTE_ML_COMPLETE": "source_bash"}
    code = "import sys; sys.argv[0] = 'electrolyte-ml'; from electrolyte_ml.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert "complete -o default -F" in done.stdout
    assert {"--install-completion", "--show-completion"} <= {n for p in ROOT.params for n in p.opts}


def test_names_that_are_completed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").touch()
    (tmp_path / "mine.csv").touch()
    assert completion.problems("mi") == ["mine.toml"]
    assert "EC" in completion.species("ec")
    assert "calisol23" in completion.data_sets("cal")
    assert completion.suites("den") == ["density"]
    assert completion.properties("visc") == ["viscosity_mpa_s"]
    assert completion.columns("-visc") == ["-viscosity_mpa_s"]
    assert completion.cells("hc_")
    assert completion.rules("")


def on_a_terminal(arguments, **variables):
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | variables
    child = subprocess.Popen(
        [sys.executable, "-m", "electrolyte_ml", *arguments],
        stdout=theirs,
        stderr=theirs,
        env=environment | {"TERM": "xterm-256color"},
    )
    os.close(theirs)
    text = b""
    try:
        while part := os.read(ours, 4096):
            text += part
    except OSError:  # how Linux tells that the other end is closed
        pass
    assert child.wait() == 0
    return text.decode()


def test_colour_is_for_terminals_that_want_it():
    colour = re.compile(r"\x1b\[(?:\d;)?3\d")
    assert colour.search(on_a_terminal(["--help"]))
    assert not colour.search(on_a_terminal(["--help"], NO_COLOR="1"))
    piped = subprocess.run(
        [sys.executable, "-m", "electrolyte_ml", "--help"], capture_output=True, check=True
    )
    assert b"\x1b" not in piped.stdout


#: Options with CSV and no workbook, by command and name, with the reason.
CSV_ALONE = {
    ("score", "--csv"): "printed for other programs",
    ("convert", "--to"): "printed for other programs",
    ("cell export", "--to"): "printed for other programs",
    ("simulate campaign", "--table"): "grows row by row while jobs of many machines end",
    ("simulate ratios", "table"): "a campaign's own table",
    ("simulate shells", "--table"): "grows shell by shell",
    ("simulate validate", "table"): "a campaign's own table",
    ("window shells", "table"): "the table that simulate shells grows",
}


def words_of(parameter):
    """Help and placeholder of a parameter."""
    return f"{getattr(parameter, 'help', '') or ''} {parameter.metavar or ''}".lower()


@pytest.mark.parametrize("words", COMMANDS)
def test_workbooks_go_wherever_csv_goes(words):
    for parameter in COMMANDS[words].params:
        told = words_of(parameter)
        if "csv" in told and (words, parameter.opts[0]) not in CSV_ALONE:
            assert "xlsx" in told, (words, parameter.opts)


def test_exceptions_to_workbooks_are_parameters():
    held = {(words, p.opts[0]) for words, command in COMMANDS.items() for p in command.params}
    assert CSV_ALONE.keys() <= held
