"""Splits that do not leak: by formulation, system, source, salt, solvent, or temperature.

Measurements of one bottle along a temperature series, and of one recipe by several laboratories,
must stay on one side. Concentrations of one bottle differ a little between rows, because each was
read off its own curve, so that formulations are found by clustering and not by equality.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.formulation import Formulation

# Two solvent mixtures whose mole fractions differ by less than this in sum are one.
_SAME_MIXTURE = 0.02
# A gap in molality wider than this, and than this share of it, separates two bottles.
_SAME_MOLALITY = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Training and test rows of one or more folds.

    Attributes
    ----------
    name
        Such as ``formulation``, ``source`` or ``cold``.
    folds
        Row numbers (training, test) of each fold. A row may be tested in several folds, or be in
        neither part of a fold.
    labels
        What each fold holds out, such as a DOI or the name of a solvent; empty if folds have no
        name of their own.

    Raises
    ------
    ValueError
        If a row is on both sides of a fold, or labels and folds differ in number.
    """

    name: str
    folds: tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.labels and len(self.labels) != len(self.folds):
            raise ValueError(
                f"split {self.name}: {len(self.labels)} labels, {len(self.folds)} folds"
            )
        for number, (train, test) in enumerate(self.folds, start=1):
            if len(np.intersect1d(train, test)):
                raise ValueError(f"split {self.name}: fold {number} tests rows it is trained on")

    @property
    def tested(self) -> NDArray[np.intp]:
        """Test rows of all folds, one fold after the other, shape (t,)."""
        return np.concatenate([test for _, test in self.folds])

    @property
    def fold_of_tested(self) -> NDArray[np.intp]:
        """Number of the fold of each entry of `tested`, shape (t,)."""
        return np.repeat(np.arange(len(self.folds)), [len(test) for _, test in self.folds])

    @property
    def sha256(self) -> str:
        """Hash of all row numbers: equal hashes mean the same split."""
        digest = hashlib.sha256()
        for part in (part for fold in self.folds for part in fold):
            digest.update(np.sort(part).astype("<i8").tobytes() + b"|")
        return digest.hexdigest()


def system_groups(measurements: Measurements) -> NDArray[np.intp]:
    """Number of each row's system: its ions and its solvent mixture, whatever the molality.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    mixtures = _cluster_mixtures(_solvent_mole_fractions(measurements.formulations))
    labels: dict[tuple[str, int], int] = {}
    of_formulation = [
        labels.setdefault((_ions(f), int(mixture)), len(labels))
        for f, mixture in zip(measurements.formulations, mixtures, strict=True)
    ]
    return np.array(of_formulation, dtype=np.intp)[measurements.formulation_index]


def formulation_groups(measurements: Measurements) -> NDArray[np.intp]:
    """Number of each row's formulation: a system and a cluster of molalities in it.

    Molalities are clustered by single linkage: a gap of more than 0.02 mol/kg and of more than
    2 % separates two formulations.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    systems = system_groups(measurements)
    per_formulation = np.array([f.molality_mol_kg for f in measurements.formulations])
    molality = per_formulation[measurements.formulation_index]
    groups = np.zeros(len(measurements), dtype=np.intp)
    first_free = 0
    for system in np.unique(systems):
        rows = systems == system
        levels = np.unique(molality[rows])
        apart = np.diff(levels) > np.maximum(_SAME_MOLALITY, _SAME_MOLALITY * levels[:-1])
        cluster = np.r_[0, np.cumsum(apart)]
        groups[rows] = first_free + cluster[np.searchsorted(levels, molality[rows])]
        first_free += int(cluster[-1]) + 1
    return groups


def source_groups(measurements: Measurements) -> NDArray[np.intp]:
    """Number of each row's paper, shape (n,)."""
    return np.unique(measurements.source, return_inverse=True)[1].ravel().astype(np.intp)


def anion_groups(measurements: Measurements) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Number of each row's set of anions, shape (n,), and the name of each set."""
    names = np.array(
        ["+".join(sorted({s.salt.anion.name for s in f.salts})) for f in measurements.formulations]
    )
    distinct, index = np.unique(names, return_inverse=True)
    return index.ravel().astype(np.intp)[measurements.formulation_index], tuple(distinct.tolist())


def grouped_split(name: str, groups: NDArray[np.intp], *, n_folds: int = 5, seed: int = 0) -> Split:
    """Folds in which no group is on both sides (scikit-learn's shuffled `GroupKFold`).

    Parameters
    ----------
    name
        Name of the split.
    groups
        Group number of each row, shape (n,).
    n_folds
        Number of folds.
    seed
        Seed of the shuffle of groups.
    """
    from sklearn.model_selection import GroupKFold

    folds = GroupKFold(n_folds, shuffle=True, random_state=seed).split(groups, groups=groups)
    return Split(name=name, folds=tuple(folds))


