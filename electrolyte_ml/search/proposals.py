"""From a problem to a shortlist of recipes, with the masses to weigh out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.arguments import kind, whole_number
from electrolyte_ml.errors import InfeasibleError, InputError
from electrolyte_ml.formulation import Formulation, weigh_out_rounded_g
from electrolyte_ml.models.scoring import ScoreTable, score_formulations
from electrolyte_ml.notebook import html_table, shortened
from electrolyte_ml.prediction import Prediction, flat_record, shown
from electrolyte_ml.properties import registered_property
from electrolyte_ml.rules import RecipeWarning
from electrolyte_ml.search.advice import of_recipes
from electrolyte_ml.search.baselines import UsualRecipe, usual_recipes
from electrolyte_ml.search.check_recipe import Check, limit_checks, violations
from electrolyte_ml.search.engine import ProgressCallback, SearchResult, SearchWatch, run_search
from electrolyte_ml.search.evaluation import (
    FORBIDDEN,
    FREEZES,
    IN_DOMAIN,
    Evaluation,
    Evaluator,
    explain_infeasible,
    finite_or_none,
)
from electrolyte_ml.search.limits import Components, Limits
from electrolyte_ml.search.objectives import Objective
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.ranks import SharedRank, objective_differences, standings
from electrolyte_ml.search.rationale import reasons
from electrolyte_ml.search.scorer import Scorer
from electrolyte_ml.search.shortlist import shortlist
from electrolyte_ml.text import celsius

if TYPE_CHECKING:
    import pandas as pd

# Recipes shown in the short form.
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Proposal:
    """One recipe of the shortlist.

    Attributes
    ----------
    place
        Number in the list, from 1.
    rank
        1 is the best; recipes of which none is surely better share a rank.
    shared
        Whether others have the same rank.
    alike
        Places of those that differ from it by less than the uncertainty of the difference, in every
        objective.
    formulation
        The recipe, on the weighing grid.
    predictions
        A score, as the command line's contract writes it, for each temperature of the problem.
    checks
        Checks of every constraint and limit.
    weigh_out_g_per_100g
        Grams by component for 100 g of electrolyte.
    why
        One line on the reason for the pick.
    warnings
        What a colleague would say of it before it is made, the gravest first.
    """

    place: int
    rank: int
    shared: bool
    alike: tuple[int, ...]
    formulation: Formulation
    predictions: tuple[dict[str, Any], ...]
    checks: tuple[Check, ...]
    weigh_out_g_per_100g: dict[str, float]
    why: str
    warnings: tuple[RecipeWarning, ...] = ()

    def __repr__(self) -> str:
        return f"<Proposal {self.place}: {self.formulation.notation()}>"

    def _repr_html_(self) -> str:
        import pandas as pd

        rows = [
            {
                "at": celsius(score["temperature_k"]),
                **{
                    name: shown(value)
                    for name, value in score.items()
                    if isinstance(value, dict) and "value" in value
                },
            }
            for score in self.predictions
        ]
        masses = ", ".join(f"{n} {g:.2f}" for n, g in self.weigh_out_g_per_100g.items())
        title = f"Proposal {self.place}: {self.formulation.notation()}"
        notes = [f"g for 100 g: {masses}", self.why, *map(str, self.warnings)]
        return html_table(title, pd.DataFrame(rows), notes)

    @property
    def rank_text(self) -> str:
        """The rank, with ``=`` where others share it."""
        return f"{self.rank}{'=' if self.shared else ''}"

    def to_dict(self) -> dict[str, Any]:
        """The contract's form."""
        return {
            "place": self.place,
            "rank": self.rank,
            "alike": list(self.alike),
            "recipe": self.formulation.notation(),
            "key": self.formulation.key,
            "predictions": list(self.predictions),
            "constraints": {check.name: check.to_dict() for check in self.checks},
            "weigh_out_g_per_100g": self.weigh_out_g_per_100g,
            "why": self.why,
            "warnings": [warning.to_dict() for warning in self.warnings],
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProposalSet:
    """A shortlist and how it was found.

    Attributes
    ----------
    problem
        The search problem.
    proposals
        Best first.
    study
        Facts of the search: trials, feasible recipes, seed, sampler.
    objectives
        Objectives of the proposals, in the unit of each property, shape (n, m).
    explored
        Objectives of every feasible recipe that the search scored, shape (f, m).
    baselines
        What everyone would run, for comparison.
    """

    problem: Problem
    proposals: tuple[Proposal, ...]
    study: Mapping[str, Any]
    objectives: NDArray[np.float64] = field(compare=False, repr=False)
    explored: NDArray[np.float64] = field(compare=False, repr=False)
    baselines: tuple[UsualRecipe, ...] = ()

    def __len__(self) -> int:
        return len(self.proposals)

    def __iter__(self) -> Iterator[Proposal]:
        return iter(self.proposals)

    def __getitem__(self, place: int) -> Proposal:
        """A proposal by its place in the list, 0 for the best.

        Raises
        ------
        InputError
            If it is no place.
        """
        if not isinstance(place, Integral | slice):
            raise InputError(
                f"a proposal is had by its place, such as shortlist[0] for the best, given "
                f"{kind(place)}; to_frame() has the predictions as a table"
            )
        return self.proposals[place]

    def __repr__(self) -> str:
        recipes = shortened((p.formulation.notation() for p in self.proposals), most=_SHOWN)
        return f"<ProposalSet for {self.problem.name}, {len(self)} recipes: {recipes}>"

    def _repr_html_(self) -> str:
        facts = (
            f"{self.study['n_trials']} recipes tried, {self.study['n_feasible']} satisfy every "
            f"limit, seed {self.study['seed']}"
        )
        return html_table(f"Proposals for {self.problem.name}", self._overview(), [facts])

    def _overview(self) -> pd.DataFrame:
        """Summary table: recipe, objectives with their intervals, masses, reason."""
        import pandas as pd

        rows = [
            {
                "place": p.place,
                "rank": p.rank_text,
                "recipe": p.formulation.notation(),
                **{o.label: self._interval(p, o) for o in self.problem.objectives},
                "g for 100 g": ", ".join(f"{n} {g:.2f}" for n, g in p.weigh_out_g_per_100g.items()),
                "why": p.why,
            }
            for p in self.proposals
        ]
        return pd.DataFrame(rows)

    def _interval(self, proposal: Proposal, objective: Objective) -> str:
        at = objective.temperature_k
        scores = proposal.predictions
        score = scores[0 if at is None else self.problem.temperatures_k.index(at)]
        name = objective.property_name
        prediction = score.get(name, score["liquid"].get(name))
        return shown(prediction) if isinstance(prediction, dict) else f"{prediction:.4g}"

    def to_frame(self) -> pd.DataFrame:
        """One line per recipe and temperature, best first, with the columns of scores."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"place": p.place, "rank": p.rank, "why": p.why, **flat_record(score)}
                for p in self.proposals
                for score in p.predictions
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """The contract's form; the same for the same problem, models and seed."""
        return {
            "problem": self.problem.to_dict(),
            "proposals": [p.to_dict() for p in self.proposals],
            "baselines": [b.to_dict() for b in self.baselines],
            "study": dict(self.study),
        }


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
    evaluator = Evaluator(problem, scorer)
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
                for check in _constraint_checks(problem, evaluator, listed.evaluation, n + row)
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
    for name, value in ((IN_DOMAIN, True), (FREEZES, False), (FORBIDDEN, False)):
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


def weigh_out_per_100g(
    formulation: Formulation, components: Components, limits: Limits
) -> dict[str, float]:
    """Grams of each component for 100 g of electrolyte, to 0.01 g.

    Parameters
    ----------
    formulation
        The recipe.
    components, limits
        Limits that the rounded masses must obey as well: rounding up half a step would break the
        limit of a solvent at its maximum.

    Returns
    -------
    dict of str to float
        Grams by name, solvents first; they sum to 100.00 exactly in hundredths.
    """
    return weigh_out_rounded_g(
        formulation, obeys=lambda steps: _obeys(steps, formulation, components, limits)
    )


def _obeys(
    steps: Mapping[str, int], formulation: Formulation, components: Components, limits: Limits
) -> bool:
    """Whether weighed amounts obey the limits of solvents, salts and additives."""
    ranges = {a.additive.name: a for a in components.additives}
    base = {s.solvent.name for s in formulation.solvents if s.solvent.name not in ranges}
    solvents = sum(steps[name] for name in base)
    shares = {name: steps[name] / solvents for name in base}
    for name, share in shares.items():
        if not limits.min_fraction.get(name, 0.0) <= share <= limits.max_fraction.get(name, 1.0):
            return False
    for name in ranges.keys() & steps.keys():
        percent = 100 * steps[name] / sum(steps.values())
        if not ranges[name].low_wt_percent <= percent <= ranges[name].high_wt_percent:
            return False
    return all(r.allows(r.of_fractions(shares)) for r in limits.ratios) and _salts_obey(
        steps, formulation, solvents, limits
    )


def _salts_obey(
    steps: Mapping[str, int], formulation: Formulation, solvents: int, limits: Limits
) -> bool:
    total = 0.0
    for salt in formulation.salts:
        molality = 1000 * steps[salt.salt.name] / (salt.salt.molar_mass_g_mol * solvents)
        if molality > limits.max_molality_mol_kg.get(salt.salt.name, float("inf")):
            return False
        total += molality
    low, high = limits.salt_molality_mol_kg
    return low <= total <= high
