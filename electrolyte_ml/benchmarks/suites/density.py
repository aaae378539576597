"""Suite ``density``: measured sodium solutions, and tabulated pure solvents.

Split ``all``: the shipped model on all 25 liquids of arXiv:2603.20183, which it has learnt from, so
that this is a description; the suite ``solutions`` has predictions. Split ``solvent``: ideal mixing
with volumes of each salt from its solutions in the other solvents, or from the structure of its
ions where there are none. Split ``tables``: densities of pure solvents of the
catalog against those of another table, without those that were taken from it. Split ``structure``:
the same table as if no density of its solvents were known; the line in the McGowan volume is fitted
to the other solvents of the catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import linear_metrics
from electrolyte_ml.benchmarks.store import data_sha256
from electrolyte_ml.data.sources import combat_56_solvents, kumar2026_density
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.formulation.density import density_g_cm3
from electrolyte_ml.models.density import predict_density
from electrolyte_ml.species import Salt, Solvent, default_catalog
from electrolyte_ml.species.chemistry import molecule_of
from electrolyte_ml.species.estimates import ion_volume_cm3_mol, mcgowan_volume_cm3_mol

SOLUTIONS = "measured densities of sodium solutions (arXiv:2603.20183), g/cm3"
PURE = "densities of pure solvents (COMBAT table), g/cm3"
SPLITS = ("all", "solvent", "tables", "structure")
_CONSTANT_G_CM3 = 1.2
# Straight line of 90 % of catalog liquids, as shipped.
_STRUCTURE_HALF_WIDTH = 0.10
_SHIPPED, _IDEAL = "as shipped", "ideal mixing"
# 90 % of measured densities of pure solvents, and of volumes of a salt from solvent to solvent.
_PURE_HALF_WIDTH, _SALT_HALF_WIDTH_CM3_MOL = 0.006, 16.0
_CODE = (
    "electrolyte_ml.benchmarks.suites.density",
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.data",
    "electrolyte_ml.formulation",
    "electrolyte_ml.models.density",
    "electrolyte_ml.species",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """Measured densities, their recipes, and the groups held out together."""

    formulations: tuple[Formulation, ...]
    temperature_k: NDArray[np.float64]
    measured: NDArray[np.float64]
    groups: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Guess:
    """Predictions of a case; `half_width` where the model has an interval."""

    value: NDArray[np.float64]
    half_width: NDArray[np.float64] | None = None
    in_domain: NDArray[np.bool_] | None = None


_Model = Callable[[_Case], _Guess]


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Our model and baselines on the splits.

    Parameters
    ----------
    quick
        Solutions in unseen solvents only, without baselines.
    splits
        Names from `SPLITS`.
    seed
        Named in results; nothing is drawn.

    Raises
    ------
    InputError
        If there is no such split.
    DataNotFoundError
        If a data set is not on this machine.
    """
    chosen = chosen_splits(splits, known=SPLITS, default=("solvent",) if quick else SPLITS)
    models: dict[str, dict[str, _Model]] = {
        "all": {_SHIPPED: _shipped, "constant 1.2 g/cm3": _constant, "no salt volume": _no_salt},
        "solvent": {
            f"{_IDEAL}, salt volumes of other solvents": _other_solvents,
            "constant 1.2 g/cm3": _constant,
            "no salt volume": _no_salt,
        },
        "tables": {"catalog": _shipped, "constant 1.2 g/cm3": _constant},
        "structure": {"line in the McGowan volume": _line, "constant 1.2 g/cm3": _constant},
    }
    return [
        Job(
            task=SOLUTIONS if split in ("all", "solvent") else PURE,
            split=split,
            model=name,
            seed=seed,
            run=partial(_run, split, model),
            data=data_sha256(
                kumar2026_density.FILE_NAME
                if split in ("all", "solvent")
                else combat_56_solvents.FILE_NAME
            ),
            depends_on=_CODE,
        )
        for split in chosen
        for name, model in list(models[split].items())[: 1 if quick else None]
    ]


def _run(split: str, model: _Model, progress: Progress | None) -> JobResult:
    del progress
    cases: dict[str, Callable[[], _Case]] = {
        "all": _solutions,
        "solvent": _salted,
        "tables": _known,
        "structure": _pure,
    }
    case = cases[split]()
    guess = model(case)
    metrics = linear_metrics(
        case.measured, guess.value, case.groups, guess.half_width, guess.in_domain
    )
    error = np.abs(guess.value / case.measured - 1)
    metrics["mape_percent"] = float(100 * error.mean())
    metrics["worst_ape_percent"] = float(100 * error.max())
    return JobResult(metrics=metrics, measured=case.measured, predicted=guess.value)


@cache
def _solutions() -> _Case:
    """The 25 measured liquids, grouped by solvent."""
    rows, _ = kumar2026_density.load()
    formulations = tuple(rows.formulations[i] for i in rows.formulation_index)
    names = [f.solvents[0].solvent.name for f in formulations]
    return _Case(
        formulations=formulations,
        temperature_k=rows.temperature_k,
        measured=rows.value,
        groups=np.unique(names, return_inverse=True)[1].ravel(),
    )


