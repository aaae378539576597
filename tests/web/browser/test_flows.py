"""What people do who open the page for the first time."""

import csv
import re

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.browser]
RECIPE = "1 M NaPF6 in EC:DEC 1:1 v/v"
OTHER = "1 M NaPF6 in diglyme"
PROBLEM = """\
name = "two glymes"
description = "Glymes for a first try"
[components]
solvents = ["DME", "diglyme", "triglyme"]
salts = ["NaPF6", "NaFSI"]
[limits]
max_solvents = 2
salt_molality_mol_kg = [0.5, 1.5]
[[objectives]]
property = "conductivity_ms_cm"
temperature = "25 degC"
[[objectives]]
property = "flash_point_k"
[prediction]
out_of_domain = "allow"
risk = "value"
[search]
n_trials = 1500
population = 20
"""


def test_a_recipe_with_a_typo_is_corrected_and_scored(visitor):
    page = visitor.page
    visitor.open("/")
    page.get_by_label("Recipes, one a line").fill("1 M NaPF6 in diglim")
    visitor.sees("did you mean 'diglyme'")
    visitor.press("Score")
    visitor.sees("This cannot be used")
    visitor.looks("score_typo")
    page.get_by_label("Recipes, one a line").fill(OTHER)
    page.wait_for_selector("#checked .good")
    visitor.press("Score")
    page.wait_for_selector("#answer table")
    assert re.search(r"\d to \d", page.inner_text("#answer table"))
    page.wait_for_selector("#answer .plot svg")
    visitor.looks("score")
    visitor.sees("How to read this")
    page.get_by_role("link", name="How to read this").first.click()
    visitor.sees("interval")
    visitor.looks("reading")


def test_several_recipes_are_scored_and_taken_along(visitor):
    page = visitor.page
    visitor.open("/score")
    page.get_by_role("button", name="1.2 M NaFSI in DME").click()
    page.get_by_role("button", name=OTHER, exact=True).click()
    page.get_by_label("Temperatures", exact=True).fill("-20, 25 °C")
    visitor.press("Score")
    page.wait_for_selector("#answer table")
    assert page.locator("#answer tbody tr").count() == 4
    with page.expect_download() as taken:
        visitor.press("csv")
    rows = list(csv.DictReader(open(taken.value.path(), encoding="utf-8")))  # noqa: SIM115
    assert [row["recipe"] for row in rows].count(OTHER) == 2
    page.get_by_text("Units", exact=True).click()
    page.locator("select[data-unit=conductivity]").select_option("S/m")
    visitor.sees("conductivity, S/m")
    page.locator("select[data-unit=conductivity]").select_option("mS/cm")


def test_a_dropped_table_with_bad_rows_names_them_all(visitor, tmp_path):
    page = visitor.page
    table = tmp_path / "lab.csv"
    table.write_text(f"recipe,temperature_c\n{RECIPE},25\n1 M NaXX in PC,25\n{OTHER},hot\n")
    visitor.open("/score")
    page.get_by_label("Or a table").set_input_files(table)
    visitor.press("Score")
    visitor.sees("lab.csv, row 2")
    visitor.sees("lab.csv, row 3")
    visitor.looks("score_bad_table")
    table.write_text(f"recipe,temperature_c\n{RECIPE},25\n{OTHER},-20\n")
    visitor.press("Score")
    visitor.sees("If you changed the file since you chose it, choose it again")
    page.get_by_label("Or a table").set_input_files(table)
    visitor.press("Score")
    page.wait_for_selector("#answer table")
    assert page.locator("#answer tbody tr").count() == 2


def test_recipes_are_compared_and_one_explained(visitor):
    page = visitor.page
    visitor.open("/compare")
    page.get_by_label("Recipes, one a line").fill(f"{RECIPE}\n{OTHER}")
    visitor.press("Compare")
    page.wait_for_selector("#answer table")
    visitor.looks("compare")
    visitor.open("/explain")
    page.get_by_label("Recipe", exact=True).fill(RECIPE)
    visitor.press("Explain")
    visitor.sees("Nearest measured recipes")
    page.wait_for_selector("#answer .plot svg")
    visitor.looks("explain")
    page.get_by_role("link", name="Compare it").click()
    assert RECIPE in page.input_value("#recipes")


def test_a_species_is_found_and_another_one_added(visitor):
    page = visitor.page
    visitor.open("/species")
    page.get_by_label("Name, formula, SMILES or CAS").fill("diglyme")
    page.locator("#found li").nth(20).wait_for(state="detached")
    visitor.looks("species")
    page.locator("#found a").first.click()
    visitor.sees("SMILES")
    page.wait_for_selector(".structure svg")
    visitor.looks("species_shown")
    visitor.open("/species")
    page.get_by_label("Name", exact=True).fill("my ether")
    page.get_by_label("SMILES", exact=True).fill("CCOCCOCCOCCCC")
    visitor.press("Add it")
    page.wait_for_selector("#added a")
    visitor.open("/score")
    page.get_by_label("Recipes, one a line").fill("1 m NaPF6 in my ether")
    page.wait_for_selector("#checked .good")


