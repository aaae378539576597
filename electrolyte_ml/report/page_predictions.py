"""Predictions of a recipe as rows of the report's table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from electrolyte_ml.report.text import value_text
from electrolyte_ml.search.properties import LIQUID_RANGE, needs_temperature, property_words
from electrolyte_ml.text import celsius, significant
from electrolyte_ml.units import ZERO_CELSIUS_K

# What models add to a prediction, in words; {} is the value.
_WORDS_OF_NOTES = {
    "reference": "against {}",
    "limiting_species": "limited by {}",
    "tier": "{}",
}
_TIERS = {
    "table": "computed",
    "calculation": "from your own calculation",
    "model": "learned, not computed",
}
_STANDARD = {"value", "low", "high", "coverage", "in_domain", "reason"}


def prediction_rows(records: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Rows of every property with a value, over all temperatures.

    Parameters
    ----------
    records
        Scores in the contract's form, one a temperature.

    Returns
    -------
    list of dict
        ``words``, ``at``, ``value``, ``interval``, ``coverage`` and ``note``, all as text.
    """
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for record in records:
        for name, prediction in _properties(record):
            if prediction.get("value") is None:
                continue
            depends = needs_temperature(name)
            at = celsius(record["temperature_k"]) if depends else ""
            # A property without a temperature stands once, whatever the temperatures of the others.
            rows.setdefault((name, at), {**_row(name, prediction), "at": at})
    return sorted(rows.values(), key=lambda row: row["at"] == "")


def not_predicted(records: Sequence[Mapping[str, Any]]) -> str:
    """Properties without a value and why, as one line."""
    missing: dict[str, None] = {}
    for record in records:
        for name, prediction in _properties(record):
            if prediction.get("value") is None:
                reason = prediction.get("reason")
                words = property_words(name)[0]
                missing[f"{words} ({reason})" if reason else words] = None
    return "; ".join(missing)


def _properties(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Predictions of a record by name, those of the liquid range as well."""
    for name, content in record.items():
        if name == "liquid":
            yield from ((inner, _of_liquid(content, inner)) for inner in LIQUID_RANGE)
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
    words, unit = property_words(name)
    if name in LIQUID_RANGE:
        return {**_thermometer(prediction), "words": f"{words}, °C"}
    low, high, coverage = (prediction.get(key) for key in ("low", "high", "coverage"))
    if low == high:
        # What follows from the recipe by arithmetic is certain.
        low = coverage = None
    return {
        "words": f"{words}, {unit}" if unit else words,
        "value": value_text(prediction),
        "interval": "" if low is None else f"{significant(low)} to {significant(high)}",
        "coverage": "" if coverage is None else f"{coverage:.0%}",
        "note": "; ".join(_notes(prediction)),
    }


def _thermometer(prediction: Mapping[str, Any]) -> dict[str, str]:
    """A temperature in degrees Celsius; nobody measures it to better than a degree."""
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
    """The domain's reason, then whatever else a model says: a reference, a limiting species."""
    if prediction.get("reason"):
        yield str(prediction["reason"])
    for key, value in prediction.items():
        if key not in _STANDARD and value:
            words = _WORDS_OF_NOTES.get(key, f"{key.replace('_', ' ')}: {{}}")
            yield words.format(_TIERS.get(value, value) if key == "tier" else value)
