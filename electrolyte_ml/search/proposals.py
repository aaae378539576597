"""Proposed recipes, and the shortlist that they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.arguments import kind
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.notebook import html_table, shortened
from electrolyte_ml.prediction import flat_record, shown
from electrolyte_ml.rules import RecipeWarning
from electrolyte_ml.search.baselines import UsualRecipe
from electrolyte_ml.search.check_recipe import Check
from electrolyte_ml.search.objectives import Objective
from electrolyte_ml.search.problem import Problem
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
