"""From a problem to a shortlist of recipes: search, pick, rank, and compare with usual recipes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from electrolyte_ml.arguments import whole_number
from electrolyte_ml.errors import InfeasibleError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.scoring import ScoreTable, score_formulations
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import registered_property
from electrolyte_ml.search.advice import of_recipes
from electrolyte_ml.search.baselines import UsualRecipe, usual_recipes
from electrolyte_ml.search.check_recipe import Check, limit_checks, violations
from electrolyte_ml.search.engine import ProgressCallback, SearchResult, SearchWatch, run_search
from electrolyte_ml.search.evaluation import (
    FORBIDDEN,
    FREEZES,
    IN_DOMAIN,
    UNKNOWN,
    Evaluation,
    Evaluator,
    explain_infeasible,
    finite_or_none,
)
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.proposals import Proposal, ProposalSet
from electrolyte_ml.search.ranks import SharedRank, objective_differences, standings
from electrolyte_ml.search.rationale import reasons
from electrolyte_ml.search.scorer import Scorer
from electrolyte_ml.search.shortlist import shortlist
from electrolyte_ml.search.weighing import weigh_out_per_100g


def propose(
    problem: Problem,
    scorer: Scorer | None = None,
    *,
    n: int = 8,
    n_trials: int | None = None,
    seed: int | None = None,
    storage: str | None = None,
    worker: int = 0,
    progress: ProgressCallback | None = None,
    watch: SearchWatch | None = None,
) -> ProposalSet:
    """Search a problem for the best recipes and pick a diverse shortlist.

    Parameters
    ----------
    problem
        The search problem.
    scorer
        Source of predictions; by default the models that ship with the package.
    n
        Recipes to propose; fewer come back only if fewer are feasible.
    n_trials, seed
        Override those of the problem.
    storage
        Path of a journal file or an Optuna storage URL, to keep the study and resume it; in memory
        if None.
    worker
        Number of this worker, if several share the storage.
    progress
        Called as ``progress(done, total)`` while the search runs.
    watch
        Called with a function that returns the search so far; see `run_search`.

    Returns
    -------
    ProposalSet
        Ranked, distinct recipes that satisfy every limit and constraint.

    Raises
    ------
    InfeasibleError
        If no recipe satisfies every constraint; it says which one fails most often and by how much.
    RecipeFileError
        If the problem asks for a property that is not predicted.
    InputError
        If an argument is out of range.
    """
    n = whole_number(n, "n, the number of proposals,")
    evaluator = Evaluator(problem, scorer, known_only=True)
    result = run_search(
        problem,
        evaluator,
        n_trials=n_trials,
        seed=seed,
        storage=storage,
        worker=worker,
        progress=progress,
        watch=watch,
    )
    feasible = np.flatnonzero(result.evaluation.feasible)
    if not len(feasible):
        raise InfeasibleError(
            explain_infeasible(problem, result.evaluation, evaluator.constraint_names)
        )
    candidates = [result.formulations[i] for i in feasible]
    gains = evaluator.gains(result.evaluation)[feasible]
    rows = shortlist(candidates, gains, [o.weight for o in problem.objectives], n)
    explored = result.evaluation.objectives[feasible]
    ranges = np.ptp(explored, axis=0).tolist()
    listed = _listed(evaluator, [candidates[row] for row in rows], ranges)
    return ProposalSet(
        problem=problem,
        proposals=_proposals(evaluator, listed),
        study=_facts(problem, result, evaluator.constraint_names, n_feasible=len(feasible)),
        objectives=listed.evaluation.objectives[: len(rows)],
        explored=explored,
        baselines=_baselines(evaluator, listed),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A shortlist in its final order, and usual recipes behind it, with what is predicted of all.

    Attributes
    ----------
    chosen
        Recipes of the shortlist, length n.
    usual
        Usual recipes by their text, length b.
    standings
        Of the shortlist, length n.
    predictions
        As `Evaluator.predict` returns them, of all n + b recipes.
    evaluation
        Of all n + b recipes.
    """

    chosen: tuple[Formulation, ...]
    usual: Mapping[str, Formulation]
    standings: tuple[SharedRank, ...]
    predictions: Mapping[str, Prediction]
    evaluation: Evaluation

    @property
    def recipes(self) -> list[Formulation]:
        """The shortlist, then the usual recipes."""
        return [*self.chosen, *self.usual.values()]


