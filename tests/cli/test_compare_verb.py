import json
import re
from xml.etree import ElementTree

RECIPES = ("1 M NaPF6 in EC:DEC 1:1 v/v", "1 M NaPF6 in EC:DMC 1:1 v/v")


def test_recipes_stand_side_by_side_with_their_differences(run):
    done = run("compare", *RECIPES, "--at", "25 degC", "--at", "0 degC")
    assert done.code == 0
    for words in (f"A: {RECIPES[0]}", "B against A", "conductivity at 0 °C", "flash point, °C"):
        assert words in done.out
    line = next(x for x in done.out.splitlines() if x.startswith("conductivity at 25"))
    assert re.search(r"[+-]\d+ % \([+-]\d+ to [+-]\d+ %\)", line)
    assert "B: caution: probably frozen" not in done.out.replace("A, B:", "")


def test_what_is_surely_different_is_not_called_alike(run):
    done = run("compare", "1 M NaPF6 in EC:PC 1:1 v/v", "1 M NaPF6 in DME", "--at", "25 degC")
    line = next(x for x in done.out.splitlines() if x.startswith("viscosity at 25"))
    assert re.search(r" 0\.\d+ times \(0\.\d+ to 0\.\d+\)", line)
    assert "alike" not in line
    alike = run("compare", *RECIPES, "--at", "25 degC").out
    assert "alike" in next(x for x in alike.splitlines() if x.startswith("conductivity at 25"))


def test_json_has_scores_with_differences(run):
    rows = json.loads(run("compare", *RECIPES, "--json").out)
    assert [row["recipe"] for row in rows] == list(RECIPES)
    ratio = rows[1]["conductivity_ms_cm"]["value"] / rows[0]["conductivity_ms_cm"]["value"]
    beside = rows[1]["differences"]
    assert beside["from"] == rows[0]["key"]
    assert abs(beside["conductivity_ms_cm"]["value"] - ratio) < 1e-9
    assert "warnings" in rows[1]


def test_costs_and_plots(run, tmp_path):
    prices = tmp_path / "prices.csv"
    prices.write_text("component,price_per_kg\nEC,2\nDEC,2.5\nDMC,1.5\nNaPF6,50\n")
    plot = tmp_path / "curves.svg"
    done = run("compare", *RECIPES, "--prices", prices, "--currency", "EUR", "--plot", plot)
    assert "cost by kilogram, EUR" in done.out
    ElementTree.parse(plot)
    text = plot.read_text(encoding="utf-8")
    assert all(recipe in text for recipe in RECIPES)
    lacking = run("compare", *RECIPES, "1 M NaPF6 in PC", "--prices", prices).out
    assert "C: no cost by kilogram: no price for PC" in lacking


def test_faults_of_all_recipes_are_told_together(run):
    done = run("compare", "1 M NaPF6 in nosuch", "1 in PC")
    assert done.code == 2
    assert len(done.err.splitlines()) == 2
    one = run("compare", RECIPES[0])
    assert one.code == 2
    assert "at least two" in one.err


def test_scores_are_filtered_and_sorted(run):
    rows = json.loads(
        run(
            "score", *RECIPES, "1 M NaPF6 in PC", "--json", "--sort", "conductivity_ms_cm",
            "--where", "conductivity_ms_cm > 8",
        ).out
    )  # fmt: skip
    assert [row["recipe"] for row in rows] == [RECIPES[1], RECIPES[0]]
    none = run("score", *RECIPES, "--json", "--where", "conductivity_ms_cm > 1000")
    assert none.code == 3
    assert none.out == ""


def test_limits_of_two_references_are_compared_on_one_scale(run):
    line = "limits against Li/Li+ and Na/Na+: differences on one scale"
    assert line in run("compare", "1 M NaPF6 in PC", "1 M LiPF6 in PC").out
    assert line not in run("compare", *RECIPES).out
