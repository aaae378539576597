"""The report of a search: one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.efficiency import EFFICIENCY
from electrolyte_ml.files import packaged_file
from electrolyte_ml.formulation import Formulation, weigh_out_sheet
from electrolyte_ml.models.curves import (
    ConcentrationCurve,
    TemperatureCurve,
    concentration_curves,
    temperature_curves,
)
from electrolyte_ml.models.efficiency.measured import nearest_efficiencies
from electrolyte_ml.models.liquid import PROBABLY_FROZEN, liquid_range
from electrolyte_ml.models.neighbours import DATA_SET, Neighbour, nearest_measured
from electrolyte_ml.properties import Property, registered_property
from electrolyte_ml.report.explain import (
    concentration_words,
    cycling_words,
    liquid_words,
    neighbour_range,
    neighbour_words,
    temperature_words,
)
from electrolyte_ml.report.limits import constraint_words, limit_rows, missed_words
from electrolyte_ml.report.plots import Landscape, curves_figure, pareto_svg, svg_text
from electrolyte_ml.report.prediction_rows import not_predicted, prediction_rows
from electrolyte_ml.report.text import difference_text, spelt_out
from electrolyte_ml.report.warnings import obeyed_words, warning_lines
from electrolyte_ml.search import Direction, Problem, Proposal, ProposalSet
from electrolyte_ml.search.baselines import UsualRecipe
from electrolyte_ml.search.evaluation import FREEZES, IN_DOMAIN
from electrolyte_ml.search.objectives import at_degrees
from electrolyte_ml.search.rationale import objective_words
from electrolyte_ml.text import significant
from electrolyte_ml.units import ROOM_TEMPERATURE_K
from electrolyte_ml.version import __version__

_N_NEIGHBOURS = 4


def proposals_page(proposals: ProposalSet) -> str:
    """HTML of a self-contained report.

    Parameters
    ----------
    proposals
        A shortlist with at least one recipe.

    Returns
    -------
    str
        The page; every text in it is escaped.
    """
    return report_page(report_values(proposals))


def report_page(values: Mapping[str, Any]) -> str:
    """HTML of a report, of what `report_values` returns."""
    import jinja2

    template = packaged_file("report/templates/proposals.html")
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["degrees"] = _degrees
    text = template.read_text(encoding="utf-8")
    return environment.from_string(text).render(version=__version__, **values)


def report_values(proposals: ProposalSet) -> dict[str, Any]:
    """What the report shows: texts, and plots as SVG elements."""
    from markupsafe import Markup

    landscape = landscape_of(proposals)
    return {
        "problem": proposals.problem.to_dict(),
        "study": dict(proposals.study),
        "obeyed": obeyed_words(proposals.study),
        "objectives": list(objective_sentences(proposals.problem)),
        "constraints": [
            constraint_words(proposals.problem, c) for c in proposals.problem.constraints
        ],
        "objectives_short": landscape.labels,
        "pareto": {
            "title": _pareto_title(landscape),
            "svg": Markup(pareto_svg(landscape)),
            "caption": _pareto_caption(landscape),
        },
        "ranking": _degrees(ranking_words(proposals)),
        "baselines": list(_baselines(proposals)),
        "cards": list(_cards(proposals)),
        "data_set": DATA_SET,
    }


def _degrees(text: str) -> str:
    """Text with ``°C`` in place of the ``degC`` of the terminal."""
    return text.replace(" degC", " °C")


def landscape_of(proposals: ProposalSet) -> Landscape:
    """Objectives of a shortlist and of all recipes tried, for a plot."""
    return problem_landscape(proposals.problem, proposals.objectives, proposals.explored)


def problem_landscape(
    problem: Problem, chosen: NDArray[np.float64], explored: NDArray[np.float64]
) -> Landscape:
    """Objectives of chosen recipes and of all tried, as `Landscape` has them."""
    labels = []
    for objective in problem.objectives:
        unit = problem.unit_of(objective.property_name)
        words = _degrees(objective_words(problem, objective))
        labels.append(f"{words}, {unit}" if unit else words)
    return Landscape(
        labels=labels,
        maximise=[o.direction is Direction.MAXIMIZE for o in problem.objectives],
        chosen=chosen,
        explored=explored,
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


def objective_sentences(problem: Problem) -> Iterator[str]:
    """What a problem asks for, such as ``highest conductivity at 25 °C``."""
    for objective in problem.objectives:
        which = "highest" if objective.direction is Direction.MAXIMIZE else "lowest"
        yield _degrees(f"{which} {objective_words(problem, objective)}")


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
            "efficiencies": _efficiencies(proposals, proposal.formulation),
        }


def _efficiencies(proposals: ProposalSet, formulation: Formulation) -> list[dict[str, str]]:
    """Nearest measured efficiencies of lithium metal, where the problem asks for efficiency."""
    if EFFICIENCY not in proposals.problem.property_names:
        return []
    near = nearest_efficiencies([formulation], _N_NEIGHBOURS)[0]
    return [
        {
            "distance": f"{one.distance:.2f}",
            "recipe": one.recipe,
            "measured": f"{one.percent:.4g} %",
            "how": cycling_words(one),
            "source": one.source,
            "doubt": one.doubt,
        }
        for one in near
    ]


def _baselines(proposals: ProposalSet) -> Iterator[dict[str, Any]]:
    for baseline in proposals.baselines:
        yield {
            "recipe": baseline.text,
            "objectives": [significant(v) if np.isfinite(v) else "-" for v in baseline.objectives],
            "words": _degrees(baseline_words(proposals.problem, baseline)),
        }


def ranking_words(proposals: ProposalSet) -> str:
    """What the order means, in one line: what counts, and what a shared rank says."""
    problem = proposals.problem
    counts = " and ".join(objective_words(problem, o) for o in problem.objectives)
    shared = "; ranks with = are shared: none of them is surely better"
    usual = "; usual: what everyone would run" if proposals.baselines else ""
    tied = shared if any(p.shared for p in proposals) else ""
    return f"Ordered by {counts}{tied}{usual}."


def baseline_words(problem: Problem, baseline: UsualRecipe) -> str:
    """What number 1 has more than a usual recipe, and which limits that does not keep."""
    ahead, without = [], []
    for objective in problem.objectives:
        known = registered_property(objective.property_name)
        difference = baseline.first_beside[objective.label].record(0)
        if difference["value"] is not None:
            text = difference_text(known, difference, _unit_of_difference(problem, known))
            ahead.append(f"{known.label}{at_degrees(objective.temperature_k)} {text}")
        elif difference["reason"]:
            without.append(f"no {known.label}: {difference['reason']}")
    lines = [f"number 1 beside it: {'; '.join(ahead)}"] if ahead else []
    lines += without
    missed = [*_not_listed(problem, baseline), *_missed(problem, baseline)]
    if missed:
        lines.append(f"outside your limits: {'; '.join(missed)}")
    return ". ".join(lines)


def _not_listed(problem: Problem, baseline: UsualRecipe) -> Iterator[str]:
    """Components of a usual recipe that the problem does not allow."""
    recipe = baseline.formulation
    names = [*(s.salt.name for s in recipe.salts), *(s.solvent.name for s in recipe.solvents)]
    others = [name for name in names if name not in problem.components.names]
    if others:
        are = "is" if len(others) == 1 else "are"
        yield f"{' and '.join(others)} {are} not among your components"


def _missed(problem: Problem, baseline: UsualRecipe) -> Iterator[str]:
    """Constraints that a usual recipe misses; of the domain, why it is outside."""
    freezes = any(check.name == FREEZES for check in baseline.missed)
    for check in baseline.missed:
        if check.name != IN_DOMAIN:
            yield missed_words(problem, check)
            continue
        reasons = outside_reasons(problem, baseline.predictions)
        told = [
            reason for reason in reasons if not (freezes and reason.startswith(PROBABLY_FROZEN))
        ]
        if told or not reasons:
            yield ": ".join([missed_words(problem, check), *(["; ".join(told)] if told else [])])


def outside_reasons(problem: Problem, predictions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why predictions are outside the domain of their models, each reason once."""
    asked = [n for n in problem.property_names if not registered_property(n).nested_in]
    reasons = (
        reason
        for record in predictions
        for name in asked
        if not record[name]["in_domain"]
        for reason in (record[name]["reason"] or registered_property(name).label).split("; ")
    )
    return list(dict.fromkeys(reasons))


