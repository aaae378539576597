"""Predictions of rows by networks that did not see their group."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.splits import Split
from electrolyte_ml.models.conductivity.ensemble import joined
from electrolyte_ml.models.conductivity.fitting import FitSettings, TrainingRows, fit_network
from electrolyte_ml.models.deep.artefact import read_encoder
from electrolyte_ml.models.deep.mixtures import GraphRows
from electrolyte_ml.models.deep.settings import GraphSettings

Progress = Callable[[str, int, int], None]


def out_of_fold(
    rows: TrainingRows,
    split: Split,
    *,
    settings: FitSettings | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
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

    Returns
    -------
    tested
        Row numbers in the order of the folds, shape (t,).
    members
        Every member's log10 conductivity, shape (E, t).
    """
    tested, members = [], []
    for number, (train, test) in enumerate(split.folds, start=1):
        network = fit_network(rows.select(train), settings, seed=seed)
        left_out = rows.select(test)
        tested.append(test)
        members.append(
            network.log10_conductivity(
                left_out.features,
                np.arange(len(test)),
                left_out.molality_mol_kg,
                left_out.temperature_k,
            )
        )
        if progress is not None:
            progress(split.name, number, len(split.folds))
    return np.concatenate(tested), np.concatenate(members, axis=1)


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

    _, described = out_of_fold(TrainingRows.of(lithium), split, seed=seed, progress=progress)
    rows = GraphRows.of(lithium)
    graphed, _ = graphs.out_of_fold(
        rows,
        split,
        GraphSettings(),
        seed=seed,
        pretrained=read_encoder(),
        progress=progress,
    )
    return joined_out_of_fold(described, graphed, rows, split)


def joined_out_of_fold(
    described: NDArray[np.float64],
    graphed: NDArray[np.float64],
    rows: GraphRows,
    split: Split,
) -> NDArray[np.float64]:
    """Both kinds of members as they ship: without graphs where a fold has not seen the anion.

    Parameters
    ----------
    described, graphed
        Predictions of both kinds in the order of ``split.tested``, shapes (D, t) and (G, t).
    rows
        Measurements, n rows.
    split
        Folds over these rows.

    Returns
    -------
    ndarray of float, shape (2 D, t)
    """
    from electrolyte_ml.models.deep.cross_validation import unseen_anions

    told = graphed.copy()
    told[:, unseen_anions(rows, split)] = np.nan
    return joined(described, told)
