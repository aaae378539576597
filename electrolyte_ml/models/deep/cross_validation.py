"""Predictions of the graph network for rows whose group it has not seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.splits import Split
from electrolyte_ml.models.deep.fitting import fit_graph
from electrolyte_ml.models.deep.mixtures import GraphRows
from electrolyte_ml.models.deep.settings import GraphSettings

Progress = Callable[[str, int, int], None]


def out_of_fold(
    rows: GraphRows,
    split: Split,
    settings: GraphSettings,
    *,
    seed: int = 0,
    pretrained: Mapping[str, NDArray[np.float32]] | None = None,
    progress: Progress | None = None,
) -> tuple[NDArray[np.float64], float]:
    """Predictions of all tested rows.

    Parameters
    ----------
    rows
        Measurements, n rows.
    split
        Folds over these rows.
    settings, seed, pretrained
        Of the fits, as in `fit_graph`.
    progress
        Called as ``progress(name, done, total)`` after every fit.

    Returns
    -------
    members
        Every member's log10 conductivity in the order of ``split.tested``, shape (E, t).
    seconds
        CPU time of one fit, on average.
    """
    members, seconds = [], 0.0
    for number, (train, test) in enumerate(split.folds, start=1):
        start = time.process_time()
        network = fit_graph(rows.select(train), settings, seed=seed, pretrained=pretrained)
        seconds += time.process_time() - start
        tested = rows.select(test)
        members.append(network.log10_conductivity(tested.mixtures, tested.temperature_k))
        if progress is not None:
            progress(split.name, number, len(split.folds))
    return np.concatenate(members, axis=1), seconds / len(split.folds)
