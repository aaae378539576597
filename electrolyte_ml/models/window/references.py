"""Reference limits, computed and measured, and the model's errors against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.models.window.dataset import TrainingSet, named_molecules
from electrolyte_ml.models.window.limits import MODEL, OXIDATION, REDUCTION, TABLE
from electrolyte_ml.models.window.model import WindowModel
from electrolyte_ml.quantum.shipped import shipped_dft_rows
from electrolyte_ml.row_table import RowTable

#: Names of references that were measured.
GLASSY_CARBON, CELLS = "measured on glassy carbon", "reported in cells"
# The file states no reference. With the hydrogen electrode, 3.04 V above Li/Li+, its ethyl methyl
# carbonate and vinylene carbonate agree with other published limits to 0.1 V.
HYDROGEN_ABOVE_LITHIUM_V = 3.04
# Fragments that are in no electrolyte: cumulenes, ketenes, alkynes, enols, three-valent phosphorus,
# P-H, N=S, hypofluorites, conjugated carbonyls and rings of three. Errors of extended tight binding
# on them are irrelevant for solvents.
_UNLIKE_ELECTROLYTES = (
    "C=C=*", "C#C", "[#6]#[#6]", "[#6]=,#[#6][OX2H]", "[PX3]", "[#15;!H0]", "[#7]=,#[#16]",
    "[O,N,S]F", "[#16]=[#6]", "[CX3]=[CX3][CX3]=[O,C]", "[r3]", "P(=O)=O",
)  # fmt: skip
_DFT_COLUMNS = {OXIDATION: "oxidation_free_energy_ev", REDUCTION: "reduction_free_energy_ev"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLimits(RowTable):
    """Limits of n molecules from elsewhere.

    Attributes
    ----------
    smiles
        Canonical SMILES without stereochemistry, length n, each once.
    value
        V against Li/Li+, shape (n,).
    source
        Name of the reference.
    own_theory
        Whether they are of our own theory; the calibration holds its offset from the published one.
    """

    smiles: tuple[str, ...]
    value: NDArray[np.float64]
    source: str
    own_theory: bool = False

    def __len__(self) -> int:
        return len(self.smiles)


def dft_limits(axis: str) -> ReferenceLimits:
    """Our own limits by wB97X/6-31+G* of neutral molecules, which ship with the package.

    Parameters
    ----------
    axis
        ``oxidation_limit_v`` or ``reduction_limit_v``.
    """
    rows = [row for row in shipped_dft_rows() if row.charge == 0 and not row.failure]
    return ReferenceLimits(
        smiles=tuple(row.smiles for row in rows),
        value=np.array([getattr(row, axis) for row in rows]),
        source="wB97X",
        own_theory=True,
    )


def published_limits(axis: str) -> ReferenceLimits:
    """Published limits by wB97X-V/def2-TZVPPD/SMD of BattSLM (10.26434/chemrxiv.15001594/v1).

    Molecules whose structure can only be written with separated charges are left out, and those
    without carbon or with groups that no electrolyte has.

    Parameters
    ----------
    axis
        ``oxidation_limit_v`` or ``reduction_limit_v``.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    from electrolyte_ml.data.sources import battslm_rx392

    measurements, _ = battslm_rx392.load(property_name=_DFT_COLUMNS[axis])
    found = {
        _flat(formulation.solvents[0].solvent.smiles): float(value) + HYDROGEN_ABOVE_LITHIUM_V
        for formulation, value, flag in zip(
            measurements.row_formulations, measurements.value, measurements.flag, strict=True
        )
        if not flag and _like_an_electrolyte(formulation.solvents[0].solvent.smiles)
    }
    return ReferenceLimits(
        smiles=tuple(found), value=np.array(list(found.values())), source="wB97X-V (BattSLM)"
    )


