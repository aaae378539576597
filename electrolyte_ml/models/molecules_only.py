"""Recipes that hold an ionic liquid, which models of molecular solvents do not cover.

A model of solvents that are molecules says so for such recipes, in the place of a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction

#: The reason that such a prediction has.
NOT_COVERED = "ionic liquids are not covered"


def predict_of_molecules(
    predict: Callable[[Sequence[Formulation], NDArray[np.float64]], Prediction],
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
) -> Prediction:
    """What `predict` says of recipes, without a value for those with an ionic liquid.

    Parameters
    ----------
    predict
        Function of a model that covers molecules and salts alone.
    formulations
        Recipes, length n.
    temperature_k
        Temperatures, K, shape (n,).

    Returns
    -------
    Prediction
        Shape (n,).
    """
    rows = molecular_rows(formulations)
    if rows is None:
        return predict(formulations, temperature_k)
    if not len(rows):
        return Prediction.unavailable(len(formulations), NOT_COVERED)
    found = predict([formulations[i] for i in rows], np.asarray(temperature_k)[rows])
    nothing = Prediction.unavailable(1, NOT_COVERED)
    return found.followed_by(nothing).select(places_of(rows, len(formulations)))


def molecular_rows(formulations: Sequence[Formulation]) -> NDArray[np.intp] | None:
    """Numbers of the recipes without an ionic liquid; None if that is all of them."""
    rows = [i for i, f in enumerate(formulations) if not f.ionic_liquids]
    return None if len(rows) == len(formulations) else np.array(rows, dtype=np.intp)


def places_of(rows: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """Where each of n recipes stands in a table of `rows` and one row after them for the others."""
    places = np.full(n, len(rows), dtype=np.intp)
    places[rows] = np.arange(len(rows))
    return places
