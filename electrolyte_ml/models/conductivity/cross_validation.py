"""Predictions of rows by networks that did not see their group."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.splits import Split
from electrolyte_ml.models.conductivity.ensemble import joined
from electrolyte_ml.models.conductivity.fitting import TrainingRows, fit_network
from electrolyte_ml.models.conductivity.intervals import centre_of
from electrolyte_ml.models.conductivity.members import Members
from electrolyte_ml.models.conductivity.memory import Memory
from electrolyte_ml.models.conductivity.process_fitting import fit_process
from electrolyte_ml.models.deep.artefact import read_encoder
from electrolyte_ml.models.deep.mixtures import GraphRows
from electrolyte_ml.models.deep.settings import GraphSettings
from electrolyte_ml.models.folds import OutOfFold

Progress = Callable[[str, int, int], None]
#: Makes members of rows: `fit_network` with its settings, or `fit_process`.
Fit = Callable[[TrainingRows], Members]


def out_of_fold(
    rows: TrainingRows,
    split: Split,
    fit: Fit,
    *,
    progress: Progress | None = None,
) -> OutOfFold:
    """Predictions of rows by members on descriptors that did not see their group.

    Parameters
    ----------
    rows
        Measurements, n rows.
    split
        Folds over these rows.
    fit
        Makes the members: `fit_network` or `fit_process`.
    progress
        Called as ``progress(name, done, total)`` after every fit.
    """
    tested, trained, start = [], [], time.process_time()
    for number, (train, test) in enumerate(split.folds, start=1):
        fitted_to = rows.select(train)
        fitted = fit(fitted_to)
        tested.append(_members(fitted, rows.select(test)))
        trained.append(_members(fitted, fitted_to))
        if progress is not None:
            progress(split.name, number, len(split.folds))
    return OutOfFold(
        tested=np.concatenate(tested, axis=1),
        trained=tuple(trained),
        seconds=(time.process_time() - start) / len(split.folds),
    )


def _members(fitted: Members, rows: TrainingRows) -> NDArray[np.float64]:
    return fitted.log10_conductivity(
        rows.features,
        np.arange(len(rows.temperature_k)),
        rows.molality_mol_kg,
        rows.temperature_k,
    )


def ensemble_out_of_fold(
    lithium: Measurements,
    split: Split,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> NDArray[np.float64]:
    """Predictions of rows by ensembles of all kinds that did not see their group.

    Parameters
    ----------
    lithium
        Measurements, n rows.
    split
        Folds over these rows.
    seed
        Of the fits.
    progress
        As in `out_of_fold`; every fold is fitted once for each kind.

    Returns
    -------
    ndarray of float, shape (E, t)
        Every member's log10 conductivity in the order of ``split.tested``.

    Raises
    ------
    MissingDependencyError
        If torch or DeepChem is not installed.
    """
    from electrolyte_ml.models.deep import cross_validation as graphs

    described = TrainingRows.of(lithium)
    network = partial(fit_network, seed=seed)
    rows = GraphRows.of(lithium)
    graphed = graphs.out_of_fold(
        rows,
        split,
        GraphSettings(),
        seed=seed,
        pretrained=read_encoder(),
        progress=progress,
    )
    return joined_out_of_fold(
        out_of_fold(described, split, network, progress=progress),
        graphed,
        out_of_fold(described, split, fit_process, progress=progress),
        rows,
        split,
    )


def joined_out_of_fold(
    described: OutOfFold,
    graphed: OutOfFold,
    processed: OutOfFold,
    rows: GraphRows,
    split: Split,
) -> NDArray[np.float64]:
    """All kinds of members as they ship, with what they leave of the rows they were fitted to.

    Parameters
    ----------
    described, graphed, processed
        Of the kinds, as of `joined`.
    rows
        Measurements, n rows.
    split
        Folds over these rows.

    Returns
    -------
    ndarray of float, shape (3 D, t)
    """
    members = joined(described.tested, graphed.tested, processed.tested)
    done = 0
    for number, (train, test) in enumerate(split.folds):
        own, of_graphs, other = (kind.trained[number] for kind in (described, graphed, processed))
        # Those on descriptors tell of every row.
        assert own is not None
        assert other is not None
        centre = centre_of(joined(own, own if of_graphs is None else of_graphs, other))
        memory = Memory.of(rows.select(train), centre)
        part = rows.select(test)
        correction = memory.correction(part.mixtures, part.temperature_k)
        members[:, done : done + len(test)] += correction
        done += len(test)
    return members
