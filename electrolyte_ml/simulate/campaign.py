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
Lists of ``cation_sets``, ``charge_scales`` (of ions), ``solvent_sets``, ``solvent_charge_scales``,
``solvent_epsilon_scales`` and ``solvent_sigma_scales`` are run in every combination. ``n_atoms``
overrules the preset's. A table ``viscosity_mpa_s`` of recipe and measured viscosity corrects
diffusion for the size of the box; where it has no entry, the caller's does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import ElectrolyteError, InputError, RecipeFileError
from electrolyte_ml.executors import Shard, as_finished
from electrolyte_ml.files import read_toml
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.simulate.box import compose_box
from electrolyte_ml.simulate.checkpoint import load_result
from electrolyte_ml.simulate.engine import Progress
from electrolyte_ml.simulate.force_field import DEFAULT_CHARGE_SCALE, ForceField
from electrolyte_ml.simulate.ions import DEFAULT_CATION_SET
from electrolyte_ml.simulate.job import SimulationJob, preset
from electrolyte_ml.simulate.platforms import DEFAULT_PLATFORM, check_platform, platform_names
from electrolyte_ml.simulate.running import job_folder, run_job
from electrolyte_ml.species import default_catalog
from electrolyte_ml.text import nearest_or_all, shown

_DEFAULTS: dict[str, Any] = {
    "preset": "standard",
    "n_atoms": None,
    "temperature_k": 298.15,
    "seeds": [1],
    "cations": [],
    "cation_sets": [DEFAULT_CATION_SET],
    "charge_scales": [DEFAULT_CHARGE_SCALE],
    "solvent_sets": [""],
    "solvent_charge_scales": [1.0],
    "solvent_epsilon_scales": [1.0],
    "solvent_sigma_scales": [1.0],
    "viscosity_mpa_s": {},
}

