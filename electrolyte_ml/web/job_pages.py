"""Pages of jobs: one, all of them, its progress as events, stopping and going on.

What a job of a kind has found is shown by the route ``/KIND/result/ID`` of its page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from electrolyte_ml.web.pages import WebPage, site_of

router = APIRouter()


@router.get("/jobs")
def jobs_page(request: Request) -> HTMLResponse:
    """All jobs, the newest first."""
    site = site_of(request)
    return site.answer(request, "jobs.html", jobs=site.jobs.jobs())


@router.get("/jobs/{name}")
def job_page(request: Request, name: str) -> HTMLResponse:
    """One job, followed until it ends, and its result."""
    site = site_of(request)
    return site.answer(request, "job_page.html", job=site.jobs.job(name))


@router.get("/jobs/{name}/events")
async def events(request: Request, name: str) -> StreamingResponse:
    """Progress as server-sent events: ``progress`` with a part of a page, then ``end``."""
    site = site_of(request)
    site.jobs.job(name)

    async def told() -> AsyncIterator[str]:
        async for job in site.jobs.changes(name):
            yield event("progress", site.render(request, "progress.html", job=job))
        yield event("end", site.render(request, "job.html", job=site.jobs.job(name)))

    return StreamingResponse(told(), media_type="text/event-stream")


@router.post("/jobs/{name}/stop")
def stop(request: Request, name: str) -> HTMLResponse:
    """Ask a job to stop."""
    site = site_of(request)
    return site.answer(request, "job.html", job=site.jobs.stop(name))


@router.post("/jobs/{name}/go-on")
def go_on(request: Request, name: str) -> HTMLResponse:
    """Go on with a job that was stopped."""
    site = site_of(request)
    return site.answer(request, "job.html", job=site.jobs.go_on(name))


@router.post("/jobs/{name}/forget")
def forget(request: Request, name: str) -> Response:
    """Remove a job and its files."""
    site_of(request).jobs.forget(name)
    if "HX-Request" in request.headers:
        return Response(headers={"HX-Redirect": "/jobs"})
    return RedirectResponse("/jobs", 303)


def event(name: str, text: str) -> str:
    """A server-sent event; each line of its text is a line of data."""
    data = "".join(f"data: {line}\n" for line in text.splitlines())
    return f"event: {name}\n{data}\n"


PAGE = WebPage(path="/jobs", title="Jobs", router=router)
