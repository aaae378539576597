"""Where a campaign stands: its status, results beside predictions, and report.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, Protocol

import numpy as np

from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.celsius import people_heading, people_number, people_prediction
from electrolyte_ml.campaign.state import CampaignState, Status, Suggestion, column_name
from electrolyte_ml.campaign.suggest import measurable
from electrolyte_ml.files import write_text
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import registered_property
from electrolyte_ml.search.evaluation import Evaluator
from electrolyte_ml.search.problem import Direction, Objective, Problem
from electrolyte_ml.search.shortlist import scaled
from electrolyte_ml.text import counted, significant


class Standing(Protocol):
    """What of a campaign its status and its report are made of."""

    folder: Path
    problem: Problem
    state: CampaignState

    def tuned(self) -> TunedScorer:
        """The scorer, fine-tuned on all measurements so far."""
        ...


def ranked_pending(campaign: Standing) -> list[dict[str, Any]]:
    """Pending suggestions, the most promising first.

    Parameters
    ----------
    campaign
        The campaign; its measurements correct the predictions.

    Returns
    -------
    list of dict
        ``id``, ``recipe``, ``satisfies`` (every constraint), and ``predicted``: value, low and
        high of each objective by its label. Recipes that satisfy every constraint come first;
        within each group, the highest weighted mean of the scaled objectives.
    """
    pending = campaign.state.pending
    if not pending:
        return []
    evaluator = Evaluator(campaign.problem, campaign.tuned())
    predictions = evaluator.predict([s.formulation for s in pending])
    evaluation = evaluator.evaluate(predictions, [s.formulation for s in pending])
    weights = np.array([o.weight for o in campaign.problem.objectives])
    utility = scaled(evaluator.gains(evaluation)) @ weights
    order = np.lexsort((-utility, ~evaluation.feasible))
    records = [_pending_record(evaluator, predictions, i, s) for i, s in enumerate(pending)]
    return [{**records[i], "satisfies": bool(evaluation.feasible[i])} for i in order.tolist()]


def pending_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The ranking as a section of a report in Markdown."""
    if not rows:
        return []
    labels = list(rows[0]["predicted"])
    lines = ["", "## Pending, with current predictions", ""]
    headings = map(people_heading, labels)
    lines.append("| id | recipe | " + " | ".join(headings) + " | within limits |")
    lines.append("|---" * (len(labels) + 3) + "|")
    for row in rows:
        cells = [interval_words(people_prediction(x, row["predicted"][x])) for x in labels]
        kept = "yes" if row["satisfies"] else "no longer"
        lines.append(f"| {row['id']} | {row['recipe']} | " + " | ".join(cells) + f" | {kept} |")
    return lines


def _pending_record(
    evaluator: Evaluator, predictions: Mapping[str, Prediction], row: int, suggestion: Suggestion
) -> dict[str, Any]:
    predicted = {
        o.label: evaluator.interval(predictions, row, o.property_name, o.temperature_k)
        for o in evaluator.problem.objectives
    }
    return {
        "id": suggestion.id,
        "recipe": suggestion.formulation.notation(),
        "predicted": predicted,
    }


def interval_words(prediction: Mapping[str, float | None]) -> str:
    """A prediction as ``6.4 (4.9-8.3)``, as the value if it has no error, or as ``-``."""
    if prediction["value"] is None:
        return "-"
    value, low, high = (significant(prediction[end]) for end in ("value", "low", "high"))
    dash = " to " if low.startswith("-") else "-"
    return value if prediction["low"] == prediction["high"] else f"{value} ({low}{dash}{high})"


def status_record(campaign: Standing) -> dict[str, Any]:
    """Status of a campaign, for JSON."""
    state = campaign.state
    return {
        "folder": str(campaign.folder),
        "problem": campaign.problem.name,
        "rounds": state.n_rounds,
        "suggested": len(state.suggestions),
        "measured": len(state.measured),
        "failed": sum(r.status is Status.FAILED for r in state.results),
        "skipped": sum(r.status is Status.SKIPPED for r in state.results),
        "pending": [
            {"id": s.id, "round": s.round, "recipe": s.formulation.notation()}
            for s in state.pending
        ],
        "unfinished": unfinished(campaign),
        "best": [b for b in (_best(campaign, o) for o in campaign.problem.objectives) if b],
    }


def unfinished(campaign: Standing) -> list[dict[str, Any]]:
    """Suggestions that were measured, but lack objectives that a laboratory can measure."""
    objectives = {(o.property_name, o.temperature_k) for o in campaign.problem.objectives}
    asked = [quantity for quantity in measurable(campaign.problem) if quantity in objectives]
    found = []
    for suggestion in campaign.state.suggestions:
        key = suggestion.formulation.key
        own = [
            result
            for result in campaign.state.measured
            if result.suggestion == suggestion.id or result.formulation.key == key
        ]
        held = {quantity for result in own for quantity in result.values}
        missing = [column_name(quantity) for quantity in asked if quantity not in held]
        if own and missing:
            found.append(
                {
                    "id": suggestion.id,
                    "recipe": suggestion.formulation.notation(),
                    "missing": missing,
                }
            )
    return found


