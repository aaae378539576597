"""Computing the limits of many molecules into one table; an interrupted run continues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import asdict
from functools import partial
from pathlib import Path

from electrolyte_ml.errors import (
    ElectrolyteError,
    InputErrors,
    MissingDependencyError,
    WorkerDiedError,
)
from electrolyte_ml.executors import as_finished
from electrolyte_ml.files import one_at_a_time
from electrolyte_ml.quantum.geometry import Molecule, molecule
from electrolyte_ml.quantum.limits import compute_limits
from electrolyte_ml.quantum.table import LimitRow, XtbProtocol, append_row, read_rows, write_rows

Compute = Callable[[Molecule], LimitRow]
AfterEach = Callable[[LimitRow, int, int], None]


def xtb_row(subject: Molecule, protocol: XtbProtocol) -> LimitRow:
    """Limits of one molecule by extended tight binding; a failure is a row with its reason.

    Raises
    ------
    MissingDependencyError
        If tblite is not installed.
    """
    blank = LimitRow(
        inchikey=subject.inchikey,
        smiles=subject.smiles,
        charge=subject.charge,
        protocol=protocol.key,
    )
    return filled_row(blank, lambda: compute_limits(subject, protocol))


def filled_row(blank: LimitRow, compute: Callable[[], object]) -> LimitRow:
    """A row with the result of `compute`, or with the reason of its failure.

    Parameters
    ----------
    blank
        Identity of the row.
    compute
        Returns a dataclass whose fields are fields of `LimitRow`.

    Raises
    ------
    MissingDependencyError
        If a program is not installed: that is no fault of the molecule.
    """
    identity = {n: getattr(blank, n) for n in ("inchikey", "smiles", "charge", "protocol")}
    try:
        found = asdict(compute())  # type: ignore[call-overload] # a dataclass, see above
    except MissingDependencyError:
        raise
    # Libraries fail in unforeseen ways on unusual molecules; the other molecules must go on.
    except (ElectrolyteError, RuntimeError, ValueError, ArithmeticError) as error:
        return LimitRow(**identity, failure=" ".join(str(error).split()) or repr(error))
    return LimitRow(**identity, **found)


def read_molecules(smiles: Iterable[str]) -> list[Molecule]:
    """Read molecules, each once.

    Raises
    ------
    InputErrors
        If some cannot be used; all of them are listed.
    """
    found: dict[str, Molecule] = {}
    faults = []
    for text in smiles:
        try:
            subject = molecule(text)
        except ElectrolyteError as error:
            faults.append(str(error))
        else:
            found.setdefault(subject.inchikey, subject)
    if faults:
        raise InputErrors(faults)
    return list(found.values())


def compute_table(
    molecules: Iterable[Molecule],
    protocol_key: str,
    compute: Compute,
    path: Path | None = None,
    *,
    executor: Executor | None = None,
    after_each: AfterEach | None = None,
) -> list[LimitRow]:
    """Compute molecules that a table does not hold yet.

    Parameters
    ----------
    molecules
        Molecules to compute.
    protocol_key
        Key of the settings; rows of other protocols are kept and not used.
    compute
        Row of a molecule; must be picklable where an executor of processes is used.
    path
        The table. Each row is written as soon as it is computed, so a killed run loses only the
        molecules in progress. None to write no file.
    executor
        Executor of the computations; by default they run in this process.
    after_each
        Called with a new row, the number done and the number of all.

    Returns
    -------
    list of LimitRow
        A row for each molecule, in their order.
    """
    subjects = {m.inchikey: m for m in molecules}
    table = {row.key: row for row in read_rows(path)} if path else {}
    todo = [m for key, m in subjects.items() if (key, protocol_key) not in table]
    if path and todo:
        with one_at_a_time(path):
            # Repairs a table of an older version, or one with a line cut short.
            write_rows(path, read_rows(path))
    for done, row in enumerate(_computed(todo, protocol_key, compute, executor), start=1):
        table[row.key] = row
        if path:
            with one_at_a_time(path):
                append_row(path, row)
        if after_each:
            after_each(row, len(subjects) - len(todo) + done, len(subjects))
    return [table[key, protocol_key] for key in subjects]


def xtb_compute(protocol: XtbProtocol) -> Compute:
    """The `compute` of `compute_table` for extended tight binding."""
    return partial(xtb_row, protocol=protocol)


def _computed(
    todo: list[Molecule], protocol_key: str, compute: Compute, executor: Executor | None
) -> Iterator[LimitRow]:
    for subject, future in as_finished(compute, todo, executor):
        try:
            yield future.result()
        except WorkerDiedError as error:  # the others must go on
            yield LimitRow(
                inchikey=subject.inchikey,
                smiles=subject.smiles,
                charge=subject.charge,
                protocol=protocol_key,
                failure=str(error),
            )
