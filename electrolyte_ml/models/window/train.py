"""Training the window model on the tables of computed limits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.models.intervals import COVERAGE, conformal_quantile, pooled_quantile
from electrolyte_ml.models.train import Progress, Trained
from electrolyte_ml.models.window.calibration import (
    LimitCalibration,
    Offset,
    fit_calibration,
    fit_offset,
)
from electrolyte_ml.models.window.dataset import (
    AXES,
    TrainingSet,
    group_folds,
    named_molecules,
    training_set,
)
from electrolyte_ml.models.window.features import DESCRIPTORS
from electrolyte_ml.models.window.gp import MoleculeGP, fit_gp
from electrolyte_ml.models.window.limits import OXIDATION, REDUCTION, TABLE
from electrolyte_ml.models.window.model import AxisModel, WindowModel
from electrolyte_ml.models.window.references import (
    CELLS,
    GLASSY_CARBON,
    between_theories,
    comparisons,
    dft_limits,
    practical_support,
    published_limits,
)
from electrolyte_ml.quantum.shipped import shipped_dft_rows, shipped_rows
from electrolyte_ml.quantum.table import XtbProtocol


def train_window(
    *, seed: int = 0, out: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Train on the shipped tables, write the model, and compare it with reference limits.

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
        Record of the training, as it stands in the model file.

    Raises
    ------
    DataNotFoundError
        If data for calibration and comparison are not on this machine.
    """
    table = training_set()
    model = fit_window(table, calibrations(table, frozenset()), seed, progress)
    blind = without_catalog(table, seed)
    record = {
        "protocol": XtbProtocol().key,
        "molecules": len(table.smiles),
        "seed": seed,
        "own_less_published_dft_v": {a: _differences(a) for a in AXES},
        "blind_calibration": {
            name: axis.calibration.to_dict() for name, axis in blind.axes.items()
        },
        "comparisons": comparisons(blind, table),
        "practical_support": practical_support(blind, table),
    }
    return Trained(model=model, training=record, card=card(model, record)).write(out)


def calibrations(training: TrainingSet, leave_out: frozenset[str]) -> dict[str, LimitCalibration]:
    """Forms from the table to density functional theory, by axis.

    Fitted on our own calculations and on published ones together. Of the molecules in both, our
    oxidation limits are all higher, so that an offset between the theories is fitted as well.
    Reduction limits differ in both directions, so that no offset is fitted.

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
    lines: dict[str, LimitCalibration],
    seed: int,
    progress: Progress | None = None,
) -> WindowModel:
    """Fit both sides; intervals and domain come from predictions of held-out families.

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
        process = fit_gp(training.features, target, seed)
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


def family_factor(
    process: MoleculeGP, family: NDArray[np.str_], seed: int
) -> tuple[float, NDArray[np.float64]]:
    """Conformal factor of a new family: standard deviations that cover 90 % of its molecules.

    Errors within a family are correlated. An interval for a new family is therefore calibrated on
    held-out families. Each of them counts once whatever its size; the new one may be worse than
    all.

    Parameters
    ----------
    process
        Fitted on n molecules.
    family
        Of each, shape (n,); a fifth of the families is held out at a time.
    seed
        Of the folds.

    Returns
    -------
    factor
        Number of standard deviations.
    spread
        Out-of-fold standard deviation of each molecule, V, shape (n,).
    """
    mean, spread = process.out_of_fold(group_folds(family, seed))
    return pooled_quantile(np.abs(mean - process.target) / spread, family), spread


def anion_offset() -> Offset:
    """Offset from extended tight binding to our density functional theory, oxidation of anions."""
    computed = {r.smiles: r.oxidation_limit_v for r in shipped_rows() if r.charge < 0}
    pairs = [
        (value, row.oxidation_limit_v)
        for row in shipped_dft_rows()
        if (value := computed.get(row.smiles)) is not None and row.oxidation_limit_v is not None
    ]
    return fit_offset(np.array([x for x, _ in pairs]), np.array([y for _, y in pairs]))


def theory_half_width() -> float:
    """Half width of the interval of our density functional theory, from a published one, V.

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


def card(model: WindowModel, record: Mapping[str, Any]) -> str:
    """The model card, Markdown, of a model and the record of its training."""
    return f"""\
# Window model

- **Predicts** one-electron oxidation and reduction limits (V) of neutral molecules from their
  SMILES, with a {100 * COVERAGE:.0f} % interval and a domain flag; a recipe's window is that of its
  weakest components.
- **Tiers**: `table` (computed and shipped), `calculation` (yours, `electrolyte-ml window compute`),
  `model` (learned). Ions are never learned, and refused if asked: anions come from a table or a
  calculation.
- **Made of** one Gaussian process a side on fragments of one bond and {len(DESCRIPTORS)}
  descriptors, with a part linear in these, on limits of extended tight binding calibrated to
  density functional theory. `window.npz` and `window.json`; neither runs code when loaded. Made
  again by `electrolyte-ml train window`.
- **Trained on** {record["molecules"]} molecules of
  `electrolyte_ml/quantum/tables/computed_limits.csv`. Calibrated on the neutral molecules of
  `dft_limits.csv` (wB97X/6-31+G*/IEF-PCM; cations relaxed with wB97X/6-31G*, anions with GFN2-xTB)
  and on BattSLM (wB97X-V/def2-TZVPPD/SMD, 10.26434/chemrxiv.15001594/v1; their scale, not stated,
  is taken as the hydrogen electrode). What our theory lies above the published one in oxidation is
  fitted, too, and limits are on the scale of the latter. The form is chosen by leaving one molecule
  out; what the forms came to is in `window.json` under `compared`, and under `blind_calibration`
  for the one that judges.
{_doubts(model, record)}"""


def _doubts(model: WindowModel, record: Mapping[str, Any]) -> str:
    """The part of the card that says how far to trust a limit."""
    differences = {axis: np.abs(record["own_less_published_dft_v"][axis]) for axis in AXES}
    oxidation, reduction = (
        f"{differences[axis].mean():.2f} V in {name} (worst {differences[axis].max():.2g} V)"
        for axis, name in ((OXIDATION, "oxidation"), (REDUCTION, "reduction"))
    )
    carbon, cells = (
        next(
            row
            for row in record["comparisons"]
            if row["reference"] == reference and row["tier"] == TABLE
        )
        for reference in (GLASSY_CARBON, CELLS)
    )
    return f"""\
- **The two theories differ** by {oxidation} and
  by {reduction}, mean absolute, the {len(differences[OXIDATION])} molecules in both
  (`own_less_published_dft_v`): a smaller basis, and in reduction structures by tight binding and
  bonds that only it breaks.
- **The interval** is of density functional theory of the molecule alone: the error of the learned
  limit of a family left out, and that of the calibration of a molecule left out. It is not of a
  measurement; of limits on glassy carbon it held {100 * carbon["coverage"]:.0f} % (n =
  {carbon["n"]}), of voltages in cells {100 * cells["coverage"]:.0f} % (n = {cells["n"]}).
- **Errors** are in `window.json` under `comparisons`; measured by `electrolyte-ml bench window`.
- **Meant for** ranking. **Not for** telling the voltage of a cell: limits lie about
  {cells["bias_v"]:.0f} V above the voltages that solvents are reported to work at, and a line
  through them tells no more of those than their mean does (`practical_support`). Films, electrodes,
  reactions with ions and salts other than by their anion's oxidation are not in it; anions'
  oxidation is uncertain by {model.theory_half_width_v:.1f} V where density functional theory was
  made for them and by {model.anions.half_width_v:.1f} V elsewhere.
"""
