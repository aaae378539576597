import csv
import io
import json
import re

import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.maps import electrolyte_map

RECIPE = "1 M NaPF6 in EC:DEC 1:1 v/v"


@pytest.fixture(scope="module")
def of_verb():
    return electrolyte_map([parse_recipe(RECIPE)], names=[RECIPE], n_clusters=6)


def test_the_map_shows_the_blends_and_clusters_of_the_verb(browser, of_verb):
    text = browser.get("/map/drawn", params={"recipes": RECIPE, "clusters": 6}).text
    assert text.count("<circle cx") == len(of_verb.known) + 6
    for name in {blend.cluster for blend in of_verb.known}:
        assert f"</svg> {name}</th>" in text
    for recipe in of_verb.asked[0].nearest:
        assert f">{recipe}</a>" in text
    assert text.count('class="star"') == 1
    assert f"{of_verb.variance[0]:.0%} of the variance" in text


def test_points_can_be_chosen_and_coloured_otherwise(browser, of_verb):
    text = browser.get("/map/drawn", params={"colour": "anion", "least": 20}).text
    left = [blend for blend in of_verb.known if blend.n_points >= 20]
    assert 0 < len(left) < len(of_verb.known)
    assert f"{len(left)} blends of {len(of_verb.known)}" in text
    counts = re.findall(r"</svg> (\S+)</th>\s*<td>(\d+)</td>", text)
    anions = [blend.traits.anion for blend in of_verb.known]
    assert {name: int(n) for name, n in counts} == {a: anions.count(a) for a in set(anions)}


def test_files_are_those_of_the_verb(browser, of_verb):
    asked = {"recipes": RECIPE, "clusters": 6}
    held = json.loads(browser.get("/map/file/json", params=asked).content)
    assert held == json.loads(json.dumps(of_verb.to_dict()))
    rows = list(csv.DictReader(io.StringIO(browser.get("/map/file/csv", params=asked).text)))
    assert len(rows) == len(of_verb.known) + 1
    assert browser.get("/map/file/svg", params=asked).text.startswith("<?xml")
    assert browser.get("/map/file/exe", params=asked).status_code == 422


def test_faults_of_all_recipes_are_told(browser):
    asked = {"recipes": "1 M NaXX in PC\nPC\n1 M NaYY in PC"}
    answer = browser.get("/map/drawn", params=asked)
    assert answer.status_code == 422
    assert "NaXX" in answer.text
    assert "NaYY" in answer.text
    assert "without a salt" in browser.get("/map/drawn", params={"recipes": "PC"}).text
    for wrong in ({"clusters": 1}, {"clusters": "x"}, {"colour": "red"}, {"method": "tsne"}):
        assert browser.get("/map/drawn", params=wrong).status_code == 422


def test_names_on_the_map_are_escaped(browser):
    evil = "<script>alert(1)</script>"
    assert "<script>alert" not in browser.get("/map", params={"recipe": evil}).text
    assert "<script>alert" not in browser.get("/map/drawn", params={"recipes": evil}).text
