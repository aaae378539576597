"""Shipped models adapted to the measurements of a campaign or of a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.campaign.left_out import LeftOut
from electrolyte_ml.campaign.residual_gp import Known, Points, Residual
from electrolyte_ml.campaign.state import Quantity, Result, Status
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.user_table import read_user_table
from electrolyte_ml.errors import ElectrolyteError, InputError, InputErrors
from electrolyte_ml.files import write_text
from electrolyte_ml.formulation import Formulation, formulation_from_dict
from electrolyte_ml.models.scoring import ScoreTable
from electrolyte_ml.models.slips import find_slips
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import registered_property
from electrolyte_ml.search.scorer import ModelScorer, Scorer
from electrolyte_ml.tables import to_be_confirmed
from electrolyte_ml.units import ROOM_TEMPERATURE_K

# Share of the variance left by the measurements below which a recipe counts as in the domain.
_KNOWN_VARIANCE = 0.25

_KNOWN = "known from the measurements of this campaign"

PROPERTY = "conductivity_ms_cm"

_SCHEMA_VERSION = 1

# Out-of-fold errors need at least this many recipes.
_FEWEST_RECIPES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Measurements of one property, with the predictions of the shipped model.

    Attributes
    ----------
    name
        The property.
    formulations
        Measured recipes, length n; replicates are rows of their own.
    value
        Measured values, shape (n,), in the unit of the property.
    shipped
        Prediction of the shipped model, n rows.
    residual
        Gaussian process of the residuals.
    left_out
        What its errors on left-out recipes allow it to claim.
    """

    name: str
    formulations: tuple[Formulation, ...]
    value: NDArray[np.float64]
    shipped: Prediction
    residual: Residual
    left_out: LeftOut

    def errors(self) -> tuple[float, float]:
        """Mean absolute error of the shipped and of the fine-tuned model.

        Errors of log10 for properties whose error is a factor. Those of the fine-tuned model are
        out-of-fold: each recipe is predicted from the other recipes.
        """
        before = _error(self.name, self.value, self.shipped)
        after = before - self.residual.left_out().mean
        return float(np.abs(before).mean()), float(np.abs(after).mean())


