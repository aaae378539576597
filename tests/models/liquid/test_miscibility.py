import numpy as np
import pytest

from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.formulation.amounts import SaltAmount, SolventAmount
from electrolyte_ml.models.liquid import liquid_range
from electrolyte_ml.models.liquid.miscibility import (
    MAY_SEPARATE,
    MISCIBLE,
    SEPARATES,
    UNKNOWN,
    miscibility,
)
from electrolyte_ml.models.liquid.mixing import RegularSolutions, known_word
from electrolyte_ml.models.solubility.evidence import dissolved_mixtures
from electrolyte_ml.species import default_catalog


def word(recipe):
    return miscibility([parse_recipe(recipe)]).words[0]


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ("EC:TTE 1:1 v/v", SEPARATES),
        ("1.2 M LiPF6 in EC:TTE 1:1 v/v", SEPARATES),
        ("DME:TTE 1:1 v/v", MISCIBLE),
        ("DMC:TTE 1:1 v/v", MISCIBLE),
        ("LiFSI:DME:TTE 1:1.2:3 mol", MISCIBLE),
        ("NaFSI:DME:BTFE 1:1:2 mol", MISCIBLE),
        ("LiFSI:TEP:BTFE 1:1.5:3 mol", MISCIBLE),
        ("water:DEC 1:1 v/v", SEPARATES),
        ("water:DMC 1:1 v/v", SEPARATES),
        ("1 M LiPF6 in EC:DMC 1:1 w/w + 1 wt% water", MISCIBLE),
        ("water:DME 1:1 v/v", MISCIBLE),
        ("AN:hexane 1:1 v/v", SEPARATES),
        ("AN:toluene 1:1 v/v", MISCIBLE),
        ("methanol:hexane 1:1 v/v", SEPARATES),
        ("1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC", MISCIBLE),
        ("1 M NaPF6 in PC", MISCIBLE),
    ],
)
def test_known_cases(recipe, expected):
    assert word(recipe) == expected


def test_a_solvent_between_two_others_may_bring_them_together():
    assert word("EC:TTE 1:1 v/v") == SEPARATES
    assert word("EC:DMC:TTE 1:3:4 v/v") == MAY_SEPARATE
    assert word("EC:DMC:TTE 1:30:10 v/v") == MISCIBLE


def test_little_of_a_liquid_dissolves_in_one_that_it_separates_from():
    assert word("water:DEC 1:99 w/w") == MISCIBLE
    assert word("water:DEC 1:9 w/w") == MAY_SEPARATE


def test_hydrogen_bonds_that_nothing_is_known_of_are_said_to_be_unknown():
    found = miscibility([parse_recipe("isopropanol:DEC 1:1 w/w")])
    assert found.words == (UNKNOWN,)
    assert "hydrogen bonds" in found.reasons[0]


def test_measured_solutions_are_hardly_ever_said_to_separate():
    recipes = [
        Formulation(
            solvents=tuple(
                SolventAmount(solvent=s, mass_fraction=float(w), role=s.role)
                for s, w in zip(held.solvents, held.mass_fractions, strict=True)
            ),
            salts=(SaltAmount(salt=held.salt, molality_mol_kg=held.molality_mol_kg),),
        )
        for held in dissolved_mixtures()
    ]
    words = miscibility(recipes).words
    assert words.count(SEPARATES) == 0
    assert words.count(MISCIBLE) > 0.98 * len(words)


def test_estimates_find_the_pairs_that_are_known_to_separate_and_few_others():
    names = (
        *("hexane", "cyclohexane", "dibutyl ether", "toluene", "THF", "EA", "acetone", "AN"),
        *("DMF", "DMSO", "benzonitrile", "DCM", "pyridine", "1,4-dioxane"),
    )
    solvents = [default_catalog().solvent(name) for name in names]
    liquids = RegularSolutions.of(solvents, use_known=False)
    surely = liquids.least_j_cm3 > liquids.critical_j_cm3
    maybe = liquids.most_j_cm3 > liquids.critical_j_cm3
    missed = doubted = wrong = miscible = separate = 0
    for i, first in enumerate(solvents):
        for j, second in enumerate(solvents[:i]):
            separates = known_word(first, second) == SEPARATES
            separate, miscible = separate + separates, miscible + (not separates)
            missed += separates and not maybe[i, j]
            doubted += maybe[i, j] and not separates
            wrong += surely[i, j] and not separates
    assert (missed, wrong) == (0, 0)
    assert separate >= 5
    assert doubted < 0.25 * miscible
    assert np.all(np.diag(liquids.most_j_cm3) == 0)


def test_words_are_in_the_liquid_range_and_its_number_orders_them():
    recipes = ["DMC:TTE 1:1 v/v", "EC:TTE 1:1 v/v", "1 m NaFSI in EMIMFSI"]
    found = liquid_range([parse_recipe(text) for text in recipes])
    assert found.miscibility == (MISCIBLE, SEPARATES, UNKNOWN)
    assert found.phase_separation_doubt.tolist() == [0, 3, 1]
    assert found.record(1)["miscibility"] == SEPARATES
    assert any("separates into two liquids: EC with TTE" in n for n in found.record(1)["notes"])


def test_rows_do_not_depend_on_their_neighbours():
    texts = ["DMC:TTE 1:1 v/v", "EC:TTE 1:1 v/v", "AN:hexane:toluene 1:1:1 v/v", "PC:TTE 1:1 v/v"]
    recipes = [parse_recipe(text) for text in texts]
    alone = tuple(miscibility([recipe]).words[0] for recipe in recipes)
    assert miscibility(recipes).words == alone
    assert miscibility(recipes[::-1]).words == alone[::-1]
    assert miscibility([]).words == ()
