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
from electrolyte_ml.models.deep.pair import has_new_anion, is_new
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
    members
        Every member's log10 conductivity in the order of ``split.tested``, shape (E, t).
    seconds
        CPU time that a fold took to fit, on average.
    """
    early = replace(settings, steps=settings.early_steps)
    members, seconds = [], 0.0
    for number, (train, test) in enumerate(split.folds, start=1):
        trained, tested = rows.select(train), rows.select(test)
        new = is_new(tested.mixtures, trained.measured_species)
        predicted = np.empty((settings.members, len(test)))
        for fit, at in ((settings, np.flatnonzero(~new)), (early, np.flatnonzero(new))):
            if len(at):
                start = time.process_time()
                network = fit_graph(trained, fit, seed=seed, pretrained=pretrained)
                seconds += time.process_time() - start
                part = tested.select(at)
                predicted[:, at] = network.log10_conductivity(part.mixtures, part.temperature_k)
        members.append(predicted)
        if progress is not None:
            progress(split.name, number, len(split.folds))
    return np.concatenate(members, axis=1), seconds / len(split.folds)


def unseen_anions(rows: GraphRows, split: Split) -> NDArray[np.bool_]:
    """Which tested rows hold an anion that their fold was not fitted to, shape (t,)."""
    return np.concatenate(
        [
            has_new_anion(rows.select(test).mixtures, rows.select(train).measured_species)
            for train, test in split.folds
        ]
    )
