r"""Molecular graphs of species with the features of DeepChem.

Atoms and directed bonds carry the features of DeepChem's ``DMPNNFeaturizer`` (those of directed
message passing [1]_). Unlike ``MolGraphConvFeaturizer`` it accepts single atoms and distinguishes
all elements. Its one-hot code of the element carries no information for rare elements. Therefore
electronegativity [2]_, covalent and van der Waals radii, outer electrons and period are added:
unseen arsenic is then close to phosphorus.

References
----------
.. [1] Yang et al., J. Chem. Inf. Model. 2019, 59, 3370. https://doi.org/10.1021/acs.jcim.9b00237
.. [2] Allred, J. Inorg. Nucl. Chem. 1961, 17, 215. https://doi.org/10.1016/0022-1902(61)80142-5
   (values from memory)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import packaged_table
from electrolyte_ml.optional import import_optional, quiet_import
from electrolyte_ml.species.chemistry import molecule_of

# Columns of the one-hot code of the element: a hundred elements, and one for all others.
_N_CODES = 101
#: Features of a bond.
N_BOND_FEATURES = 14
_TABLE = "elements.csv"
_N_PHYSICAL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeciesGraphs:
    """Graphs of S species in one, with A atoms and B directed bonds.

    Attributes
    ----------
    atoms
        Features of atoms, shape (A, f): first the one-hot code of the element (`n_elements`
        columns), then its physical properties and DeepChem's other features.
    bonds
        Features of directed bonds, shape (B, g).
    source, target
        Atoms that each bond leaves and reaches, shapes (B,).
    reverse
        The bond of the opposite direction, shape (B,).
    atom_species, bond_species
        Species of each atom and bond, in ascending order, shapes (A,) and (B,).
    n_species
        S.
    """

    atoms: NDArray[np.float32]
    bonds: NDArray[np.float32]
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    reverse: NDArray[np.int64]
    atom_species: NDArray[np.int64]
    bond_species: NDArray[np.int64]
    n_species: int

    def take(self, species: NDArray[np.int64]) -> SpeciesGraphs:
        """Graphs of `species` (places, repeats allowed), in that order."""
        atoms, atom_shift, atom_species = _gather(self.atom_species, self.n_species, species)
        bonds, bond_shift, bond_species = _gather(self.bond_species, self.n_species, species)
        # Bonds refer to atoms by place, so they shift with the atoms of their species.
        shift = atom_shift[bond_species]
        return SpeciesGraphs(
            atoms=self.atoms[atoms],
            bonds=self.bonds[bonds],
            source=self.source[bonds] + shift,
            target=self.target[bonds] + shift,
            reverse=self.reverse[bonds] + bond_shift[bond_species],
            atom_species=atom_species,
            bond_species=bond_species,
            n_species=len(species),
        )


def species_graphs(smiles: Sequence[str]) -> SpeciesGraphs:
    """Graphs of species.

    Parameters
    ----------
    smiles
        Canonical SMILES, one molecule or ion each; length S.

    Raises
    ------
    InputError
        If DeepChem cannot featurise one, or an element has no row in the table.
    MissingDependencyError
        If DeepChem is not installed.
    """
    parts = [_graph(s) for s in smiles]
    n_atoms = np.array([len(atoms) for atoms, _, _ in parts])
    n_bonds = np.array([len(bonds) for _, bonds, _ in parts])
    first_atom = np.cumsum(n_atoms) - n_atoms
    first_bond = np.cumsum(n_bonds) - n_bonds
    edges = [ends + first for (_, _, ends), first in zip(parts, first_atom, strict=True)]
    back = [_reverse(ends) + first for (_, _, ends), first in zip(parts, first_bond, strict=True)]
    source, target = np.concatenate(edges, axis=1)
    order = np.arange(len(smiles))
    return SpeciesGraphs(
        atoms=np.concatenate([atoms for atoms, _, _ in parts]),
        bonds=np.concatenate([bonds for _, bonds, _ in parts]),
        source=source,
        target=target,
        reverse=np.concatenate(back),
        atom_species=np.repeat(order, n_atoms),
        bond_species=np.repeat(order, n_bonds),
        n_species=len(smiles),
    )


@cache
def element_symbols() -> tuple[str, ...]:
    """Elements that have a code, in the order of the table."""
    return tuple(_electronegativity())


def has_graph(smiles: str) -> bool:
    """Whether all elements of a species are known to `species_graphs`."""
    known = _electronegativity()
    return all(atom.GetSymbol() in known for atom in molecule_of(smiles).GetAtoms())


def n_elements() -> int:
    """Number of leading atom features that code the element."""
    return len(element_symbols())


def _gather(
    owner: NDArray[np.int64], n_species: int, species: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Places of the atoms or bonds of `species`, their shifts, and their new owners."""
    size = np.bincount(owner, minlength=n_species)
    first = np.cumsum(size) - size
    taken = size[species]
    new_first = np.cumsum(taken) - taken
    new_owner = np.repeat(np.arange(len(species)), taken)
    shift = new_first - first[species]
    places = np.arange(int(taken.sum())) - shift[new_owner]
    return places, shift, new_owner


