"""Suite ``search``: number of experiments until a search finds the best recipe, and its regret.

Every strategy may measure the same number of recipes in the same worlds; each figure is the mean
over seeds, with its spread. Each seed divides the papers anew, so that worlds differ as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.store import data_sha256
from electrolyte_ml.benchmarks.suites.search.strategies import (
    BaybeSearch,
    CampaignSearch,
    RandomRecipes,
    StrategyMaker,
    tree_sampler,
)
from electrolyte_ml.benchmarks.suites.search.worlds import World, pool_world, simulated_world
from electrolyte_ml.data.sources.calisol23 import FILE_NAME

TASK = "search for the highest conductivity, 80 experiments"
OURS = "campaign engine"
SPLITS = ("laboratory", "two objectives", "lookup")
_QUICK_SPLITS = ("laboratory", "lookup")
BATCH, N_BATCHES = 8, 10
_SEEDS, _QUICK_SEEDS = 10, 3
_CLOSE = 0.95
_UNBELIEVING = "campaign engine, no belief"
_BAYBE = "BayBE, 1000 recipes of our space"

# Source that decides the figures: worlds, strategies, their models, and our engine.
_CODE = (
    "electrolyte_ml.benchmarks.suites.search",
    "electrolyte_ml.campaign",
    "electrolyte_ml.data.cleaning",
    "electrolyte_ml.data.sources.calisol23",
    "electrolyte_ml.features",
    "electrolyte_ml.models.differences",
    "electrolyte_ml.models.neighbours",
    "electrolyte_ml.models.similarity",
    "electrolyte_ml.search",
)

STRATEGIES: Mapping[str, StrategyMaker] = {
    OURS: CampaignSearch,
    _UNBELIEVING: partial(CampaignSearch, believing=False),
    "TPE, our space": tree_sampler("legal"),
    "TPE, independent fractions over their sum": tree_sampler("independent"),
    "TPE, Dirichlet fractions": tree_sampler("dirichlet"),
    "random legal recipes (Sobol)": RandomRecipes,
    _BAYBE: BaybeSearch,
}
# Strategies that a quick run leaves out: slow, or similar to others.
_NOT_QUICK = (_BAYBE, _UNBELIEVING, "TPE, Dirichlet fractions")


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Jobs of the suite: every strategy in every kind of world.

    Parameters
    ----------
    quick
        Three seeds instead of ten, not every competitor, and one objective only.
    splits
        Names from `SPLITS`; all by default.
    seed
        The first one; others follow it.

    Raises
    ------
    InputError
        If there is no such split.
    DataNotFoundError
        If the data set is not on this machine.
    """
    chosen = chosen_splits(splits, known=SPLITS, default=_QUICK_SPLITS if quick else SPLITS)
    data = data_sha256(FILE_NAME)
    seeds = range(seed, seed + (_QUICK_SEEDS if quick else _SEEDS))
    return [
        Job(
            task=TASK,
            split=split,
            model=name,
            seed=seed,
            run=_runner(split, make, seeds),
            data=data,
            depends_on=_CODE,
            version=f"{len(seeds)} seeds",
            skipped=_missing(name),
        )
        for split in chosen
        for name, make in STRATEGIES.items()
        if not (quick and name in _NOT_QUICK)
        if not (split == "two objectives" and name == _BAYBE)
    ]


def _missing(name: str) -> str | None:
    if name == _BAYBE and find_spec("baybe") is None:
        return "BayBE is not installed; install it with: pip install baybe"
    return None


def _world(split: str, seed: int) -> World:
    if split == "lookup":
        return pool_world(seed)
    world = simulated_world(seed)
    return world if split == "two objectives" else world.first_objective()


def _runner(
    split: str, make: StrategyMaker, seeds: range
) -> Callable[[Progress | None], JobResult]:
    def run(progress: Progress | None) -> JobResult:
        figures: list[dict[str, float]] = []
        traces = []
        for number, seed in enumerate(seeds, start=1):
            world = _world(split, seed)
            truth = run_campaign(world, make, seed)
            figures.append(campaign_figures(world, truth))
            traces.append(share_found(world, truth))
            if progress is not None:
                progress("seeds", number, len(seeds))
        metrics: dict[str, float] = {"n": BATCH * N_BATCHES, "seeds": len(seeds)}
        for name in figures[0]:
            values = np.array([f[name] for f in figures])
            metrics[name] = float(values.mean())
            metrics[f"{name}_sd"] = float(values.std(ddof=1))
        return JobResult(metrics=metrics, trace=np.array(traces))

    return run


def run_campaign(world: World, make: StrategyMaker, seed: int) -> NDArray[np.float64]:
    """Run a campaign: a strategy proposes recipes, the laboratory measures them.

    Returns
    -------
    ndarray of float, shape (n, m)
        True values of the recipes in the order they were measured, mS/cm.
    """
    strategy, laboratory = make(world, seed), world.laboratory()
    truth = []
    for _ in range(N_BATCHES):
        recipes = strategy.ask(BATCH)
        strategy.tell(laboratory.measure(recipes))
        truth.append(world.nature(recipes))
    return np.concatenate(truth)


def campaign_figures(world: World, truth: NDArray[np.float64]) -> dict[str, float]:
    """How good a campaign was.

    Parameters
    ----------
    world
        Where it was.
    truth
        True values of the measured recipes, shape (n, m).

    Returns
    -------
    dict
        With one objective ``regret_percent``, how far the best recipe measured stays below the
        best there is; ``experiments_to_95``, experiments until 95 % of that best, the whole budget
        where it is not reached; and ``reached_95``, 1 where it is. With two objectives
        ``hypervolume_percent`` of the best trade-offs there are.
    """
    reference = world.pool_truth
    if truth.shape[1] == 2:
        share = hypervolume(truth) / hypervolume(reference)
        return {"hypervolume_percent": 100 * share}
    best = reference[:, 0].max()
    close = np.flatnonzero(truth[:, 0] >= _CLOSE * best)
    return {
        "regret_percent": 100 * (1 - truth[:, 0].max() / best),
        "experiments_to_95": float(close[0] + 1) if len(close) else float(len(truth)),
        "reached_95": float(len(close) > 0),
    }


def share_found(world: World, truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Percent of a world's optimum that was found after each experiment, shape (n,).

    Of the best value with one objective, of the hypervolume with two.
    """
    reference = world.pool_truth
    if truth.shape[1] == 2:
        so_far = np.array([hypervolume(truth[: i + 1]) for i in range(len(truth))])
        return 100 * so_far / hypervolume(reference)
    best: NDArray[np.float64] = np.maximum.accumulate(truth[:, 0])
    return 100 * best / reference[:, 0].max()


def hypervolume(values: NDArray[np.float64]) -> float:
    """Area between the origin and the best trade-offs of two positive objectives.

    Parameters
    ----------
    values
        Shape (n, 2); more is better.
    """
    order = np.lexsort((-values[:, 1], -values[:, 0]))
    area, height = 0.0, 0.0
    for x, y in values[order].tolist():
        if y > height:
            area += x * (y - height)
            height = y
    return area
