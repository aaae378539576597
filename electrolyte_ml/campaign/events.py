"""The append-only log of a campaign, and the state replayed from it.

A line is a JSON object with its number, the time, the event, and the SHA-256 of the line before it.
Changing, removing or inserting a line breaks this hash chain. Two small files beside the log,
``log.head`` and ``.log.seal``, hold number and hash of the last line, so missing lines at the end
and a changed last line are detected as long as one of the two is left as it was. One action is one
line, so a killed process leaves an action either done or not done.

All this detects accidents: a slip of an editor, a synchronised folder that went back, half a copy.
No secret is part of it, so nobody is kept from making log, head and seal anew together, and a
folder that was put back as a whole to an earlier day looks like that day.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from electrolyte_ml.errors import ElectrolyteError, InputError, InputErrors
from electrolyte_ml.files import write_text, writing
from electrolyte_ml.formulation import Formulation, formulation_from_dict
from electrolyte_ml.notebook import html_table, shortened
from electrolyte_ml.prediction import shown
from electrolyte_ml.search.objectives import at_temperature

if TYPE_CHECKING:
    import pandas as pd

_NO_LINE = "0" * 64

# No log has more lines than these digits can tell.
_MOST_DIGITS = 12

_ADVICE = (
    "restore the folder from a backup, or begin a new campaign and record the rows of measured.csv "
    "there"
)

# Seconds to wait for another process: longer than recording takes, shorter than a long search.
_PATIENCE = 60.0


#: A measured property and its temperature, K; None where it has none.
Quantity = tuple[str, float | None]


def column_name(quantity: Quantity) -> str:
    """Name of the column of a quantity, such as ``conductivity_ms_cm at 25 degC``."""
    name, temperature = quantity
    return name + at_temperature(temperature)


class CampaignLogError(InputErrors):
    """The log of a campaign was changed after it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the log.

    Attributes
    ----------
    number
        1 for the first line.
    time
        Time, UTC, ISO 8601.
    kind
        Kind of event: ``created``, ``suggested`` or ``recorded``.
    data
        Content of the event.
    """

    number: int
    time: str
    kind: str
    data: Mapping[str, Any]


class CampaignLog:
    """Append-only log.

    Parameters
    ----------
    path
        The file of lines; head and seal, which both know its last line, are kept beside it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.head = path.with_suffix(".head")
        self.seal = path.with_name(f".{path.stem}.seal")
        self._lock = FileLock(path.with_suffix(".lock"), timeout=_PATIENCE)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other process from adding events, from reading the log to adding to it.

        The system releases the lock of a killed process.

        Raises
        ------
        InputError
            If another process is still at work after a minute.
        UnwritableError
            If nothing can be written in the folder.
        """
        with writing(self.path):
            try:
                self._lock.acquire()
            except Timeout:
                raise InputError(
                    f"{self.path.parent}: the campaign is busy: another process suggests or "
                    "records there; nothing was done, try again when it has finished"
                ) from None
        try:
            yield
        finally:
            self._lock.release()

    def read(self) -> tuple[Event, ...]:
        """All events, the chain checked.

        A last line cut short by a killed process is no event.

        Raises
        ------
        CampaignLogError
            If lines were changed, removed or inserted; one message for each fault.
        """
        events, _ = self._checked()
        return events

    def append(self, kind: str, data: Mapping[str, Any]) -> Event:
        """Add an event; it is on disk on return.

        Raises
        ------
        CampaignLogError
            If the log is damaged; then nothing is added.
        """
        with self.alone():
            events, last_hash = self._checked()
            self._mend_end()
            event = Event(
                number=len(events) + 1,
                time=datetime.now(UTC).isoformat(timespec="seconds"),
                kind=kind,
                data=data,
            )
            line = _line(event, last_hash)
            with writing(self.path), self.path.open("ab") as file:
                file.write(line + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self._write_head(event.number, _sha256(line))
            write_text(self.seal, f"{event.number} {_sha256(line)}\n")
        return event

    def _checked(self) -> tuple[tuple[Event, ...], str]:
        """Events, and the hash of the last line."""
        faults: list[str] = []
        events: list[Event] = []
        # Before the lines: another process may add a line while they are read.
        ends = {path.name: path.read_bytes() for path in (self.head, self.seal) if path.is_file()}
        hashes = [_NO_LINE]
        for number, line in enumerate(self._whole_lines(), start=1):
            place = f"{self.path}, line {number}"
            event = _event(line, number, hashes[-1], place, faults)
            if event is not None:
                events.append(event)
            hashes.append(_sha256(line))
        for name, end in ends.items():
            faults += self._missing_at_end(name, end, hashes)
        if not ends and events and events[0].data.get("sealed"):
            faults.append(
                f"{self.path}: {self.head.name} and {self.seal.name} are both gone, so that nobody "
                "knows whether lines at its end are missing"
            )
        faults = list(dict.fromkeys(faults))
        if faults:
            raise CampaignLogError([*faults, f"{self.path}: the log is not whole; {_ADVICE}"])
        return tuple(events), hashes[-1]

    def _missing_at_end(self, name: str, end: bytes, hashes: Sequence[str]) -> list[str]:
        """Faults of the end of the log, against the file `name` that knows number and hash."""
        digits, _, digest = end.decode("ascii", "replace").strip().partition(" ")
        number = int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else None
        if number is None or len(digest) != len(_NO_LINE):
            return [f"{self.path.with_name(name)}: does not hold number and hash of a line"]
        if len(hashes) <= number:
            return [
                f"{self.path}: {name} knows of {number} lines, the log has "
                f"{len(hashes) - 1}: lines at its end were removed"
            ]
        if hashes[number] != digest:
            return [f"{self.path}, line {number}: the line was changed after it was written"]
        return []

    def _whole_lines(self) -> Iterator[bytes]:
        """Complete lines, and the last one without a line end if it is complete JSON."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            raise CampaignLogError([f"{self.path}: no such file; is this a campaign?"]) from None
        *lines, rest = content.split(b"\n")
        yield from lines
        if rest and _is_json(rest):
            yield rest

    def _mend_end(self) -> None:
        """End the file with a line end; a line cut short is moved to a file beside the log."""
        content = self.path.read_bytes()
        rest = content[content.rfind(b"\n") + 1 :]
        if not rest:
            return
        with self.path.open("rb+") as file:
            if _is_json(rest):
                file.seek(0, os.SEEK_END)
                file.write(b"\n")
            else:
                self.path.with_suffix(".torn").write_bytes(rest)
                file.truncate(len(content) - len(rest))
            file.flush()
            os.fsync(file.fileno())

    def _write_head(self, number: int, digest: str) -> None:
        write_text(self.head, f"{number} {digest}\n")


