"""Scores of many recipes of a problem as Arrow tables, a row each, and recipes of such rows.

Columns: ``point`` and ``key``; the amounts, ``mass_fraction.NAME`` and ``molality_mol_kg.NAME``, by
all solvents; for each property, at each temperature that it depends on, ``.value``, ``.low``,
``.high`` and ``.in_domain``; for each objective ``objective.LABEL`` and for each limit
``violation.NAME`` (a share of the limit, satisfied if 0 or less); ``feasible``; the gravest
``severity`` of the warnings, and their rules; and ``failure``, why a recipe could not be scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from electrolyte_ml.errors import RecipeFileError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.formulation.arrays import formulations_of_arrays
from electrolyte_ml.models.scoring import Answers
from electrolyte_ml.models.warnings import scored_warnings
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import registered_property, scored_properties
from electrolyte_ml.rules import RecipeWarning
from electrolyte_ml.rules.table import Severity
from electrolyte_ml.search.evaluation import Evaluation, Evaluator
from electrolyte_ml.search.limits import Components
from electrolyte_ml.search.objectives import at_temperature
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.shipped_properties import LIQUID
from electrolyte_ml.species import Solvent
from electrolyte_ml.text import one_line

if TYPE_CHECKING:
    import pyarrow as pa

FRACTION, MOLALITY = "mass_fraction.", "molality_mol_kg."
OBJECTIVE, VIOLATION = "objective.", "violation."
# Rows that are predicted together: more need more memory and are no faster.
_ROWS_AT_A_TIME = 4000


@dataclass(frozen=True, slots=True)
class _Scores:
    predictions: Mapping[str, Prediction]
    evaluation: Evaluation
    warnings: Sequence[Sequence[RecipeWarning]]


class ScreenTables:
    """Scores of recipes of one problem.

    Parameters
    ----------
    problem
        Its objectives, constraints and temperatures.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._evaluator = Evaluator(problem, known_only=True)
        names = dict.fromkeys([*(p.name for p in scored_properties()), *problem.scored_names])
        known = map(registered_property, names)
        self._properties = [one for one in known if one.predict is not None]

    def table(self, points: Sequence[int], formulations: Sequence[Formulation]) -> pa.Table:
        """Score recipes.

        Parameters
        ----------
        points
            Numbers of the recipes, length n.
        formulations
            The recipes, length n.

        Returns
        -------
        pyarrow.Table
            n rows, by number.

        Raises
        ------
        RecipeFileError
            If the problem asks for a property that is not predicted.
        """
        import pyarrow as pa

        step = max(1, _ROWS_AT_A_TIME // len(self._problem.temperatures_k))
        parts: list[pa.Table] = []
        for start in range(0, len(points), step):
            chosen = slice(start, start + step)
            parts += self._parts(points[chosen], formulations[chosen])
        return pa.concat_tables(parts, promote_options="default").sort_by("point")

    def _parts(
        self, points: Sequence[int], formulations: Sequence[Formulation]
    ) -> Iterator[pa.Table]:
        """Recipes that can be scored, and then those at which a model fails."""
        import pyarrow as pa

        failures: dict[int, str] = {}
        try:
            scores = self._scores(formulations)
        except RecipeFileError:
            raise
        except Exception:  # code of models may fail in any way on unusual recipes
            failures = self._failures(formulations)
            if len(failures) == len(formulations):
                raise
            scores = self._scores([f for i, f in enumerate(formulations) if i not in failures])
        recipes = pa.table(self._recipes(points, formulations))
        kept = [i for i in range(len(formulations)) if i not in failures]
        good = pa.table(self._columns(scores))
        for name in recipes.column_names[::-1]:
            good = good.add_column(0, name, recipes[name].take(kept))
        yield good
        if failures:
            bad = recipes.take(list(failures))
            bad = bad.append_column("feasible", pa.array([False] * len(failures)))
            yield bad.append_column("failure", pa.array(list(failures.values())))

    def _scores(self, formulations: Sequence[Formulation]) -> _Scores:
        problem, kelvins = self._problem, self._evaluator.temperatures_k
        rows = [f for f in formulations for _ in kelvins]
        kelvin = np.tile(kelvins, len(formulations))
        answers = Answers(rows, kelvin, problem.prices, problem.cell)
        predictions = {known.name: answers.predict(known) for known in self._properties}
        shown = [p.name for p in self._properties if p.is_scored and p.nested_in != LIQUID]
        said = scored_warnings(
            rows,
            kelvin,
            answers.liquid,
            {name: predictions[name] for name in shown},
            cell=problem.cell,
            off=problem.rules.off,
        )
        return _Scores(predictions, self._evaluator.evaluate(predictions, formulations), said)

    def _failures(self, formulations: Sequence[Formulation]) -> dict[int, str]:
        """Recipes at which a model fails, and how."""
        found = {}
        for number, formulation in enumerate(formulations):
            try:
                self._scores([formulation])
            except RecipeFileError:
                continue  # one recipe without a value: the problem is judged by all of them
            except Exception as error:
                found[number] = f"{type(error).__name__}: {one_line(error)}"
        return found

    def _recipes(
        self, points: Sequence[int], formulations: Sequence[Formulation]
    ) -> dict[str, Any]:
        """Numbers, keys and amounts of recipes."""
        names = amount_columns(self._problem.components)
        place = {name: i for i, name in enumerate(names)}
        amounts = np.zeros((len(names), len(formulations)))
        for row, formulation in enumerate(formulations):
            for part in formulation.solvents:
                amounts[place[FRACTION + part.solvent.name], row] = part.mass_fraction
            for salt in formulation.salts:
                amounts[place[MOLALITY + salt.salt.name], row] = salt.molality_mol_kg
        keys = [formulation.key for formulation in formulations]
        return {
            "point": np.array(points, dtype=np.int64),
            "key": keys,
            **dict(zip(names, amounts, strict=True)),
        }

    def _columns(self, scores: _Scores) -> dict[str, Any]:
        """Predictions, objectives, violations and warnings."""
        columns: dict[str, Any] = {}
        kelvins = self._problem.temperatures_k
        for known in self._properties:
            prediction = scores.predictions[known.name]
            for at, kelvin in enumerate(kelvins if known.at_temperature else kelvins[:1]):
                name = known.name + at_temperature(kelvin if known.at_temperature else None)
                rows = slice(at, None, len(kelvins))
                for part in ("value", "low", "high"):
                    values = getattr(prediction, part)[rows]
                    columns[f"{name}.{part}"] = values.astype(np.float32)
                columns[f"{name}.in_domain"] = prediction.in_domain[rows]
        evaluation = scores.evaluation
        labels = [OBJECTIVE + o.label for o in self._problem.objectives]
        columns |= zip(labels, evaluation.objectives.T.copy(), strict=True)
        limits = [VIOLATION + name for name in self._evaluator.constraint_names]
        columns |= zip(limits, evaluation.violations.T.astype(np.float32), strict=True)
        columns["feasible"] = evaluation.feasible
        said = [
            {w.rule: w.severity for row in scores.warnings[i : i + len(kelvins)] for w in row}
            for i in range(0, len(scores.warnings), len(kelvins))
        ]
        columns["severity"] = [str(_gravest(found)) if found else None for found in said]
        columns["warnings"] = ["; ".join(found) for found in said]
        return columns


def _gravest(found: Mapping[str, Severity]) -> Severity:
    severities = set(found.values())
    return next(severity for severity in Severity if severity in severities)


def _solvents(components: Components) -> list[tuple[Solvent, str]]:
    """Solvents and additives of a problem, and what they are in its recipes."""
    base = [(s, "solvent" if s.role == "additive" else s.role) for s in components.solvents]
    return base + [(a.additive, "additive") for a in components.additives]


def amount_columns(components: Components) -> tuple[str, ...]:
    """Names of the columns of amounts: solvents, additives, salts."""
    return (
        *(FRACTION + solvent.name for solvent, _ in _solvents(components)),
        *(MOLALITY + salt.name for salt in components.salts),
    )


def formulations_of_table(components: Components, table: pa.Table) -> list[Formulation]:
    """Recipes of rows of a table.

    Parameters
    ----------
    components
        Components of the problem that the table belongs to.
    table
        With the columns of `amount_columns`.
    """
    solvents = _solvents(components)
    amounts = np.column_stack([table[name].to_numpy() for name in amount_columns(components)])
    return formulations_of_arrays(
        [*(solvent for solvent, _ in solvents), *components.salts],
        amounts[:, : len(solvents)],
        amounts[:, len(solvents) :],
        roles=[role for _, role in solvents],
    )
