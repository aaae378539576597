"""Many simulated discharges: recipes, temperatures, rates and samples, in a pool, resumable.

A job is one recipe at one temperature and rate with all of its samples. Its results are kept in a
file named by a hash of everything they depend on; a job whose file is there is not run again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.cell.curves import ElectrolyteCurves
from electrolyte_ml.cell.geometry import CellGeometry
from electrolyte_ml.cell.simulate import (
    SALT_RUNS_OUT,
    Discharge,
    Draw,
    Simulator,
    draws,
    pybamm_module,
)
from electrolyte_ml.errors import InputError
from electrolyte_ml.executors import as_finished
from electrolyte_ml.files import make_folder, write_text
from electrolyte_ml.prediction import number_or_none

JOBS = "jobs"
FEWEST_SAMPLES = 20
_COVERAGE = 0.9
_VERSION = 1  # of the files of jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeJob:
    """A recipe in a cell at one temperature and rate.

    Attributes
    ----------
    text
        The recipe as written.
    cell
        The cell.
    electrolyte
        Curves at the temperature.
    rate_c
        C rate.
    samples
        Number of samples beside the best estimate.
    seed
        Of the samples.
    """

    text: str
    cell: CellGeometry
    electrolyte: ElectrolyteCurves
    rate_c: float
    samples: int
    seed: int

    @property
    def key(self) -> str:
        """Hash of everything that the result depends on."""
        held = {
            "version": _VERSION,
            "cell": self.cell.to_dict(),
            "curves": self.electrolyte.rows(),
            "molarity": self.electrolyte.molarity_mol_l,
            "rate_c": self.rate_c,
            "samples": self.samples,
            "seed": self.seed,
        }
        return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """For progress."""
        return f"{self.text}, {self.rate_c:g}C"

    def run(self) -> list[Discharge]:
        """The best estimate first, then the samples."""
        simulator = _simulator(json.dumps(self.cell.to_dict()), _Held(self.cell, self.electrolyte))
        return [simulator.discharge(self.rate_c, draw) for draw in self.draws]

    @property
    def draws(self) -> list[Draw]:
        """The same for every rate and recipe, so that these differ by nothing else."""
        return draws(self.samples, self.seed)


class _Held:
    """A cell with an electrolyte as the key of a cache."""

    def __init__(self, cell: CellGeometry, electrolyte: ElectrolyteCurves) -> None:
        self.cell, self.electrolyte = cell, electrolyte
        self._key = (electrolyte.recipe, electrolyte.temperature_k)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=4)
def _simulator(_cell: str, held: _Held) -> Simulator:
    return Simulator(held.cell, held.electrolyte)


def run_jobs_of_cell(
    jobs: Sequence[DischargeJob],
    folder: Path,
    *,
    executor: Executor | None = None,
    progress: Callable[[DischargeJob], None] | None = None,
) -> list[dict[str, Any]]:
    """Run jobs that were not run before.

    Parameters
    ----------
    jobs
        In the order of the results.
    folder
        Where results are kept, one file for each job.
    executor
        Runs them side by side; one after the other without it.
    progress
        Called with each job that is done.

    Returns
    -------
    list of dict
        A record for each job, with its samples.

    Raises
    ------
    MissingDependencyError
        If PyBaMM is not installed.
    InputError
        If the cell cannot be simulated, or there are too few samples.
    """
    few = [job for job in jobs if job.samples < FEWEST_SAMPLES]
    if few:
        raise InputError(
            f"an interval needs at least {FEWEST_SAMPLES} samples, given {few[0].samples}"
        )
    pybamm_module()
    make_folder(folder / JOBS)
    paths = {job.key: folder / JOBS / f"{job.key}.json" for job in jobs}
    left = [job for job in jobs if not paths[job.key].exists()]
    told = progress or (lambda _job: None)
    for job in jobs:
        if paths[job.key].exists():
            told(job)
    for job, future in as_finished(DischargeJob.run, left, executor):
        write_text(paths[job.key], json.dumps(_record(job, future.result())) + "\n")
        told(job)
    return [json.loads(paths[job.key].read_text(encoding="utf-8")) for job in jobs]


def _record(job: DischargeJob, found: Sequence[Discharge]) -> dict[str, Any]:
    best, *samples = found
    known = [d for d in samples if np.isfinite(d.capacity_ah)]
    out = sum(SALT_RUNS_OUT in d.note for d in samples)
    return {
        "recipe": job.text,
        "cell": job.cell.name,
        "temperature_k": job.electrolyte.temperature_k,
        "rate_c": job.rate_c,
        "capacity_ah": _interval(best.capacity_ah, [d.capacity_ah for d in samples]),
        "capacity_share": _interval(
            best.capacity_ah / job.cell.nominal_capacity_ah,
            [d.capacity_ah / job.cell.nominal_capacity_ah for d in samples],
        ),
        "mean_voltage_v": _interval(best.mean_voltage_v, [d.mean_voltage_v for d in samples]),
        "energy_wh": _interval(best.energy_wh, [d.energy_wh for d in samples]),
        "lowest_concentration_mol_l": number_or_none(best.lowest_concentration_mol_m3 / 1000.0),
        "note": best.note,
        "model": best.model,
        "samples_where_salt_runs_out": out / len(samples),
        "samples_simulated": len(known),
        "samples": [_sample(draw, d) for draw, d in zip(job.draws, found, strict=True)],
        "curve": {
            "charge_ah": [number_or_none(x) for x in best.charge_ah.tolist()],
            "voltage_v": [number_or_none(x) for x in best.voltage_v.tolist()],
        },
        "notes": list(job.electrolyte.notes),
        "provenance": job.electrolyte.provenance,
    }


def _sample(draw: Draw, found: Discharge) -> dict[str, Any]:
    return {
        "diffusivity": draw.diffusivity,
        "transference": draw.transference,
        "conductivity": draw.conductivity,
        "capacity_ah": number_or_none(found.capacity_ah),
        "mean_voltage_v": number_or_none(found.mean_voltage_v),
        "lowest_concentration_mol_l": number_or_none(found.lowest_concentration_mol_m3 / 1000.0),
        "model": found.model,
        "note": found.note,
    }


def _interval(value: float, samples: Sequence[float]) -> dict[str, Any]:
    """The best estimate with the ends that hold 90 % of the samples."""
    known = [x for x in (value, *samples) if np.isfinite(x)]
    low, high = np.quantile(known, [0.05, 0.95]).tolist() if known else (np.nan, np.nan)
    return {
        "value": number_or_none(value),
        "low": number_or_none(min(low, value)),
        "high": number_or_none(max(high, value)),
        "coverage": _COVERAGE,
    }
