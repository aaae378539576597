"""The page of ``campaign``: suggest, fill in the sheet, record, and see where it stands.

A campaign is a folder within that of the page, the very same that the command line works on.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from electrolyte_ml.campaign import Campaign, Status, Suggestion
from electrolyte_ml.campaign.campaign import LOG, MEASURED
from electrolyte_ml.campaign.celsius import people_heading, people_number, people_prediction
from electrolyte_ml.campaign.log import CampaignLog
from electrolyte_ml.campaign.results import ResultsSource, ResultsTable
from electrolyte_ml.campaign.sheets import result_columns, sheet_rows
from electrolyte_ml.campaign.standing import error_sentence, interval_words, report_record
from electrolyte_ml.campaign.state import Goal, replay
from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.files import read_toml, write_text
from electrolyte_ml.report.campaign import suggestion_records
from electrolyte_ml.report.campaign_files import campaign_figure, write_campaign_report
from electrolyte_ml.text import counted, shown, significant
from electrolyte_ml.web.jobs import JobControl, PageJob
from electrolyte_ml.web.pages import Site, WebPage, site_of
from electrolyte_ml.web.problems import (
    FIRST,
    PROBLEM,
    editor_of,
    problem_given,
    problem_text,
    ready_problems,
    require_no_files,
)
from electrolyte_ml.web.shown import drawn
from electrolyte_ml.web.uploads import keep, named_as_given

router = APIRouter()
KIND = "campaign"
_MOST_SUGGESTED = 100
# Empty rows of the sheet for recipes of the laboratory's own, and replicates.
_OWN_ROWS = 3
_NAME = re.compile(r"\w(?:[\w .-]{0,58}[\w-])?")
_TAKEN = ("jobs",)
_FILES = re.compile(r"round_\d{3}\.csv|report\.(md|xlsx|svg)|measured\.csv|problem\.toml")
_SHEET = "the sheet of the page"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignListed:
    """A campaign in the list of all.

    Attributes
    ----------
    name
        Name of its folder.
    problem
        Name of its problem.
    words
        Where it stands, in a few words.
    """

    name: str
    problem: str
    words: str


@router.get("/campaign")
def campaigns_page(request: Request, problem: str = FIRST) -> HTMLResponse:
    """All campaigns, and a form for a new one."""
    site = site_of(request)
    return site.answer(
        request,
        "campaigns.html",
        campaigns=list(_listed(site)),
        ready=ready_problems(),
        searches=site.jobs.jobs("propose")[:8],
        chosen=problem,
        **editor_of(problem_text(site, problem)),
    )


def _listed(site: Site) -> Iterator[CampaignListed]:
    for log in sorted(site.folder.glob(f"*/{LOG}")):
        folder = log.parent
        try:
            state = replay(CampaignLog(log).read(), str(log))
            problem = str(read_toml(folder / PROBLEM).get("name", ""))
        except ElectrolyteError as error:
            yield CampaignListed(name=folder.name, problem="", words=str(error).splitlines()[0])
            continue
        words = (
            f"{counted(state.n_rounds, 'round')}, {len(state.pending)} to measure, "
            f"{len(state.measured)} measured"
        )
        yield CampaignListed(name=folder.name, problem=problem, words=words)


@router.post("/campaign/new")
async def new(request: Request) -> Response:
    """Begin a campaign; its own page follows."""
    given = await problem_given(request)
    name = given.other.get("name", "").strip()
    await run_in_threadpool(_created, site_of(request), name, given.text)
    return Response(headers={"HX-Redirect": f"/campaign/at/{name}"})


def _created(site: Site, name: str, text: str) -> None:
    if not _NAME.fullmatch(name) or name.lower() in _TAKEN:
        raise InputError(
            f"the name of a campaign is that of its folder: letters, digits, spaces, '.', '-' and "
            f"'_', given {shown(name)}"
        )
    require_no_files(text)
    with TemporaryDirectory() as place, site.answering(), named_as_given(site.folder):
        write_text(Path(place) / PROBLEM, text)
        with named_as_given(Path(place)):
            Campaign.create(site.folder / name, Path(place) / PROBLEM)


@router.get("/campaign/at/{name}")
def campaign_page(request: Request, name: str) -> HTMLResponse:
    """One campaign: its sheet, the next suggestions, and where it stands."""
    site = site_of(request)
    with site.answering():
        values = _work(site, _campaign(site, name), name)
    return site.answer(request, "campaign.html", **values)


def _campaign(site: Site, name: str) -> Campaign:
    if not _NAME.fullmatch(name) or not (site.folder / name / LOG).is_file():
        raise InputError(f"there is no campaign {shown(name)} in {site.folder}")
    return Campaign(site.folder / name)


def _work(site: Site, campaign: Campaign, name: str) -> dict[str, Any]:
    """What the page of a campaign shows but for its report."""
    status = campaign.status()
    pending = campaign.state.pending
    job = _suggesting(site, name)
    return {
        "name": name,
        "campaign": campaign,
        "counts": status,
        "best": [
            {
                "objective": people_heading(b["objective"]),
                "value": significant(people_number(b["objective"], b["value"])),
                "recipe": b["recipe"],
            }
            for b in status["best"]
        ],
        "columns": result_columns(campaign.problem),
        "sheet": _sheet(campaign, pending),
        "statuses": [str(one) for one in Status],
        "own_rows": range(_OWN_ROWS),
        "files": [p.name for p in sorted(campaign.folder.iterdir()) if _FILES.fullmatch(p.name)],
        "job": job,
    }


def _sheet(campaign: Campaign, pending: Sequence[Suggestion]) -> list[dict[str, Any]]:
    """Rows of the sheet of all pending suggestions."""
    if not pending:
        return []
    rows = sheet_rows(campaign.problem, pending)
    records = suggestion_records(campaign, pending)
    return [
        {
            "id": row["id"],
            "round": suggestion.round,
            "recipe": row["recipe"],
            "masses": row["weigh out, g for 100 g"],
            "predicted": {
                people_heading(label): interval_words(people_prediction(label, ends))
                for label, ends in suggestion.predictions.items()
            },
            "why": row["why"],
            "warnings": record["warnings"],
        }
        for row, suggestion, record in zip(rows, pending, records, strict=True)
    ]


def _suggesting(site: Site, name: str) -> PageJob | None:
    """The job that suggests there now, or whose last word was a fault."""
    jobs = (job for job in site.jobs.jobs(KIND) if job.arguments["campaign"] == name)
    last = next(jobs, None)
    return last if last is not None and last.progress.status != "done" else None


@router.post("/campaign/at/{name}/suggest")
def suggest(
    request: Request,
    name: str,
    n: Annotated[str, Form()] = "8",
    goal: Annotated[str, Form()] = "best",
) -> HTMLResponse:
    """Start to suggest; the sheet follows when that is done."""
    site = site_of(request)
    campaign = _campaign(site, name)
    number = int(n) if n.strip().isdecimal() else 0
    if not 1 <= number <= _MOST_SUGGESTED:
        raise InputError(
            f"recipes to suggest: must be a whole number from 1 to {_MOST_SUGGESTED}, given "
            f"{shown(n)}"
        )
    if goal not in list(Goal):
        raise InputError(f"unknown goal {shown(goal)}; there are {', '.join(Goal)}")
    _require_idle(site, name)
    arguments = {
        "campaign": name,
        "n": number,
        "goal": goal,
        "after_round": campaign.state.n_rounds,
    }
    job = site.jobs.start(KIND, f"Suggestions for {name}", arguments)
    return site.answer(request, "job.html", job=job)


def _require_idle(site: Site, name: str) -> None:
    job = _suggesting(site, name)
    if job is not None and job.is_going:
        raise InputError(f"{name}: recipes are being suggested now; wait for them, or stop that")


def suggest_job(control: JobControl) -> None:
    """Suggest the next recipes of a campaign, once."""
    held = control.arguments
    control.report(0, words="learning from results")
    campaign = Campaign(control.folder.parent.parent / held["campaign"])
    if campaign.state.n_rounds > held["after_round"]:
        return  # it was done, and interrupted before that was told
    campaign.suggest(
        held["n"],
        goal=held["goal"],
        progress=lambda done, total: control.report(
            done, total, f"{done} of {counted(total, 'recipe')} tried"
        ),
    )


@router.get("/campaign/result/{job_name}")
def suggested(request: Request, job_name: str) -> Response:
    """Where the suggestions of a job are: on the page of their campaign, which is loaded anew."""
    site = site_of(request)
    name = site.jobs.job(job_name).arguments["campaign"]
    if f"/campaign/at/{name}" in request.headers.get("HX-Current-URL", "").replace("%20", " "):
        return Response(headers={"HX-Refresh": "true"})
    return site.answer(request, "campaign_suggested.html", name=name)


@router.post("/campaign/at/{name}/record")
async def record(request: Request, name: str) -> HTMLResponse:
    """Record what the sheet or a file holds: all that is new, or nothing."""
    form = await request.form()
    return await run_in_threadpool(_record, request, name, form)


def _record(request: Request, name: str, form: FormData) -> HTMLResponse:
    site = site_of(request)
    campaign = _campaign(site, name)
    _require_idle(site, name)
    options = {name: name in form for name in ("again", "correct", "accept_unusual")}
    file = form.get("file")
    # Not within `answering`: another process may keep the campaign busy for a minute.
    with TemporaryDirectory() as place:
        source: ResultsSource = _typed(form)
        with named_as_given(Path(place)):
            if isinstance(file, UploadFile) and file.filename:
                if _is_filled_in(form):
                    raise InputError(
                        "a file and values typed into the sheet; record one, then the other"
                    )
                source = keep(file, Path(place))
            found = campaign.record(source, **options)
    with site.answering():
        values = _work(site, _campaign(site, name), name)
    failed = sum(r.status is Status.FAILED for r in found)
    told = f"{counted(len(found), 'result')} recorded" + (f", {failed} failed" if failed else "")
    answer = site.answer(
        request, "campaign_work.html", told=told, remarks=found.remark.splitlines(), **values
    )
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#work", "outerHTML"
    return answer


def _is_filled_in(form: FormData) -> bool:
    """Whether anything was typed into the sheet; ids alone are there from the start."""
    typed = (
        key for key in form if key in ("recipe", "status", "comment") or key.startswith("value:")
    )
    return any(str(cell).strip() for key in typed for cell in form.getlist(key))


def _typed(form: FormData) -> ResultsTable:
    """The sheet as it was typed; faults name rows by the id of the suggestion."""
    columns = [str(c) for c in form.getlist("column")]
    keys = ("id", "recipe", "status", "comment")
    cells = [[str(v).strip() for v in form.getlist(key)] for key in keys]
    cells += [[str(v).strip() for v in form.getlist(f"value:{i}")] for i in range(len(columns))]
    if len({len(one) for one in cells}) != 1:
        raise InputError("the sheet cannot be read: its rows differ in their number of cells")
    header = (*keys, *columns)
    rows = []
    for number, row in enumerate(zip(*cells, strict=True), start=1):
        named = dict(zip(header, row, strict=True))
        rows.append((named["id"] or f"row {number}", named))
    content = json.dumps([header, [row for _, row in rows]], ensure_ascii=False).encode()
    return ResultsTable(
        name=_SHEET,
        header=header,
        rows=tuple(rows),
        sha256=hashlib.sha256(content).hexdigest(),
    )


@router.get("/campaign/at/{name}/standing")
def standing(request: Request, name: str) -> HTMLResponse:
    """Results beside predictions, what the models learned, plots."""
    site = site_of(request)
    with site.answering():
        campaign = _campaign(site, name)
        held = report_record(campaign)
        figure = campaign_figure(campaign, held["results"])
        plot = (
            Markup()
            if figure is None
            else drawn(figure, name="campaign", title="measured and predicted; best so far")
        )
    labels = list(dict.fromkeys(label for row in held["results"] for label in row["measured"]))
    return site.answer(
        request,
        "campaign_standing.html",
        plot=plot,
        labels=[people_heading(label) for label in labels],
        results=[_result_row(row, labels) for row in held["results"]],
        models=[error_sentence(model) for model in held["models"]],
        pending=[_pending_row(row) for row in held["pending_now"]],
    )


def _result_row(row: Mapping[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    cells = []
    for label in labels:
        predicted = row["predicted"].get(label)
        measured = people_number(label, row["measured"].get(label))
        cells.append(
            {
                "measured": "" if measured is None else significant(measured),
                "predicted": interval_words(people_prediction(label, predicted))
                if predicted
                else "",
            }
        )
    remark = row["status"] + (f": {row['comment']}" if row["comment"] else "")
    return {"id": row["id"] or "own", "recipe": row["recipe"], "cells": cells, "remark": remark}


def _pending_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "recipe": row["recipe"],
        "satisfies": row["satisfies"],
        "predicted": {
            people_heading(label): interval_words(people_prediction(label, ends))
            for label, ends in row["predicted"].items()
        },
    }


@router.post("/campaign/at/{name}/report")
def report(request: Request, name: str) -> HTMLResponse:
    """Write the report, as the verb does."""
    site = site_of(request)
    with site.answering():
        files = [path.name for path in write_campaign_report(_campaign(site, name))]
    return site.answer(request, "campaign_files.html", name=name, files=files)


@router.get("/campaign/at/{name}/file/{file}")
def campaign_file(request: Request, name: str, file: str) -> FileResponse:
    """A file of a campaign."""
    folder = _campaign(site_of(request), name).folder
    if not _FILES.fullmatch(file) or not (folder / file).is_file():
        raise InputError(f"{name}: there is no file {shown(file)}; there is {MEASURED}")
    return FileResponse(folder / file, filename=file)


PAGE = WebPage(path="/campaign", title="Campaign", router=router, jobs={KIND: suggest_job})
