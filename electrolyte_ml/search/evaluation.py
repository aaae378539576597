"""Scoring recipes for a problem: objectives, and how far each constraint is missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import RecipeFileError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search.problem import (
    Bound,
    Constraint,
    Direction,
    Objective,
    OutOfDomain,
    Problem,
)
from electrolyte_ml.search.toml_table import suggestion

if TYPE_CHECKING:
    from electrolyte_ml.models.base import Prediction

IN_DOMAIN = "in_domain"


class Scorer(Protocol):
    """Anything that predicts properties of many recipes in one call."""

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> Mapping[str, Prediction]:
        """Predict.

        Parameters
        ----------
        formulations
            Recipes, length n; the same object may stand in many rows.
        temperature_k
            Temperatures, K, shape (n,).

        Returns
        -------
        mapping of str to Prediction
            Property name (with its unit) to predictions of n rows.
        """
        ...


def default_scorer(
    formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
) -> Mapping[str, Prediction]:
    """The models that ship with the package."""
    from electrolyte_ml.models.scoring import score_formulations

    return score_formulations(formulations, temperature_k).predictions


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Numbers that a search goes by, for n recipes.

    Attributes
    ----------
    objectives
        Value of each objective at its risk attitude, in the property's unit, shape (n, m).
    constraint_values
        The number held against each constraint, shape (n, c); the last column is the share of
        predictions inside the models' domain where that is a constraint.
    violations
        By how much each constraint is missed, as a share of its limit, shape (n, c); 0 or less
        is satisfied.
    predicted
        Whether every number is there, shape (n,).
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
        Where predictions come from.

    Attributes
    ----------
    constraint_names
        Name of each column of `Evaluation.violations`.
    """

    def __init__(self, problem: Problem, scorer: Scorer) -> None:
        self.problem = problem
        self.scorer = scorer
        self.temperatures_k = np.array(problem.temperatures_k)
        self.needs_domain = problem.out_of_domain is OutOfDomain.EXCLUDE
        names = [c.name for c in problem.constraints]
        self.constraint_names = (*names, *([IN_DOMAIN] if self.needs_domain else []))

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
        return self.evaluate(self.predict(formulations))

    def evaluate(self, predictions: Mapping[str, Prediction]) -> Evaluation:
        """Objectives and constraints of predictions laid out as `predict` returns them."""
        self._require_properties(predictions)
        problem = self.problem
        objectives = [
            self._column(predictions, o.property_name, o.temperature_k, o.bound(problem.risk))
            for o in problem.objectives
        ]
        values = [
            self._column(predictions, c.property_name, c.temperature_k, c.bound)
            for c in problem.constraints
        ]
        misses = [_miss(c, v) for c, v in zip(problem.constraints, values, strict=True)]
        predicted = np.all(np.isfinite(np.array(objectives + values)), axis=0)
        if self.needs_domain:
            inside = self._share_in_domain(predictions)
            values.append(inside)
            misses.append(1.0 - inside)
        n_rows = len(predicted)
        return Evaluation(
            objectives=np.array(objectives).T,
            constraint_values=np.array(values).reshape(-1, n_rows).T,
            violations=np.array(misses).reshape(-1, n_rows).T,
            predicted=predicted,
        )

    def gains(self, evaluation: Evaluation) -> NDArray[np.float64]:
        """Objectives with the sign that makes more better, shape (n, m)."""
        signs = [
            1.0 if o.direction is Direction.MAXIMIZE else -1.0 for o in self.problem.objectives
        ]
        return evaluation.objectives * np.array(signs)

    def _column(
        self, predictions: Mapping[str, Prediction], name: str, temperature_k: float, bound: Bound
    ) -> NDArray[np.float64]:
        at = self.problem.temperatures_k.index(temperature_k)
        numbers = np.asarray(getattr(predictions[name], bound.value), dtype=np.float64)
        return numbers.reshape(-1, len(self.temperatures_k))[:, at]

    def _share_in_domain(self, predictions: Mapping[str, Prediction]) -> NDArray[np.float64]:
        terms: tuple[Objective | Constraint, ...] = (
            *self.problem.objectives,
            *self.problem.constraints,
        )
        asked = dict.fromkeys((t.property_name, t.temperature_k) for t in terms)
        flags = [
            np.asarray(predictions[name].in_domain, dtype=np.float64).reshape(
                -1, len(self.temperatures_k)
            )[:, self.problem.temperatures_k.index(temperature)]
            for name, temperature in asked
        ]
        return np.asarray(np.mean(flags, axis=0))

    def _require_properties(self, predictions: Mapping[str, Prediction]) -> None:
        faults = []
        asked = {o.property_name: "objectives" for o in self.problem.objectives[::-1]}
        asked |= {
            c.property_name: "constraints"
            for c in self.problem.constraints
            if c.property_name not in asked
        }
        for name, key in asked.items():
            place = f"{self.problem.name}: {key}.property"
            if name not in predictions:
                faults.append(f"{place}: nothing predicts {name!r}{suggestion(name, predictions)}")
            elif np.all(np.isnan(predictions[name].value)):
                why = next((r for r in predictions[name].reason if r), "no value")
                faults.append(f"{place}: {name!r} cannot be predicted: {why}")
        if faults:
            raise RecipeFileError(faults)


def _miss(constraint: Constraint, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far beyond the limit, as a share of it, so that constraints of any unit add up."""
    beyond = constraint.limit - values if constraint.is_minimum else values - constraint.limit
    return beyond / (abs(constraint.limit) or 1.0)
