r"""Scoring recipes for a problem: objectives, and violations of constraints.

The probability that a limit is obeyed follows from a prediction and its interval. The error is
taken as a split normal distribution (one width on each side), on the logarithmic scale for
properties whose error is a factor:

.. math:: P(y \le L) = \Phi\left(z_c \frac{L - v}{h}\right), \qquad
   z_c = \Phi^{-1}\left(\tfrac{1 + c}{2}\right)

with the coverage :math:`c` and :math:`h = high - v` where :math:`L > v`, else :math:`v - low`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import RecipeFileError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction, unknown_rows
from electrolyte_ml.properties import properties, registered_property
from electrolyte_ml.rules import recipe_warnings
from electrolyte_ml.search.objectives import Constraint
from electrolyte_ml.search.problem import FREEZING, Bound, Direction, OutOfDomain, Problem
from electrolyte_ml.search.scorer import ModelScorer, Scorer
from electrolyte_ml.text import nearest_or_all, with_unit

IN_DOMAIN = "in_domain"
#: How far the freezing point lies above the coldest objective, K; 0 where it does not.
FREEZES = "freezes_above_objective_k"
#: Number of warnings that the rules of a problem forbid.
FORBIDDEN = "forbidden_by_rules"
#: Number of objectives that are shown as "unknown".
UNKNOWN = "unknown_objectives"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Objectives and constraints of n recipes.

    Attributes
    ----------
    objectives
        Value of each objective at its risk attitude, in the property's unit, shape (n, m).
    constraint_values
        Value compared with each constraint, shape (n, c); then the share of predictions inside the
        models' domain if that is a constraint, the number of warnings that rules forbid, and that
        of objectives without a number.
    violations
        Violation of each constraint as a share of its limit, shape (n, c); satisfied if 0 or
        less.
    predicted
        Whether all values could be predicted, shape (n,).
    """

    objectives: NDArray[np.float64]
    constraint_values: NDArray[np.float64]
    violations: NDArray[np.float64]
    predicted: NDArray[np.bool_]

    @property
    def feasible(self) -> NDArray[np.bool_]:
        """Whether every constraint is satisfied, shape (n,)."""
        return self.predicted & np.all(self.violations <= 0, axis=1)

    @classmethod
    def concatenate(cls, parts: Sequence[Evaluation]) -> Evaluation:
        """Rows of all parts, in order."""
        return cls(
            objectives=np.concatenate([p.objectives for p in parts]),
            constraint_values=np.concatenate([p.constraint_values for p in parts]),
            violations=np.concatenate([p.violations for p in parts]),
            predicted=np.concatenate([p.predicted for p in parts]),
        )


