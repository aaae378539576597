"""Slips of a whole table: values that lie a decade or more off what the models say.

The error of a row is the decadic logarithm of its value over the predicted one. The models learnt
from all measurements that the package knows, so that a paper, a sheet or a column whose errors all
lie far on one side is in another unit, in logarithms, at other temperatures or under the wrong
heading. Errors count in standard deviations of the predicted interval, and each recipe counts once:
a temperature series is one bottle. Nothing is changed and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.column_mapping import conversion
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.models.intervals import NORMAL_QUANTILE
from electrolyte_ml.models.scoring import Answers
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import Property, measurable_properties, property_of
from electrolyte_ml.text import counted, significant
from electrolyte_ml.units import ZERO_CELSIUS_K

_Floats = NDArray[np.float64]

# Models err by a factor of two or three on chemistry that they do not know, papers hardly ever.
_LEAST_LOG10 = 0.7
_LEAST_SDS = 3.0
# A single row: about a decade.
_DECADE, _FAR_SDS = 0.95, 4.0
# Outside of the domain the interval itself is a guess; less of one where a usual unit explains it.
_OUTSIDE_DOMAIN_SDS, _OUTSIDE_DOMAIN_SDS_OF_A_UNIT = 2.0, 1.3
# Fewer rows may be slips of single rows, unless they are off by this much.
_FEWEST_ROWS, _FAR_LOG10 = 3, 1.7
# Share of the recipes that must be off to the same side, and by how much.
_SAME_SIDE_SHARE, _SAME_SIDE_LOG10 = 0.8, 0.5
# How far rows may scatter about a common factor, and how well a cause must explain them.
_SCATTER_LOG10, _EXPLAINED_LOG10 = 0.35, 0.3
# Causes that explain about equally well are all named, up to this many.
_AS_GOOD_LOG10, _MOST_CAUSES = 0.1, 2
_LIQUID_K = (180.0, 480.0)
# Rows of one source that are compared: what a whole source is off shows in fewer.
_MOST_ROWS = 2000
_UNKNOWN_CAUSE = (
    "no usual slip of units has this factor; look at the unit, at logarithms, and at whether "
    "temperatures or the labels of columns, salts or solvents are swapped"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """Rows of one property that lie a common factor off what the models say.

    Attributes
    ----------
    property_name
        The property.
    source
        Paper or other source of the rows; empty if all rows of a table of several sources are off.
    rows
        Row numbers in the file, counted from 0, in order; the text counts from 1.
    n_recipes
        Recipes among them.
    is_part
        Whether other rows of the source are not off.
    offset_log10
        Decadic logarithm of the values over the predicted ones, median over recipes.
    causes
        What may be the cause, in words, the likeliest first; empty if nothing usual explains it.
    example
        One row with the value given and the one expected.
    """

    property_name: str
    source: str
    rows: tuple[int, ...]
    n_recipes: int
    is_part: bool
    offset_log10: float
    causes: tuple[str, ...]
    example: str

    def __str__(self) -> str:
        side = "above" if self.offset_log10 > 0 else "below"
        factor = significant(10 ** abs(self.offset_log10), 2)
        cause = f"likely cause: {'; or '.join(self.causes)}" if self.causes else _UNKNOWN_CAUSE
        return (
            f"{self.property_name}: {self._which} about {factor} times {side} what the models and "
            f"the measurements they learnt from say, such as {self.example}; {cause}"
        )

    @property
    def _which(self) -> str:
        rows = counted(len(self.rows), "row")
        lie = "lies" if len(self.rows) == 1 else "lie"
        whose = f" of {self.source}" if self.source else ""
        # People count the first row below the headings as 1.
        first, last = self.rows[0] + 1, self.rows[-1] + 1
        if self.is_part and len(self.rows) == 1:
            return f"row {first}{whose} {lie}"
        if self.is_part:
            return f"{rows}{whose} ({first} to {last}) {lie}"
        return f"{'all ' if len(self.rows) > 1 else ''}{rows}{whose} {lie}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "property": self.property_name,
            "source": self.source,
            "n_rows": len(self.rows),
            "rows": list(self.rows),
            "n_recipes": self.n_recipes,
            "is_part": self.is_part,
            "offset_log10": self.offset_log10,
            "causes": list(self.causes),
            "example": self.example,
        }


def find_slips(measurements: Measurements, *, single_rows: bool = False) -> tuple[Slip, ...]:
    """Sources of a table, or all of it, that lie a decade or more off what the models say.

    Parameters
    ----------
    measurements
        Values of one property; one that may be negative or that no model predicts has no slips.
    single_rows
        Name single rows of known chemistry that lie as far off, too; one slip for each.

    Returns
    -------
    tuple of Slip
        In the order of the sources in the file; then single rows.
    """
    kind = property_of(measurements.property_name)
    if not kind.positive or kind.predict is None or not len(measurements):
        return ()
    compared = _Compared.of(measurements, kind)
    if compared is None:
        return ()
    by_source = list(compared.by_source())
    if len(by_source) > 1 and compared.is_off() and not any(p.is_right() for p in by_source):
        return (compared.slip(source=""),)
    slips = []
    for part in by_source:
        off = part if part.is_off() else part.off_together()
        if off is not None:
            slips.append(off.slip(source=part.name, is_part=off is not part))
    if single_rows:
        named = {row for slip in slips for row in slip.rows}
        slips += [row.slip(source=row.name, is_part=True) for row in compared.far_rows(named)]
    return tuple(slips)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """Rows that a model predicts, with their errors.

    Attributes
    ----------
    kind
        Their property.
    measurements
        n rows.
    error
        Decadic logarithm of each value over the predicted one, shape (n,).
    sd
        Standard deviation of that prediction, decadic logarithm, shape (n,).
    inside
        Which rows the model has in its domain, shape (n,).
    """

    kind: Property
    measurements: Measurements
    error: _Floats
    sd: _Floats
    inside: NDArray[np.bool_]

    @classmethod
    def of(cls, measurements: Measurements, kind: Property) -> _Compared | None:
        """The rows that have a prediction; None if there are none."""
        taken = measurements.select(_spread_out(measurements))
        found = _predict(kind, taken)
        if found is None:
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.log10(taken.value / found.value)
            sd = np.log10(found.high / found.low) / (2 * NORMAL_QUANTILE)
        usable = np.flatnonzero(np.isfinite(error) & np.isfinite(sd) & (sd > 0))
        if not len(usable):
            return None
        return cls(
            kind=kind,
            measurements=taken.select(usable),
            error=error[usable],
            sd=sd[usable],
            inside=found.in_domain[usable],
        )

    def select(self, rows: NDArray[np.intp]) -> _Compared:
        return _Compared(
            kind=self.kind,
            measurements=self.measurements.select(rows),
            error=self.error[rows],
            sd=self.sd[rows],
            inside=self.inside[rows],
        )

    def by_source(self) -> Iterator[_Compared]:
        source = self.measurements.source
        for name in dict.fromkeys(source.tolist()):
            yield self.select(np.flatnonzero(source == name))

    def typical(self, values: _Floats) -> float:
        """Median over recipes of the median of each, of values of shape (n,)."""
        return float(np.median(self._of_recipes(values)))

    def _of_recipes(self, values: _Floats) -> _Floats:
        index = self.measurements.formulation_index
        order = np.argsort(index, kind="stable")
        ends = np.flatnonzero(np.diff(index[order])) + 1
        return np.array([np.median(part) for part in np.split(values[order], ends)])

    def is_off(self) -> bool:
        """Whether the rows lie off to one side, by a decade or so and far beyond the interval."""
        offset = self.typical(self.error)
        if abs(offset) < (_LEAST_LOG10 if len(self.error) >= _FEWEST_ROWS else _FAR_LOG10):
            return False
        to_this_side = self._of_recipes(np.sign(offset) * self.error) > _SAME_SIDE_LOG10
        return (
            self._is_beyond_doubt(offset)
            and float(to_this_side.mean()) >= _SAME_SIDE_SHARE
            and self.typical(np.abs(self.error - offset)) <= max(_SCATTER_LOG10, abs(offset) / 3)
        )

    def _is_beyond_doubt(self, offset: float) -> bool:
        """Whether an offset is far beyond the intervals."""
        of_a_unit = any(abs(offset + shift) <= _EXPLAINED_LOG10 for _, shift in _units(self.kind))
        wider = _OUTSIDE_DOMAIN_SDS_OF_A_UNIT if of_a_unit else _OUTSIDE_DOMAIN_SDS
        sd = np.where(self.inside, self.sd, wider * self.sd)
        return abs(self.typical(self.error / sd)) >= _LEAST_SDS

    def is_right(self) -> bool:
        """Whether the rows lie about where the model has them."""
        return abs(self.typical(self.error)) < _EXPLAINED_LOG10

    def off_together(self) -> _Compared | None:
        """Rows of known chemistry that share the factor of a usual slip of units; None if none."""
        far = self.inside & (np.abs(self.error) >= _LEAST_SDS * self.sd)
        for _, shift in _units(self.kind):
            alike = np.flatnonzero(far & (np.abs(self.error + shift) <= _EXPLAINED_LOG10))
            if len(alike) >= _FEWEST_ROWS and abs(shift) >= _FAR_LOG10:
                return self.select(alike)
        return None

    @property
    def name(self) -> str:
        """Source of the first row."""
        return str(self.measurements.source[0])

    def far_rows(self, named: Collection[int]) -> Iterator[_Compared]:
        """Rows of known chemistry about a decade or more off, beyond the interval by far.

        Rows whose numbers are among those `named` are left out.
        """
        off = np.abs(self.error)
        for row in np.flatnonzero(self.inside & (off >= _DECADE) & (off >= _FAR_SDS * self.sd)):
            if int(self.measurements.source_row[row]) not in named:
                yield self.select(np.array([row]))

    def slip(self, *, source: str, is_part: bool = False) -> Slip:
        offset = self.typical(self.error)
        row = int(np.argmin(np.abs(self.error - offset)))
        return Slip(
            property_name=self.kind.name,
            source=source,
            rows=tuple(sorted(self.measurements.source_row.tolist())),
            n_recipes=len(np.unique(self.measurements.formulation_index)),
            is_part=is_part,
            offset_log10=offset,
            # A single number that is wrong agrees with one cause or another by chance.
            causes=self._causes(only_units=is_part and len(self.error) == 1),
            example=self._example(row),
        )

    def _example(self, row: int) -> str:
        held, unit = self.measurements, self.kind.unit
        kelvin = held.temperature_k[row]
        at = f" at {kelvin:.2f} K" if self.kind.at_temperature else ""
        expected = held.value[row] / 10 ** self.error[row]
        return (
            f"{held.formulations[held.formulation_index[row]].notation()}{at}, given as "
            f"{significant(held.value[row])} and expected near {significant(expected)} {unit}"
        )

    def _causes(self, *, only_units: bool) -> tuple[str, ...]:
        explanations = self._of_units() if only_units else self._explanations()
        fits = [(words, self.typical(np.abs(left))) for words, left in explanations]
        best = min((fit for _, fit in fits), default=np.inf)
        if best > max(_EXPLAINED_LOG10, self.typical(self.sd)):
            return ()
        good = [words for words, fit in fits if fit <= best + _AS_GOOD_LOG10]
        return tuple(good[:_MOST_CAUSES])

    def _explanations(self) -> Iterator[tuple[str, _Floats]]:
        """Words for each cause, and the errors that it would leave, shape (n,)."""
        own, value = self.kind.unit, self.measurements.value
        expected = np.log10(value) - self.error
        yield from self._of_units()
        # Logarithms of larger units are mostly negative, and refused.
        smaller = [(unit, shift) for unit, shift in _units(self.kind) if shift < 0]
        for unit, shift in ((own, 0.0), *smaller):
            yield f"the numbers are log10 of {unit}", value + shift - expected
        yield f"the numbers are ln of {own}", value * np.log10(np.e) - expected
        if self.kind.at_temperature:
            yield from self._at_other_temperatures()
        for other in _others(self.kind):
            yield f"the column holds {other.label}", self._left(_predict(other, self.measurements))

    def _of_units(self) -> Iterator[tuple[str, _Floats]]:
        for unit, shift in _units(self.kind):
            yield f"the numbers are in {unit}, not in {self.kind.unit}", self.error + shift

    def _at_other_temperatures(self) -> Iterator[tuple[str, _Floats]]:
        kelvin = self.measurements.temperature_k
        low, high = _LIQUID_K
        for words, step in (
            ("temperatures are in K, not in degC", -ZERO_CELSIUS_K),
            ("temperatures are in degC, not in K", ZERO_CELSIUS_K),
        ):
            moved = kelvin + step
            if ((moved >= low) & (moved <= high)).all():
                yield words, self._left(_predict(self.kind, self.measurements, moved))

    def _left(self, found: Prediction | None) -> _Floats:
        """Errors against another prediction, shape (n,); infinite where there is none."""
        if found is None:
            return np.full(len(self.error), np.inf)
        with np.errstate(divide="ignore", invalid="ignore"):
            left = np.log10(self.measurements.value / found.value)
        return np.where(np.isfinite(left), left, np.inf)


def _units(kind: Property) -> list[tuple[str, float]]:
    """Units that a column of a property is often in by mistake, and log10 of their factors."""
    return [(unit, float(np.log10(conversion(unit, kind)[0]))) for unit in kind.mistaken_units]


def _others(kind: Property) -> list[Property]:
    """Other properties whose numbers may stand under the heading of this one."""
    return [
        other
        for other in measurable_properties().values()
        if other.name != kind.name
        and other.positive
        and other.at_temperature
        and kind.at_temperature
        and other.predict is not None
    ]


def _predict(
    kind: Property, measurements: Measurements, temperature_k: _Floats | None = None
) -> Prediction | None:
    """What a model says of the rows; None if it cannot take them."""
    kelvin = measurements.temperature_k if temperature_k is None else temperature_k
    if not len(kelvin):
        return None
    try:
        return Answers(measurements.row_formulations, kelvin).predict(kind)
    except ElectrolyteError:
        return None


def _spread_out(measurements: Measurements) -> NDArray[np.intp]:
    """Rows to compare: all of each source, or as many as are enough, evenly spaced."""
    source = measurements.source
    places: Sequence[NDArray[np.intp]] = [
        np.flatnonzero(source == name) for name in dict.fromkeys(source.tolist())
    ]
    kept = [
        p if len(p) <= _MOST_ROWS else p[np.linspace(0, len(p) - 1, _MOST_ROWS).astype(np.intp)]
        for p in places
    ]
    return np.sort(np.concatenate(kept))
