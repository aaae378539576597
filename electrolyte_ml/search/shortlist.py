"""From thousands of scored recipes to a shortlist: Pareto fronts and diversity.

Pareto fronts, and how much of the objectives' space a set of recipes covers.

Everything here takes gains: objectives with the sign that makes more better, scaled so that 0 is
the worst and 1 the best of the recipes compared.

From thousands of scored recipes to a shortlist worth a week in the laboratory.

The best recipes of a search are often one recipe in many shades. A shortlist therefore weighs two
things at every pick: how much hypervolume the recipe adds, and how far it is from those already
picked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation

_SAMPLES = 4096


def scaled(gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every objective from 0 (worst present) to 1 (best present), shape (n, m)."""
    low, high = gains.min(axis=0), gains.max(axis=0)
    # An objective that is the same for all recipes tells nothing: everybody is best.
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


def trailing(gains: NDArray[np.float64], front: NDArray[np.intp]) -> NDArray[np.float64]:
    """How far each row is behind the front: the least that would lift it onto it, shape (n,).

    The additive epsilon indicator against the nearest front member; 0 for the front itself.
    """
    behind = gains[front][None, :, :] - gains[:, None, :]
    return np.maximum(np.max(behind, axis=2), 0.0).min(axis=1)


def coverage(gains: NDArray[np.float64], seed: int = 0) -> NDArray[np.bool_]:
    """Which points of a fixed random sample of the unit cube each row dominates, shape (n, p).

    The mean over a union of rows is its hypervolume, for any number of objectives.
    """
    sample = np.random.default_rng(seed).random((_SAMPLES, gains.shape[1]))
    covered = np.ones((len(gains), _SAMPLES), dtype=bool)
    for j in range(gains.shape[1]):
        covered &= gains[:, j, None] >= sample[None, :, j]
    return covered


# Recipes of the same components that differ by less than both are one recipe to a chemist.
LEAST_FRACTION_APART = 0.05

LEAST_MOLALITY_APART = 0.1

# Candidates for each pick; more of them cost time and hardly change the shortlist.
_CANDIDATES_PER_PICK = 5

# A recipe that trails the Pareto set by a quarter of an objective's range is no longer a candidate.
_QUALITY_LOST_PER_TRAILING = 4.0

_LEAST_QUALITY = 0.01

_REPEATED_COMPONENTS = 0.5

# A set of components takes one pick of four (rounded up) while there are others.
_ONE_SET_OF = 4

# A dash of another solvent makes no other recipe: less than this of the solvents does not count.
_MAIN_SHARE = 0.1

_ROUNDING = 1e-9

_FARTHEST = 2.0


