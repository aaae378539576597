import json
from xml.etree import ElementTree

import pytest

RECIPE = "1 M NaPF6 in EC:DEC 1:1 v/v"


def test_words_for_a_chemist(run):
    done = run("explain", RECIPE)
    assert done.code == 0
    for words in ("it peaks at", "kJ/mol at 25 °C", "NaBF4", "10.1149/", "assumed: "):
        assert words in done.out
    assert done.out.startswith(RECIPE)


def test_a_conductivity_that_only_falls_with_the_salt_has_no_maximum(run):
    out = run("explain", "1 m NaFSI in Pyr13FSI").out
    assert "it falls from the lowest, 0.05 mol/kg, on" in out
    assert "it peaks at" not in out


def test_json_holds_the_same(run):
    record = json.loads(run("explain", RECIPE, "--json", "--at", "0 degC").out)
    assert record["temperature_k"] == 273.15
    assert record["concentration"]["maximum"]["conductivity_ms_cm"]["value"] > 0
    assert [e["temperature_k"] for e in record["temperature"]["activation_energy_kj_mol"]] == [
        253.15,
        298.15,
        333.15,
    ]
    assert {"component", "replacement", "recipe", "change_percent"} <= record["swaps"][0].keys()
    assert record["nearest_measured"][0]["doi"].startswith("10.")
    assert record["cations"][0]["replacement"] == "Li"


def test_plot_is_written_with_the_recipe_as_text(run, tmp_path):
    path = tmp_path / "curves.svg"
    assert run("explain", RECIPE, "--plot", path).code == 0
    ElementTree.parse(path)
    assert RECIPE in path.read_text(encoding="utf-8")
    first = path.read_bytes()
    run("explain", RECIPE, "--plot", path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_plot_comes_in_other_kinds(run, tmp_path, suffix):
    path = tmp_path / f"curves{suffix}"
    assert run("explain", RECIPE, "--plot", path).code == 0
    assert path.stat().st_size > 5000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["EC:DEC 1:1 v/v"], "holds no salt"),
        (["1 M NaPF6 in ECC"], "EC"),
        ([RECIPE, "--at", "25"], "has no unit"),
        ([RECIPE, "--plot", "curves.jpg"], "the suffix must be one of .svg, .png, .pdf"),
        ([RECIPE, "--plot", "nowhere/curves.svg"], "there is no folder"),
    ],
)
def test_bad_input_is_refused_in_words(run, arguments, message):
    done = run("explain", *arguments)
    assert done.code == 2
    assert done.out == ""
    assert message in done.err


def test_solubility_is_told_with_what_it_rests_on(run):
    told = run("explain", "1 M NaBF4 in EC:DMC 1:1 v/v").out
    assert "Solubility: saturated at about 0." in told
    assert "from memory, not checked" in told
