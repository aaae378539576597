"""Suggestions that wait for a result, ranked by what the models have learned since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from electrolyte_ml.search.campaign import Campaign, Suggestion
from electrolyte_ml.search.evaluation import Evaluator
from electrolyte_ml.search.pareto import scaled
from electrolyte_ml.search.proposals import finite_or_none
from electrolyte_ml.text import significant

if TYPE_CHECKING:
    from electrolyte_ml.prediction import Prediction


def ranked_pending(campaign: Campaign) -> list[dict[str, Any]]:
    """Pending suggestions, the most promising first.

    Parameters
    ----------
    campaign
        Its measurements correct the predictions.

    Returns
    -------
    list of dict
        ``id``, ``recipe``, ``satisfies`` (every constraint), and ``predicted``: value, low and
        high of each objective by its label. Recipes that satisfy every constraint stand first,
        then those of the highest weighted mean of the scaled objectives.
    """
    pending = campaign.state.pending
    if not pending:
        return []
    evaluator = Evaluator(campaign.problem, campaign.tuned())
    predictions = evaluator.predict([s.formulation for s in pending])
    evaluation = evaluator.evaluate(predictions)
    weights = np.array([o.weight for o in campaign.problem.objectives])
    utility = scaled(evaluator.gains(evaluation)) @ weights
    order = np.lexsort((-utility, ~evaluation.feasible))
    told = [_told(evaluator, predictions, row, s) for row, s in enumerate(pending)]
    return [{**told[i], "satisfies": bool(evaluation.feasible[i])} for i in order.tolist()]


def pending_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The ranking as a section of a report in Markdown."""
    if not rows:
        return []
    labels = list(rows[0]["predicted"])
    lines = ["", "## Pending, as the models see them now", ""]
    lines.append("| id | recipe | " + " | ".join(labels) + " | within limits |")
    lines.append("|---" * (len(labels) + 3) + "|")
    for row in rows:
        cells = [interval_words(row["predicted"][label]) for label in labels]
        kept = "yes" if row["satisfies"] else "no longer"
        lines.append(f"| {row['id']} | {row['recipe']} | " + " | ".join(cells) + f" | {kept} |")
    return lines


def _told(
    evaluator: Evaluator, predictions: Mapping[str, Prediction], row: int, suggestion: Suggestion
) -> dict[str, Any]:
    problem = evaluator.problem
    predicted = {}
    for objective in problem.objectives:
        at = objective.temperature_k
        place = 0 if at is None else problem.temperatures_k.index(at)
        prediction = predictions[objective.property_name]
        here = row * len(problem.temperatures_k) + place
        predicted[objective.label] = {
            end: finite_or_none(getattr(prediction, end)[here]) for end in ("value", "low", "high")
        }
    return {
        "id": suggestion.id,
        "recipe": suggestion.formulation.notation(),
        "predicted": predicted,
    }


def interval_words(told: Mapping[str, float | None]) -> str:
    """Such as ``6.4 (4.9-8.3)``; the value alone where it is certain, ``-`` where there is none."""
    if told["value"] is None:
        return "-"
    value, low, high = (significant(told[end]) for end in ("value", "low", "high"))
    return value if told["low"] == told["high"] else f"{value} ({low}-{high})"
