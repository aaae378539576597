"""A graph network of species and mixtures: DeepChem graphs in, the law of conductivity out.

It is an option beside the default model of conductivity. Training it, and embedding species that no
table holds, needs the extra ``deep``; predicting for species of the catalog needs numpy alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from electrolyte_ml.models.deep.artefact import load, read_encoder

if TYPE_CHECKING:
    from electrolyte_ml.models.deep.estimator import GraphEstimator

__all__ = ["graph_estimator", "load", "read_encoder"]


def graph_estimator(seed: int = 0) -> GraphEstimator:
    """An unfitted graph network with ``fit(X, y)`` and ``predict(X)``.

    Parameters
    ----------
    seed
        Same seed, data and machine: same predictions.
    """
    from electrolyte_ml.models.deep.estimator import GraphEstimator

    return GraphEstimator(seed)
