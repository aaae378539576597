import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from electrolyte_ml.prediction import Prediction
from electrolyte_ml.report.page import baseline_words, proposals_page
from electrolyte_ml.report.prediction_rows import not_predicted, prediction_rows
from electrolyte_ml.report.propose import write_proposals
from electrolyte_ml.search import propose, read_problem
from electrolyte_ml.search.check_recipe import Check
from electrolyte_ml.search.evaluation import FREEZES, IN_DOMAIN

_PROBLEM = {
    "name": "cells <script>alert(1)</script> & more",
    "description": 'thin & "cold"',
    "components": {"solvents": ["EC", "DMC", "DME"], "salts": ["NaPF6"]},
    "limits": {"max_solvents": 2, "salt_molality_mol_kg": [0.5, 1.5]},
    "objectives": [
        {"property": "conductivity_ms_cm", "temperature": "25 degC"},
        {"property": "conductivity_ms_cm", "temperature": "-20 degC"},
    ],
}


def polar_scorer(formulations, temperature_k):
    """More DME conducts better in the warm, less in the cold; nothing is known of DMC."""
    dme = np.array([f.mass_fractions.get("DME", 0.0) for f in formulations])
    warm = temperature_k > 280
    value = np.where(warm, 5 + 5 * dme, 3 - 2 * dme)
    return {
        "conductivity_ms_cm": Prediction(
            value=value,
            low=0.8 * value,
            high=1.2 * value,
            coverage=0.9,
            in_domain=np.ones(len(value), dtype=bool),
            reason=(None,) * len(value),
        )
    }


@pytest.fixture(scope="module")
def proposals():
    return propose(read_problem(_PROBLEM), polar_scorer, n=3, n_trials=100)


@pytest.fixture(scope="module")
def page(proposals):
    return proposals_page(proposals)


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.seen = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        attributes = dict(attrs)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        self.links += [v for k, v in attrs if k in {"href", "src", "xlink:href"} and v]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page_is_well_formed_and_needs_nothing_but_itself(page):
    elements = Elements()
    elements.feed(page)
    assert not elements.open
    assert len(elements.ids) == len(set(elements.ids))
    assert "script" not in elements.seen
    inside = {link.removeprefix("#") for link in elements.links if link.startswith("#")}
    assert inside <= set(elements.ids)
    outside = [link for link in elements.links if not link.startswith("#")]
    assert all(link.startswith(("https://doi.org/", "data:image/png;base64,")) for link in outside)


def test_texts_are_escaped(page):
    assert "<script>" not in page
    assert "cells &lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page


def test_page_holds_a_card_and_curves_for_each_recipe(page, proposals):
    svgs = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(svgs) == 1 + len(proposals.proposals)
    for svg in svgs:
        assert ElementTree.fromstring(svg).attrib["aria-label"]
    for proposal in proposals.proposals:
        assert f'id="recipe-{proposal.place}"' in page
        assert proposal.formulation.notation() in page
        for name, grams in proposal.weigh_out_g_per_100g.items():
            assert re.search(rf"<td>{name}</td>\s*<td class=\"number\">{grams:.2f}</td>", page)


def test_axes_carry_units_and_neighbours_their_paper(page):
    for label in ("conductivity, mS/cm", "temperature, °C", "salt, mol per kg of solvents"):
        assert label in page
    assert page.count("https://doi.org/10.") >= 3


def test_same_shortlist_same_page(page, proposals):
    assert proposals_page(proposals) == page


def test_page_stands_beside_the_tables(tmp_path, proposals):
    write_proposals(proposals, tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "report.html",
        "proposals.json",
        "proposals.csv",
        "proposals.xlsx",
        "weigh_out.csv",
    }


def test_one_objective_needs_no_trade_off():
    problem = read_problem({**_PROBLEM, "objectives": _PROBLEM["objectives"][:1]})
    page = proposals_page(propose(problem, polar_scorer, n=2, n_trials=50))
    assert "Among all recipes tried" in page


def test_who_asks_for_efficiency_sees_measured_ones_and_others_do_not(page):
    heading = "Nearest measured efficiencies of lithium metal"
    assert heading not in page
    problem = read_problem(
        {
            **_PROBLEM,
            "components": {"solvents": ["DMC", "DME"], "salts": ["LiFSI"]},
            "objectives": [{"property": "coulombic_efficiency_percent"}],
        }
    )
    asked = proposals_page(propose(problem, n=1, n_trials=50))
    part = asked.split(heading)[1].split("</table>")[0]
    assert "mA/cm2" in part
    assert "et al." in part


def test_predictions_show_what_a_model_adds_and_what_is_missing():
    known = {"value": 4.4, "low": 4.0, "high": 4.8, "coverage": 0.9, "in_domain": True}
    record = {
        "recipe": "x",
        "temperature_k": 298.15,
        "oxidation_limit_v": {**known, "reason": None, "limiting_species": "DME"},
        "viscosity_mpa_s": {"value": None, "reason": "no model"},
        "liquid": {
            "flash_point_k": 300.15,
            "flash_point_k_interval": [295.15, 305.15],
            "flash_point_k_in_domain": False,
            "freezes_below_k": None,
            "notes": [],
        },
        "assumptions": ["ideal"],
    }
    rows = prediction_rows([record, {**record, "temperature_k": 253.15}])
    assert [row["words"] for row in rows] == ["oxidation limit, V", "flash point, °C"]
    assert rows[0]["note"] == "limited by DME"
    assert rows[0]["interval"] == "4 to 4.8"
    sure = {"value": 0.08, "low": 0.08, "high": 0.08, "coverage": 1.0, "in_domain": True}
    (row,) = prediction_rows([{"temperature_k": 298.15, "fluorine_mass_fraction": sure}])
    assert (row["value"], row["interval"], row["coverage"]) == ("0.08", "", "")
    assert (rows[1]["value"], rows[1]["interval"]) == ("27", "22 to 32")
    assert rows[1]["note"] == "outside the model's domain"
    missing = not_predicted([record]).split("; ")
    assert sorted(missing) == ["boiling point", "freezing point", "viscosity (no model)"]


@pytest.mark.parametrize(
    ("reason", "freezes", "told"),
    [
        ("probably frozen: EC crystallises", True, "freezes above a temperature asked for"),
        ("probably frozen: EC", False, "not known to the models: probably frozen: EC"),
        ("no FSI", True, "not known to the models: no FSI; freezes above a temperature asked for"),
        (None, False, "not known to the models: conductivity"),
    ],
)
def test_a_usual_recipe_is_called_unknown_with_the_reason_and_not_for_freezing(
    proposals, reason, freezes, told
):
    usual = proposals.baselines[0]
    cold = usual.predictions[-1]
    unknown = {**cold["conductivity_ms_cm"], "in_domain": False, "reason": reason}
    names = (IN_DOMAIN, FREEZES) if freezes else (IN_DOMAIN,)
    usual = replace(
        usual,
        predictions=(usual.predictions[0], {**cold, "conductivity_ms_cm": unknown}),
        missed=tuple(Check(name=n, value=True, limit=False, satisfied=False) for n in names),
    )
    words = baseline_words(proposals.problem, usual)
    assert words.endswith(f"outside your limits: PC is not among your components; {told}")
