"""Families of solvents, groups of cations and anions."""

import numpy as np
import pytest

from electrolyte_ml.benchmarks.chemistry_groups import (
    KINDS,
    anion_groups,
    cation_groups,
    chemistry_groups,
    family_of_solvent,
    solvent_family,
)
from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount, parse_recipe
from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.ionic_liquids import ionic_liquid

# Families of the catalog, by the words that their names hold, and ours.
CATALOG = {
    "carbonate": "carbonates",
    "glyme": "ethers",
    "fluorinated ether": "fluoroethers",
    "ether": "ethers",
    "phosphate": "phosphates",
    "lactone": "esters",
    "ester": "esters",
    "nitrile": "nitriles",
    "sulfone": "sulfones",
}
OTHERS = ("sulfoxide", "amide", "sulfite", "silicate", "halocarbon", "borate ester")


@pytest.mark.parametrize("solvent", default_catalog().solvents, ids=lambda s: s.name)
def test_families_are_those_of_the_catalog(solvent):
    found = family_of_solvent(solvent.smiles)
    if solvent.family in OTHERS:
        assert found == "other solvents"
        return
    for word, family in CATALOG.items():
        if word in solvent.family:
            assert found == family, solvent.name
            return


@pytest.mark.parametrize(
    ("smiles", "family"),
    [
        ("O=c1occo1", "carbonates"),
        ("COCCOC(=O)OC", "carbonates"),
        ("COCCOCC(F)(F)F", "fluoroethers"),
        ("CCOC(F)(F)C(F)(F)C(F)(F)C(F)(F)F", "fluoroethers"),
        ("COP(C)(=O)OC", "phosphates"),
        ("COCCS(C)(=O)=O", "sulfones"),
        ("COCCC#N", "nitriles"),
        ("O=C1CCCO1", "esters"),
        ("CCN(CC)S(=O)(=O)N(CC)CC", "other solvents"),
        ("COCCO[Si](C)(C)C", "other solvents"),
        ("CCO", "other solvents"),
        ("CN1CCOC1=O", "other solvents"),
    ],
)
def test_a_molecule_of_several_functions_is_in_the_first_of_them(smiles, family):
    assert family_of_solvent(smiles) == family


@pytest.mark.parametrize(
    ("recipe", "cation", "solvents", "anion"),
    [
        ("1 m NaPF6 in EC:DEC 1:1 w/w", "sodium", "carbonates", "PF6"),
        ("1 m LiFSI in DME", "lithium", "ethers", "FSI"),
        ("1 m LiFSI in DME:PC 60:40 wt", "lithium", "ethers", "FSI"),
        ("1 m LiFSI in DME:PC 50:50 wt", "lithium", "mixed families", "FSI"),
        ("1 m KPF6 + 0.1 m LiPF6 in PC", "other metals", "carbonates", "PF6"),
        ("0.6 m LiDFOB + 0.6 m LiBF4 in PC", "lithium", "carbonates", "other anions"),
        ("0.6 m LiDFOB + 0.4 m LiBF4 in PC", "lithium", "carbonates", "DFOB"),
        ("1 m TEABF4 in AN", "tetraalkylammonium", "nitriles", "BF4"),
        ("0.5 m EMIMTFSI in PC", "imidazolium", "carbonates", "TFSI"),
        # 2 mol of it weigh four fifths of a kilogram, 4 mol one and a half.
        ("2 m EMIMTFSI in PC", "imidazolium", "carbonates", "TFSI"),
        ("4 m EMIMTFSI in PC", "imidazolium", "ionic liquids", "TFSI"),
        ("1 m Pyr14I in PC", "pyrrolidinium", "carbonates", "other anions"),
        ("1 m C4PyBF4 in PC", "pyridinium", "carbonates", "BF4"),
        ("1 m S111TFSI in PC", "other cations", "carbonates", "TFSI"),
    ],
)
def test_recipes_are_in_one_group_of_each_kind(recipe, cation, solvents, anion):
    formulation = parse_recipe(recipe)
    assert cation_groups([formulation]) == [cation]
    assert solvent_family(formulation) == solvents
    assert anion_groups([formulation]) == [anion]


@pytest.fixture
def in_ionic_liquid():
    """A little of a salt in a liquid of another cation."""

    def make(salt):
        catalog = default_catalog()
        liquid = ionic_liquid(catalog.salt("Pyr13FSI"))
        return Formulation(
            solvents=(SolventAmount(solvent=liquid, mass_fraction=1.0),),
            salts=(SaltAmount(salt=catalog.salt(salt), molality_mol_kg=0.3),) if salt else (),
        )

    return make


def test_a_metal_in_an_ionic_liquid_is_what_the_electrolyte_is_for(in_ionic_liquid):
    recipes = [in_ionic_liquid("NaTFSI"), in_ionic_liquid("")]
    assert cation_groups(recipes) == ["sodium", "pyrrolidinium"]
    assert [solvent_family(f) for f in recipes] == ["ionic liquids"] * 2
    assert anion_groups(recipes) == ["FSI", "FSI"]


def test_groups_of_a_kind_part_all_electrolytes(in_ionic_liquid):
    one = parse_recipe("1 m LiBOB in SL")
    recipes = [one, in_ionic_liquid("KFSI"), parse_recipe("1 m KOTf in PC"), one]
    groups = chemistry_groups(recipes)
    for kind, (names, _) in KINDS.items():
        assert np.sum([groups[f"{kind} {name}"] for name in names], axis=0).tolist() == [1] * 4
    assert groups["cation potassium"].tolist() == [False, True, True, False]
    assert groups["solvents sulfones"].tolist() == [True, False, False, True]
