"""Training the window model on the tables of computed limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rdkit import Chem

from electrolyte_ml.models.window.artefact import FOLDER, save
from electrolyte_ml.models.window.calibration import Calibration, fit_calibration
from electrolyte_ml.models.window.coverage import COVERAGE, conformal_quantile
from electrolyte_ml.models.window.dataset import (
    AXES,
    TrainingSet,
    named_molecules,
    training_set,
)
from electrolyte_ml.models.window.evaluation import comparisons, practical_support
from electrolyte_ml.models.window.gaussian import fit
from electrolyte_ml.models.window.intervals import family_factor
from electrolyte_ml.models.window.model import AxisModel, WindowModel
from electrolyte_ml.models.window.offset import Offset, fit_offset
from electrolyte_ml.models.window.prediction import OXIDATION
from electrolyte_ml.models.window.references import (
    between_theories,
    dft_limits,
    published_limits,
)
from electrolyte_ml.models.window.species_limits import forget
from electrolyte_ml.quantum.shipped import shipped_dft_rows, shipped_rows
from electrolyte_ml.quantum.table import Protocol

Progress = Callable[[str, int, int], None]


def calibrations(training: TrainingSet, leave_out: frozenset[str]) -> dict[str, Calibration]:
    """Forms from the table to density functional theory, by axis.

    Fitted on our own calculations and on published ones together. Ours put every oxidation in both
    too high, so that what they lie above the others is fitted, too; reductions in both differ
    either way and tell no offset.

    Parameters
    ----------
    training
        The table.
    leave_out
        SMILES that are not to be used, neither for the choice of the form nor for the fit.

    Raises
    ------
    DataNotFoundError
        If the published limits are not on this machine.
    """
    row_of = {smiles: i for i, smiles in enumerate(training.smiles)}
    found = {}
    for axis in AXES:
        pairs = [
            (smiles, float(value), own)
            for reference, own in ((dft_limits(axis), True), (published_limits(axis), False))
            for smiles, value in zip(reference.smiles, reference.value, strict=True)
            if smiles in row_of and smiles not in leave_out
        ]
        molecules = [smiles for smiles, _, _ in pairs]
        found[axis] = fit_calibration(
            training.terms[axis][[row_of[smiles] for smiles in molecules]],
            np.array([value for _, value, _ in pairs]),
            molecules,
            np.array([own and axis == OXIDATION for _, _, own in pairs]),
        )
    return found


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
        target = lines[axis].apply(training.terms[axis])
        process = fit(training.features, target, seed)
        factor, spread = family_factor(process, training.family, seed)
        axes[axis] = AxisModel(
            process=process,
            calibration=lines[axis],
            factor=factor,
            widest_v=float(np.quantile(spread, COVERAGE)),
        )
    elements = {
        atom.GetAtomicNum()
        for smiles in training.smiles
        for atom in Chem.MolFromSmiles(smiles).GetAtoms()
    }
    return WindowModel(
        axes=axes,
        anions=anion_offset(),
        theory_half_width_v=theory_half_width(),
        elements=frozenset(elements),
    )


def anion_offset() -> Offset:
    """From extended tight binding to our density functional theory, for the oxidation of anions."""
    computed = {r.smiles: r.oxidation_limit_v for r in shipped_rows() if r.charge < 0}
    pairs = [
        (value, row.oxidation_limit_v)
        for row in shipped_dft_rows()
        if (value := computed.get(row.smiles)) is not None and row.oxidation_limit_v is not None
    ]
    return fit_offset(np.array([x for x, _ in pairs]), np.array([y for _, y in pairs]))


def theory_half_width() -> float:
    """Half the interval of our density functional theory: its distance from a published one, V.

    Of the oxidation of neutral molecules, since no anion is among the published.
    """
    own, published = between_theories(OXIDATION)
    return conformal_quantile(np.abs(own - published))


def _differences(axis: str) -> list[float]:
    own, published = between_theories(axis)
    return (own - published).round(3).tolist()


def without_catalog(training: TrainingSet, seed: int) -> WindowModel:
    """The model that has seen no species of the catalog, in the table or in the calibration."""
    named = named_molecules()
    unseen = np.flatnonzero([smiles not in named for smiles in training.smiles])
    part = training.select(unseen)
    return fit_window(part, calibrations(part, named), seed)


def train_window(
    seed: int = 0, out: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Train on the shipped tables, write the model, and measure it against what is known.

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
    blind = without_catalog(training, seed)
    record = {
        "protocol": Protocol().key,
        "molecules": len(training.smiles),
        "seed": seed,
        "own_less_published_dft_v": {a: _differences(a) for a in AXES},
        "blind_calibration": {
            name: axis.calibration.to_dict() for name, axis in blind.axes.items()
        },
        "comparisons": comparisons(blind, training),
        "practical_support": practical_support(blind, training),
    }
    folder = out or FOLDER
    save(model, record, folder)
    forget()
    return record
