"""From thousands of scored recipes to a shortlist of good recipes that differ.

The best recipes of a search are often near-copies of one recipe. Every pick therefore counts both
the hypervolume that a recipe adds and its distance from the recipes picked before.

*Gains* are objectives with the sign that makes more better; scaled gains are 0 for the worst and 1
for the best of the recipes compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search.limits import ROUNDING
from electrolyte_ml.species import Solvent

# Random points that measure hypervolumes.
_SAMPLES = 4096

# Recipes of the same components that differ by less than both count as the same recipe.
LEAST_FRACTION_APART = 0.05
LEAST_MOLALITY_APART = 0.1

# Candidates for each pick; more of them cost time and hardly change the shortlist.
_CANDIDATES_PER_PICK = 5

# Sets of components beyond these, for picks without a solvent that most picks hold.
_FURTHER_SETS_PER_PICK = 40

# In a batch of a campaign, one set of components gets at most one recipe in four (rounded up) while
# there are others.
_ONE_SET_OF = 4

# Solvents with a smaller share of the base electrolyte do not make a recipe distinct.
_MAIN_SHARE = 0.1

# Largest possible distance of two recipes.
_FARTHEST = 2.0

# Lowest quality of a recipe, far from the front.
_LEAST_QUALITY = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Picking:
    """Rule of picking: what distance from the front costs, and what repetition costs.

    Attributes
    ----------
    quality_lost_per_distance
        The quality of a recipe falls to its minimum at the inverse of this, as a share of an
        objective's range from the front; what is nearer than half of it is hardly ever surely
        worse.
    repeated_components
        Factor on the novelty of a recipe whose set of components was picked before.
    repeated_chemistry
        The same for each pick of the same chemistry: the same salts in solvents of the same
        families.
    repeated_bulk, repeated_salts
        The same for each pick whose largest solvent, or whose salts, are the same.
    nearer_is_better
        Whether of two recipes of the lowest quality the one that is nearer to the front is better.
    distinct_anchors
        Whether the best recipes of several objectives must have different main components.
    most_with_one_solvent
        Share of the picks that may hold the same main solvent while there are others.
    one_set_of
        One set of components gets at most one pick in so many (rounded up) while there are others.
    """

    quality_lost_per_distance: float = 2.0
    repeated_components: float = 0.5
    repeated_chemistry: float = 0.75
    repeated_bulk: float = 0.6
    repeated_salts: float = 0.8
    nearer_is_better: bool = True
    distinct_anchors: bool = True
    most_with_one_solvent: float = 0.6
    one_set_of: int = 8

    @property
    def repeats(self) -> tuple[tuple[float, Callable[[Formulation], Hashable]], ...]:
        """Factor for each repeat of a kind, and what makes the kind."""
        return (
            (self.repeated_chemistry, chemistry),
            (self.repeated_bulk, _bulk),
            (self.repeated_salts, _salts),
        )


#: The rule of shortlists.
PICKING = Picking()


def shortlist(
    formulations: Sequence[Formulation],
    gains: NDArray[np.float64],
    weights: Sequence[float],
    n: int,
    taken: Sequence[Formulation] = (),
    *,
    rule: Picking = PICKING,
) -> list[int]:
    """Choose `n` good and different recipes.

    Parameters
    ----------
    formulations
        Feasible recipes with distinct keys, at least one.
    gains
        Objectives with the sign that makes more better, shape (len(formulations), m).
    weights
        Importance of each objective, length m.
    n
        Number of recipes to choose.
    taken
        Recipes chosen before; picks keep their distance from these too.
    rule
        What distance from the front and repetition cost.

    Returns
    -------
    list of int
        At most `n` rows: recipes of the Pareto set first, within it the highest weighted mean of
        the scaled objectives first. The order does not depend on that of `formulations`.
    """
    scaled_gains = scaled(gains)
    utility = scaled_gains @ (np.asarray(weights) / np.sum(weights))
    order = _canonical_order(formulations, utility)
    layers = _layers(scaled_gains, enough=n * _CANDIDATES_PER_PICK)
    ranked = sorted(order, key=lambda row: layers[row])
    anchors = _anchors(scaled_gains, order, n)
    if rule.distinct_anchors:
        anchors = _of_other_components(formulations, anchors)
    front = np.flatnonzero(layers == 0)
    pool = _thin(formulations, [*anchors, *ranked], n, most_of_one_set(n, rule.one_set_of))
    n_anchors, n_first = len(set(anchors) & set(pool)), len(pool)
    if rule.most_with_one_solvent < 1.0:
        pool += _of_further_components(formulations, pool, ranked, n)
    candidates = _Pool(formulations, scaled_gains, front, pool, taken, rule=rule)
    picked = _pick(candidates, n_anchors, n_first, n)
    place = {row: i for i, row in enumerate(order)}
    picked.sort(key=lambda row: (layers[row] > 0, place[row]))
    return picked


def nearly_same(first: Formulation, second: Formulation) -> bool:
    """Whether two recipes have the same components in amounts that hardly differ."""
    w1, w2 = first.mass_fractions, second.mass_fractions
    m1, m2 = first.molalities_mol_kg, second.molalities_mol_kg
    return (
        w1.keys() == w2.keys()
        and m1.keys() == m2.keys()
        and all(abs(w1[k] - w2[k]) < LEAST_FRACTION_APART - ROUNDING for k in w1)
        and all(abs(m1[k] - m2[k]) < LEAST_MOLALITY_APART - ROUNDING for k in m1)
    )


def most_of_one_set(n: int, one_set_of: int = _ONE_SET_OF) -> int:
    """How many of `n` picks may have the same components while there are others."""
    return max(1, -(-n // one_set_of))


def _canonical_order(
    formulations: Sequence[Formulation], utility: NDArray[np.float64]
) -> list[int]:
    """Rows from the highest utility down; equal ones by key."""
    return sorted(range(len(formulations)), key=lambda i: (-utility[i], formulations[i].key))


def _layers(scaled_gains: NDArray[np.float64], enough: int) -> NDArray[np.intp]:
    """Number of the front of each row, shape (n,); rows beyond `enough` share the last one."""
    layers = np.full(len(scaled_gains), -1, dtype=np.intp)
    found = 0
    for number, rows in enumerate(fronts(scaled_gains)):
        layers[rows] = number
        found += len(rows)
        if found >= enough:
            break
    layers[layers < 0] = layers.max() + 1
    return layers


def _anchors(scaled_gains: NDArray[np.float64], order: Sequence[int], n: int) -> list[int]:
    """Best recipe for each objective and best compromise, at most `n`."""
    rank = np.empty(len(order), dtype=np.intp)
    rank[list(order)] = np.arange(len(order))
    best = [int(np.lexsort((rank, -scaled_gains[:, j]))[0]) for j in range(scaled_gains.shape[1])]
    wanted = [*best, order[0]] if n > len(best) else [order[0], *best]
    return list(dict.fromkeys(wanted))[:n]


def _of_other_components(formulations: Sequence[Formulation], rows: Sequence[int]) -> list[int]:
    """Rows without those whose main components are those of one before."""
    first: dict[frozenset[str], int] = {}
    for row in rows:
        first.setdefault(main_set(formulations[row]), row)
    return list(first.values())


def _thin(formulations: Sequence[Formulation], rows: Sequence[int], n: int, most: int) -> list[int]:
    """Candidates, best first, without near-copies and with at most `most` of a set of components.

    If fewer than `n` remain, near-copies are added again, best first.
    """
    members: dict[frozenset[str], list[int]] = {}
    kept: list[int] = []
    spare: list[int] = []
    for row in dict.fromkeys(rows):
        group = members.setdefault(main_set(formulations[row]), [])
        if any(nearly_same(formulations[row], formulations[other]) for other in group):
            continue
        if len(group) >= most:
            spare.append(row)
            continue
        group.append(row)
        kept.append(row)
        if len(kept) >= n * _CANDIDATES_PER_PICK:
            return kept
    for row in spare:
        group = members[main_set(formulations[row])]
        if len(kept) < n and not any(
            nearly_same(formulations[row], formulations[other]) for other in group
        ):
            group.append(row)
            kept.append(row)
    rest = [row for row in dict.fromkeys(rows) if row not in set(kept)]
    return kept + rest[: max(0, n - len(kept))]


def _of_further_components(
    formulations: Sequence[Formulation], pool: Sequence[int], ranked: Sequence[int], n: int
) -> list[int]:
    """Best rows of those sets of main components that are not in the pool, best first."""
    seen = {main_set(formulations[row]) for row in pool}
    found: dict[frozenset[str], int] = {}
    for row in ranked:
        held = main_set(formulations[row])
        if held not in seen:
            found.setdefault(held, row)
        if len(found) >= n * _FURTHER_SETS_PER_PICK:
            break
    return list(found.values())


def component_set(formulation: Formulation) -> frozenset[str]:
    """Names of all components of a recipe."""
    return frozenset({*formulation.mass_fractions, *formulation.molalities_mol_kg})


def main_solvents(formulation: Formulation) -> tuple[Solvent, ...]:
    """Solvents that make up a tenth of the base electrolyte or more; additives do not count."""
    base = [s for s in formulation.solvents if s.role != "additive"]
    whole = sum(s.mass_fraction for s in base)
    return tuple(s.solvent for s in base if s.mass_fraction >= _MAIN_SHARE * whole - ROUNDING)


def chemistry(formulation: Formulation) -> frozenset[str]:
    """Names of the salts, and families of the main solvents."""
    families = {s.family or s.name for s in main_solvents(formulation)}
    return frozenset({*families, *formulation.molalities_mol_kg})


def main_set(formulation: Formulation) -> frozenset[str]:
    """Names of the salts and of the main solvents."""
    solvents = {s.name for s in main_solvents(formulation)}
    return frozenset({*solvents, *formulation.molalities_mol_kg})


def _bulk(formulation: Formulation) -> str:
    """Name of the solvent of which there is most."""
    return max(formulation.solvents, key=lambda s: s.mass_fraction).solvent.name


def _salts(formulation: Formulation) -> frozenset[str]:
    return frozenset(formulation.molalities_mol_kg)


class _Pool:
    """Candidates with their quality, distances and dominated samples; arrays over candidates."""

    def __init__(
        self,
        formulations: Sequence[Formulation],
        scaled_gains: NDArray[np.float64],
        front: NDArray[np.intp],
        rows: Sequence[int],
        taken: Sequence[Formulation],
        *,
        rule: Picking,
    ) -> None:
        self.rows = list(rows)
        self.sets = [main_set(formulations[row]) for row in rows]
        self.solvents: list[set[str]] = [
            {s.name for s in main_solvents(formulations[row])} for row in rows
        ]
        self.most_with_one_solvent = rule.most_with_one_solvent
        self.taken_sets = [main_set(f) for f in taken]
        self.repeated_components = rule.repeated_components
        # What counts for less when it is repeated: factor, that of each candidate, those taken.
        self.kinds = [
            (factor, [kind(formulations[row]) for row in rows], [kind(f) for f in taken])
            for factor, kind in rule.repeats
        ]
        self.covered = dominated_samples(scaled_gains[self.rows])
        both = np.concatenate([scaled_gains[self.rows], scaled_gains[front]])
        behind = distance_to_front(both, np.arange(len(rows), len(both)))[: len(rows)]
        # Beyond that distance, what is nearer to the front is still the better one.
        least = _LEAST_QUALITY * (1.0 - behind / 2 if rule.nearer_is_better else 1.0)
        self.quality = np.maximum(1.0 - rule.quality_lost_per_distance * behind, least)
        distance = _distances([*(formulations[row] for row in rows), *taken])
        self.distance = distance[: len(rows), : len(rows)]
        # Without taken recipes: the largest possible distance.
        self.from_taken = distance[: len(rows), len(rows) :].min(axis=1, initial=_FARTHEST)


def _distances(formulations: Sequence[Formulation]) -> NDArray[np.float64]:
    """Share of the solvents that differs, plus that of the salts, shape (n, n), 0 to 2."""
    highest = max((f.molality_mol_kg for f in formulations), default=0.0) or 1.0
    names = sorted({name for f in formulations for name in component_set(f)})
    column = {name: j for j, name in enumerate(names)}
    amounts = np.zeros((len(formulations), len(names)))
    for i, formulation in enumerate(formulations):
        for name, share in formulation.mass_fractions.items():
            amounts[i, column[name]] = share
        for name, molality in formulation.molalities_mol_kg.items():
            amounts[i, column[name]] = molality / highest
    result: NDArray[np.float64] = np.abs(amounts[:, None, :] - amounts[None, :, :]).sum(axis=2) / 2
    return result


def _pick(pool: _Pool, n_anchors: int, n_first: int, n: int) -> list[int]:
    """Greedy selection: anchors first, then always the candidate with the highest score.

    Candidates beyond the first `n_first` count only where each of those that are left holds a
    solvent that enough picks hold.
    """
    picked = list(range(min(n_anchors, n_first)))
    while len(picked) < min(n, n_first):
        score = _scores(pool, picked)
        free = _without_common_solvents(pool, picked, n)
        free[picked] = False
        if free[:n_first].any():
            free[n_first:] = False
        elif not free.any():
            free[:n_first] = True
            free[picked] = False
        picked.append(int(np.argmax(np.where(free, score, -1.0))))
    return [pool.rows[i] for i in picked]


def _scores(pool: _Pool, picked: Sequence[int]) -> NDArray[np.float64]:
    """What each candidate would add to the picks, times its quality, shape (candidates,)."""
    covered = pool.covered[list(picked)].any(axis=0)
    gain = (pool.covered & ~covered).mean(axis=1)
    nearest = np.minimum(
        pool.distance[:, list(picked)].min(axis=1, initial=_FARTHEST), pool.from_taken
    )
    used = [*(pool.sets[i] for i in picked), *pool.taken_sets]
    novelty = np.array([pool.repeated_components if s in used else 1.0 for s in pool.sets])
    for factor, own, taken in pool.kinds:
        alike = [*(own[i] for i in picked), *taken]
        novelty *= [factor ** alike.count(kind) for kind in own]
    return np.asarray(pool.quality * (novelty * nearest + gain))


def _without_common_solvents(pool: _Pool, picked: Sequence[int], n: int) -> NDArray[np.bool_]:
    """Whether a candidate holds no solvent that enough picks hold, shape (candidates,).

    A solvent that every candidate holds, since the problem asks for it, does not count.
    """
    most = max(1, ceil(pool.most_with_one_solvent * n - ROUNDING))
    held = Counter(name for i in picked for name in pool.solvents[i])
    enough = {name for name, count in held.items() if count >= most}
    enough -= pool.solvents[0].intersection(*pool.solvents)
    return np.array([enough.isdisjoint(names) for names in pool.solvents])


def scaled(gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every objective from 0 (worst present) to 1 (best present), shape (n, m)."""
    low, high = gains.min(axis=0), gains.max(axis=0)
    # An objective that is equal for all recipes: all are best.
    flat = high == low
    result: NDArray[np.float64] = np.where(
        flat, 1.0, (gains - low) / np.where(flat, 1.0, high - low)
    )
    return result


