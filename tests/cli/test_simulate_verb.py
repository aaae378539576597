import csv
import json

import pytest

from electrolyte_ml.simulate.job import PRESETS
from electrolyte_ml.simulate.templates import TABLES

CAMPAIGN = TABLES.parent / "campaigns" / "lithium_sodium_pairs.toml"
PAIRS = TABLES / "lithium_sodium_pairs.csv"


def test_ratios_of_the_shipped_table_come_with_errors_and_what_they_say_together(run):
    code, out, _ = run("simulate", "ratios", str(PAIRS))
    assert code == 0
    lines = out.splitlines()
    single = [line for line in lines if line.startswith("Na/Li")]
    assert single
    assert all(" +- " in line or "no error bar" in line for line in single)
    assert any(line.startswith("mean log10 Na/Li, aqvist x0.8") for line in lines)
    assert any("simulated less measured" in line for line in lines)


def test_a_column_that_is_not_there_is_refused(run):
    code, _, err = run("simulate", "ratios", str(PAIRS), "--column", "colour")
    assert code == 2
    assert "colour" in err


def test_status_knows_what_the_shipped_table_holds(run, tmp_path):
    command = ["simulate", "campaign", str(CAMPAIGN), "--state", str(tmp_path)]
    code, out, _ = run(*command, "--table", str(PAIRS), "--status")
    assert code == 0
    with PAIRS.open(encoding="utf-8") as file:
        known = {row["key"] for row in csv.DictReader(file)}
    done = {line.split()[0] for line in out.splitlines() if line.split()[1] == "done"}
    assert done == known


def test_an_unknown_preset_is_bad_input(run, tmp_path):
    recipe = "1 M NaPF6 in PC"
    code, _, err = run("simulate", recipe, "--preset", "fast", "--state", str(tmp_path))
    assert code == 2
    assert "quick" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_recipe_becomes_density_coordination_and_pairing(run, tmp_path):
    pytest.importorskip("openmm", reason="the extra md (OpenMM) is not installed")
    command = ["simulate", "1 M NaPF6 in AN", "--preset", "smoke", "--state", str(tmp_path)]
    code, out, _ = run(*command)
    assert code == 0
    for word in ("density, g/cm3", "around Na", "contact ion pairs", "free cations"):
        assert word in out
    # The same command reads the finished job back.
    code, again, _ = run(*command, "--json")
    assert code == 0
    held = json.loads(again)
    assert held["job"]["composition"]["components"][0]["name"] == "AN"
    assert held["density_g_cm3"]["value"] == pytest.approx(0.9, abs=0.15)


def test_shells_need_finished_jobs(run, tmp_path):
    code, out, err = run("simulate", "shells", str(CAMPAIGN), "--state", str(tmp_path))
    assert code == 2
    assert not out
    assert "no finished solution of lithium_sodium_pairs" in err
    assert "electrolyte-ml simulate campaign" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--property", "colour"), "diffusion, conductivity, viscosity"),
        (("--property", "density", "--error", "0%"), "above 0 and below 100 %"),
        (("--property", "density", "--error", "10"), "write '10%' or '0.1'"),
        (("--property", "density", "--budget", "2"), "'90 min' or '2 h'"),
        (("--property", "conductivity"), "add a salt"),
    ],
)
def test_what_cannot_be_run_for_is_bad_input(run, tmp_path, options, told):
    code, _, err = run("simulate", "PC", *options, "--state", str(tmp_path))
    assert code == 2
    assert told in err
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_run_for_a_property_tells_what_it_knows_and_continues(run, tmp_path):
    pytest.importorskip("openmm", reason="the extra md (OpenMM) is not installed")
    command = ["simulate", "1 M NaPF6 in AN", "--preset", "smoke", "--property", "density"]
    command += ["--error", "5%", "--state", str(tmp_path)]
    code, out, err = run(*command, "--budget", "1 s")
    assert code == 0
    assert "the same command continues" in out
    code, out, err = run(*command, "--budget", "1 h", "--json")
    assert code == 0
    assert " used" in err
    held = json.loads(out)
    assert held["goal"]["reached"]
    assert held["goal"]["checks"][-1]["relative_error"] < 0.05
    assert held["density_g_cm3"]["value"] == pytest.approx(0.9, abs=0.15)
    code, again, _ = run(*command, "--budget", "1 s", "--quiet")
    assert code == 0
    assert "density within 5 %: reached" in again


def test_the_help_names_every_preset(run):
    out = run("simulate", "run", "--help").out
    assert all(name in out for name in PRESETS)


def test_a_cation_that_no_pair_has_is_refused(run):
    done = run("simulate", "ratios", PAIRS, "--over", "K")
    assert done.code == 2
    assert "no pair of K and Li" in done.err
    assert "its cations: Li, Na" in done.err


def test_an_interruption_says_how_the_run_goes_on(run, tmp_path, monkeypatch):
    def press(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("electrolyte_ml.simulate.run_job", press)
    done = run("simulate", "run", "1 m NaFSI in DME", "--preset", "smoke", "--state", tmp_path)
    assert done.code == 130
    assert f"the same command goes on from what {tmp_path} holds" in done.err
