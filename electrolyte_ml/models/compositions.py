"""Scores of arrays of amounts: many recipes of the same species, without any text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation.arrays import formulations_of_arrays
from electrolyte_ml.models.scoring import ScoreTable, score_formulations
from electrolyte_ml.rules import Cell
from electrolyte_ml.species import Salt, Solvent
from electrolyte_ml.units import ROOM_TEMPERATURE_K


def score_compositions(
    species: Sequence[str | Solvent | Salt],
    mass_fractions: ArrayLike,
    molalities: ArrayLike | None = None,
    temperatures: ArrayLike = ROOM_TEMPERATURE_K,
    *,
    cell: Cell | None = None,
    off: Sequence[str] = (),
) -> ScoreTable:
    """Predict every property of recipes that are given as arrays.

    Parameters
    ----------
    species
        The s solvents, then the a salts, by name or as objects.
    mass_fractions
        Mass of each solvent by mass of all solvents, shape (n, s); rows sum to 1, zero leaves a
        solvent out.
    molalities
        Moles of each salt by kilogram of all solvents, shape (n, a); None for pure solvents.
    temperatures
        Temperatures, K, shape (n,), or one for all.
    cell
        The cell they are for, which rules look at.
    off
        Names of rules that are switched off.

    Returns
    -------
    ScoreTable
        Predictions of every registered property that scores show, liquid ranges and warnings, n
        rows.

    Raises
    ------
    InputErrors
        If names are unknown, with a line for each.
    AmountError
        If shapes do not fit, or a row has impossible amounts.
    InputError
        If a temperature is not positive, or there is another number of them than rows.

    Examples
    --------
    >>> scores = score_compositions(
    ...     ["EC", "DEC", "NaPF6"], [[0.5, 0.5], [0.3, 0.7]], [[1.0], [0.8]], 298.15
    ... )
    >>> scores.predictions["density_g_cm3"].value.round(1).tolist()
    [1.3, 1.2]
    """
    formulations = formulations_of_arrays(species, mass_fractions, molalities)
    given = np.asarray(temperatures, dtype=np.float64)
    if given.ndim > 1 or (given.ndim == 1 and len(given) != len(formulations)):
        raise InputError(
            f"temperatures has shape {given.shape} for {len(formulations)} recipes; give one, or "
            "one for each, in K"
        )
    kelvin = np.broadcast_to(given, (len(formulations),)).copy()
    if not np.all(np.isfinite(kelvin) & (kelvin > 0)):
        raise InputError("temperatures have to be positive numbers of kelvin")
    return score_formulations(formulations, kelvin, cell=cell, off=off)