class TunedScorer:
    """A scorer whose predictions are corrected by measurements.

    Parameters
    ----------
    base
        Source of predictions.
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
        self._pending: dict[str, Residual] = {}

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> Mapping[str, Prediction]:
        """Predict; properties without measurements are those of the base."""
        shipped = self.base(formulations, temperature_k)
        return self.correct(shipped, formulations, temperature_k)

    def correct(
        self,
        shipped: Mapping[str, Prediction],
        formulations: Sequence[Formulation],
        temperature_k: NDArray[np.float64],
    ) -> dict[str, Prediction]:
        """Predictions of the base (n rows), corrected by the measurements."""
        corrected = dict(shipped)
        for name in dict.fromkeys([*self.measured, *self._pending]):
            if name in corrected:
                points = _points(name, shipped[name], formulations, temperature_k)
                known, spread = self._known(name, points)
                corrected[name] = _tuned(name, shipped[name], points, known, spread)
        return corrected

    def _known(self, name: str, points: Points) -> tuple[Known, NDArray[np.float64]]:
        """What is known of points, and the standard deviation of predictions there, shape (n,)."""
        measured, pending = self.measured.get(name), self._pending.get(name)
        if measured is None:
            known, spread = _nothing_measured(points).predict(points), points.sigma
        else:
            known = measured.residual.predict(points)
            spread = measured.left_out.spread(known, points.sigma)
        if pending is None:
            return known, spread
        # What is pending narrows an interval by the share that it would explain.
        after = pending.predict(points)
        share = np.divide(
            after.variance,
            known.variance,
            out=np.ones(len(points)),
            where=known.variance > 0,
        )
        return after, spread * np.sqrt(np.minimum(share, 1.0))

    def with_pending(
        self,
        shipped: Mapping[str, Prediction],
        formulations: Sequence[Formulation],
        temperature_k: NDArray[np.float64],
    ) -> TunedScorer:
        """Copy of the scorer with pending experiments, assumed to give the predicted values.

        Best estimates stay the same; intervals narrow near these experiments.

        Parameters
        ----------
        shipped
            Predictions of the base for the experiments, n rows.
        formulations, temperature_k
            The experiments, length n.
        """
        scorer = copy(self)
        scorer._pending = dict(self._pending)
        for name, prediction in shipped.items():
            if not registered_property(name).is_measurable:
                continue
            points = _points(name, prediction, formulations, temperature_k)
            usable = np.flatnonzero(np.isfinite(points.value) & (points.sigma > 0))
            if len(usable):
                asked = points.rows(usable)
                scorer._pending[name] = self._latest(name, asked).with_pending(asked)
        return scorer

    def error_covariance(
        self,
        name: str,
        shipped: Prediction,
        formulations: Sequence[Formulation],
        temperature_k: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], float]:
        """Covariance of the errors of predictions, and the noise of a measurement.

        Parameters
        ----------
        name
            A property.
        shipped
            Its predictions by the base, n rows; rows without error have no covariance.
        formulations, temperature_k
            The rows, length n.

        Returns
        -------
        tuple
            Covariance, shape (n, n), and standard deviation, on the scale of the error.
        """
        points = _points(name, shipped, formulations, temperature_k)
        usable = np.flatnonzero(np.isfinite(points.value) & (points.sigma > 0))
        asked = points.rows(usable)
        process, (_, spread) = self._latest(name, asked), self._known(name, asked)
        joint = process.covariance(asked)
        scale = spread / np.sqrt(np.maximum(np.diag(joint), 1e-12))
        found = np.zeros((len(points), len(points)))
        found[np.ix_(usable, usable)] = joint * scale[:, None] * scale[None, :]
        return found, process.scales.noise

    def _latest(self, name: str, points: Points) -> Residual:
        """The process of all that is measured or pending so far."""
        if name in self._pending:
            return self._pending[name]
        measured = self.measured.get(name)
        return _nothing_measured(points) if measured is None else measured.residual


def _nothing_measured(points: Points) -> Residual:
    return Residual(points.rows(np.empty(0, dtype=np.intp)), np.empty(0))


def _tuned(
    name: str, prediction: Prediction, points: Points, known: Known, sd: NDArray[np.float64]
) -> Prediction:
    value, sigma = points.value, points.sigma
    spread = _quantile(prediction.coverage) * sd
    centre = value + sigma * known.mean
    near = sd**2 < _KNOWN_VARIANCE * sigma**2
    reasons = tuple(
        _KNOWN if close and not inside else reason
        for close, inside, reason in zip(near, prediction.in_domain, prediction.reason, strict=True)
    )
    # Missing predictions and those without error (no conduction without salt) do not change.
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
        in_domain=prediction.in_domain | (near & np.isfinite(middle)),
        reason=reasons,
    )


def _measured(
    base: Scorer, name: str, rows: Sequence[tuple[Formulation, float | None, float]]
) -> Measured | None:
    """Residuals of a property; None if no measured recipe has a prediction with an error."""
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
    residual = Residual(points.rows(usable), error[usable])
    return Measured(
        name=name,
        formulations=tuple(formulations[i] for i in usable.tolist()),
        value=value[usable],
        shipped=shipped.select(usable),
        residual=residual,
        left_out=LeftOut.of(residual),
    )


def _points(
    name: str,
    shipped: Prediction,
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
) -> Points:
    """Rows of a prediction on the scale of its error; an unknown error counts as zero."""
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
    """Temperatures of a property; the same for all rows of one that does not depend on it."""
    if registered_property(name).at_temperature:
        return temperature_k
    return np.full_like(temperature_k, ROOM_TEMPERATURE_K)


def _scale(name: str, prediction: Prediction) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Value and standard deviation of a prediction on the scale of its error."""
    low, value, high = prediction.low, prediction.value, prediction.high
    low, value, high = map(registered_property(name).scaled, (low, value, high))
    with np.errstate(invalid="ignore"):
        return value, (high - low) / (2 * _quantile(prediction.coverage))


def _unscale(name: str, number: NDArray[np.float64]) -> NDArray[np.float64]:
    return registered_property(name).unscaled(number)


def _error(name: str, value: NDArray[np.float64], shipped: Prediction) -> NDArray[np.float64]:
    predicted, _ = _scale(name, shipped)
    result: NDArray[np.float64] = registered_property(name).scaled_measured(value) - predicted
    return result


def _quantile(coverage: float) -> float:
    """Half width of an interval of a normal distribution, in standard deviations."""
    from scipy.special import ndtri

    return float(ndtri((1 + min(coverage, 1 - 1e-9)) / 2))


