"""The application: pages, who may ask for them, faults in the words of the command line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.files import make_folder, packaged_file
from electrolyte_ml.web import (
    campaign,
    cell,
    compare,
    explain,
    job_pages,
    maps,
    problems,
    propose,
    reading,
    score,
    species,
)
from electrolyte_ml.web.pages import Site
from electrolyte_ml.web.security import Guard, require_csrf
from electrolyte_ml.web.warm import warm_up

#: All pages, in the order of the navigation.
PAGES = (
    score.PAGE,
    compare.PAGE,
    explain.PAGE,
    propose.PAGE,
    campaign.PAGE,
    species.PAGE,
    cell.PAGE,
    maps.PAGE,
    job_pages.PAGE,
    reading.PAGE,
)


def create_app(folder: Path, *, token: str | None = None, warm: bool = True) -> FastAPI:
    """The application.

    Parameters
    ----------
    folder
        Where jobs and other files of the page are kept; made if need be.
    token
        What whoever opens the page must know, where other machines can reach it.
    warm
        Whether models are loaded in the background once it starts.

    Returns
    -------
    FastAPI
        The application; `app.state.site` is its `Site`.
    """
    make_folder(folder)
    site = Site(folder, PAGES)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if warm:
            Thread(target=warm_up, args=(site,), daemon=True).start()
        yield
        site.jobs.close()

    app = FastAPI(
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(require_csrf)],
    )
    app.state.site = site
    app.add_middleware(Guard, token=token)
    for page in PAGES:
        app.include_router(page.router)
    app.include_router(problems.router)
    app.add_api_route("/", _home, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=str(packaged_file("web/static"))), name="static")
    app.add_exception_handler(ElectrolyteError, _fault)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(Exception, _failure)
    return app


def _home() -> RedirectResponse:
    return RedirectResponse("/score", 303)


def _fault(request: Request, error: Exception) -> Response:
    """Bad input, in the words of the command line."""
    site: Site = request.app.state.site
    return site.faults(request, str(error).splitlines())


def _refused(request: Request, error: Exception) -> Response:
    site: Site = request.app.state.site
    status = error.status_code if isinstance(error, HTTPException) else 400
    words = error.detail if isinstance(error, HTTPException) else str(error)
    if status == 404:
        words = f"there is no page {request.url.path}"
    return site.faults(request, [words], status)


def _unreadable(request: Request, error: Exception) -> Response:
    site: Site = request.app.state.site
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    lines = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in faults]
    return site.faults(request, lines or ["the request cannot be read"])


def _failure(request: Request, error: Exception) -> Response:
    """A fault of the program, which is not the user's."""
    site: Site = request.app.state.site
    lines = [f"the program failed: {type(error).__name__}: {error}", "this is no fault of yours"]
    return site.faults(request, lines, 500)
