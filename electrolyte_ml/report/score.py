"""Writing scores part by part: a table on the terminal, JSON, CSV, workbooks and Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from rich.table import Table

from electrolyte_ml.data.efficiency import EFFICIENCY
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import write_atomically, write_csv_rows
from electrolyte_ml.prediction import flat_record
from electrolyte_ml.properties import scored_properties
from electrolyte_ml.report.columns import Column, columns, coverage_text
from electrolyte_ml.report.text import (
    READING,
    dump_json,
    output_console,
)
from electrolyte_ml.report.warnings import lines_of_records, said_by
from electrolyte_ml.report.window import caveat
from electrolyte_ml.tables.writing import WRITTEN, fill_workbook, require_writable
from electrolyte_ml.text import celsius

#: Rows in the contract's form, in parts.
Parts = Iterable[list[dict[str, Any]]]
_SUFFIXES = (*WRITTEN, ".json")


def require_one_output(*, as_json: bool, as_csv: bool, out: Path | None) -> None:
    """Refuse two outputs at once, and a file of unknown kind, before any work.

    Raises
    ------
    InputError
        If two outputs are asked for, or the kind of file is unknown.
    """
    if as_json + as_csv + (out is not None) > 1:
        raise InputError("choose one of --json, --csv and --out")
    if out is not None:
        require_writable(out, _SUFFIXES)


def write_json(parts: Parts, stream: TextIO) -> None:
    """Write the contract's JSON list; the text does not depend on the parts."""
    opening = "["
    for records in parts:
        stream.write(opening + dump_json(records).removeprefix("[").removesuffix("\n]"))
        opening = ","
    stream.write("\n]\n")


def write_csv(parts: Parts, stream: TextIO) -> None:
    """Write CSV: the JSON's fields, flattened with dots, one row per recipe."""
    write_csv_rows(stream, _lines(parts))


def _lines(parts: Parts) -> Iterator[list[Any]]:
    """Headings, then the cells of each row."""
    names: list[str] = []
    for records in parts:
        rows = [flat_record(record) for record in records]
        if rows and not names:
            names = list(rows[0])
            yield names
        yield from ([row.get(name, "") for name in names] for row in rows)


def write_parquet(parts: Parts, path: Path) -> None:
    """Write the columns of the CSV to a Parquet file.

    The type of a column is known only after its last part, so parts wait in temporary files.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import feather

    with TemporaryDirectory() as folder:
        waiting: list[Path] = []
        schemas = []
        for records in parts:
            table = pa.Table.from_pylist([flat_record(record) for record in records])
            schemas.append(table.schema)
            waiting.append(Path(folder) / f"{len(waiting)}.feather")
            feather.write_feather(table, waiting[-1])
        schema = pa.unify_schemas(schemas, promote_options="permissive")
        with pq.ParquetWriter(path, schema) as writer:
            for file in waiting:
                writer.write_table(feather.read_table(file, memory_map=False).cast(schema))


def write_sheet(parts: Parts, path: Path) -> None:
    """Write the columns of the CSV to a workbook.

    Raises
    ------
    InputError
        If there are more rows than a sheet has.
    """
    fill_workbook(path, {"scores": _lines(parts)})


def write_scores(parts: Parts, path: Path) -> None:
    """Write a .csv, .xlsx, .parquet or .json file, whole or not at all."""

    def as_text(write: Callable[[Parts, TextIO], None], to: Path) -> None:
        with to.open("w", encoding="utf-8", newline="") as stream:
            write(parts, stream)

    writers: dict[str, Callable[[Path], None]] = {
        ".csv": lambda to: as_text(write_csv, to),
        ".xlsx": lambda to: write_sheet(parts, to),
        ".parquet": lambda to: write_parquet(parts, to),
        ".json": lambda to: as_text(write_json, to),
    }
    write_atomically(path, writers[path.suffix.lower()])


def _remarks(record: dict[str, Any], shown: Sequence[Column], said: set[str]) -> Iterator[str]:
    """Reasons given with the predictions of a row, but for those `said`, with their properties."""
    about: dict[str, list[str]] = {}
    outside: set[str] = set()
    for known, prediction in (pair for column in shown for pair in column.explained(record)):
        for reason in (prediction["reason"] or "").split("; "):
            if reason and reason not in said:
                about.setdefault(reason, []).append(known.label)
                outside |= set() if prediction["in_domain"] else {reason}
    for reason, labels in about.items():
        mark = "? " if reason in outside else ""
        is_named = len(labels) == 1 and reason.startswith(labels[0])
        named = "" if is_named else f"{', '.join(labels)}: "
        yield f"{mark}{record['recipe']}: {named}{reason}"


def shown_columns(records: Sequence[dict[str, Any]]) -> list[Column]:
    """Columns that a table of these rows has."""
    return [c for c in columns(scored_properties()) if c.is_needed(records)]


def reading_line(records: Sequence[dict[str, Any]], shown: Sequence[Column]) -> str:
    """What the intervals of a table mean; empty if it has none."""
    explained = [p for record in records for c in shown for _, p in c.explained(record)]
    coverage = coverage_text(explained)
    return f"interval that holds {coverage} of measurements" if coverage else ""


def lines_below(records: Sequence[dict[str, Any]], shown: Sequence[Column]) -> list[str]:
    """What stands below a table besides warnings: reasons, notes and assumptions, each once.

    Reasons for predictions outside the domain begin with ``?``.
    """
    lines: dict[str, None] = {}
    said = said_by(records)
    for record in records:
        lines |= dict.fromkeys(_remarks(record, shown, said))
        lines |= {
            f"{record['recipe']}: {line}": None
            for line in record["liquid"]["notes"]
            if line not in said
        }
        lines |= {f"assumed: {line}": None for line in record["assumptions"]}
    return list(lines)


def efficiency_conditions(records: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How the coulombic efficiencies of a table would be measured, where there are any."""
    found = [record[EFFICIENCY] for record in records if EFFICIENCY in record]
    told = [one for one in found if one["value"] is not None]
    if told:
        yield (
            f"coulombic efficiency: of {told[0]['of']}, method {told[0]['method']}, "
            f"{told[0]['current_ma_cm2']:g} mA/cm2, {told[0]['capacity_mah_cm2']:g} mAh/cm2."
        )


def print_tables(parts: Parts) -> None:
    """Print a table, then warnings, reasons for predictions outside the domain, and assumptions.

    Each part is a table of its own.
    """
    for records in parts:
        _print_table(records)


def _print_table(records: list[dict[str, Any]]) -> None:
    console = output_console()
    shown = shown_columns(records)
    grid = Table(box=None, pad_edge=False)
    grid.add_column("recipe", overflow="fold")
    grid.add_column("T", justify="right", no_wrap=True)
    for column in shown:
        grid.add_column(column.heading, overflow="fold", justify="right")
    for record in records:
        cells = (column.cell(record) for column in shown)
        grid.add_row(record["recipe"], celsius(record["temperature_k"]), *cells)
    console.print(grid)
    reading = reading_line(records, shown)
    if reading:
        console.print(f"in brackets: {reading}. {READING}")
    console.print(caveat())
    for line in efficiency_conditions(records):
        console.print(line)
    for line in (*lines_of_records(records), *lines_below(records, shown)):
        console.print(line)
