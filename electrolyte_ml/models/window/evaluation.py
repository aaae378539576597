"""How far computed and learned limits are from density functional theory and from experiments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.window.dataset import TrainingSet, named_molecules
from electrolyte_ml.models.window.model import WindowModel
from electrolyte_ml.models.window.prediction import MODEL, OXIDATION, TABLE
from electrolyte_ml.models.window.references import (
    ReferenceLimits,
    dft_limits,
    glassy_carbon_limits,
    published_limits,
    working_voltages,
)


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
        Reference, axis, tier, n, bias, mean absolute error, rank correlation, what limits were
        shifted by to the scale of the reference, and the share that the intervals hold, which are
        meant to hold 90 % of density functional theory alone.
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
    """Whether computed limits tell more of what was measured than the mean of it does.

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
