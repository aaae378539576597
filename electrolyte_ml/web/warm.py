"""Models and fonts loaded while the user reads the first page."""

from __future__ import annotations

from contextlib import suppress

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.explain import explain
from electrolyte_ml.report.explain import explanation_plot
from electrolyte_ml.report.plots import svg_text
from electrolyte_ml.scores import ScoreSource, scored_parts
from electrolyte_ml.units import ROOM_TEMPERATURE_K
from electrolyte_ml.web.pages import Site

_RECIPE = "1 M NaPF6 in EC:DEC 1:1 v/v"


def warm_up(site: Site) -> None:
    """Answer one question of each kind, and forget the answers."""
    with suppress(ElectrolyteError):
        with site.answering():
            list(scored_parts(ScoreSource([_RECIPE])))
        with site.answering():
            explanation = explain(parse_recipe(_RECIPE), ROOM_TEMPERATURE_K)
            svg_text(explanation_plot(explanation, _RECIPE), name="warm", title="")
