"""Small data sets on which kernels are compared, and what the package itself says of their rows.

| task | rows | left out | kernels see |
|---|---|---|---|
| ``sodium`` | conductivities of sodium | a paper | descriptors of the mixture, molality, T |
| ``efficiency`` | LCE_23 | a tenth of the sets of solvents | inputs of our model |
| ``oxidation``, ``reduction`` | our DFT limits | families | descriptors of the molecule |

Splits are those of the suites ``sodium`` and ``efficiency``, and for the limits families of the
molecules in five folds. The package's own models know more than the kernels: that is what they
stand there for. On limits, they know the tight-binding table without the families left out
(learned), or also the tight-binding limits of the tested molecules themselves (calculated); what
carries these to density functional theory is fitted without the tested molecules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.benchmarks import efficiency_splits
from electrolyte_ml.benchmarks.baselines import model_descriptors
from electrolyte_ml.benchmarks.frozen import KeyedSplit, frozen_folder
from electrolyte_ml.benchmarks.store import data_sha256
from electrolyte_ml.data.conductivities import sodium_conductivities
from electrolyte_ml.data.splits import Split, source_groups
from electrolyte_ml.files import packaged_file, packaged_table
from electrolyte_ml.models.efficiency.features import features
from electrolyte_ml.models.efficiency.fit import fit_efficiency, solvent_sets
from electrolyte_ml.models.window.dataset import group_folds, training_set
from electrolyte_ml.models.window.features import family_of, molecule_features
from electrolyte_ml.models.window.gp import fit_gp
from electrolyte_ml.models.window.limits import OXIDATION, REDUCTION
from electrolyte_ml.models.window.references import dft_limits
from electrolyte_ml.models.window.train import calibrations
from electrolyte_ml.quantum.dft import RELAXED
from electrolyte_ml.quantum.shipped import COMPUTED, DFT
from electrolyte_ml.threads import one_thread

Floats = NDArray[np.float64]

SUITE = "quantum"
SODIUM, EFFICIENCY, OXIDATION_TASK, REDUCTION_TASK = (
    "sodium",
    "efficiency",
    "oxidation",
    "reduction",
)
OURS, CALCULATED = "our model", "our calculation"
FROM_SODIUM = "our model (result of the suite sodium)"
_FAMILY, _TABLES = "family", "quantum/tables"
_PUBLISHED = "battslm_rx392.csv"
_AXES = {OXIDATION_TASK: OXIDATION, REDUCTION_TASK: REDUCTION}


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelTask:
    """Rows that kernels learn from and are judged by.

    Attributes
    ----------
    name
        One of `TASKS`.
    title
        Quantity, source and unit.
    inputs
        Descriptors, shape (n, p).
    values
        What is to be predicted, shape (n,).
    groups
        What a fold keeps whole, shape (n,).
    keyed
        Split of a seed, in which every row is tested once.
    """

    name: str
    title: str
    inputs: Floats
    values: Floats
    groups: NDArray[np.intp]
    keyed: Callable[[int], KeyedSplit]

    @property
    def content_sha256(self) -> str:
        """Hash of descriptors, values and groups."""
        digest = hashlib.sha256()
        for array in (self.inputs, self.values, self.groups):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


@cache
def task_of(name: str) -> KernelTask:
    """A task by its name.

    Raises
    ------
    DataNotFoundError
        If its data are not on this machine.
    """
    return TASKS[name]()


def _sodium() -> KernelTask:
    from electrolyte_ml.benchmarks.suites.sodium import keyed_splits

    rows = sodium_conductivities()
    return KernelTask(
        name=SODIUM,
        title="sodium conductivities from papers, lg mS/cm",
        inputs=model_descriptors(rows),
        values=np.log10(rows.value),
        groups=source_groups(rows),
        # Every paper is a fold of its own: nothing is drawn.
        keyed=lambda _: keyed_splits(0)[1],
    )


def _efficiency() -> KernelTask:
    table = efficiency_splits.rows_of("solvents")
    return KernelTask(
        name=EFFICIENCY,
        title="coulombic efficiency of lithium on copper, -log10(1 - CE)",
        inputs=features(table.measurements.row_formulations, table.cycling),
        values=table.lce,
        groups=solvent_sets(table),
        keyed=partial(efficiency_splits.keyed_split, "solvents"),
    )


def _limit(name: str) -> KernelTask:
    limits = dft_limits(_AXES[name])
    return KernelTask(
        name=name,
        title=f"{name} limit by density functional theory (wB97X), V vs Li/Li+",
        inputs=molecule_features(limits.smiles).descriptors,
        values=np.asarray(limits.value, dtype=np.float64),
        groups=np.unique(_families(), return_inverse=True)[1].ravel().astype(np.intp),
        keyed=family_split,
    )


#: How each task is made.
TASKS: Mapping[str, Callable[[], KernelTask]] = {
    SODIUM: _sodium,
    EFFICIENCY: _efficiency,
    OXIDATION_TASK: partial(_limit, OXIDATION_TASK),
    REDUCTION_TASK: partial(_limit, REDUCTION_TASK),
}


def family_split(seed: int) -> KeyedSplit:
    """Families of the molecules with density functional theory, in five folds.

    Parameters
    ----------
    seed
        Of the folds.
    """
    folds, number = group_folds(_families(), seed), _number_in_file()
    return KeyedSplit(
        suite=SUITE,
        split=Split(
            name=_FAMILY,
            folds=tuple(
                (np.flatnonzero(folds != fold), np.flatnonzero(folds == fold))
                for fold in np.unique(folds)
            ),
        ),
        rows=np.array([number[smiles] for smiles in dft_limits(OXIDATION).smiles], dtype=np.intp),
        table=np.full(len(folds), DFT),
        data={**_shipped_sha256(COMPUTED), **_shipped_sha256(DFT), **data_sha256(_PUBLISHED)},
    )


def _number_in_file() -> dict[str, int]:
    """Rows of the file, counted from 0, of molecules with relaxed ions, by SMILES."""
    rows = packaged_table(f"{_TABLES}/{DFT}")
    return {row["smiles"]: i for i, row in enumerate(rows) if row["protocol"] == RELAXED.key}


def _shipped_sha256(name: str) -> dict[str, str]:
    content = packaged_file(f"{_TABLES}/{name}").read_bytes()
    return {name: hashlib.sha256(content).hexdigest()}


@cache
def _families() -> NDArray[np.str_]:
    """Families of the molecules with density functional theory, shape (n,)."""
    return np.array([family_of(Chem.MolFromSmiles(s)) for s in dft_limits(OXIDATION).smiles])


def mean_of_others(task: KernelTask, seed: int) -> Floats:
    """Mean of the training rows of each fold, shape (n,)."""
    found = np.empty(len(task.values))
    for train, test in task.keyed(seed).split.folds:
        found[test] = task.values[train].mean()
    return found


def efficiency_by_our_model(seed: int, held: NDArray[np.bool_]) -> Floats:
    """Efficiencies of all rows by the package's model of the folds, shape (n,).

    Parameters
    ----------
    seed
        Of the folds.
    held
        Rows that may be learnt from, shape (n,).
    """
    table = efficiency_splits.rows_of("solvents")
    found = np.empty(len(table))
    for train, test in task_of(EFFICIENCY).keyed(seed).split.folds:
        model, asked = fit_efficiency(table.select(train[held[train]])), table.select(test)
        found[test] = model.lce(asked.measurements.row_formulations, asked.cycling)[0]
    return found


@cache
def limits_by_our_models(seed: int) -> dict[tuple[str, str], Floats]:
    """Limits of all molecules by the package, learned and calculated, shapes (n,).

    Parameters
    ----------
    seed
        Of the folds and fits.

    Returns
    -------
    dict
        By task and `OURS` or `CALCULATED`.
    """
    table = training_set()
    row_of = {smiles: row for row, smiles in enumerate(table.smiles)}
    rows = np.array([row_of[smiles] for smiles in dft_limits(OXIDATION).smiles], dtype=np.intp)
    found = {(task, who): np.empty(len(rows)) for task in _AXES for who in (OURS, CALCULATED)}
    for _, test in family_split(seed).split.folds:
        tested = rows[test]
        lines = calibrations(table, frozenset(table.smiles[row] for row in tested))
        known = table.select(np.flatnonzero(~np.isin(table.family, _families()[test])))
        for task, axis in _AXES.items():
            with one_thread():
                process = fit_gp(known.features, lines[axis].apply(known.terms[axis]), seed)
                learned = process.predict(table.features.select(tested))[0]
            # On the scale of our own theory, as the tested values are.
            shift = lines[axis].own_theory_v
            found[task, OURS][test] = learned + shift
            found[task, CALCULATED][test] = lines[axis].apply(table.terms[axis][tested]) + shift
    return found


def sodium_result() -> tuple[dict[str, float] | None, str]:
    """Errors of the package's model on the sodium points, as the suite ``sodium`` has them.

    To fit the model anew without each paper takes a quarter of an hour, so that the committed
    result is taken: RMSE follows from its R2.

    Returns
    -------
    metrics
        ``n``, ``mae``, ``rmse``, ``r2``, ``spearman`` in lg mS/cm; None if there is no result of
        these rows.
    reason
        Why there is none, else the hash of the result.
    """
    from electrolyte_ml.benchmarks.suites.sodium import OTHER_PAPERS
    from electrolyte_ml.benchmarks.suites.sodium import TASK as SODIUM_TASK

    path = frozen_folder().parent / "results" / "sodium.json"
    if not path.is_file():
        return None, "the committed result of the suite sodium is in a checkout alone"
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    task = task_of(SODIUM)
    if result["split_sha256"].get(f"{SODIUM_TASK}; source") != task.keyed(0).sha256:
        return None, "the committed result of the suite sodium is of other rows"
    (known,) = [t["metrics"] for t in result["tasks"] if t["model"] == OTHER_PAPERS]
    squared = (1 - known["r2_log10"]) * task.values.var()
    metrics = {
        "n": known["n"],
        "mae": known["mae_log10"],
        "rmse": float(np.sqrt(squared)),
        "r2": known["r2_log10"],
        "spearman": known["spearman"],
    }
    return metrics, hashlib.sha256(json.dumps(metrics, sort_keys=True).encode()).hexdigest()
