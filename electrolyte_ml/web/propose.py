"""The page of ``propose``: a search that is watched, stopped and continued, and its shortlist."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.files import write_text
from electrolyte_ml.properties import registered_property
from electrolyte_ml.report.page import problem_landscape
from electrolyte_ml.report.plots import pareto_svg
from electrolyte_ml.report.prediction_rows import predictions_of
from electrolyte_ml.report.propose import write_proposals
from electrolyte_ml.report.text import dump_json
from electrolyte_ml.search import Problem, propose
from electrolyte_ml.search.engine import SearchResult
from electrolyte_ml.search.recipe_file import load_problem
from electrolyte_ml.text import counted, shown
from electrolyte_ml.web.jobs import JobControl, JobStoppedError, PageJob
from electrolyte_ml.web.pages import WebPage, site_of, units_of
from electrolyte_ml.web.problems import (
    FIRST,
    PROBLEM,
    checked,
    editor_of,
    problem_given,
    problem_text,
    ready_problems,
)
from electrolyte_ml.web.shown import ShownCell, ShownUnits, prediction_cells

router = APIRouter()
KIND = "propose"
_MOST_PROPOSALS = 50
# The study of a search, and what its report shows, in the folder of its job.
_STUDY, _VALUES = "search.journal", "report.json"
_FILES = ("report.html", "proposals.csv", "proposals.xlsx", "proposals.json", "weigh_out.csv")
# Drawing takes some tenths of a second; pictures come no faster than that, s.
_PICTURE_PAUSE_S = 2.0


@router.get("/propose")
def propose_page(request: Request, problem: str = FIRST, n: int = 8) -> HTMLResponse:
    """The form, made from a ready problem."""
    site = site_of(request)
    return site.answer(
        request,
        "propose.html",
        ready=ready_problems(),
        searches=site.jobs.jobs(KIND)[:8],
        chosen=problem,
        n=n,
        **editor_of(problem_text(site, problem)),
    )


@router.post("/propose/start")
async def start(request: Request) -> Response:
    """Start a search; its page is that of the job."""
    given = await problem_given(request)
    job = await run_in_threadpool(_started, request, given.text, given.other)
    return Response(headers={"HX-Redirect": f"/jobs/{job.id}"})


def _started(request: Request, text: str, other: Mapping[str, str]) -> PageJob:
    site = site_of(request)
    n = _number_of(other.get("n", "8"))
    problem = checked(site, text)
    folder = site.jobs.prepare()
    write_text(folder / PROBLEM, text)
    return site.jobs.begin(folder, KIND, f"Proposals for {problem.name}", {"n": n})


def _number_of(text: str) -> int:
    number = int(text) if text.strip().isdecimal() else 0
    if not 1 <= number <= _MOST_PROPOSALS:
        raise InputError(
            f"recipes to propose: must be a whole number from 1 to {_MOST_PROPOSALS}, given "
            f"{shown(text)}"
        )
    return number


def propose_job(control: JobControl) -> None:
    """Search, drawing the recipes found so far; one that is stopped writes what it has found."""
    folder, n = control.folder, int(control.arguments["n"])
    problem = load_problem(folder / PROBLEM)
    storage = str(folder / _STUDY)

    def tell(done: int, total: int) -> None:
        control.report(done, total, f"{done} of {counted(total, 'recipe')} tried")

    control.report(0, words="loading models")
    try:
        found = propose(
            problem, n=n, storage=storage, progress=tell, watch=_drawing(problem, control)
        )
    except JobStoppedError:
        control.finishing("stopping; writing the shortlist of what was found")
        # Where nothing was found yet, there is nothing to show.
        with suppress(ElectrolyteError):
            _write(propose(problem, n=n, n_trials=1, storage=storage), control)
        control.finishing("the shortlist is of what was found until then")
        raise
    control.finishing("writing the shortlist and its report")
    _write(found, control)
    control.finishing("")


def _write(found: Any, control: JobControl) -> None:
    values = write_proposals(found, control.folder)
    write_text(control.folder / _VALUES, dump_json(values))
    control.has_results()


def _drawing(problem: Problem, control: JobControl) -> Callable[[Callable[[], SearchResult]], None]:
    """Draws the feasible recipes of a search now and then."""
    last = -float("inf")

    def watch(so_far: Callable[[], SearchResult]) -> None:
        nonlocal last
        if time.monotonic() - last < _PICTURE_PAUSE_S:
            return
        evaluation = so_far().evaluation
        explored = evaluation.objectives[evaluation.feasible]
        if len(explored) > 1:
            none = np.empty((0, explored.shape[1]))
            control.show(pareto_svg(problem_landscape(problem, none, explored)))
        last = time.monotonic()

    return watch


@router.get("/propose/result/{name}")
def result(request: Request, name: str) -> HTMLResponse:
    """The shortlist of a job, and its files."""
    site = site_of(request)
    job = site.jobs.job(name)
    held = json.loads(_kept(job, "proposals.json").read_text(encoding="utf-8"))
    values = _values(job)
    return site.answer(
        request,
        "propose_result.html",
        job=job,
        report=values,
        headings=_headings(held["problem"], units_of(request)),
        rows=_rows(held, values, units_of(request)),
        files=[file for file in _FILES if (job.folder / file).is_file()],
    )


@router.get("/propose/result/{name}/card/{place}")
def card(request: Request, name: str, place: int) -> HTMLResponse:
    """One recipe of a shortlist: its sheet, curves, limits and nearest measured recipes."""
    site = site_of(request)
    cards = {one["place"]: one for one in _values(site.jobs.job(name))["cards"]}
    if place not in cards:
        raise InputError(f"there is no recipe {place} in this shortlist")
    return site.answer(request, "propose_card.html", card=cards[place], job_id=name)


@router.get("/propose/result/{name}/{file}")
def result_file(request: Request, name: str, file: str) -> FileResponse:
    """A file of a shortlist."""
    job = site_of(request).jobs.job(name)
    if file not in (*_FILES, PROBLEM):
        raise InputError(f"there is no file {shown(file)}; there are {', '.join(_FILES)}")
    return FileResponse(_kept(job, file), filename=file)


def _values(job: PageJob) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(_kept(job, _VALUES).read_text(encoding="utf-8"))
    return values


def _kept(job: PageJob, file: str) -> Path:
    path = job.folder / file
    if job.kind != KIND or not path.is_file():
        raise InputError(f"{job.title}: there is no shortlist yet")
    return path


def _headings(problem: Mapping[str, Any], units: ShownUnits) -> list[str]:
    """Headings of the objectives, in the units that are shown."""
    found = []
    for objective in problem["objectives"]:
        known = registered_property(objective["property"])
        unit = units.unit_of(known)
        if known.takes_prices:
            unit = f"{problem['prices']['currency']}/kg"
        at = objective["temperature_k"]
        words = known.label + ("" if at is None else f" at {units.temperature_text(at)}")
        found.append(f"{words}, {unit}" if unit else words)
    return found


def _rows(
    held: Mapping[str, Any], values: Mapping[str, Any], units: ShownUnits
) -> list[dict[str, Any]]:
    """Rows of the table: proposals, then usual recipes."""
    proposals, usual = held["proposals"], held["baselines"]
    columns = _cells(held["problem"]["objectives"], [*proposals, *usual], units)
    rows = [
        {
            "place": p["place"],
            "rank": card["rank"],
            "recipe": p["recipe"],
            "words": p["why"],
            "warnings": p["warnings"],
        }
        for p, card in zip(proposals, values["cards"], strict=True)
    ]
    rows += [
        {"place": None, "recipe": b["recipe"], "words": words["words"], "warnings": b["warnings"]}
        for b, words in zip(usual, values["baselines"], strict=True)
    ]
    return [{**row, "cells": [c[i] for c in columns]} for i, row in enumerate(rows)]


def _cells(
    objectives: Sequence[Mapping[str, Any]], recipes: Sequence[Any], units: ShownUnits
) -> list[list[ShownCell]]:
    """A column for each objective."""
    columns = []
    for objective in objectives:
        known = registered_property(objective["property"])
        predictions = [_prediction(objective, one["predictions"]) for one in recipes]
        columns.append(prediction_cells(known, predictions, units))
    return columns


def _prediction(objective: Mapping[str, Any], records: Sequence[Any]) -> dict[str, Any]:
    """What is predicted of a recipe for an objective."""
    at = objective["temperature_k"]
    record = next((r for r in records if at in (None, r["temperature_k"])), records[0])
    found = dict(predictions_of(record)).get(objective["property"], {})
    empty = {"value": None, "low": None, "high": None, "in_domain": True, "reason": None}
    return {"coverage": None, **empty, **found}


PAGE = WebPage(path="/propose", title="Propose", router=router, jobs={KIND: propose_job})
