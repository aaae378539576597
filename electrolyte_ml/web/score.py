"""The page of ``score``: recipes as one types them, or a table of up to 200,000 rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, Response
from markupsafe import Markup

from electrolyte_ml.bad_rows import BadRows
from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.files import write_text
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.curves import concentration_curves, temperature_curves
from electrolyte_ml.report.columns import Column
from electrolyte_ml.report.plots import comparison_figure, curves_figure
from electrolyte_ml.report.score import lines_below, reading_line, shown_columns, write_scores
from electrolyte_ml.report.text import dump_json
from electrolyte_ml.report.window import caveat
from electrolyte_ml.rules import Severity
from electrolyte_ml.rules.cell import ANODES
from electrolyte_ml.scores import ScoreSource, scored_parts
from electrolyte_ml.scores.choosing import Condition, chosen
from electrolyte_ml.text import counted
from electrolyte_ml.units import temperatures_k
from electrolyte_ml.web.fields import GivenCell, given_cell, recipes_of, temperatures_of
from electrolyte_ml.web.jobs import JobControl, PageJob
from electrolyte_ml.web.pages import WebPage, site_of, units_of
from electrolyte_ml.web.shown import ShownUnits, column_cells, drawn
from electrolyte_ml.web.uploads import is_given, keep, n_rows_of, named_as_given, plain_lines

Records = list[dict[str, Any]]

router = APIRouter()
# Rows that are scored while one waits, a second or so; more are a job.
_AT_ONCE = 300
# Rows of a job that are shown, and those up to which it writes all kinds of files.
_SHOWN_ROWS, _ALL_KINDS_ROWS = 100, 20_000
_KINDS = ("csv", "xlsx", "json")
_MOST_CURVES = 7
_FIRST_ROWS, _BAD_ROWS = "first_rows.json", "bad_rows.csv"
_Scored = tuple[ScoreSource, Iterator[Records]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreAsked:
    """What a form asks to be scored, of plain JSON but for the cell."""

    recipes: list[str]
    at: list[str]
    given: GivenCell
    where: str
    sort: str
    skip_bad: bool
    accept_unusual: bool

    def arguments(self, table: str) -> dict[str, Any]:
        """What a job is started with, for a table in its folder."""
        return {
            "recipes": self.recipes,
            "table": table,
            "at": self.at,
            "cell": dict(self.given.fields),
            "where": self.where,
            "sort": self.sort,
            "skip_bad": self.skip_bad,
            "accept_unusual": self.accept_unusual,
        }

    def parts(self, table: Path | None, bad: BadRows | None = None) -> _Scored:
        """What is scored, and its scores part by part, by the functions of the verb."""
        condition = Condition.parse(self.where) if self.where else None
        source = ScoreSource(
            self.recipes, table, self.at, bad_rows=bad, accept_unusual=self.accept_unusual
        )
        scored = scored_parts(source, cell=self.given.cell, off=self.given.off)
        return source, chosen((part.records for part in scored), condition, self.sort or None)

    def bad_rows(self, table: Path | None) -> BadRows:
        """What takes up the bad rows of a table: they are skipped into a file beside it, or not."""
        skips = self.skip_bad and table is not None
        return BadRows(table.with_name(_BAD_ROWS) if skips and table is not None else None)


def score_asked(
    *,
    given: Annotated[GivenCell, Depends(given_cell)],
    recipes: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
    where: Annotated[str, Form()] = "",
    sort: Annotated[str, Form()] = "",
    skip_bad: Annotated[bool, Form()] = False,
    accept_unusual: Annotated[bool, Form()] = False,
) -> ScoreAsked:
    """Read the fields of the form."""
    return ScoreAsked(
        recipes=recipes_of(recipes),
        at=temperatures_of(at),
        given=given,
        where=where.strip(),
        sort=sort.strip(),
        skip_bad=skip_bad,
        accept_unusual=accept_unusual,
    )


Asked = Annotated[ScoreAsked, Depends(score_asked)]
Upload = Annotated[UploadFile | None, File()]


@router.get("/score")
def score_page(
    request: Request,
    recipe: Annotated[list[str] | None, Query()] = None,
    at: Annotated[str, Query()] = "",
) -> HTMLResponse:
    """The form, filled in as the address says."""
    site = site_of(request)
    return site.answer(
        request,
        "score.html",
        recipes="\n".join(recipe or []),
        at=at,
        anodes=list(ANODES),
        jobs=site.jobs.jobs("score")[:5],
    )


@router.post("/score/check")
def check(
    request: Request, recipes: Annotated[str, Form()] = "", recipe: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """Say of each line how it is read, or what is wrong with it."""
    site = site_of(request)
    with site.answering():
        lines = [_checked(line) for line in recipes_of(recipes or recipe)]
    return site.answer(request, "checked.html", lines=lines)


def _checked(line: str) -> dict[str, Any]:
    try:
        found = parse_recipe(line)
    except ElectrolyteError as error:
        return {"recipe": line, "faults": str(error).splitlines()}
    amounts = [f"{m:.3g} M {name}" for name, m in found.molarities_mol_l().items()]
    if found.salts:
        amounts.append(f"{found.molality_mol_kg:.3g} mol/kg")
    return {"recipe": line, "faults": [], "read": found.notation(), "amounts": ", ".join(amounts)}


@router.post("/score/answer")
def answer(request: Request, asked: Asked, file: Upload = None) -> HTMLResponse:
    """Scores as a table; those of a long table are a job."""
    site = site_of(request)
    with TemporaryDirectory() as place, site.answering() as notes:
        folder = Path(place)
        with named_as_given(folder):
            table = keep(file, folder) if file is not None and is_given(file) else None
            n_rows = len(asked.recipes) + (0 if table is None else n_rows_of(table))
            if table is None or n_rows * max(1, len(asked.at)) <= _AT_ONCE:
                bad = asked.bad_rows(table)
                records = [record for part in asked.parts(table, bad)[1] for record in part]
                notes += [f"skipped: {line}" for line in bad.messages()]
            else:
                to = site.jobs.prepare()
                table.replace(to / table.name)
                arguments = asked.arguments(table.name)
                job = site.jobs.begin(to, "score", f"Score {table.name}", arguments)
                return site.answer(request, "job.html", job=job)
    values = score_table(records, units_of(request))
    notes = plain_lines(notes, folder)
    return site.answer(request, "scores.html", notes=notes, with_files=True, **values)


@router.post("/score/download")
def download(
    request: Request, asked: Asked, kind: Annotated[str, Query()], file: Upload = None
) -> Response:
    """Scores as a file, the same as ``score --out``."""
    _require_kind(kind)
    with TemporaryDirectory() as place, site_of(request).answering():
        folder = Path(place)
        with named_as_given(folder):
            table = keep(file, folder) if file is not None and is_given(file) else None
            if table is not None and n_rows_of(table) * max(1, len(asked.at)) > _AT_ONCE:
                raise InputError("that is a long table; score it first, then take its files")
            to = folder / f"scores.{kind}"
            write_scores(asked.parts(table, asked.bad_rows(table))[1], to)
            held = to.read_bytes()
    return Response(
        held,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="scores.{kind}"'},
    )


def _require_kind(kind: str) -> None:
    if kind not in _KINDS:
        raise InputError(f"unknown kind of file {kind!r}; there are {', '.join(_KINDS)}")


@router.post("/score/curves")
def curves(request: Request, asked: Asked) -> HTMLResponse:
    """Conductivity of the recipes against concentration and temperature, drawn."""
    site = site_of(request)
    with site.answering():
        held = {text: parse_recipe(text) for text in asked.recipes}
        salted = {text: f for text, f in held.items() if f.salts}
        shown = dict(list(salted.items())[:_MOST_CURVES])
        svg = _curves_svg(shown, temperatures_k(asked.at or ["25 degC"])[0]) if shown else Markup()
    left_out = len(salted) - len(shown)
    return site.answer(request, "curves.html", svg=svg, left_out=left_out)


def _curves_svg(recipes: Mapping[str, Formulation], kelvin: float) -> Markup:
    formulations = list(recipes.values())
    concentration = concentration_curves(formulations, kelvin)
    temperature = temperature_curves(formulations)
    if len(formulations) == 1:
        own = formulations[0].molality_mol_kg
        figure = curves_figure(concentration[0], temperature[0], molality_mol_kg=own)
    else:
        figure = comparison_figure(list(recipes), concentration, temperature)
    words = f"conductivity of {', '.join(recipes)} against concentration and temperature"
    return drawn(figure, name="curves", title=words)


def score_table(records: Sequence[dict[str, Any]], units: ShownUnits) -> dict[str, Any]:
    """What the table of scores shows."""
    shown = shown_columns(records)
    cells = [column_cells(column, records, units) for column in shown]
    warnings = _warnings(records)
    several = len({record["recipe"] for record in records}) > 1
    return {
        "several": several,
        "headings": [units.heading(column) for column in shown],
        "rows": [
            {
                "recipe": record["recipe"],
                "at": units.temperature_text(record["temperature_k"]),
                "cells": [column[row] for column in cells],
            }
            for row, record in enumerate(records)
        ],
        "counted": counted(len(records), "row"),
        "dangers": [w for w in warnings if w["severity"] == Severity.DANGER],
        "warnings": [w for w in warnings if w["severity"] != Severity.DANGER],
        "lines": lines_below(records, shown) if several else _unnamed(records, shown),
        "reading": reading_line(records, shown),
        "caveat": caveat(),
    }


def _warnings(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Warnings of each recipe at any temperature, each once, the gravest first."""
    each = {
        (record["recipe"], w["rule"], w["text"]): {**w, "about": record["recipe"]}
        for record in records
        for w in record["warnings"]
    }
    return sorted(each.values(), key=lambda w: list(Severity).index(w["severity"]))


