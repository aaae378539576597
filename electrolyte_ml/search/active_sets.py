"""Which components share a bottle: choice without replacement that never runs into a dead end.

Components are picked one after the other, salts first. What may be picked next is exactly what can
still be completed to a legal set, so every sequence of picks ends in one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from electrolyte_ml.search.limits import Components, Limits, Steps

KINDS = ("salt", "solvent", "additive")
Counts = tuple[int, int, int]


class ActiveSets:
    """All legal sets of components of a problem.

    Components are numbered as in `Components.names`: salts, then solvents, then additives.

    Parameters
    ----------
    components, limits
        What may be mixed.

    Attributes
    ----------
    steps
        Fewest and most grid steps of each component where it is present.
    """

    def __init__(self, components: Components, limits: Limits) -> None:
        self.limits = limits
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
        pairs = [frozenset(number[n] for n in pair) for pair in limits.forbidden_pairs]
        self._enemies = tuple(
            frozenset().union(*(pair - {i} for pair in pairs if i in pair))
            for i in range(len(self.names))
        )
        self._required = frozenset(number[name] for name in limits.min_fraction)
        self.next_picks = lru_cache(maxsize=65536)(self._next_picks)
        self.counts = lru_cache(maxsize=None)(self._counts)
        self._completable = lru_cache(maxsize=262144)(self._search)

    def kind(self, index: int) -> int:
        """Number of the kind in `KINDS` that a component belongs to."""
        return next(k for k, members in enumerate(self.members) if index in members)

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

    def _next_picks(self, counts: Counts, picked: frozenset[int]) -> tuple[int, ...]:
        """Components that may be picked next; empty when `picked` is complete."""
        kind = self._unfinished(counts, picked)
        if kind is None:
            return ()
        return tuple(
            i
            for i in self._compatible(self.members[kind], picked)
            if self._completable(counts, picked | {i})
        )

    def _unfinished(self, counts: Counts, picked: frozenset[int]) -> int | None:
        for kind, members in enumerate(self.members):
            if sum(i in members for i in picked) < counts[kind]:
                return kind
        return None

    def _compatible(self, members: Iterable[int], picked: frozenset[int]) -> list[int]:
        return [i for i in members if i not in picked and not (self._enemies[i] & picked)]

    def _search(self, counts: Counts, picked: frozenset[int]) -> bool:
        """Whether `picked` can be completed to a legal set: depth first, best chances first."""
        if not self._within_reach(counts, picked):
            return False
        kind = self._unfinished(counts, picked)
        if kind is None:
            # With nothing left to pick, the reach is the set itself.
            return True
        candidates = self._compatible(self.members[kind], picked)
        candidates.sort(key=lambda i: (i not in self._required, -self.steps[i][1]))
        return any(self._completable(counts, picked | {i}) for i in candidates)

    def _within_reach(self, counts: Counts, picked: frozenset[int]) -> bool:
        """Necessary condition: amounts of the best completion could add up, were all compatible."""
        if len(self._required - picked) > counts[1] - sum(i in self.members[1] for i in picked):
            return False
        reach = [self._reach(kind, counts[kind], picked) for kind in range(len(KINDS))]
        if any(low is None for low, _ in reach):
            return False
        (salt_low, salt_high), *solvents = ((low or 0, high) for low, high in reach)
        fewest, most = self.limits.molality_steps
        if salt_low > most or salt_high < fewest:
            return False
        whole = self.limits.whole
        return sum(low for low, _ in solvents) <= whole <= sum(high for _, high in solvents)

    def _reach(self, kind: int, count: int, picked: frozenset[int]) -> tuple[int | None, int]:
        """Smallest and largest sum of steps of one kind; None if there are too few of them."""
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
