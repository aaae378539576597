import json

import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.search import load_problem, propose
from electrolyte_ml.web.jobs import DONE, FAILED, RUNNING, STOPPED, JobControl, JobStoppedError
from electrolyte_ml.web.propose import propose_job

PROBLEM = """\
name = "two glymes"
# What may be in the bottle.
[components]
solvents = ["DME", "diglyme"]  # both thin
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
n_trials = 150
population = 50
"""


def edited(browser, by, **form):
    return browser.post(f"/problem/edit?by={by}", {"toml": PROBLEM, **form}).text


class Control(JobControl):
    """A job in this process, asked to stop after some reports."""

    def __init__(self, folder, reports=99):
        super().__init__(folder, {"n": 3})
        self.left, self.told = reports, []

    def report(self, done, total=0, words=""):
        super().report(done, total, words)
        self.told.append(done)
        self.left -= 1
        if self.left == 0:
            raise JobStoppedError("stopped")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "problem.toml").write_text(PROBLEM)
    return tmp_path


def test_the_form_has_every_setting_with_its_comment(browser):
    text = browser.get("/propose").text
    assert "cyclic carbonates: dissolve salt well, viscous" in text
    assert 'name="ticked:components.solvents" value="diglyme" checked' in text
    assert 'name="value:objectives.1.temperature" value="-20 degC"' in text
    for name in ("sodium_low_cost", "lithium_metal"):
        assert f'<option value="{name}">' in text
        assert "hx-post" in browser.get(f"/problem/ready?problem={name}").text
    assert (
        "did you mean &#39;lithium_metal&#39;" in browser.get("/problem/ready?problem=lithium").text
    )


def test_a_change_in_the_form_is_one_of_the_text_and_is_checked(browser):
    form = {
        "value:limits.max_solvents": "1",
        "list:components.salts": "1",
        "ticked:components.salts": "NaPF6",
        "added:components.salts": "NaTFSI",
    }
    text = edited(browser, "fields", **form)
    assert "max_solvents = 1" in text
    assert "&#34;NaPF6&#34;, &#34;NaTFSI&#34;]" in text
    assert 'value="NaTFSI" checked' in text
    assert "2 solvents, 2 salts; 150 recipes are tried" in text
    assert "# What may be in the bottle." in text
    assert "max_solvents: must be a whole number, given &#39;many&#39;" in edited(
        browser, "fields", **{"value:limits.max_solvents": "many"}
    )


def test_faults_of_the_text_are_those_of_the_command_line(browser, tmp_path):
    bad = PROBLEM.replace('"DME"', '"DMEE"').replace("25 degC", "25")
    (tmp_path / "problem.toml").write_text(bad)
    with pytest.raises(InputError) as fault:
        load_problem(tmp_path / "problem.toml")
    lines = [line.partition(": ")[2] for line in str(fault.value).splitlines()]
    assert len(lines) == 2
    for answer in (
        browser.post("/problem/edit?by=text", {"toml": bad}),
        browser.post("/propose/start", {"toml": bad}),
    ):
        for line in lines:
            assert line.replace("'", "&#39;").replace('"', "&#34;") in answer.text
    assert not list((browser.site.folder / "jobs").glob("*"))
    assert "this is no TOML" in browser.post("/problem/edit?by=fields", {"toml": "name ="}).text


def test_a_problem_of_the_page_reads_no_files_of_this_machine(browser):
    prices = '[prices]\ncurrency = "EUR"\nfile = "/etc/passwd"\n'
    text = edited(browser, "text", toml=PROBLEM + prices)
    assert "reads no other files" in text
    assert "root" not in text
    cell = '[cell]\ngeometry = "../cell.toml"\n'
    assert "reads no other files" in edited(browser, "text", toml=PROBLEM + cell)