def _unnamed(records: Sequence[dict[str, Any]], shown: Sequence[Column]) -> list[str]:
    """Lines below a table of one recipe, without its name."""
    named = f"{records[0]['recipe']}: " if records else ""
    return [line.replace(named, "", 1) for line in lines_below(records, shown)]


def score_job(control: JobControl) -> None:
    """Score a table: a CSV file, and of a shorter one an xlsx and a JSON file as well."""
    held, folder = control.arguments, control.folder
    asked = ScoreAsked(
        recipes=held["recipes"],
        at=held["at"],
        given=given_cell(**held["cell"]),
        where=held["where"],
        sort=held["sort"],
        skip_bad=held["skip_bad"],
        accept_unusual=held["accept_unusual"],
    )
    control.report(0, words="checking every row")
    with named_as_given(folder):
        table = folder / held["table"]
        bad = asked.bad_rows(table)
        source, parts = asked.parts(table, bad)
        kept: list[Records] = []
        told = _told(parts, control, source.n_rows, kept)
        write_scores(told, folder / "scores.csv")
    first = [record for part in kept for record in part][:_SHOWN_ROWS]
    write_text(folder / _FIRST_ROWS, dump_json(first))
    if source.n_rows <= _ALL_KINDS_ROWS:
        for kind in ("xlsx", "json"):
            control.report(source.n_rows, source.n_rows, f"writing scores.{kind}")
            write_scores(kept, folder / f"scores.{kind}")
    skipped = f", {counted(bad.n_rows, 'row')} skipped" if bad.n_rows else ""
    control.report(source.n_rows, source.n_rows, f"{source.n_rows} rows scored{skipped}")


