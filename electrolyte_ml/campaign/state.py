"""What was suggested and measured in a campaign: its state, replayed from the events of the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from electrolyte_ml.campaign.log import ADVICE, CampaignLogError, Event
from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.formulation import Formulation, formulation_from_dict
from electrolyte_ml.notebook import html_table, shortened
from electrolyte_ml.prediction import shown
from electrolyte_ml.properties import registered_property
from electrolyte_ml.search.objectives import at_temperature

if TYPE_CHECKING:
    import pandas as pd

#: A measured property and its temperature, K; None where it has none.
Quantity = tuple[str, float | None]


def column_name(quantity: Quantity) -> str:
    """Name of the column of a quantity, such as ``conductivity_ms_cm at 25 degC``."""
    name, temperature = quantity
    return name + at_temperature(temperature)


class Goal(StrEnum):
    """What suggestions are for."""

    BEST = "best"
    LEARN = "learn"


class Status(StrEnum):
    """Status of an experiment."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Suggestion:
    """A recipe suggested for measurement.

    Attributes
    ----------
    id
        Id, such as ``S003``.
    round
        Number of its batch, 1 for the first.
    formulation
        The recipe.
    predictions
        Predictions at that time: label of an objective or constraint to value, low and high.
    why
        Reason for the suggestion, one line.
    """

    id: str
    round: int
    formulation: Formulation
    predictions: Mapping[str, Mapping[str, float | None]]
    why: str

    def __repr__(self) -> str:
        return f"<Suggestion {self.id}: {self.formulation.notation()}>"

    def _repr_html_(self) -> str:
        import pandas as pd

        frame = pd.DataFrame([{label: shown(p) for label, p in self.predictions.items()}])
        title = f"To measure: {self.id}, {self.formulation.notation()}"
        return html_table(title, frame, [self.why])

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
class LearningGain:
    """What is to be gained by measuring, by property.

    Attributes
    ----------
    before, after
        Root mean square of the errors expected over the sample, by property: in log10 for one whose
        error is a factor.
    """

    before: Mapping[str, float]
    after: Mapping[str, float]

    def __str__(self) -> str:
        """In one sentence, such as ``expected error of the conductivity: 45 % now, 31 % then``."""
        return "; ".join(
            f"expected error of the {registered_property(name).label}: "
            f"{_error_words(name, self.before[name])} now, "
            f"{_error_words(name, self.after[name])} when these are measured"
            for name in self.before
        )

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {
            name: {"rms_before": self.before[name], "rms_after": self.after[name]}
            for name in self.before
        }


def _error_words(name: str, rms: float) -> str:
    known = registered_property(name)
    if known.is_logarithmic:
        return f"{100 * (10**rms - 1):.0f} %"
    return f"{rms:.2g} {known.unit}".rstrip()


