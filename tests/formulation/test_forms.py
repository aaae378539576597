"""Recipes of one form are filled in, not read again; they come out as if they had been read."""

import csv
import random
import re
from pathlib import Path

import pytest

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.formulation import Amounts, Formulation, parse_recipe
from electrolyte_ml.formulation.notation.forms import Forms
from electrolyte_ml.formulation.notation.normalise import KnownNames, tidy
from electrolyte_ml.formulation.notation.parse import _read
from electrolyte_ml.formulation.notation.parsed import amounts_of
from electrolyte_ml.species import default_catalog

HERE = Path(__file__).parent
NUMBER = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w.-])")
# Numbers that mean more than their size: nothing, all of it, and digits before a point.
SPECIAL = ("0", "0.0", "1", "100", "2", "95", "5", "30", "70", "1e-3", ".5", "1.")


def read(text: str) -> Amounts:
    """Amounts of a recipe, read word by word."""
    catalog = default_catalog()
    return amounts_of(_read(tidy(text), KnownNames(catalog)), catalog)


def outcome(text: str) -> Formulation | None:
    try:
        return Formulation.from_amounts(read(text))
    except ElectrolyteError:
        return None


def texts() -> list[str]:
    found = []
    for name in ("literature_recipes.csv", "refused_recipes.csv"):
        with (HERE / name).open(newline="", encoding="utf-8") as stream:
            found += [row["text"] for row in csv.DictReader(stream)]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_recipes_of_a_form_are_those_that_reading_gives(seed):
    draw, forms, n_filled = random.Random(seed), Forms(read), 0

    def another(match: re.Match[str]) -> str:
        if draw.random() < 0.1:
            return draw.choice(SPECIAL)
        whole = "." not in match.group()
        return str(draw.randint(1, 99)) if whole else f"{draw.uniform(0.1, 20):.2f}"

    for text in texts():
        for _ in range(12):
            changed = NUMBER.sub(another, text)
            filled = forms.formulation(changed)
            assert filled is None or filled == outcome(changed), changed
            n_filled += filled is not None
    assert n_filled > 100


@pytest.mark.parametrize(
    "text",
    [
        "1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC",
        "0.8 m NaPF6 + 0.2 m NaFSI in ethylene carbonate:DME (3:7 by weight)",
        "NaFSI:DME:TTE 1:1.2:1 mol",
        "NaFSI:DME 1:1.2 mol",
        "17 m NaClO4 (aq)",
        "500 mM NaPF6 in PC",
        "1 m NaPF6 in 2 MeTHF",  # the second number belongs to a name
    ],
)
def test_usual_notations_have_a_form(text):
    forms = Forms(read)
    assert [forms.formulation(text) for _ in range(2)] == [None, outcome(text)]


@pytest.mark.parametrize(
    "text",
    [
        "1 m NaPF6 in 30 wt% EC + 70 wt% DEC",  # have to add up to a hundred
        "1 m NaPF6 in EC:DEC 30:70 vol%",
        "10 wt% NaPF6 + 45 wt% EC + 45 wt% DEC",
        "DMC_EC|50_50|LiPF6|2",
        "1 M NaPF6 in PC + 200 ppmw VC",
    ],
)
def test_numbers_that_change_what_is_meant_are_read(text):
    forms = Forms(read)
    assert outcome(text) is not None
    assert [forms.formulation(text) for _ in range(3)] == [None] * 3


def test_a_recipe_of_a_known_form_costs_little(count_calls):
    texts = [f"1.3{i} M NaPF6 in EC:DEC:TMP 1:{i}:1 v/v + 2 wt% VC" for i in range(1, 4)]
    costs = []
    for text in texts:
        with count_calls() as count:
            parse_recipe(text)
        costs.append(count.calls)
    assert costs[2] < costs[0] / 3


def test_faults_are_told_as_when_the_recipe_is_read():
    text = "1 M NaPF6 in PC:DMC 1:1 v/v + {} wt% FEC + 40 wt% VC"
    for percent in (2, 3):
        parse_recipe(text.format(percent))
    with pytest.raises(ElectrolyteError, match="leave no room"):
        parse_recipe(text.format(60))
