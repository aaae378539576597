"""The splits of CALiSol-23, and which rows count as one group in each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.environment import data_sha256
from electrolyte_ml.benchmarks.frozen import KeyedSplit, check
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.sources import calisol23
from electrolyte_ml.data.splits import (
    Split,
    cold_split,
    formulation_groups,
    grouped_split,
    hot_split,
    random_split,
    salt_split,
    solvent_split,
    source_split,
    system_groups,
)
from electrolyte_ml.features import compose, mixture_features
from electrolyte_ml.models.conductivity.training import usable_lithium

# Of the random split that others publish figures on.
_PUBLISHED_SEED = 42


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Rows, how they are split, and which tested rows belong together.

    Attributes
    ----------
    measurements
        All n rows, in the order that the split counts them.
    split
        Folds over them.
    groups
        Group of each entry of ``split.tested``, shape (t,): metrics by group use it.
    data
        SHA-256 of each data file by name.
    split_sha256
        Of the split by row names.
    content_sha256
        Of compositions, features, temperatures and values: what cleaning, species tables and
        features made of the data files.
    """

    measurements: Measurements
    split: Split
    groups: NDArray[np.intp]
    data: dict[str, str]
    split_sha256: str
    content_sha256: str

    @property
    def measured(self) -> NDArray[np.float64]:
        """Measured values of the tested rows, in the order of the folds, shape (t,)."""
        return self.measurements.value[self.split.tested]


def _random(measurements: Measurements, seed: int) -> Split:
    return random_split(len(measurements), seed=seed)


def _published(measurements: Measurements, seed: int) -> Split:
    """The split of rows that others use, whatever the seed of the run."""
    from sklearn.model_selection import train_test_split

    del seed
    rows = np.arange(len(measurements))
    train, test = train_test_split(rows, test_size=0.2, random_state=_PUBLISHED_SEED)
    return Split(name="published", folds=((np.sort(train), np.sort(test)),))


#: How each split is made, in the order of the leaderboard. ``formulation`` is the headline.
SPLITS: dict[str, Callable[[Measurements, int], Split]] = {
    "random": _random,
    "published": _published,
    "formulation": lambda m, seed: grouped_split("formulation", formulation_groups(m), seed=seed),
    "system": lambda m, seed: grouped_split("system", system_groups(m), seed=seed),
    "source": lambda m, _: source_split(m),
    "source-strict": lambda m, _: source_split(m, strict=True),
    "salt": lambda m, _: salt_split(m),
    "solvent": lambda m, _: solvent_split(m),
    "cold": lambda m, _: cold_split(m),
    "hot": lambda m, _: hot_split(m),
}


def case_of(name: str, seed: int) -> Case:
    """Rows and folds of a split, checked against the frozen one.

    Parameters
    ----------
    name
        One of `SPLITS`.
    seed
        Of the split, where chance has a part in it.

    Raises
    ------
    FrozenSplitError
        If the data are not those of the frozen split.
    DataNotFoundError
        If the data set is not on this machine.
    """
    keyed = keyed_split(name, seed)
    check(keyed, seed=seed)
    measurements = _rows_of(name)
    return Case(
        measurements=measurements,
        split=keyed.split,
        groups=_groups(measurements, keyed.split),
        data=dict(keyed.data),
        split_sha256=keyed.sha256,
        content_sha256=_content_of(name == "published"),
    )


def keyed_split(name: str, seed: int) -> KeyedSplit:
    """A split with the row numbers of the data file."""
    measurements = _rows_of(name)
    return KeyedSplit(
        suite="conductivity",
        split=SPLITS[name](measurements, seed),
        rows=measurements.source_row,
        table=np.full(len(measurements), calisol23.FILE_NAME),
        data=data_sha256(calisol23.FILE_NAME),
    )


def _rows_of(name: str) -> Measurements:
    # Published figures are of the whole set; the rows that only we call unusable are in it.
    return _everything() if name == "published" else lithium()


@cache
def _content_of(everything: bool) -> str:
    return content_sha256(_everything() if everything else lithium())


def content_sha256(measurements: Measurements) -> str:
    """Hash of compositions, features, temperatures, values and flags, in the order of the rows."""
    composition = compose(measurements.row_formulations)
    digest = hashlib.sha256()
    for species in (composition.solvents, composition.anions, composition.cations):
        digest.update("|".join(s.smiles for s in species).encode())
    arrays = (
        mixture_features(composition),
        composition.solvent_mole_fraction,
        composition.anion_fraction,
        composition.cation_fraction,
        composition.molality_mol_kg,
        composition.index,
        measurements.temperature_k,
        measurements.value,
    )
    digest.update("|".join(measurements.flag.tolist()).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@cache
def lithium() -> Measurements:
    """CALiSol-23 as models are trained on it."""
    return usable_lithium()


@cache
def _everything() -> Measurements:
    return calisol23.load()[0]


def _groups(measurements: Measurements, split: Split) -> NDArray[np.intp]:
    """Folds that hold something named out are groups; elsewhere formulations or systems are."""
    if split.labels:
        return split.fold_of_tested
    named = formulation_groups if split.name == "formulation" else system_groups
    return named(measurements)[split.tested]
