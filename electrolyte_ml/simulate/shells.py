"""One-electron limits of the first shells of a campaign: a table that grows shell by shell.

The shells of finished jobs are cut out of their snapshots
(`electrolyte_ml.simulate.analyse.shells`) and computed by tight binding
(`electrolyte_ml.quantum.shells`). A shell that stands in the table is not computed again, so that a
killed run continues where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import (
    ElectrolyteError,
    InputError,
    MissingDependencyError,
    TableError,
    WorkerDiedError,
)
from electrolyte_ml.executors import as_finished
from electrolyte_ml.files import one_at_a_time, packaged_file, read_table, write_table
from electrolyte_ml.optional import import_optional
from electrolyte_ml.quantum.shells import FirstShell, ShellProtocol, shell_limits
from electrolyte_ml.simulate.analyse.shells import sample_shells, shell_radius_nm
from electrolyte_ml.simulate.campaign import CampaignJob, SimulationCampaign
from electrolyte_ml.simulate.running import job_folder
from electrolyte_ml.simulate.snapshots import load_snapshots

_SHIPPED = "simulate/tables/shells.csv"

#: Shells of a box that are asked for.
N_SHELLS = 20

_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellRow:
    """One molecule or anion in one first shell; a shell has a row for each.

    Attributes
    ----------
    recipe, cation, temperature_k
        The electrolyte, its cation, and its temperature, K.
    job, seed
        Key of the simulation, and its seed.
    time_ps, centre
        Time in the simulation, ps, and which cation of the box.
    shell, shell_charge
        The cluster, such as ``Na + 4 PC + PF6``, and its charge, e.
    radius_nm
        Radius within which donor atoms touch the cation, nm.
    protocol
        Key of the settings of tight binding.
    member
        Place in the shell, from 1, the nearest first.
    name, smiles, charge
        The molecule or anion.
    distance_nm
        Of its nearest donor atom, nm.
    per_cation
        Such molecules in the box for each cation.
    oxidation_shift_v, reduction_shift_v, oxidation_shift_alpb_v, reduction_shift_alpb_v
    alone_oxidation_v, alone_reduction_v, hole_share, electron_share
        As in `electrolyte_ml.quantum.shells.MemberLimits`; None where nothing was computed.
    shell_oxidation_v, shell_reduction_v
        Limits of the whole cluster by its frontier orbitals, V against Li/Li+.
    failure
        Why nothing was computed; empty if it was.
    """

    recipe: str
    cation: str
    temperature_k: float
    job: str
    seed: int
    time_ps: float
    centre: int
    shell: str
    shell_charge: int
    radius_nm: float
    protocol: str
    member: int = 0
    name: str = ""
    smiles: str = ""
    charge: int = 0
    distance_nm: float = 0.0
    per_cation: float = 0.0
    oxidation_shift_v: float | None = None
    reduction_shift_v: float | None = None
    oxidation_shift_alpb_v: float | None = None
    reduction_shift_alpb_v: float | None = None
    alone_oxidation_v: float | None = None
    alone_reduction_v: float | None = None
    hole_share: float | None = None
    electron_share: float | None = None
    shell_oxidation_v: float | None = None
    shell_reduction_v: float | None = None
    failure: str = ""

    @property
    def shell_key(self) -> tuple[str, float, int, str]:
        """What is computed at once: the shell, and the settings."""
        return self.job, self.time_ps, self.centre, self.protocol

    @property
    def cation_key(self) -> tuple[str, int]:
        """The cation whose shell this is, at any time."""
        return self.job, self.centre


_NAMES = tuple(field.name for field in fields(ShellRow))
_WHOLE = frozenset({"seed", "centre", "shell_charge", "member", "charge"})
_TEXT = frozenset({"recipe", "cation", "job", "shell", "name", "smiles", "protocol", "failure"})

#: Called after each shell with its rows, the number done and the number of all.
AfterShell = Callable[[list[ShellRow], int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellTask:
    """A shell to compute.

    Attributes
    ----------
    blank
        What all rows of the shell share.
    shell
        The cluster.
    per_cation
        Molecules of each species in the box for each cation.
    """

    blank: ShellRow
    shell: FirstShell
    per_cation: Mapping[str, float]


def read_shells(path: Path | None = None) -> list[ShellRow]:
    """Rows of a table of shells; none if there is no such file.

    Parameters
    ----------
    path
        The table; by default the one that ships.

    Raises
    ------
    TableError
        If a column is missing or holds no number where one is meant.
    """
    source = Path(str(packaged_file(_SHIPPED))) if path is None else path
    if not source.is_file():
        return []
    rows, faults = [], []
    for number, cells in enumerate(read_table(source), start=2):
        try:
            rows.append(ShellRow(**{name: _read(name, cells[name]) for name in _NAMES}))
        except KeyError as missing:
            raise TableError([f"{source} is no table of shells: no column {missing}"]) from None
        except (TypeError, ValueError) as error:
            faults.append(f"{source}, line {number}: {error}")
    if faults:
        raise TableError(faults)
    return rows


def write_shells(path: Path, rows: Iterable[ShellRow]) -> None:
    """Replace a table of shells, whole or not at all."""
    write_table(path, _NAMES, ([_written(getattr(r, name)) for name in _NAMES] for r in rows))


def shell_tasks(
    plan: SimulationCampaign, folder: Path, n: int = N_SHELLS, protocol: ShellProtocol | None = None
) -> list[ShellTask]:
    """Shells of the finished jobs of a campaign.

    Parameters
    ----------
    plan
        The campaign.
    folder
        Folder of all jobs.
    n
        Shells of each finished box at the least, so that a box that ends later changes no sample.
    protocol
        Settings of tight binding; the package's by default.

    Raises
    ------
    InputError
        If `n` is not positive, or no job with a salt is finished.
    """
    if n < 1:
        raise InputError(f"the number of shells is 1 or more, given {n}")
    entries = [entry for entry, _ in plan.finished(folder) if entry.cation]
    if not entries:
        raise InputError(
            f"{folder} holds no finished solution of {plan.name}; run them first, with: "
            "electrolyte-ml simulate campaign"
        )
    key = (protocol or ShellProtocol()).key
    return [task for entry in entries for task in _tasks_of(entry, folder, n, key)]


def _tasks_of(entry: CampaignJob, folder: Path, n: int, protocol: str) -> Iterator[ShellTask]:
    snapshots = load_snapshots(job_folder(folder, entry.job))
    radius = shell_radius_nm(snapshots)
    names = snapshots.species.tolist()
    n_cations = int((snapshots.charge_e > 0).sum())
    per_cation = {name: names.count(name) / n_cations for name in set(names)}
    for sampled in sample_shells(snapshots, n, radius):
        blank = ShellRow(
            recipe=entry.recipe,
            cation=entry.cation,
            temperature_k=entry.job.temperature_k,
            job=entry.job.key,
            seed=entry.job.seed,
            time_ps=round(sampled.time_ps, _DIGITS),
            centre=sampled.cation,
            shell=sampled.shell.label,
            shell_charge=sampled.shell.charge,
            radius_nm=round(radius, _DIGITS),
            protocol=protocol,
        )
        yield ShellTask(blank=blank, shell=sampled.shell, per_cation=per_cation)


def shell_rows(task: ShellTask, protocol: ShellProtocol) -> list[ShellRow]:
    """Rows of one shell, one a member; a failure is a row with its reason.

    Raises
    ------
    MissingDependencyError
        If tblite is not installed.
    """
    try:
        found = shell_limits(task.shell, protocol)
    except MissingDependencyError:
        raise
    # Libraries fail in unforeseen ways on unusual clusters; the others must go on.
    except (ElectrolyteError, RuntimeError, ValueError, ArithmeticError) as error:
        return [replace(task.blank, failure=" ".join(str(error).split()) or repr(error))]
    rows = (
        replace(
            task.blank,
            member=place,
            name=member.name,
            smiles=member.smiles,
            charge=member.charge,
            distance_nm=member.distance_nm,
            per_cation=task.per_cation[member.name],
            shell_oxidation_v=found.oxidation_v,
            shell_reduction_v=found.reduction_v,
            **asdict(limits),
        )
        for place, (member, limits) in enumerate(
            zip(task.shell.members[1:], found.members, strict=True), start=1
        )
    )
    return [_rounded(row) for row in rows]


def _rounded(row: ShellRow) -> ShellRow:
    """A row as the table holds it."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _NAMES}
    numbers = {k: round(v, _DIGITS) for k, v in values.items() if isinstance(v, float)}
    return ShellRow(**values | numbers)


