"""Plots in notebooks, with the look of reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from electrolyte_ml.api.predictions import compare, explain
from electrolyte_ml.arguments import kind
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.comparison import RecipeComparison
from electrolyte_ml.models.explain import Explanation
from electrolyte_ml.report.compare import comparison_plot
from electrolyte_ml.report.explain import explanation_plot
from electrolyte_ml.report.page import landscape_of
from electrolyte_ml.report.plots import pareto_figure
from electrolyte_ml.search import ProposalSet

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot(
    what: str
    | Formulation
    | Sequence[str | Formulation]
    | Explanation
    | RecipeComparison
    | ProposalSet,
    at: str | None = None,
    *,
    at_k: float | None = None,
) -> Figure:
    """Draw recipes, an explanation, a comparison or a shortlist.

    Recipes, an explanation and a comparison are drawn as conductivity against concentration and
    against temperature, with intervals; dotted outside of the model's domain. A shortlist is drawn
    by its objectives, two at a time, among all recipes that were tried.

    Parameters
    ----------
    what
        One recipe or several, or what `explain`, `compare` or `propose` returns.
    at, at_k
        Temperature of the curve against concentration, for recipes; 25 degC by default.

    Returns
    -------
    matplotlib.figure.Figure
        Notebooks show it; ``figure.savefig("curves.svg")`` keeps it.

    Raises
    ------
    InputError
        If it is none of these, or no recipe has a salt.
    MissingDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> figure = eml.plot(["1 M NaPF6 in PC", "1 M NaPF6 in diglyme"])
    >>> len(figure.axes)
    2
    """
    if isinstance(what, ProposalSet):
        if not len(what):
            raise InputError("the shortlist is empty: there is nothing to draw")
        return pareto_figure(landscape_of(what))
    if isinstance(what, Explanation):
        return explanation_plot(what, what.formulation.notation())
    if isinstance(what, RecipeComparison):
        return comparison_plot(what)
    if isinstance(what, str | Formulation):
        explained = explain(what, at, at_k=at_k)
        title = what if isinstance(what, str) else what.notation()
        return explanation_plot(explained, title)
    if not isinstance(what, Iterable):
        raise InputError(
            f"what must be recipes, or what explain, compare or propose returns, given {kind(what)}"
        )
    return comparison_plot(compare(list(what), at, at_k=at_k))
