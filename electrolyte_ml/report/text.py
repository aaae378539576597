"""Numbers as text, the console, and JSON text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table

from electrolyte_ml.prediction import is_unknown
from electrolyte_ml.properties import Property
from electrolyte_ml.text import harmless, significant
from electrolyte_ml.units import ZERO_CELSIUS_K

#: Where figures and words of tables are explained.
READING = "What figures mean: docs/reading_results.md"
# Consoles narrower than this write tables that do not fit as lists.
_WIDE_ENOUGH = 100
_UNBOUNDED = 10_000
# Differences from here on are told as factors.
_FACTOR_NOT_PERCENT = 3.0


class _OutputConsole(Console):
    """A console that breaks no word of a table; where it is too narrow it writes lists."""

    def print(self, *objects: Any, **more: Any) -> None:
        super().print(*map(self._fitting, objects), **more)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """What is shown, without characters of names that would steer the terminal."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(harmless(segment.text), segment.style)

    def _fitting(self, shown: Any) -> Any:
        if not isinstance(shown, Table):
            return shown
        needed = self.measure(shown, options=self.options.update(width=_UNBOUNDED)).maximum
        if needed <= self.width:
            return shown
        widths = _shared_out(shown, needed - self.width)
        if widths is None:
            return _as_list(shown) if self.width < _WIDE_ENOUGH else shown
        for column, width in zip(shown.columns, widths, strict=True):
            column.width = width
        return shown


def _shared_out(table: Table, too_much: int) -> list[int] | None:
    """Widths of columns that need `too_much` fewer characters in all, without a broken word.

    The widest columns give them. None where the longest words need more.
    """
    texts = [[str(column.header), *map(str, column.cells)] for column in table.columns]
    whole = [max(map(len, cells)) for cells in texts]
    words = [
        full if c.no_wrap else max((len(w) for text in cells for w in text.split()), default=0)
        for c, cells, full in zip(table.columns, texts, whole, strict=True)
    ]
    for widest in range(max(whole), 0, -1):
        widths = [min(w, max(least, widest)) for w, least in zip(whole, words, strict=True)]
        if sum(widths) <= sum(whole) - too_much:
            return widths
    return None


def output_console() -> Console:
    """Console on standard output, as wide as the terminal, or 180 columns where there is none."""
    width = shutil.get_terminal_size(fallback=(180, 40)).columns
    return _OutputConsole(width=width, highlight=False, markup=False)


def _as_list(table: Table) -> str:
    """Rows of a table one below the other: the first cell, then the others with their headings."""
    headings = [str(column.header) for column in table.columns]
    lines = [str(table.title)] if table.title else []
    for first, *others in zip(*(column.cells for column in table.columns), strict=True):
        lines.append(str(first))
        pairs = zip(headings[1:], others, strict=True)
        lines += [f"  {heading}: {cell}" for heading, cell in pairs if str(cell)]
    return "\n".join(lines)


def interval(prediction: Mapping[str, Any], digits: int = 3, *, is_rough: bool = False) -> str:
    """A prediction as ``6.4 (4.9-8.3)``, with ``?`` outside the model's domain.

    A prediction whose interval is too wide to be useful is ``unknown (5-124) ?``, but of a property
    that `is_rough` the number is shown.
    """
    if prediction["value"] is None:
        return "-"
    flag = "" if prediction["in_domain"] else " ?"
    bounds = (prediction["low"], prediction["high"])
    low, high = ("?" if bound is None else significant(bound, digits) for bound in bounds)
    dash = " to " if low.startswith("-") else "-"
    value = significant(prediction["value"], digits) if is_rough else value_text(prediction, digits)
    return f"{value} ({low}{dash}{high}){flag}"


def difference_text(known: Property, difference: Mapping[str, Any], unit: str = "") -> str:
    """What one recipe has more than another: ``+27 % (+5 to +51 %)``, or in the property's unit.

    Differences that may be zero are ``alike``; beyond a factor of three, factors are shown.
    """
    ends = [difference[name] for name in ("value", "low", "high")]
    if difference["value"] is None:
        return "-"
    nothing = 1.0 if known.is_logarithmic else 0.0
    if ends == [nothing] * 3:
        return "equal"
    value, low, high = _factor_texts(ends) if known.is_logarithmic else map(_signed, ends)
    unsure = None not in ends and ends[1] <= nothing <= ends[2]
    shown = f"{value} {unit}".rstrip() if not known.is_logarithmic else value
    words = shown if ends[1] == ends[2] else f"{shown} ({low} to {high})"
    return f"{words}, alike" if unsure else words


def _factor_texts(factors: Sequence[float]) -> list[str]:
    value = factors[0]
    if 1 / _FACTOR_NOT_PERCENT < value < _FACTOR_NOT_PERCENT:
        value_, low, high = (f"{100 * (f - 1):+.0f}" for f in factors)
        return [f"{value_} %", low, f"{high} %"]
    value_, low, high = (significant(f, 2) for f in factors)
    return [f"{value_} times", low, high]


def _signed(number: float | None) -> str:
    if number is None:
        return "?"
    text = significant(number, 2)
    return text if text.startswith("-") or text == "0" else f"+{text}"


def value_text(prediction: Mapping[str, Any], digits: int = 3) -> str:
    """The value of a prediction, or ``unknown`` where its interval is too wide to be useful."""
    if is_unknown(prediction.get("low"), prediction.get("high")):
        return "unknown"
    return significant(prediction["value"], digits)


def liquid_range_text(liquid: Mapping[str, Any]) -> str:
    """Freezing, boiling and flash point in degrees Celsius, with ``?`` out of the domain."""
    return " / ".join(
        "-"
        if liquid[name] is None
        else f"{liquid[name] - ZERO_CELSIUS_K:z.0f}{'' if liquid[f'{name}_in_domain'] else ' ?'}"
        for name in ("freezes_below_k", "boils_above_k", "flash_point_k")
    )


def spelt_out(sentence: str) -> str:
    """The sentence with the ``?`` of the terminal (outside the domain) in words."""
    words = sentence.strip()
    if words.startswith("? "):
        words = words.removeprefix("? ")
        return words[0].upper() + words[1:] + "."
    return words.replace(" ? mS/cm", " mS/cm (outside the model's domain)")


def dump_json(value: object) -> str:
    """JSON text as all verbs print it; NaN raises, since JSON has none."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
