"""Output of limits and discharges of cells: records for JSON, tables, and plots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from electrolyte_ml.cell import CellGeometry, CellLimits, cell_limits
from electrolyte_ml.files import write_text
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.liquid import liquid_range
from electrolyte_ml.models.warnings import scored_warnings
from electrolyte_ml.report.plots import BLUE, GREEN, GREY, ORANGE, new_figure, save_figure
from electrolyte_ml.report.text import dump_json, interval, output_console
from electrolyte_ml.report.warnings import dangers_of
from electrolyte_ml.scores import ScoreSource
from electrolyte_ml.tables.writing import write_cells, write_frame, write_workbook
from electrolyte_ml.text import celsius, significant

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from electrolyte_ml.cell.runs import DischargeJob
    from electrolyte_ml.cell.sei import FilmCycle

LIMIT_COLUMNS = {
    "depletion_rate_c": "salt runs out at, C",
    "charge_depletion_rate_c": "on charge, C",
    "ohmic_drop_mv": "ohmic drop at 1C, mV",
    "ohmic_rate_c": "100 mV at, C",
    "profile_depth_mol_l": "depth at 1C, mol/L",
    "salt_diffusivity_1e10_m2_s": "salt D, 1e-10 m2/s",
    "transference_number": "t+",
}
# Columns whose reasons are told although there is a value; the others follow from them.
_EXPLAINED = ("depletion_rate_c", "ohmic_drop_mv")
LIMITS_LEAVE_OUT = (
    "left out: kinetics and diffusion of the electrodes, which usually limit in the cold; ageing. "
    "t+ is the diffusion fraction; its interval holds what that leaves out."
)


def limits_of(
    source: ScoreSource, geometry: CellGeometry, progress: Callable[[int], object] | None = None
) -> list[dict[str, Any]]:
    """Limits of all recipes of a source in a cell, as rows for JSON.

    Parameters
    ----------
    source
        The recipes.
    geometry
        The cell.
    progress
        Is told how many rows are done.
    """
    records: list[dict[str, Any]] = []
    for part in source.parts():
        found = cell_limits(part.formulations, part.temperature_k, geometry)
        records += limit_records(
            part.recipes, part.formulations, part.temperature_k, found, geometry
        )
        if progress is not None:
            progress(len(records))
    return records


def limit_records(
    texts: Sequence[str],
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
    limits: CellLimits,
    geometry: CellGeometry,
) -> list[dict[str, Any]]:
    """Rows for JSON.

    Parameters
    ----------
    texts
        Recipes as written, length n.
    formulations
        The recipes.
    temperature_k
        K, shape (n,).
    limits
        Of n rows.
    geometry
        The cell.
    """
    liquid = liquid_range(formulations)
    frozen = liquid.frozen(temperature_k)
    warnings = scored_warnings(formulations, temperature_k, liquid)
    return [
        {
            "recipe": text,
            "temperature_k": float(kelvin),
            "cell": geometry.name,
            **limits.record(row),
            "frozen": frozen[row],
            "warnings": [warning.to_dict() for warning in warnings[row]],
        }
        for row, (text, kelvin) in enumerate(zip(texts, temperature_k.tolist(), strict=True))
    ]


def print_limits(records: Sequence[Mapping[str, Any]], geometry: CellGeometry) -> None:
    """Print limits, a row for each recipe and temperature, and then what they rest on."""
    console = output_console()
    console.print(f"{geometry.name}: {geometry.description}")
    grid = Table(box=None, pad_edge=False)
    for heading in ("recipe", "at", *LIMIT_COLUMNS.values(), "limit"):
        grid.add_column(heading, overflow="fold")
    for record in records:
        grid.add_row(
            str(record["recipe"]),
            celsius(record["temperature_k"]),
            *(interval(record[name], 2) for name in LIMIT_COLUMNS),
            record["cause"] or "-",
        )
    console.print(grid)
    for line in (*dangers_of(records), *dict.fromkeys(limit_notes(records))):
        console.print(line)
    console.print(LIMITS_LEAVE_OUT)


def limit_notes(records: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What stands below a table of limits; reasons outside the domain begin with ``?``."""
    for record in records:
        if record["frozen"]:
            yield f"? {record['recipe']} at {celsius(record['temperature_k'])}: {record['frozen']}"
        about: dict[tuple[str, str], list[str]] = {}
        for name, heading in LIMIT_COLUMNS.items():
            said = record[name]
            if said["reason"] and (name in _EXPLAINED or said["value"] is None):
                mark = "" if said["in_domain"] else "? "
                named = heading.partition(" at")[0].partition(",")[0]
                about.setdefault((mark, said["reason"]), []).append(named)
        for (mark, reason), headings in about.items():
            yield f"{mark}{record['recipe']}: {', '.join(headings)}: {reason}"


