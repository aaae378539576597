"""Recipes as they are written, compared with the first of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.comparison import RecipeComparison, compare_formulations
from electrolyte_ml.rules import Cell
from electrolyte_ml.scores.source import ScoreSource


def compare_recipes(
    recipes: Sequence[str],
    at: Sequence[str] = (),
    *,
    cell: Cell | None = None,
    off: Sequence[str] = (),
    prices: Mapping[str, float] | None = None,
) -> RecipeComparison:
    """Read recipes and temperatures, and compare each recipe with the first.

    Parameters
    ----------
    recipes
        Two or more, as text.
    at
        Temperatures with their units; 25 degC if empty.
    cell, off, prices
        As of `compare_formulations`.

    Raises
    ------
    InputError
        With a line for each recipe or temperature that cannot be used.
    """
    formulations, temperature_k = read_recipes(recipes, at)
    return compare_formulations(
        formulations, temperature_k, names=recipes, cell=cell, off=off, prices=prices
    )


def read_recipes(
    recipes: Sequence[str], at: Sequence[str] = ()
) -> tuple[list[Formulation], NDArray[np.float64]]:
    """Recipes and temperatures as they are written: n formulations, and kelvin, shape (t,).

    Raises
    ------
    InputError
        With a line for each recipe or temperature that cannot be used.
    """
    parts = list(ScoreSource(recipes, None, at).parts())
    rows = [f for part in parts for f in part.formulations]
    n_temperatures = len(rows) // len(recipes)
    return rows[::n_temperatures], np.asarray(parts[0].temperature_k[:n_temperatures])
