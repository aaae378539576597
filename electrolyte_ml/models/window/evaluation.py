"""How far computed and learned limits are from density functional theory and from experiments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.window.model import WindowModel
from electrolyte_ml.models.window.prediction import OXIDATION
from electrolyte_ml.models.window.references import (
    ReferenceLimits,
    dft_limits,
    glassy_carbon_limits,
    working_voltages,
)
from electrolyte_ml.species.default import packaged_catalog

if TYPE_CHECKING:
    from electrolyte_ml.models.window.training import TrainingSet


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
        Reference, axis, tier, n, bias, mean absolute error, rank correlation.
    """
    named = {s.smiles for s in packaged_catalog().solvents}
    rows = []
    for axis in blind.axes:
        reference = dft_limits(axis)
        kept = [i for i, smiles in enumerate(reference.smiles) if smiles in named]
        left_out = ReferenceLimits(
            smiles=tuple(reference.smiles[i] for i in kept),
            value=reference.value[kept],
            source=f"{reference.source}, species of the catalog",
        )
        rows += _both(left_out, axis, training, blind)
    for reference in (glassy_carbon_limits(), working_voltages()):
        rows += _both(reference, OXIDATION, training, blind)
    return rows


def _both(
    reference: ReferenceLimits,
    axis: str,
    training: TrainingSet,
    blind: WindowModel,
) -> list[dict[str, Any]]:
    known = {smiles: i for i, smiles in enumerate(training.smiles)}
    line = blind.axes[axis].calibration
    learned = np.array([limit.value for limit in blind.predict(reference.smiles)[axis]])
    rows = [_compared(reference, axis, "model", learned, reference.value)]
    held = np.array([s in known for s in reference.smiles])
    if held.sum() > 2:
        at = [known[s] for s, h in zip(reference.smiles, held, strict=True) if h]
        computed = line.apply(training.limits[axis][at], training.multiple_bond[at])
        rows.append(_compared(reference, axis, "table", computed, reference.value[held]))
    return rows


def _compared(
    reference: ReferenceLimits,
    axis: str,
    tier: str,
    predicted: NDArray[np.float64],
    value: NDArray[np.float64],
) -> dict[str, Any]:
    return {"reference": reference.source, "axis": axis, "tier": tier, **errors(predicted, value)}


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
