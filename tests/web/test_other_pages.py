import json
import re
from html.parser import HTMLParser

import pytest
from markupsafe import escape

from electrolyte_ml.cell import reference_cells
from electrolyte_ml.report.cell import LIMIT_COLUMNS
from electrolyte_ml.species import default_catalog
from electrolyte_ml.web.app import PAGES
from electrolyte_ml.web.reading import DOCUMENTS

TWO = "1 M NaPF6 in EC:DEC 1:1 v/v\n1 M NaPF6 in diglyme"
ONE = "1 M NaPF6 in EC:DEC 1:1 v/v"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def verb(monkeypatch, capsys):
    """What a verb prints as JSON, or its errors."""

    def call(*arguments):
        from electrolyte_ml.cli import main

        monkeypatch.setattr("sys.argv", ["electrolyte-ml", *arguments])
        with pytest.raises(SystemExit):
            main()
        captured = capsys.readouterr()
        return json.loads(captured.out) if captured.out else captured.err

    return call


@pytest.mark.parametrize("page", [page.path for page in PAGES])
def test_every_page_stands_alone_and_knows_where_it_is(browser, page):
    answer = browser.get(page)
    assert answer.status_code == 200
    assert re.search(rf'href="{page}" aria-current="page"', answer.text)
    assert answer.text.count("<h1>") == 1
    assert "https://" not in re.sub(r"doi\.org", "", answer.text)
    assert not re.search(r"<script(?! src=)|\son\w+=", answer.text)


class Fields(HTMLParser):
    """Fields of a page that no label names."""

    def __init__(self, text):
        super().__init__()
        self.within, self.named, self.bare = 0, set(), {}
        self.feed(text)
        self.nameless = {held for name, held in self.bare.items() if name not in self.named}

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        if tag == "label":
            self.within += 1
            self.named.add(held.get("for"))
        elif tag in ("input", "select", "textarea") and not (
            self.within or held.get("type") == "hidden" or "aria-label" in held
        ):
            self.bare[held.get("id", str(held))] = str(held)

    def handle_endtag(self, tag):
        self.within -= tag == "label"


def test_every_field_has_a_label(browser):
    for page in PAGES:
        assert Fields(browser.get(page.path).text).nameless == set()


def test_what_is_not_there_is_told_on_a_page(browser):
    answer = browser.get("/nothing")
    assert answer.status_code == 404
    assert "there is no page /nothing" in answer.text


