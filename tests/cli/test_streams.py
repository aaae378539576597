"""Terminals of other encodings, full disks, and narrow windows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RECIPE = "1 M NaPF6 in PC"


def in_a_terminal(*arguments, stdout=subprocess.PIPE, **variables):
    """Exit code, output and errors of the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "electrolyte_ml", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **variables},
        check=False,
    )
    return done.returncode, (done.stdout or b"").decode(), done.stderr.decode()


@pytest.mark.parametrize("verb", ["score", "explain"])
def test_an_encoding_without_the_sign_of_degrees_gets_letters(verb):
    code, out, err = in_a_terminal(verb, RECIPE, PYTHONIOENCODING="ascii")
    assert (code, err) == (0, "")
    assert "25 degC" in out
    assert out.isascii()


def test_a_finished_search_is_not_lost_to_an_encoding():
    arguments = ("propose", "sodium_room_temperature", "--n", "2", "--trials", "60")
    code, out, err = in_a_terminal(*arguments, PYTHONIOENCODING="ascii")
    assert code == 0, err
    assert "Traceback" not in err
    assert "Weigh out" in out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("form", [(), ("--json",), ("--csv",)])
def test_a_full_disk_is_one_line(form):
    with open("/dev/full", "wb") as full:
        code, _, err = in_a_terminal("score", RECIPE, *form, stdout=full)
    assert code == 2
    assert err == "error: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("columns", ["40", "20"])
def test_text_wraps_in_narrow_windows(run, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    for arguments in (
        ("score", RECIPE, "PC"),
        ("properties",),
        ("window", "show", RECIPE),
        ("species", "show", "PC"),
        ("recipes", "list"),
    ):
        outcome = run(*arguments)
        assert outcome.code == 0
        assert max(map(len, outcome.out.splitlines())) <= int(columns)


def test_no_word_is_broken_in_a_usual_window(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    outcome = run("score", RECIPE, "1 M NaPF6 in EC:DEC 1:1 v/v")
    assert max(map(len, outcome.out.splitlines())) <= 80
    for word in ("conductivity,", "NaPF6", "viscosity,"):
        assert word in outcome.out.split()


def test_a_table_too_wide_is_a_list_of_its_rows(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    lines = run("score", RECIPE).out.splitlines()
    assert lines[0] == RECIPE
    assert "  T: 25 °C" in lines
    assert any(line.startswith("  density, g/cm3: 1.") for line in lines)


def test_escape_sequences_of_names_never_reach_the_terminal(tmp_path):
    table = tmp_path / "recipes.csv"
    table.write_text(f"recipe,=note\n{RECIPE},\x1b[31mred\x9b0m\n{RECIPE},=1+1\n")
    for form in ((), ("--csv",), ("--json",)):
        code, out, err = in_a_terminal("score", "--file", str(table), *form)
        assert code == 0, err
        assert "\x1b" not in out
        assert "\x9b" not in out
    code, out, err = in_a_terminal("score", "--file", str(table), "--csv")
    assert out.splitlines()[0].endswith(",'=note")
    assert out.splitlines()[2].endswith(",'=1+1")
    code, out, err = in_a_terminal("score", "1 M NaPF6 in \x1b[31mPC")
    assert code == 2
    assert "\x1b" not in err


def test_json_stays_json_whatever_a_name_holds(tmp_path):
    table = tmp_path / "recipes.csv"
    table.write_text(f"recipe,note\n{RECIPE},\x7f \x9b \u202e \u2028\n")
    code, out, err = in_a_terminal("score", "--file", str(table), "--json")
    assert code == 0, err
    assert len(json.loads(out)) == 1
