"""Predictions of one recipe as rows of text, one a property."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from electrolyte_ml.properties import properties, registered_property
from electrolyte_ml.report.text import value_text
from electrolyte_ml.shipped_properties import LIQUID
from electrolyte_ml.text import celsius, significant
from electrolyte_ml.units import ZERO_CELSIUS_K

# Words for additional fields of predictions; {} is the value.
_NOTE_WORDS = {
    "reference": "against {}",
    "limiting_species": "limited by {}",
    "tier": "{}",
}

_TIER_WORDS = {
    "table": "computed",
    "calculation": "from your own calculation",
    "model": "learned, not computed",
}

_STANDARD_FIELDS = {"value", "low", "high", "coverage", "in_domain", "reason"}


def prediction_rows(records: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Rows of every property with a value, over all temperatures.

    Parameters
    ----------
    records
        Scores in the contract's form, one per temperature.

    Returns
    -------
    list of dict
        ``words``, ``at``, ``value``, ``interval``, ``coverage`` and ``note``, all as text.
    """
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for record in records:
        for name, prediction in predictions_of(record):
            if prediction.get("value") is None:
                continue
            depends = registered_property(name).at_temperature
            at = celsius(record["temperature_k"]) if depends else ""
            # A property that does not depend on temperature has one row.
            rows.setdefault((name, at), {**_row(name, prediction), "at": at})
    return sorted(rows.values(), key=lambda row: row["at"] == "")


def not_predicted(records: Sequence[Mapping[str, Any]]) -> str:
    """Properties without a value and why, as one line."""
    missing: dict[str, None] = {}
    for record in records:
        for name, prediction in predictions_of(record):
            if prediction.get("value") is None:
                reason = prediction.get("reason")
                words = registered_property(name).label
                missing[f"{words} ({reason})" if reason else words] = None
    return "; ".join(missing)


def predictions_of(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Predictions of a score by name, including those of the liquid range."""
    for name, content in record.items():
        if name == LIQUID:
            inside = (p.name for p in properties().values() if p.nested_in == LIQUID)
            yield from ((inner, _of_liquid(content, inner)) for inner in inside)
        elif isinstance(content, Mapping) and "value" in content:
            yield name, content


def _of_liquid(liquid: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A temperature of the liquid range in the form of the other predictions."""
    low, high = liquid.get(f"{name}_interval") or (None, None)
    known = liquid.get(f"{name}_in_domain", True)
    return {
        "value": liquid.get(name),
        "low": low,
        "high": high,
        "in_domain": known,
        "reason": None if known else "outside the model's domain",
    }


def _row(name: str, prediction: Mapping[str, Any]) -> dict[str, str]:
    known = registered_property(name)
    if known.unit == "K":
        return {**_thermometer(prediction), "words": f"{known.label}, °C"}
    low, high, coverage = (prediction.get(key) for key in ("low", "high", "coverage"))
    if low == high:
        # Properties that follow from the recipe by arithmetic have no interval.
        low = coverage = None
    return {
        "words": known.own_heading,
        "value": significant(prediction["value"]) if known.is_rough else value_text(prediction),
        "interval": "" if low is None else f"{significant(low)} to {significant(high)}",
        "coverage": "" if coverage is None else f"{coverage:.0%}",
        "note": "; ".join(_notes(prediction)),
    }


def _thermometer(prediction: Mapping[str, Any]) -> dict[str, str]:
    """Row of a temperature, in whole degrees Celsius."""
    value, low, high = (
        "" if kelvin is None else str(round(kelvin - ZERO_CELSIUS_K))
        for kelvin in (prediction[key] for key in ("value", "low", "high"))
    )
    return {
        "value": value,
        "interval": f"{low} to {high}" if low else "",
        "coverage": "",
        "note": prediction["reason"] or "",
    }


def _notes(prediction: Mapping[str, Any]) -> Iterator[str]:
    """Reason of the domain flag, then additional fields, such as a limiting species."""
    if prediction.get("reason"):
        yield str(prediction["reason"])
    for key, value in prediction.items():
        if key not in _STANDARD_FIELDS and value:
            words = _NOTE_WORDS.get(key, f"{key.replace('_', ' ')}: {{}}")
            yield words.format(_TIER_WORDS.get(value, value) if key == "tier" else value)