def print_cells(cells: Sequence[CellGeometry]) -> None:
    """Print cells, a row each."""
    grid = Table(box=None, pad_edge=False)
    for heading in ("cell", "description", "separator, um", "source"):
        grid.add_column(heading, overflow="fold")
    for cell in cells:
        sources = ", ".join(cell.dois)
        grid.add_row(cell.name, cell.description, f"{cell.separator.thickness_um:g}", sources)
    output_console().print(grid)


def without_samples(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without what stands in files: samples and the curve."""
    return {name: value for name, value in record.items() if name not in ("samples", "curve")}


def print_discharges(records: Sequence[Mapping[str, Any]], geometry: CellGeometry) -> None:
    """Print capacities and voltages, and what they leave out."""
    console = output_console()
    console.print(f"{geometry.name}: {geometry.description}")
    grid = Table(box=None, pad_edge=False)
    for heading in ("recipe", "at", "rate", "capacity, % of nominal", "mean voltage, V", "note"):
        grid.add_column(heading, overflow="fold")
    for record in records:
        share = {
            end: None if number is None else 100 * number
            for end, number in record["capacity_share"].items()
            if end != "coverage"
        }
        grid.add_row(
            record["recipe"],
            celsius(record["temperature_k"]),
            f"{record['rate_c']:g}C",
            _with_ends(share),
            _with_ends(record["mean_voltage_v"], 4),
            "; ".join(_discharge_notes(record)) or "-",
        )
    console.print(grid)
    for line in dict.fromkeys(_discharge_doubts(records, geometry)):
        console.print(line)


def _with_ends(numbers: Mapping[str, Any], digits: int = 3) -> str:
    if numbers["value"] is None:
        return "-"
    value, low, high = (significant(numbers[end], digits) for end in ("value", "low", "high"))
    return f"{value} ({low}-{high})"


def _discharge_notes(record: Mapping[str, Any]) -> Iterator[str]:
    if record["note"]:
        yield record["note"]
    if record["samples_where_salt_runs_out"]:
        yield f"salt runs out in {record['samples_where_salt_runs_out']:.0%} of the samples"
    failed = len(record["samples"]) - 1 - record["samples_simulated"]
    if failed:
        yield f"{failed} samples could not be simulated"


def _discharge_doubts(
    records: Sequence[Mapping[str, Any]], geometry: CellGeometry
) -> Iterator[str]:
    for record in records:
        for note in record["notes"]:
            yield f"? {record['recipe']}: {note}"
    if geometry.simulation.get("leaves_out"):
        yield f"left out: {geometry.simulation['leaves_out']}"
    yield (
        "left out: ageing; heat (isothermal); errors of the electrodes' parameters. Intervals hold "
        "90 % of samples of salt diffusivity, transference number and conductivity."
    )


def write_discharges(
    records: Sequence[Mapping[str, Any]], geometry: CellGeometry, folder: Path
) -> None:
    """Write the summary (JSON), samples and curves (CSV, workbook) and plots (SVG)."""
    import pandas as pd

    summary = {"cell": geometry.to_dict(), "discharges": [without_samples(r) for r in records]}
    write_text(folder / "summary.json", dump_json(summary) + "\n")
    place = ("recipe", "temperature_k", "rate_c")
    samples = [
        {**{n: r[n] for n in place}, "sample": i, **s}
        for r in records
        for i, s in enumerate(r["samples"])
    ]
    curves = [
        {**{n: r[n] for n in place}, "charge_ah": q, "voltage_v": v}
        for r in records
        for q, v in zip(r["curve"]["charge_ah"], r["curve"]["voltage_v"], strict=True)
    ]
    sheets = {"samples": pd.DataFrame(samples), "curves": pd.DataFrame(curves)}
    for name, frame in sheets.items():
        write_frame(frame, folder / f"{name}.csv")
    write_workbook(folder / "discharges.xlsx", sheets)
    for kelvin in dict.fromkeys(r["temperature_k"] for r in records):
        chosen = [r for r in records if r["temperature_k"] == kelvin]
        name = celsius(kelvin).replace(" °C", "C").replace("−", "-")
        save_figure(_discharge_figure(chosen), folder / f"discharge_{name}.svg")
        save_figure(_rate_figure(chosen), folder / f"rate_{name}.svg")


def _discharge_figure(records: Sequence[Mapping[str, Any]]) -> Figure:
    """Voltage against charge, a line for each recipe and rate; the band is the capacity's."""
    figure, (axes,) = new_figure(1, width_in=6.0, height_in=4.0)
    styles = dict(zip(_each(records, "rate_c"), _CYCLE, strict=False))
    colors = _colors(records)
    for record in records:
        curve, color = record["curve"], colors[record["recipe"]]
        if record["capacity_ah"]["value"] is None:
            continue
        charge = np.array(curve["charge_ah"], dtype=np.float64) * 1000
        label = f"{record['recipe']}, {record['rate_c']:g}C"
        style = styles.get(record["rate_c"], "-")
        axes.plot(charge, curve["voltage_v"], style, color=color, label=label)
        ends = [1000 * record["capacity_ah"][end] for end in ("low", "high")]
        axes.plot(ends, [curve["voltage_v"][-1]] * 2, color=color, alpha=0.4, linewidth=4)
    axes.set_xlabel("charge, mAh (bars: 90 % of samples end there)")
    axes.set_ylabel("voltage, V")
    axes.set_title(celsius(records[0]["temperature_k"]), fontsize=9)
    axes.legend(fontsize=7)
    return figure


def _rate_figure(records: Sequence[Mapping[str, Any]]) -> Figure:
    """Capacity against rate with its interval, a line for each recipe."""
    figure, (axes,) = new_figure(1, width_in=6.0, height_in=4.0)
    for recipe, color in _colors(records).items():
        own = sorted(
            (r for r in records if r["recipe"] == recipe and r["capacity_ah"]["value"] is not None),
            key=lambda r: r["rate_c"],
        )
        rates = [r["rate_c"] for r in own]
        value, low, high = (
            np.array([100 * r["capacity_share"][end] for r in own])
            for end in ("value", "low", "high")
        )
        axes.errorbar(
            rates,
            value,
            [value - low, high - value],
            fmt="o-",
            color=color,
            label=recipe,
            capsize=3,
        )
    axes.set_xscale("log")
    axes.set_xticks(sorted(_each(records, "rate_c")), minor=False)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.set_xlabel("rate, C")
    axes.set_ylabel("capacity, % of nominal")
    axes.set_title(celsius(records[0]["temperature_k"]), fontsize=9)
    axes.legend(fontsize=7)
    return figure


FILM_WORDS = (
    "films: laws and parameters of growth are stated, not predicted of the recipe; without --film "
    "they are of lithium cells. No cycle life follows."
)


def film_line(job: DischargeJob, cycles: Sequence[FilmCycle]) -> str:
    """What the film of a job has taken up, in a line."""
    last = cycles[-1]
    share = last.film_loss_ah / job.cell.nominal_capacity_ah
    return f"{job.label}: the film took {share:.2%} of the nominal capacity in {last.cycle} cycles"


def write_films(
    jobs: Sequence[DischargeJob], cycles: Sequence[Sequence[FilmCycle]], path: Path
) -> None:
    """Write a CSV file or a workbook with a row for each cycle."""
    header = ("recipe", "temperature_k", "rate_c", "cycle", "capacity_ah", "film_loss_ah")
    rows = [
        (
            job.text,
            job.electrolyte.temperature_k,
            job.rate_c,
            c.cycle,
            c.capacity_ah,
            c.film_loss_ah,
        )
        for job, found in zip(jobs, cycles, strict=True)
        for c in found
    ]
    write_cells(path, header, rows)


_CYCLE = ("-", "--", ":", "-.")


def _each(records: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    return list(dict.fromkeys(record[name] for record in records))


def _colors(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    known = (BLUE, ORANGE, GREEN, GREY)
    return {r: known[i % len(known)] for i, r in enumerate(_each(records, "recipe"))}