def _salted() -> _Case:
    case = _solutions()
    return _taken(case, np.array([bool(f.salts) for f in case.formulations]))


def _taken(case: _Case, rows: NDArray[np.bool_]) -> _Case:
    return _Case(
        formulations=tuple(f for f, take in zip(case.formulations, rows, strict=True) if take),
        temperature_k=case.temperature_k[rows],
        measured=case.measured[rows],
        groups=case.groups[rows],
    )


@cache
def _pure() -> _Case:
    """Rows of the table that say their temperature."""
    table, _ = combat_56_solvents.load()
    return _Case(
        formulations=tuple(table.row_formulations),
        temperature_k=table.temperature_k,
        measured=table.value,
        groups=np.arange(len(table)),
    )


def _known() -> _Case:
    """Pure solvents whose density the catalog has from elsewhere."""
    case = _pure()
    held = [_solvent(f).properties.get("density_g_cm3") for f in case.formulations]
    return _taken(
        case, np.array([h is not None and combat_56_solvents.DOI not in h.source for h in held])
    )


def _solvent(formulation: Formulation) -> Solvent:
    return formulation.solvents[0].solvent


def _shipped(case: _Case) -> _Guess:
    prediction = predict_density(case.formulations, case.temperature_k)
    half_width = (prediction.high - prediction.low) / 2
    return _Guess(prediction.value, half_width, prediction.in_domain)


def _constant(case: _Case) -> _Guess:
    return _Guess(np.full(len(case.measured), _CONSTANT_G_CM3))


def _no_salt(case: _Case) -> _Guess:
    """The salt adds mass and no volume."""
    return _Guess(_mass(case) / _solvent_volume(case))


def _other_solvents(case: _Case) -> _Guess:
    """Salt volumes fitted to the solutions in other solvents."""
    molality = np.array([f.salts[0].molality_mol_kg for f in case.formulations])
    salts = [f.salts[0].salt for f in case.formulations]
    excess = _mass(case) / case.measured - _solvent_volume(case)
    volume = np.empty(len(salts))
    for row, salt in enumerate(salts):
        same = np.array([other == salt for other in salts])
        trained = same & (case.groups != case.groups[row])
        if trained.any():
            m = molality[trained]
            volume[row] = (m * excess[trained]).sum() / (m**2).sum()
        else:
            volume[row] = _from_structure(salt)
    value = _mass(case) / (_solvent_volume(case) + molality * volume)
    salts_share = molality * _SALT_HALF_WIDTH_CM3_MOL / 1000 / (_mass(case) / value)
    return _Guess(value, value * np.hypot(_PURE_HALF_WIDTH, salts_share))


def _from_structure(salt: Salt) -> float:
    """Volume of a formula unit, L/mol, with the anion's estimated."""
    cation = salt.cation.value("partial_molar_volume_cm3_mol") or 0.0
    anion = ion_volume_cm3_mol(salt.anion.smiles)
    return (salt.n_cation * cation + salt.n_anion * anion) / 1000


def _mass(case: _Case) -> NDArray[np.float64]:
    """Mass of the solution with one kilogram of solvents, kg."""
    return np.array([1 + f.salt_mass_per_kg_solvent for f in case.formulations])


def _solvent_volume(case: _Case) -> NDArray[np.float64]:
    """Volume of one kilogram of the solvent, L."""
    return np.array(
        [
            1 / density_g_cm3(_solvent(f), float(t)).value
            for f, t in zip(case.formulations, case.temperature_k, strict=True)
        ]
    )


def _line(case: _Case) -> _Guess:
    """Molar volume from the McGowan volume and the fluorine atoms, other solvents fitted."""
    tested = {_solvent(f).smiles for f in case.formulations}
    trained = [
        s
        for s in default_catalog().solvents
        if s.smiles not in tested and _measured_density(s) is not None
    ]
    volumes = np.array([s.molar_mass_g_mol / density_g_cm3(s).value for s in trained])
    weights, *_ = np.linalg.lstsq(_terms(trained), volumes)
    solvents = [_solvent(f) for f in case.formulations]
    masses = np.array([s.molar_mass_g_mol for s in solvents])
    value = masses / (_terms(solvents) @ weights)
    return _Guess(value, _STRUCTURE_HALF_WIDTH * value)


def _measured_density(solvent: Solvent) -> float | None:
    held = solvent.properties.get("density_g_cm3")
    return None if held is None or held.source.startswith("estimated") else held.value


def _terms(solvents: Sequence[Solvent]) -> NDArray[np.float64]:
    rows = [(1.0, mcgowan_volume_cm3_mol(s.smiles), _fluorines(s.smiles)) for s in solvents]
    return np.array(rows)


def _fluorines(smiles: str) -> float:
    return float(sum(atom.GetAtomicNum() == 9 for atom in molecule_of(smiles).GetAtoms()))
