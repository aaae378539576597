"""Lists of molecules to screen: arguments, text files with a SMILES a line, and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from electrolyte_ml.bad_rows import BadRow, BadRows, named_cells
from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.executors import in_order
from electrolyte_ml.models.window.limits import SpeciesWindow
from electrolyte_ml.models.window.species import one_species, species_limits
from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.chemistry import is_smiles, without_prefix
from electrolyte_ml.tables import SUFFIXES, TableFile, note, plain_heading, read_lines
from electrolyte_ml.text import shown
from electrolyte_ml.threads import one_thread

_COLUMN = "smiles"
# Species that are worked out together.
_AT_A_TIME = 500
# Tables of text may also be lists without a heading.
_LISTS = frozenset((".txt", ".csv", ".tsv", ".tab"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMolecule:
    """A molecule of a list.

    Attributes
    ----------
    given
        SMILES as it was given.
    smiles
        The SMILES under which its limits are known, alike for every form it is given in.
    """

    given: str
    smiles: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A SMILES as given, where it stands, and what is wrong with its row, if anything."""

    text: str
    place: str
    number: int | None = None
    cells: Mapping[str, str] | None = None
    fault: str = ""


def screened_windows(
    smiles: Sequence[str], executor: Executor | None = None
) -> list[SpeciesWindow]:
    """Windows of species, V against Li/Li+, in their order.

    Parameters
    ----------
    smiles
        Canonical SMILES of neutral molecules, anions or cations.
    executor
        Where they are worked out, in pieces; here if None.
    """
    pieces = (smiles[at : at + _AT_A_TIME] for at in range(0, len(smiles), _AT_A_TIME))
    return list(chain.from_iterable(in_order(_windows, pieces, executor)))


def _windows(smiles: Sequence[str]) -> list[SpeciesWindow]:
    with one_thread():
        return species_limits().windows(smiles)


def listed_molecules(
    smiles: Sequence[str], file: Path | None, bad_rows: BadRows
) -> list[ListedMolecule]:
    """Molecules of arguments and of a file, in this order.

    Parameters
    ----------
    smiles
        SMILES.
    file
        A table (`electrolyte_ml.tables.SUFFIXES`) with a column ``smiles``, or another text file
        with a SMILES at the start of each line; lines that start with ``#`` are left out.
    bad_rows
        Takes up what cannot be read; says whether rows of the file are skipped.

    Raises
    ------
    InputError
        If the file cannot be read.
    TableError
        If SMILES cannot be read that are not skipped, or all of the file; all are listed.
    """
    found: list[ListedMolecule] = []
    known: dict[str, str] = {}
    arguments = [_Entry(text=text, place=f"molecule {n}") for n, text in enumerate(smiles, start=1)]
    for entry in chain(arguments, _entries(file) if file else ()):
        try:
            if entry.fault:
                raise InputError(entry.fault)
            if entry.text not in known:
                known[entry.text] = _species_of(entry.text)
        except ElectrolyteError as error:
            bad_rows.add(_bad_row(entry, str(error)))
        else:
            found.append(ListedMolecule(given=entry.text, smiles=known[entry.text]))
    bad_rows.settle(len(found))
    return found


def _species_of(text: str) -> str:
    """The species of a SMILES; a word that names another one is asked about.

    ``PC`` is methylphosphine as a SMILES, and ``FSI`` F-S-I.
    """
    given = without_prefix(text)
    if given is not None:
        return one_species(given)
    named = _named(text)
    if named is None:
        return one_species(text)
    if not is_smiles(text):
        raise InputError(f"{text!r} is the name of {named}; write that SMILES")
    found = one_species(text)
    if found != one_species(named):
        raise InputError(
            f"{text!r} is the name of {named}, and as a SMILES another molecule; write {named} or "
            f"smiles:{text}"
        )
    return found


def _named(text: str) -> str | None:
    """SMILES of the solvent or ion that a word names; None for other texts."""
    catalog = default_catalog()
    if not text.isalpha():
        return None
    if catalog.has_solvent_named(text):
        return catalog.solvent(text).smiles
    names = (name for ion in catalog.ions for name in (ion.name, *ion.aliases))
    return catalog.ion(text).smiles if text in names else None


def _bad_row(entry: _Entry, reason: str) -> BadRow:
    return BadRow(place=entry.place, reasons=[reason], number=entry.number, cells=entry.cells)


def _entries(file: Path) -> Iterator[_Entry]:
    suffix = file.suffix.lower()
    if suffix in SUFFIXES and file.exists():
        table = TableFile(file, expected={_COLUMN})
        names = [plain_heading(name) for name in table.header]
        if names.count(_COLUMN) == 1:
            note(file, table.remarks)
            yield from _entries_of_table(table, names.index(_COLUMN))
            return
        if suffix not in _LISTS or _COLUMN in names:
            had = ", ".join(map(shown, table.header)) or "no headings"
            raise InputError(f"{file}: needs one column {_COLUMN!r}, and has {had}")
    yield from _entries_of_list(file)


def _entries_of_table(table: TableFile, column: int) -> Iterator[_Entry]:
    for row in table.rows():
        text = "" if row.fault else row.cells[column].strip()
        yield _Entry(
            text=text,
            place=f"{table.path}, row {row.number}",
            number=row.number,
            cells=named_cells(table.header, row.cells),
            fault=row.fault or ("" if text else f"no {_COLUMN}"),
        )


def _entries_of_list(file: Path) -> Iterator[_Entry]:
    for number, line in enumerate(read_lines(file), start=1):
        if line.strip() and not line.startswith("#"):
            yield _Entry(
                text=line.split()[0],
                place=f"{file}, line {number}",
                number=number,
                cells={"line": line},
            )