def shortlist(
    formulations: Sequence[Formulation],
    gains: NDArray[np.float64],
    weights: Sequence[float],
    n: int,
    taken: Sequence[Formulation] = (),
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
        How many to choose.
    taken
        Recipes that are chosen already; picks keep their distance from these too.

    Returns
    -------
    list of int
        At most `n` rows: recipes of the Pareto set first, within it the highest weighted mean of
        the scaled objectives first. The order does not depend on that of `formulations`.
    """
    goodness = scaled(gains)
    utility = goodness @ (np.asarray(weights) / np.sum(weights))
    order = _canonical_order(formulations, utility)
    layers = _layers(goodness, enough=n * _CANDIDATES_PER_PICK)
    ranked = sorted(order, key=lambda row: layers[row])
    anchors = _anchors(goodness, order, n)
    front = np.flatnonzero(layers == 0)
    pool = _thin(formulations, [*anchors, *ranked], n)
    n_anchors = len(set(anchors) & set(pool))
    picked = _pick(_Pool(formulations, goodness, front, pool, taken), n_anchors, n)
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
        and all(abs(w1[k] - w2[k]) < LEAST_FRACTION_APART - _ROUNDING for k in w1)
        and all(abs(m1[k] - m2[k]) < LEAST_MOLALITY_APART - _ROUNDING for k in m1)
    )


def most_of_one_set(n: int) -> int:
    """How many of `n` picks may have the same components while there are others."""
    return max(1, -(-n // _ONE_SET_OF))


def _canonical_order(
    formulations: Sequence[Formulation], utility: NDArray[np.float64]
) -> list[int]:
    """Rows from the highest utility down; equal ones by key."""
    return sorted(range(len(formulations)), key=lambda i: (-utility[i], formulations[i].key))


def _layers(goodness: NDArray[np.float64], enough: int) -> NDArray[np.intp]:
    """Number of the front of each row, shape (n,); rows beyond `enough` share the last one."""
    layers = np.full(len(goodness), -1, dtype=np.intp)
    found = 0
    for number, rows in enumerate(fronts(goodness)):
        layers[rows] = number
        found += len(rows)
        if found >= enough:
            break
    layers[layers < 0] = layers.max() + 1
    return layers


def _anchors(goodness: NDArray[np.float64], order: Sequence[int], n: int) -> list[int]:
    """The best for each objective and the best compromise, as far as there is room."""
    rank = np.empty(len(order), dtype=np.intp)
    rank[list(order)] = np.arange(len(order))
    best = [int(np.lexsort((rank, -goodness[:, j]))[0]) for j in range(goodness.shape[1])]
    wanted = [*best, order[0]] if n > len(best) else [order[0], *best]
    return list(dict.fromkeys(wanted))[:n]


def _thin(formulations: Sequence[Formulation], rows: Sequence[int], n: int) -> list[int]:
    """Candidates, best first, without near-repeats and without one set of components ruling.

    Where the recipes do not suffice for `n` picks, near-repeats are let in again, best first.
    """
    members: dict[frozenset[str], list[int]] = {}
    kept: list[int] = []
    spare: list[int] = []
    for row in dict.fromkeys(rows):
        group = members.setdefault(_main_set(formulations[row]), [])
        if any(nearly_same(formulations[row], formulations[other]) for other in group):
            continue
        if len(group) >= most_of_one_set(n):
            spare.append(row)
            continue
        group.append(row)
        kept.append(row)
        if len(kept) >= n * _CANDIDATES_PER_PICK:
            return kept
    for row in spare:
        group = members[_main_set(formulations[row])]
        if len(kept) < n and not any(
            nearly_same(formulations[row], formulations[other]) for other in group
        ):
            group.append(row)
            kept.append(row)
    rest = [row for row in dict.fromkeys(rows) if row not in set(kept)]
    return kept + rest[: max(0, n - len(kept))]


def component_set(formulation: Formulation) -> frozenset[str]:
    """Names of everything in a recipe, whatever the amounts."""
    return frozenset({*formulation.mass_fractions, *formulation.molalities_mol_kg})


def _main_set(formulation: Formulation) -> frozenset[str]:
    """Names of the salts and of the solvents that make up a notable part."""
    solvents = {n for n, share in formulation.mass_fractions.items() if share >= _MAIN_SHARE}
    return frozenset({*solvents, *formulation.molalities_mol_kg})


class _Pool:
    """Candidates with what a pick needs to know of them; arrays run over the candidates."""

    def __init__(
        self,
        formulations: Sequence[Formulation],
        goodness: NDArray[np.float64],
        front: NDArray[np.intp],
        rows: Sequence[int],
        taken: Sequence[Formulation],
    ) -> None:
        self.rows = list(rows)
        self.sets = [_main_set(formulations[row]) for row in rows]
        self.taken_sets = [_main_set(f) for f in taken]
        self.covered = coverage(goodness[self.rows])
        both = np.concatenate([goodness[self.rows], goodness[front]])
        behind = trailing(both, np.arange(len(rows), len(both)))[: len(rows)]
        self.quality = np.maximum(1.0 - _QUALITY_LOST_PER_TRAILING * behind, _LEAST_QUALITY)
        distance = _distances([*(formulations[row] for row in rows), *taken])
        self.distance = distance[: len(rows), : len(rows)]
        # Farther than any two recipes can be, where nothing is taken.
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


def _pick(pool: _Pool, n_anchors: int, n: int) -> list[int]:
    """Greedy max-min: anchors first, then always the candidate that adds the most."""
    picked = list(range(min(n_anchors, len(pool.rows))))
    while len(picked) < min(n, len(pool.rows)):
        covered = pool.covered[picked].any(axis=0)
        gain = (pool.covered & ~covered).mean(axis=1)
        nearest = np.minimum(
            pool.distance[:, picked].min(axis=1, initial=_FARTHEST), pool.from_taken
        )
        used = [*(pool.sets[i] for i in picked), *pool.taken_sets]
        novelty = np.array([_REPEATED_COMPONENTS if s in used else 1.0 for s in pool.sets])
        score = pool.quality * (novelty * nearest + gain)
        score[picked] = -1.0
        picked.append(int(np.argmax(score)))
    return [pool.rows[i] for i in picked]