def test_names_in_problems_are_escaped(browser):
    evil = PROBLEM.replace("two glymes", "<script>alert(1)</script>").replace(
        "What may", "<script>alert(2)</script>"
    )
    text = edited(browser, "text", toml=evil)
    assert "<script" not in text
    assert "<script" not in edited(browser, "text", toml=evil.replace('"DME"', '"<script>"'))


@pytest.mark.slow
def test_a_search_gives_the_shortlist_of_the_verb(folder):
    control = Control(folder)
    propose_job(control)
    assert control.told[-1] == 150
    assert (folder / "picture.svg").read_text().startswith("<svg")
    found = json.loads((folder / "proposals.json").read_text())
    expected = propose(load_problem(folder / "problem.toml"), n=3).to_dict()
    assert found == json.loads(json.dumps(expected))
    names = ("report.html", "proposals.csv", "proposals.xlsx", "weigh_out.csv")
    assert all((folder / name).is_file() for name in names)


@pytest.mark.slow
def test_a_stopped_search_shows_what_it_found_and_goes_on_from_there(folder):
    with pytest.raises(JobStoppedError):
        propose_job(Control(folder, reports=2))
    first = json.loads((folder / "proposals.json").read_text())
    assert first["study"]["n_trials"] == 50
    assert len(first["proposals"]) == 3
    control = Control(folder)
    propose_job(control)
    assert control.told[:2] == [0, 100]
    assert json.loads((folder / "proposals.json").read_text())["study"]["n_trials"] == 150


@pytest.mark.slow
def test_a_search_is_started_watched_and_shown(browser):
    started = browser.post("/propose/start", {"toml": PROBLEM, "n": "3"})
    name = started.headers["HX-Redirect"].removeprefix("/jobs/")
    events = browser.get(f"/jobs/{name}/events").text
    assert "of 150 recipes tried" in events
    assert "event: end" in events
    assert browser.site.jobs.job(name).progress.status == DONE
    shown = browser.get(f"/propose/result/{name}").text
    held = json.loads(browser.get(f"/propose/result/{name}/proposals.json").content)
    for proposal in held["proposals"]:
        assert proposal["recipe"] in shown
    assert "usual" in shown
    assert "1 M NaPF6 in diglyme" in shown
    assert shown.count("<svg role") == 1
    assert "<style" not in shown
    sheet = browser.get(f"/propose/result/{name}/card/1").text
    masses = held["proposals"][0]["weigh_out_g_per_100g"]
    assert all(f"<td>{mass:.2f}</td>" in sheet for mass in masses.values())
    flash_k = held["proposals"][0]["predictions"][0]["liquid"]["flash_point_k"]
    assert f'flash point, °C"><span class="value">{flash_k - 273.15:.0f}</span>' in shown
    browser.client.cookies.set("unit_temperature", "K")
    shown = browser.get(f"/propose/result/{name}").text
    assert f'flash point, K"><span class="value">{flash_k:.0f}</span>' in shown
    assert browser.get(f"/propose/result/{name}/job.json").status_code == 422
    assert browser.get(f"/propose/result/{name}/card/9").status_code == 422


@pytest.mark.slow
def test_a_problem_without_any_feasible_recipe_says_so(browser):
    none = PROBLEM + '[[constraints]]\nproperty = "flash_point_k"\nmin = 600\n'
    started = browser.post("/propose/start", {"toml": none})
    name = started.headers["HX-Redirect"].removeprefix("/jobs/")
    shown = browser.get(f"/jobs/{name}/events").text
    assert browser.site.jobs.job(name).progress.status == FAILED
    assert "flash" in shown
    assert RUNNING not in browser.get(f"/jobs/{name}").text
    assert STOPPED not in shown


def test_the_number_of_proposals_is_bounded(browser):
    for n in ("0", "-1", "many", "51", "1e9"):
        answer = browser.post("/propose/start", {"toml": PROBLEM, "n": n})
        assert "recipes to propose: must be a whole number from 1 to 50" in answer.text
