"""Files of a campaign's report: text, workbook and plots.

Each plot shows, for one quantity, what was measured against what had been predicted, with the
intervals of that time, and the best so far after each result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.campaign import Campaign
from electrolyte_ml.campaign.celsius import people_heading, people_number, people_prediction
from electrolyte_ml.campaign.standing import report_record
from electrolyte_ml.campaign.state import column_name
from electrolyte_ml.campaign.suggest import measurable
from electrolyte_ml.files import write_text
from electrolyte_ml.properties import Property, registered_property
from electrolyte_ml.report.plots import BLUE, GREEN, GREY, ORANGE, new_figure, save_figure
from electrolyte_ml.search.problem import Direction
from electrolyte_ml.tables.writing import write_workbook

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from electrolyte_ml.search.problem import Objective

Record = Mapping[str, Any]
WORKBOOK, PLOTS = "report.xlsx", "report.svg"


def write_campaign_report(campaign: Campaign) -> list[Path]:
    """Write report.md, report.xlsx and, where anything was measured, report.svg.

    Returns
    -------
    list of Path
        The files.
    """
    record = report_record(campaign)
    text = campaign.report()
    files = [text, _write_workbook(record, campaign.folder / WORKBOOK)]
    figure = campaign_figure(campaign, record["results"])
    if figure is not None:
        save_figure(figure, campaign.folder / PLOTS)
        written = text.read_text(encoding="utf-8")
        write_text(text, f"{written}\n![Measured and predicted]({PLOTS})\n")
        files.append(campaign.folder / PLOTS)
    return files


def _write_workbook(record: Record, path: Path) -> Path:
    """Results beside predictions, pending recipes as predicted now, errors of the models."""
    import pandas as pd

    sheets = {
        "results": [_flat_result(row) for row in record["results"]],
        "pending": [_flat_pending(row) for row in record["pending_now"]],
        "best": [_for_people(row) for row in record["best"]],
        "models": list(record["models"]),
    }
    frames = {name: pd.DataFrame(rows) for name, rows in sheets.items() if rows}
    write_workbook(path, frames or {"results": pd.DataFrame(columns=["recipe"])})
    return path


def _for_people(best: Record) -> dict[str, Any]:
    label = best["objective"]
    number = people_number(label, best["value"])
    return {**best, "objective": people_heading(label), "value": number}


def _flat_result(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "recipe": row["recipe"],
        "status": row["status"],
        **{people_heading(x): people_number(x, value) for x, value in row["measured"].items()},
        **_flat_predictions(row["predicted"]),
        "comment": row["comment"],
    }


def _flat_pending(row: Record) -> dict[str, Any]:
    held = {"id": row["id"], "recipe": row["recipe"], "within limits": row["satisfies"]}
    return {**held, **_flat_predictions(row["predicted"])}


def _flat_predictions(predicted: Mapping[str, Record]) -> dict[str, Any]:
    return {
        f"predicted {people_heading(label)}{'' if end == 'value' else f' {end}'}": number
        for label, ends in predicted.items()
        for end, number in people_prediction(label, ends).items()
    }


def campaign_figure(campaign: Campaign, results: Sequence[Record]) -> Figure | None:
    """Measured against predicted, and the best so far, of the first measured objective.

    Parameters
    ----------
    campaign
        The campaign.
    results
        Rows of its report.

    Returns
    -------
    Figure or None
        None if no objective was measured.
    """
    labels = [column_name(quantity) for quantity in measurable(campaign.problem)]
    for objective in campaign.problem.objectives:
        label = column_name((objective.property_name, objective.temperature_k))
        rows = [row for row in results if label in row["measured"]]
        if label in labels and rows:
            figure, (left, right) = new_figure(2, width_in=8.0, height_in=3.4)
            known = registered_property(objective.property_name)
            _draw_parity(left, rows, label, known)
            _draw_best(right, rows, label, objective)
            return figure
    return None


def _draw_parity(axes: Axes, rows: Sequence[Record], label: str, known: Property) -> None:
    said = [row for row in rows if (row["predicted"].get(label) or {}).get("value") is not None]
    measured = _numbers(said, label)
    predicted = [people_prediction(label, row["predicted"][label]) for row in said]
    value, low, high = (
        np.array([ends[end] for ends in predicted], dtype=np.float64)
        for end in ("value", "low", "high")
    )
    if said:
        axes.errorbar(
            value,
            measured,
            xerr=[value - low, high - value],
            fmt="o",
            color=BLUE,
            ecolor=GREY,
            elinewidth=0.8,
            markersize=4,
        )
        ends = [min(low.min(), measured.min()), max(high.max(), measured.max())]
        axes.plot(ends, ends, "-", color=ORANGE, linewidth=1)
        if known.is_logarithmic:
            axes.set_xscale("log")
            axes.set_yscale("log")
    unit = "°C" if known.unit == "K" else known.unit
    axes.set_xlabel(f"predicted when it was suggested, {unit}")
    axes.set_ylabel(f"measured {_axis_words(label)}", fontsize=8)


def _numbers(rows: Sequence[Record], label: str) -> NDArray[np.float64]:
    """Measured values of a quantity, shape (n,)."""
    return np.array([people_number(label, row["measured"][label]) for row in rows], dtype=float)


def _axis_words(label: str) -> str:
    """A quantity as an axis names it, such as ``conductivity, mS/cm at 25 °C``."""
    name, _, at = label.partition(" at ")
    words = registered_property(name).own_heading.removesuffix(", K")
    if registered_property(name).unit == "K":
        words += ", °C"
    return f"{words} at {at.replace('degC', '°C')}" if at else words


def _draw_best(axes: Axes, rows: Sequence[Record], label: str, objective: Objective) -> None:
    measured = _numbers(rows, label)
    is_maximum = objective.direction is Direction.MAXIMIZE
    best = np.maximum.accumulate(measured) if is_maximum else np.minimum.accumulate(measured)
    number = np.arange(1, len(measured) + 1)
    axes.plot(number, measured, "o", color=GREY, markersize=4, label="measured")
    axes.step(number, best, where="post", color=GREEN, label="best so far")
    axes.set_xlabel("result")
    axes.set_ylabel(_axis_words(label), fontsize=8)
    axes.legend(fontsize=8)
