"""Predictions of rows by networks that did not see their group."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.splits import Split
from electrolyte_ml.models.conductivity.ensemble import joined
from electrolyte_ml.models.conductivity.fitting import FitSettings, TrainingRows, fit_network
from electrolyte_ml.models.conductivity.intervals import centre_of
from electrolyte_ml.models.conductivity.memory import Memory
from electrolyte_ml.models.conductivity.network import Network
from electrolyte_ml.models.deep.artefact import read_encoder
from electrolyte_ml.models.deep.mixtures import GraphRows
from electrolyte_ml.models.deep.settings import GraphSettings
from electrolyte_ml.models.folds import OutOfFold

Progress = Callable[[str, int, int], None]


def out_of_fold(
    rows: TrainingRows,
    split: Split,
    *,
    settings: FitSettings | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> OutOfFold:
    """Predictions of rows by networks on descriptors that did not see their group.

    Parameters
    ----------
    rows
        Measurements, n rows.
    split
        Folds over these rows.
    settings, seed
        Of the fits.
    progress
        Called as ``progress(name, done, total)`` after every fit.
    """
    tested, trained, start = [], [], time.process_time()
    for number, (train, test) in enumerate(split.folds, start=1):
        fitted_to = rows.select(train)
        network = fit_network(fitted_to, settings, seed=seed)
        tested.append(_members(network, rows.select(test)))
        trained.append(_members(network, fitted_to))
        if progress is not None:
            progress(split.name, number, len(split.folds))
    return OutOfFold(
        tested=np.concatenate(tested, axis=1),
        trained=tuple(trained),
        seconds=(time.process_time() - start) / len(split.folds),
    )


def _members(network: Network, rows: TrainingRows) -> NDArray[np.float64]:
    return network.log10_conductivity(
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
    """Predictions of rows by ensembles of both kinds that did not see their group.

    Parameters
    ----------
    lithium
        Measurements, n rows.
    split
        Folds over these rows.
    seed
        Of the fits.
    progress
        As in `out_of_fold`; every fold is fitted twice.

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

    described = out_of_fold(TrainingRows.of(lithium), split, seed=seed, progress=progress)
    rows = GraphRows.of(lithium)
    graphed = graphs.out_of_fold(
        rows,
        split,
        GraphSettings(),
        seed=seed,
        pretrained=read_encoder(),
        progress=progress,
    )
    return joined_out_of_fold(described, graphed, rows, split)


def joined_out_of_fold(
    described: OutOfFold, graphed: OutOfFold, rows: GraphRows, split: Split
) -> NDArray[np.float64]:
    """Both kinds of members as they ship, with what they leave of the rows they were fitted to.

    Parameters
    ----------
    described, graphed
        Of both kinds, D and G members.
    rows
        Measurements, n rows.
    split
        Folds over these rows.

    Returns
    -------
    ndarray of float, shape (2 D, t)
        Without graphs where a fold has not seen the anion.
    """
    from electrolyte_ml.models.deep.cross_validation import unseen_anions

    told = graphed.tested.copy()
    told[:, unseen_anions(rows, split)] = np.nan
    members = joined(described.tested, told)
    done = 0
    for (train, test), own, other in zip(
        split.folds, described.trained, graphed.trained, strict=True
    ):
        assert own is not None  # descriptors tell of every row
        centre = centre_of(own if other is None else joined(own, other))
        memory = Memory.of(rows.select(train), centre)
        part = rows.select(test)
        correction = memory.correction(part.mixtures, part.temperature_k)
        members[:, done : done + len(test)] += correction
        done += len(test)
    return members
