"""What ``score --json`` says of fixed recipes: its shape, its numbers within 1 %, its words.

After a model was trained anew on purpose, put its numbers into ``golden_score.json``: of each
prediction the value and its interval, at 25 and at -20 degC.
"""

import json
from pathlib import Path

import pytest

GOLDEN = json.loads((Path(__file__).parent / "golden_score.json").read_text(encoding="utf-8"))
RECIPES = list(dict.fromkeys(row["recipe"] for row in GOLDEN))
PREDICTION = {"value", "low", "high", "coverage", "in_domain", "reason"}
LIMIT = PREDICTION | {"reference", "limiting_species", "tier"}
SHAPE = {
    "conductivity_ms_cm": PREDICTION,
    "density_g_cm3": PREDICTION,
    "viscosity_mpa_s": PREDICTION,
    "oxidation_limit_v": LIMIT,
    "reduction_limit_v": LIMIT,
}
TEMPERATURES = ("freezes_below_k", "boils_above_k", "flash_point_k")


@pytest.fixture
def scored(run):
    outcome = run("score", *RECIPES, "--at", "25 degC", "--at", "-20 degC", "--json")
    return json.loads(outcome.out)


def test_shape(scored):
    # Properties may be added; what a script reads today must be there tomorrow.
    for row in scored:
        assert {"recipe", "key", "temperature_k", "liquid", "assumptions", *SHAPE} <= row.keys()
        for name, keys in SHAPE.items():
            assert row[name].keys() == keys
            assert isinstance(row[name]["in_domain"], bool)
            assert row[name]["coverage"] == 0.9
            assert row[name]["low"] <= row[name]["value"] <= row[name]["high"]
        for name in TEMPERATURES:
            low, high = row["liquid"][f"{name}_interval"]
            assert low <= row["liquid"][name] <= high
            assert isinstance(row["liquid"][f"{name}_in_domain"], bool)


def test_numbers_are_what_they_were(scored):
    assert len(scored) == len(GOLDEN)
    for row, golden in zip(scored, GOLDEN, strict=True):
        for name in ("recipe", "key", "temperature_k"):
            assert row[name] == golden[name]
        for name in SHAPE:
            found = [row[name][end] for end in ("value", "low", "high")]
            # A potential may be near zero, and its zero is arbitrary.
            least = 0.01 if name.endswith("_v") else 0.0
            assert found == pytest.approx(golden[name], rel=0.01, abs=least), name
            assert row[name]["in_domain"] == (name not in golden["not_in_domain"]), name
        found = [row["liquid"][name] for name in TEMPERATURES]
        assert found == pytest.approx(golden["liquid"], abs=1.0)


def test_words(scored):
    warm, cold = scored[:2]
    assert warm["assumptions"] == [
        "molarity to molality with the ideal-mixing density model at 298.15 K",
        "wt% of an additive counted on the whole electrolyte, salt included",
        "volume ratio to mass ratio with pure densities at 298.15 K",
        "the concentration is that of the base electrolyte, before additives",
    ]
    assert warm["liquid"]["notes"] == ["EC crystallises first"]
    assert warm["oxidation_limit_v"]["limiting_species"] == "DEC"
    assert warm["oxidation_limit_v"]["reference"] == "Na/Na+"
    assert warm["conductivity_ms_cm"]["reason"] is None
    assert cold["conductivity_ms_cm"]["reason"].startswith("probably frozen: EC crystallises below")
    assert warm["viscosity_mpa_s"]["reason"].startswith("not measured with this salt and solvents")
