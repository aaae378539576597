"""The page of ``species``: search, structures, values with their sources, and adding one's own."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from electrolyte_ml.errors import CatalogError, InputError, InputErrors
from electrolyte_ml.files import write_table
from electrolyte_ml.report.species import binding_lines, describe, species_rows, value_rows
from electrolyte_ml.report.structures import structure_svg
from electrolyte_ml.species.catalog import user_folder
from electrolyte_ml.species.user import KINDS, add_species
from electrolyte_ml.tables import SUFFIXES
from electrolyte_ml.web.pages import WebPage, site_of
from electrolyte_ml.web.uploads import is_given, keep, named_as_given

router = APIRouter()
_OWN_FIELDS = (
    "kind",
    "name",
    "smiles",
    "family",
    "role",
    "aliases",
    "source",
    "temperature_k",
)
# Names of a species that are looked at in a search.
_SEARCHED = ("name", "smiles", "cas", "family", "role")


@router.get("/species")
def species_page(
    request: Request,
    words: Annotated[str, Query()] = "",
    family: Annotated[str, Query()] = "",
) -> HTMLResponse:
    """The catalog, or what of it a search finds; only the list where a part is asked for."""
    rows = species_rows()
    families = sorted({row["family"] for row in rows})
    found = [row for row in rows if _matches(row, words, family)]
    part = request.headers.get("HX-Target") == "found"
    return site_of(request).answer(
        request,
        "species_list.html" if part else "species.html",
        rows=found,
        n_all=len(rows),
        families=families,
        words=words,
        family=family,
        properties={kind: held.properties for kind, held in KINDS.items()},
    )


def _matches(row: dict[str, Any], words: str, family: str) -> bool:
    """Whether a species has all words in its names, and is of the family."""
    text = " ".join([*(row[key] for key in _SEARCHED), *row["aliases"]]).casefold()
    return family in ("", row["family"]) and all(w in text for w in words.casefold().split())


@router.get("/species/show")
def show(request: Request, name: Annotated[str, Query()] = "") -> HTMLResponse:
    """Every value of a solvent, an ion or a salt, each with its source."""
    if not name.strip():
        raise InputError("nothing to show: give a name, alias, formula or SMILES")
    site = site_of(request)
    with site.answering():
        described = [
            {
                **one,
                "drawing": Markup(structure_svg(one["smiles"], width=320, height=220)),
                "rows": value_rows(one),
                "binds": binding_lines(one),
            }
            for one in describe(name.strip())
        ]
    return site.answer(request, "species_shown.html", name=name.strip(), described=described)


@router.get("/species/structure.svg")
def structure(request: Request, smiles: Annotated[str, Query(max_length=2000)]) -> Response:
    """A small drawing of a structure."""
    with site_of(request).answering():
        svg = structure_svg(smiles, width=120, height=80)
    headers = {"Cache-Control": "max-age=3600"}
    return Response(svg, media_type="image/svg+xml", headers=headers)


@router.post("/species/add")
def add_table(
    request: Request,
    file: Annotated[UploadFile | None, File()] = None,
    accept_unusual: Annotated[bool, Form()] = False,
) -> HTMLResponse:
    """Add the species of a table or a TOML file."""
    if file is None or not is_given(file):
        raise InputError(f"nothing to add: choose a file, {', '.join((*SUFFIXES, '.toml'))}")
    site = site_of(request)
    with TemporaryDirectory() as place, site.answering() as notes, named_as_given(Path(place)):
        path = keep(file, Path(place), (*SUFFIXES, ".toml"))
        names = add_species(path, accept_unusual=accept_unusual)
    return site.answer(
        request, "species_added.html", names=names, notes=notes, folder=user_folder()
    )


async def _fields(request: Request) -> dict[str, str]:
    """Fields of a form that are filled in."""
    held = {name: str(text).strip() for name, text in (await request.form()).items()}
    return {name: text for name, text in held.items() if text}


@router.post("/species/add-one")
def add_one(request: Request, fields: Annotated[dict[str, str], Depends(_fields)]) -> HTMLResponse:
    """Add the one species that the fields describe."""
    site = site_of(request)
    kind = KINDS.get(fields.get("kind", ""))
    columns = (*_OWN_FIELDS, *(kind.properties if kind is not None else ()))
    given = {name: fields[name] for name in columns if name in fields}
    with TemporaryDirectory() as place, site.answering() as notes, named_as_given(Path(place)):
        path = Path(place) / "form.csv"
        write_table(path, list(given), [list(given.values())])
        try:
            names = add_species(path)
        except CatalogError as error:
            # The one who filled in a form knows of no file, nor of a first of its species.
            raise InputErrors(
                [line.removeprefix(f"{path.name}, species 1: ") for line in str(error).splitlines()]
            ) from error
    return site.answer(
        request, "species_added.html", names=names, notes=notes, folder=user_folder()
    )


PAGE = WebPage(path="/species", title="Species", router=router)
