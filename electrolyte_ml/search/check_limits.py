"""Checks of limits before a search: contradictions, reported all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from electrolyte_ml.search.component_sets import ComponentSets
from electrolyte_ml.search.limits import FINEST_STEPS, Components, Limits, divides_one, exact


def limit_faults(components: Components, limits: Limits, *, complete: bool = True) -> list[str]:
    """Faults that make limits impossible.

    Parameters
    ----------
    components, limits
        Components of recipes and their limits.
    complete
        False if components are missing because their names are unknown: then only limits that do
        not depend on the whole list are checked, so that no fault follows from another.

    Returns
    -------
    list of str
        One line for each fault, naming the key of the recipe file; empty if there are legal
        recipes.
    """
    faults = list(
        chain(
            _component_faults(components) if complete else (),
            _grid_faults(limits),
            _count_faults(components, limits),
            _name_faults(components, limits),
            _ratio_faults(components, limits),
        )
    )
    if not complete:
        return faults
    if not faults:
        faults += chain(
            _additive_faults(components, limits),
            _fraction_faults(components, limits),
            _molality_faults(components, limits),
        )
    if not faults and not ComponentSets(components, limits).is_possible():
        faults.append(
            "limits: no choice of components satisfies all limits together; allow more components, "
            "raise a max_fraction, widen a ratio, or lift a forbidden pair"
            f"{_apart(limits)}"
        )
    return faults


def _apart(limits: Limits) -> str:
    """Pairs that rules keep apart, which nobody reads in the file."""
    if not limits.kept_apart:
        return ""
    first, second = limits.kept_apart[0]
    count = len(limits.kept_apart)
    return f"; rules keep {count} pairs apart, such as {first} and {second}: see [rules]"


def _component_faults(components: Components) -> Iterator[str]:
    for key, species in (("solvents", components.solvents), ("salts", components.salts)):
        if not species:
            yield f"components.{key}: at least one is needed"
    names = components.names
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield f"components: {name} is listed more than once"


def _fraction_step_faults(step: float) -> Iterator[str]:
    if step <= 0:
        yield f"limits.fraction_step: must be above 0, given {step:g}"
    elif step >= FINEST_STEPS["fraction_step"] and not divides_one(step):
        yield (
            f"limits.fraction_step: {step:g} does not divide 1 into whole steps; "
            "use 0.01, 0.005 or 0.02"
        )


def _grid_faults(limits: Limits) -> Iterator[str]:
    low, high = limits.salt_molality_mol_kg
    for key, least in FINEST_STEPS.items():
        given = getattr(limits, key)
        if 0 < given < least:
            yield (
                f"limits.{key}: {given:g} is too fine a grid to be searched; use {least:g} or "
                f"more, such as {10 * least:g}"
            )
    yield from _fraction_step_faults(limits.fraction_step)
    if limits.molality_step <= 0:
        yield f"limits.molality_step: must be above 0, given {limits.molality_step:g}"
    if not 0 < limits.additive_step_wt_percent < 100:
        yield (
            "limits.additive_step_wt_percent: must be between 0 and 100, given "
            f"{limits.additive_step_wt_percent:g}"
        )
    if low > high:
        yield f"limits.salt_molality_mol_kg: lowest {low:g} is above highest {high:g}"
    elif low <= 0:
        yield "limits.salt_molality_mol_kg: the lowest must be above 0; a recipe needs a salt"
    elif limits.molality_step > 0:
        fewest, most = limits.molality_steps
        if fewest > most or (low < high and exact(limits.molality_step) > exact(high) - exact(low)):
            yield (
                f"limits.molality_step: {limits.molality_step:g} is coarser than the range "
                f"{low:g} to {high:g} of salt_molality_mol_kg"
            )


def _count_faults(components: Components, limits: Limits) -> Iterator[str]:
    if limits.min_solvents < 1:
        yield f"limits.min_solvents: must be at least 1, given {limits.min_solvents}"
    if limits.min_solvents > limits.max_solvents:
        yield (
            f"limits.min_solvents: {limits.min_solvents} is above max_solvents "
            f"{limits.max_solvents}"
        )
    elif limits.min_solvents > len(components.solvents) > 0:
        yield (
            f"limits.min_solvents: {limits.min_solvents} asked for, but components.solvents "
            f"lists {len(components.solvents)}"
        )
    if limits.max_salts < 1:
        yield f"limits.max_salts: must be at least 1, given {limits.max_salts}"
    if limits.max_additives < 0:
        yield f"limits.max_additives: must not be negative, given {limits.max_additives}"
    if limits.min_solvents * exact(limits.smallest_fraction) > 1:
        yield (
            f"limits.smallest_fraction: {limits.min_solvents} solvents of at least "
            f"{limits.smallest_fraction:g} exceed the whole"
        )
    elif not 0 < limits.smallest_fraction <= 1:
        yield (
            "limits.smallest_fraction: must be above 0 and at most 1, given "
            f"{limits.smallest_fraction:g}"
        )


def _name_faults(components: Components, limits: Limits) -> Iterator[str]:
    solvents = [s.name for s in components.solvents]
    salts = [s.name for s in components.salts]
    for key, table, allowed in (
        ("max_fraction", limits.max_fraction, solvents),
        ("min_fraction", limits.min_fraction, solvents),
        ("max_molality_mol_kg", limits.max_molality_mol_kg, salts),
    ):
        kind = "salts" if allowed is salts else "solvents"
        for name in table:
            # An empty list is reported as a fault of its own.
            if allowed and name not in allowed:
                yield f"limits.{key}.{name}: {name} is not among components.{kind}"
    for first, second in limits.forbidden_pairs:
        for name in dict.fromkeys((first, second)):
            if solvents and salts and name not in components.names:
                yield f"limits.forbidden_pairs: {name} is not a component"
        if first == second:
            yield f"limits.forbidden_pairs: {first} is paired with itself"


def _ratio_faults(components: Components, limits: Limits) -> Iterator[str]:
    solvents = [s.name for s in components.solvents]
    for number, ratio in enumerate(limits.ratios, start=1):
        key = f"limits.ratios[{number}]"
        for name in dict.fromkeys((*ratio.of, *ratio.to)):
            if solvents and name not in solvents:
                yield f"{key}: {name} is not among components.solvents"
        for name in sorted(set(ratio.of) & set(ratio.to)):
            yield f"{key}: {name} stands on both sides"
        if ratio.low is not None and ratio.high is not None and ratio.low > ratio.high:
            yield f"{key}.min: {ratio.low:g} is above max {ratio.high:g}"


def _additive_faults(components: Components, limits: Limits) -> Iterator[str]:
    for additive in components.additives:
        low, high = additive.low_wt_percent, additive.high_wt_percent
        key = f"components.additives.{additive.additive.name}"
        fewest, most = limits.additive_steps(additive)
        if not 0 < low <= high < 100:
            yield (
                f"{key}: must be [lowest, highest] wt% between 0 and 100, given [{low:g}, {high:g}]"
            )
        elif fewest > most:
            yield (
                f"{key}: no step of additive_step_wt_percent "
                f"{limits.additive_step_wt_percent:g} lies between {low:g} and {high:g} wt%"
            )


def _fraction_faults(components: Components, limits: Limits) -> Iterator[str]:
    possible = True
    for solvent in components.solvents:
        name = solvent.name
        cap, floor = limits.max_fraction.get(name, 1.0), limits.min_fraction.get(name, 0.0)
        fewest, most = limits.solvent_steps(name)
        if fewest > most:
            possible = False
            lowest = max(floor, limits.smallest_fraction)
            which = "min_fraction" if floor > limits.smallest_fraction else "smallest_fraction"
            yield f"limits.max_fraction.{name}: {cap:g} is below {which} {lowest:g}"
    if len(limits.min_fraction) > limits.max_solvents:
        possible = False
        yield (
            f"limits.min_fraction: {len(limits.min_fraction)} solvents are required, but "
            f"max_solvents is {limits.max_solvents}"
        )
    total = sum(exact(x) for x in limits.min_fraction.values())
    if total > 1:
        possible = False
        yield f"limits.min_fraction: the fractions add up to {float(total):g}, above 1"
    if possible:
        yield from _sum_faults(components, limits)


def _sum_faults(components: Components, limits: Limits) -> Iterator[str]:
    def most_of(steps: Sequence[tuple[int, int]], count: int) -> int:
        return sum(sorted((most for _, most in steps), reverse=True)[:count])

    solvents = [limits.solvent_steps(s.name) for s in components.solvents]
    reach = most_of(solvents, limits.max_solvents)
    if reach < limits.whole:
        yield (
            f"limits.max_fraction: {min(limits.max_solvents, len(solvents))} solvents reach at "
            f"most {reach / limits.whole:g} of the whole; raise a cap or max_solvents"
        )


def _molality_faults(components: Components, limits: Limits) -> Iterator[str]:
    fewest, _ = limits.molality_steps
    caps = []
    for salt in components.salts:
        cap = limits.salt_steps(salt.name)[1]
        caps.append(cap)
        if cap < 1:
            yield (
                f"limits.max_molality_mol_kg.{salt.name}: "
                f"{limits.max_molality_mol_kg[salt.name]:g} is below one molality_step "
                f"{limits.molality_step:g}"
            )
        elif limits.max_salts == 1 and cap < fewest:
            yield (
                f"limits.max_molality_mol_kg.{salt.name}: "
                f"{limits.max_molality_mol_kg[salt.name]:g} is below the lowest of "
                f"salt_molality_mol_kg {limits.salt_molality_mol_kg[0]:g}; remove the salt or "
                "allow a second one"
            )
    if sum(sorted(caps, reverse=True)[: limits.max_salts]) < fewest:
        yield "limits.max_molality_mol_kg: no salts together reach the lowest salt_molality_mol_kg"
