"""How a coulombic efficiency is measured, as options of the verbs that show one."""

import json

import pytest

RECIPE, OTHER = "4 M LiFSI in DME", "1 M LiPF6 in EC:DMC 1:1 v/v"
_ASKED = ("--ce-method", "cycling", "--ce-current", 1, "--ce-capacity", 0.5)
_TOLD = {"method": "cycling", "current_ma_cm2": 1.0, "capacity_mah_cm2": 0.5}


def _efficiency(verb, form):
    if verb == "explain":
        return form["coulombic_efficiency"]["prediction"]
    return form[0]["coulombic_efficiency_percent"]


@pytest.mark.parametrize("verb", ["score", "explain", "compare"])
def test_conditions_are_stated_and_change_the_number(run, verb):
    recipes = (RECIPE, OTHER) if verb == "compare" else (RECIPE,)
    usual, asked = (
        _efficiency(verb, json.loads(run(verb, *recipes, *options, "--json").out))
        for options in ((), _ASKED)
    )
    assert usual["method"] == "aurbach"
    assert usual["current_ma_cm2"] == 0.5
    assert _TOLD.items() <= asked.items()
    assert asked["value"] != usual["value"]


@pytest.mark.parametrize("verb", ["score", "explain"])
def test_tables_say_how_it_is_measured(run, verb):
    words = " ".join(run(verb, RECIPE, *_ASKED).out.split())
    assert "cycling" in words
    assert "1 mA/cm2" in words
    assert "0.5 mAh/cm2" in words


@pytest.mark.parametrize("verb", ["score", "explain", "compare"])
def test_faults_are_all_told(run, verb):
    recipes = (RECIPE, OTHER) if verb == "compare" else (RECIPE,)
    outcome = run(verb, *recipes, "--ce-method", "coin cell", "--ce-current", 30)
    assert outcome.code == 2
    assert "aurbach, cycling" in outcome.err
    assert "0.1 to 1 mA/cm2 alone, given 30" in outcome.err
