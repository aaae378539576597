"""Checks of a finished recipe against the limits of a problem.

Limits use the amounts of the notation, where a recipe is a base electrolyte with additives: ``1 m
NaPF6 in EC:DEC 50:50 wt + 2 wt% FEC``. Mass fractions of solvents and molalities of salts are
relative to the solvents without additives; additives are in percent of the whole electrolyte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from electrolyte_ml.formulation import (
    Formulation,
    SolventAmount,
)
from electrolyte_ml.formulation.amounts import as_written
from electrolyte_ml.search.limits import (
    ROUNDING,
    AdditiveRange,
    Components,
    Limits,
    Ratio,
    steps_equal,
)

# Decimals far below any balance and far above rounding: 0.35000000000000003 becomes 0.35.
_DIGITS = 12

_RATIO_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAmounts:
    """Amounts of a recipe as it is written.

    Attributes
    ----------
    fractions
        Mass fraction of each solvent, additives not counted.
    molalities_mol_kg
        Molality of each salt, by kg of solvents without additives.
    additives_wt_percent
        Mass of each additive by mass of the whole electrolyte, percent.
    """

    fractions: Mapping[str, float]
    molalities_mol_kg: Mapping[str, float]
    additives_wt_percent: Mapping[str, float]


def written_amounts(formulation: Formulation, components: Components) -> WrittenAmounts:
    """Amounts of a recipe in the basis of the limits.

    Parameters
    ----------
    formulation
        The recipe.
    components
        Components of the problem, which say which species are additives. The role of a species
        decides where they do not hold it.
    """
    additives = {a.additive.name for a in components.additives}
    solvents = {s.name for s in components.solvents}

    def is_additive(s: SolventAmount) -> bool:
        return s.solvent.name in additives or (
            s.role == "additive" and s.solvent.name not in solvents
        )

    exact = as_written(formulation.solvents, formulation.salts, is_additive)
    return WrittenAmounts(
        fractions={s.name: round(share, _DIGITS) for s, share in exact.base_solvents},
        molalities_mol_kg={s.name: round(m, _DIGITS) for s, m, _ in exact.salts},
        additives_wt_percent={s.name: round(x, _DIGITS - 2) for s, x, _ in exact.additives},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Result of checking one limit.

    Attributes
    ----------
    name
        Name of the limit.
    value
        Value of the recipe.
    limit
        Allowed value: a number, or lowest and highest.
    satisfied
        Whether the recipe obeys the limit.
    """

    name: str
    value: Any
    limit: Any
    satisfied: bool

    def to_dict(self) -> dict[str, Any]:
        """The contract's form, without the name."""
        return {"value": self.value, "limit": self.limit, "satisfied": self.satisfied}


def limit_checks(formulation: Formulation, components: Components, limits: Limits) -> list[Check]:
    """Checks of every limit of the problem.

    Parameters
    ----------
    formulation
        The recipe.
    components, limits
        Components and limits of the problem.

    Returns
    -------
    list of Check
        Checks of numbers of components, amounts, ratios and pairs.
    """
    amounts = written_amounts(formulation, components)
    fractions, molalities = amounts.fractions, amounts.molalities_mol_kg
    total = round(sum(molalities.values()), 12)
    low, high = limits.salt_molality_mol_kg
    checks = [
        _range("n_solvents", len(fractions), limits.min_solvents, limits.max_solvents),
        _range("n_salts", len(molalities), 1, limits.max_salts),
        _range("salt_molality_mol_kg", total, low, high),
    ]
    if components.additives:
        n_additives = len(amounts.additives_wt_percent)
        checks.append(_range("n_additives", n_additives, 0, limits.max_additives))
    for name, cap in limits.max_fraction.items():
        checks.append(_at_most(f"max_fraction.{name}", fractions.get(name, 0.0), cap))
    for name, floor in limits.min_fraction.items():
        share = fractions.get(name, 0.0)
        checks.append(
            Check(name=f"min_fraction.{name}", value=share, limit=floor, satisfied=share >= floor)
        )
    for name, cap in limits.max_molality_mol_kg.items():
        checks.append(_at_most(f"max_molality_mol_kg.{name}", molalities.get(name, 0.0), cap))
    for additive in components.additives:
        checks += _additive_check(additive, amounts)
    for ratio in limits.ratios:
        checks += _ratio_checks(ratio, dict(fractions))
    present = {*fractions, *molalities, *amounts.additives_wt_percent}
    return checks + [_apart(pair, present) for pair in limits.forbidden_pairs]


