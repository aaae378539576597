"""Legal sets of components, and picking one component after the other, salts first.

A pick that cannot be completed to a legal set is replaced by the next one that can, so every
sequence of picks ends in a legal set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from electrolyte_ml.search.grid_simplex import can_be_shared
from electrolyte_ml.search.limits import Components, Form, Limits, Steps

KINDS = ("salt", "solvent", "additive")
Counts = tuple[int, int, int]


class ComponentSets:
    """All legal sets of components of a problem.

    Components are numbered as in `Components.names`: salts, then solvents, then additives.

    Parameters
    ----------
    components, limits
        Components of recipes and their limits.

    Attributes
    ----------
    steps
        Fewest and most grid steps of each component where it is present.
    """

    def __init__(self, components: Components, limits: Limits) -> None:
        self._molality_steps = limits.molality_steps
        self._whole = limits.whole
        self._ratios = limits.ratios
        self.names = components.names
        sizes = (len(components.salts), len(components.solvents), len(components.additives))
        ends = (sizes[0], sizes[0] + sizes[1], sum(sizes))
        self.members = (range(ends[0]), range(ends[0], ends[1]), range(ends[1], ends[2]))
        self.fewest = (1, limits.min_solvents, 0)
        self.most = tuple(
            min(most, size)
            for most, size in zip(
                (limits.max_salts, limits.max_solvents, limits.max_additives), sizes, strict=True
            )
        )
        self.steps: tuple[Steps, ...] = (
            *(limits.salt_steps(s.name) for s in components.salts),
            *(limits.solvent_steps(s.name) for s in components.solvents),
            *(limits.additive_steps(a) for a in components.additives),
        )
        number = {name: i for i, name in enumerate(self.names)}
        apart = (*limits.forbidden_pairs, *limits.kept_apart)
        pairs = [frozenset(number[n] for n in pair) for pair in apart]
        self._enemies = tuple(
            frozenset().union(*(pair - {i} for pair in pairs if i in pair))
            for i in range(len(self.names))
        )
        self._required = frozenset(number[name] for name in limits.min_fraction)
        # Required components, and those with wide bounds, complete a set most easily.
        self._best_first = tuple(
            sorted(members, key=lambda i: (i not in self._required, -self.steps[i][1]))
            for members in self.members
        )
        self.counts = lru_cache(maxsize=None)(self._counts)
        self.options = lru_cache(maxsize=65536)(self._options)
        self._forms = lru_cache(maxsize=65536)(self._forms_of)
        self._picked = lru_cache(maxsize=262144)(self._pick_from)
        self._completable = lru_cache(maxsize=262144)(self._search)

    def is_possible(self) -> bool:
        """Whether there is any legal set."""
        return bool(self.counts(()))

    def _counts(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """Possible numbers of the next kind, given the numbers of the kinds before it."""
        kind = len(chosen)
        return tuple(
            n
            for n in range(self.fewest[kind], self.most[kind] + 1)
            if self._any_counts((*chosen, n))
        )

    def _any_counts(self, chosen: tuple[int, ...]) -> bool:
        if len(chosen) < len(KINDS):
            return bool(self.counts(chosen))
        n_salts, n_solvents, n_additives = chosen
        return self._completable((n_salts, n_solvents, n_additives), frozenset())

    def is_legal(self, chosen: frozenset[int]) -> bool:
        """Whether a complete set may be in one recipe and its amounts can add up."""
        return not any(self._enemies[i] & chosen for i in chosen) and self._adds_up(chosen)

    def _options(self, counts: Counts, picked: frozenset[int]) -> list[int]:
        """Components of the next kind that are compatible with all `picked`."""
        kind = self._unfinished(counts, picked)
        return [] if kind is None else self._compatible(self.members[kind], picked)

    def pick(self, counts: Counts, picked: frozenset[int], u: float) -> int:
        """Component at `u` in [0, 1) of the options, or the next one that a legal set contains.

        Parameters
        ----------
        counts
            Salts, solvents and additives of the finished set; one of the possible `counts`.
        picked
            Components picked before; part of a legal set, but not all of it.
        u
            Position among the options.
        """
        n_options = len(self.options(counts, picked))
        return self._picked(counts, picked, min(int(u * n_options), n_options - 1))

    def _pick_from(self, counts: Counts, picked: frozenset[int], start: int) -> int:
        """The first of the options from `start` on, in a circle, that a legal set contains."""
        options = self.options(counts, picked)
        return next(
            i
            for i in (*options[start:], *options[:start])
            if self._completable(counts, picked | {i})
        )

    def place(self, counts: Counts, picked: frozenset[int], chosen: int) -> float:
        """A number that makes `pick` return `chosen`."""
        options = self.options(counts, picked)
        return (options.index(chosen) + 0.5) / len(options)

    def _unfinished(self, counts: Counts, picked: frozenset[int]) -> int | None:
        for kind, members in enumerate(self.members):
            if sum(i in members for i in picked) < counts[kind]:
                return kind
        return None

    def _compatible(self, members: Iterable[int], picked: frozenset[int]) -> list[int]:
        blocked = picked.union(*(self._enemies[i] for i in picked))
        return [i for i in members if i not in blocked]

    def _search(self, counts: Counts, picked: frozenset[int]) -> bool:
        """Whether `picked` can be completed to a legal set."""
        if self._greedy(counts, picked):
            return True
        if not self._within_reach(counts, picked):
            return False
        kind = self._unfinished(counts, picked)
        if kind is None:
            return self._adds_up(picked)
        candidates = self._compatible(self._best_first[kind], picked)
        return any(self._completable(counts, picked | {i}) for i in candidates)

    def _greedy(self, counts: Counts, picked: frozenset[int]) -> bool:
        """Whether a greedy completion gives a legal set; False proves nothing."""
        grown = set(picked)
        blocked = picked.union(*(self._enemies[i] for i in picked))
        for kind, members in enumerate(self.members):
            missing = counts[kind] - sum(i in members for i in picked)
            for i in self._best_first[kind]:
                if missing <= 0:
                    break
                if i not in blocked:
                    grown.add(i)
                    blocked |= self._enemies[i] | {i}
                    missing -= 1
            if missing > 0:
                return False
        return self._adds_up(grown)

    def _adds_up(self, chosen: Iterable[int]) -> bool:
        """Whether amounts of a complete set can add up and no required component is missing."""
        fewest, most = self._molality_steps
        salts = [self.steps[i] for i in chosen if i in self.members[0]]
        solvents = sorted(i for i in chosen if i in self.members[1])
        bounds = tuple(self.steps[i] for i in solvents)
        return (
            self._required.issubset(chosen)
            and sum(low for low, _ in salts) <= most
            and sum(high for _, high in salts) >= fewest
            and can_be_shared(bounds, self._whole, self.forms(solvents))
        )

    def forms(self, solvents: Sequence[int]) -> tuple[Form, ...]:
        """Inequalities of the ratios for these solvents, in their order."""
        return self._forms(tuple(solvents)) if self._ratios else ()

    def _forms_of(self, solvents: tuple[int, ...]) -> tuple[Form, ...]:
        names = [self.names[i] for i in solvents]
        return tuple(form for ratio in self._ratios for form in ratio.forms(names, self._whole))

    def _within_reach(self, counts: Counts, picked: frozenset[int]) -> bool:
        """Necessary condition: amounts of the best completion add up, compatibility ignored."""
        if len(self._required - picked) > counts[1] - sum(i in self.members[1] for i in picked):
            return False
        reach = [self._reach(kind, counts[kind], picked) for kind in range(len(KINDS))]
        if any(low is None for low, _ in reach):
            return False
        (salt_low, salt_high), (low, high), _ = ((low or 0, high) for low, high in reach)
        fewest, most = self._molality_steps
        return salt_low <= most and salt_high >= fewest and low <= self._whole <= high

    def _reach(self, kind: int, count: int, picked: frozenset[int]) -> tuple[int | None, int]:
        """Smallest and largest sum of steps of one kind; None if it has too few components."""
        mine = [i for i in picked if i in self.members[kind]]
        mine += [i for i in self._required - picked if i in self.members[kind]]
        free = [i for i in self._compatible(self.members[kind], picked) if i not in mine]
        missing = count - len(mine)
        if missing > len(free):
            return None, 0
        lows = sorted(self.steps[i][0] for i in free)[:missing]
        highs = sorted((self.steps[i][1] for i in free), reverse=True)[:missing]
        low = sum(self.steps[i][0] for i in mine) + sum(lows)
        return low, sum(self.steps[i][1] for i in mine) + sum(highs)
