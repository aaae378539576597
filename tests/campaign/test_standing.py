"""Pending suggestions over a formula of which the laboratory knows better."""

import numpy as np
import pytest

from electrolyte_ml.campaign import Campaign
from electrolyte_ml.campaign.standing import pending_lines, ranked_pending, write_report
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.prediction import Prediction

_RECIPE = """
name = "small"
[components]
solvents = ["EC", "DMC", "DME"]
salts = ["NaPF6"]
[limits]
max_solvents = 2
salt_molality_mol_kg = [0.5, 1.5]
smallest_fraction = 0.2
[[objectives]]
property = "conductivity_ms_cm"
temperature = "25 degC"
[search]
n_trials = 120
"""
_COLUMN = "conductivity_ms_cm at 25 degC"


def _formula(formulation):
    return 4 + 4 * formulation.mass_fractions.get("DMC", 0.0)


def _scorer(formulations, temperature_k):
    value = np.array([_formula(f) for f in formulations])
    return {
        "conductivity_ms_cm": Prediction(
            value=value,
            low=value / 2,
            high=value * 2,
            coverage=0.9,
            in_domain=np.ones(len(value), dtype=bool),
            reason=(None,) * len(value),
        )
    }


@pytest.fixture
def campaign(tmp_path):
    recipe = tmp_path / "small.toml"
    recipe.write_text(_RECIPE, encoding="utf-8")
    campaign = Campaign.create(tmp_path / "campaign", recipe, _scorer)
    campaign.suggest(6)
    return campaign


def _dmc(row):
    return parse_recipe(row["recipe"]).mass_fractions.get("DMC", 0.0)


def test_measurements_rank_pending_suggestions_anew(campaign, tmp_path):
    before = ranked_pending(campaign)
    assert {row["id"] for row in before} == {s.id for s in campaign.state.pending}
    values = [row["predicted"][_COLUMN]["value"] for row in before]
    assert values == sorted(values, reverse=True)
    assert all(row["satisfies"] for row in before)
    # DMC, in which the model believes, conducts badly; the rest is as predicted.
    recipes = [
        f"{m} m NaPF6 in {other}:DMC {100 - w}:{w} wt"
        for m in (0.7, 1.2)
        for other in ("EC", "DME")
        for w in (20, 50, 80)
    ]
    rows = [f"{r},{_formula(parse_recipe(r)) * (1.1 - int(r[-5:-3]) / 100)}" for r in recipes]
    path = tmp_path / "results.csv"
    path.write_text("\n".join([f"recipe,{_COLUMN}", *rows]), encoding="utf-8")
    campaign.record(path)
    after = ranked_pending(campaign)
    assert _dmc(before[0]) > _dmc(after[0])
    assert after[0]["predicted"][_COLUMN]["high"] > after[0]["predicted"][_COLUMN]["low"]


def test_the_report_shows_them(campaign):
    text = write_report(campaign).read_text(encoding="utf-8")
    assert "## Pending, with current predictions" in text
    for suggestion in campaign.state.pending:
        assert f"| {suggestion.id} | {suggestion.formulation.notation()} |" in text
    assert pending_lines([]) == []


def test_sheets_write_plain_digits_and_no_bracket_for_certain_numbers(tmp_path):
    def certain(formulations, temperature_k):
        values = np.array([1000 + 100 * _formula(f) for f in formulations])
        return {"conductivity_ms_cm": Prediction.certain(values)}

    recipe = tmp_path / "small.toml"
    recipe.write_text(_RECIPE, encoding="utf-8")
    campaign = Campaign.create(tmp_path / "certain", recipe, certain)
    campaign.suggest(1)
    (row,) = read_table(tmp_path / "certain" / "round_001.csv")
    predicted = row[f"predicted {_COLUMN}"]
    assert predicted.isdigit()
    assert 1400 <= int(predicted) <= 1800