def test_a_fault_of_the_program_is_no_fault_of_the_user(browser, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("electrolyte_ml.web.compare.compare_recipes", fail)
    browser.client._transport.raise_server_exceptions = False
    answer = browser.post("/compare/answer", {"recipes": TWO})
    assert answer.status_code == 500
    assert "the program failed: ZeroDivisionError" in answer.text


def test_comparisons_equal_those_of_the_verb(browser, verb):
    records = verb("compare", *TWO.splitlines(), "--json")
    text = browser.post("/compare/answer", {"recipes": TWO, "at": "25 °C"}).text
    for record in records:
        assert f"{record['viscosity_mpa_s']['low']:.3g} to" in text
    ratio = records[1]["differences"]["viscosity_mpa_s"]["value"]
    assert f"{100 * (ratio - 1):+.0f} %" in text
    assert "[peroxide_former]" in text
    assert 'hx-post="/score/curves"' in text


def test_faults_of_comparisons_are_those_of_the_verb(browser, verb):
    for recipes in (ONE, f"{ONE}\n1 M NaXX in PC\n2 M NaPF6 in YY"):
        err = verb("compare", *recipes.splitlines())
        text = browser.post("/compare/answer", {"recipes": recipes}).text
        for line in err.splitlines():
            assert str(escape(line.removeprefix("error: "))) in text
    assert "nothing to compare" in browser.post("/compare/answer").text
    many = "\n".join([ONE] * 9)
    assert "at most 8" in browser.post("/compare/answer", {"recipes": many}).text


def test_explanations_equal_those_of_the_verb(browser, verb):
    found = verb("explain", ONE, "--json")
    text = browser.post("/explain/answer", {"recipe": ONE, "at": "25 °C"}).text
    assert f'class="big">{found["conductivity_ms_cm"]["value"]:.3g}<' in text
    for swap in found["swaps"]:
        assert f">{escape(swap['replacement'])}</a>" in text
        assert f"{swap['change_percent']:+.0f} %" in text
    for neighbour in found["nearest_measured"]:
        assert str(escape(neighbour["recipe"])) in text


def test_faults_of_explanations_are_told(browser, verb):
    for recipe in ("EC:DEC 1:1 v/v", "1 M NaXX in PC", EVIL):
        err = verb("explain", recipe)
        text = browser.post("/explain/answer", {"recipe": recipe, "at": "25 °C"}).text
        assert str(escape(err.splitlines()[0].removeprefix("error: "))) in text
        assert "<script" not in text
    two = browser.post("/explain/answer", {"recipe": ONE, "at": "0, 25 °C"}).text
    assert "at one temperature, given 2" in two


def test_limits_in_cells_equal_those_of_the_verb(browser, verb):
    (record,) = verb("cell", "limits", ONE, "--json")
    text = browser.post("/cell/answer", {"recipes": ONE, "at": "25 °C"}).text
    for name in LIMIT_COLUMNS:
        assert f"{record[name]['low']:.3g} to {record[name]['high']:.3g}" in text
    assert record["cause"] in text


def test_limits_of_a_dangerous_recipe_begin_with_the_danger(browser):
    text = browser.post("/cell/answer", {"recipes": "1 M NaClO4 in diglyme", "at": "25 °C"}).text
    assert "<b>danger</b> 1 M NaClO4 in diglyme: NaClO4 with diglyme" in text
    assert text.index("<b>danger</b>") < text.index("<table")


def test_cells_are_those_that_ship_or_a_file_of_ones_own(browser):
    for name in reference_cells():
        own = browser.get(f"/cell/{name}.toml").text
        assert f'name = "{name}"' in own
    mine = own.replace(f'name = "{name}"', 'name = "mine"')
    file = {"file": ("mine.toml", mine)}
    recipe = "1 M LiPF6 in EC:DMC 1:1 w/w" if 'cation = "Li"' in mine else ONE
    assert ">mine</h2>" in browser.post("/cell/answer", {"recipes": recipe}, files=file).text
    broken = {"file": ("mine.toml", "name = 3")}
    assert "mine.toml: " in browser.post("/cell/answer", {"recipes": ONE}, files=broken).text
    for path in ("/etc/passwd", "../secret.toml"):
        assert "no cell" in browser.post("/cell/answer", {"recipes": ONE, "cell": path}).text


def test_species_are_found_by_any_name(browser):
    for words, name in (("diglyme", "diglyme"), ("ethylene carb", "EC"), ("96-49-1", "EC")):
        part = browser.get("/species", params={"words": words}, headers={"HX-Target": "found"}).text
        assert f"<b>{name}</b>" in part
        assert "<h1>" not in part
    glymes = browser.get("/species", params={"family": "glyme"}).text
    assert "<b>diglyme</b>" in glymes
    assert "<b>EC</b>" not in glymes


def test_values_of_species_have_their_sources(browser, verb):
    (described,) = verb("species", "show", "EC", "--json")
    text = browser.get("/species/show?name=EC").text
    for value in described["properties"].values():
        assert str(escape(value["source"])) in text
    assert 'aria-label="structure O=C1OCCO1"' in text
    err = verb("species", "show", "nonsense")
    shown = browser.get("/species/show?name=nonsense").text
    assert str(escape(err.splitlines()[0].removeprefix("error: "))) in shown


def test_structures_are_drawings_and_nothing_else(browser):
    answer = browser.get("/species/structure.svg", params={"smiles": "O=C1OCCO1"})
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert answer.text.startswith("<svg")
    assert browser.get("/species/structure.svg", params={"smiles": EVIL}).status_code == 422


@pytest.fixture
def own_species(tmp_path, monkeypatch):
    monkeypatch.setenv("ELECTROLYTE_ML_SPECIES", str(tmp_path / "species"))
    default_catalog.cache_clear()
    yield
    default_catalog.cache_clear()


def test_ones_own_species_are_added_and_scored(browser, own_species):
    field = {"name": "methyl testate", "smiles": "CCOC(=O)CCl", "kind": "solvent"}
    wrong = browser.post("/species/add-one", {**field, "density_g_cm3": "11"})
    assert "density_g_cm3 = 11 is outside 0.5 to 3" in wrong.text
    assert "density_g_cm3 has no source" in wrong.text
    assert "form.csv" not in wrong.text
    good = {**field, "density_g_cm3": "1.15", "source": "bottle"}
    assert "methyl testate" in browser.post("/species/add-one", good).text
    assert "have the same SMILES" in browser.post("/species/add-one", good).text
    assert "<b>methyl testate</b>" in browser.get("/species?words=testate").text
    text = browser.post("/score/check", {"recipes": "1 m NaPF6 in methyl testate"}).text
    assert 'class="good"' in text


def test_tables_of_species_are_added_whole_or_not_at_all(browser, own_species):
    table = "name,smiles\nfirstane,CCCCCCOC\nsecondane,no smiles\n"
    refused = browser.post("/species/add", files={"file": ("mine.csv", table)})
    assert "mine.csv, species 2: " in refused.text
    assert "firstane" not in browser.get("/species").text
    table = table.replace("no smiles", "CCCCCCCOC")
    added = browser.post("/species/add", files={"file": ("mine.csv", table)}).text
    assert "firstane" in added
    assert "secondane" in added
    assert "nothing to add" in browser.post("/species/add").text


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_shown_and_lead_nowhere_else(browser, name):
    text = browser.get(f"/reading/{name}").text
    assert ".md" not in text
    for path in re.findall(r'href="(/[^"?#]*)', text):
        assert browser.get(path).status_code == 200
    assert browser.get("/reading/secrets").status_code == 422


def test_costs_are_compared_where_prices_are_given(browser):
    prices = {"file": ("prices.csv", "component,price_per_kg\nNaPF6,100\nEC,10\nDEC,20\n")}
    recipes = f"{ONE}\n0.5 M NaPF6 in EC:DEC 1:1 v/v"
    form = {"recipes": recipes, "currency": "EUR"}
    text = browser.post("/compare/answer", form, files=prices).text
    assert "cost by kilogram, EUR" in text
    form["recipes"] = TWO
    assert "diglyme" in browser.post("/compare/answer", form, files=prices).text
