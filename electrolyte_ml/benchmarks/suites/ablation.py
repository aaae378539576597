"""Suite ``ablation``: value of computed descriptors of an anion for predictions of new anions.

Networks on descriptors with both views of an anion, with each view alone, and with
potentials that are permuted over the anions: if a permuted column helped as much, the real one
would carry no information. The same with the simulated conductivity of a solution of each anion as
a further descriptor: a low-fidelity label, for which an anion without simulation has the mean of
the simulated ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.evaluation import Case
from electrolyte_ml.benchmarks.frozen import FIRST_FOLD
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import log_metrics
from electrolyte_ml.benchmarks.suites.conductivity import OUR_CODE, TASK, case_of
from electrolyte_ml.features import FEATURE_VIEWS, compose, mixture_features
from electrolyte_ml.features.anion_potential import lowest_potential_v
from electrolyte_ml.files import sha256_of
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity.descriptors import (
    DescriptorNetwork,
    NetworkSettings,
    fit_network,
)
from electrolyte_ml.models.conductivity.rows import TrainingRows
from electrolyte_ml.models.conductivity.spread import centre_of
from electrolyte_ml.simulate.results import of_default_force_field, read_table
from electrolyte_ml.simulate.templates import TABLES

SPLITS = ("salt", "source")
QUICK = f"salt{FIRST_FOLD}"
_N_PERMUTATIONS = 3
_HALF = 0.5
# A third of the shipped members: differences between variants are larger than the gain from more.
_SETTINGS = NetworkSettings(members=8)
# Table of simulated pairs of solutions of lithium and sodium.
PAIRS = TABLES / "lithium_sodium_pairs.csv"
_QUICK_SETTINGS = NetworkSettings(members=4, steps=600)
_CODE = (*OUR_CODE, "electrolyte_ml.benchmarks.suites.ablation")
_Variant = Callable[[Case], TrainingRows]
_Fit = Callable[[TrainingRows], DescriptorNetwork]


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Networks on descriptors with different views of the anion.

    Parameters
    ----------
    quick
        The first of the unseen anions, one permutation, short fits.
    splits
        Names from `SPLITS`, or `QUICK`; unseen anions by default.
    seed
        Of fits and permutations.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If the data set is not on this machine.
    """
    network = partial(fit_network, settings=_QUICK_SETTINGS if quick else _SETTINGS, seed=seed)
    variants: dict[str, _Variant] = {
        "both views": _both,
        "structure alone": partial(_one_view, 0),
        "potential and size alone": partial(_one_view, 1),
    }
    numbers = range(1, 2 if quick else _N_PERMUTATIONS + 1)
    for number in numbers:
        variants[f"both views, potentials permuted {number}"] = partial(
            _permuted, 1000 * seed + number
        )
    variants["both views and simulations"] = partial(_simulated, None)
    for number in numbers:
        variants[f"both views and simulations permuted {number}"] = partial(
            _simulated, 1000 * seed + number
        )
    listed = []
    default = (QUICK,) if quick else SPLITS[:1]
    for name in chosen_splits(splits, known=(*SPLITS, QUICK), default=default):
        case = case_of(name, seed)
        listed += [
            Job(
                task=TASK,
                split=name,
                model=f"networks, {model}" + (" (short fits)" if quick else ""),
                seed=seed,
                run=partial(_evaluate, case, rows_of, network),
                data=case.data,
                split_sha256=case.split_sha256,
                depends_on=_CODE,
                version=case.content_sha256 + sha256_of(PAIRS),
            )
            for model, rows_of in variants.items()
        ]
    return listed


def _evaluate(
    case: Case,
    rows_of: _Variant,
    fit: _Fit,
    progress: Progress | None,
) -> JobResult:
    rows = rows_of(case)
    tested, centres = case.split.tested, []
    for number, (train, test) in enumerate(case.split.folds, start=1):
        left_out = rows.select(test)
        members = fit(rows.select(train)).log10_conductivity(
            left_out.described, left_out.index, left_out.temperature_k
        )
        centres.append(centre_of(members))
        if progress is not None:
            progress(case.split.name, number, len(case.split.folds))
    centre = np.concatenate(centres)
    measured = rows.log10_value[tested]
    metrics = log_metrics(measured, centre, case.groups)
    simulated = _simulated_share(case)[tested] > _HALF
    of_simulated: dict[str, float] = {"n_simulated": int(simulated.sum())}
    if simulated.any():
        of_simulated["mae_log10_simulated"] = float(np.abs(measured - centre)[simulated].mean())
    return JobResult(
        metrics={**metrics, **of_simulated, "folds": len(case.split.folds)},
        measured=case.measurements.value[tested],
        predicted=np.power(10.0, centre),
    )


def _both(case: Case) -> TrainingRows:
    return TrainingRows.of(case.measurements)


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
    return _with_features(_both(case), features)


def simulated_conductivity() -> dict[str, float]:
    """log10 of the simulated conductivity of 1 mol/l lithium solutions in PC by anion.

    Nernst-Einstein conductivity from short lags at 373 K in mS/cm, by SMILES of the anion, from the
    table of simulated pairs; means over seeds.
    """
    held: dict[str, list[float]] = {}
    for row in read_table(PAIRS):
        value = row.get("nernst_einstein_short_ms_cm")
        formulation = parse_recipe(row["recipe"])
        alone = [s.solvent.name for s in formulation.solvents] == ["PC"]
        if of_default_force_field(row) and value and alone and row["cation"] == "Li":
            anion = formulation.salts[0].salt.anion.smiles
            held.setdefault(anion, []).append(math.log10(float(value)))
    return {anion: float(np.mean(values)) for anion, values in held.items()}


def _simulated(seed: int | None, case: Case) -> TrainingRows:
    """Rows with the simulated number of their anion, or that of another simulated one."""
    known = simulated_conductivity()
    if seed is not None:
        order = np.random.default_rng(seed).permutation(len(known))
        values = np.array(list(known.values()))[order]
        known = dict(zip(known, values.tolist(), strict=True))
    composition = compose(case.measurements.row_formulations)
    mean = float(np.mean(list(known.values())))
    of_anion = np.array([known.get(anion.smiles, mean) for anion in composition.anions])
    column = composition.anion_fraction @ of_anion
    rows = _both(case)
    return replace(
        _with_features(rows, np.column_stack([rows.described.features, column])),
        views=np.column_stack([rows.views, np.ones(len(rows.views), dtype=np.bool_)]),
    )


def _with_features(rows: TrainingRows, features: NDArray[np.float64]) -> TrainingRows:
    return replace(rows, described=replace(rows.described, features=features))


def _simulated_share(case: Case) -> NDArray[np.float64]:
    """Share of the anions of each row that were simulated, shape (n,)."""
    composition = compose(case.measurements.row_formulations)
    known = simulated_conductivity()
    simulated = [anion.smiles in known for anion in composition.anions]
    share: NDArray[np.float64] = composition.anion_fraction[:, simulated].sum(axis=1)
    return share[composition.index]
