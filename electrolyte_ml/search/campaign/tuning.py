"""The shipped models, fine-tuned on what a campaign has measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search.campaign.kinship import Points
from electrolyte_ml.search.campaign.residual import Residual
from electrolyte_ml.search.campaign.results_file import Quantity
from electrolyte_ml.search.campaign.state import Result
from electrolyte_ml.search.properties import PROPERTIES
from electrolyte_ml.search.scoring import Scorer
from electrolyte_ml.units import ROOM_TEMPERATURE_K

if TYPE_CHECKING:
    from electrolyte_ml.prediction import Prediction

# Half of the shipped standard deviation: from there on it is the campaign that knows the recipe.
_KNOWN_VARIANCE = 0.25
_KNOWN = "known from the measurements of this campaign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Measurements of one property beside what the shipped model says of them.

    Attributes
    ----------
    name
        The property.
    formulations
        What was measured, length n; replicates are rows of their own.
    value
        Measured, shape (n,), in the unit of the property.
    shipped
        Prediction of the shipped model, n rows.
    residual
        The model of its error.
    """

    name: str
    formulations: tuple[Formulation, ...]
    value: NDArray[np.float64]
    shipped: Prediction
    residual: Residual

    def errors(self) -> tuple[float, float]:
        """Mean absolute error of the shipped and of the fine-tuned model.

        Of log10 where the error of the property is a factor. The fine-tuned one has not seen any
        measurement of the recipe that it is judged on.
        """
        before = _error(self.name, self.value, self.shipped)
        after = before - self.residual.left_out()
        return float(np.abs(before).mean()), float(np.abs(after).mean())


class TunedScorer:
    """A scorer whose predictions are corrected by measurements.

    Parameters
    ----------
    base
        Where predictions come from.
    results
        Measured results of a campaign.
    """

    def __init__(self, base: Scorer, results: Sequence[Result]) -> None:
        self.base = base
        self.measured: dict[str, Measured] = {}
        for name, rows in _by_property(results).items():
            found = _measured(base, name, rows)
            if found is not None:
                self.measured[name] = found
        self._residuals = {name: found.residual for name, found in self.measured.items()}

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> Mapping[str, Prediction]:
        """Predict; properties that were not measured are as the base predicts them."""
        shipped = self.base(formulations, temperature_k)
        return self.correct(shipped, formulations, temperature_k)

    def correct(
        self,
        shipped: Mapping[str, Prediction],
        formulations: Sequence[Formulation],
        temperature_k: NDArray[np.float64],
    ) -> dict[str, Prediction]:
        """Predictions of the base, of n rows, as measurements correct them."""
        corrected = dict(shipped)
        for name, residual in self._residuals.items():
            if name in corrected:
                points = _points(name, shipped[name], formulations, temperature_k)
                corrected[name] = _tuned(name, shipped[name], residual, points)
        return corrected

    def expecting(
        self,
        shipped: Mapping[str, Prediction],
        formulations: Sequence[Formulation],
        temperature_k: NDArray[np.float64],
    ) -> TunedScorer:
        """The same scorer with experiments under way, taken to come out as it predicts.

        Predictions stay as they are, and intervals narrow where these experiments will tell.

        Parameters
        ----------
        shipped
            Predictions of the base for the experiments, n rows.
        formulations, temperature_k
            The experiments, length n.
        """
        heir = copy(self)
        heir._residuals = dict(self._residuals)
        for name, prediction in shipped.items():
            known = PROPERTIES.get(name)
            if known is not None and not known.is_measurable:
                continue
            points = _points(name, prediction, formulations, temperature_k)
            usable = np.flatnonzero(np.isfinite(points.value) & (points.sigma > 0))
            if len(usable):
                measured = points.rows(usable)
                before = self._residuals.get(name) or _nothing_measured(measured)
                heir._residuals[name] = before.expecting(measured)
        return heir


def _nothing_measured(points: Points) -> Residual:
    return Residual(points.rows(np.empty(0, dtype=np.intp)), np.empty(0))


