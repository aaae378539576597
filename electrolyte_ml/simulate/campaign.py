"""A campaign: many jobs described by one TOML file, run in order of priority and resumed.

::

    name = "lithium_sodium_pairs"
    preset = "standard"
    temperature_k = 373.15
    seeds = [1, 2, 3]

    [[group]]
    name = "cation sets"
    recipes = ["1 M NaClO4 in PC"]
    cations = ["Na", "Li"]
    cation_sets = ["aqvist", "jensen-jorgensen", "joung-cheatham"]
    charge_scales = [0.8]

Keys outside a group are defaults of every group. A recipe is composed once, with the cation it
names; the other cations take the same places, so that the boxes of a pair differ in nothing else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import ElectrolyteError, RecipeFileError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.simulate.checkpoint import load_result
from electrolyte_ml.simulate.composition import compose_box
from electrolyte_ml.simulate.engine import Progress
from electrolyte_ml.simulate.ions import DEFAULT_CATION_SET, DEFAULT_CHARGE_SCALE
from electrolyte_ml.simulate.job import SimulationJob
from electrolyte_ml.simulate.protocol import preset
from electrolyte_ml.simulate.running import job_folder, run_job
from electrolyte_ml.species import default_catalog

_DEFAULTS: dict[str, Any] = {
    "preset": "standard",
    "temperature_k": 298.15,
    "seeds": [1],
    "cations": [],
    "cation_sets": [DEFAULT_CATION_SET],
    "charge_scales": [DEFAULT_CHARGE_SCALE],
}
_GROUP_KEYS = {*_DEFAULTS, "name", "recipes", "note"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignJob:
    """One job of a campaign, and where it belongs.

    Attributes
    ----------
    group
        Name of the group.
    recipe
        Recipe of the file that it was composed from; both halves of a pair share it.
    cation
        Name of the cation; empty for a pure solvent.
    job
        What is simulated.
    """

    group: str
    recipe: str
    cation: str
    job: SimulationJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """All jobs of a file, most urgent first.

    Attributes
    ----------
    name
        Name of the campaign.
    jobs
        The jobs, none twice.
    """

    name: str
    jobs: tuple[CampaignJob, ...]

    def finished(self, folder: Path) -> list[tuple[CampaignJob, dict[str, Any]]]:
        """Jobs that have a result, with it."""
        results = ((entry, load_result(job_folder(folder, entry.job))) for entry in self.jobs)
        return [(entry, result) for entry, result in results if result is not None]


def read_campaign(path: Path) -> Campaign:
    """Read a campaign file.

    Parameters
    ----------
    path
        TOML file.

    Returns
    -------
    Campaign
        With every job composed.

    Raises
    ------
    RecipeFileError
        If it holds impossible or unknown settings; all of them are listed.
    """
    try:
        held = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise RecipeFileError([f"{path}: {error}"]) from error
    groups = held.pop("group", [])
    name = held.pop("name", path.stem)
    faults = [f"{path}: unknown key {key!r}" for key in held if key not in _DEFAULTS]
    if not groups:
        faults.append(f"{path}: a campaign needs at least one [[group]]")
    jobs: dict[str, CampaignJob] = {}
    for group in groups:
        label = group.get("name", "unnamed")
        unknown = sorted(set(group) - _GROUP_KEYS)
        faults += [f"{path}: group {label!r}: unknown key {key!r}" for key in unknown]
        try:
            for entry in _group_jobs({**_DEFAULTS, **held, **group}):
                jobs.setdefault(entry.job.key, entry)
        except (ElectrolyteError, KeyError, TypeError) as error:
            faults.append(f"{path}: group {label!r}: {error}")
    if faults:
        raise RecipeFileError(faults)
    return Campaign(name=name, jobs=tuple(jobs.values()))


def _group_jobs(group: dict[str, Any]) -> Iterator[CampaignJob]:
    """Jobs of a group: seeds outermost, so that every comparison exists early, then improves."""
    protocol, n_atoms = preset(group["preset"])
    catalog = default_catalog()
    temperature = float(group["temperature_k"])
    boxes = {
        text: compose_box(
            parse_recipe(text),
            n_atoms,
            least_length_nm=protocol.least_length_nm,
            temperature_k=temperature,
        )
        for text in group["recipes"]
    }
    for seed in group["seeds"]:
        for recipe, box in boxes.items():
            own = [c.name for c in box.cations[:1]]
            for cation_set in group["cation_sets"]:
                for scale in group["charge_scales"]:
                    for cation in group["cations"] or own or [""]:
                        swapped = box.with_cation(catalog.ion(cation)) if cation else box
                        job = SimulationJob(
                            composition=swapped,
                            temperature_k=temperature,
                            cation_set=cation_set,
                            charge_scale=float(scale),
                            protocol=protocol,
                            seed=seed,
                        )
                        yield CampaignJob(
                            group=group.get("name", ""), recipe=recipe, cation=cation, job=job
                        )


def run_campaign(
    campaign: Campaign,
    folder: Path,
    *,
    executor: Executor | None = None,
    after_each: Callable[[CampaignJob, dict[str, Any] | None, str], None],
    progress: Callable[[CampaignJob], Progress] | None = None,
    skip: Collection[str] = (),
) -> None:
    """Run what is not finished, in order.

    Parameters
    ----------
    campaign
        The jobs.
    folder
        Folder of all jobs; killed jobs in it are continued.
    executor
        Where jobs run, a process pool or a cluster's; by default they run here, one by one.
    after_each
        Called after each job with its result, or with None and what went wrong.
    progress
        Makes the progress callback of a job; only for jobs that run here.
    skip
        Keys of jobs whose results are known from elsewhere, such as a table that ships.
    """
    open_jobs = [
        e
        for e in campaign.jobs
        if e.job.key not in skip and load_result(job_folder(folder, e.job)) is None
    ]
    if executor is None:
        for entry in open_jobs:
            report = progress(entry) if progress is not None else None
            after_each(entry, *_outcome(partial(run_job, entry.job, folder, report)))
        return
    futures: dict[Future[dict[str, Any]], CampaignJob] = {
        executor.submit(run_job, entry.job, folder): entry for entry in open_jobs
    }
    for future in as_completed(futures):
        after_each(futures[future], *_outcome(future.result))


def _outcome(run: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any] | None, str]:
    """Result, or what went wrong: one bad job must not end the campaign."""
    try:
        return run(), ""
    except ElectrolyteError as error:
        return None, str(error)
    except Exception as error:  # OpenMM raises bare Exception
        return None, f"{type(error).__name__}: {error}"