# Lists of a group, and what each of their entries is of a force field.
_OF_FORCE_FIELD = {
    "cation_sets": "cation_set",
    "charge_scales": "charge_scale",
    "solvent_sets": "solvent_set",
    "solvent_charge_scales": "solvent_charge_scale",
    "solvent_epsilon_scales": "solvent_epsilon_scale",
    "solvent_sigma_scales": "solvent_sigma_scale",
}
_GROUP_KEYS = {*_DEFAULTS, "name", "recipes", "note"}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_list_of(each: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and bool(value) and all(map(each, value))


_NAMES, _NUMBERS = _is_list_of(_is_text), _is_list_of(_is_number)
# What a key holds, and how to say so.
_FORMS: dict[str, tuple[Callable[[object], bool], str]] = {
    "recipes": (_NAMES, 'a list of recipes, such as ["1 M NaPF6 in PC"]'),
    "preset": (_is_text, 'the name of a preset, such as "standard"'),
    "n_atoms": (lambda value: value is None or _is_whole(value), "a number of atoms"),
    "temperature_k": (_is_number, "a number in K, such as 298.15"),
    "seeds": (_is_list_of(_is_whole), "a list of whole numbers, such as [1, 2]"),
    "cations": (lambda value: value == [] or _NAMES(value), 'a list of names, such as ["Na"]'),
    "cation_sets": (_NAMES, f'a list of names, such as ["{DEFAULT_CATION_SET}"]'),
    "solvent_sets": (_NAMES, 'a list of names, such as ["mobile-2"]'),
    **dict.fromkeys(
        (
            "charge_scales",
            "solvent_charge_scales",
            "solvent_epsilon_scales",
            "solvent_sigma_scales",
        ),
        (_NUMBERS, "a list of factors, such as [0.8]"),
    ),
    "viscosity_mpa_s": (
        lambda value: isinstance(value, dict) and all(map(_is_number, value.values())),
        "a table of recipes and their viscosities in mPa s",
    ),
}


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
        Its simulation.
    viscosity_mpa_s
        Measured viscosity that the file gives for the recipe, mPa s.
    """

    group: str
    recipe: str
    cation: str
    job: SimulationJob
    viscosity_mpa_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationCampaign:
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

    def shard(self, part: Shard) -> SimulationCampaign:
        """A part of the campaign for one machine of several; jobs that are added move no others."""
        held = (e for e in self.jobs if part.holds(int(e.job.key, 16)))
        return replace(self, jobs=tuple(held))

    def finished(self, folder: Path) -> list[tuple[CampaignJob, dict[str, Any]]]:
        """Jobs that have a result, with it."""
        results = ((entry, load_result(job_folder(folder, entry.job))) for entry in self.jobs)
        return [(entry, result) for entry, result in results if result is not None]


def read_campaign(path: Path) -> SimulationCampaign:
    """Read a campaign file.

    Parameters
    ----------
    path
        TOML file.

    Returns
    -------
    SimulationCampaign
        With every job composed.

    Raises
    ------
    RecipeFileError
        If it holds impossible or unknown settings; all of them are listed.
    """
    try:
        held = read_toml(path)
    except InputError as error:
        raise RecipeFileError([str(error)]) from error
    groups = held.pop("group", [])
    name = held.pop("name", path.stem)
    faults = [_unknown(key, _DEFAULTS) for key in held if key not in _DEFAULTS]
    if not isinstance(groups, list) or not groups:
        faults.append("a campaign needs at least one [[group]]")
        groups = []
    jobs: dict[str, CampaignJob] = {}
    for group in groups:
        found = list(_group_faults({**_DEFAULTS, **held, **group}, group))
        if not found:
            for entry in _group_jobs({**_DEFAULTS, **held, **group}):
                jobs.setdefault(entry.job.key, entry)
        faults += [f"group {group.get('name', 'unnamed')!r}: {fault}" for fault in found]
    if faults:
        raise RecipeFileError([f"{path}: {fault}" for fault in dict.fromkeys(faults)])
    return SimulationCampaign(name=name, jobs=tuple(jobs.values()))


def _unknown(key: str, known: Iterable[str]) -> str:
    return f"unknown key {key!r}{nearest_or_all(key, known)}"


def _group_faults(group: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a group: keys and the kind of what they hold, then what it names.

    Parameters
    ----------
    group
        The group with the defaults of the file.
    own
        Its own keys.
    """
    yield from (_unknown(key, sorted(_GROUP_KEYS)) for key in own if key not in _GROUP_KEYS)
    if "recipes" not in group:
        yield f"recipes is missing: {_FORMS['recipes'][1]}"
    wrong = {
        key for key, (is_right, _) in _FORMS.items() if key in group and not is_right(group[key])
    }
    yield from (
        f"{key} must be {words}, given {shown(group[key])}"
        for key, (_, words) in _FORMS.items()
        if key in wrong
    )
    checks: list[tuple[str, Callable[[], Any]]] = [("preset", lambda: preset(group["preset"]))]
    checks += [
        ("recipes", partial(parse_recipe, text)) for text in _listed(group, "recipes", wrong)
    ]
    catalog = default_catalog()
    checks += [("cations", partial(catalog.ion, name)) for name in _listed(group, "cations", wrong)]
    for key, field in _OF_FORCE_FIELD.items():
        checks += [
            (key, partial(ForceField, **{field: value})) for value in _listed(group, key, wrong)
        ]
    said = [fault for key, check in checks if key not in wrong and (fault := _fault_of(check))]
    yield from said
    if not wrong and not said and "recipes" in group:
        # Boxes and templates: what is missing is known only where all is put together.
        whole = _fault_of(lambda: list(_group_jobs(dict(group))))
        if whole:
            yield whole


def _listed(group: Mapping[str, Any], key: str, wrong: Collection[str]) -> list[Any]:
    return [] if key in wrong or key not in group else list(group[key])


def _fault_of(check: Callable[[], Any]) -> str | None:
    try:
        check()
    except ElectrolyteError as error:
        return str(error)
    return None


def _group_jobs(group: dict[str, Any]) -> Iterator[CampaignJob]:
    """Jobs of a group: seeds outermost, so that every comparison exists early, then improves."""
    protocol, usual = preset(group["preset"])
    n_atoms = group["n_atoms"] or usual
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
            own = [c.name for c in box.salt_cations[:1]]
            for force_field in _force_fields(group):
                for cation in group["cations"] or own or [""]:
                    job = SimulationJob(
                        composition=box.with_cation(catalog.ion(cation)) if cation else box,
                        temperature_k=temperature,
                        force_field=force_field,
                        protocol=protocol,
                        seed=seed,
                    )
                    measured = group["viscosity_mpa_s"].get(recipe)
                    yield CampaignJob(
                        group=group.get("name", ""),
                        recipe=recipe,
                        cation=cation,
                        job=job,
                        viscosity_mpa_s=measured if [cation] == (own or [""]) else None,
                    )


def _force_fields(group: dict[str, Any]) -> Iterator[ForceField]:
    """Every combination of a group's lists."""
    for cation_set, charge, solvent_set, solvent_charge, solvent_epsilon, solvent_sigma in product(
        group["cation_sets"],
        group["charge_scales"],
        group["solvent_sets"],
        group["solvent_charge_scales"],
        group["solvent_epsilon_scales"],
        group["solvent_sigma_scales"],
    ):
        yield ForceField(
            cation_set=cation_set,
            charge_scale=float(charge),
            solvent_set=solvent_set,
            solvent_charge_scale=float(solvent_charge),
            solvent_epsilon_scale=float(solvent_epsilon),
            solvent_sigma_scale=float(solvent_sigma),
        )


def run_campaign(
    campaign: SimulationCampaign,
    folder: Path,
    *,
    executor: Executor | None = None,
    after_each: Callable[[CampaignJob, dict[str, Any] | None, str], None],
    progress: Callable[[CampaignJob], Progress] | None = None,
    viscosity: Callable[[CampaignJob], float | None] | None = None,
    platform: str = DEFAULT_PLATFORM,
    skip: Collection[str] = (),
) -> None:
    """Run all unfinished jobs, in order.

    Parameters
    ----------
    campaign
        The jobs.
    folder
        Folder of all jobs; killed jobs in it are continued.
    executor
        Where jobs run, a process pool or a cluster's; by default they run here, one by one.
    after_each
        Called after each job with its result, or with None and the error.
    progress
        Makes the progress callback of a job; only for jobs that run here.
    viscosity
        Viscosity of a job's liquid, mPa s; by default the file's, where it gives one.
    platform
        Processor, one of `electrolyte_ml.simulate.platforms.PLATFORMS`.
    skip
        Keys of jobs whose results are known from elsewhere, such as a table that ships.

    Raises
    ------
    InputError, PlatformError
        If there is no such platform, or no GROMACS where it is asked for.
    """
    # Other machines look for themselves.
    (check_platform if executor is None else platform_names)(platform)
    open_jobs = [
        e
        for e in campaign.jobs
        if e.job.key not in skip and load_result(job_folder(folder, e.job)) is None
    ]
    viscosity = viscosity or (lambda entry: entry.viscosity_mpa_s)
    if executor is None:
        run_one = partial(run_job, platform=platform)
        for entry in open_jobs:
            report = progress(entry) if progress is not None else None
            run = partial(run_one, entry.job, folder, report, viscosity_mpa_s=viscosity(entry))
            after_each(entry, *_outcome(run))
        return
    run_there = partial(_run_elsewhere, folder=folder, platform=platform)
    items = ((entry, viscosity(entry)) for entry in open_jobs)
    for (entry, _), future in as_finished(run_there, items, executor):
        after_each(entry, *_outcome(future.result))


def _run_elsewhere(
    item: tuple[CampaignJob, float | None], *, folder: Path, platform: str
) -> dict[str, Any]:
    entry, viscosity_mpa_s = item
    return run_job(entry.job, folder, platform=platform, viscosity_mpa_s=viscosity_mpa_s)


def _outcome(run: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any] | None, str]:
    """Result, or the error: one bad job must not end the campaign."""
    try:
        return run(), ""
    except ElectrolyteError as error:
        return None, str(error)
    except Exception as error:  # OpenMM raises bare Exception
        return None, f"{type(error).__name__}: {error}"


