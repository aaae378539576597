"""Standard output and error where they cannot hold all text: other encodings, full disks."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.files import writing
from electrolyte_ml.text import harmless

_HANDLER = "electrolyte_ml.plain"
_PLAIN = {
    "°": "deg",
    "º": "deg",
    "℃": "degC",
    "–": "-",
    "—": "-",
    "−": "-",
    "⁻": "-",
    "µ": "u",
    "μ": "u",
    "·": "*",
    "×": "x",
    "²": "2",
    "³": "3",
    "±": "+/-",
    "≤": "<=",
    "≥": ">=",
    "…": "...",
}


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Signs that an encoding lacks as plain letters, or ``?``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign, "?") for sign in signs), error.end


class _HarmlessStream:
    """A stream that is given no text which steers a terminal: names may come from anywhere.

    Parameters
    ----------
    stream
        Where the text goes.
    """

    def __init__(self, stream: TextIO) -> None:
        #: Rich looks for this name, and writes its own colours there; see `output_console`.
        self.rich_proxied_file = stream

    def write(self, text: str) -> int:
        """Write `text` without what steers a terminal."""
        self.rich_proxied_file.write(harmless(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


def write_plainly() -> None:
    """Let standard output and error write ``degC`` for the sign where they cannot encode it.

    Characters that steer a terminal, such as those of escape sequences, are replaced.
    """
    codecs.register_error(_HANDLER, _plain)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)
            setattr(sys, name, _HarmlessStream(stream))


@contextmanager
def flushed_output() -> Iterator[None]:
    """Write all of standard output at the end, so that a full disk is an error of ours.

    Raises
    ------
    UnwritableError
        If the output cannot be written.
    BrokenPipeError
        If the reader of a pipe closed it.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except ElectrolyteError:
        raise
    except BrokenPipeError:
        _discard_output()
        raise
    except OSError as error:
        if error.filename is not None:
            raise
        _discard_output()
        with writing("the output"):
            raise


def _discard_output() -> None:
    """Send what standard output still holds nowhere: it is tried again when Python ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except io.UnsupportedOperation:
        return
