"""The page of ``cell limits``: at which rate the salt of a cell runs out, and its ohmic drop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, PlainTextResponse

from electrolyte_ml.cell import CellGeometry, cell_text, find_cell, reference_cells
from electrolyte_ml.errors import InputError
from electrolyte_ml.properties import properties, registered_property
from electrolyte_ml.report.cell import LIMIT_COLUMNS, LIMITS_LEAVE_OUT, limit_notes, limits_of
from electrolyte_ml.report.warnings import dangers_of
from electrolyte_ml.scores import ScoreSource
from electrolyte_ml.text import nearest_or_all
from electrolyte_ml.web.fields import recipes_of, temperatures_of
from electrolyte_ml.web.pages import WebPage, site_of, units_of
from electrolyte_ml.web.shown import ShownUnits, prediction_cells
from electrolyte_ml.web.uploads import is_given, keep, named_as_given

router = APIRouter()


@router.get("/cell")
def cell_page(
    request: Request,
    recipe: Annotated[list[str] | None, Query()] = None,
    at: Annotated[str, Query()] = "25 °C",
) -> HTMLResponse:
    """The form, filled in as the address says."""
    return site_of(request).answer(
        request,
        "cell.html",
        recipes="\n".join(recipe or []),
        at=at,
        cells=[find_cell(name) for name in reference_cells()],
    )


@router.get("/cell/{name}.toml")
def cell_file(name: str) -> PlainTextResponse:
    """The file of a reference cell, to copy and change."""
    text = cell_text(_reference(name))
    headers = {"Content-Disposition": f'attachment; filename="{name}.toml"'}
    return PlainTextResponse(text, headers=headers)


@router.post("/cell/answer")
def answer(
    request: Request,
    recipes: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
    cell: Annotated[str, Form()] = "hc_nvpf",
    file: Annotated[UploadFile | None, File()] = None,
) -> HTMLResponse:
    """Limits of the recipes in a reference cell, or in one of a TOML file."""
    site, texts = site_of(request), recipes_of(recipes)
    if not texts:
        raise InputError("nothing to judge: give a recipe, or several, one a line")
    with TemporaryDirectory() as place, site.answering(), named_as_given(Path(place)):
        own = file is not None and is_given(file)
        path = keep(file, Path(place), (".toml",)) if own and file is not None else None
        geometry = find_cell(path or _reference(cell))
        records = limits_of(ScoreSource(texts, None, temperatures_of(at)), geometry)
    values = _table(records, geometry, units_of(request))
    return site.answer(request, "limits.html", **values)


def _reference(name: str) -> str:
    """The name of a reference cell: a page opens no other files."""
    known = reference_cells()
    if name not in known:
        raise InputError(f"no cell {name!r}{nearest_or_all(name, known)}")
    return name


def _table(
    records: Sequence[Mapping[str, Any]], geometry: CellGeometry, units: ShownUnits
) -> dict[str, Any]:
    rate = registered_property("depletion_rate_c")  # one column is a rate and no property
    columns = [
        prediction_cells(properties().get(name, rate), [r[name] for r in records], units)
        for name in LIMIT_COLUMNS
    ]
    return {
        "geometry": geometry,
        "headings": list(LIMIT_COLUMNS.values()),
        "rows": [
            {
                "recipe": record["recipe"],
                "at": units.temperature_text(record["temperature_k"]),
                "cells": [column[row] for column in columns],
                "cause": record["cause"] or "-",
            }
            for row, record in enumerate(records)
        ],
        "dangers": dangers_of(records),
        "lines": list(dict.fromkeys(limit_notes(records))),
        "left_out": LIMITS_LEAVE_OUT,
    }


PAGE = WebPage(path="/cell", title="Cell limits", router=router)
