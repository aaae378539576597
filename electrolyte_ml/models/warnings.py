"""Warnings of scored recipes: what the rules say, with what the models predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.liquid import PROBABLY_FROZEN, UNKNOWN, LiquidRange
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.quantum.electrodes import ELECTRODES
from electrolyte_ml.rules import Cell, RecipeWarning, recipe_warnings
from electrolyte_ml.text import celsius


def scored_warnings(
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
    liquid: LiquidRange,
    predictions: Mapping[str, Prediction] | None = None,
    *,
    cell: Cell | None = None,
    off: Sequence[str] = (),
) -> tuple[tuple[RecipeWarning, ...], ...]:
    """Warnings of recipes, each at its temperature, the gravest first.

    Parameters
    ----------
    formulations, temperature_k
        Recipes, length n, and their temperatures, K, shape (n,).
    liquid
        Their liquid ranges, n rows.
    predictions
        Other predicted properties by name, n rows.
    cell
        The cell they are for.
    off
        Names of rules that are switched off.

    Returns
    -------
    tuple of tuple of RecipeWarning
        Length n.

    Raises
    ------
    InputErrors
        If no rule has a name in `off`.
    """
    known = {"flash_point_k": liquid.flash_point_k, **(predictions or {})}
    words = liquid.frozen(temperature_k)
    surely = [text is not None and text.startswith(PROBABLY_FROZEN) for text in words]
    said: dict[str, Sequence[Sequence[str]]] = {
        "solubility": liquid.solubility_notes,
        "frozen": [(w,) if w and s else () for w, s in zip(words, surely, strict=True)],
        "may_freeze": [(w,) if w and not s else () for w, s in zip(words, surely, strict=True)],
        "miscibility": [
            () if word == UNKNOWN else notes
            for word, notes in zip(liquid.miscibility, liquid.separation_notes, strict=True)
        ],
        "boils": _boiling(liquid, temperature_k),
        "window": _beyond_the_window(formulations, known, cell or Cell()),
    }
    return recipe_warnings(formulations, cell=cell, off=off, predictions=known, said=said)


def _boiling(liquid: LiquidRange, temperature_k: NDArray[np.float64]) -> list[tuple[str, ...]]:
    """Recipes that boil at their temperature."""
    points = liquid.boils_above_k.value
    boils = temperature_k >= points
    return [
        (f"boils at about {celsius(point)}, below the {celsius(kelvin)} asked for",) if yes else ()
        for yes, point, kelvin in zip(boils, points, temperature_k, strict=True)
    ]


def _beyond_the_window(
    formulations: Sequence[Formulation], predictions: Mapping[str, Prediction], cell: Cell
) -> Sequence[tuple[str, ...]]:
    """Recipes whose predicted oxidation limit, which films and electrodes lower, is passed."""
    limit = predictions.get("oxidation_limit_v")
    if limit is None or cell.upper_voltage_v is None:
        return ()
    references = getattr(limit, "reference", None) or ("",) * len(limit)
    said = []
    for row, formulation in enumerate(formulations):
        cation = formulation.salts[0].salt.cation.name if formulation.salts else "Li"
        upper = cell.upper_voltage_vs_lithium(cation)
        electrode = ELECTRODES.get(references[row])
        begins = limit.value[row] + (0.0 if electrode is None else electrode.above_lithium_v)
        beyond = upper is not None and begins < upper
        said.append(
            (
                f"is oxidised from about {begins:.1f} V against Li/Li+ even as a lone molecule, "
                f"and the cell is charged to {upper:.1f} V",
            )
            if beyond
            else ()
        )
    return said
