"""The sodium points: predicted as lithium, with the prior, and with the other papers' points."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.metrics import log_metrics
from electrolyte_ml.data.splits import source_groups
from electrolyte_ml.models.conductivity.artefact import load
from electrolyte_ml.models.conductivity.cation import CationShift, prior
from electrolyte_ml.models.conductivity.intervals import NORMAL_QUANTILE, centre_of, scale_of
from electrolyte_ml.models.conductivity.training import (
    chain_carbonates,
    fit_sodium_shift,
    measured_sodium,
    predict_rows,
    training_rows,
)

TASK = "sodium conductivities from papers, mS/cm"


def sodium_tasks(seed: int) -> list[dict[str, Any]]:
    """Score the shipped lithium network on sodium, leaving one paper out.

    Parameters
    ----------
    seed
        Named in the metrics; nothing is drawn here.

    Returns
    -------
    list of dict
        Three tasks in the contract's form.
    """
    model, sodium = load(), measured_sodium()
    rows, groups = training_rows(sodium), source_groups(sodium)
    members = predict_rows(model.network, rows)
    twin, spread = centre_of(members), model.factor * scale_of(members)
    carbonate = chain_carbonates(sodium)

    def shifted(shift: CationShift, at: NDArray[np.intp]) -> tuple[Any, Any]:
        delta, sd = shift.predict(rows.molality_mol_kg[at], carbonate[at])
        return twin[at] + delta, np.hypot(spread[at], NORMAL_QUANTILE * sd)

    left_out = np.zeros((2, len(twin)))
    for group in np.unique(groups):
        at = np.flatnonzero(groups == group)
        shift = fit_sodium_shift(model.network, model.factor, sodium.select(groups != group))
        left_out[:, at] = shifted(shift, at)
    everything = np.arange(len(twin))
    cases = {
        "as lithium": (twin, spread),
        "prior shift": shifted(prior(), everything),
        "shift from the other papers": (left_out[0], left_out[1]),
    }
    return [
        {
            "task": TASK,
            "split": "source",
            "model": name,
            "metrics": {
                **log_metrics(rows.log10_conductivity, value, groups, half_width),
                "bias_log10": float((rows.log10_conductivity - value).mean()),
                "folds": len(np.unique(groups)),
                "seed": seed,
            },
        }
        for name, (value, half_width) in cases.items()
    ]