class Suggestions(tuple[Suggestion, ...]):
    """One batch of suggestions.

    `to_frame` gives a table to fill in: with a column of measured values, such as
    ``conductivity_ms_cm at 25 degC``, `Campaign.record` takes it.

    Attributes
    ----------
    gain
        What is to be gained by measuring them, where they were suggested to learn; None elsewhere.
    """

    gain: LearningGain | None = None

    def __repr__(self) -> str:
        recipes = (f"{s.id} {s.formulation.notation()}" for s in self)
        return f"<Suggestions, {len(self)} recipes: {shortened(recipes)}>"

    def _repr_html_(self) -> str:
        import pandas as pd

        words_of = [{label: shown(p) for label, p in s.predictions.items()} for s in self]
        frame = pd.DataFrame(
            [
                {"id": s.id, "recipe": s.formulation.notation(), **words, "why": s.why}
                for s, words in zip(self, words_of, strict=True)
            ]
        )
        return html_table("To measure next", frame)

    def to_frame(self) -> pd.DataFrame:
        """One line per suggestion: id, recipe, predictions with intervals, and the reason."""
        import pandas as pd

        predicted = [
            {
                f"predicted {label}{'' if end == 'value' else f' {end}'}": number
                for label, ends in s.predictions.items()
                for end, number in ends.items()
            }
            for s in self
        ]
        return pd.DataFrame(
            [
                {"id": s.id, "recipe": s.formulation.notation(), **numbers, "why": s.why}
                for s, numbers in zip(self, predicted, strict=True)
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One experiment, one row of a file of results.

    Attributes
    ----------
    suggestion
        Id of the suggestion; None for a recipe of the laboratory's own.
    formulation
        The recipe as made.
    status
        Status of the experiment.
    values
        Measured values: property and temperature (K, None where it has none) to value.
    comment
        Comment of the chemist.
    """

    suggestion: str | None
    formulation: Formulation
    status: Status
    values: Mapping[Quantity, float]
    comment: str = ""

    @property
    def columns(self) -> dict[str, float]:
        """Measured values by the names of their columns in a table."""
        return {column_name(quantity): value for quantity, value in self.values.items()}

    @property
    def property_names(self) -> set[str]:
        """Properties that were measured."""
        return {name for name, _ in self.values}

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
class CampaignState:
    """Suggestions and results of a campaign so far.

    Attributes
    ----------
    suggestions
        In the order of their ids.
    results
        In the order recorded; replicates are several results of one recipe. Those that were
        corrected are not among them.
    numbers
        Place of each result among all that were ever recorded, from 0.
    files
        SHA-256 of each file of results that was recorded, with its name.
    """

    suggestions: tuple[Suggestion, ...]
    results: tuple[Result, ...]
    numbers: tuple[int, ...]
    files: Mapping[str, str]

    @property
    def n_rounds(self) -> int:
        """Batches suggested."""
        return max((s.round for s in self.suggestions), default=0)

    @property
    def pending(self) -> tuple[Suggestion, ...]:
        """Suggestions without any result."""
        answered = {r.suggestion for r in self.results}
        made = {r.formulation.key for r in self.results}
        return tuple(
            s for s in self.suggestions if s.id not in answered and s.formulation.key not in made
        )

    def suggestion(self, name: str) -> Suggestion | None:
        """Suggestion of an id, in upper or lower case; None if there is none."""
        wanted = name.strip().upper()
        return next((s for s in self.suggestions if s.id == wanted), None)

    @property
    def measured(self) -> tuple[Result, ...]:
        """Results with numbers."""
        return tuple(r for r in self.results if r.status is Status.OK)

    @property
    def known_formulations(self) -> list[Formulation]:
        """Recipes not to be suggested again: pending, measured, failed, skipped."""
        found = [s.formulation for s in self.suggestions]
        found += [r.formulation for r in self.results]
        return list({f.key: f for f in found}.values())


def replay(events: Iterable[Event], name: str = "log") -> CampaignState:
    """The state after all events of the log called `name`.

    Raises
    ------
    CampaignLogError
        If an event does not hold what one of its kind holds; it names the line.
    """
    suggestions: list[Suggestion] = []
    results: dict[int, Result] = {}
    n_results = 0
    files: dict[str, str] = {}
    for event in events:
        try:
            if event.kind == "suggested":
                suggestions += [_suggestion(item) for item in event.data["suggestions"]]
            elif event.kind == "recorded":
                for item in event.data["results"]:
                    replaced = item.get("replaces")
                    if replaced is not None:
                        del results[replaced]
                    results[n_results] = _result(item)
                    n_results += 1
                files[event.data["sha256"]] = event.data["file"]
        except (KeyError, TypeError, ValueError, AttributeError, ElectrolyteError) as error:
            raise CampaignLogError(
                [
                    f"{name}, line {event.number}: cannot be read as {event.kind}: {error!r}",
                    f"{name}: the log is not whole; {ADVICE}",
                ]
            ) from error
    return CampaignState(
        suggestions=tuple(suggestions),
        results=tuple(results.values()),
        numbers=tuple(results),
        files=files,
    )


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
