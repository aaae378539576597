"""Out-of-fold predictions of both kinds of lithium networks, fitted once a process."""

from __future__ import annotations

import time
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.base import Progress
from electrolyte_ml.benchmarks.conductivity_splits import Case
from electrolyte_ml.models.conductivity.cross_validation import (
    joined_out_of_fold,
    out_of_fold,
)
from electrolyte_ml.models.conductivity.fitting import TrainingRows
from electrolyte_ml.models.deep.artefact import read_encoder
from electrolyte_ml.models.deep.mixtures import GraphRows
from electrolyte_ml.models.deep.settings import GraphSettings

#: Source and files that decide what the networks predict.
FIT_CODE = (
    "electrolyte_ml.benchmarks.fits",
    "electrolyte_ml.features.graphs",
    "electrolyte_ml.models.artefacts.conductivity",
    "electrolyte_ml.models.artefacts.graph",
    "electrolyte_ml.models.conductivity",
    "electrolyte_ml.models.conductivity_law",
    *(
        f"electrolyte_ml.models.deep.{name}"
        for name in (
            "constants",
            "cross_validation",
            "encoder",
            "fitting",
            "mixtures",
            "module",
            "network",
            "pair",
            "pooling",
            "settings",
            "torch_model",
        )
    ),
)
#: What networks on graphs are fitted with; those on descriptors need the first alone.
PACKAGES = ("torch", "deepchem", "torch_geometric")
# Every member's log10 conductivity of the tested rows, shape (E, t), and CPU seconds of one fit.
Fitted = tuple[NDArray[np.float64], float]
_DONE: dict[tuple[object, ...], Fitted] = {}


def lacking(packages: tuple[str, ...] = PACKAGES) -> str | None:
    """Why nothing can be fitted here, and what to do about it; None if it can."""
    missing = [name for name in packages if find_spec(name) is None]
    return f"needs {', '.join(missing)}: pip install 'electrolyte_ml[deep]'" if missing else None


def descriptor_members(case: Case, seed: int, progress: Progress | None = None) -> Fitted:
    """Networks on descriptors, fitted anew in every fold.

    Parameters
    ----------
    case
        Rows and folds.
    seed
        Of the fits.
    progress
        Called after every fit.

    Returns
    -------
    members
        Every member's log10 conductivity in the order of the tested rows, shape (E, t).
    seconds
        CPU time of one fit, on average.
    """
    key = (case.split_sha256, case.content_sha256, seed)
    if key not in _DONE:
        start = time.process_time()
        rows = TrainingRows.of(case.measurements)
        _, members = out_of_fold(rows, case.split, seed=seed, progress=progress)
        _DONE[key] = (members, (time.process_time() - start) / len(case.split.folds))
    return _DONE[key]


def graph_members(
    case: Case,
    settings: GraphSettings,
    seed: int,
    progress: Progress | None = None,
    *,
    pretrained: bool = True,
) -> Fitted:
    """Networks on graphs, fitted anew in every fold.

    Parameters
    ----------
    case, seed, progress
        As in `descriptor_members`.
    settings
        Of network and fit.
    pretrained
        Whether the encoder starts from the shipped one.

    Returns
    -------
    members, seconds
        As of `descriptor_members`.

    Raises
    ------
    MissingDependencyError
        If DeepChem is not installed.
    """
    key = (case.split_sha256, case.content_sha256, seed, settings, pretrained)
    if key not in _DONE:
        from electrolyte_ml.models.deep.cross_validation import out_of_fold as graphs_out_of_fold

        _DONE[key] = graphs_out_of_fold(
            GraphRows.of(case.measurements),
            case.split,
            settings,
            seed=seed,
            pretrained=read_encoder() if pretrained else None,
            progress=progress,
        )
    return _DONE[key]


def ensemble_members(
    case: Case, seed: int, progress: Progress | None = None, *, graph_seed: int | None = None
) -> Fitted:
    """Both kinds of networks as they ship; the time is that of a fold with both.

    Parameters
    ----------
    case, seed, progress
        As in `descriptor_members`.
    graph_seed
        Of the fits on graphs, if it is another.
    """
    described, of_described = descriptor_members(case, seed, progress)
    of_graphs = seed if graph_seed is None else graph_seed
    graphed, of_graphed = graph_members(case, GraphSettings(), of_graphs, progress)
    rows = GraphRows.of(case.measurements)
    joined = joined_out_of_fold(described, graphed, rows, case.split)
    return joined, of_described + of_graphed
