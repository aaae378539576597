from collections import Counter

from rdkit import Chem

from electrolyte_ml.quantum.library import enumerate_families, library
from electrolyte_ml.species.catalog import packaged_catalog


def test_library_holds_the_catalog_and_thousands_more():
    molecules = [m.smiles for m in library()]
    catalog = packaged_catalog()
    assert {s.smiles for s in (*catalog.solvents, *catalog.anions)} <= set(molecules)
    assert len(molecules) >= 3000
    assert len(set(molecules)) == len(molecules)


def test_library_is_neutral_but_for_the_anions_of_the_catalog():
    added = [m.smiles for m in library() if m.family != "catalog"]
    assert all(Chem.GetFormalCharge(Chem.MolFromSmiles(s)) == 0 for s in added)


def test_families_are_smallest_first():
    for members in enumerate_families().values():
        sizes = [Chem.MolFromSmiles(s).GetNumHeavyAtoms() for s in members]
        assert sizes == sorted(sizes)
        assert sizes[-1] <= 16


def test_any_beginning_is_balanced():
    added = [m.family for m in library() if m.family != "catalog"]
    counts = Counter(added[:660])
    assert len(counts) == len(enumerate_families())
    assert max(counts.values()) <= 3 * min(counts.values())


def test_no_molecule_has_a_bond_that_no_solvent_has():
    peroxide = Chem.MolFromSmarts("[OX2][OX2]")
    assert not any(Chem.MolFromSmiles(m.smiles).HasSubstructMatch(peroxide) for m in library())