def _told(
    parts: Iterable[Records], control: JobControl, n_rows: int, kept: list[Records]
) -> Iterator[Records]:
    """Parts as they come; they are kept where they are few, else the first."""
    done = 0
    control.report(0, n_rows, "scoring")
    for part in parts:
        if n_rows <= _ALL_KINDS_ROWS or not kept:
            kept.append(part)
        yield part
        done += len(part)
        control.report(done, n_rows, f"{done} of {n_rows} rows scored")


@router.get("/score/result/{name}")
def result(request: Request, name: str) -> HTMLResponse:
    """First rows of a job, and its files."""
    site = site_of(request)
    job = site.jobs.job(name)
    held = (job.folder / _FIRST_ROWS).read_text(encoding="utf-8")
    values = score_table(json.loads(held), units_of(request))
    files = list(_files(job))
    return site.answer(
        request, "scores.html", notes=[], with_files=False, job=job, files=files, **values
    )


@router.get("/score/result/{name}/{file}")
def result_file(request: Request, name: str, file: str) -> FileResponse:
    """A file of a job."""
    job = site_of(request).jobs.job(name)
    known = _files(job)
    if file not in known:
        raise InputError(f"there is no file {file!r}; there are {', '.join(known) or 'none yet'}")
    return FileResponse(known[file], filename=file)


def _files(job: PageJob) -> dict[str, Path]:
    """Results of a job by name."""
    found = [*sorted(job.folder.glob("scores.*")), *job.folder.glob(_BAD_ROWS)]
    return {path.name: path for path in found}


PAGE = WebPage(path="/score", title="Score", router=router, jobs={"score": score_job})