@cache
def _graph(smiles: str) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Atoms (A, f), directed bonds (B, g) and their ends (2, B) of one species."""
    found = _featurizer().featurize([smiles])[0]
    if not hasattr(found, "node_features"):
        raise InputError(f"DeepChem cannot make a graph of {smiles!r}")
    nodes = np.asarray(found.node_features, dtype=np.float32)
    numbers = nodes[:, :_N_CODES].argmax(axis=1) + 1
    atoms = np.column_stack([_elements(numbers, smiles), nodes[:, _N_CODES:]])
    ends = np.asarray(found.edge_index, dtype=np.int64).reshape(2, -1)
    bonds = np.asarray(found.edge_features, dtype=np.float32).reshape(-1, N_BOND_FEATURES)
    return atoms.astype(np.float32), bonds, ends


def _reverse(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    place = {(int(i), int(j)): n for n, (i, j) in enumerate(ends.T)}
    return np.array([place[int(j), int(i)] for i, j in ends.T], dtype=np.int64)


def _elements(numbers: NDArray[np.int64], smiles: str) -> NDArray[np.float64]:
    """Codes and physical features of elements by atomic number, shape (A, codes + 5)."""
    from rdkit.Chem import GetPeriodicTable

    table, known = GetPeriodicTable(), _electronegativity()
    rows = np.zeros((len(numbers), len(known) + _N_PHYSICAL))
    for row, number in zip(rows, numbers.tolist(), strict=True):
        symbol = table.GetElementSymbol(number)
        if symbol not in known:
            raise InputError(
                f"{smiles}: no features of the element {symbol}; known are {', '.join(known)}"
            )
        row[element_symbols().index(symbol)] = 1.0
        # Scaled to order one.
        row[len(known) :] = [
            known[symbol] - 2.5,
            table.GetRcovalent(number) - 0.8,
            table.GetRvdw(number) - 1.7,
            table.GetNOuterElecs(number) / 4.0 - 1.0,
            table.GetRow(number) - 2.0,
        ]
    return rows


@cache
def _electronegativity() -> dict[str, float]:
    rows = packaged_table(f"features/tables/{_TABLE}")
    return {row["symbol"]: float(row["electronegativity"]) for row in rows}


@cache
def _featurizer() -> Any:
    return import_deepchem().feat.DMPNNFeaturizer()


def import_deepchem() -> Any:
    """The DeepChem module.

    Raises
    ------
    MissingDependencyError
        If DeepChem or PyTorch Geometric is not installed; the message says how to get them.
    """
    with quiet_import():
        deepchem = import_optional("deepchem")
        import_optional("torch_geometric")  # DeepChem's graph features need it
    return deepchem
