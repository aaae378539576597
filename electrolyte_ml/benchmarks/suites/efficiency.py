"""Suite ``efficiency``: coulombic efficiency of lithium metal on copper, as -log10(1 - CE).

Splits are those of `electrolyte_ml.benchmarks.efficiency_splits`. Beside our model stand the mean
of the training rows, a random forest on elemental ratios, which is how it was published [1]_, and a
Gaussian process on our inputs of the recipe without those of the method of measuring. Our model is
judged on every row, those that it would not answer for included; how many these are is counted.

References
----------
.. [1] Kim et al., PNAS 2023, 120, e2214357120. https://doi.org/10.1073/pnas.2214357120
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks import efficiency_splits
from electrolyte_ml.benchmarks.efficiency_splits import SPLITS, families_of, keyed_split, rows_of
from electrolyte_ml.benchmarks.frozen import check
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import linear_metrics, pairs_ranked_right
from electrolyte_ml.data.efficiency import EfficiencyTable
from electrolyte_ml.data.splits import Split
from electrolyte_ml.models.efficiency.features import INPUTS, OF_THE_METHOD, features
from electrolyte_ml.models.efficiency.fit import fit_efficiency
from electrolyte_ml.models.intervals import NORMAL_QUANTILE

TASK = "coulombic efficiency of lithium on copper, -log10(1 - CE)"
_MAIN = "our model"
#: Splits of the short form.
QUICK = ("solvents", "paper")
_CODE = (
    "electrolyte_ml.benchmarks.efficiency_splits",
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.benchmarks.suites.efficiency",
    "electrolyte_ml.data.efficiency",
    "electrolyte_ml.data.sources.himnn_lce23",
    "electrolyte_ml.data.sources.s4_efficiency",
    "electrolyte_ml.formulation",
    "electrolyte_ml.models.efficiency",
    "electrolyte_ml.species",
)
# Of a part of the tested rows.
_SHOWN = ("n", "n_unanswered", "mae", "rmse", "spearman", "pairs_right", "coverage")
# Elemental ratios and shares come first among the inputs.
_ELEMENTAL = 13
_LEAST_OF_A_FAMILY = 15

#: The splits to freeze.
keyed_splits = efficiency_splits.keyed_splits


class Found(NamedTuple):
    """What a model says of rows: values, half widths of intervals, and which it would not give."""

    value: NDArray[np.float64]
    half_width: NDArray[np.float64] | None = None
    unknown: NDArray[np.bool_] | None = None


#: Learns from some rows and predicts others, with a seed.
Learner = Callable[[EfficiencyTable, EfficiencyTable, int], Found]


def _ours(train: EfficiencyTable, test: EfficiencyTable, seed: int) -> Found:
    del seed  # nothing is drawn
    model = fit_efficiency(train)
    formulations = test.measurements.row_formulations
    value, half, _ = model.lce(formulations, test.cycling)
    unknown = [model.unknown(f) is not None for f in formulations]
    return Found(value, half, np.array(unknown))


def _mean(train: EfficiencyTable, test: EfficiencyTable, seed: int) -> Found:
    del seed
    return Found(np.full(len(test), train.lce.mean()))


def _forest(train: EfficiencyTable, test: EfficiencyTable, seed: int) -> Found:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(
        300, min_samples_leaf=2, max_features=0.4, random_state=seed, n_jobs=1
    )
    inputs = [_inputs(t)[:, :_ELEMENTAL] for t in (train, test)]
    return Found(forest.fit(inputs[0], train.lce).predict(inputs[1]))


def _process(train: EfficiencyTable, test: EfficiencyTable, seed: int) -> Found:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kernel = ConstantKernel(0.2) * Matern(length_scale=8, nu=1.5) + WhiteKernel(0.1)
    process = make_pipeline(
        StandardScaler(),
        GaussianProcessRegressor(kernel, normalize_y=True, random_state=seed),
    )
    recipe = [i for i, name in enumerate(INPUTS) if name not in OF_THE_METHOD]
    inputs = [_inputs(t)[:, recipe] for t in (train, test)]
    value, sigma = process.fit(inputs[0], train.lce).predict(inputs[1], return_std=True)
    return Found(value, NORMAL_QUANTILE * sigma)


def _inputs(table: EfficiencyTable) -> NDArray[np.float64]:
    return features(table.measurements.row_formulations, table.cycling)


#: Learners by their names in the leaderboard.
MODELS: dict[str, Learner] = {
    _MAIN: _ours,
    "process of recipes alone": _process,
    "forest on elemental ratios": _forest,
    "mean": _mean,
}


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Our model and baselines on every split.

    Parameters
    ----------
    quick
        Unseen sets of solvents and unseen papers of LCE_23.
    splits
        Names from `SPLITS`.
    seed
        Of splits and models.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If a data set is not on this machine.
    """
    chosen = chosen_splits(splits, known=tuple(SPLITS), default=QUICK if quick else tuple(SPLITS))
    return [job for name in chosen for job in _jobs_of(name, seed)]


def _jobs_of(name: str, seed: int) -> list[Job]:
    keyed = keyed_split(name, seed)
    check(keyed, seed=seed)
    judge = _Judge(table=rows_of(name), split=keyed.split, families=families_of(name), seed=seed)
    return [
        Job(
            task=TASK,
            split=name,
            model=model,
            seed=seed,
            run=partial(judge.run, learner),
            data=dict(keyed.data),
            split_sha256=keyed.sha256,
            depends_on=_CODE,
        )
        for model, learner in MODELS.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """What a learner's predictions of the tested rows are worth."""

    table: EfficiencyTable
    split: Split
    families: NDArray[np.str_]
    seed: int

    def run(self, learner: Learner, progress: Progress | None) -> JobResult:
        """A learner, fitted anew in every fold."""
        found = []
        for number, (train, test) in enumerate(self.split.folds, start=1):
            found.append(learner(self.table.select(train), self.table.select(test), self.seed))
            if progress is not None:
                progress(self.split.name, number, len(self.split.folds))
        whole = Found(*(_joined(parts) for parts in zip(*found, strict=True)))
        tested = self.split.tested
        families = self.families[tested]
        subsets = {
            str(family): families == family
            for family in np.unique(families)
            if (families == family).sum() >= _LEAST_OF_A_FAMILY
        }
        return JobResult(
            metrics={**self._metrics(whole, np.ones(len(tested), bool)), "folds": len(found)},
            measured=self.table.lce[tested],
            predicted=whole.value,
            subsets={
                name: {k: n for k, n in self._metrics(whole, rows).items() if k in _SHOWN}
                for name, rows in subsets.items()
            },
        )

    def _metrics(self, found: Found, rows: NDArray[np.bool_]) -> dict[str, float]:
        tested = self.split.tested
        measured, value = self.table.lce[tested][rows], found.value[rows]
        half = None if found.half_width is None else found.half_width[rows]
        groups = self.split.fold_of_tested[rows]
        numbers = linear_metrics(measured, value, groups, half)
        numbers["rmse"] = float(np.sqrt(np.mean((measured - value) ** 2)))
        numbers["pairs_right"] = pairs_ranked_right(measured, value)
        if found.unknown is not None and found.unknown[rows].any():
            numbers["n_would_be_unknown"] = int(found.unknown[rows].sum())
        return numbers


def _joined(parts: tuple[Any, ...]) -> Any:
    return None if parts[0] is None else np.concatenate(parts)
