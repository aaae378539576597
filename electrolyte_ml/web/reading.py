"""How to read a result: the documents of the package that say it, as pages."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from electrolyte_ml.errors import InputError
from electrolyte_ml.web.pages import WebPage, site_of

router = APIRouter()
#: Documents that are shown, and their titles.
DOCUMENTS = {
    "reading_results": "How to read a result",
    "warnings": "Warnings",
    "glossary": "Glossary",
}
_LINK = re.compile(r"\[([^\]]+)\]\(([\w/.-]+?)\.md(?:#[\w-]*)?\)")


@router.get("/reading")
@router.get("/reading/{name}")
def reading(request: Request, name: str = "reading_results") -> HTMLResponse:
    """A document."""
    if name not in DOCUMENTS:
        raise InputError(f"there is no document {name!r}; there are {', '.join(DOCUMENTS)}")
    return site_of(request).answer(
        request,
        "reading.html",
        name=name,
        title=DOCUMENTS[name],
        text=_html(name),
        documents=DOCUMENTS,
    )


@cache
def _html(name: str) -> Markup:
    """A document as HTML."""
    from markdown_it import MarkdownIt

    package = Path(str(files("electrolyte_ml")))
    inside = package / "docs"  # in the installed package; in a checkout it is beside the package
    folder = inside if inside.is_dir() else package.parent / "docs"
    text = _LINK.sub(_linked, (folder / f"{name}.md").read_text(encoding="utf-8"))
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return Markup(parser.render(text))


def _linked(link: re.Match[str]) -> str:
    """A link to a document that is shown, or its words alone."""
    words, name = link.groups()
    return f"[{words}](/reading/{name})" if name in DOCUMENTS else words


PAGE = WebPage(path="/reading", title="How to read", router=router)
