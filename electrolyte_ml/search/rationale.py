"""The reason for each pick of a shortlist, in one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation, SolventAmount
from electrolyte_ml.properties import registered_property
from electrolyte_ml.search.check_recipe import written_amounts
from electrolyte_ml.search.limits import ROUNDING
from electrolyte_ml.search.objectives import at_degrees
from electrolyte_ml.search.problem import Bound, Direction, Objective, Problem

_MOST_CLAIMS = 2
# Last word of a catalog family, to the word for a mixture of such solvents only.
_CLASS_OF_FAMILY = {"glyme": "ether", "lactone": "ester"}
_PESSIMISTIC = {Bound.LOW: "pessimistic ", Bound.HIGH: "pessimistic ", Bound.VALUE: ""}
# Smaller relative differences are not mentioned.
_WORTH_SAYING = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shortlist:
    """Recipes in the order of their rank, and their objectives."""

    problem: Problem
    formulations: Sequence[Formulation]
    objectives: NDArray[np.float64]
    optimistic: bool


def reasons(
    problem: Problem,
    formulations: Sequence[Formulation],
    objectives: NDArray[np.float64],
    *,
    optimistic: bool = False,
) -> list[str]:
    """Reason for each proposal.

    Parameters
    ----------
    problem
        The search problem.
    formulations
        Proposals in the order of their rank, length n.
    objectives
        Objectives of the proposals in the unit of each property, shape (n, m).
    optimistic
        Whether `objectives` are the better ends of the intervals, whatever the risk attitude.

    Returns
    -------
    list of str
        One line per proposal.
    """
    shown = _Shortlist(
        problem=problem, formulations=formulations, objectives=objectives, optimistic=optimistic
    )
    lines = []
    for row in range(len(formulations)):
        claims = [*_bests(shown, row), *_compromise(shown, row), *_first_of_its_kind(shown, row)]
        if len(claims) < _MOST_CLAIMS:
            claims += _trade(shown, row)
        claims = claims[:_MOST_CLAIMS] or ["next best that differs from those above"]
        lines.append("; ".join([*claims, *_caps(shown, row)]))
    return lines


def objective_words(problem: Problem, objective: Objective) -> str:
    """An objective in words, such as ``pessimistic conductivity at 25 °C``."""
    known = registered_property(objective.property_name)
    which = "" if known.is_exact else _PESSIMISTIC[objective.bound(problem.risk)]
    return f"{which}{known.label}{at_degrees(objective.temperature_k)}"


def _bests(shown: _Shortlist, row: int) -> list[str]:
    claims = []
    for j, objective in enumerate(shown.problem.objectives):
        is_maximum = objective.direction is Direction.MAXIMIZE
        column = shown.objectives[:, j]
        if row == int(np.argmax(column) if is_maximum else np.argmin(column)):
            word = "highest" if is_maximum else "lowest"
            known = registered_property(objective.property_name)
            value = shown.problem.amount(known.name, float(column[row]))
            if shown.optimistic:
                end = "up to" if is_maximum else "down to"
                what = f"{known.label}{at_degrees(objective.temperature_k)}"
                claims.append(f"could have the {word} {what} ({end} {value})")
            else:
                claims.append(f"{word} {objective_words(shown.problem, objective)} ({value})")
    return claims


def _compromise(shown: _Shortlist, row: int) -> list[str]:
    several = len(shown.problem.objectives) > 1
    return ["best compromise of the objectives"] if several and row == 0 else []


def _first_of_its_kind(shown: _Shortlist, row: int) -> list[str]:
    """Salt or class of solvents of which this recipe ranks first, if there are others."""
    formulation = shown.formulations[row]
    before = shown.formulations[:row]
    claims = []
    kinds: tuple[tuple[Callable[[Formulation], str], str], ...] = (
        (_solvent_class, "best {}-only recipe"),
        (_salt_names, "best with {}"),
    )
    for kind, words in kinds:
        mine = kind(formulation)
        others = {kind(f) for f in shown.formulations} - {mine}
        if mine and others and all(kind(f) != mine for f in before):
            claims.append(words.format(mine))
    seen = {name for f in before for name in f.mass_fractions}
    new = [_introduced(s) for s in formulation.solvents if s.solvent.name not in seen]
    if new and before:
        claims.append(f"first with {' and '.join(new)}")
    sets = [frozenset({*f.mass_fractions, *f.molalities_mol_kg}) for f in shown.formulations]
    if not claims and before and sets[row] not in sets[:row]:
        claims.append("new combination of components")
    return claims


def _introduced(held: SolventAmount) -> str:
    """A solvent with what it is, such as ``GBL (lactone)``; an additive by its name."""
    family = "" if held.role == "additive" else held.solvent.family
    return f"{held.solvent.name} ({family})" if family else held.solvent.name


def _caps(shown: _Shortlist, row: int) -> list[str]:
    """Limits of amounts that this recipe uses up: a wider one might give a better recipe."""
    problem = shown.problem
    limits = problem.limits
    amounts = written_amounts(shown.formulations[row], problem.components)
    full = [
        f"{cap:.0%} cap of {name}"
        for name, cap in limits.max_fraction.items()
        if amounts.fractions.get(name, 0.0) >= cap - ROUNDING
    ]
    full += [
        f"{cap:g} mol/kg cap of {name}"
        for name, cap in limits.max_molality_mol_kg.items()
        if amounts.molalities_mol_kg.get(name, 0.0) >= cap - ROUNDING
    ]
    highest = limits.salt_molality_mol_kg[1]
    if sum(amounts.molalities_mol_kg.values()) >= highest - ROUNDING:
        full.append(f"{highest:g} mol/kg of salt")
    return [f"at your {' and '.join(full)}"] if full else []


def _solvent_class(formulation: Formulation) -> str:
    """Class that all solvents share, such as ``ether``; empty if they share none."""
    words = {s.solvent.family.split()[-1] for s in formulation.solvents if s.solvent.family}
    classes = {_CLASS_OF_FAMILY.get(word, word) for word in words}
    return classes.pop() if len(classes) == 1 else ""


def _salt_names(formulation: Formulation) -> str:
    return " and ".join(sorted(formulation.molalities_mol_kg))


def _trade(shown: _Shortlist, row: int) -> list[str]:
    """Gains and losses of objectives against the first recipe of the list."""
    if row == 0:
        return []
    parts = []
    for j, objective in enumerate(shown.problem.objectives):
        first = shown.objectives[0, j]
        change = (shown.objectives[row, j] - first) / abs(first) if first else 0.0
        if abs(change) >= _WORTH_SAYING:
            words = objective_words(shown.problem, objective)
            if shown.optimistic:
                name = registered_property(objective.property_name).label
                words = f"{name}{at_degrees(objective.temperature_k)}"
            parts.append(f"{change:+.0%} {words}")
    return [f"{', '.join(parts)} against number 1"] if parts else []