def fronts(gains: NDArray[np.float64]) -> Iterator[NDArray[np.intp]]:
    """Rows of the first, second, ... non-dominated front.

    Parameters
    ----------
    gains
        Shape (n, m).

    Yields
    ------
    ndarray
        Row numbers in ascending order; equal rows share a front.
    """
    # Sorted best first by objective 1, then 2...: a row can be dominated by rows before it only.
    left = np.lexsort(-gains.T[::-1])
    while len(left):
        front: list[int] = []
        dominated = np.zeros(len(left), dtype=bool)
        for place, row in enumerate(left):
            held = gains[front]
            beaten = np.all(held >= gains[row], axis=1) & np.any(held > gains[row], axis=1)
            if beaten.any():
                dominated[place] = True
            else:
                front.append(int(row))
        yield np.sort(np.array(front, dtype=np.intp))
        left = left[dominated]


def distance_to_front(gains: NDArray[np.float64], front: NDArray[np.intp]) -> NDArray[np.float64]:
    """Distance of each row from the front, shape (n,); 0 on the front itself.

    This is the additive epsilon indicator to the nearest member of the front.
    """
    behind = gains[front][None, :, :] - gains[:, None, :]
    return np.maximum(np.max(behind, axis=2), 0.0).min(axis=1)


def dominated_samples(gains: NDArray[np.float64], seed: int = 0) -> NDArray[np.bool_]:
    """Points of a fixed random sample of the unit cube that each row dominates, shape (n, p).

    The share of points dominated by any of some rows is their hypervolume.
    """
    sample = np.random.default_rng(seed).random((_SAMPLES, gains.shape[1]))
    covered = np.ones((len(gains), _SAMPLES), dtype=bool)
    for j in range(gains.shape[1]):
        covered &= gains[:, j, None] >= sample[None, :, j]
    return covered
