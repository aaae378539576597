"""The report of a search: one self-contained HTML page."""

from __future__ import annotations

import re
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
from electrolyte_ml.models.liquid import liquid_range
from electrolyte_ml.models.neighbours import DATA_SET, Neighbour, nearest_measured
from electrolyte_ml.properties import Property, properties, registered_property
from electrolyte_ml.report.explain import (
    concentration_words,
    cycling_words,
    liquid_words,
    neighbour_range,
    neighbour_words,
    temperature_words,
)
from electrolyte_ml.report.plots import Landscape, curves_figure, pareto_svg, svg_text
from electrolyte_ml.report.text import difference_text, spelt_out, value_text
from electrolyte_ml.report.warnings import obeyed_words, warning_lines
from electrolyte_ml.search import Bound, Constraint, Direction, Problem, Proposal, ProposalSet
from electrolyte_ml.search.baselines import UsualRecipe
from electrolyte_ml.search.check_recipe import Check
from electrolyte_ml.search.evaluation import FORBIDDEN, FREEZES, IN_DOMAIN
from electrolyte_ml.search.objectives import at_temperature
from electrolyte_ml.search.rationale import objective_words
from electrolyte_ml.shipped_properties import LIQUID
from electrolyte_ml.text import celsius, significant
from electrolyte_ml.units import ROOM_TEMPERATURE_K, ZERO_CELSIUS_K
from electrolyte_ml.version import __version__

_N_NEIGHBOURS = 4

# Words for the limits of a recipe file; {} is a component.
_LIMIT_WORDS = {
    "n_solvents": "number of solvents",
    "n_salts": "number of salts",
    "n_additives": "number of additives",
    "salt_molality_mol_kg": "salt, mol/kg",
    IN_DOMAIN: "known to the models",
    FREEZES: "frozen at a temperature asked for",
    FORBIDDEN: "forbidden by a rule",
}

_MISSED_WORDS = {
    IN_DOMAIN: "not known to the models",
    FREEZES: "freezes above a temperature asked for",
    FORBIDDEN: "a rule forbids it",
}

_COMPONENT_LIMIT_WORDS = {
    "max_fraction": "{} in the solvents, wt%",
    "min_fraction": "{} in the solvents, wt%",
    "max_molality_mol_kg": "{}, mol/kg",
    "additives": "{}, wt%",
}

_AS_WEIGHT_PERCENT = ("max_fraction", "min_fraction")

# Words for additional fields of predictions; {} is the value.
_NOTE_WORDS = {
    "reference": "against {}",
    "limiting_species": "limited by {}",
    "tier": "{}",
}

_TIER_WORDS = {
    "table": "computed",
    "calculation": "from your own calculation",
    "model": "learned, not computed",
}