class Evaluator:
    """Scores recipes for one problem.

    Parameters
    ----------
    problem
        Objectives and constraints.
    scorer
        Source of predictions; by default the models that ship with the package.
    optimistic
        Whether objectives use the better end of the interval, whatever the risk attitude of the
        problem; constraints do not change.
    known_only
        Whether a recipe is infeasible where an objective is "unknown", since its interval is too
        wide to be useful. Campaigns measure such recipes.

    Attributes
    ----------
    constraint_names
        Name of each column of `Evaluation.violations`.
    """

    def __init__(
        self,
        problem: Problem,
        scorer: Scorer | None = None,
        *,
        optimistic: bool = False,
        known_only: bool = False,
    ) -> None:
        self.problem = problem
        self._bounds = [
            o.optimistic_bound if optimistic else o.bound(problem.risk) for o in problem.objectives
        ]
        self.scorer = scorer or ModelScorer(problem.scored_names, problem.prices, problem.cell)
        self._valued: set[str] = set()
        self.temperatures_k = np.array(problem.temperatures_k)
        self.needs_domain = problem.out_of_domain is OutOfDomain.EXCLUDE
        self._asked_as_numbers = _asked_as_numbers(problem) if known_only else ()
        names = [c.name for c in problem.constraints]
        self._coldest_k = problem.coldest_liquid_k
        self._words = problem.rules.words(problem.cell)
        self.constraint_names = (
            *names,
            *([IN_DOMAIN] if self.needs_domain else []),
            *([] if self._coldest_k is None else [FREEZES]),
            *([FORBIDDEN] if self._words else []),
            *([UNKNOWN] if self._asked_as_numbers else []),
        )

    def predict(self, formulations: Sequence[Formulation]) -> Mapping[str, Prediction]:
        """Predictions of every recipe at every temperature, in one call.

        Returns
        -------
        mapping of str to Prediction
            Rows run over temperatures first: recipe 0 at every temperature, then recipe 1...
        """
        n_temperatures = len(self.temperatures_k)
        rows = [f for f in formulations for _ in range(n_temperatures)]
        return self.scorer(rows, np.tile(self.temperatures_k, len(formulations)))

    def __call__(self, formulations: Sequence[Formulation]) -> Evaluation:
        """Score recipes.

        Raises
        ------
        RecipeFileError
            If the problem asks for a property that is not predicted; all of them are listed.
        """
        return self.evaluate(self.predict(formulations), formulations)

    def evaluate(
        self, predictions: Mapping[str, Prediction], formulations: Sequence[Formulation]
    ) -> Evaluation:
        """Objectives and constraints of recipes whose `predictions` are as `predict` has them."""
        self._require_properties(predictions)
        problem = self.problem
        objectives = [
            self._column(predictions, o.property_name, o.temperature_k, bound)
            for o, bound in zip(problem.objectives, self._bounds, strict=True)
        ]
        values = [
            self._column(predictions, c.property_name, c.temperature_k, c.bound)
            if c.probability is None
            else self.probabilities(predictions, c)
            for c in problem.constraints
        ]
        misses = [_miss(c, v) for c, v in zip(problem.constraints, values, strict=True)]
        # A constraint can be obeyed without bound: the flash point of a non-flammable liquid.
        known = [*map(np.isfinite, objectives), *(~np.isnan(v) for v in values)]
        predicted = np.all(np.array(known), axis=0)
        if self.needs_domain:
            inside = self._share_in_domain(predictions)
            values.append(inside)
            misses.append(1.0 - inside)
        if self._coldest_k is not None:
            above = self._above_freezing(predictions, n_rows=len(predicted))
            values.append(above)
            misses.append(above / self._coldest_k)
        if self._words:
            forbidden = self._forbidden(formulations)
            values.append(forbidden)
            misses.append(forbidden)
        if self._asked_as_numbers:
            unknown = self._unknown(predictions)
            values.append(unknown)
            misses.append(unknown)
        n_rows = len(predicted)
        return Evaluation(
            objectives=np.array(objectives).T,
            constraint_values=np.array(values).reshape(-1, n_rows).T,
            violations=np.array(misses).reshape(-1, n_rows).T,
            predicted=predicted,
        )

    def probabilities(
        self, predictions: Mapping[str, Prediction], constraint: Constraint
    ) -> NDArray[np.float64]:
        """Probability that each recipe obeys a limit, shape (n,); NaN without a prediction."""
        prediction = predictions[constraint.property_name]
        chances = probability_obeyed(prediction, constraint)
        return self._at(chances, constraint.temperature_k)

    def log_gains(
        self, predictions: Mapping[str, Prediction], *, optimistic: bool
    ) -> NDArray[np.float64]:
        """Objectives with the sign that makes more better, each on the scale of its error.

        Parameters
        ----------
        predictions
            Predictions as `predict` returns them.
        optimistic
            Whether to use the better end of the interval; else the best estimate.

        Returns
        -------
        ndarray
            Shape (n, m); on the scales on which errors are even.
        """
        columns = []
        for objective in self.problem.objectives:
            bound = objective.optimistic_bound if optimistic else Bound.VALUE
            column = self._column(
                predictions, objective.property_name, objective.temperature_k, bound
            )
            column = registered_property(objective.property_name).scaled(column)
            columns.append(column if objective.direction is Direction.MAXIMIZE else -column)
        return np.array(columns).T

    def interval(
        self,
        predictions: Mapping[str, Prediction],
        recipe: int,
        property_name: str,
        temperature_k: float | None,
    ) -> dict[str, float | None]:
        """Value, low and high of a property of one recipe, for JSON.

        Parameters
        ----------
        predictions
            Predictions as `predict` returns them.
        recipe
            Number of the recipe, from 0.
        property_name, temperature_k
            The property, and its temperature, K, if it has one.
        """
        temperatures = self.problem.temperatures_k
        at = 0 if temperature_k is None else temperatures.index(temperature_k)
        row = recipe * len(temperatures) + at
        prediction = predictions[property_name]
        return {
            end: finite_or_none(getattr(prediction, end)[row]) for end in ("value", "low", "high")
        }

    def gains(self, evaluation: Evaluation) -> NDArray[np.float64]:
        """Objectives with the sign that makes more better, shape (n, m)."""
        signs = [
            1.0 if o.direction is Direction.MAXIMIZE else -1.0 for o in self.problem.objectives
        ]
        return evaluation.objectives * np.array(signs)

    def _column(
        self,
        predictions: Mapping[str, Prediction],
        name: str,
        temperature_k: float | None,
        bound: Bound,
    ) -> NDArray[np.float64]:
        return self._at(getattr(predictions[name], bound.value), temperature_k)

    def _at(
        self, numbers: NDArray[np.float64] | NDArray[np.bool_], temperature_k: float | None
    ) -> NDArray[np.float64]:
        """Rows of one temperature; the first for a property without one."""
        at = 0 if temperature_k is None else self.problem.temperatures_k.index(temperature_k)
        table = np.asarray(numbers, dtype=np.float64).reshape(-1, len(self.temperatures_k))
        return table[:, at]

    def _share_in_domain(self, predictions: Mapping[str, Prediction]) -> NDArray[np.float64]:
        asked = dict.fromkeys((t.property_name, t.temperature_k) for t in self.problem.terms)
        flags = [self._at(predictions[name].in_domain, at) for name, at in asked]
        return np.asarray(np.mean(flags, axis=0))

    def _above_freezing(
        self, predictions: Mapping[str, Prediction], n_rows: int
    ) -> NDArray[np.float64]:
        """How far each recipe freezes above the coldest objective, K; 0 where it is liquid."""
        found = predictions.get(FREEZING)
        if found is None or self._coldest_k is None:
            return np.zeros(n_rows)
        above = self._at(found.value, None) - self._coldest_k
        return np.where(above > 0, above, 0.0)  # unknown: counted as liquid, with a note

    def _forbidden(self, formulations: Sequence[Formulation]) -> NDArray[np.float64]:
        """Number of warnings of each recipe that the rules of the problem forbid."""
        problem = self.problem
        return np.array(
            [
                float(sum(problem.rules.forbids(warning, problem.cell) for warning in found))
                for found in recipe_warnings(formulations, cell=problem.cell, off=problem.rules.off)
            ]
        )

    def _unknown(self, predictions: Mapping[str, Prediction]) -> NDArray[np.float64]:
        """Number of objectives of each recipe whose number is "unknown"."""
        found = [
            self._at(unknown_rows(predictions[name]), at) for name, at in self._asked_as_numbers
        ]
        return np.asarray(np.sum(found, axis=0))

    def _require_properties(self, predictions: Mapping[str, Prediction]) -> None:
        faults = []
        for name in self.problem.property_names:
            key = self.problem.key_of(name)
            place = f"{self.problem.name}: {key}.property"
            if name not in predictions:
                shipped = (p.name for p in properties().values() if p.predict is not None)
                known = dict.fromkeys([*predictions, *shipped])
                faults.append(f"{place}: nothing predicts {name!r}{nearest_or_all(name, known)}")
            elif not np.all(np.isnan(predictions[name].value)):
                self._valued.add(name)
            elif name not in self._valued and len(predictions[name]):
                why = next((r for r in predictions[name].reason if r), "no value")
                faults.append(f"{place}: {name!r} cannot be predicted: {why}")
        if faults:
            raise RecipeFileError(faults)


