"""Scores of a source: records in the contract's form, or one data frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.executors import Shard, in_order
from electrolyte_ml.models.scoring import ScoreTable, score_formulations
from electrolyte_ml.prediction import flat_record
from electrolyte_ml.rules import Cell
from electrolyte_ml.scores.source import ScoreRequests, ScoreSource
from electrolyte_ml.threads import one_thread

if TYPE_CHECKING:
    import pandas as pd

# Columns that hold numbers also where all of them are missing.
_NUMBERS = ("value", "low", "high", "coverage")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPart:
    """Some scored rows.

    Attributes
    ----------
    records
        The rows in the contract's form.
    given
        Number of the given row, from 0, that each record belongs to, shape (n,).
    """

    records: list[dict[str, Any]]
    given: NDArray[np.intp]


def scored_parts(
    source: ScoreSource,
    adapt: Callable[[ScoreTable], ScoreTable] | None = None,
    *,
    cell: Cell | None = None,
    off: Sequence[str] = (),
    executor: Executor | None = None,
    shard: Shard | None = None,
) -> Iterator[ScoredPart]:
    """Scores of a source, part by part.

    Parameters
    ----------
    source
        Recipes to score.
    adapt
        Correction of the scores of the shipped models, if any.
    cell
        The cell they are for, which rules look at.
    off
        Names of rules that are switched off.
    executor
        Where parts are scored; here if None. Their order stays.
    shard
        Only this machine's share of the parts.
    """
    held = shard or Shard()
    requests = (part for number, part in enumerate(source.parts()) if held.holds(number))
    score = partial(_scored, adapt=adapt, cell=cell, off=tuple(off))
    return in_order(score, requests, executor)


@one_thread()
def _scored(
    requests: ScoreRequests,
    adapt: Callable[[ScoreTable], ScoreTable] | None,
    cell: Cell | None,
    off: Sequence[str],
) -> ScoredPart:
    table = score_formulations(requests.formulations, requests.temperature_k, cell=cell, off=off)
    table = table if adapt is None else adapt(table)
    return ScoredPart(records=score_records(table, requests), given=requests.given)


def score_records(table: ScoreTable, requests: ScoreRequests) -> list[dict[str, Any]]:
    """Rows in the contract's form; columns carried through come last, as `carried_names` has it."""
    records = []
    for text, record, carried in zip(
        requests.recipes, table.records(), requests.extra, strict=True
    ):
        row = {"recipe": text, **record}
        names = carried_names(carried, row)
        row |= {names[name]: value for name, value in carried.items()}
        records.append(row)
    return records


def carried_names(names: Iterable[str], results: Iterable[str]) -> dict[str, str]:
    """What columns carried through are called beside results.

    Parameters
    ----------
    names
        The columns.
    results
        Names of results; ``conductivity_ms_cm`` takes ``conductivity_ms_cm.value`` as well.

    Returns
    -------
    dict
        New name by name: ``input.NAME`` where a result, or another column, has the name.

    Examples
    --------
    >>> carried_names(["batch", "density_g_cm3.value"], ["recipe", "density_g_cm3"])
    {'batch': 'batch', 'density_g_cm3.value': 'input.density_g_cm3.value'}
    """
    taken = {result.partition(".")[0] for result in results}
    given, new = list(names), {}
    free = set(given)
    for name in given:
        called = name
        if name.partition(".")[0] in taken:
            called = f"input.{name}"
            while called in free:
                called = f"input.{called}"
            free.add(called)
        new[name] = called
    return new


def scores_frame(
    source: ScoreSource,
    adapt: Callable[[ScoreTable], ScoreTable] | None = None,
    *,
    cell: Cell | None = None,
    off: Sequence[str] = (),
    executor: Executor | None = None,
) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Scores of a source as one table, with the columns of the command line's CSV.

    Parameters
    ----------
    source, adapt, cell, off, executor
        As in `scored_parts`.

    Returns
    -------
    frame : DataFrame
        One line per recipe and temperature; NaN where there is no number.
    given : ndarray of int
        Number of the given row, from 0, that each line belongs to, shape (n,).
    """
    import pandas as pd

    columns: dict[str, list[Any]] = {}
    given = []
    for part in scored_parts(source, adapt, cell=cell, off=off, executor=executor):
        given.append(part.given)
        for record in part.records:
            for name, value in flat_record(record).items():
                columns.setdefault(name, []).append(value)
    empty = [
        name
        for name, values in columns.items()
        if _is_number(name) and all(value is None for value in values)
    ]
    frame = pd.DataFrame(columns).astype(dict.fromkeys(empty, np.float64))
    return frame, np.concatenate(given)


def _is_number(column: str) -> bool:
    return column.rpartition(".")[2] in _NUMBERS or column.endswith("_k")
