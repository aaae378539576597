"""Formulations made of arrays are those that their recipes in words give."""

import numpy as np
import pytest

from electrolyte_ml.errors import AmountError, InputErrors
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.formulation.arrays import formulations_of_arrays
from electrolyte_ml.species import default_catalog

SPECIES = ["EC", "DEC", "FEC", "NaPF6", "NaFSI"]
FRACTIONS = [[0.5, 0.5, 0.0], [0.3, 0.68, 0.02], [1.0, 0.0, 0.0]]
MOLALITIES = [[1.0, 0.0], [0.8, 0.2], [0.0, 0.0]]


def test_rows_are_recipes_and_zeros_are_left_out():
    made = formulations_of_arrays(SPECIES, FRACTIONS, MOLALITIES)
    written = ["1 m NaPF6 in EC:DEC 1:1 w/w", "0.8 m NaPF6 + 0.2 m NaFSI in EC:DEC:FEC 30:68:2 w/w"]
    assert [f.key for f in made[:2]] == [parse_recipe(text).key for text in written]
    assert made[2].mass_fractions == {"EC": 1.0}
    assert made[2].molalities_mol_kg == {}


def test_roles_are_the_usual_ones_unless_given():
    usual = formulations_of_arrays(SPECIES, FRACTIONS, MOLALITIES)
    given = formulations_of_arrays(SPECIES, FRACTIONS, MOLALITIES, roles=["solvent"] * 3)
    assert [s.role for s in usual[1].solvents] == ["solvent", "solvent", "additive"]
    assert [s.role for s in given[1].solvents] == ["solvent"] * 3


def test_species_may_be_objects_and_salts_may_be_missing():
    catalog = default_catalog()
    solvents = [catalog.solvent("EC"), "DMC"]
    made = formulations_of_arrays(solvents, np.array([[0.25, 0.75]]))
    assert made[0].mass_fractions == {"EC": 0.25, "DMC": 0.75}


@pytest.mark.parametrize(
    ("species", "fractions", "molalities", "words"),
    [
        (["EC", "DMC"], [[0.5, 0.4]], None, r"row 0.* sum to 1; row 0 sums to 0\.9"),
        (["EC", "DMC"], [[0.5, 0.5], [1.5, -0.5]], None, r"1 rows .*row 1"),
        (["EC", "NaPF6"], [[1.0]], [[np.nan]], "finite and not negative"),
        (["EC", "NaPF6"], [[1.0], [1.0]], [[1.0]], r"shape \(2, 1\) and molalities \(1, 1\)"),
        (["EC", "DMC", "NaPF6"], [[1.0]], [[1.0]], "for 3 species"),
        (["EC"], [1.0], None, "a row for each recipe"),
        (["EC"], [["much"]], None, "has to hold numbers"),
    ],
)
def test_impossible_amounts_are_told(species, fractions, molalities, words):
    with pytest.raises(AmountError, match=words):
        formulations_of_arrays(species, fractions, molalities)


@pytest.mark.parametrize(
    ("species", "words"),
    [
        (["ECX", "NaPF7"], "species 0: .*\nspecies 1: "),
        (
            [default_catalog().salt("NaPF6"), "NaFSI"],
            "'NaPF6', is Salt, and a Solvent stands there",
        ),
        (["EC", default_catalog().solvent("DMC")], "'DMC', is Solvent, and a Salt stands there"),
    ],
)
def test_species_at_fault_are_all_named(species, words):
    with pytest.raises(InputErrors, match=words):
        formulations_of_arrays(species, [[1.0]], [[1.0]])


def test_a_species_stands_once():
    with pytest.raises(InputErrors, match="given twice"):
        formulations_of_arrays(["EC", "ethylene carbonate"], [[0.5, 0.5]])
