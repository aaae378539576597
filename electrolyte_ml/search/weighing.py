"""The weigh-out sheet: grams that a balance can show, and that obey the limits as they stand."""

from __future__ import annotations

from itertools import product

from electrolyte_ml.formulation import Formulation, weigh_out_g
from electrolyte_ml.search.limits import Components, Limits

_STEPS_PER_GRAM = 100
_BATCH_G = 100
# Rounding one way or the other nearly always suffices; one step further serves rare corners.
_REACHES = ((0, 1), (-1, 0, 1, 2))
# Three to the power of this many components is still counted through in no time.
_MOST_COMPONENTS_TRIED = 8


def weigh_out_per_100g(
    formulation: Formulation, components: Components, limits: Limits
) -> dict[str, float]:
    """Grams of each component for 100 g of electrolyte, to 0.01 g.

    Parameters
    ----------
    formulation
        The recipe.
    components, limits
        Limits that the grams themselves must obey as far as 0.01 g allows: half a step too much
        of a solvent that is at its cap would break the cap in the bottle.

    Returns
    -------
    dict of str to float
        Grams by name, solvents first; they sum to 100.00 exactly in hundredths.
    """
    ideal = {n: g * _STEPS_PER_GRAM for n, g in weigh_out_g(formulation, _BATCH_G).items()}
    floors = {name: int(steps) for name, steps in ideal.items()}
    nearest = _largest_remainders(ideal, floors)
    best = nearest
    if len(ideal) <= _MOST_COMPONENTS_TRIED and not _obeys(
        nearest, formulation, components, limits
    ):
        best = _nearest_legal(ideal, floors, formulation, components, limits) or nearest
    return {name: steps / _STEPS_PER_GRAM for name, steps in best.items()}


def _largest_remainders(ideal: dict[str, float], floors: dict[str, int]) -> dict[str, int]:
    missing = _BATCH_G * _STEPS_PER_GRAM - sum(floors.values())
    by_remainder = sorted(ideal, key=lambda name: (floors[name] - ideal[name], name))
    return {n: floors[n] + (n in by_remainder[:missing]) for n in ideal}


def _nearest_legal(
    ideal: dict[str, float],
    floors: dict[str, int],
    formulation: Formulation,
    components: Components,
    limits: Limits,
) -> dict[str, int] | None:
    """The rounding nearest to the recipe that sums to the batch and obeys the limits."""
    whole = _BATCH_G * _STEPS_PER_GRAM
    for reach in _REACHES:
        found: list[tuple[float, tuple[int, ...]]] = []
        for moves in product(reach, repeat=len(ideal)):
            steps = [floors[n] + move for n, move in zip(ideal, moves, strict=True)]
            if sum(steps) != whole or min(steps) < 1:
                continue
            trial = dict(zip(ideal, steps, strict=True))
            if _obeys(trial, formulation, components, limits):
                error = sum((trial[n] - ideal[n]) ** 2 for n in ideal)
                found.append((error, tuple(steps)))
        if found:
            return dict(zip(ideal, min(found)[1], strict=True))
    return None


def _obeys(
    steps: dict[str, int], formulation: Formulation, components: Components, limits: Limits
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
    steps: dict[str, int], formulation: Formulation, solvents: int, limits: Limits
) -> bool:
    total = 0.0
    for salt in formulation.salts:
        molality = 1000 * steps[salt.salt.name] / (salt.salt.molar_mass_g_mol * solvents)
        if molality > limits.max_molality_mol_kg.get(salt.salt.name, float("inf")):
            return False
        total += molality
    low, high = limits.salt_molality_mol_kg
    return low <= total <= high