class Pace:
    """Work done and left of a campaign, in atoms times simulated time.

    Parameters
    ----------
    jobs
        Jobs that are still to be done.
    """

    def __init__(self, jobs: Iterable[CampaignJob]) -> None:
        self._open = {entry.job.key: work_ps(entry) for entry in jobs}
        self._done = 0.0
        self._started = time.monotonic()

    def finish(self, entry: CampaignJob) -> None:
        """Count a job as done, or as given up."""
        self._done += self._open.pop(entry.job.key, 0.0)

    def left_s(self, elapsed_s: float | None = None) -> float | None:
        """Wall-clock time left, s, at the speed so far; None before the first job is done.

        Parameters
        ----------
        elapsed_s
            Time since the start, s; by default that of the clock.
        """
        if not self._done:
            return None
        elapsed = time.monotonic() - self._started if elapsed_s is None else elapsed_s
        return sum(self._open.values()) / self._done * elapsed


def work_ps(entry: CampaignJob) -> float:
    """Work of a job: atoms times length, ps, about proportional to its computing time."""
    return entry.job.layout().n_atoms * entry.job.protocol.total_ps


def open_jobs(jobs: Iterable[CampaignJob], done: Collection[str]) -> list[CampaignJob]:
    """Jobs whose keys are not among those done."""
    return [entry for entry in jobs if entry.job.key not in done]