def report_record(campaign: Standing) -> dict[str, Any]:
    """Content of the report, for JSON."""
    return {
        **status_record(campaign),
        "results": _rows(campaign),
        "models": model_errors(campaign),
        "pending_now": ranked_pending(campaign),
    }


def write_report(campaign: Standing) -> Path:
    """Write report.md into the campaign's folder; whole or not at all."""
    path = campaign.folder / "report.md"
    text = _markdown(campaign)
    write_text(path, text)
    return path


def _best(campaign: Standing, objective: Objective) -> dict[str, Any] | None:
    """Best mean of replicates for an objective."""
    quantity = (objective.property_name, objective.temperature_k)
    found: dict[str, list[float]] = {}
    recipes = {}
    for result in campaign.state.measured:
        if quantity in result.values:
            found.setdefault(result.formulation.key, []).append(result.values[quantity])
            recipes[result.formulation.key] = result.formulation.notation()
    if not found:
        return None
    choose = max if objective.direction is Direction.MAXIMIZE else min
    key = choose(found, key=lambda k: fmean(found[k]))
    return {
        "objective": objective.label,
        "recipe": recipes[key],
        "value": fmean(found[key]),
        "n": len(found[key]),
    }


def _rows(campaign: Standing) -> list[dict[str, Any]]:
    """Every result beside the prediction made when it was suggested."""
    by_id = {s.id: s for s in campaign.state.suggestions}
    rows = []
    for result in campaign.state.results:
        suggestion = by_id.get(result.suggestion or "")
        as_suggested = (
            suggestion is not None and suggestion.formulation.key == result.formulation.key
        )
        predicted = suggestion.predictions if suggestion is not None and as_suggested else {}
        rows.append(
            {
                "id": result.suggestion,
                "recipe": result.formulation.notation(),
                "status": str(result.status),
                "comment": result.comment,
                "measured": result.columns,
                "predicted": {k: dict(v) for k, v in predicted.items()},
            }
        )
    return rows


def model_errors(campaign: Standing) -> list[dict[str, Any]]:
    """Errors before and after fine-tuning, for each measured property."""
    found = []
    for name, measured in campaign.tuned().measured.items():
        before, after = measured.errors()
        n_recipes = len({f.key for f in measured.formulations})
        found.append(
            {
                "property": name,
                "n": len(measured.formulations),
                "n_recipes": n_recipes,
                "scale": registered_property(name).scale_unit,
                "mae_shipped": before,
                "mae_tuned": after if n_recipes > 1 else None,
            }
        )
    return found


def error_sentence(model: Mapping[str, Any]) -> str:
    """Errors of a model before and after fine-tuning, of an entry of `model_errors`, in words."""
    tuned = (
        ""
        if model["mae_tuned"] is None
        else (f", fine-tuned {model['mae_tuned']:.3f} on recipes left out")
    )
    return (
        f"{model['property']}: mean absolute error over {counted(model['n'], 'measurement')} "
        f"of {counted(model['n_recipes'], 'recipe')} ({model['scale']}): "
        f"shipped {model['mae_shipped']:.3f}{tuned}"
    )


def _markdown(campaign: Standing) -> str:
    status = status_record(campaign)
    lines = [f"# Campaign: {status['problem']}", "", campaign.problem.description, ""]
    lines.append(
        f"{counted(status['rounds'], 'round')}, "
        f"{counted(status['suggested'], 'recipe')} suggested, "
        f"{counted(status['measured'], 'result')} with numbers, {status['failed']} failed, "
        f"{status['skipped']} skipped, "
        f"{len(status['pending'])} pending."
    )
    if status["best"]:
        lines += ["", "## Best so far", "", "| objective | measured | recipe |", "|---|---|---|"]
        lines += [
            f"| {people_heading(b['objective'])} | "
            f"{significant(people_number(b['objective'], b['value']))} (n = {b['n']}) | "
            f"{b['recipe']} |"
            for b in status["best"]
        ]
    models = model_errors(campaign)
    if models:
        lines += ["", "## What the models learned", "", *(f"- {error_sentence(m)}" for m in models)]
    lines += _results_table(campaign)
    lines += pending_lines(ranked_pending(campaign))
    return "\n".join(lines) + "\n"


def _results_table(campaign: Standing) -> list[str]:
    rows = _rows(campaign)
    if not rows:
        return []
    columns = list(dict.fromkeys(c for row in rows for c in row["measured"]))
    columns = columns or [column_name(q) for q in measurable(campaign.problem)]
    lines = [
        "",
        "## Results",
        "",
        "Measured values, and in brackets the predictions at the time of suggestion.",
        "",
    ]
    headings = map(people_heading, columns)
    lines.append("| id | recipe | " + " | ".join(headings) + " | status |")
    lines.append("|---" * (len(columns) + 3) + "|")
    for row in rows:
        cells = []
        for column in columns:
            predicted = row["predicted"].get(column)
            cell = significant(people_number(column, row["measured"].get(column)))
            if predicted:
                cell += f" ({interval_words(people_prediction(column, predicted))})"
            cells.append(cell)
        remark = row["status"] + (f": {row['comment']}" if row["comment"] else "")
        cells = [cell.replace("|", "/") for cell in (*cells, remark)]
        lines.append(f"| {row['id'] or '-'} | {row['recipe']} | " + " | ".join(cells) + " |")
    return lines
