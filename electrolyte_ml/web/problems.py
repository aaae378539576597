"""Problem files on pages: ready ones, changed in a form or as text, and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.files import read_toml, write_text
from electrolyte_ml.report.limits import constraint_words
from electrolyte_ml.report.page import objective_sentences
from electrolyte_ml.search import Problem
from electrolyte_ml.search.bundled import bundled_problems, check_problem
from electrolyte_ml.search.problem_text import ProblemSection, changed, form_of
from electrolyte_ml.search.storage import plan_search
from electrolyte_ml.text import nearest_or_all, shown
from electrolyte_ml.web.pages import Site, site_of
from electrolyte_ml.web.uploads import named_as_given

router = APIRouter()
#: Name of the file of a problem.
PROBLEM = "problem.toml"
FIRST = "sodium_room_temperature"
#: Before the id of a job, where the problem of a search is meant.
OF_JOB = "job:"
_LONGEST = 200_000
# Settings that may name a file, and of which values that is so.
_FILES: dict[str, Callable[[str], bool]] = {
    "prices.file": bool,
    "cell.geometry": lambda value: value.endswith(".toml"),
}
# Fields of the form: a value, a ticked name, a name to add, and that there is a list at all.
_VALUE, _TICKED, _ADDED, _LIST = "value:", "ticked:", "added:", "list:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemGiven:
    """A problem as a form gives it.

    Attributes
    ----------
    text
        The file, with what was changed in its form.
    has_new_names
        Whether names were added, for which the form has no boxes yet.
    other
        Fields of the form that are not of the problem.
    """

    text: str
    has_new_names: bool
    other: dict[str, str]


async def problem_given(request: Request) -> ProblemGiven:
    """Read the fields of a problem; those of its form are of use where they were changed.

    Raises
    ------
    InputError
        If the text is too long, or no TOML that the form could change.
    """
    held = await request.form()
    items = [(name, value) for name, value in held.multi_items() if isinstance(value, str)]
    text = dict(items).get("toml", "").replace("\r\n", "\n")
    if len(text) > _LONGEST:
        raise InputError(f"the problem has {len(text)} characters; give at most {_LONGEST}")
    other = {name: value for name, value in items if ":" not in name and name != "toml"}
    if request.query_params.get("by") != "fields":
        return ProblemGiven(text=text, has_new_names=False, other=other)
    values = {n.removeprefix(_VALUE): v for n, v in items if n.startswith(_VALUE)}
    names: dict[str, list[str]] = {
        n.removeprefix(_LIST): [] for n, _ in items if n.startswith(_LIST)
    }
    for name, value in items:
        path = name.partition(":")[2]
        if name.startswith(_TICKED) and path in names:
            names[path].append(value)
    added = {n.removeprefix(_ADDED): v for n, v in items if n.startswith(_ADDED) and v.strip()}
    for path, given in added.items():
        if path in names:
            names[path] += [one.strip() for one in given.split(",") if one.strip()]
    return ProblemGiven(text=changed(text, values, names), has_new_names=bool(added), other=other)


def checked(site: Site, text: str) -> Problem:
    """A problem, checked as ``recipes check`` does.

    Raises
    ------
    InputErrors
        With a line for each fault, as on the command line.
    """
    with TemporaryDirectory() as place, site.answering():
        folder = Path(place)
        with named_as_given(folder):
            write_text(folder / PROBLEM, text)
            require_no_files(text)
            return check_problem(folder / PROBLEM)


def require_no_files(text: str) -> None:
    """Refuse a problem that reads other files: a browser must not open those of this machine."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return  # the check says so
    for key, is_file in _FILES.items():
        table, _, name = key.partition(".")
        held = data.get(table)
        value = held.get(name) if isinstance(held, dict) else None
        if isinstance(value, str) and is_file(value):
            raise InputError(
                f"{PROBLEM}: {key}: a problem of the page reads no other files, given "
                f"{shown(value)}; write prices under [prices.per_kg], or use the command line"
            )


def problem_text(site: Site, name: str) -> str:
    """The file of a ready problem, or that of a search by the id of its job.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    known = bundled_problems()
    if name.startswith(OF_JOB):
        path = site.jobs.job(name.removeprefix(OF_JOB)).folder / PROBLEM
        if path.is_file():
            return path.read_text(encoding="utf-8")
    if name not in known:
        raise InputError(f"there is no ready problem {shown(name)}{nearest_or_all(name, known)}")
    return known[name].read_text(encoding="utf-8")


def verdict_of(site: Site, text: str) -> dict[str, Any]:
    """What is wrong with a problem, or what it asks for."""
    try:
        problem = checked(site, text)
    except ElectrolyteError as error:
        return {"faults": str(error).splitlines()}
    held = problem.components
    return {
        "faults": [],
        "asked": list(objective_sentences(problem)),
        "provided": [constraint_words(problem, one) for one in problem.constraints],
        "n_solvents": len(held.solvents),
        "n_salts": len(held.salts),
        "n_additives": len(held.additives),
        "n_trials": plan_search(problem, n_trials=None, seed=None).n_trials,
    }


def editor_of(text: str) -> dict[str, Any]:
    """What the editor of a problem shows; its verdict follows."""
    return {"text": text, "sections": _sections(text)}


def _sections(text: str) -> list[ProblemSection]:
    try:
        return form_of(text)
    except InputError:
        return []  # the verdict says why


@cache
def ready_problems() -> tuple[tuple[str, str], ...]:
    """Names of the ready problems, and what each is for."""
    return tuple(
        (name, read_toml(path).get("description", "")) for name, path in bundled_problems().items()
    )


@router.get("/problem/ready")
def ready(request: Request, problem: str = FIRST) -> HTMLResponse:
    """The editor with a ready problem, or that of a search."""
    site = site_of(request)
    return site.answer(request, "problem_editor.html", **editor_of(problem_text(site, problem)))


@router.post("/problem/edit")
async def edit(request: Request) -> HTMLResponse:
    """The verdict on a problem as it is now, with the text or the form that follows from it."""
    site, by = site_of(request), request.query_params.get("by")
    given = await problem_given(request)
    verdict = await run_in_threadpool(verdict_of, site, given.text)
    return site.answer(
        request,
        "problem_edited.html",
        with_text=by == "fields",
        with_fields=by == "text" or given.has_new_names,
        verdict=verdict,
        **editor_of(given.text),
    )
