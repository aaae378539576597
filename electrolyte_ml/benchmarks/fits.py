"""Out-of-fold predictions of all kinds of members for lithium, fitted once a run."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.base import Progress
from electrolyte_ml.benchmarks.conductivity_splits import Case
from electrolyte_ml.models.conductivity.cross_validation import (
    joined_out_of_fold,
    out_of_fold,
)
from electrolyte_ml.models.conductivity.fitting import TrainingRows, fit_network
from electrolyte_ml.models.conductivity.process_fitting import fit_process
from electrolyte_ml.models.deep.artefact import read_encoder
from electrolyte_ml.models.deep.mixtures import GraphRows
from electrolyte_ml.models.deep.settings import GraphSettings
from electrolyte_ml.models.folds import OutOfFold

#: Source and files that decide what the members predict.
FIT_CODE = (
    "electrolyte_ml.benchmarks.fits",
    "electrolyte_ml.features.graphs",
    "electrolyte_ml.models.artefacts.conductivity",
    "electrolyte_ml.models.artefacts.graph",
    "electrolyte_ml.models.conductivity",
    "electrolyte_ml.models.conductivity_law",
    "electrolyte_ml.models.folds",
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
_DONE: dict[tuple[object, ...], OutOfFold] = {}


def lacking(packages: tuple[str, ...] = PACKAGES) -> str | None:
    """Why nothing can be fitted here, and what to do about it; None if it can."""
    missing = [name for name in packages if find_spec(name) is None]
    return f"needs {', '.join(missing)}: pip install 'electrolyte_ml[deep]'" if missing else None


def descriptor_members(case: Case, seed: int, progress: Progress | None = None) -> OutOfFold:
    """Networks on descriptors, fitted anew in every fold.

    Parameters
    ----------
    case
        Rows and folds.
    seed
        Of the fits.
    progress
        Called after every fit.
    """
    key = (case.split_sha256, case.content_sha256, seed)
    if key not in _DONE:
        rows, fit = TrainingRows.of(case.measurements), partial(fit_network, seed=seed)
        _DONE[key] = out_of_fold(rows, case.split, fit, progress=progress)
    return _DONE[key]


def process_members(case: Case, progress: Progress | None = None) -> OutOfFold:
    """Gaussian processes on descriptors, fitted anew in every fold; nothing is drawn.

    Parameters
    ----------
    case, progress
        As in `descriptor_members`.
    """
    key = (case.split_sha256, case.content_sha256)
    if key not in _DONE:
        rows = TrainingRows.of(case.measurements)
        _DONE[key] = out_of_fold(rows, case.split, fit_process, progress=progress)
    return _DONE[key]


def graph_members(
    case: Case,
    settings: GraphSettings,
    seed: int,
    progress: Progress | None = None,
    *,
    pretrained: bool = True,
) -> OutOfFold:
    """Networks on graphs, fitted anew in every fold.

    Parameters
    ----------
    case, seed, progress
        As in `descriptor_members`.
    settings
        Of network and fit.
    pretrained
        Whether the encoder starts from the shipped one.

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
) -> tuple[NDArray[np.float64], float]:
    """All kinds of members as they ship.

    Parameters
    ----------
    case, seed, progress
        As in `descriptor_members`.
    graph_seed
        Of the fits on graphs, if it is another.

    Returns
    -------
    members
        Every member's log10 conductivity of the tested rows, shape (E, t).
    seconds
        CPU time of a fold with all of them.
    """
    described = descriptor_members(case, seed, progress)
    of_graphs = seed if graph_seed is None else graph_seed
    graphed = graph_members(case, GraphSettings(), of_graphs, progress)
    kinds = (described, graphed, process_members(case, progress))
    members = joined_out_of_fold(*kinds, GraphRows.of(case.measurements), case.split)
    return members, sum(kind.seconds for kind in kinds)
