"""The report of a search: one HTML page with everything inside, to be read, printed and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import electrolyte_ml
from electrolyte_ml.files import packaged_file
from electrolyte_ml.formulation import weigh_out_sheet
from electrolyte_ml.models.explanation import (
    ConcentrationCurve,
    TemperatureCurve,
    concentration_curves,
    temperature_curves,
)
from electrolyte_ml.models.liquid import liquid_range
from electrolyte_ml.models.neighbours import DATA_SET, Neighbour, nearest_measured
from electrolyte_ml.report.explain import (
    concentration_words,
    liquid_words,
    neighbour_range,
    neighbour_words,
    temperature_words,
)
from electrolyte_ml.report.page_limits import constraint_words, limit_rows
from electrolyte_ml.report.page_predictions import not_predicted, prediction_rows
from electrolyte_ml.report.pareto_plot import Landscape, pareto_svg
from electrolyte_ml.report.plots import curves_figure, svg_text
from electrolyte_ml.search import Direction, Problem, Proposal, ProposalSet
from electrolyte_ml.search.problem import property_words
from electrolyte_ml.search.wording import objective_words
from electrolyte_ml.text import significant
from electrolyte_ml.units import ROOM_TEMPERATURE_K

_N_NEIGHBOURS = 4


def proposals_page(proposals: ProposalSet) -> str:
    """HTML of a report that needs nothing but itself.

    Parameters
    ----------
    proposals
        A shortlist with at least one recipe.

    Returns
    -------
    str
        The page; every text in it is escaped.
    """
    import jinja2
    from markupsafe import Markup

    template = packaged_file("report/templates/proposals.html")
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["degrees"] = _degrees
    landscape = _landscape(proposals)
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        version=electrolyte_ml.__version__,
        problem=proposals.problem.to_dict(),
        study=proposals.study,
        objectives=list(_objective_sentences(proposals)),
        constraints=[constraint_words(c) for c in proposals.problem.constraints],
        objectives_short=landscape.labels,
        pareto={
            "title": _pareto_title(landscape),
            "svg": Markup(pareto_svg(landscape)),
            "caption": _pareto_caption(landscape),
        },
        cards=list(_cards(proposals)),
        data_set=DATA_SET,
    )


def _degrees(text: str) -> str:
    """Temperatures as on paper; the terminal's spelling is one that every keyboard has."""
    return text.replace(" degC", " °C")


def _landscape(proposals: ProposalSet) -> Landscape:
    problem = proposals.problem
    labels = []
    for objective in problem.objectives:
        unit = property_words(objective.property_name)[1]
        words = _degrees(objective_words(problem, objective))
        labels.append(f"{words}, {unit}" if unit else words)
    return Landscape(
        labels=labels,
        maximise=[o.direction is Direction.MAXIMIZE for o in problem.objectives],
        chosen=proposals.objectives,
        explored=proposals.explored,
    )


def _pareto_title(landscape: Landscape) -> str:
    return "Trade-offs" if len(landscape.labels) > 1 else "Among all recipes tried"


def _pareto_caption(landscape: Landscape) -> str:
    if len(landscape.labels) == 1:
        return "Lines: the shortlist by rank. Bars: every recipe tried that satisfies all limits."
    return (
        "Numbers are ranks. The line joins recipes that no other beats in both of the objectives "
        "shown; with more objectives, recipes off the line can be best in another."
    )


def _objective_sentences(proposals: ProposalSet) -> Iterator[str]:
    for objective in proposals.problem.objectives:
        which = "highest" if objective.direction is Direction.MAXIMIZE else "lowest"
        yield _degrees(f"{which} {objective_words(proposals.problem, objective)}")


def _cards(proposals: ProposalSet) -> Iterator[dict[str, Any]]:
    recipes = [p.formulation for p in proposals.proposals]
    concentration = concentration_curves(recipes, _temperature(proposals))
    temperature = temperature_curves(recipes)
    neighbours = nearest_measured(recipes, _N_NEIGHBOURS)
    for row, proposal in enumerate(proposals.proposals):
        yield {
            "objectives": [significant(v) for v in proposals.objectives[row].tolist()],
            **_words(proposals.problem, proposal),
            **_curves(proposal, concentration[row], temperature[row]),
            **_sheet(proposal),
            "neighbours": [_neighbour(n) for n in neighbours[row]],
        }


def _temperature(proposals: ProposalSet) -> float:
    """Temperature of the curves against concentration: the first that conductivity is asked at."""
    asked = [
        o.temperature_k
        for o in proposals.problem.objectives
        if o.property_name == "conductivity_ms_cm" and o.temperature_k is not None
    ]
    return asked[0] if asked else ROOM_TEMPERATURE_K


def _words(problem: Problem, proposal: Proposal) -> dict[str, Any]:
    reasons = (
        record["conductivity_ms_cm"]["reason"]
        for record in proposal.predictions
        if not record["conductivity_ms_cm"]["in_domain"]
    )
    molarity = proposal.formulation.molarities_mol_l()
    return {
        "rank": proposal.rank,
        "recipe": proposal.formulation.notation(),
        "key": proposal.formulation.key,
        "why": proposal.why,
        "molarity": ", ".join(f"{c:.2f} M {name} at 25 °C" for name, c in molarity.items()),
        "outside": list(dict.fromkeys(reasons)),
        "predictions": prediction_rows(proposal.predictions),
        "not_predicted": not_predicted(proposal.predictions),
        "limits": limit_rows(problem, proposal.checks),
    }


def _curves(
    proposal: Proposal, concentration: ConcentrationCurve, temperature: TemperatureCurve
) -> dict[str, Any]:
    from markupsafe import Markup

    molality = sum(proposal.formulation.molalities_mol_kg.values())
    figure = curves_figure(concentration, temperature, molality_mol_kg=molality)
    svg = svg_text(
        figure,
        name=f"curves{proposal.rank}",
        title=f"conductivity of recipe {proposal.rank} against concentration and temperature",
    )
    sentences = [
        *liquid_words(liquid_range([proposal.formulation])),
        *concentration_words(proposal.formulation, concentration),
        *temperature_words(temperature),
    ]
    return {"curves": Markup(svg), "sentences": [_spelt_out(s) for s in sentences]}


def _spelt_out(sentence: str) -> str:
    """Without the question mark by which the terminal flags what is outside the domain."""
    words = sentence.strip()
    if words.startswith("? "):
        words = words.removeprefix("? ")
        return words[0].upper() + words[1:] + "."
    return words.replace(" ? mS/cm", " mS/cm (outside the model's domain)")


def _sheet(proposal: Proposal) -> dict[str, Any]:
    """Steps and hazards of the sheet, with the grams that the limits were checked on."""
    sheet = weigh_out_sheet(proposal.formulation)
    grams: Mapping[str, float] = proposal.weigh_out_g_per_100g
    rows = [
        {
            "step": row.step,
            "component": row.component,
            "mass_g": grams[row.component],
            "volume_ml": "" if row.volume_ml is None else significant(row.volume_ml, 4),
            "how": row.how,
            "hazard": row.hazard,
        }
        for row in sheet.rows
    ]
    return {"sheet": rows, "notes": sheet.notes}


def _neighbour(neighbour: Neighbour) -> dict[str, str]:
    return {
        "distance": f"{neighbour.distance:.2f}",
        "recipe": neighbour.recipe,
        "measured": neighbour_words(neighbour),
        "range": neighbour_range(neighbour),
        "doi": neighbour.doi,
        "doubt": neighbour.doubt,
    }
