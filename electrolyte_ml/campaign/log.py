"""The append-only log of a campaign.

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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from electrolyte_ml.errors import InputError, InputErrors
from electrolyte_ml.files import write_text, writing

#: What to do with a log that is not whole.
ADVICE = (
    "restore the folder from a backup, or begin a new campaign and record the rows of measured.csv "
    "there"
)
_NO_LINE = "0" * 64
# No log has more lines than these digits can tell.
_MOST_DIGITS = 12
# Seconds to wait for another process: longer than recording takes, shorter than a long search.
_PATIENCE = 60.0


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
            raise CampaignLogError([*faults, f"{self.path}: the log is not whole; {ADVICE}"])
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
