"""Predicted properties of recipes: single ones from their own model, or all in one call."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.arguments import kind
from electrolyte_ml.errors import InputError, PropertyError, PropertyWarning
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.liquid import PROBABLY_FROZEN, LiquidRange
from electrolyte_ml.models.warnings import scored_warnings
from electrolyte_ml.notebook import html_table
from electrolyte_ml.prediction import Prediction, flat_record
from electrolyte_ml.properties import Property, registered_property, scored_properties
from electrolyte_ml.rules import Cell, RecipeWarning
from electrolyte_ml.shipped_properties import LIQUID
from electrolyte_ml.text import one_line

if TYPE_CHECKING:
    import pandas as pd


_RETURN = "return n numbers, one a recipe in the order given, or a Prediction"


class Answers:
    """Predictions of recipes; each model runs once, and only if one of its properties is needed.

    Parameters
    ----------
    formulations
        Recipes, length n; the same object may stand in many rows.
    temperature_k
        Temperatures, K, shape (n,).
    prices
        Price by kilogram of each component by name, for the properties that take prices.
    cell
        The cell, for the properties that take its geometry or how efficiency is measured.
    """

    def __init__(
        self,
        formulations: Sequence[Formulation],
        temperature_k: NDArray[np.float64],
        prices: Mapping[str, float] | None = None,
        cell: Cell | None = None,
    ) -> None:
        self.formulations = formulations
        self.temperature_k = np.asarray(temperature_k, dtype=np.float64)
        self.prices = dict(prices or {})
        self.cell = cell or Cell()
        places: dict[int, int] = {}
        self._index = np.array(
            [places.setdefault(id(f), len(places)) for f in formulations], dtype=np.intp
        )
        # A recipe is looked at once where temperature does not matter.
        self._distinct = list({id(f): f for f in formulations}.values())
        self._answers: dict[tuple[Any, bool], Any] = {}

    def predict(self, known: Property) -> Prediction:
        """Predictions of a property, n rows.

        Raises
        ------
        InputError
            If no function predicts it.
        PropertyError
            If its function cannot be called, or returns something else than n numbers.
        """
        if not known.origin:
            return self._predict(known)
        try:
            return self._predict(known)
        except (Exception, SystemExit) as error:  # code of others may fail in any way
            why = (
                one_line(error)
                if isinstance(error, PropertyError)
                else f"{known.name} of {known.origin} failed: {type(error).__name__}: "
                f"{one_line(error)}"
            )
            warnings.warn(why, PropertyWarning, stacklevel=2)
            return Prediction.unavailable(len(self.formulations), why)

    @cached_property
    def liquid(self) -> LiquidRange:
        """Between which temperatures the recipes are liquid, n rows."""
        answer: LiquidRange = self._answer(registered_property("freezes_below_k"))
        return answer.select(self._index)

    def _predict(self, known: Property) -> Prediction:
        answer = self._answer(known)
        found = _part(known, answer)
        n_rows = len(self.formulations if known.at_temperature else self._distinct)
        prediction = _with_reasons(known, _as_prediction(known, found, n_rows))
        if not known.at_temperature:
            return prediction.select(self._index)
        if known.needs_liquid:
            return _of_a_liquid(prediction, self.liquid.frozen(self.temperature_k))
        return prediction

    def _answer(self, known: Property) -> Any:
        """Result of a property's function, called once for all properties that share it."""
        function = known.predictor()
        if function is None:
            raise InputError(f"{known.name} is measured; nothing predicts it")
        key = (function, known.at_temperature)
        if key not in self._answers:
            more: dict[str, Any] = {"prices": self.prices} if known.takes_prices else {}
            if known.takes_cell:
                more["cell"] = self.cell.geometry
            if known.takes_cycling:
                more["cycling"] = self.cell.cycling
            asked = (
                (self.formulations, self.temperature_k)
                if known.at_temperature
                else (self._distinct,)
            )
            _require_signature(known, function, asked, more)
            self._answers[key] = function(*asked, **more)
        return self._answers[key]


def _require_signature(
    known: Property,
    function: Callable[..., Any],
    asked: tuple[Any, ...],
    more: Mapping[str, Any],
) -> None:
    """Make sure that a function can be called with what its property promises."""
    try:
        inspect.signature(function).bind(*asked, **more)
    except ValueError:  # its arguments cannot be known
        return
    except TypeError as error:
        wanted = "formulations and temperatures in K" if known.at_temperature else "formulations"
        wanted += " and prices by keyword" if known.takes_prices else ""
        wanted += " and the cell by keyword" if known.takes_cell else ""
        wanted += " and the cycling by keyword" if known.takes_cycling else ""
        raise PropertyError(
            f"{known.title}: its function is called with {wanted} "
            f"(at_temperature={known.at_temperature}, takes_prices={known.takes_prices}), which it "
            f"does not take: {error}; {_RETURN}"
        ) from error