_STANDARD_FIELDS = {"value", "low", "high", "coverage", "in_domain", "reason"}


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
    ahead = []
    for objective in problem.objectives:
        known = registered_property(objective.property_name)
        difference = baseline.first_beside[objective.label].record(0)
        if difference["value"] is not None:
            text = difference_text(known, difference, _unit_of_difference(problem, known))
            ahead.append(f"{known.label}{at_temperature(objective.temperature_k)} {text}")
    lines = [f"number 1 beside it: {'; '.join(ahead)}"] if ahead else []
    if baseline.missed:
        missed = (missed_words(problem, check) for check in baseline.missed)
        lines.append(f"outside your limits: {'; '.join(missed)}")
    return ". ".join(lines)


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
    asked = [n for n in problem.property_names if not registered_property(n).nested_in]
    reasons = (
        record[name]["reason"] or registered_property(name).label
        for record in proposal.predictions
        for name in asked
        if not record[name]["in_domain"]
    )
    molarity = proposal.formulation.molarities_mol_l()
    return {
        "place": proposal.place,
        "rank": proposal.rank_text,
        "recipe": proposal.formulation.notation(),
        "key": proposal.formulation.key,
        "why": proposal.why,
        "warnings": warning_lines(proposal.warnings),
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


def constraint_words(problem: Problem, constraint: Constraint) -> str:
    """A constraint in words, such as ``freezing point at most -45 °C``."""
    bound = "at least" if constraint.is_minimum else "at most"
    limit = problem.amount(constraint.property_name, constraint.limit)
    words = f"{_subject(constraint)} {bound} {limit}"
    if constraint.probability is not None:
        return f"{words} with a probability of {constraint.probability:.0%} or more"
    return words


def missed_words(problem: Problem, check: Check) -> str:
    """A constraint that a recipe misses, in words, with the number that it has."""
    if check.name in _MISSED_WORDS:
        return _MISSED_WORDS[check.name]
    constraint = next(c for c in problem.constraints if c.name == check.name)
    row = _constraint_row(problem, constraint, check)
    return f"{row['words']} {row['value']}, asked for {row['allowed']}"


def limit_rows(problem: Problem, checks: Sequence[Check]) -> list[dict[str, str]]:
    """Limits beside the values of a recipe.

    Parameters
    ----------
    problem
        The search problem.
    checks
        Checks of one recipe.

    Returns
    -------
    list of dict
        ``words``, ``value``, ``allowed`` and ``kept`` (yes or no), all as text.
    """
    constraints = {c.name: c for c in problem.constraints}
    rows = []
    for check in checks:
        constraint = constraints.get(check.name)
        row = (
            _limit_row(check) if constraint is None else _constraint_row(problem, constraint, check)
        )
        rows.append({**row, "kept": "yes" if check.satisfied else "no"})
    return rows


def _constraint_row(problem: Problem, constraint: Constraint, check: Check) -> dict[str, str]:
    if constraint.probability is not None:
        value = "-" if check.value is None else f"{check.value:.0%}"
        allowed = f"{constraint.probability:.0%} or more"
        return {
            "words": f"probability that {constraint_words(problem, constraint)}".partition(
                " with a "
            )[0],
            "value": value,
            "allowed": allowed,
        }
    bound = "at least" if constraint.is_minimum else "at most"
    # A value without bound has no number, such as the flash point of a liquid that does not burn.
    value = (
        "without bound"
        if check.value is None
        else problem.amount(constraint.property_name, check.value)
    )
    return {
        "words": _subject(constraint),
        "value": value,
        "allowed": f"{bound} {problem.amount(constraint.property_name, constraint.limit)}",
    }


def _limit_row(check: Check) -> dict[str, str]:
    name, _, component = check.name.partition(".")
    if component and name in _COMPONENT_LIMIT_WORDS:
        factor = 100 if name in _AS_WEIGHT_PERCENT else 1
        allowed = {"max": "at most ", "min": "at least "}.get(name[:3], "")
        return {
            "words": _COMPONENT_LIMIT_WORDS[name].format(component),
            "value": _number(check.value, factor),
            "allowed": allowed + _number(check.limit, factor),
        }
    ratio = re.fullmatch(r"(.+) (>=|<=) \S+", check.name)
    if ratio:
        sign = {">=": "at least", "<=": "at most"}[ratio[2]]
        return {
            "words": ratio[1],
            "value": "without bound" if check.value is None else _number(check.value),
            "allowed": f"{sign} {_number(check.limit)}",
        }
    if check.limit is False and check.name not in _LIMIT_WORDS:
        pair = check.name.removeprefix("not ").replace(" with ", " together with ")
        return {"words": pair, "value": _number(check.value), "allowed": "no"}
    return {
        "words": _LIMIT_WORDS.get(check.name, check.name),
        "value": _number(check.value),
        "allowed": _number(check.limit),
    }


def _subject(constraint: Constraint) -> str:
    known = registered_property(constraint.property_name)
    words, has_ends = known.label, not known.is_exact and constraint.probability is None
    if constraint.bound is not Bound.VALUE and has_ends:
        words = f"{constraint.bound} end of {words}"
    at = constraint.temperature_k
    return words if at is None else f"{words} at {celsius(at)}"


def _number(value: Any, factor: int = 1) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        low, high = value
        return _number(low, factor) if low == high else f"{low * factor:g} to {high * factor:g}"
    return f"{value * factor:.4g}"


def prediction_rows(records: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Rows of every property with a value, over all temperatures.

    Parameters
    ----------
    records
        Scores in the contract's form, one per temperature.

    Returns
    -------
    list of dict
        ``words``, ``at``, ``value``, ``interval``, ``coverage`` and ``note``, all as text.
    """
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for record in records:
        for name, prediction in predictions_of(record):
            if prediction.get("value") is None:
                continue
            depends = registered_property(name).at_temperature
            at = celsius(record["temperature_k"]) if depends else ""
            # A property that does not depend on temperature has one row.
            rows.setdefault((name, at), {**_row(name, prediction), "at": at})
    return sorted(rows.values(), key=lambda row: row["at"] == "")


def not_predicted(records: Sequence[Mapping[str, Any]]) -> str:
    """Properties without a value and why, as one line."""
    missing: dict[str, None] = {}
    for record in records:
        for name, prediction in predictions_of(record):
            if prediction.get("value") is None:
                reason = prediction.get("reason")
                words = registered_property(name).label
                missing[f"{words} ({reason})" if reason else words] = None
    return "; ".join(missing)


def predictions_of(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Predictions of a score by name, including those of the liquid range."""
    for name, content in record.items():
        if name == LIQUID:
            inside = (p.name for p in properties().values() if p.nested_in == LIQUID)
            yield from ((inner, _of_liquid(content, inner)) for inner in inside)
        elif isinstance(content, Mapping) and "value" in content:
            yield name, content


def _of_liquid(liquid: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A temperature of the liquid range in the form of the other predictions."""
    low, high = liquid.get(f"{name}_interval") or (None, None)
    known = liquid.get(f"{name}_in_domain", True)
    return {
        "value": liquid.get(name),
        "low": low,
        "high": high,
        "in_domain": known,
        "reason": None if known else "outside the model's domain",
    }


def _row(name: str, prediction: Mapping[str, Any]) -> dict[str, str]:
    known = registered_property(name)
    if known.unit == "K":
        return {**_thermometer(prediction), "words": f"{known.label}, °C"}
    low, high, coverage = (prediction.get(key) for key in ("low", "high", "coverage"))
    if low == high:
        # Properties that follow from the recipe by arithmetic have no interval.
        low = coverage = None
    return {
        "words": known.own_heading,
        "value": significant(prediction["value"]) if known.is_rough else value_text(prediction),
        "interval": "" if low is None else f"{significant(low)} to {significant(high)}",
        "coverage": "" if coverage is None else f"{coverage:.0%}",
        "note": "; ".join(_notes(prediction)),
    }


def _thermometer(prediction: Mapping[str, Any]) -> dict[str, str]:
    """Row of a temperature, in whole degrees Celsius."""
    value, low, high = (
        "" if kelvin is None else str(round(kelvin - ZERO_CELSIUS_K))
        for kelvin in (prediction[key] for key in ("value", "low", "high"))
    )
    return {
        "value": value,
        "interval": f"{low} to {high}" if low else "",
        "coverage": "",
        "note": prediction["reason"] or "",
    }


def _notes(prediction: Mapping[str, Any]) -> Iterator[str]:
    """Reason of the domain flag, then additional fields, such as a limiting species."""
    if prediction.get("reason"):
        yield str(prediction["reason"])
    for key, value in prediction.items():
        if key not in _STANDARD_FIELDS and value:
            words = _NOTE_WORDS.get(key, f"{key.replace('_', ' ')}: {{}}")
            yield words.format(_TIER_WORDS.get(value, value) if key == "tier" else value)
