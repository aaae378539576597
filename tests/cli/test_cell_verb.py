import json
import tomllib

import pytest

RECIPE = "1 M NaPF6 in EC:PC 1:1 w/w"


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")


def test_limits_as_json_have_intervals_cause_and_provenance(run):
    outcome = run("cell", "limits", RECIPE, "--at", "25 degC", "--at", "-20 degC", "--json")
    assert outcome.code == 0
    warm, cold = json.loads(outcome.out)
    assert warm["cell"] == "hc_nvpf"
    for name in ("depletion_rate_c", "ohmic_drop_mv", "profile_depth_mol_l", "transference_number"):
        assert warm[name]["low"] < warm[name]["value"] < warm[name]["high"]
    assert warm["cause"] == "salt runs out"
    assert warm["provenance"] == "from the predicted viscosity by Stokes-Einstein"
    assert warm["frozen"] is None
    assert "freez" in cold["frozen"] or "frozen" in cold["frozen"]
    assert cold["depletion_rate_c"]["value"] < warm["depletion_rate_c"]["value"]
    assert ("frozen", "caution") in {(w["rule"], w["severity"]) for w in cold["warnings"]}
    assert "frozen" not in {w["rule"] for w in warm["warnings"]}


def test_limits_of_a_dangerous_recipe_say_so(run):
    out = run("cell", "limits", RECIPE, "1 M NaClO4 in diglyme").out
    assert "1 M NaClO4 in diglyme: danger: NaClO4 with diglyme" in out
    assert out.count("danger") == 1


def test_limits_as_a_table_say_what_they_leave_out(run, tmp_path):
    table = tmp_path / "recipes.csv"
    table.write_text("recipe\n1 M NaPF6 in diglyme\n")
    outcome = run("cell", "limits", RECIPE, "--file", table, "--cell", "hc_nvpf")
    assert outcome.code == 0
    assert "salt runs out at, C" in outcome.out
    assert "1 M NaPF6 in diglyme" in outcome.out
    assert "left out: kinetics and diffusion of the electrodes" in outcome.out


def test_a_cell_is_listed_and_its_file_is_one_to_copy(run, tmp_path):
    assert "graphite_nmc_pouch" in run("cell", "list").out
    text = run("cell", "list", "hc_nvpf").out
    assert tomllib.loads(text)["separator"]["porosity"] == 0.55
    mine = tmp_path / "mine.toml"
    mine.write_text(text.replace("porosity = 0.55", "porosity = 0.4"))
    ours, other = (
        json.loads(run("cell", "limits", RECIPE, "--cell", cell, "--json").out)[0]
        for cell in (mine, "hc_nvpf")
    )
    assert ours["ohmic_drop_mv"]["value"] > other["ohmic_drop_mv"]["value"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give a RECIPE or --file"),
        ((RECIPE, "--cell", "hc"), "no cell 'hc'"),
        (("1 M NaPF6 in XYZ",), "XYZ"),
    ],
)
def test_bad_input(run, arguments, words):
    outcome = run("cell", "limits", *arguments)
    assert outcome.code == 2
    assert words in outcome.err


def test_an_electrolyte_is_exported(run, tmp_path):
    bpx = json.loads(run("cell", "export", RECIPE, "--to", "bpx").out)
    assert "273 to 333 K" in bpx["Header"]["Description"]
    table = run("cell", "export", RECIPE, "--to", "csv", "--at", "25 degC").out
    assert table.startswith("temperature_k,concentration_mol_m3,conductivity_s_m,")
    out = tmp_path / "electrolyte.py"
    workbook = tmp_path / "tables.xlsx"
    assert run("cell", "export", RECIPE, "--to", "csv", "--out", workbook).code == 0
    assert workbook.read_bytes().startswith(b"PK")
    assert run("cell", "limits", RECIPE, "--out", tmp_path / "limits.xlsx").code == 0
    outcome = run("cell", "export", RECIPE, "--to", "pybamm", "--out", out)
    assert outcome.code == 0
    assert "import pybamm" in out.read_text()
    refused = run("cell", "export", RECIPE, "--to", "csv", "--into", out)
    assert refused.code == 2
    assert "--into is for --to bpx" in refused.err
    assert run("cell", "export", "PC", "--to", "bpx").code == 2


def test_what_cannot_be_simulated_is_told_before_anything_runs(run, tmp_path, monkeypatch):
    out = tmp_path / "out"
    fast = run("cell", "simulate", RECIPE, "--rate", "fast", "--out", out)
    assert fast.code == 2
    assert "0.5C or C/10" in fast.err
    monkeypatch.setitem(__import__("sys").modules, "pybamm", None)
    bare = run("cell", "simulate", RECIPE, "--out", out)
    assert bare.code == 2
    assert "pip install 'electrolyte_ml[cell]'" in bare.err
    assert not out.exists()


@pytest.mark.slow
def test_discharges_are_written_and_told_with_what_they_leave_out(run, tmp_path):
    pytest.importorskip("pybamm", reason="PyBaMM (extra 'cell') is not installed")
    out = tmp_path / "out"
    ask = ("cell", "simulate", RECIPE, "--rate", "2C", "--out", out, "--workers", 1)
    outcome = run(*ask)
    assert outcome.code == 0
    assert "left out: ageing" in outcome.out
    assert "no activation energies" in outcome.out
    names = {path.name for path in out.iterdir()}
    assert names >= {
        "summary.json",
        "samples.csv",
        "curves.csv",
        "discharges.xlsx",
        "discharge_25C.svg",
        "rate_25C.svg",
    }
    (record,) = json.loads(run(*ask, "--json").out)
    assert record["capacity_ah"]["low"] <= record["capacity_ah"]["value"]
    other = run("cell", "simulate", "1 M LiPF6 in EC:DMC 1:1 w/w", "--out", out)
    assert "is for Na, the recipe has Li" in other.err


def test_an_ionic_liquid_says_once_what_is_missing_and_why(run):
    out = run("cell", "limits", "1 m NaFSI in Pyr13FSI").out
    line = "salt runs out, on charge, depth, salt D, t+: ionic liquids are not covered"
    assert out.replace("\n", " ").count(line) == 1