def compute_shells(
    tasks: Sequence[ShellTask],
    path: Path,
    *,
    protocol: ShellProtocol | None = None,
    executor: Executor | None = None,
    after_each: AfterShell | None = None,
) -> list[ShellRow]:
    """Compute the shells that a table does not hold yet.

    Parameters
    ----------
    tasks
        Shells.
    path
        The table. The rows of a shell are written as soon as it is computed; rows of other shells
        are kept.
    protocol
        Settings of tight binding, those of the tasks.
    executor
        Where shells are computed; by default in this process.
    after_each
        Called after each shell.

    Returns
    -------
    list of ShellRow
        Rows of the tasks, in their order.

    Raises
    ------
    MissingDependencyError
        If tblite is not installed.
    """
    import_optional("tblite.interface")
    known: dict[tuple[str, float, int, str], list[ShellRow]] = {}
    for row in read_shells(path) if path.is_file() else []:
        known.setdefault(row.shell_key, []).append(row)
    todo = [task for task in tasks if task.blank.shell_key not in known]
    done = len(tasks) - len(todo)
    compute = partial(shell_rows, protocol=protocol or ShellProtocol())
    for task, future in as_finished(compute, todo, executor):
        try:
            rows = future.result()
        except WorkerDiedError as error:  # the others must go on
            rows = [replace(task.blank, failure=str(error))]
        known[task.blank.shell_key] = rows
        with one_at_a_time(path):
            write_shells(path, [row for of_shell in known.values() for row in of_shell])
        done += 1
        if after_each is not None:
            after_each(rows, done, len(tasks))
    return [row for task in tasks for row in known[task.blank.shell_key]]


def _read(name: str, cell: str) -> Any:
    if name in _TEXT:
        return cell
    if name in _WHOLE:
        return int(cell)
    return float(cell) if cell else None


def _written(value: Any) -> str:
    return "" if value is None else str(value)
