"""Masses to weigh out that obey the limits of a problem, rounded as they are."""

from __future__ import annotations

from collections.abc import Mapping

from electrolyte_ml.formulation import Formulation, weigh_out_rounded_g
from electrolyte_ml.search.limits import Components, Limits


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
