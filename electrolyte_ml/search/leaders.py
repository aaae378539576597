"""The best recipes of a screening: by each objective, the best trade-offs, and the most different.

Parts are read one after the other, and only leaders are held, so memory does not grow with the
screening, and the result does not depend on who scored which part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from electrolyte_ml.errors import InfeasibleError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.notebook import html_table
from electrolyte_ml.search.objectives import Direction
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.screen_table import (
    OBJECTIVE,
    VIOLATION,
    amount_columns,
    formulations_of_table,
)
from electrolyte_ml.search.shortlist import chemistry, fronts, main_set, scaled

if TYPE_CHECKING:
    import pyarrow as pa

#: Recipes kept for each objective.
TOP = 100
# Sets of components whose best recipe is kept for each objective, to choose different ones from.
_SETS = 300
# The best trade-offs that are kept; with many objectives nearly every recipe is one.
_MOST_TRADE_OFFS = 5000


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Leaders:
    """Best feasible recipes of a screening.

    Attributes
    ----------
    labels
        Labels of the m objectives.
    formulations
        The recipes, length k; those of each list below are rows of it.
    keys
        Their keys.
    objectives
        Objectives, in the unit of each property, shape (k, m).
    top
        Best recipes by each objective, the best first, length m.
    trade_offs
        Recipes that no other beats in every objective.
    different
        The best recipes of different chemistry: other salts, or solvents of other families.
    n_recipes, n_feasible, n_failed
        Recipes scored, those that satisfy every limit, and those at which a model failed.
    """

    labels: tuple[str, ...]
    formulations: tuple[Formulation, ...]
    keys: tuple[str, ...]
    objectives: NDArray[np.float64]
    top: tuple[tuple[int, ...], ...]
    trade_offs: tuple[int, ...]
    different: tuple[int, ...]
    n_recipes: int
    n_feasible: int
    n_failed: int

    def __repr__(self) -> str:
        return (
            f"<Leaders: {self.n_recipes} recipes screened, {self.n_feasible} feasible, "
            f"{len(self.trade_offs)} best trade-offs>"
        )

    def _repr_html_(self) -> str:
        shown = pd.DataFrame([self.record(row) for row in self.different])
        return html_table(repr(self).strip("<>"), shown)

    @property
    def lists(self) -> dict[str, tuple[int, ...]]:
        """Rows of each list by its name, best first."""
        best = {f"best {label}": rows for label, rows in zip(self.labels, self.top, strict=True)}
        return {**best, "trade-offs": self.trade_offs, "different": self.different}

    def record(self, row: int) -> dict[str, Any]:
        """A recipe with its key and objectives."""
        values = self.objectives[row].tolist()
        return {
            "recipe": self.formulations[row].notation(),
            "key": self.keys[row],
            **dict(zip(self.labels, values, strict=True)),
        }

    def to_frame(self) -> pd.DataFrame:
        """One line per recipe of each list: list, rank, recipe, key and objectives."""
        return pd.DataFrame(
            [
                {"list": name, "rank": rank, **self.record(row)}
                for name, rows in self.lists.items()
                for rank, row in enumerate(rows, start=1)
            ]
        )


def find_leaders(problem: Problem, parts: Sequence[Path], *, n: int = 8, top: int = TOP) -> Leaders:
    """Best recipes of parts of a screening.

    Parameters
    ----------
    problem
        The problem that was screened.
    parts
        Its parts.
    n
        Recipes of different chemistry to choose.
    top
        Recipes to keep for each objective.

    Raises
    ------
    InfeasibleError
        If no recipe satisfies every limit; it says which fails how often.
    """
    found = _Found(problem, top)
    for table in _tables(parts, found.columns):
        found.add(table)
    if not found.n_feasible:
        raise InfeasibleError(found.why_infeasible())
    return found.leaders(n)


def _tables(parts: Iterable[Path], columns: Sequence[str]) -> Iterator[pa.Table]:
    """Parts, with those of the columns that they have, and their violations."""
    import pyarrow.parquet as pq

    for part in parts:
        names = pq.read_schema(part).names
        wanted = [name for name in names if name in columns or name.startswith(VIOLATION)]
        yield pq.read_table(part, columns=wanted)


class _Found:
    """Leaders of the parts read so far."""

    def __init__(self, problem: Problem, top: int) -> None:
        self._problem = problem
        self._top = top
        self._objectives = [OBJECTIVE + o.label for o in problem.objectives]
        self._signs = np.array(
            [1.0 if o.direction is Direction.MAXIMIZE else -1.0 for o in problem.objectives]
        )
        self._amounts = amount_columns(problem.components)
        self.columns = ("key", "feasible", "failure", *self._amounts, *self._objectives)
        self._held: pa.Table | None = None
        self._misses: dict[str, int] = {}
        self.n_recipes = self.n_feasible = self.n_failed = 0

    def add(self, table: pa.Table) -> None:
        """Take up the leaders of a part, and drop those held that they beat."""
        import pyarrow as pa
        import pyarrow.compute as pc

        self.n_recipes += table.num_rows
        if "failure" in table.column_names:
            self.n_failed += table.num_rows - table["failure"].null_count
        for name in table.column_names:
            if name.startswith(VIOLATION):
                more = int(pc.sum(pc.greater(table[name], 0)).as_py() or 0)
                self._misses[name] = self._misses.get(name, 0) + more
        feasible = table.filter(table["feasible"]).select(
            ["key", *self._amounts, *self._objectives]
        )
        self.n_feasible += feasible.num_rows
        if not feasible.num_rows:
            return
        every = feasible if self._held is None else pa.concat_tables([self._held, feasible])
        every = _distinct(every)
        self._held = every.take(sorted(set().union(*self._chosen(every))))

    def leaders(self, n: int) -> Leaders:
        """The leaders of all parts."""
        held = self._held
        assert held is not None
        gains = self._gains(held)
        formulations = formulations_of_table(self._problem.components, held)
        weights = [o.weight for o in self._problem.objectives]
        *top, trade_offs, _ = self._chosen(held)
        return Leaders(
            labels=tuple(o.label for o in self._problem.objectives),
            formulations=tuple(formulations),
            keys=tuple(held["key"].to_pylist()),
            objectives=gains * self._signs,
            top=tuple(tuple(rows) for rows in top),
            trade_offs=tuple(trade_offs),
            different=tuple(_different(formulations, gains, weights, n)),
            n_recipes=self.n_recipes,
            n_feasible=self.n_feasible,
            n_failed=self.n_failed,
        )

    def why_infeasible(self) -> str:
        """Which limits fail how often."""
        lines = [f"{self._problem.name}: none of {self.n_recipes} recipes satisfies every limit"]
        for name, count in sorted(self._misses.items(), key=lambda pair: -pair[1]):
            if count:
                share = count / self.n_recipes
                lines.append(f"{name.removeprefix(VIOLATION)}: fails in {share:.0%} of them")
        return "\n".join(lines)

    def _gains(self, table: pa.Table) -> NDArray[np.float64]:
        """Objectives with the sign that makes more better, shape (n, m)."""
        return np.column_stack([table[name].to_numpy() for name in self._objectives]) * self._signs

    def _chosen(self, table: pa.Table) -> list[list[int]]:
        """Rows of the best by each objective, of the best trade-offs, and of the best of sets."""
        gains = self._gains(table)
        keys = np.array(table["key"].to_pylist())
        ranked = [np.lexsort((keys, -column)) for column in gains.T]
        presence = np.column_stack([table[name].to_numpy() > 0 for name in self._amounts])
        sets = _numbered(presence)
        best_of_sets: set[int] = set()
        for order in ranked:
            _, first = np.unique(sets[order], return_index=True)
            best_of_sets.update(order[np.sort(first)[:_SETS]].tolist())
        return [
            *(order[: self._top].tolist() for order in ranked),
            _front(gains, ranked[0]),
            sorted(best_of_sets),
        ]


def _different(
    formulations: Sequence[Formulation],
    gains: NDArray[np.float64],
    weights: Sequence[float],
    n: int,
) -> list[int]:
    """The best recipe of each of `n` chemistries, or of sets of main components if there are fewer.

    Best is the highest weighted mean of the objectives, each scaled to the range of the leaders.
    """
    utility = scaled(gains) @ (np.asarray(weights) / np.sum(weights))
    order = sorted(range(len(utility)), key=lambda i: (-utility[i], formulations[i].key))
    picked: dict[int, None] = {}
    for kind in (chemistry, main_set):
        seen = {kind(formulations[row]) for row in picked}
        for row in order:
            if len(picked) < n and kind(formulations[row]) not in seen:
                seen.add(kind(formulations[row]))
                picked[row] = None
    return sorted(picked, key=order.index)


def _distinct(table: pa.Table) -> pa.Table:
    """Rows of different keys, the first of each."""
    keys = np.array(table["key"].to_pylist())
    _, first = np.unique(keys, return_index=True)
    return table if len(first) == len(keys) else table.take(np.sort(first))


def _numbered(presence: NDArray[np.bool_]) -> NDArray[np.intp]:
    """A number for each row, the same for rows of the same components."""
    packed = np.ascontiguousarray(np.packbits(presence, axis=1))
    texts = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, numbers = np.unique(texts, return_inverse=True)
    return numbers.ravel()


def _front(gains: NDArray[np.float64], order: NDArray[np.intp]) -> list[int]:
    """Rows that no other beats in every objective, best by the first objective first."""
    rows = next(fronts(gains))
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    return rows[np.argsort(place[rows])][:_MOST_TRADE_OFFS].tolist()
