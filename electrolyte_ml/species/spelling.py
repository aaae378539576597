"""How names are compared, and which known name a misspelt one may have meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from electrolyte_ml.text import did_you_mean


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
    shown = {form: species.name for form, species in known.items()}
    return did_you_mean(normalise_name(name), shown, most=2)
