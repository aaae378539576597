"""Every property of a recipe that the package can tell, in one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.conductivity import predict_conductivity
from electrolyte_ml.models.density import predict_density
from electrolyte_ml.models.liquid import PROBABLY_FROZEN, LiquidRange, liquid_range
from electrolyte_ml.models.viscosity import predict_viscosity
from electrolyte_ml.models.window import predict_window
from electrolyte_ml.prediction import Prediction


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
    temperatures = np.asarray(temperature_k, dtype=np.float64)
    liquid = liquid_range(formulations)
    frozen = liquid.frozen(temperatures)
    window = predict_window(formulations)
    predictions = {
        "conductivity_ms_cm": _of_a_liquid(
            predict_conductivity(formulations, temperatures), frozen
        ),
        "density_g_cm3": predict_density(formulations, temperatures),
        "viscosity_mpa_s": predict_viscosity(formulations, temperatures),
        "oxidation_limit_v": window.oxidation_limit_v,
        "reduction_limit_v": window.reduction_limit_v,
    }
    return ScoreTable(
        formulations=formulations,
        temperature_k=temperatures,
        predictions=predictions,
        liquid=liquid,
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
