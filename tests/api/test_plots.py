"""Plots of recipes, explanations, comparisons and shortlists."""

import pytest

import electrolyte_ml as eml
from electrolyte_ml.errors import InputError

PAIR = ["1 M NaPF6 in PC", "1 M NaPF6 in diglyme"]


def words(figure):
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes)]
    return [text.get_text() for legend in legends if legend for text in legend.get_texts()]


def test_one_recipe_is_drawn_as_its_explanation():
    drawn, explained = eml.plot(PAIR[0]), eml.plot(eml.explain(PAIR[0]))
    for figure in (drawn, explained):
        assert [axes.get_xlabel() for axes in figure.axes] == [
            axes.get_xlabel() for axes in drawn.axes
        ]
    assert drawn.get_suptitle() == PAIR[0]


def test_several_recipes_are_drawn_as_their_comparison():
    at_cold, compared = eml.plot(PAIR, "-20 degC"), eml.plot(eml.compare(PAIR))
    assert words(at_cold) == words(compared) == PAIR
    assert "-20" in at_cold.axes[0].get_ylabel()
    assert "25" in compared.axes[0].get_ylabel()


def test_a_shortlist_is_drawn_by_its_objectives():
    shortlist = eml.propose("sodium_metal_glyme", n=3, n_trials=150)
    figure = eml.plot(shortlist)
    assert len(figure.axes) == 3
    assert all("conductivity" in f"{a.get_xlabel()}{a.get_ylabel()}" for a in figure.axes)


def test_solvents_alone_are_refused():
    with pytest.raises(InputError, match="no recipe has a salt"):
        eml.plot(["PC", "DME"])


def test_solvents_alone_can_be_compared():
    compared = eml.compare(["PC", "DME"])
    ratio = compared.differences["viscosity_mpa_s"]
    assert ratio.high[1] < 1.0
