"""Writing scores: a table for people, JSON, CSV and Parquet for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import write_atomically, write_text
from electrolyte_ml.models.scoring import ScoreTable
from electrolyte_ml.report.score_input import ScoreRequests
from electrolyte_ml.report.text import (
    LIQUID_HEADING,
    dump_json,
    interval,
    liquid_range_text,
    output_console,
)
from electrolyte_ml.report.window import WINDOW_HEADING, caveat, window_text
from electrolyte_ml.text import celsius, significant

_SUFFIXES = (".csv", ".parquet", ".json")


def require_one_output(*, as_json: bool, as_csv: bool, out: Path | None) -> None:
    """Refuse two outputs at once, and a file of unknown kind, before any work.

    Raises
    ------
    InputError
        With what is allowed.
    """
    if as_json + as_csv + (out is not None) > 1:
        raise InputError("choose one of --json, --csv and --out")
    if out is not None and out.suffix.lower() not in _SUFFIXES:
        raise InputError(f"--out {out}: the suffix must be one of {', '.join(_SUFFIXES)}")
    if out is not None and not out.resolve().parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {out.resolve().parent}")


def score_records(table: ScoreTable, requests: ScoreRequests) -> list[dict[str, Any]]:
    """Rows in the contract's form; columns carried through stand last.

    A carried column whose name is taken by a result is named ``input.NAME``.
    """
    extra = _json_records(requests.extra)
    records = []
    for text, record, carried in zip(requests.recipes, table.records(), extra, strict=True):
        row = {"recipe": text, **record}
        for name, value in carried.items():
            row[f"input.{name}" if name in row else name] = value
        records.append(row)
    return records


def _json_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them: dates as text, missing values as None; empty ones without columns."""
    if frame.columns.empty:
        return [{} for _ in range(len(frame))]
    records: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return records


def print_json(table: ScoreTable, requests: ScoreRequests) -> None:
    """Print the contract's JSON list."""
    print(dump_json(score_records(table, requests)))


def _remarks(record: dict[str, Any]) -> Iterator[str]:
    """Why predictions of a row are doubtful, or what they rest on; each reason once."""
    seen: set[str] = set()
    for name in ("conductivity_ms_cm", "viscosity_mpa_s"):
        mark = "" if record[name]["in_domain"] else "? "
        for reason in (record[name]["reason"] or "").split("; "):
            if reason and reason not in seen:
                seen.add(reason)
                yield f"{mark}{record['recipe']}: {reason}"


def print_csv(table: ScoreTable, requests: ScoreRequests) -> None:
    """Print CSV: the JSON's fields, flattened with dots."""
    flat_frame(table, requests).to_csv(sys.stdout, index=False)


def flat_frame(table: ScoreTable, requests: ScoreRequests) -> pd.DataFrame:
    """One row a recipe, one column a field, nested names joined with dots."""
    return pd.DataFrame([dict(_flat(record)) for record in score_records(table, requests)])


def _flat(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Fields in the order of the JSON; an interval becomes two fields, other lists text."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif name.endswith("_interval"):
            low, high = value or (None, None)
            yield f"{prefix}{name}.low", low
            yield f"{prefix}{name}.high", high
        else:
            yield prefix + name, "; ".join(value) if isinstance(value, list) else value


def write_scores(table: ScoreTable, requests: ScoreRequests, path: Path) -> None:
    """Write a .csv, .parquet or .json file, whole or not at all."""
    writers: dict[str, Callable[[Path], None]] = {
        ".csv": lambda to: flat_frame(table, requests).to_csv(to, index=False),
        ".parquet": lambda to: flat_frame(table, requests).to_parquet(to, index=False),
        ".json": lambda to: write_text(to, dump_json(score_records(table, requests)) + "\n"),
    }
    write_atomically(path, writers[path.suffix.lower()])


def print_table(table: ScoreTable, requests: ScoreRequests) -> None:
    """Print a table for people, then what was assumed and what is out of the models' depth."""
    console = output_console()
    shown = Table(box=None, pad_edge=False)
    for heading in (
        "recipe",
        "T",
        "conductivity, mS/cm",
        "viscosity, mPa s",
        "density, g/cm3",
        WINDOW_HEADING,
        LIQUID_HEADING,
    ):
        shown.add_column(
            heading, overflow="fold", justify="left" if heading == "recipe" else "right"
        )
    records = score_records(table, requests)
    notes: dict[str, None] = {}
    for record in records:
        shown.add_row(
            record["recipe"],
            celsius(record["temperature_k"]),
            interval(record["conductivity_ms_cm"]),
            interval(record["viscosity_mpa_s"]),
            significant(record["density_g_cm3"]["value"], 4),
            window_text(record),
            liquid_range_text(record["liquid"]),
        )
        notes |= dict.fromkeys(_remarks(record))
        notes |= {f"{record['recipe']}: {line}": None for line in record["liquid"]["notes"]}
        notes |= {f"assumed: {line}": None for line in record["assumptions"]}
    console.print(shown)
    coverage = records[0]["conductivity_ms_cm"]["coverage"]
    console.print(f"in brackets: interval that holds {coverage:.0%} of measurements")
    console.print(caveat())
    for note in notes:
        console.print(note)
