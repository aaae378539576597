"""Recognising results that were recorded before, in a sheet that grew or was saved again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from electrolyte_ml.campaign.state import Quantity, Result, Status
from electrolyte_ml.text import counted

# A value is the same if it is so in these digits: measured.csv and spreadsheets round.
_DIGITS = 9


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
    """

    n_known: int
    n_replicates: int

    def __new__(
        cls, results: Iterable[Result], n_known: int = 0, n_replicates: int = 0
    ) -> Recorded:
        """Hold the results and the two numbers."""
        made = super().__new__(cls, results)
        made.n_known, made.n_replicates = n_known, n_replicates
        return made

    def __repr__(self) -> str:
        return f"<Recorded, {counted(len(self), 'new result')}: {self.remark or 'all first ones'}>"

    @property
    def remark(self) -> str:
        """Rows left out and replicates in words; empty if there are none."""
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
        return "; ".join(words)


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