def leave_one_group_out(name: str, groups: NDArray[np.intp], labels: Sequence[str] = ()) -> Split:
    """One fold for each group, which is its test set.

    Parameters
    ----------
    name
        Name of the split.
    groups
        Group number of each row, shape (n,).
    labels
        Name of each group in the order of their numbers, if they have one.
    """
    return Split(
        name=name,
        folds=tuple(
            (np.flatnonzero(groups != group), np.flatnonzero(groups == group))
            for group in np.unique(groups)
        ),
        labels=tuple(labels),
    )


def source_split(measurements: Measurements, *, strict: bool = False) -> Split:
    """One fold for each paper, which is its test set.

    Laboratories publish the same measurements more than once, so that a paper that is left out may
    still be seen in another one.

    Parameters
    ----------
    measurements
        Rows to split.
    strict
        Leave also rows out of training that share a system with the paper tested.
    """
    groups, labels = source_groups(measurements), np.unique(measurements.source).tolist()
    plain = leave_one_group_out("source", groups, labels)
    if not strict:
        return plain
    systems = system_groups(measurements)
    folds = tuple(
        (train[~np.isin(systems[train], systems[test])], test) for train, test in plain.folds
    )
    return Split(name="source-strict", folds=folds, labels=plain.labels)


def salt_split(measurements: Measurements) -> Split:
    """One fold for each anion, which is its test set."""
    groups, labels = anion_groups(measurements)
    return leave_one_group_out("salt", groups, labels)


def solvent_split(measurements: Measurements, *, least_rows: int = 30) -> Split:
    """One fold for each solvent: everything that holds it is tested, everything else trained on.

    A row of a mixture is tested once for each of its solvents.

    Parameters
    ----------
    measurements
        Rows to split.
    least_rows
        Solvents of fewer rows are not tested.
    """
    holding: dict[str, NDArray[np.bool_]] = {}
    for number, formulation in enumerate(measurements.formulations):
        for part in formulation.solvents:
            rows = holding.setdefault(
                part.solvent.name, np.zeros(len(measurements.formulations), dtype=np.bool_)
            )
            rows[number] = True
    folds, labels = [], []
    for name in sorted(holding):
        tested = holding[name][measurements.formulation_index]
        if least_rows <= tested.sum() < len(tested):
            folds.append((np.flatnonzero(~tested), np.flatnonzero(tested)))
            labels.append(name)
    return Split(name="solvent", folds=tuple(folds), labels=tuple(labels))


def random_split(n: int, *, test_share: float = 0.2, seed: int = 0) -> Split:
    """Rows drawn at random: leaks whole temperature series, kept for comparison with others."""
    order = np.random.default_rng(seed).permutation(n)
    n_test = round(n * test_share)
    return Split(name="random", folds=((np.sort(order[n_test:]), np.sort(order[:n_test])),))


def cold_split(measurements: Measurements, below_k: float = 273.0) -> Split:
    """Train at and above a temperature, test below it."""
    cold = measurements.temperature_k < below_k
    return Split(name="cold", folds=((np.flatnonzero(~cold), np.flatnonzero(cold)),))


def hot_split(measurements: Measurements, from_k: float = 303.0) -> Split:
    """Train below a temperature, test at and above it."""
    hot = measurements.temperature_k >= from_k
    return Split(name="hot", folds=((np.flatnonzero(~hot), np.flatnonzero(hot)),))


def ordered_split(name: str, n_train: int, n_test: int) -> Split:
    """Train on the first rows of a table, test on the ones after them."""
    rows = np.arange(n_train + n_test)
    return Split(name=name, folds=((rows[:n_train], rows[n_train:]),))


def _solvent_mole_fractions(formulations: Sequence[Formulation]) -> NDArray[np.float64]:
    """Mole fractions among the solvents, shape (u, number of distinct solvents)."""
    smiles = sorted({s.solvent.smiles for f in formulations for s in f.solvents})
    column = {name: i for i, name in enumerate(smiles)}
    fractions = np.zeros((len(formulations), len(smiles)))
    for row, formulation in enumerate(formulations):
        held = formulation.solvent_mole_fractions
        for part in formulation.solvents:
            fractions[row, column[part.solvent.smiles]] = held[part.solvent.name]
    return fractions


def _cluster_mixtures(fractions: NDArray[np.float64]) -> NDArray[np.intp]:
    """Cluster number of each mixture: the first leader it is close to, else a leader itself."""
    distinct, inverse = np.unique(np.round(fractions, 4), axis=0, return_inverse=True)
    leaders: list[NDArray[np.float64]] = []
    cluster = np.zeros(len(distinct), dtype=np.intp)
    for row, mixture in enumerate(distinct):
        gaps = np.abs(np.array(leaders) - mixture).sum(axis=1) if leaders else np.empty(0)
        close = np.flatnonzero(gaps < _SAME_MIXTURE)
        if len(close):
            cluster[row] = close[0]
        else:
            cluster[row] = len(leaders)
            leaders.append(mixture)
    return cluster[inverse.ravel()]


def _ions(formulation: Formulation) -> str:
    names = [f"{s.salt.cation.smiles}.{s.salt.anion.smiles}" for s in formulation.salts]
    return "|".join(sorted(names))
