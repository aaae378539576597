"""The page of ``map``: known electrolytes by the representation that the graph network learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from electrolyte_ml.errors import ElectrolyteError, InputError, InputErrors
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.maps import METHODS, ElectrolyteMap, MappedBlend, electrolyte_map
from electrolyte_ml.report.map import clusters_of, typical, write_map_plot, write_map_table
from electrolyte_ml.text import counted, shown
from electrolyte_ml.web.fields import recipes_of
from electrolyte_ml.web.pages import WebPage, site_of

router = APIRouter()
_MOST_RECIPES, _MOST_CLUSTERS = 12, 20
# By what points are coloured, and what a blend has of it.
_COLOURED: dict[str, Callable[[MappedBlend], str]] = {
    "cluster": lambda blend: blend.cluster,
    "anion": lambda blend: blend.traits.anion,
    "cation": lambda blend: blend.traits.cation,
    "solvent family": lambda blend: blend.traits.solvent_family,
}
_WRITERS: dict[str, Callable[[ElectrolyteMap, Path], None]] = {
    "svg": write_map_plot,
    "csv": write_map_table,
    "json": write_map_table,
}
# Size of the drawing, and what is left free at its edges.
_WIDTH, _HEIGHT, _EDGE = 800.0, 520.0, 24.0
# Groups that have a colour of their own; further ones share the last.
_MOST_GROUPS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class MapAsked:
    """What the form asks for.

    Attributes
    ----------
    recipes
        To place on the map.
    clusters, method
        As of `electrolyte_map`.
    colour
        By what points are coloured.
    least
        Points of fewer measurements are left out.
    """

    recipes: tuple[str, ...]
    clusters: int
    method: str
    colour: str
    least: int


def map_asked(
    recipes: Annotated[str, Query()] = "",
    clusters: Annotated[int, Query()] = 10,
    method: Annotated[str, Query()] = METHODS[0],
    colour: Annotated[str, Query()] = "cluster",
    least: Annotated[int, Query()] = 1,
) -> MapAsked:
    """Read the fields of the form."""
    texts = recipes_of(recipes)
    if len(texts) > _MOST_RECIPES:
        raise InputError(f"{len(texts)} recipes; place at most {_MOST_RECIPES} at once")
    if not 2 <= clusters <= _MOST_CLUSTERS:
        raise InputError(f"clusters must be 2 to {_MOST_CLUSTERS}, given {clusters}")
    if colour not in _COLOURED:
        raise InputError(f"unknown colour {shown(colour)}; there are {', '.join(_COLOURED)}")
    return MapAsked(
        recipes=tuple(texts), clusters=clusters, method=method, colour=colour, least=least
    )


Asked = Annotated[MapAsked, Depends(map_asked)]


@router.get("/map")
def map_page(request: Request, recipe: Annotated[list[str] | None, Query()] = None) -> HTMLResponse:
    """The form; the map follows."""
    return site_of(request).answer(
        request,
        "map.html",
        recipes="\n".join(recipe or []),
        methods=METHODS,
        colours=list(_COLOURED),
        most_clusters=_MOST_CLUSTERS,
    )


@router.get("/map/drawn")
def map_drawn(request: Request, asked: Asked) -> HTMLResponse:
    """The map with its groups, and what is most like the given recipes."""
    site = site_of(request)
    with site.answering():
        found = _map(asked.recipes, asked.clusters, asked.method)
    return site.answer(
        request, "map_drawn.html", asked=found.asked, **_groups(found, asked), **_axes(found)
    )


@router.get("/map/file/{kind}")
def map_file(request: Request, kind: str, asked: Asked) -> Response:
    """The map as a file, the same as of the verb."""
    if kind not in _WRITERS:
        raise InputError(f"unknown kind of file {shown(kind)}; there are {', '.join(_WRITERS)}")
    with TemporaryDirectory() as place, site_of(request).answering():
        path = Path(place) / f"map.{kind}"
        _WRITERS[kind](_map(asked.recipes, asked.clusters, asked.method), path)
        held = path.read_bytes()
    return Response(
        held,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="map.{kind}"'},
    )


@lru_cache(maxsize=16)
def _map(recipes: tuple[str, ...], clusters: int, method: str) -> ElectrolyteMap:
    parsed, faults = [], []
    for text in recipes:
        try:
            parsed.append(parse_recipe(text))
        except ElectrolyteError as error:
            faults += str(error).splitlines()
    if faults:
        raise InputErrors(faults)
    return electrolyte_map(parsed, names=recipes or None, method=method, n_clusters=clusters)


def _groups(found: ElectrolyteMap, asked: MapAsked) -> dict[str, Any]:
    """Points by what they are coloured by, the largest group first, and a line about each."""
    group_of = _COLOURED[asked.colour]
    place = _placing(found)
    members: dict[str, list[MappedBlend]] = {}
    for blend in found.known:
        members.setdefault(group_of(blend), []).append(blend)
    if asked.colour == "cluster":
        members = clusters_of(found)
    ordered = sorted(members, key=lambda name: (-len(members[name]), name))
    groups = []
    for number, name in enumerate(ordered):
        such_as = (
            typical(name, members[name])
            if asked.colour == "cluster"
            else max(members[name], key=lambda blend: blend.n_points)
        )
        groups.append(
            {
                "number": min(number, _MOST_GROUPS - 1),
                "name": name,
                "n_blends": len(members[name]),
                "n_points": sum(blend.n_points for blend in members[name]),
                "such_as": such_as.recipe,
                "points": list(_points(members[name], asked.least, place)),
            }
        )
    stars = [{"recipe": b.recipe, "x": place(b)[0], "y": place(b)[1]} for b in found.asked]
    n_shown = sum(blend.n_points >= asked.least for blend in found.known)
    return {
        "groups": groups,
        "stars": stars,
        "coloured": asked.colour,
        "size": (_WIDTH, _HEIGHT),
        "counted": f"{counted(n_shown, 'blend')} of {len(found.known)}",
    }


def _points(
    blends: Sequence[MappedBlend], least: int, place: Callable[[MappedBlend], tuple[float, float]]
) -> Iterator[dict[str, Any]]:
    """Points of blends with so many measurements: where, how large, and what is said of them."""
    for blend in blends:
        if blend.n_points < least:
            continue
        x, y = place(blend)
        yield {
            "x": x,
            "y": y,
            "radius": round(3.5 + 1.2 * float(np.log1p(blend.n_points)), 1),
            "recipe": blend.recipe,
            "about": f"{blend.recipe}: {blend.cluster}; "
            f"{counted(blend.n_points, 'measurement')} in {counted(len(blend.dois), 'paper')}",
        }


def _placing(found: ElectrolyteMap) -> Callable[[MappedBlend], tuple[float, float]]:
    """Where blends are drawn, each axis to its own scale."""
    blends = [*found.known, *found.asked]
    low_x, high_x = min(b.x for b in blends), max(b.x for b in blends)
    low_y, high_y = min(b.y for b in blends), max(b.y for b in blends)

    def place(blend: MappedBlend) -> tuple[float, float]:
        across = (blend.x - low_x) / ((high_x - low_x) or 1.0)
        up = (blend.y - low_y) / ((high_y - low_y) or 1.0)
        return (
            round(_EDGE + across * (_WIDTH - 2 * _EDGE), 1),
            round(_HEIGHT - _EDGE - up * (_HEIGHT - 2 * _EDGE), 1),
        )

    return place


def _axes(found: ElectrolyteMap) -> dict[str, Any]:
    held = [f" ({share:.0%} of the variance)" for share in found.variance] or ["", ""]
    return {"axes": [f"axis 1{held[0]}", f"axis 2{held[1]}"]}


PAGE = WebPage(path="/map", title="Map", router=router)
