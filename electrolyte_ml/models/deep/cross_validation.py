"""Predictions of networks on graphs for rows whose group they have not seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.splits import Split
from electrolyte_ml.models.deep.fitting import fit_graph
from electrolyte_ml.models.deep.mixtures import GraphRows
from electrolyte_ml.models.deep.network import GraphNetwork
from electrolyte_ml.models.deep.pair import is_new
from electrolyte_ml.models.deep.settings import GraphSettings
from electrolyte_ml.models.folds import OutOfFold

Progress = Callable[[str, int, int], None]


def out_of_fold(
    rows: GraphRows,
    split: Split,
    settings: GraphSettings,
    *,
    seed: int = 0,
    pretrained: Mapping[str, NDArray[np.float32]] | None = None,
    progress: Progress | None = None,
) -> OutOfFold:
    """Predictions of all tested rows, as `electrolyte_ml.models.deep.pair` makes them.

    Of its two fits only those are made that a fold has rows for.

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
    OutOfFold
        Rows that a fold was fitted to are predicted by the settled fit, if it was made.
    """
    early = replace(settings, steps=settings.early_steps)
    tested, trained, seconds = [], [], 0.0
    for number, (train, test) in enumerate(split.folds, start=1):
        fitted_to, left_out = rows.select(train), rows.select(test)
        new = is_new(left_out.mixtures, fitted_to.measured_species)
        predicted = np.empty((settings.members, len(test)))
        own = None
        for fit, at in ((settings, np.flatnonzero(~new)), (early, np.flatnonzero(new))):
            if len(at):
                start = time.process_time()
                network = fit_graph(fitted_to, fit, seed=seed, pretrained=pretrained)
                seconds += time.process_time() - start
                predicted[:, at] = _members(network, left_out.select(at))
                if fit is settings:
                    own = _members(network, fitted_to)
        tested.append(predicted)
        trained.append(own)
        if progress is not None:
            progress(split.name, number, len(split.folds))
    return OutOfFold(
        tested=np.concatenate(tested, axis=1),
        trained=tuple(trained),
        seconds=seconds / len(split.folds),
    )


def _members(network: GraphNetwork, rows: GraphRows) -> NDArray[np.float64]:
    return network.log10_conductivity(rows.mixtures, rows.temperature_k)