def _tuned(name: str, prediction: Prediction, residual: Residual, points: Points) -> Prediction:
    value, sigma = points.value, points.sigma
    mean, variance = residual.predict(points)
    spread = _quantile(prediction.coverage) * sigma * np.sqrt(variance)
    centre = value + sigma * mean
    known = variance < _KNOWN_VARIANCE
    reasons = tuple(
        _KNOWN if near and not inside else reason
        for near, inside, reason in zip(known, prediction.in_domain, prediction.reason, strict=True)
    )
    # Without a number, or with a certain one such as no conduction without salt, nothing changes.
    sure = ~(np.isfinite(value) & (sigma > 0))
    low, middle, high = (
        np.where(sure, shipped, _unscale(name, x))
        for shipped, x in (
            (prediction.low, centre - spread),
            (prediction.value, centre),
            (prediction.high, centre + spread),
        )
    )
    return replace(
        prediction,
        value=middle,
        low=low,
        high=high,
        in_domain=prediction.in_domain | (known & np.isfinite(middle)),
        reason=reasons,
    )


def _measured(
    base: Scorer, name: str, rows: Sequence[tuple[Formulation, float | None, float]]
) -> Measured | None:
    """None where the shipped model says nothing, or is certain, of every measured recipe."""
    temperatures = np.array([ROOM_TEMPERATURE_K if t is None else t for _, t, _ in rows])
    formulations = [f for f, _, _ in rows]
    shipped = base(formulations, temperatures).get(name)
    if shipped is None:
        return None
    value = np.array([v for _, _, v in rows])
    error = _error(name, value, shipped)
    points = _points(name, shipped, formulations, temperatures)
    usable = np.flatnonzero(np.isfinite(error) & (points.sigma > 0))
    if not len(usable):
        return None
    return Measured(
        name=name,
        formulations=tuple(formulations[i] for i in usable.tolist()),
        value=value[usable],
        shipped=shipped.select(usable),
        residual=Residual(points.rows(usable), error[usable]),
    )


def _points(
    name: str,
    shipped: Prediction,
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
) -> Points:
    """Rows of a prediction on the scale of its error; a doubt that is not known counts as none."""
    value, sigma = _scale(name, shipped)
    return Points(
        formulations=tuple(formulations),
        temperature_k=_temperatures(name, np.asarray(temperature_k, dtype=np.float64)),
        value=value,
        sigma=np.where(np.isfinite(sigma), sigma, 0.0),
    )


def _by_property(
    results: Sequence[Result],
) -> dict[str, list[tuple[Formulation, float | None, float]]]:
    found: dict[str, list[tuple[Formulation, float | None, float]]] = {}
    quantity: Quantity
    for result in results:
        for quantity, value in result.values.items():
            name, temperature = quantity
            found.setdefault(name, []).append((result.formulation, temperature, value))
    return found


def _temperatures(name: str, temperature_k: NDArray[np.float64]) -> NDArray[np.float64]:
    """Temperatures that matter to a property: one for all where it has none."""
    known = PROPERTIES.get(name)
    if known is not None and not known.at_temperature:
        return np.full_like(temperature_k, ROOM_TEMPERATURE_K)
    return temperature_k


def _is_logarithmic(name: str) -> bool:
    known = PROPERTIES.get(name)
    return known is not None and known.is_logarithmic


def _scale(name: str, prediction: Prediction) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Value and standard deviation of a prediction on the scale of its error."""
    low, value, high = prediction.low, prediction.value, prediction.high
    with np.errstate(divide="ignore", invalid="ignore"):
        if _is_logarithmic(name):
            low, value, high = np.log10(low), np.log10(value), np.log10(high)
        return value, (high - low) / (2 * _quantile(prediction.coverage))


def _unscale(name: str, number: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = 10.0**number if _is_logarithmic(name) else number
    return result


def _error(name: str, value: NDArray[np.float64], shipped: Prediction) -> NDArray[np.float64]:
    predicted, _ = _scale(name, shipped)
    measured = np.log10(value) if _is_logarithmic(name) else value
    result: NDArray[np.float64] = measured - predicted
    return result


def _quantile(coverage: float) -> float:
    """Standard deviations from the middle to the end of an interval of a normal distribution."""
    from scipy.special import ndtri

    return float(ndtri((1 + min(coverage, 1 - 1e-9)) / 2))
