"""What all pages share: templates, navigation, units, one answer at a time, and faults."""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from electrolyte_ml.errors import PropertyWarning, TableNote
from electrolyte_ml.properties import properties
from electrolyte_ml.version import __version__
from electrolyte_ml.web.jobs import JobFunction, JobPool
from electrolyte_ml.web.shown import ShownUnits, embedded

if TYPE_CHECKING:
    import jinja2

# What chemists would answer to bad input; `htmx` shows it like any other answer.
UNUSABLE = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPage:
    """A page in the navigation.

    Attributes
    ----------
    path
        Its address, such as ``/compare``.
    title
        Its name, which is that of its verb.
    router
        Its routes.
    jobs
        Kinds of long work that it starts, each by its name.
    """

    path: str
    title: str
    router: APIRouter
    jobs: dict[str, JobFunction] = field(default_factory=dict)


class Site:
    """What the application holds while it runs.

    Parameters
    ----------
    folder
        Where jobs and other files of the page are kept.
    pages
        The pages, in the order of the navigation.
    """

    def __init__(self, folder: Path, pages: Sequence[WebPage]) -> None:
        self.folder, self.pages = folder, tuple(pages)
        self.csrf = secrets.token_urlsafe(32)
        self.jobs = JobPool(folder, {k: f for page in pages for k, f in page.jobs.items()})
        self._lock = Lock()

    @contextmanager
    def answering(self) -> Iterator[list[str]]:
        """Compute one answer at a time; yields what is noted meanwhile, as of how a table is read.

        Drawing and the catching of warnings are not safe in several threads, and Python computes in
        one of them anyway. An answer takes milliseconds; what takes longer is a job.
        """
        notes: list[str] = []
        with self._lock, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield notes
            finally:
                told = [w for w in caught if issubclass(w.category, TableNote | PropertyWarning)]
                notes += dict.fromkeys(str(w.message) for w in told)

    def render(self, request: Request, template: str, **values: Any) -> str:
        """A template as text; every value in it is escaped."""
        return (
            environment()
            .get_template(template)
            .render(
                site=self,
                path=request.url.path,
                units=ShownUnits.of_cookies(request.cookies),
                theme=request.cookies.get("theme", ""),
                version=__version__,
                **values,
            )
        )

    def answer(
        self, request: Request, template: str, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A template as an answer, a whole page or a part of one."""
        return HTMLResponse(self.render(request, template, **values), status)

    def faults(
        self, request: Request, lines: Sequence[str], status: int = UNUSABLE
    ) -> HTMLResponse:
        """Faults in the words of the command line: a part of a page, or a page of its own."""
        part = "HX-Request" in request.headers
        template = "faults.html" if part else "faults_page.html"
        return self.answer(request, template, status, faults=list(lines))


def site_of(request: Request) -> Site:
    """The site that a request is for."""
    site: Site = request.app.state.site
    return site


def units_of(request: Request) -> ShownUnits:
    """Units that the browser of a request has chosen."""
    return ShownUnits.of_cookies(request.cookies)


@cache
def environment() -> jinja2.Environment:
    """The templates; each value is escaped, and a missing one is an error."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("electrolyte_ml.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["section_title"] = _section_title
    made.filters["measured_label"] = _measured_label
    made.filters["property_label"] = _property_label
    made.filters["embedded"] = embedded
    made.filters["degrees"] = lambda text: str(text).replace(" degC", " °C")
    return made


def _property_label(name: str) -> str:
    """What people call a property, with its unit."""
    known = properties().get(name)
    return name if known is None else f"{known.label}, {known.unit}".removesuffix(", ")


def _measured_label(column: str) -> str:
    """A column of a sheet in words, such as ``conductivity at 25 °C, mS/cm``."""
    name, _, at = column.partition(" at ")
    known = properties().get(name)
    if known is None:
        return column.replace("degC", "°C")
    words = f"{known.label} at {at}" if at else known.label
    return f"{words}, {known.unit}".removesuffix(", ").replace("degC", "°C")


def _section_title(path: str) -> str:
    """Title of a table of a problem file: ``Objective 2`` for ``objectives.1``."""
    name, _, number = path.rpartition(".")
    if number.isdigit():
        return f"{name.rpartition('.')[2].removesuffix('s').capitalize()} {int(number) + 1}"
    return path.replace("_", " ").replace(".", ": ").capitalize()