def _listed(
    evaluator: Evaluator, chosen: Sequence[Formulation], ranges: Sequence[float]
) -> _Listed:
    """A shortlist ordered by rank; within a rank as it was."""
    problem = evaluator.problem
    keys = {f.key for f in chosen}
    usual = {t: f for t, f in usual_recipes(problem).items() if f.key not in keys}
    predictions = evaluator.predict([*chosen, *usual.values()])
    n, n_temperatures = len(chosen), len(evaluator.temperatures_k)
    found = standings(problem, chosen, predictions, ranges)
    order = [*sorted(range(n), key=lambda row: found[row].rank), *range(n, n + len(usual))]
    rows = (np.array(order)[:, None] * n_temperatures + np.arange(n_temperatures)).ravel()
    ordered = {name: prediction.select(rows) for name, prediction in predictions.items()}
    recipes = [[*chosen, *usual.values()][row] for row in order]
    return _Listed(
        chosen=tuple(recipes[:n]),
        usual=usual,
        standings=tuple(standings(problem, recipes[:n], ordered, ranges)),
        predictions=ordered,
        evaluation=evaluator.evaluate(ordered, recipes),
    )


def _proposals(evaluator: Evaluator, listed: _Listed) -> tuple[Proposal, ...]:
    problem, per_recipe = evaluator.problem, len(evaluator.temperatures_k)
    table = _scores(evaluator, listed.chosen, listed.predictions)
    records, warnings = _records(table), of_recipes(table.warnings, per_recipe)
    why = reasons(problem, listed.chosen, listed.evaluation.objectives[: len(listed.chosen)])
    proposals = []
    for row, formulation in enumerate(listed.chosen):
        faults = violations(formulation, problem.components, problem.limits)
        if faults:
            # Impossible by construction; if it happens, a wrong recipe must not be weighed out.
            raise RuntimeError(f"the search made an illegal recipe: {'; '.join(faults)}")
        checks = [
            *_constraint_checks(problem, evaluator, listed.evaluation, row),
            *limit_checks(formulation, problem.components, problem.limits),
        ]
        standing = listed.standings[row]
        proposals.append(
            Proposal(
                place=row + 1,
                rank=standing.rank,
                shared=standing.shared,
                alike=tuple(other + 1 for other in standing.alike),
                formulation=formulation,
                predictions=tuple(records[row * per_recipe : (row + 1) * per_recipe]),
                checks=tuple(checks),
                weigh_out_g_per_100g=weigh_out_per_100g(
                    formulation, problem.components, problem.limits
                ),
                why=why[row],
                warnings=warnings[row],
            )
        )
    return tuple(proposals)


def _baselines(evaluator: Evaluator, listed: _Listed) -> tuple[UsualRecipe, ...]:
    """Usual recipes as they would stand in the list, each compared with its first recipe."""
    if not listed.usual:
        return ()
    problem, per_recipe = evaluator.problem, len(evaluator.temperatures_k)
    n, recipes = len(listed.chosen), list(listed.usual.values())
    behind = {name: p[n * per_recipe :] for name, p in listed.predictions.items()}
    table = _scores(evaluator, recipes, behind)
    records, warnings = _records(table), of_recipes(table.warnings, per_recipe)
    first, others = np.zeros(len(recipes), dtype=np.intp), np.arange(n, n + len(recipes))
    ahead = {
        objective.label: objective_differences(
            problem, objective, listed.recipes, listed.predictions, left=first, right=others
        )
        for objective in problem.objectives
    }
    return tuple(
        UsualRecipe(
            text=text,
            formulation=recipes[row],
            predictions=tuple(records[row * per_recipe : (row + 1) * per_recipe]),
            objectives=tuple(listed.evaluation.objectives[n + row].tolist()),
            missed=tuple(
                check
                for check in (
                    *_constraint_checks(problem, evaluator, listed.evaluation, n + row),
                    *limit_checks(recipes[row], problem.components, problem.limits),
                )
                if not check.satisfied
            ),
            first_beside={name: difference[row] for name, difference in ahead.items()},
            warnings=warnings[row],
        )
        for row, text in enumerate(listed.usual)
    )


