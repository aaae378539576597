import numpy as np
import pytest

from electrolyte_ml.errors import InputError, SmilesError
from electrolyte_ml.quantum.geometry import (
    BOHR_ANGSTROM,
    changed_bonds,
    conformers,
    molecule,
    softness,
)
from electrolyte_ml.quantum.table import XtbProtocol


@pytest.fixture(scope="module")
def ethane():
    subject = molecule("CC")
    return subject, conformers(subject, XtbProtocol())[0]


def test_molecule_has_its_hydrogens():
    subject = molecule("OCC")
    assert subject.smiles == "CCO"
    assert sorted(subject.numbers) == [1] * 6 + [6, 6, 8]
    assert len(subject.bonds) == 8


@pytest.mark.parametrize(
    ("smiles", "error", "words"),
    [
        ("[Na+]", InputError, "cation"),
        ("[CH3]", InputError, "odd number of electrons"),
        ("[Na+].[Cl-]", SmilesError, "fragments"),
    ],
)
def test_what_has_no_limits_is_refused(smiles, error, words):
    with pytest.raises(error, match=words):
        molecule(smiles)


def test_embedding_is_repeatable():
    subject = molecule("COCCOC")
    first, second = (conformers(subject, XtbProtocol()) for _ in range(2))
    assert len(first) > 1
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_conformers_are_in_bohr(ethane):
    subject, positions = ethane
    carbons = positions[subject.numbers == 6]
    assert np.linalg.norm(carbons[0] - carbons[1]) * BOHR_ANGSTROM == pytest.approx(1.53, abs=0.05)


def test_stiff_modes_take_short_steps(ethane):
    subject, positions = ethane
    steps = np.linalg.norm(softness(subject, positions), axis=0)
    assert steps.max() > 3 * steps.min()


def test_no_bond_changes_where_nothing_moves_or_all_moves_together(ethane):
    subject, positions = ethane
    assert changed_bonds(subject, positions, positions) == ()
    assert changed_bonds(subject, positions, positions + 5.0) == ()


def test_a_bond_torn_is_named(ethane):
    subject, positions = ethane
    torn = positions.copy()
    first, second = np.flatnonzero(subject.numbers == 6)
    half = {first} | {
        int(j) for i, j in [*subject.bonds, *subject.bonds[:, ::-1]] if i == first and j != second
    }
    direction = positions[first] - positions[second]
    torn[sorted(half)] += direction
    assert changed_bonds(subject, positions, torn) == ("C-C broken",)


def test_a_bond_formed_is_named():
    subject = molecule("O=CO")
    positions = conformers(subject, XtbProtocol())[0]
    moved = positions.copy()
    oxygens = np.flatnonzero(subject.numbers == 8)
    acid = next(
        int(h)
        for h in np.flatnonzero(subject.numbers == 1)
        if any({int(h), int(o)} in [set(map(int, b)) for b in subject.bonds] for o in oxygens)
    )
    carbonyl = next(
        int(o) for o in oxygens if sum(int(o) in map(int, b) for b in subject.bonds) == 1
    )
    moved[acid] = positions[carbonyl] + [0.0, 0.0, 1.8]
    assert changed_bonds(subject, positions, moved) == ("H-O broken", "H-O formed")
