"""Scores of many recipes: reading recipes in parts, and scores as records or a data frame."""

from __future__ import annotations

from electrolyte_ml.scores.rows import ScoredPart, score_records, scored_parts, scores_frame
from electrolyte_ml.scores.source import ROWS_AT_A_TIME, ScoreRequests, ScoreSource

__all__ = [
    "ROWS_AT_A_TIME",
    "ScoreRequests",
    "ScoreSource",
    "ScoredPart",
    "score_records",
    "scored_parts",
    "scores_frame",
]
