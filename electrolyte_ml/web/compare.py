"""The page of ``compare``: recipes beside the first, with the interval of each difference."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse

from electrolyte_ml.errors import InputError
from electrolyte_ml.models.comparison import RecipeComparison
from electrolyte_ml.report.columns import coverage_text
from electrolyte_ml.report.compare import (
    compared_rows,
    recipe_letters,
    warnings_by_letter,
)
from electrolyte_ml.report.warnings import lines_by
from electrolyte_ml.rules import Severity
from electrolyte_ml.rules.cell import ANODES
from electrolyte_ml.scores.compared import compare_recipes
from electrolyte_ml.search.recipe_file import read_prices
from electrolyte_ml.web.fields import GivenCell, given_cell, recipes_of, temperatures_of
from electrolyte_ml.web.pages import WebPage, site_of, units_of
from electrolyte_ml.web.shown import ShownUnits, prediction_cells
from electrolyte_ml.web.uploads import is_given, keep, named_as_given

router = APIRouter()
_MOST_RECIPES = 8


@router.get("/compare")
def compare_page(
    request: Request,
    recipe: Annotated[list[str] | None, Query()] = None,
    at: Annotated[str, Query()] = "25 °C",
) -> HTMLResponse:
    """The form, filled in as the address says."""
    return site_of(request).answer(
        request, "compare.html", recipes="\n".join(recipe or []), at=at, anodes=list(ANODES)
    )


@router.post("/compare/answer")
def answer(
    *,
    request: Request,
    given: Annotated[GivenCell, Depends(given_cell)],
    recipes: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
    currency: Annotated[str, Form(max_length=20)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> HTMLResponse:
    """Properties side by side, differences, warnings and curves."""
    site, texts, units = site_of(request), recipes_of(recipes), units_of(request)
    if not texts:
        raise InputError("nothing to compare: give two recipes or more, one a line")
    if len(texts) > _MOST_RECIPES:
        raise InputError(f"{len(texts)} recipes; compare at most {_MOST_RECIPES} at once")
    with TemporaryDirectory() as place, site.answering(), named_as_given(Path(place)):
        priced = file is not None and is_given(file)
        path = keep(file, Path(place)) if priced and file is not None else None
        comparison = compare_recipes(
            texts,
            temperatures_of(at),
            cell=given.cell,
            off=given.off,
            prices=None if path is None else read_prices(path),
        )
    table = _table(comparison, units, currency.strip())
    return site.answer(request, "comparison.html", **table)


def _table(comparison: RecipeComparison, units: ShownUnits, currency: str) -> dict[str, Any]:
    """What the table shows; a row for each property and temperature."""
    records = list(comparison.records())
    letters = recipe_letters(len(comparison))
    rows = []
    for row in compared_rows(comparison):
        if all(p["value"] is None for p in row.predictions):
            continue
        at = "" if row.temperature_k is None else f" at {units.temperature_text(row.temperature_k)}"
        unit = currency if row.known.takes_prices else units.unit_of(row.known)
        differences = [units.difference_text(row.known, d) for d in row.differences]
        rows.append(
            {
                "words": f"{row.known.label}{at}, {unit}".removesuffix(", "),
                "cells": prediction_cells(row.known, row.predictions, units),
                "differences": ["", *differences],
                "set_by": [p.get("limiting_species") or "" for p in row.predictions],
            }
        )
    shown = [p for row in compared_rows(comparison) for p in row.predictions]
    warnings = list(lines_by(warnings_by_letter(comparison, records), "letter"))
    dangers = [line for line in warnings if line.split(": ")[1] == Severity.DANGER]
    return {
        "names": list(zip(letters, comparison.names, strict=True)),
        "rows": rows,
        "dangers": dangers,
        "warnings": warnings[len(dangers) :],
        "coverage": coverage_text(shown),
    }


PAGE = WebPage(path="/compare", title="Compare", router=router)
