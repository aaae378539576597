"""How names are compared, and which known name a misspelt one may have meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Protocol


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_SPACES_AND_DASHES = re.compile(r"[\s_\-‐-―]+")


def normalise_name(name: str) -> str:
    """Form in which names are compared: no case, spaces, hyphens or underscores.

    Examples
    --------
    >>> normalise_name("2-Methyl THF")
    '2methylthf'
    """
    return _SPACES_AND_DASHES.sub("", name).casefold()


def suggestion(name: str, known: Mapping[str, _Named]) -> str:
    """``; did you mean 'diglyme'?``, or nothing where no normalised name is close."""
    close = difflib.get_close_matches(normalise_name(name), known, n=2, cutoff=0.6)
    names = list(dict.fromkeys(known[c].name for c in close))
    return f"; did you mean {' or '.join(map(repr, names))}?" if names else ""