def _require_no_slips(table: Measurements) -> None:
    """Refuse values that are off, as a whole or in a row: a tuned model would repeat the slip."""
    slips = find_slips(table, single_rows=True)
    if slips:
        raise InputErrors([to_be_confirmed(str(slip)) for slip in slips])


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuned:
    """Measurements that correct the shipped conductivity model.

    Attributes
    ----------
    formulations
        Measured recipes, length n.
    temperature_k, conductivity_ms_cm
        Temperatures and measured conductivities, shape (n,), positive.
    """

    formulations: Sequence[Formulation]
    temperature_k: NDArray[np.float64]
    conductivity_ms_cm: NDArray[np.float64]

    def __post_init__(self) -> None:
        recipes = len({f.key for f in self.formulations})
        if recipes < _FEWEST_RECIPES:
            raise InputError(
                f"measurements of {recipes} recipes given; fine-tuning needs at least "
                f"{_FEWEST_RECIPES}, so that its gain can be measured"
            )

    @classmethod
    def from_table(cls, file: Path, *, accept_unusual: bool = False) -> FineTuned:
        """Read a file of measurements.

        Parameters
        ----------
        file
            Table as `electrolyte_ml.data.user_table.read_user_table` takes it, with conductivities.
        accept_unusual
            Learn from values that lie a decade or more off what the models say, or that no known
            electrolyte has, too.

        Raises
        ------
        InputError
            If the file cannot be read, or holds no conductivities or those of too few recipes.
        InputErrors
            If its values, those of one source, or single rows lie a decade or more off: a line for
            each.
        TableError
            If rows cannot be used; all of them are listed.
        """
        tables = read_user_table(file, source=file.name, accept_unusual=accept_unusual).tables
        for table in tables:
            if table.property_name == PROPERTY:
                if not accept_unusual:
                    _require_no_slips(table)
                return cls(
                    formulations=table.row_formulations,
                    temperature_k=table.temperature_k,
                    conductivity_ms_cm=table.value,
                )
        found = ", ".join(t.property_name for t in tables) or "nothing"
        raise InputError(f"{file} holds {found}; a column {PROPERTY} is needed")

    def gain(self) -> dict[str, float]:
        """Mean absolute error in log10 of the shipped and of the fine-tuned model.

        Errors of the fine-tuned model are out-of-fold, with one recipe left out at a time. Their
        90 % quantile is the factor that its intervals are never narrower than near what was
        measured.
        """
        measured = self._scorer().measured[PROPERTY]
        before, after = measured.errors()
        return {
            "n": len(self.formulations),
            "recipes": len({f.key for f in self.formulations}),
            "mae_log10_shipped": before,
            "mae_log10_finetuned": after,
            "factor_left_out": float(10**measured.left_out.half_width),
        }

    def apply(self, table: ScoreTable) -> ScoreTable:
        """The same scores with corrected conductivities."""
        tuned = self._scorer()(table.formulations, table.temperature_k)[PROPERTY]
        return replace(table, predictions={**table.predictions, PROPERTY: tuned})

    def write(self, path: Path) -> None:
        """Write a file for `read`; it holds the measurements and no code."""
        rows = [
            {"formulation": f.to_dict(), "temperature_k": float(t), PROPERTY: float(k)}
            for f, t, k in zip(
                self.formulations, self.temperature_k, self.conductivity_ms_cm, strict=True
            )
        ]
        text = json.dumps({"schema_version": _SCHEMA_VERSION, "rows": rows}, indent=1) + "\n"
        write_text(path, text)

    @classmethod
    def read(cls, path: Path) -> FineTuned:
        """Read a file of `write`.

        Raises
        ------
        InputError
            If the file is not one of those.
        """
        try:
            held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            rows = held["rows"]
            if held["schema_version"] != _SCHEMA_VERSION:
                raise InputError(f"schema version {held['schema_version']} is not known")
            return cls(
                formulations=[formulation_from_dict(row["formulation"]) for row in rows],
                temperature_k=np.array([float(row["temperature_k"]) for row in rows]),
                conductivity_ms_cm=np.array([float(row[PROPERTY]) for row in rows]),
            )
        except (OSError, ValueError, KeyError, TypeError, ElectrolyteError) as error:
            raise InputError(
                f"{path} is no fine-tuned model ({error}); make one with: "
                "electrolyte-ml train conductivity --finetune MEASUREMENTS.csv --out FILE.json"
            ) from error

    def _scorer(self) -> TunedScorer:
        results = [
            Result(
                suggestion=None,
                formulation=formulation,
                status=Status.OK,
                values={(PROPERTY, float(temperature)): float(value)},
            )
            for formulation, temperature, value in zip(
                self.formulations, self.temperature_k, self.conductivity_ms_cm, strict=True
            )
        ]
        return TunedScorer(ModelScorer([PROPERTY]), results)