def _asked_as_numbers(problem: Problem) -> tuple[tuple[str, float | None], ...]:
    """Objectives whose number may be too uncertain to be shown: properties and temperatures.

    Of a rough property, such as solubility, and of a temperature the number is shown whatever its
    interval.
    """
    asked = dict.fromkeys((o.property_name, o.temperature_k) for o in problem.objectives)
    known = {name: registered_property(name) for name, _ in asked}
    return tuple(
        (name, at) for name, at in asked if not known[name].is_rough and known[name].unit != "K"
    )


def _miss(constraint: Constraint, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Violation as a share of the limit, so that constraints of any unit add up."""
    if constraint.probability is not None:
        return constraint.probability - values
    beyond = constraint.limit - values if constraint.is_minimum else values - constraint.limit
    misses = beyond / (abs(constraint.limit) or 1.0)
    # Storages reject infinity: a limit obeyed without bound counts as obeyed by its own size.
    return np.where(np.isneginf(misses), -1.0, misses)


def finite_or_none(value: float) -> float | None:
    """The number, or None (for JSON) if it is not finite."""
    return float(value) if np.isfinite(value) else None


def probability_obeyed(prediction: Prediction, constraint: Constraint) -> NDArray[np.float64]:
    """Probability that a property obeys a limit.

    Parameters
    ----------
    prediction
        Prediction of n rows.
    constraint
        The limit and its direction.

    Returns
    -------
    ndarray
        Shape (n,), 0 to 1; NaN where there is no prediction. A value without error gives 0 or 1.
    """
    from scipy.special import ndtr, ndtri

    low, value, high = (
        np.asarray(x, dtype=np.float64) for x in (prediction.low, prediction.value, prediction.high)
    )
    limit = np.full_like(value, constraint.limit)
    known = registered_property(constraint.property_name)
    if known.is_logarithmic:
        low, value, high, limit = (np.maximum(x, 0.0) for x in (low, value, high, limit))
    low, value, high, limit = map(known.scaled, (low, value, high, limit))
    z_interval = ndtri((1 + prediction.coverage) / 2) if prediction.coverage < 1 else 1.0
    half = np.where(limit > value, high - value, value - low)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = ndtr(z_interval * (limit - value) / half)
    certain = half == 0
    met = value >= limit if constraint.is_minimum else value <= limit
    chance = np.where(certain, met, 1 - below if constraint.is_minimum else below)
    return np.where(np.isfinite(value), chance, np.nan)


def explain_infeasible(
    problem: Problem, evaluation: Evaluation, constraint_names: Sequence[str]
) -> str:
    """Message for a search without a feasible recipe.

    Parameters
    ----------
    problem
        The search problem.
    evaluation
        All scored recipes.
    constraint_names
        Names of the columns of `Evaluation.violations`.

    Returns
    -------
    str
        A summary line, then one line for each failing constraint, most frequent first.
    """
    n = len(evaluation.predicted)
    known = evaluation.violations[evaluation.predicted]
    if not len(known):
        return f"{problem.name}: none of {n} recipes can be predicted; widen the components"
    failing = (known > 0).mean(axis=0)
    lines = [f"{problem.name}: none of {n} recipes satisfies every constraint"]
    for column in np.argsort(-failing, kind="stable"):
        if failing[column] == 0:
            continue
        name = constraint_names[column]
        share = f"{name}: fails in {failing[column]:.0%} of them"
        lines.append(f"{share}; {_nearest(problem, evaluation, int(column), name)}")
    if len(lines) > 2 and failing.max() < 1:
        lines.append("each constraint can be met alone, but no recipe found meets all together")
    return "\n".join(lines)


def _nearest(problem: Problem, evaluation: Evaluation, column: int, name: str) -> str:
    misses = np.where(evaluation.predicted, evaluation.violations[:, column], np.inf)
    row = int(np.argmin(misses))
    if name == FREEZES:
        liquid = int(np.sum(misses <= 0))
        return f"{liquid} recipes are liquid there; frozen = 'allow' in [prediction] takes all"
    if name == FORBIDDEN:
        allowed = int(np.sum(misses <= 0))
        return f"{allowed} recipes are allowed; see [rules], and whether a film former is listed"
    if name == UNKNOWN:
        sure = int(np.sum(misses <= 0))
        return (
            f"{sure} recipes have a number for each; intervals of the others are too wide to be "
            "useful. A campaign measures such recipes"
        )
    if name == IN_DOMAIN:
        if misses[row] > 0:
            return "no recipe is one that the models know; see out_of_domain in [prediction]"
        return f"{int(np.sum(misses <= 0))} recipes are ones that the models know"
    constraint = problem.constraints[column]
    value = evaluation.constraint_values[row, column]
    if constraint.probability is not None:
        which = "nearest" if misses[row] > 0 else "best"
        asked = f", asked for {constraint.probability:.0%}" if misses[row] > 0 else ""
        return f"the {which} recipe meets it with a probability of {value:.0%}{asked}"
    amount = problem.amount(constraint.property_name, value)
    if misses[row] > 0:
        unit = problem.unit_of(constraint.property_name)
        short = with_unit(abs(value - constraint.limit), unit)
        return f"the nearest recipe has {amount}, {short} off"
    return f"the best recipe has {amount}"
