"""What a campaign knows, replayed from its log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from electrolyte_ml.formulation import Formulation, formulation_from_dict
from electrolyte_ml.search.campaign.log import Event


class Status(StrEnum):
    """What became of an experiment."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A recipe that the campaign asked to be measured.

    Attributes
    ----------
    id
        Such as ``S003``.
    round
        Number of its batch, 1 for the first.
    formulation
        The recipe.
    predictions
        What was predicted then: label of an objective or constraint to value, low and high.
    why
        One line.
    """

    id: str
    round: int
    formulation: Formulation
    predictions: Mapping[str, Mapping[str, float | None]]
    why: str

    def to_dict(self) -> dict[str, Any]:
        """The form of the log."""
        return {
            "id": self.id,
            "round": self.round,
            "formulation": self.formulation.to_dict(),
            "predictions": {k: dict(v) for k, v in self.predictions.items()},
            "why": self.why,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One experiment: one bottle, one row of a file of results.

    Attributes
    ----------
    suggestion
        Suggestion it answers; None for a recipe of the laboratory's own.
    formulation
        What was in the bottle.
    status
        Whether it gave numbers.
    values
        Measured values: property and temperature (K, None where it has none) to value.
    comment
        What the chemist wrote.
    """

    suggestion: str | None
    formulation: Formulation
    status: Status
    values: Mapping[tuple[str, float | None], float]
    comment: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The form of the log."""
        return {
            "suggestion": self.suggestion,
            "formulation": self.formulation.to_dict(),
            "status": str(self.status),
            "values": [
                {"property": name, "temperature_k": temperature, "value": value}
                for (name, temperature), value in self.values.items()
            ],
            "comment": self.comment,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything suggested and recorded so far.

    Attributes
    ----------
    suggestions
        In the order of their ids.
    results
        In the order recorded; replicates are several results of one recipe.
    files
        SHA-256 of each file of results that was recorded, with its name.
    """

    suggestions: tuple[Suggestion, ...]
    results: tuple[Result, ...]
    files: Mapping[str, str]

    @property
    def n_rounds(self) -> int:
        """Batches suggested."""
        return max((s.round for s in self.suggestions), default=0)

    @property
    def pending(self) -> tuple[Suggestion, ...]:
        """Suggestions without any result."""
        answered = {r.suggestion for r in self.results}
        return tuple(s for s in self.suggestions if s.id not in answered)

    def suggestion(self, name: str) -> Suggestion | None:
        """The suggestion of an id, written in any case; None if there is none."""
        wanted = name.strip().upper()
        return next((s for s in self.suggestions if s.id == wanted), None)

    @property
    def measured(self) -> tuple[Result, ...]:
        """Results with numbers."""
        return tuple(r for r in self.results if r.status is Status.OK)

    @property
    def known_formulations(self) -> list[Formulation]:
        """Everything that is not to be suggested again: pending, measured, failed, skipped."""
        found = [s.formulation for s in self.suggestions]
        found += [r.formulation for r in self.results]
        return list({f.key: f for f in found}.values())


def replay(events: Iterable[Event]) -> State:
    """The state after all events."""
    suggestions: list[Suggestion] = []
    results: list[Result] = []
    files: dict[str, str] = {}
    for event in events:
        if event.kind == "suggested":
            suggestions += [_suggestion(item) for item in event.data["suggestions"]]
        elif event.kind == "recorded":
            results += [_result(item) for item in event.data["results"]]
            files[event.data["sha256"]] = event.data["file"]
    return State(suggestions=tuple(suggestions), results=tuple(results), files=files)


def next_ids(suggestions: Sequence[Suggestion], n: int) -> list[str]:
    """Ids of the next `n` suggestions."""
    return [f"S{len(suggestions) + i:03d}" for i in range(1, n + 1)]


def _suggestion(item: Mapping[str, Any]) -> Suggestion:
    return Suggestion(
        id=item["id"],
        round=item["round"],
        formulation=formulation_from_dict(item["formulation"]),
        predictions=item["predictions"],
        why=item["why"],
    )


def _result(item: Mapping[str, Any]) -> Result:
    return Result(
        suggestion=item["suggestion"],
        formulation=formulation_from_dict(item["formulation"]),
        status=Status(item["status"]),
        values={(v["property"], v["temperature_k"]): v["value"] for v in item["values"]},
        comment=item["comment"],
    )
