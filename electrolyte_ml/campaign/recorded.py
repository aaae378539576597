"""Recognising results that were recorded before, in a sheet that grew or was saved again."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from electrolyte_ml.campaign.state import Quantity, Result, Status, column_name
from electrolyte_ml.data.cleaning import Collector
from electrolyte_ml.models.slips import find_slips
from electrolyte_ml.text import counted

# A value is the same if it is so in these digits: measured.csv and spreadsheets round.
_DIGITS = 9
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
    """

    n_known: int
    n_replicates: int
    doubts: tuple[str, ...]

    def __new__(
        cls,
        results: Iterable[Result],
        n_known: int = 0,
        n_replicates: int = 0,
        doubts: Iterable[str] = (),
    ) -> Recorded:
        """Hold the results, the two numbers and the doubts."""
        made = super().__new__(cls, results)
        made.n_known, made.n_replicates, made.doubts = n_known, n_replicates, tuple(doubts)
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


def recognise(found: Sequence[Result], known: Sequence[Result], *, again: bool) -> Recorded:
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
    """
    left: dict[str, list[Result]] = defaultdict(list)
    for result in known:
        left[result.formulation.key].append(result)
    fresh: dict[int, Result] = {}
    for row in range(len(found)) if again else _unequal(found, left):
        result = found[row]
        rest = result if again else _without_known(result, left[result.formulation.key])
        if rest is not None:
            fresh[row] = rest
    seen = {(r.formulation.key, q) for r in known for q in r.values}
    n_replicates = 0
    for row in sorted(fresh):
        quantities = {(fresh[row].formulation.key, q) for q in fresh[row].values}
        n_replicates += bool(quantities & seen)
        seen |= quantities
    return Recorded((fresh[row] for row in sorted(fresh)), len(found) - len(fresh), n_replicates)


def _unequal(found: Sequence[Result], left: Mapping[str, list[Result]]) -> list[int]:
    """Rows that equal none recorded; each of those recorded is taken from `left` for one row."""
    rows = []
    for row, result in enumerate(found):
        others = left.get(result.formulation.key, [])
        equal = next((o for o in others if _content(o) == _content(result)), None)
        if equal is None:
            rows.append(row)
        else:
            others.remove(equal)
    return rows


def _without_known(result: Result, others: list[Result]) -> Result | None:
    """The result without values recorded before; None if nothing is left.

    Results that are used up are taken from `others`.
    """
    if result.status is not Status.OK:
        return result
    values = _rounded(result)
    for other in sorted(others, key=lambda o: -len(o.values)):
        held = _rounded(other)
        if other.status is Status.OK and values.items() <= held.items():
            others.remove(other)
            return None
    rest = dict(result.values)
    for other in sorted(others, key=lambda o: -len(o.values)):
        held = _rounded(other)
        if (
            other.status is Status.OK
            and held.items() <= values.items()
            and held.keys() <= rest.keys()
        ):
            others.remove(other)
            rest = {quantity: value for quantity, value in rest.items() if quantity not in held}
    return replace(result, values=rest) if rest else None


def _content(result: Result) -> tuple[Status, dict[Quantity, str]]:
    """What makes a result of a recipe the same; a comment may be added later."""
    return result.status, _rounded(result)


def _rounded(result: Result) -> dict[Quantity, str]:
    return {quantity: f"{value:.{_DIGITS}g}" for quantity, value in result.values.items()}