def _part(known: Property, answer: Any) -> Any:
    """The attribute of an answer that a property names; the answer itself if it names none."""
    if not known.part:
        return answer
    try:
        return getattr(answer, known.part)
    except AttributeError as error:
        raise PropertyError(
            f"{known.title}: its function returned {kind(answer)}, which has no part "
            f"{known.part!r}; name an attribute of it as part, or leave part out and {_RETURN}"
        ) from error


def _as_prediction(known: Property, found: Any, n_rows: int) -> Prediction:
    """A result as a `Prediction`; plain numbers get an interval of zero width."""
    if isinstance(found, Prediction):
        if len(found) == n_rows:
            return found
        given = f"{len(found)} rows"
    else:
        numbers = _numbers(known, found)
        if numbers.shape == (n_rows,):
            return Prediction.certain(numbers)
        given = f"numbers of shape {numbers.shape}" if numbers.shape else "one number"
    raise PropertyError(
        f"{known.title}: its function returned {given} for {n_rows} recipes; {_RETURN}"
    )


def _numbers(known: Property, found: Any) -> NDArray[np.float64]:
    """What a function returned as numbers; texts are none, even those that look like numbers."""
    try:
        held = np.asarray(found)
        if held.dtype.kind in "biufO" and found is not None:
            return held.astype(np.float64)
        given = "texts" if held.dtype.kind in "US" else kind(found)
    except (TypeError, ValueError):
        given = f"{kind(found)} that holds something else than numbers"
    raise PropertyError(f"{known.title}: its function returned {given}; {_RETURN}")


def _with_reasons(known: Property, prediction: Prediction) -> Prediction:
    """A prediction whose rows without a finite value are out of the domain, each with a reason."""
    missing = ~np.isfinite(prediction.value)
    if not missing.any():
        return prediction
    reasons = list(prediction.reason)
    for row in np.flatnonzero(missing).tolist():
        given = prediction.value[row]
        infinite = f"its {known.label} is predicted as {given}, which is no number to use"
        reasons[row] = reasons[row] or (
            f"no {known.label} is predicted" if np.isnan(given) else infinite
        )
    return replace(
        prediction,
        value=np.where(missing, np.nan, prediction.value),
        low=np.where(missing, np.nan, prediction.low),
        high=np.where(missing, np.nan, prediction.high),
        in_domain=prediction.in_domain & ~missing,
        reason=tuple(reasons),
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
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
    warnings
        What a colleague would say of each before it is made, the gravest first, length n.
    """

    formulations: Sequence[Formulation]
    temperature_k: NDArray[np.float64]
    predictions: dict[str, Prediction]
    liquid: LiquidRange
    warnings: tuple[tuple[RecipeWarning, ...], ...]

    def __len__(self) -> int:
        return len(self.formulations)

    def __repr__(self) -> str:
        return f"<ScoreTable of {len(self)} rows: {', '.join(self.predictions)}, {LIQUID}>"

    def _repr_html_(self) -> str:
        return html_table(f"Scores of {len(self)} rows", self.to_frame())

    def to_frame(self) -> pd.DataFrame:
        """One line a row, with the recipe in canonical notation and the columns of CSV files."""
        import pandas as pd

        notations = {id(f): f.notation() for f in self.formulations}
        return pd.DataFrame(
            [
                {"recipe": notations[id(formulation)], **flat_record(record)}
                for formulation, record in zip(self.formulations, self.records(), strict=True)
            ]
        )

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
            record["warnings"] = [warning.to_dict() for warning in self.warnings[row]]
            record["assumptions"] = list(formulation.assumptions)
            yield record


def score_formulations(
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
    *,
    cell: Cell | None = None,
    off: Sequence[str] = (),
) -> ScoreTable:
    """Predict every property of recipes, each at its temperature.

    Parameters
    ----------
    formulations
        Recipes, length n; the same object may stand in many rows.
    temperature_k
        Temperatures, K, shape (n,).
    cell
        The cell they are for, which rules look at, and how efficiency is measured.
    off
        Names of rules that are switched off.

    Returns
    -------
    ScoreTable
        Predictions of n rows; where a model has no value, it says why.
    """
    answers = Answers(formulations, temperature_k, cell=cell)
    predictions = {
        known.name: answers.predict(known)
        for known in scored_properties()
        if known.nested_in != LIQUID
    }
    return ScoreTable(
        formulations=formulations,
        temperature_k=answers.temperature_k,
        predictions=predictions,
        liquid=answers.liquid,
        warnings=scored_warnings(
            formulations,
            answers.temperature_k,
            answers.liquid,
            predictions,
            cell=cell,
            off=off,
        ),
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
