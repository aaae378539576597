"""Figures of `docs/guides/screening.md`, and the arithmetic from them, from results.

    electrolyte-ml bench scale --out benchmarks/results
    python tools/scale_figures.py

A figure stands between ``<!-- scale: NAME -->`` and ``<!-- / -->``. The site is built with the
figures of the results that are there; this program writes them into the file as well.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

from electrolyte_ml.simulate import preset
from electrolyte_ml.text import significant

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "guides" / "screening.md"
RESULTS = ROOT / "benchmarks" / "results" / "scale.json"
SIMULATED = ROOT / "electrolyte_ml" / "simulate" / "tables" / "diffusion_validation.csv"
_MARK = re.compile(r"(<!-- scale: (\w+) -->).*?(<!-- / -->)", re.DOTALL)
_RECIPES = 1e9
_CHUNK = 1e5
_JOBS = 10_000
_CORES = 100
_SECONDS_OF_AN_HOUR = 3600.0
# Runs of solutions in the table last as long, ps; those of pure solvents are shorter.
_SOLUTION_PS = 1000.0


def figures() -> dict[str, str]:
    """All figures by name, as text; those of simulations alone where the suite was not run."""
    numbers = _simulations()
    tables: dict[str, str] = {}
    if RESULTS.exists():
        tasks = json.loads(RESULTS.read_text(encoding="utf-8"))["tasks"]
        measured = {(t["split"], t["model"]): t["metrics"] for t in tasks}
        numbers |= _measured(measured)
        numbers |= _plan(numbers)
        tables = {"workers": _workers(measured), "memory": _memory(measured)}
    return {name: _text(value) for name, value in numbers.items()} | tables


def _measured(measured: dict[tuple[str, str], dict[str, Any]]) -> dict[str, float]:
    """What was measured."""
    screened = measured["core", "screening: made, scored and evaluated"]
    (place,) = [m for (_, model), m in measured.items() if model.startswith("place")]
    largest = max((m for (split, _), m in measured.items() if split == "memory"), key=_rows)
    pool = measured["workers", "pool of 2 processes"]
    found = {
        # A rate is of recipes at a temperature; the problem has two temperatures.
        "rate": screened["per_second"] / 2,
        "of_plain": screened["share_of_plain"],
        "of_plain_arrays": measured["core", "arrays, all properties"]["share_of_plain"],
        "of_plain_text": measured["core", "text read and all properties"]["share_of_plain"],
        "place_s": place["latency_ms"] / 1000,
        "bytes": largest["bytes_per_recipe"],
        "leaders_s": largest["leaders_s_per_million"],
        "efficiency": pool["efficiency"],
        "piece_pool_ms": pool["piece_ms"],
    }
    dask = measured.get(("workers", "local Dask cluster of 2 processes"))
    return found if dask is None else found | _of_dask(dask, measured["workers", "this process"])


def _of_dask(dask: dict[str, Any], alone: dict[str, Any]) -> dict[str, float]:
    """What a cluster costs, and how many workers it takes to keep who hands out work busy."""
    found = {"piece_dask_ms": dask["piece_ms"]}
    if "own_us" in dask:
        found["dask_workers"] = 1e6 / dask["own_us"] / alone["per_second"]
    return found


def _rows(metrics: dict[str, Any]) -> float:
    return float(metrics["n"])


def _plan(held: dict[str, float]) -> dict[str, float]:
    """The plan for a thousand million recipes."""
    seconds = _RECIPES / held["rate"]
    chunk_s = _CHUNK / held["rate"]
    return {
        "seconds": seconds,
        "core_hours": seconds / _SECONDS_OF_AN_HOUR,
        "hours_100": seconds / _SECONDS_OF_AN_HOUR / _CORES,
        "chunks": _RECIPES / _CHUNK,
        "chunk_s": chunk_s,
        "chunk_mb": _CHUNK * held["bytes"] / 1e6,
        "disk_gb": _RECIPES * held["bytes"] / 1e9,
        "place_percent": 100 * held["place_s"] / chunk_s,
        "leaders_hours": held["leaders_s"] * _RECIPES / 1e6 / _SECONDS_OF_AN_HOUR,
        "handing_s": held["piece_pool_ms"] / 1000 * _RECIPES / _CHUNK,
    }


def _simulations() -> dict[str, float]:
    """The plan for ten thousand simulations, from the pace of those in the table."""
    with SIMULATED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if float(row["nvt_ps"]) == _SOLUTION_PS]
    # Most of them shared their processor with other work.
    pace = max(float(row["ns_per_day"]) for row in rows)
    protocol, n_atoms = preset("campaign")
    hours = 24 * protocol.total_ps / 1000 / pace
    return {
        "pace": pace,
        "n_timed": float(len(rows)),
        "atoms": float(n_atoms),
        "job_ns": protocol.total_ps / 1000,
        "job_hours": hours,
        "jobs_core_hours": hours * _JOBS,
        "jobs_days": hours * _JOBS / _CORES / 24,
    }


def _workers(measured: dict[tuple[str, str], dict[str, Any]]) -> str:
    """Table of the kinds of workers."""
    lines = [
        "| workers | recipes at a temperature by second | efficiency | a piece of work, ms |",
        "|---|---:|---:|---:|",
    ]
    for (split, model), m in measured.items():
        if split == "workers":
            cells = (m["per_second"], m["efficiency"], m["piece_ms"])
            lines.append(f"| {model} | {' | '.join(map(_text, cells))} |")
    return "\n\n" + "\n".join(lines) + "\n\n"


def _memory(measured: dict[tuple[str, str], dict[str, Any]]) -> str:
    """Table of memory against rows."""
    lines = ["| recipes | largest memory, MB |", "|---:|---:|"]
    for (split, _), m in measured.items():
        if split == "memory":
            lines.append(f"| {m['n']:,.0f} | {m['memory_mb']:.0f} |")
    return "\n\n" + "\n".join(lines) + "\n\n"


def _text(number: float) -> str:
    if number >= 1000:
        return f"{float(f'{number:.2g}'):,.0f}"
    return significant(number, 2)


def filled(text: str) -> str:
    """Text with figures between its marks; what stands there is kept where nothing was measured."""
    held = figures()

    def figure(mark: re.Match[str]) -> str:
        return f"{mark[1]}{held[mark[2]]}{mark[3]}" if mark[2] in held else mark[0]

    return _MARK.sub(figure, text)


def main() -> None:
    """Write the figures into the guide."""
    GUIDE.write_text(filled(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
