"""Suite ``learning``: which measurements teach a model most, in replays of measured papers.

A replay is a paper with at least fourteen recipes at 25 degC, of which one half can be measured and
the other is asked for. The model starts from predictions of folds of unseen series, so that it knew
none of them, and is corrected by four and then eight measurements of the first half, chosen as a
campaign with the goal ``learn`` does, by the largest remaining variance, or at random. Judged is
its error on the other half; both halves are the space that is stated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.evaluation import Case, predict_folds
from electrolyte_ml.benchmarks.fits import FIT_CODE, fit_conductivity, lacking
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.suites.chemistry import case_of
from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.learning import Ignorance, lessons
from electrolyte_ml.campaign.state import Result, Status
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.units import ROOM_TEMPERATURE_K

TASK = "replays of measured papers, ionic conductivity, lg"
PAPERS = "papers"
LEARN, UNCERTAIN, RANDOM, NOTHING = "learn", "most uncertain", "random", "nothing measured"
_CONDUCTIVITY = "conductivity_ms_cm"
_FEWEST_RECIPES, _MOST_RECIPES = 14, 60
_SAME_TEMPERATURE_K = 3.0
_BATCH, _BATCHES = 4, 2
_HALVES, _QUICK_HALVES, _RANDOM_DRAWS = 3, 1, 3
_CODE = (
    *FIT_CODE,
    "electrolyte_ml.benchmarks.evaluation",
    "electrolyte_ml.benchmarks.suites.learning",
    "electrolyte_ml.campaign",
    "electrolyte_ml.models.similarity",
)
_Floats = NDArray[np.float64]
_Chooser = Callable[["Replay", TunedScorer, list[int]], list[int]]


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Ways of choosing what to measure.

    Parameters
    ----------
    quick
        One division of each paper instead of three.
    splits
        ``papers`` alone.
    seed
        Of the split, the models and the halves.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If a data set is not on this machine.
    """
    listed = []
    for name in chosen_splits(splits, known=(PAPERS,), default=(PAPERS,)):
        case = case_of("series", seed)
        listed += [
            Job(
                task=TASK,
                split=name,
                model=model,
                seed=seed,
                run=partial(
                    _judge, case, seed, model, n_halves=_QUICK_HALVES if quick else _HALVES
                ),
                data=case.data,
                split_sha256=case.split_sha256,
                depends_on=_CODE,
                version=f"{case.content_sha256} {quick}",
                skipped=lacking(),
            )
            for model in (LEARN, UNCERTAIN, RANDOM, NOTHING)
        ]
    return listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A paper, one half of which can be measured.

    Attributes
    ----------
    recipes
        Distinct recipes, length n: first those that can be measured.
    n_first
        How many those are.
    measured
        Conductivities that the paper reports, mS/cm, shape (n,).
    shipped
        Predictions by a model that saw none of them, n rows.
    """

    recipes: tuple[Formulation, ...]
    n_first: int
    measured: _Floats
    shipped: Prediction

    def scorer(self, rows: Sequence[int]) -> TunedScorer:
        """The model corrected by the measurements of some rows."""
        number = {f.key: row for row, f in enumerate(self.recipes)}

        def base(formulations: Sequence[Formulation], _: _Floats, /) -> dict[str, Prediction]:
            return {_CONDUCTIVITY: self.shipped.select([number[f.key] for f in formulations])}

        return TunedScorer(base, [self._result(row) for row in rows])

    def error(self, rows: Sequence[int]) -> float:
        """Mean error on the other half, log10, after measuring some rows."""
        rest = self.recipes[self.n_first :]
        at = np.full(len(rest), ROOM_TEMPERATURE_K)
        found = self.scorer(rows)(rest, at)[_CONDUCTIVITY].value
        return float(np.abs(np.log10(found / self.measured[self.n_first :])).mean())

    def _result(self, row: int) -> Result:
        return Result(
            suggestion=None,
            formulation=self.recipes[row],
            status=Status.OK,
            values={(_CONDUCTIVITY, ROOM_TEMPERATURE_K): float(self.measured[row])},
        )


def _by_learning(replay: Replay, scorer: TunedScorer, taken: list[int]) -> list[int]:
    chance = np.zeros(len(replay.recipes))
    chance[: replay.n_first] = 1.0
    chance[taken] = 0.0
    ignorance = Ignorance(
        scorer,
        {_CONDUCTIVITY: replay.shipped},
        replay.recipes,
        [ROOM_TEMPERATURE_K],
        [_CONDUCTIVITY],
    )
    return [lesson.row for lesson in lessons(ignorance, _BATCH, chance)]


def _by_variance(replay: Replay, scorer: TunedScorer, taken: list[int]) -> list[int]:
    at = np.full(len(replay.recipes), ROOM_TEMPERATURE_K)
    covariance, noise = scorer.error_covariance(_CONDUCTIVITY, replay.shipped, replay.recipes, at)
    found: list[int] = []
    for _ in range(_BATCH):
        variance = np.diag(covariance)[: replay.n_first].copy()
        variance[[*taken, *found]] = -1.0
        row = int(np.argmax(variance))
        cross = covariance[:, row]
        covariance = covariance - np.outer(cross, cross) / (cross[row] + noise**2)
        found.append(row)
    return found


_CHOOSERS: dict[str, _Chooser] = {LEARN: _by_learning, UNCERTAIN: _by_variance}


def _errors(replay: Replay, model: str, rng: np.random.Generator) -> list[float]:
    """Error on the other half after each batch."""
    if model == NOTHING:
        return [replay.error([])] * _BATCHES
    if model == RANDOM:
        orders = [rng.permutation(replay.n_first).tolist() for _ in range(_RANDOM_DRAWS)]
        ends = [_BATCH * (number + 1) for number in range(_BATCHES)]
        return [float(np.mean([replay.error(o[:end]) for o in orders])) for end in ends]
    taken: list[int] = []
    found = []
    for _ in range(_BATCHES):
        taken += _CHOOSERS[model](replay, replay.scorer(taken), taken)
        found.append(replay.error(taken))
    return found


def _judge(
    case: Case, seed: int, model: str, progress: Progress | None, *, n_halves: int
) -> JobResult:
    tested = case.measurements.select(case.split.tested)
    prediction = predict_folds(case, partial(fit_conductivity, seed=seed), progress)
    errors = []
    for paper, rows in _papers(tested).items():
        for half in range(n_halves):
            rng = np.random.default_rng([seed, half, *paper.encode()])
            replay = _replay(tested, prediction, rng.permutation(rows)[:_MOST_RECIPES])
            errors.append(_errors(replay, model, rng))
    after = np.mean(errors, axis=0)
    return JobResult(
        metrics={
            "n": len(errors),
            **{
                f"mae_log10_after_{_BATCH * (number + 1)}": float(error)
                for number, error in enumerate(after)
            },
        }
    )


def _papers(tested: Measurements) -> dict[str, NDArray[np.intp]]:
    """Rows of the papers with enough distinct recipes at 25 degC, one row a recipe."""
    keys = [f.key for f in tested.formulations]
    found: dict[str, dict[str, int]] = {}
    warm = np.flatnonzero(np.abs(tested.temperature_k - ROOM_TEMPERATURE_K) < _SAME_TEMPERATURE_K)
    for row in warm.tolist():
        key = keys[tested.formulation_index[row]]
        found.setdefault(str(tested.source[row]), {}).setdefault(key, row)
    return {
        paper: np.array(list(rows.values()), dtype=np.intp)
        for paper, rows in sorted(found.items())
        if len(rows) >= _FEWEST_RECIPES
    }


def _replay(tested: Measurements, prediction: Prediction, rows: NDArray[np.intp]) -> Replay:
    recipes = [tested.formulations[i] for i in tested.formulation_index[rows].tolist()]
    return Replay(
        recipes=tuple(recipes),
        n_first=len(rows) // 2,
        measured=tested.value[rows],
        shipped=prediction.select(rows),
    )
