"""Training the window model on the table of computed limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem.Scaffolds import MurckoScaffold

from electrolyte_ml.models.window.artefact import FOLDER, save
from electrolyte_ml.models.window.calibration import COVERAGE, Calibration, fit_calibration
from electrolyte_ml.models.window.evaluation import comparisons
from electrolyte_ml.models.window.families import family_of, has_multiple_bond
from electrolyte_ml.models.window.features import MoleculeFeatures, molecule_features
from electrolyte_ml.models.window.gaussian import fit
from electrolyte_ml.models.window.model import AxisModel, WindowModel
from electrolyte_ml.models.window.prediction import OXIDATION, REDUCTION
from electrolyte_ml.models.window.references import dft_limits
from electrolyte_ml.models.window.species_limits import forget, shipped_rows
from electrolyte_ml.quantum.protocol import Protocol
from electrolyte_ml.quantum.table import LimitRow
from electrolyte_ml.species.default import packaged_catalog

Progress = Callable[[str, int, int], None]
AXES = (OXIDATION, REDUCTION)
_FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """The neutral molecules of the table, n rows.

    Attributes
    ----------
    smiles
        Canonical SMILES, length n.
    limits
        By axis, extended tight binding, V against Li/Li+, shapes (n,).
    features
        Of the molecules.
    multiple_bond
        Whether two carbons share a double bond, shape (n,).
    family, scaffold
        Groups that a split keeps together, shapes (n,). The scaffold of a molecule without a ring
        is its family, since it has none.
    """

    smiles: tuple[str, ...]
    limits: dict[str, NDArray[np.float64]]
    features: MoleculeFeatures
    multiple_bond: NDArray[np.bool_]
    family: NDArray[np.str_]
    scaffold: NDArray[np.str_]

    def select(self, rows: NDArray[np.intp]) -> TrainingSet:
        """Some of the molecules."""
        return TrainingSet(
            smiles=tuple(self.smiles[i] for i in rows),
            limits={name: values[rows] for name, values in self.limits.items()},
            features=self.features.select(rows),
            multiple_bond=self.multiple_bond[rows],
            family=self.family[rows],
            scaffold=self.scaffold[rows],
        )


def training_set(rows: Sequence[LimitRow] | None = None) -> TrainingSet:
    """Neutral molecules with both limits.

    Parameters
    ----------
    rows
        Of a table of limits; the package's by default.
    """
    protocol = Protocol().key
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
        features=molecule_features([row.smiles for row in usable]),
        multiple_bond=np.array([has_multiple_bond(m) for m in molecules], dtype=bool),
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


def calibrations(training: TrainingSet, leave_out: frozenset[str]) -> dict[str, Calibration]:
    """Lines from the table to published density functional theory, by axis.

    Parameters
    ----------
    training
        The table.
    leave_out
        SMILES that are not to be used.

    Raises
    ------
    DataNotFoundError
        If the published limits are not on this machine.
    """
    row_of = {smiles: i for i, smiles in enumerate(training.smiles)}
    found = {}
    for axis in AXES:
        reference = dft_limits(axis)
        kept = [i for i, s in enumerate(reference.smiles) if s in row_of and s not in leave_out]
        at = [row_of[reference.smiles[i]] for i in kept]
        found[axis] = fit_calibration(
            training.limits[axis][at], training.multiple_bond[at], reference.value[kept]
        )
    return found


def out_of_fold(
    training: TrainingSet, target: NDArray[np.float64], folds: NDArray[np.intp], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predictions of each row by a process that has not seen its fold, and their spread."""
    mean, spread = np.empty_like(target), np.empty_like(target)
    for fold in np.unique(folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        process = fit(training.features.select(train), target[train], seed)
        mean[test], spread[test] = process.predict(training.features.select(test))
    return mean, spread


def fit_window(
    training: TrainingSet,
    lines: dict[str, Calibration],
    seed: int,
    progress: Progress | None = None,
) -> WindowModel:
    """Fit both sides; intervals and domain are set by families left out.

    Parameters
    ----------
    training
        The table.
    lines
        Of `calibrations`.
    seed
        Of the folds and of the fit.
    progress
        Called as ``progress(what, done, total)``.
    """
    axes = {}
    for done, axis in enumerate(AXES):
        if progress:
            progress(axis, done, len(AXES))
        target = lines[axis].apply(training.limits[axis], training.multiple_bond)
        mean, spread = out_of_fold(training, target, group_folds(training.family, seed), seed)
        axes[axis] = AxisModel(
            process=fit(training.features, target, seed),
            calibration=lines[axis],
            factor=float(np.quantile(np.abs(mean - target) / spread, COVERAGE, method="higher")),
            widest_v=float(np.quantile(spread, COVERAGE)),
        )
    elements = {
        atom.GetAtomicNum()
        for smiles in training.smiles
        for atom in Chem.MolFromSmiles(smiles).GetAtoms()
    }
    return WindowModel(axes=axes, elements=frozenset(elements))


def named_molecules() -> frozenset[str]:
    """SMILES of the solvents, diluents and additives of the catalog."""
    return frozenset(s.smiles for s in packaged_catalog().solvents)


def without_catalog(training: TrainingSet, seed: int) -> WindowModel:
    """The model that has seen no species of the catalog, in the table or in the calibration."""
    named = named_molecules()
    unseen = np.flatnonzero([smiles not in named for smiles in training.smiles])
    part = training.select(unseen)
    return fit_window(part, calibrations(part, named), seed)


def train_window(
    seed: int = 0, out: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Train on the shipped table, write the model, and measure it against what is known.

    Parameters
    ----------
    seed
        Same seed and data, same model.
    out
        Folder of the model; the package's own by default.
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    dict
        The record of the training.

    Raises
    ------
    DataNotFoundError
        If data for calibration and comparison are not on this machine.
    """
    training = training_set()
    lines = calibrations(training, frozenset())
    model = fit_window(training, lines, seed, progress)
    record = {
        "protocol": Protocol().key,
        "molecules": len(training.smiles),
        "seed": seed,
        "comparisons": comparisons(without_catalog(training, seed), training),
    }
    folder = out or FOLDER
    save(model, record, folder)
    forget()
    return record