def test_a_search_is_watched_stopped_and_continued(visitor):
    page = visitor.page
    visitor.open("/propose")
    page.wait_for_selector("#verdict .good")
    visitor.looks("propose")
    page.get_by_text("The same as a file (TOML)").click()
    page.get_by_label("The problem as TOML").fill(PROBLEM.replace("DME", "DMEE"))
    visitor.sees("did you mean")
    page.get_by_label("The problem as TOML").fill(PROBLEM)
    visitor.sees("3 solvents, 2 salts; 1500 recipes are tried")
    page.get_by_role("checkbox", name="triglyme").uncheck()
    visitor.sees("2 solvents, 2 salts")
    assert "triglyme" not in page.input_value("#toml")
    page.get_by_label("Recipes to propose").fill("4")
    visitor.press("Search")
    page.wait_for_url("**/jobs/*")
    page.wait_for_selector(".job .plot svg")
    visitor.pictures("propose_watched")
    visitor.press("Stop")
    visitor.sees("Stopped early")
    visitor.looks("propose_stopped")
    stopped = page.inner_text("#shortlist ~ p")
    where = page.url
    page.goto("about:blank")
    page.goto(where)
    visitor.press("Go on")
    page.wait_for_selector("progress")
    page.wait_for_selector("progress", state="detached")
    page.wait_for_selector("#shortlist")
    assert page.get_by_text("Stopped early").count() == 0
    assert "1500 recipes tried" in page.inner_text("section[aria-labelledby=shortlist]")
    assert "1500 recipes tried" not in stopped
    page.locator("summary", has_text=re.compile(r"^1\. ")).click()
    visitor.sees("Weigh out for 100 g")
    visitor.looks("propose_shortlist")
    with page.expect_download() as taken:
        page.get_by_role("link", name="proposals.xlsx").click()
    assert taken.value.suggested_filename == "proposals.xlsx"


def test_a_round_of_a_campaign_is_recorded(visitor):
    page = visitor.page
    visitor.open("/campaign")
    page.get_by_label("Name", exact=True).fill("autumn")
    page.get_by_text("Look at the problem, or change it").click()
    page.get_by_text("The same as a file (TOML)").click()
    page.get_by_label("The problem as TOML").fill(PROBLEM.replace("1500", "120"))
    visitor.sees("120 recipes are tried")
    visitor.looks("campaigns")
    visitor.press("Begin")
    page.wait_for_url("**/campaign/at/autumn")
    page.get_by_label("Recipes to suggest").fill("3")
    visitor.press("Suggest")
    page.wait_for_selector("section[aria-label=S003]")
    fields = page.get_by_label(re.compile("^conductivity at 25 °C"))
    fields.nth(0).fill("9,5")
    fields.nth(1).fill("much")
    visitor.press("Record")
    visitor.sees("S002: conductivity_ms_cm at 25 degC is 'much', not a number")
    visitor.looks("campaign_fault")
    assert fields.nth(0).input_value() == "9,5"
    fields.nth(1).fill("7.1")
    visitor.press("Record")
    visitor.sees("2 results recorded")
    visitor.sees("Still to measure, the most promising first")
    visitor.looks("campaign")
    assert page.locator("section[aria-label=S001]").count() == 0
    visitor.press("Write the report")
    page.get_by_role("link", name="report.xlsx").wait_for()
    visitor.open("/campaign")
    visitor.sees("1 round, 1 to measure, 2 measured")


def test_limits_of_a_cell_and_the_map(visitor):
    page = visitor.page
    visitor.open("/cell")
    page.get_by_label("Recipes, one a line").fill(OTHER)
    visitor.press("Judge")
    page.wait_for_selector("#answer table")
    visitor.looks("cell")
    visitor.open("/map")
    page.wait_for_selector("svg.map circle")
    page.get_by_label("Your recipes, one a line").fill(RECIPE)
    page.wait_for_selector(".star")
    point = page.locator("svg.map a").nth(20)
    point.hover(force=True)
    page.locator("#about", has_text="measurement").wait_for()
    page.get_by_label("Coloured by").select_option("anion")
    visitor.sees("By anion")
    visitor.looks("map")
    page.get_by_label("Least measurements of a blend").fill("30")
    page.locator("#map", has_text=re.compile("^263")).wait_for(state="detached")


def test_in_the_dark_and_at_the_width_of_a_phone(visitor):
    page = visitor.page
    visitor.open("/score")
    page.get_by_text("Units", exact=True).click()
    page.get_by_label("Light").select_option("dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"
    page.get_by_text("Units", exact=True).click()
    for path in ("/score", "/compare", "/explain", "/cell"):
        page.set_viewport_size({"width": 390, "height": 800})
        visitor.open(f"{path}?recipe={RECIPE}")
        page.wait_for_selector("#answer section, #answer .faults")
        page.wait_for_timeout(300)
        visitor.looks(f"dark{path.replace('/', '_')}")
    visitor.open("/map")
    page.wait_for_selector("svg.map circle")
    visitor.looks("dark_map")
    visitor.open("/propose")
    page.wait_for_selector("#verdict .good")
    visitor.looks("dark_propose")
    page.get_by_text("Units", exact=True).click()
    page.get_by_label("Light").select_option("")


def test_the_keyboard_alone_will_do(visitor):
    page = visitor.page
    visitor.open("/score")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "recipes":
            break
    page.keyboard.type(OTHER)
    page.wait_for_selector("#checked .good")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#answer table")
    visible = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(visible) == "solid"
    for _ in range(40):
        page.keyboard.press("Tab")
        here = "[document.activeElement.tagName, document.activeElement.textContent.trim()]"
        if page.evaluate(here) == ["A", OTHER]:
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/explain?*")
    visitor.sees("Nearest measured recipes")
