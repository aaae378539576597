"""Suite ``ablation``: what the computed potential of the anion is worth on anions never seen.

The conductivity network with both views of an anion, with each view alone, and with potentials that
are permuted over the anions: if a permuted column helped as much, the real one would mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from electrolyte_ml.benchmarks.base import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.conductivity import OUR_CODE, TASK
from electrolyte_ml.benchmarks.conductivity_splits import Case, case_of
from electrolyte_ml.benchmarks.metrics import log_metrics
from electrolyte_ml.features import FEATURE_VIEWS, compose, mixture_features
from electrolyte_ml.features.anion_potential import lowest_potential_v
from electrolyte_ml.models.conductivity.fitting import FitSettings, TrainingRows
from electrolyte_ml.models.conductivity.intervals import centre_of
from electrolyte_ml.models.conductivity.training import out_of_fold, training_rows

SPLITS = ("salt", "source")
_N_PERMUTATIONS = 3
# A third of the shipped ensemble: differences between variants are larger than what it adds.
_SETTINGS = FitSettings(members=8)
_QUICK_SETTINGS = FitSettings(members=4, steps=600)
_CODE = (*OUR_CODE, "electrolyte_ml.benchmarks.ablation")
_Variant = Callable[[Case], TrainingRows]


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """The network with different views of the anion.

    Parameters
    ----------
    quick
        Unseen anions only, one permutation, short fits.
    splits
        Names from `SPLITS`; unseen anions by default.
    seed
        Of fits and permutations.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If the data set is not on this machine.
    """
    settings = _QUICK_SETTINGS if quick else _SETTINGS
    variants: dict[str, _Variant] = {
        "both views": _both,
        "structure alone": partial(_one_view, 0),
        "potential and size alone": partial(_one_view, 1),
    }
    for number in range(1, 2 if quick else _N_PERMUTATIONS + 1):
        variants[f"both views, potentials permuted {number}"] = partial(
            _permuted, 1000 * seed + number
        )
    listed = []
    for name in chosen_splits(splits, known=SPLITS, default=SPLITS[:1]):
        case = case_of(name, seed)
        for model, rows_of in variants.items():
            listed.append(
                Job(
                    task=TASK,
                    split=name,
                    model=model + (" (short fits)" if quick else ""),
                    seed=seed,
                    run=partial(_evaluate, case, rows_of, settings, seed),
                    data=case.data,
                    split_sha256=case.split_sha256,
                    depends_on=_CODE,
                    version=case.content_sha256,
                )
            )
    return listed


def _evaluate(
    case: Case,
    rows_of: _Variant,
    settings: FitSettings,
    seed: int,
    progress: Progress | None,
) -> JobResult:
    rows = rows_of(case)
    tested, members = out_of_fold(rows, case.split, settings=settings, seed=seed, progress=progress)
    centre = centre_of(members)
    metrics = log_metrics(rows.log10_conductivity[tested], centre, case.groups)
    return JobResult(
        metrics={**metrics, "folds": len(case.split.folds)},
        measured=case.measurements.value[tested],
        predicted=np.power(10.0, centre),
    )


def _both(case: Case) -> TrainingRows:
    return training_rows(case.measurements)


def _one_view(view: int, case: Case) -> TrainingRows:
    return replace(_both(case), views=FEATURE_VIEWS[[view]])


def _permuted(seed: int, case: Case) -> TrainingRows:
    """Rows in which every anion has the potential of another."""
    composition = compose(case.measurements.row_formulations)
    anions = [anion.smiles for anion in composition.anions]
    potentials = np.array([lowest_potential_v(smiles) for smiles in anions])
    order = np.random.default_rng(seed).permutation(len(anions))
    swapped = dict(zip(anions, potentials[order].tolist(), strict=True))
    features = mixture_features(composition, swapped.__getitem__)
    return replace(_both(case), features=features[composition.index])
