import csv
import json
import re
from xml.etree import ElementTree

import pytest

RECIPE = "1 M NaPF6 in EC:DEC 1:1 v/v"


def test_clusters_are_named_in_a_chemists_words(run):
    done = run("map", RECIPE)
    assert done.code == 0
    assert "known blends; the two axes hold" in done.out
    assert "PF6 in" in done.out
    assert "most like it are" in done.out


def test_an_example_is_of_what_its_cluster_is_named_after(run):
    rows = re.findall(r"^(\w+) in [^\d]+(?:\(\d\))? +\d+ +\d+ +(.+)$", run("map").out, re.MULTILINE)
    named = [(anion, recipe) for anion, recipe in rows if anion != "mixed"]
    assert len(named) >= 4
    assert all(anion in recipe for anion, recipe in named)


def test_plot_and_tables_hold_every_blend(run, tmp_path):
    plot, table, listed = (tmp_path / name for name in ("map.svg", "map.csv", "map.json"))
    assert run("map", RECIPE, "--plot", plot, "--out", table).code == 0
    assert ElementTree.parse(plot).getroot().tag.endswith("svg")
    assert "axis 1" in plot.read_text(encoding="utf-8")
    assert run("map", RECIPE, "--out", listed).code == 0
    held = json.loads(listed.read_text(encoding="utf-8"))
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(held["known"]) + 1
    assert rows[-1]["asked"] == "True"
    assert rows[0]["cluster"] == held["known"][0]["cluster"]
    assert rows[0]["dois"].startswith("10.")


def test_json_is_the_same_twice(run):
    first, second = (run("map", "--json", "--clusters", 4) for _ in range(2))
    assert first.out == second.out
    assert len({b["cluster"] for b in json.loads(first.out)["known"]}) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--plot", "map.txt"), "--plot map.txt: the suffix must be one of .svg"),
        (("--out", "map.txt"), "--out map.txt: the suffix must be one of .csv, .xlsx"),
        (("--method", "tsne"), "unknown method 'tsne'"),
        (("--clusters", "1"), "clusters must be 2 to"),
        (("EC:DEC 1:1 w/w",), "without a salt"),
    ],
)
def test_bad_input_is_refused_before_any_file_is_written(run, arguments, words, tmp_path):
    done = run("map", *arguments)
    assert done.code == 2
    assert words in done.err
    assert not list(tmp_path.iterdir())