def between_theories(axis: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Our limits and published ones of the molecules in both, V, shapes (n,).

    Raises
    ------
    DataNotFoundError
        If the published limits are not on this machine.
    """
    own, published = dft_limits(axis), published_limits(axis)
    other = dict(zip(published.smiles, published.value.tolist(), strict=True))
    pairs = [
        (value, other[smiles])
        for smiles, value in zip(own.smiles, own.value.tolist(), strict=True)
        if smiles in other
    ]
    return np.array([x for x, _ in pairs]), np.array([y for _, y in pairs])


def glassy_carbon_limits() -> ReferenceLimits:
    """Oxidation limits measured on glassy carbon at 1 mA/cm2 (10.1149/2.0051509eel).

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    from electrolyte_ml.data.sources import measured_limits

    measurements, _ = measured_limits.load(property_name=OXIDATION)
    return ReferenceLimits(
        smiles=tuple(_flat(f.solvents[0].solvent.smiles) for f in measurements.row_formulations),
        value=np.asarray(measurements.value),
        source=GLASSY_CARBON,
    )


def working_voltages() -> ReferenceLimits:
    """Highest voltages that solvents were reported to work at in cells (BattSLM, DOI by row).

    Cells are of many kinds, and their voltage is a lower bound of the stability of the electrolyte.
    Taken as potentials against Li/Li+.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    from electrolyte_ml.data.sources import battslm_solvfunc87

    measurements, _ = battslm_solvfunc87.load()
    found: dict[str, float] = {}
    for formulation, value in zip(measurements.row_formulations, measurements.value, strict=True):
        smiles = _flat(formulation.solvents[0].solvent.smiles)
        found[smiles] = max(float(value), found.get(smiles, 0.0))
    return ReferenceLimits(smiles=tuple(found), value=np.array(list(found.values())), source=CELLS)


def _flat(smiles: str) -> str:
    return str(Chem.MolToSmiles(Chem.MolFromSmiles(smiles), isomericSmiles=False))


def _like_an_electrolyte(smiles: str) -> bool:
    molecule = Chem.MolFromSmiles(smiles)
    has_carbon = any(atom.GetAtomicNum() == 6 for atom in molecule.GetAtoms())
    return has_carbon and not any(molecule.HasSubstructMatch(q) for q in _unlike())


@cache
def _unlike() -> tuple[Chem.Mol, ...]:
    return tuple(Chem.MolFromSmarts(smarts) for smarts in _UNLIKE_ELECTROLYTES)


def comparisons(blind: WindowModel, training: TrainingSet) -> list[dict[str, Any]]:
    """The table of errors that ships with the model.

    Parameters
    ----------
    blind
        Model that has seen no species of the catalog, in training or calibration.
    training
        The table.

    Returns
    -------
    list of dict
        Reference, axis, tier, n, bias, mean absolute error, rank correlation, shift of
        the limits to the scale of the reference, and coverage of the intervals, which are meant to
        cover 90 % of density functional theory alone.
    """
    rows = []
    for axis in blind.axes:
        for reference in (dft_limits(axis), published_limits(axis)):
            rows += _both(of_the_catalog(reference), axis, training, blind)
    for reference in (glassy_carbon_limits(), working_voltages()):
        rows += _both(reference, OXIDATION, training, blind)
    return rows


def of_the_catalog(reference: ReferenceLimits) -> ReferenceLimits:
    """The part of a reference that a model without species of the catalog has not seen."""
    named = named_molecules()
    kept = [i for i, smiles in enumerate(reference.smiles) if smiles in named]
    return replace(reference.select(kept), source=f"{reference.source}, species of the catalog")


def _both(
    reference: ReferenceLimits, axis: str, training: TrainingSet, blind: WindowModel
) -> list[dict[str, Any]]:
    """Errors of the learned limits of all, and of the computed ones that the table holds."""
    known = set(training.smiles)
    part = reference.select([i for i, s in enumerate(reference.smiles) if s in known])
    shift = shift_v(blind, axis, reference)
    rows = [_compared(reference, axis, MODEL, model_limits(blind, axis, reference.smiles), shift)]
    if len(part.smiles) > 2:
        limits = table_limits(blind, axis, part.smiles, training)
        rows.append(_compared(part, axis, TABLE, limits, shift))
    return rows


def shift_v(model: WindowModel, axis: str, reference: ReferenceLimits) -> float:
    """From the scale of the published theory to that of a reference, V."""
    return model.axes[axis].calibration.own_theory_v if reference.own_theory else 0.0


_Limits = tuple[NDArray[np.float64], NDArray[np.float64]]


def model_limits(model: WindowModel, axis: str, smiles: Sequence[str]) -> _Limits:
    """Learned limits and half widths of their intervals, V, shapes (n,)."""
    limits = model.predict(smiles)[axis]
    value = np.array([limit.value for limit in limits])
    return value, np.array([limit.high for limit in limits]) - value


def table_limits(
    model: WindowModel, axis: str, smiles: Sequence[str], training: TrainingSet
) -> _Limits:
    """Calibrated limits of molecules of the table and half widths, V, shapes (n,)."""
    row_of = {text: i for i, text in enumerate(training.smiles)}
    line = model.axes[axis].calibration
    value = line.apply(training.terms[axis][[row_of[text] for text in smiles]])
    return value, np.full(len(value), line.half_width_v)


def _compared(
    reference: ReferenceLimits, axis: str, tier: str, predicted: _Limits, shift: float
) -> dict[str, Any]:
    value, half_width = predicted[0] + shift, predicted[1]
    covered = np.abs(value - reference.value) <= half_width
    return {
        "reference": reference.source,
        "axis": axis,
        "tier": tier,
        **errors(value, reference.value),
        "shift_v": shift,
        "coverage": float(covered.mean()),
    }


def practical_support(blind: WindowModel, training: TrainingSet) -> dict[str, dict[str, float]]:
    """Whether a line through computed limits predicts measured ones better than their mean.

    Parameters
    ----------
    blind, training
        As in `comparisons`.

    Returns
    -------
    dict
        By reference, of molecules of the table: ``n``, and the mean absolute errors with one
        molecule left out of a line through computed limits and of the mean, V.
    """
    found = {}
    known = set(training.smiles)
    for reference in (glassy_carbon_limits(), working_voltages()):
        at = [i for i, smiles in enumerate(reference.smiles) if smiles in known]
        smiles, y = [reference.smiles[i] for i in at], reference.value[at]
        x, _ = table_limits(blind, OXIDATION, smiles, training)
        line, mean = np.empty_like(y), np.empty_like(y)
        for i in range(len(y)):
            rest = np.arange(len(y)) != i
            line[i] = np.polyval(np.polyfit(x[rest], y[rest], 1), x[i]) - y[i]
            mean[i] = y[rest].mean() - y[i]
        found[reference.source] = {
            "n": len(y),
            "line_mae_v": float(np.abs(line).mean()),
            "mean_mae_v": float(np.abs(mean).mean()),
        }
    return found


def errors(predicted: NDArray[np.float64], value: NDArray[np.float64]) -> dict[str, float]:
    """Number, bias (predicted less value), mean absolute error, Spearman's rank correlation."""
    from scipy.stats import spearmanr

    difference = predicted - value
    return {
        "n": len(value),
        "bias_v": float(difference.mean()),
        "mae_v": float(np.abs(difference).mean()),
        "spearman": float(spearmanr(predicted, value).statistic),
    }