def _line(event: Event, previous: str) -> bytes:
    content = {
        "n": event.number,
        "time": event.time,
        "event": event.kind,
        "data": event.data,
        "previous_sha256": previous,
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def _event(line: bytes, number: int, previous: str, place: str, faults: list[str]) -> Event | None:
    try:
        content = json.loads(line)
        event = Event(
            number=content["n"],
            time=content["time"],
            kind=content["event"],
            data=content["data"],
        )
        held = content["previous_sha256"]
        if not isinstance(event.data, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        faults.append(f"{place}: cannot be read as an event")
        return None
    if event.number != number:
        faults.append(f"{place}: is numbered {event.number}; a line was removed or inserted")
    elif held != previous:
        faults.append(
            f"{place}: does not fit the line before it, which was changed after it was written"
        )
    return event


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _sha256(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


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


class Suggestions(tuple[Suggestion, ...]):
    """One batch of suggestions.

    `to_frame` gives a table to fill in: with a column of measured values, such as
    ``conductivity_ms_cm at 25 degC``, `Campaign.record` takes it.
    """

    __slots__ = ()

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
    results: list[Result] = []
    files: dict[str, str] = {}
    for event in events:
        try:
            if event.kind == "suggested":
                suggestions += [_suggestion(item) for item in event.data["suggestions"]]
            elif event.kind == "recorded":
                results += [_result(item) for item in event.data["results"]]
                files[event.data["sha256"]] = event.data["file"]
        except (KeyError, TypeError, ValueError, AttributeError, ElectrolyteError) as error:
            raise CampaignLogError(
                [
                    f"{name}, line {event.number}: cannot be read as {event.kind}: {error!r}",
                    f"{name}: the log is not whole; {_ADVICE}",
                ]
            ) from error
    return CampaignState(suggestions=tuple(suggestions), results=tuple(results), files=files)


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