def _additive_check(additive: AdditiveRange, amounts: WrittenAmounts) -> list[Check]:
    """The range of an additive, if the recipe has it."""
    name = additive.additive.name
    if name not in amounts.additives_wt_percent:
        return []
    percent = amounts.additives_wt_percent[name]
    low, high = additive.low_wt_percent, additive.high_wt_percent
    return [_range(f"additives.{name}", percent, low, high)]


def _ratio_checks(ratio: Ratio, fractions: dict[str, float]) -> list[Check]:
    """Checks of a ratio; none for a recipe without any of its solvents."""
    found = ratio.of_fractions(fractions)
    if found is None:
        return []
    # A recipe without the second group has an infinite ratio, which JSON lacks.
    value = None if found == float("inf") else round(found, _RATIO_DIGITS)
    checks = []
    for sign, bound in ((">=", ratio.low), ("<=", ratio.high)):
        if bound is not None:
            beyond = found - bound if sign == "<=" else bound - found
            checks.append(
                Check(
                    name=f"{ratio.name} {sign} {bound:g}",
                    value=value,
                    limit=bound,
                    satisfied=beyond <= ROUNDING,
                )
            )
    return checks


def violations(formulation: Formulation, components: Components, limits: Limits) -> list[str]:
    """Reasons why a recipe is not in the space of the problem, a line each."""
    unknown = sorted(
        {*formulation.mass_fractions, *formulation.molalities_mol_kg} - set(components.names)
    )
    faults = [f"{name} is not a component of this problem" for name in unknown]
    faults += [
        f"{c.name} is {c.value}, allowed is {c.limit}"
        for c in limit_checks(formulation, components, limits)
        if not c.satisfied
    ]
    present = {*formulation.mass_fractions, *formulation.molalities_mol_kg}
    faults += [
        f"{first} with {second} is what a rule forbids; see [rules]"
        for first, second in limits.kept_apart
        if present.issuperset((first, second))
    ]
    amounts = written_amounts(formulation, components)
    for name, share in amounts.fractions.items():
        low = limits.smallest_fraction
        if not low - ROUNDING <= share <= 1 + ROUNDING:
            faults.append(f"mass fraction of {name} is {share:g}, allowed is {low:g} to 1")
        faults += _off_grid(f"mass fraction of {name}", share, limits.fraction_step)
    for name, molality in amounts.molalities_mol_kg.items():
        faults += _off_grid(f"molality of {name}", molality, limits.molality_step)
    for name, percent in amounts.additives_wt_percent.items():
        faults += _off_grid(f"wt% of {name}", percent, limits.additive_step_wt_percent)
    return faults


def _off_grid(what: str, value: float, step: float) -> list[str]:
    on_grid = steps_equal(value, step) is not None
    return [] if on_grid else [f"{what} is {value:g}, which is no multiple of the step {step:g}"]


def _range(name: str, value: float, low: float, high: float) -> Check:
    return Check(name=name, value=value, limit=[low, high], satisfied=low <= value <= high)


def _apart(pair: tuple[str, str], present: set[str]) -> Check:
    together = present.issuperset(pair)
    name = f"not {pair[0]} with {pair[1]}"
    return Check(name=name, value=together, limit=False, satisfied=not together)


def _at_most(name: str, value: float, cap: float) -> Check:
    return Check(name=name, value=value, limit=cap, satisfied=value <= cap)
