"""The molecules that the window model is trained on, and how they are split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem.Scaffolds import MurckoScaffold

from electrolyte_ml.models.window.calibration import terms_of
from electrolyte_ml.models.window.features import MoleculeFeatures, family_of, molecule_features
from electrolyte_ml.models.window.limits import OXIDATION, REDUCTION
from electrolyte_ml.quantum.shipped import shipped_rows
from electrolyte_ml.quantum.table import LimitRow, XtbProtocol
from electrolyte_ml.row_table import RowTable
from electrolyte_ml.species.catalog import packaged_catalog

AXES = (OXIDATION, REDUCTION)
_FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet(RowTable):
    """The neutral molecules of the table, n rows.

    Attributes
    ----------
    smiles
        Canonical SMILES, length n.
    limits
        By axis, extended tight binding, V against Li/Li+, shapes (n,).
    terms
        By axis, terms of the calibration, shapes (n, t).
    features
        Of the molecules.
    family, scaffold
        Groups that a split keeps together, shapes (n,). The scaffold of a molecule without a ring
        is its family, since it has none.
    """

    smiles: tuple[str, ...]
    limits: dict[str, NDArray[np.float64]]
    terms: dict[str, NDArray[np.float64]]
    features: MoleculeFeatures
    family: NDArray[np.str_]
    scaffold: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.smiles)


def training_set(rows: Sequence[LimitRow] | None = None) -> TrainingSet:
    """Neutral molecules with both limits.

    Parameters
    ----------
    rows
        Of a table of limits; the package's by default.
    """
    protocol = XtbProtocol().key
    usable = [
        row
        for row in (shipped_rows() if rows is None else rows)
        if row.charge == 0 and row.protocol == protocol and row.reduction_limit_v is not None
    ]
    molecules = [Chem.MolFromSmiles(row.smiles) for row in usable]
    families = [family_of(m) for m in molecules]
    scaffolds = [
        MurckoScaffold.MurckoScaffoldSmiles(mol=m)  # type: ignore[no-untyped-call]
        for m in molecules
    ]
    return TrainingSet(
        smiles=tuple(row.smiles for row in usable),
        limits={name: np.array([getattr(row, name) for row in usable]) for name in AXES},
        terms={name: terms_of(usable, name) for name in AXES},
        features=molecule_features([row.smiles for row in usable]),
        family=np.array(families),
        scaffold=np.array([s or f for s, f in zip(scaffolds, families, strict=True)]),
    )


def group_folds(groups: NDArray[np.str_], seed: int) -> NDArray[np.intp]:
    """Fold of each row, 0 to 4, that keeps groups whole and folds about equal, shape (n,)."""
    names, index, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    load_of_fold = np.zeros(_FOLDS)
    fold_of_group = np.empty(len(names), dtype=np.intp)
    for group in order:
        fold = int(np.argmin(load_of_fold))
        fold_of_group[group] = fold
        load_of_fold[fold] += sizes[group]
    return fold_of_group[index.ravel()]


def random_folds(n: int, seed: int) -> NDArray[np.intp]:
    """Fold of each row, 0 to 4, at random, shape (n,)."""
    return np.random.default_rng(seed).permutation(n) % _FOLDS


def named_molecules() -> frozenset[str]:
    """SMILES of the solvents, diluents and additives of the catalog."""
    return frozenset(s.smiles for s in packaged_catalog().solvents)
