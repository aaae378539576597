"""Properties of recipes: any of them at the cost of its own model, or all in one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.conductivity import predict_conductivity
from electrolyte_ml.models.density import predict_density
from electrolyte_ml.models.liquid import PROBABLY_FROZEN, LiquidRange, liquid_range
from electrolyte_ml.models.viscosity import predict_viscosity
from electrolyte_ml.models.window import RecipeWindows, predict_window
from electrolyte_ml.prediction import Prediction


class Answers:
    """What the shipped models say of recipes: each model runs once, and only if it is asked.

    Parameters
    ----------
    formulations
        Recipes, length n; the same object may stand in many rows.
    temperature_k
        Temperatures, K, shape (n,).

    Attributes
    ----------
    distinct
        Each object of `formulations` once, in the order of its first row, length u.
    index
        For every row the number of its object, shape (n,).
    """

    def __init__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
    ) -> None:
        self.formulations = formulations
        self.temperature_k = np.asarray(temperature_k, dtype=np.float64)
        places: dict[int, int] = {}
        self.index = np.array(
            [places.setdefault(id(f), len(places)) for f in formulations], dtype=np.intp
        )
        self.distinct = list({id(f): f for f in formulations}.values())

    @cached_property
    def liquid(self) -> LiquidRange:
        """Between which temperatures the recipes are liquid, u rows."""
        return liquid_range(self.distinct)

    @cached_property
    def window(self) -> RecipeWindows:
        """Stability windows, u rows."""
        return predict_window(self.distinct)

    @cached_property
    def conductivity(self) -> Prediction:
        """Ionic conductivity, mS/cm, n rows, with a word where the recipe may be frozen."""
        predicted = predict_conductivity(self.formulations, self.temperature_k)
        frozen = self.liquid.select(self.index).frozen(self.temperature_k)
        return _of_a_liquid(predicted, frozen)

    @cached_property
    def viscosity(self) -> Prediction:
        """Dynamic viscosity, mPa s, n rows."""
        return predict_viscosity(self.formulations, self.temperature_k)

    @cached_property
    def density(self) -> Prediction:
        """Density, g/cm3, n rows."""
        return predict_density(self.formulations, self.temperature_k)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """Predicted properties of n recipes, each at its temperature.

    Attributes
    ----------
    formulations
        The recipes, length n.
    temperature_k
        Temperatures, K, shape (n,).
    predictions
        Property name (with its unit) to a `Prediction` of n rows.
    liquid
        Between which temperatures the recipes are liquid, n rows.
    """

    formulations: Sequence[Formulation]
    temperature_k: NDArray[np.float64]
    predictions: dict[str, Prediction]
    liquid: LiquidRange

    def records(self) -> Iterator[dict[str, Any]]:
        """Rows in the contract's form, without the text the user wrote."""
        keys = {id(f): f.key for f in self.formulations}
        for row, formulation in enumerate(self.formulations):
            record: dict[str, Any] = {
                "key": keys[id(formulation)],
                "temperature_k": float(self.temperature_k[row]),
            }
            for name, prediction in self.predictions.items():
                record[name] = prediction.record(row)
            record["liquid"] = self.liquid.record(row)
            record["assumptions"] = list(formulation.assumptions)
            yield record


def score_formulations(
    formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
) -> ScoreTable:
    """Predict every property of recipes, each at its temperature.

    Parameters
    ----------
    formulations
        Recipes, length n; the same object may stand in many rows.
    temperature_k
        Temperatures, K, shape (n,).

    Returns
    -------
    ScoreTable
        Predictions of n rows; where a model has no value, it says why.
    """
    answers = Answers(formulations, temperature_k)
    predictions = {
        "conductivity_ms_cm": answers.conductivity,
        "density_g_cm3": answers.density,
        "viscosity_mpa_s": answers.viscosity,
        "oxidation_limit_v": answers.window.oxidation_limit_v.select(answers.index),
        "reduction_limit_v": answers.window.reduction_limit_v.select(answers.index),
    }
    return ScoreTable(
        formulations=formulations,
        temperature_k=answers.temperature_k,
        predictions=predictions,
        liquid=answers.liquid.select(answers.index),
    )


def _of_a_liquid(prediction: Prediction, frozen: Sequence[str | None]) -> Prediction:
    """A prediction that holds for a liquid, with a word where there may be none."""
    reasons = [
        "; ".join(r for r in both if r) or None
        for both in zip(prediction.reason, frozen, strict=True)
    ]
    surely = np.array(
        [words is not None and words.startswith(PROBABLY_FROZEN) for words in frozen],
        dtype=np.bool_,
    )
    return replace(prediction, in_domain=prediction.in_domain & ~surely, reason=tuple(reasons))
