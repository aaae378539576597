"""Standard output and error where they cannot hold all text: other encodings, full disks."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.files import writing

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


def write_plainly() -> None:
    """Let standard output and error write ``degC`` for the sign where they cannot encode it."""
    codecs.register_error(_HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


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
