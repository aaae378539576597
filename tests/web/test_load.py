"""Ten users at once: most score, two search, one records a campaign; nothing is lost."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from electrolyte_ml.campaign import Campaign
from electrolyte_ml.scores import ScoreSource, scored_parts
from electrolyte_ml.search import propose, read_problem

pytestmark = pytest.mark.slow
N_USERS, N_RECIPES = 10, 4
PROBLEM = {
    "name": "one glyme",
    "components": {"solvents": ["diglyme", "DME"], "salts": ["NaPF6"]},
    "limits": {"salt_molality_mol_kg": [0.5, 1.5]},
    "objectives": [{"property": "conductivity_ms_cm", "temperature": "25 degC"}],
    "prediction": {"out_of_domain": "allow"},
    "search": {"n_trials": 60, "population": 20},
}
TEXT = """\
name = "one glyme"
components = { solvents = ["diglyme", "DME"], salts = ["NaPF6"] }
limits = { salt_molality_mol_kg = [0.5, 1.5] }
objectives = [{ property = "conductivity_ms_cm", temperature = "25 degC" }]
prediction = { out_of_domain = "allow" }
search = { n_trials = 60, population = 20 }
"""


def recipes_of(user):
    return [f"{0.5 + user / 10 + n / 100:.2f} m NaPF6 in EC:DEC 1:1 wt" for n in range(N_RECIPES)]


def scores(visitor, user):
    """What the page says of the recipes of a user, one after another."""
    found = []
    for recipe in recipes_of(user):
        form = {"recipes": recipe, "at": "25 °C"}
        found += json.loads(visitor.post("/score/download?kind=json", form).content)
    return found


def proposals(visitor, user):
    """The shortlist of a search that a user starts, and waits for."""
    started = visitor.post("/propose/start", {"toml": TEXT, "n": "2"})
    name = started.headers["HX-Redirect"].removeprefix("/jobs/")
    with visitor.client.stream("GET", f"/jobs/{name}/events") as told:
        assert "event: end" in "".join(told.iter_text())
    return json.loads(visitor.client.get(f"/propose/result/{name}/proposals.json").content)


def campaign(visitor, user):
    """Record results of recipes of one's own, one after another; how many were taken."""
    assert visitor.post("/campaign/new", {"name": "busy", "toml": TEXT}).status_code == 200
    taken = 0
    for n, recipe in enumerate(recipes_of(user)):
        sheet = {
            "column": ["conductivity_ms_cm at 25 degC"],
            "id": [""],
            "recipe": [recipe],
            "value:0": [f"{6 + n / 10}"],
            "status": [""],
            "comment": [f"number {n}"],
        }
        taken += "1 result recorded" in visitor.post("/campaign/at/busy/record", sheet).text
    return taken


def test_whatever_they_do_answers_are_those_of_the_verbs(page, visitors):
    _, folder = page
    does = [campaign, proposals, proposals, *[scores] * (N_USERS - 3)]
    with ThreadPoolExecutor(N_USERS) as users:
        asked = [users.submit(do, visitors(), user) for user, do in enumerate(does)]
        answers = [one.result() for one in asked]
    assert answers[0] == N_RECIPES
    results = Campaign(folder / "busy").state.results
    assert [r.comment for r in results] == [f"number {n}" for n in range(N_RECIPES)]
    expected = json.loads(json.dumps(propose(read_problem(PROBLEM), n=2).to_dict()))
    for found in answers[1:3]:
        assert found["proposals"][0]["recipe"] == expected["proposals"][0]["recipe"]
        assert found["study"] == expected["study"]
    for user, found in enumerate(answers[3:], start=3):
        assert [record["recipe"] for record in found] == recipes_of(user)
        for record, recipe in zip(found, recipes_of(user), strict=True):
            (of_verb,) = [r for p in scored_parts(ScoreSource([recipe])) for r in p.records]
            for name in ("conductivity_ms_cm", "viscosity_mpa_s", "oxidation_limit_v"):
                said, meant = record[name], of_verb[name]
                assert said["value"] == pytest.approx(meant["value"], rel=1e-6)
                assert said["reason"] == meant["reason"]
