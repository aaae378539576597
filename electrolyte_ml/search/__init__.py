"""Search: recipe files, the space of legal recipes, the optimiser, and the shortlist."""

from __future__ import annotations

from electrolyte_ml.search.limits import AdditiveRange, Components, Limits
from electrolyte_ml.search.problem import (
    Bound,
    Constraint,
    Direction,
    Objective,
    OutOfDomain,
    Problem,
    Risk,
    SamplerName,
    SearchSettings,
)
from electrolyte_ml.search.proposals import Proposal, ProposalSet
from electrolyte_ml.search.proposing import propose
from electrolyte_ml.search.recipe_file import load_problem, read_problem
from electrolyte_ml.search.scorer import Scorer
from electrolyte_ml.search.space import SearchSpace

__all__ = [
    "AdditiveRange",
    "Bound",
    "Components",
    "Constraint",
    "Direction",
    "Limits",
    "Objective",
    "OutOfDomain",
    "Problem",
    "Proposal",
    "ProposalSet",
    "Risk",
    "SamplerName",
    "Scorer",
    "SearchSettings",
    "SearchSpace",
    "load_problem",
    "propose",
    "read_problem",
]
