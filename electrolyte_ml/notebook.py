"""HTML tables and short names for the display of value objects in notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# Lines of a list that fit a glance.
_SHOWN_LINES = 12


def html_table(title: str, frame: pd.DataFrame, notes: Iterable[str] = ()) -> str:
    """HTML of a heading, a table and remarks below it.

    Parameters
    ----------
    title
        Plain text.
    frame
        The table; its index is not shown.
    notes
        Plain text, one line each; duplicates are dropped.
    """
    table = frame.to_html(index=False, na_rep="", float_format=lambda x: f"{x:.5g}")
    lines = [escape(note) for note in dict.fromkeys(notes)]
    if len(lines) > _SHOWN_LINES:
        lines = [*lines[:_SHOWN_LINES], f"and {len(lines) - _SHOWN_LINES} more"]
    below = f"<small>{'<br>'.join(lines)}</small>" if lines else ""
    return f"<div><b>{escape(title)}</b>{table}{below}</div>"


def shortened(names: Iterable[str], most: int = 4) -> str:
    """Names with commas, and the number of the others."""
    listed = list(names)
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more} more" if more > 0 else "")
