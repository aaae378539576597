"""Recognising results that were recorded before, in a sheet that grew or was saved again."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from electrolyte_ml.campaign.state import Quantity, Result, Status, column_name
from electrolyte_ml.data.cleaning import Collector
from electrolyte_ml.errors import TableError
from electrolyte_ml.models.slips import find_slips
from electrolyte_ml.text import counted, significant

# Values are the same within this: measured.csv, spreadsheets and single precision round.
_SAME = 1e-6
_CONDUCTIVITY = "conductivity_ms_cm"


class Recorded(tuple[Result, ...]):
    """Results that one table added.

    Parameters
    ----------
    results
        The new results.
    n_known
        Number of rows left out because they were recorded before.
    n_replicates
        Number of new results whose recipe had been measured already.
    doubts
        What speaks against the new results as a whole, such as another unit; see `doubts_about`.
    replaces
        Of each new result, the place among the known ones of that which it corrects, or None.
    """

    n_known: int
    n_replicates: int
    doubts: tuple[str, ...]
    replaces: tuple[int | None, ...]

    def __new__(
        cls,
        results: Iterable[Result],
        n_known: int = 0,
        n_replicates: int = 0,
        doubts: Iterable[str] = (),
        replaces: Iterable[int | None] = (),
    ) -> Recorded:
        """Hold the results and what is said of them."""
        made = super().__new__(cls, results)
        made.n_known, made.n_replicates, made.doubts = n_known, n_replicates, tuple(doubts)
        made.replaces = tuple(replaces) or (None,) * len(made)
        return made

    def __repr__(self) -> str:
        return f"<Recorded, {counted(len(self), 'new result')}: {self.remark or 'all first ones'}>"

    @property
    def remark(self) -> str:
        """Rows left out, replicates and doubts in words; empty if there are none."""
        words = []
        if self.n_known:
            words.append(
                f"{counted(self.n_known, 'row was', 'rows were')} recorded before and left out; "
                "equal results of another measurement are recorded alone, with --again"
            )
        if self.n_replicates:
            words.append(
                f"{counted(self.n_replicates, 'result is a replicate', 'results are replicates')} "
                "of a recipe measured before"
            )
        n_replaced = sum(place is not None for place in self.replaces)
        if n_replaced:
            words.append(
                f"{counted(n_replaced, 'result replaces', 'results replace')} what was recorded "
                "before"
            )
        lines = ["; ".join(words)] if words else []
        return "\n".join([*lines, *(f"warning: {doubt}" for doubt in self.doubts)])


def doubts_about(results: Sequence[Result], table: str) -> list[str]:
    """What speaks against results as a whole: a factor off the models, or columns swapped.

    Nothing is changed: results may surprise, but a slip of a unit does so by the same factor in
    all of them.

    Parameters
    ----------
    results
        New results of one table.
    table
        Name of the table.
    """
    collectors: dict[str, Collector] = {}
    for row, result in enumerate(results, start=1):
        for (name, kelvin), value in result.values.items():
            collectors.setdefault(name, Collector(name)).take(
                result.formulation,
                temperature_k=math.nan if kelvin is None else kelvin,
                value=value,
                source=table,
                row=row,
            )
    measured = [collector.finish(table)[0] for collector in collectors.values()]
    return [*(str(slip) for one in measured for slip in find_slips(one)), *_falling(results)]


def _falling(results: Sequence[Result]) -> list[str]:
    """Pairs of columns whose conductivity falls as it gets warmer, as that of no liquid does."""
    counts: dict[tuple[Quantity, Quantity], list[bool]] = defaultdict(list)
    for result in results:
        held = [q for q in result.values if q[0] == _CONDUCTIVITY and q[1] is not None]
        held.sort(key=lambda q: q[1] or 0.0)
        for cold, warm in pairwise(held):
            counts[cold, warm].append(result.values[warm] < result.values[cold])
    return [
        f"{column_name(warm)} is below {column_name(cold)} in {sum(falls)} of "
        f"{counted(len(falls), 'result')}, but a liquid conducts better when it is warmer: are "
        "the two columns swapped?"
        for (cold, warm), falls in counts.items()
        if 2 * sum(falls) > len(falls)
    ]


def recognise(
    found: Sequence[Result], known: Sequence[Result], *, again: bool = False, correct: bool = False
) -> Recorded:
    """Those of the results found in a table that were not recorded before.

    A result is known if its recipe was recorded with the same values, once for each time. If only
    some of its values were recorded, and nothing that differs, the others are new.

    Parameters
    ----------
    found
        Results of the table.
    known
        All results of the campaign.
    again
        Take every result as new.
    correct
        A result of a recipe that was recorded replaces what was recorded of it.

    Raises
    ------
    TableError
        If results share values with what was recorded and differ in others, and neither `again`
        nor `correct` says what is meant: a line for each.
    """
    left: dict[str, list[int]] = defaultdict(list)
    for place, result in enumerate(known):
        left[result.formulation.key].append(place)
    fresh: dict[int, Result] = {}
    replaces: dict[int, int] = {}
    doubts = []
    for row in range(len(found)) if again else _unequal(found, known, left):
        result, others = found[row], left[found[row].formulation.key]
        if correct and others:
            place = max(others, key=lambda one: (_n_equal(result, known[one]), one))
            others.remove(place)
            # An experiment that failed after all has no values.
            before = known[place].values if result.status is Status.OK else {}
            fresh[row] = replace(result, values={**before, **result.values})
            replaces[row] = place
            continue
        if not again:
            doubts += [fault for one in others if (fault := _contradiction(result, known[one]))]
        rest = result if again else _without_known(result, known, others)
        if rest is not None:
            fresh[row] = rest
    if doubts:
        raise TableError(doubts)
    kept = [r for place, r in enumerate(known) if place not in replaces.values()]
    seen = {(r.formulation.key, q) for r in kept for q in r.values}
    n_replicates = 0
    for row in sorted(fresh):
        quantities = {(fresh[row].formulation.key, q) for q in fresh[row].values}
        n_replicates += bool(quantities & seen)
        seen |= quantities
    return Recorded(
        (fresh[row] for row in sorted(fresh)),
        len(found) - len(fresh),
        n_replicates,
        replaces=(replaces.get(row) for row in sorted(fresh)),
    )


def _unequal(
    found: Sequence[Result], known: Sequence[Result], left: Mapping[str, list[int]]
) -> list[int]:
    """Rows that equal none recorded; each of those recorded is taken from `left` for one row."""
    rows = []
    for row, result in enumerate(found):
        others = left.get(result.formulation.key, [])
        equal = next((place for place in others if _is_equal(known[place], result)), None)
        if equal is None:
            rows.append(row)
        else:
            others.remove(equal)
    return rows


def _without_known(result: Result, known: Sequence[Result], others: list[int]) -> Result | None:
    """The result without values recorded before; None if nothing is left.

    Places of results that are used up are taken from `others`.
    """
    if result.status is not Status.OK:
        return result
    measured = [place for place in others if known[place].status is Status.OK]
    measured.sort(key=lambda place: -len(known[place].values))
    for place in measured:
        if _is_within(result.values, known[place].values):
            others.remove(place)
            return None
    rest = dict(result.values)
    for place in measured:
        held = known[place].values
        if _is_within(held, result.values) and held.keys() <= rest.keys():
            others.remove(place)
            rest = {quantity: value for quantity, value in rest.items() if quantity not in held}
    return replace(result, values=rest) if rest else None


def _contradiction(result: Result, other: Result) -> str | None:
    """Why a row looks like a recorded one with a number changed; None if it does not."""
    changed = [
        (quantity, other.values[quantity], value)
        for quantity, value in result.values.items()
        if quantity in other.values and not _same(value, other.values[quantity])
    ]
    if not changed or not _n_equal(result, other):
        return None
    told = "; ".join(
        f"{column_name(quantity)} was recorded as {significant(before, 6)} and is "
        f"{significant(now, 6)} here"
        for quantity, before, now in changed
    )
    named = result.suggestion or result.formulation.notation()
    return (
        f"{named}: {told}, with other values as they were; --correct (correct=True in Python) "
        "replaces what was recorded, --again (again=True) adds another measurement"
    )


def _n_equal(one: Result, other: Result) -> int:
    """Quantities that both have with the same value."""
    return sum(
        quantity in other.values and _same(value, other.values[quantity])
        for quantity, value in one.values.items()
    )


def _is_equal(one: Result, other: Result) -> bool:
    """Whether results of a recipe are the same; a comment may be added later."""
    same = one.status is other.status and len(one.values) == len(other.values)
    return same and _is_within(one.values, other.values)


def _is_within(some: Mapping[Quantity, float], values: Mapping[Quantity, float]) -> bool:
    """Whether all of some values are among others."""
    return all(q in values and _same(value, values[q]) for q, value in some.items())


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_SAME)
