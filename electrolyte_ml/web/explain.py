"""The page of ``explain``: curves, swaps and nearest measurements of one recipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.explain import Explanation, Swap, explain
from electrolyte_ml.models.neighbours import DATA_SET
from electrolyte_ml.properties import registered_property
from electrolyte_ml.report.explain import (
    cycling_words,
    efficiency_words,
    explanation_plot,
    explanation_words,
    neighbour_range,
    neighbour_words,
    swap_words,
    temperature_doubts,
    temperature_rows,
)
from electrolyte_ml.report.text import spelt_out
from electrolyte_ml.rules.cell import ANODES
from electrolyte_ml.shipped_properties import SHIPPED
from electrolyte_ml.units import temperatures_k
from electrolyte_ml.web.fields import GivenCell, given_cell, recipes_of, temperatures_of
from electrolyte_ml.web.pages import WebPage, site_of, units_of
from electrolyte_ml.web.shown import ShownUnits, drawn, prediction_cells

router = APIRouter()
_CONDUCTIVITY = SHIPPED[0].name


@router.get("/explain")
def explain_page(
    request: Request,
    recipe: Annotated[str, Query()] = "",
    at: Annotated[str, Query()] = "25 °C",
) -> HTMLResponse:
    """The form, filled in as the address says."""
    return site_of(request).answer(
        request, "explain.html", recipe=recipe, at=at, anodes=list(ANODES)
    )


@router.post("/explain/answer")
def answer(
    request: Request,
    given: Annotated[GivenCell, Depends(given_cell)],
    recipe: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Everything about the conductivity of a recipe at one temperature."""
    site, units = site_of(request), units_of(request)
    text = "".join(recipes_of(recipe)[:1])
    kelvins = temperatures_k(temperatures_of(at) or ["25 degC"])
    if not text:
        raise InputError("nothing to explain: give a recipe")
    if len(kelvins) > 1:
        raise InputError(f"a recipe is explained at one temperature, given {len(kelvins)}")
    with site.answering():
        found = explain(parse_recipe(text), kelvins[0], cell=given.cell, off=given.off)
        words = f"conductivity of {text} against concentration and temperature"
        svg = drawn(explanation_plot(found, text), name="curves", title=words)
        values = _shown(found, units)
    at_words = units.temperature_text(kelvins[0])
    return site.answer(request, "explanation.html", recipe=text, at=at_words, svg=svg, **values)


def _shown(found: Explanation, units: ShownUnits) -> dict[str, Any]:
    known = registered_property(_CONDUCTIVITY)
    rows = temperature_rows(found.temperature)
    cells = prediction_cells(known, [record for _, record in rows], units)
    prediction = found.prediction.record(0)
    return {
        "unit": units.unit_of(known),
        "notation": found.formulation.notation(),
        "conductivity": prediction_cells(known, [prediction], units)[0],
        "coverage": f"{prediction['coverage']:.0%}",
        "reason": prediction["reason"] if not prediction["in_domain"] else "",
        "warnings": [w.to_dict() for w in found.warnings],
        "sentences": [spelt_out(s) for s in explanation_words(found)],
        "temperatures": [
            (units.temperature_text(kelvin), cell)
            for (kelvin, _), cell in zip(rows, cells, strict=True)
        ],
        "doubts": temperature_doubts(found.temperature),
        "swaps": [
            ("One component swapped for a similar one", _swaps(found.swaps, units)),
            ("The same with another cation", _swaps(found.cations, units)),
        ],
        "neighbours": [(n, neighbour_words(n), neighbour_range(n)) for n in found.neighbours],
        "data_set": DATA_SET,
        "efficiency": [] if found.efficiency is None else list(efficiency_words(found.efficiency)),
        "efficiencies": []
        if found.efficiency is None
        else [(one, cycling_words(one)) for one in found.efficiency.measured],
        "assumptions": list(found.formulation.assumptions),
    }


def _swaps(swaps: Sequence[Swap], units: ShownUnits) -> list[dict[str, Any]]:
    cells = prediction_cells(
        registered_property(_CONDUCTIVITY), [swap.prediction for swap in swaps], units
    )
    return [
        {
            "component": swap.component,
            "replacement": swap.replacement,
            "change": swap_words(swap),
            "cell": cell,
            "note": swap.note,
            "recipe": swap.formulation.notation(),
        }
        for swap, cell in zip(swaps, cells, strict=True)
    ]


PAGE = WebPage(path="/explain", title="Explain", router=router)
