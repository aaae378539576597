import numpy as np
import pytest

for _name in ("torch", "deepchem", "torch_geometric"):
    pytest.importorskip(_name, reason=f"{_name} is not installed (extra deep)")

from electrolyte_ml.errors import InputError  # noqa: E402
from electrolyte_ml.features.graphs import (  # noqa: E402
    element_symbols,
    n_elements,
    species_graphs,
)

SMILES = ["[Li+]", "O=C1OCCO1", "F[P-](F)(F)(F)(F)F", "[Na+]"]


def test_single_atoms_and_charged_anions_have_graphs():
    graphs = species_graphs(SMILES)
    assert np.bincount(graphs.atom_species).tolist() == [1, 6, 7, 1]
    assert np.bincount(graphs.bond_species, minlength=4).tolist() == [0, 12, 12, 0]


def test_elements_differ_by_code_and_by_physical_properties():
    centres = []
    for symbol in ("P", "As", "Sb"):
        graph = species_graphs([f"F[{symbol}-](F)(F)(F)(F)F"])
        # The centre is the atom with six bonds, and has the code of its element.
        centre = int(np.bincount(graph.target).argmax())
        code = graph.atoms[centre, : n_elements()]
        assert element_symbols()[int(code.argmax())] == symbol
        assert code.sum() == 1
        centres.append(graph.atoms[centre, n_elements() : n_elements() + 5])
    # Antimony is further from phosphorus than arsenic is.
    near, far = (np.linalg.norm(c - centres[0]) for c in centres[1:])
    assert 0 < near < far


def test_every_bond_knows_its_reverse():
    g = species_graphs(SMILES)
    assert (g.source[g.reverse] == g.target).all()
    assert (g.reverse[g.reverse] == np.arange(len(g.reverse))).all()
    assert (g.atom_species[g.source] == g.bond_species).all()


def test_taking_species_is_making_their_graphs():
    taken = species_graphs(SMILES).take(np.array([2, 0, 1, 2]))
    made = species_graphs([SMILES[i] for i in (2, 0, 1, 2)])
    for name in made.__slots__:
        assert np.array_equal(getattr(taken, name), getattr(made, name)), name


def test_unknown_elements_are_named():
    assert "As" in element_symbols()
    with pytest.raises(InputError, match="no features of the element Xe"):
        species_graphs(["F[Xe]F"])