def _scores(
    evaluator: Evaluator, chosen: Sequence[Formulation], predictions: Mapping[str, Prediction]
) -> ScoreTable:
    """Scores of every recipe at every temperature.

    Predictions of the search's own scorer replace those of the shipped models; those of further
    recipes may stand behind them.
    """
    rows = [f for f in chosen for _ in evaluator.temperatures_k]
    temperatures = np.tile(evaluator.temperatures_k, len(chosen))
    problem = evaluator.problem
    table = score_formulations(rows, temperatures, cell=problem.cell, off=problem.rules.off)
    asked = {
        name: p[: len(rows)]
        for name, p in predictions.items()
        if not registered_property(name).nested_in
    }
    return replace(table, predictions={**table.predictions, **asked})


def _records(table: ScoreTable) -> list[dict[str, Any]]:
    """Scores in the contract's form."""
    notations = {id(f): f.notation() for f in table.formulations}
    return [
        {"recipe": notations[id(formulation)], **record}
        for formulation, record in zip(table.formulations, table.records(), strict=True)
    ]


def _constraint_checks(
    problem: Problem, evaluator: Evaluator, evaluation: Evaluation, row: int
) -> list[Check]:
    checks = [
        Check(
            name=constraint.name,
            value=finite_or_none(evaluation.constraint_values[row, column]),
            limit=constraint.limit,
            satisfied=bool(evaluation.violations[row, column] <= 0),
        )
        for column, constraint in enumerate(problem.constraints)
    ]
    for name, value in ((IN_DOMAIN, True), (FREEZES, False), (FORBIDDEN, False), (UNKNOWN, False)):
        if name in evaluator.constraint_names:
            kept = bool(evaluation.violations[row, evaluator.constraint_names.index(name)] <= 0)
            checks.append(Check(name=name, value=kept is value, limit=value, satisfied=kept))
    return checks


def _rules_obeyed(problem: Problem, result: SearchResult, names: Sequence[str]) -> dict[str, Any]:
    """What rules forbid in a problem, and how many recipes tried they left out."""
    components = problem.components
    solvents = [*components.solvents, *(a.additive for a in components.additives)]
    pairs = list(problem.rules.pairs(components.salts, solvents, problem.cell))
    n_forbidden = 0
    if FORBIDDEN in names:
        misses = result.evaluation.violations[:, list(names).index(FORBIDDEN)]
        n_forbidden = int(np.sum(misses > 0))
    return {
        "forbid": list(problem.rules.words(problem.cell)),
        "off": list(problem.rules.off),
        "kept_apart": [list(pair) for pair in pairs],
        "n_forbidden": n_forbidden,
    }


def _facts(
    problem: Problem, result: SearchResult, names: Sequence[str], *, n_feasible: int
) -> dict[str, Any]:
    return {
        "n_trials": len(result.formulations),
        "n_feasible": n_feasible,
        "n_unpredicted": int(np.sum(~result.evaluation.predicted)),
        "n_repeats": result.n_repeats,
        "seed": result.plan.seed,
        "sampler": str(result.plan.sampler),
        "population": result.plan.population,
        "rules": _rules_obeyed(problem, result, names),
    }
