import csv
import math

import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.simulate.ions import cation_sets, ion_template
from electrolyte_ml.simulate.templates import (
    TABLES,
    molecule_template,
    organic_cations,
    shipped_templates,
)
from electrolyte_ml.species import default_catalog

NEEDED = ["EC", "PC", "DMC", "EMC", "DEC", "DME", "diglyme", "FEC", "VC", "AN", "TMP"]
ANIONS = ["PF6", "ClO4", "TFSI", "FSI", "BF4", "OTf"]


def test_the_common_solvents_are_shipped():
    names = {t.name for t in shipped_templates().values()}
    assert set(NEEDED) <= names


@pytest.mark.parametrize("template", shipped_templates().values(), ids=lambda t: t.name)
def test_a_shipped_template_is_the_catalog_molecule(template):
    from rdkit import Chem

    solvent = default_catalog().solvent(template.name)
    assert solvent.smiles == template.smiles
    molecule = Chem.AddHs(Chem.MolFromSmiles(template.smiles))
    assert [a.GetSymbol() for a in molecule.GetAtoms()] == [a.element for a in template.atoms]
    bonds = {frozenset((b.GetBeginAtomIdx(), b.GetEndAtomIdx())) for b in molecule.GetBonds()}
    assert {frozenset(b[:2]) for b in template.bonds} == bonds
    assert template.mass_da == pytest.approx(solvent.molar_mass_g_mol, abs=0.02)
    assert template.charge_e == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("template", organic_cations().values(), ids=lambda t: t.name)
def test_a_cation_of_ionic_liquids_is_that_of_the_catalog(template):
    ion = default_catalog().ion(template.name)
    assert ion_template(ion) == template
    assert template.charge_e == pytest.approx(1, abs=1e-9)
    assert template.mass_da == pytest.approx(ion.molar_mass_g_mol, abs=0.02)
    assert template.scaled(0.8).charge_e == pytest.approx(0.8)


@pytest.mark.parametrize(
    "template", [*shipped_templates().values(), *organic_cations().values()], ids=lambda t: t.name
)
def test_equivalent_atoms_carry_equal_charges(template):
    from rdkit import Chem

    molecule = Chem.AddHs(Chem.MolFromSmiles(template.smiles))
    by_rank = {}
    for rank, atom in zip(
        Chem.CanonicalRankAtoms(molecule, breakTies=False), template.atoms, strict=True
    ):
        assert by_rank.setdefault(rank, atom.charge_e) == pytest.approx(atom.charge_e, abs=1e-6)


def test_every_carbonate_oxygen_is_negative_and_its_carbon_positive():
    templates = [t for t in shipped_templates().values() if "C(=O)O" in t.smiles]
    assert len(templates) > 3
    for template in templates:
        assert min(a.charge_e for a in template.atoms if a.element == "O") < -0.4
        assert max(a.charge_e for a in template.atoms if a.element == "C") > 0.5


def test_there_are_three_cation_sets_for_lithium_sodium_and_potassium():
    assert len(cation_sets()) >= 3
    for name in cation_sets():
        sizes = []
        for ion in ("Li", "Na", "K"):
            (atom,) = ion_template(default_catalog().ion(ion), name).atoms
            assert atom.charge_e == 1.0
            # Where a pair with an ether oxygen is at its Lennard-Jones zero.
            sizes.append((atom.sigma_nm + 0.3) / 2)
        assert sizes == sorted(sizes)


@pytest.mark.parametrize("table", ["cations", "anion_atoms", "anion_bonds", "anion_angles"])
def test_every_ion_parameter_names_its_source(table):
    with (TABLES / f"{table}.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert row.get("doi") or row.get("source")
            assert row["verified"] in {"yes", "second-hand", "no"}


@pytest.mark.parametrize("name", ANIONS)
def test_an_anion_carries_minus_one(name):
    template = ion_template(default_catalog().ion(name))
    assert template.charge_e == pytest.approx(-1)
    assert len(template.bonds) == len(template.atoms) - 1


@pytest.mark.parametrize(("name", "rings"), [("DFOB", 1), ("BOB", 2)])
def test_oxygens_of_a_chelate_are_of_two_kinds(name, rings):
    template = ion_template(default_catalog().ion(name))
    assert template.charge_e == pytest.approx(-1)
    assert len(template.bonds) == len(template.atoms) - 1 + rings
    oxygens = {a.charge_e for a in template.atoms if a.element == "O"}
    assert len(oxygens) == 2
    assert all(charge < -0.3 for charge in oxygens)


def test_the_octahedron_has_twelve_right_angles():
    template = ion_template(default_catalog().ion("PF6"))
    assert len(template.angles) == 12
    assert {round(math.degrees(a[3])) for a in template.angles} == {90}


@pytest.mark.parametrize("name", ["TFSI", "OTf"])
@pytest.mark.parametrize("factor", [1.0, 0.8, 0.7])
def test_scaling_reaches_atoms_and_exceptions(name, factor):
    plain = ion_template(default_catalog().ion(name))
    scaled = plain.scaled(factor)
    assert scaled.charge_e == pytest.approx(-factor)
    products = [e[2] for e in plain.exceptions()]
    assert any(products)
    expected = [p * factor**2 for p in products]
    assert [e[2] for e in scaled.exceptions()] == pytest.approx(expected)
    assert scaled.bonds == plain.bonds


def test_ring_neighbours_are_excluded_once():
    template = molecule_template("O=C1OCCO1")
    assert not template.exclusions() & template.one_four_pairs()
    pairs = [tuple(e[:2]) for e in template.exceptions()]
    assert len(pairs) == len(set(pairs))


def test_a_wrong_scale_and_an_unknown_species_are_refused():
    catalog = default_catalog()
    with pytest.raises(InputError, match="charge scale"):
        ion_template(catalog.ion("PF6")).scaled(1.2)
    with pytest.raises(InputError, match="known: "):
        ion_template(catalog.ion("TFA"))
    with pytest.raises(InputError, match="sets: "):
        ion_template(catalog.ion("Na"), "guess")
    with pytest.raises(InputError, match="parametrise"):
        molecule_template("CCCCCCCCCCCCO")
