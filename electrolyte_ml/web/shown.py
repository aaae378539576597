"""Numbers and drawings as the page shows them: in chosen units, with a bar for the interval."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

from markupsafe import Markup

from electrolyte_ml.properties import Property
from electrolyte_ml.report.columns import Column
from electrolyte_ml.report.plots import svg_text
from electrolyte_ml.report.text import difference_text, value_text
from electrolyte_ml.shipped_properties import LIQUID, LIQUID_HEADING
from electrolyte_ml.text import celsius, significant
from electrolyte_ml.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Record = Mapping[str, Any]
_CELSIUS, _KELVIN = "°C", "K"
# Units besides that of a property's name, and what a number in that is multiplied with.
_OTHER_UNITS = {"mS/cm": {"S/m": 0.1}, "g/cm3": {"kg/m3": 1000.0}}
_LIQUID_PARTS = ("freezes_below_k", "boils_above_k", "flash_point_k")
# A wider interval is unknown: a factor of four each way.
_BAR_FAR = math.log(4.0)
# Matplotlib's own rule for all elements of the page that it stands in; `page.css` has it.
_STYLE_SHEET = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownUnits:
    """Units that the user chose.

    Attributes
    ----------
    temperature, conductivity, density
        One of `CHOICES` each.
    """

    temperature: str = _CELSIUS
    conductivity: str = "mS/cm"
    density: str = "g/cm3"

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "temperature": (_CELSIUS, _KELVIN),
        "conductivity": ("mS/cm", "S/m"),
        "density": ("g/cm3", "kg/m3"),
    }

    @classmethod
    def of_cookies(cls, cookies: Mapping[str, str]) -> ShownUnits:
        """Units that a browser keeps as ``unit_NAME``; those of the package where it has none."""
        given = {name: unquote(cookies.get(f"unit_{name}", "")) for name in cls.CHOICES}
        return cls(**{n: unit for n, unit in given.items() if unit in cls.CHOICES[n]})

    def unit_of(self, known: Property) -> str:
        """Unit in which a property is shown."""
        if known.unit == _KELVIN:
            return self.temperature
        chosen = {self.conductivity, self.density} & set(_OTHER_UNITS.get(known.unit, ()))
        return next(iter(chosen), known.unit)

    def heading(self, column: Column) -> str:
        """Heading of a column."""
        if column.heading == LIQUID_HEADING:
            return column.heading.replace(_CELSIUS, self.temperature)
        known = column.properties[0]
        if len(column.properties) > 1 or known.heading:
            return column.heading
        return f"{known.label}, {self.unit_of(known)}" if known.unit else known.label

    def scaled(self, known: Property, prediction: Record) -> dict[str, Any]:
        """A prediction in the unit that is shown; temperatures as whole degrees."""
        if known.unit == _KELVIN:
            zero = ZERO_CELSIUS_K if self.temperature == _CELSIUS else 0.0
            return _with_ends(prediction, lambda kelvin: float(round(kelvin - zero)))
        return _with_ends(prediction, lambda number: self._factor(known) * number)

    def difference_text(self, known: Property, difference: Record) -> str:
        """What one recipe has more than another, in the unit that is shown."""
        if not known.is_logarithmic and known.unit != _KELVIN:
            difference = _with_ends(difference, lambda number: self._factor(known) * number)
        return difference_text(known, difference, self.unit_of(known))

    def _factor(self, known: Property) -> float:
        return _OTHER_UNITS.get(known.unit, {}).get(self.unit_of(known), 1.0)

    def temperature_text(self, kelvin: float) -> str:
        """A temperature, such as ``25 °C``."""
        return celsius(kelvin) if self.temperature == _CELSIUS else f"{kelvin:.5g} K"


def _with_ends(prediction: Record, change: Callable[[float], float]) -> dict[str, Any]:
    """A prediction whose value and ends are changed."""
    ends = {name: prediction[name] for name in ("value", "low", "high")}
    return {**prediction, **{n: None if v is None else change(v) for n, v in ends.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """A cell of a table of predictions.

    Attributes
    ----------
    text
        The value, or all there is to say.
    interval
        The ends of its interval, such as ``4.9 to 8.3``; empty for none.
    flag
        Why the model is not sure of its ground; empty if it is.
    bar
        Left end, value and right end of the interval on the scale of the column, each 0 to 100.
    """

    text: str
    interval: str = ""
    flag: str = ""
    bar: tuple[float, float, float] | None = None


def column_cells(column: Column, records: Sequence[Record], units: ShownUnits) -> list[ShownCell]:
    """Cells of a column, one for each record of a score."""
    if column.heading == LIQUID_HEADING and units.temperature == _KELVIN:
        return [ShownCell(text=_liquid_in_kelvin(record[LIQUID])) for record in records]
    known = column.properties[0]
    if len(column.properties) > 1 or not known.shows_interval:
        scaled = [
            {**record, **{p.name: units.scaled(p, record[p.name]) for p in column.properties}}
            if not known.nested_in
            else record
            for record in records
        ]
        return [ShownCell(text=column.cell(record)) for record in scaled]
    return prediction_cells(known, [record[known.name] for record in records], units)


def prediction_cells(
    known: Property, predictions: Sequence[Record], units: ShownUnits
) -> list[ShownCell]:
    """Predictions of one property with their intervals, on one scale."""
    held = [units.scaled(known, p) for p in predictions]
    scale = _scale(known, held)
    return [_cell(known, prediction, scale) for prediction in held]


def _cell(known: Property, prediction: Record, scale: tuple[float, float] | None) -> ShownCell:
    reason = prediction["reason"] or ""
    if prediction["value"] is None:
        return ShownCell(text="-", flag=reason)
    flag = "" if prediction["in_domain"] else reason or "outside the model's domain"
    # Degrees have no factors, and of a rough property the number is shown.
    as_number = known.is_rough or known.unit == _KELVIN
    number = significant(prediction["value"], known.digits)
    text = number if as_number else value_text(prediction, known.digits)
    if prediction["coverage"] == 1:
        return ShownCell(text=text, flag=flag)
    low, high = (
        "?" if prediction[end] is None else significant(prediction[end], known.digits)
        for end in ("low", "high")
    )
    return ShownCell(
        text=text,
        interval=f"{low} to {high}",
        flag=flag,
        bar=None if scale is None else _bar(known, prediction, scale),
    )


def _scale(known: Property, predictions: Sequence[Record]) -> tuple[float, float] | None:
    """Ends of the scale of a column of bars, as logarithms for logarithmic properties.

    That of a logarithmic property reaches a factor beyond all values, so that the length of a bar
    means the same in every table.
    """
    held = [p for p in predictions if p["value"] is not None]
    values = [_place(known, p["value"]) for p in held]
    ends = [_place(known, p[end]) for p in held for end in ("low", "high") if p[end] is not None]
    places = [place for place in (*values, *ends) if place is not None]
    if not ends or len(places) < len(values) + len(ends):
        return None
    if known.is_logarithmic:
        places = [v + far for v in places[: len(values)] for far in (-_BAR_FAR, _BAR_FAR)]
    low, high = min(places), max(places)
    return (low, high) if high > low else None


def _place(known: Property, number: float) -> float | None:
    if not known.is_logarithmic:
        return number
    return math.log(number) if number > 0 else None


def _bar(
    known: Property, prediction: Record, scale: tuple[float, float]
) -> tuple[float, float, float] | None:
    low, high = scale
    found = []
    for name in ("low", "value", "high"):
        number = prediction[name]
        place = None if number is None else _place(known, number)
        if place is None:
            return None
        found.append(round(100 * min(1.0, max(0.0, (place - low) / (high - low))), 1))
    return found[0], found[1], found[2]


def _liquid_in_kelvin(liquid: Record) -> str:
    return " / ".join(
        "-"
        if liquid[name] is None
        else f"{liquid[name]:.0f}{'' if liquid[f'{name}_in_domain'] else ' ?'}"
        for name in _LIQUID_PARTS
    )


def drawn(figure: Figure, *, name: str, title: str) -> Markup:
    """A figure as an SVG element of a page; see `svg_text`."""
    return embedded(svg_text(figure, name=name, title=title))


def embedded(svg: str) -> Markup:
    """An SVG element of ours without its style sheet, which would hold for the whole page."""
    return Markup(_STYLE_SHEET.sub("", svg))