def _unit_of_difference(problem: Problem, known: Property) -> str:
    """A difference in K is one in degrees Celsius."""
    unit = problem.unit_of(known.name)
    return "°C" if unit == "K" else unit


def _temperature(proposals: ProposalSet) -> float:
    """Temperature of the concentration curves: the first of a conductivity objective."""
    asked = [
        o.temperature_k
        for o in proposals.problem.objectives
        if o.property_name == "conductivity_ms_cm" and o.temperature_k is not None
    ]
    return asked[0] if asked else ROOM_TEMPERATURE_K


def _words(problem: Problem, proposal: Proposal) -> dict[str, Any]:
    molarity = proposal.formulation.molarities_mol_l()
    return {
        "place": proposal.place,
        "rank": proposal.rank_text,
        "recipe": proposal.formulation.notation(),
        "key": proposal.formulation.key,
        "why": proposal.why,
        "warnings": warning_lines(proposal.warnings),
        "molarity": ", ".join(f"{c:.2f} M {name} at 25 °C" for name, c in molarity.items()),
        "outside": outside_reasons(problem, proposal.predictions),
        "predictions": prediction_rows(proposal.predictions),
        "not_predicted": not_predicted(proposal.predictions),
        "limits": limit_rows(problem, proposal.checks),
    }


def _curves(
    proposal: Proposal, concentration: ConcentrationCurve, temperature: TemperatureCurve
) -> dict[str, Any]:
    from markupsafe import Markup

    molality = proposal.formulation.molality_mol_kg
    figure = curves_figure(concentration, temperature, molality_mol_kg=molality)
    svg = svg_text(
        figure,
        name=f"curves{proposal.place}",
        title=f"conductivity of recipe {proposal.place} against concentration and temperature",
    )
    sentences = [
        *liquid_words(liquid_range([proposal.formulation])),
        *concentration_words(proposal.formulation, concentration),
        *temperature_words(temperature),
    ]
    return {"curves": Markup(svg), "sentences": [spelt_out(s) for s in sentences]}


def _sheet(proposal: Proposal) -> dict[str, Any]:
    """Steps and hazards of the sheet, with the masses on which the limits were checked."""
    sheet = weigh_out_sheet(proposal.formulation, grams=proposal.weigh_out_g_per_100g)
    rows = [
        {
            "step": row.step,
            "component": row.component,
            "mass_g": row.mass_g,
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
