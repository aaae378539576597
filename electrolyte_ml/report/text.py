"""Numbers as text, the console, and JSON text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from electrolyte_ml.prediction import is_unknown
from electrolyte_ml.text import significant
from electrolyte_ml.units import ZERO_CELSIUS_K

_NARROWEST = 100


def output_console() -> Console:
    """Console on standard output, wide enough for a table also where output is not a terminal."""
    width = max(shutil.get_terminal_size(fallback=(180, 40)).columns, _NARROWEST)
    return Console(width=width, highlight=False, markup=False)


def interval(prediction: Mapping[str, Any], digits: int = 3) -> str:
    """A prediction as ``6.4 (4.9-8.3)``, with ``?`` outside the model's domain.

    A prediction whose interval is too wide to be useful is ``unknown (5-124) ?``.
    """
    if prediction["value"] is None:
        return "-"
    flag = "" if prediction["in_domain"] else " ?"
    bounds = (prediction["low"], prediction["high"])
    low, high = ("?" if bound is None else significant(bound, digits) for bound in bounds)
    return f"{value_text(prediction, digits)} ({low}-{high}){flag}"


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
        else f"{liquid[name] - ZERO_CELSIUS_K:.0f}{'' if liquid[f'{name}_in_domain'] else ' ?'}"
        for name in ("freezes_below_k", "boils_above_k", "flash_point_k")
    )


def dump_json(value: object) -> str:
    """JSON text as all verbs print it; NaN raises, since JSON has none."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
