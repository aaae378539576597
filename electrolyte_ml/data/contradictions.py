"""Two different curves of one recipe in one paper: the sign of a wrong label.

A *curve* is a run of rows that follow each other in the file, on one recipe, with the temperature
going one way. Nobody measures one solution twice in a paper and finds it a tenth different over a
whole curve: one of the two carries the salt, solvent, concentration or temperatures of another.
Which of them is told by the other curves of the paper on the same salt and solvents, if any are
near in concentration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.properties import property_of

# Readings of one curve off one plot differ by a few percent.
_DIFFERENT_LOG10 = 0.04
_FEWEST_ROWS = 3
# A step back by less than this is scatter, not the beginning of the next curve.
_STEP_BACK_K = 2.0
# Two values at one temperature that differ are the ends of two curves.
_SAME_KELVIN = 0.1
_REFERENCE_K = 298.15
# Concentrations of one solution are read off a plot again for each temperature.
_SAME_MOLALITY = 0.03
# Curves of other concentrations that tell which of two is odd.
_NEAR_MOLALITY = 0.5
# What half a concentration more changes at most near the maximum, and by how many times more rows
# the right one of two curves must be confirmed.
_AGREE_LOG10, _CLEARLY = 0.1, 2
# A source that begins with a DOI, or with the address of one, is a paper.
_PAPER = re.compile(r"(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?10\.\d", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Curve:
    """Rows of the table in the order of 1/T, and their common recipe."""

    rows: NDArray[np.intp]
    inverse_t: NDArray[np.float64]
    log10: NDArray[np.float64]
    molality: float

    def less(self, other: _Curve) -> NDArray[np.float64]:
        """log10 of this curve less that of another, at the temperatures that both span."""
        low = max(self.inverse_t[0], other.inverse_t[0])
        high = min(self.inverse_t[-1], other.inverse_t[-1])
        both = (self.inverse_t >= low) & (self.inverse_t <= high)
        mine: NDArray[np.float64] = self.log10[both]
        return mine - np.interp(self.inverse_t[both], other.inverse_t, other.log10)

    def distance(self, molality: float) -> float:
        """How far a molality is from the curve's, as a share of it."""
        return abs(self.molality - molality) / max(self.molality, molality, 1e-12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two curves that cannot both be of the recipe that they are labelled with.

    Attributes
    ----------
    source
        The paper.
    recipe
        What both are labelled with.
    first_rows, second_rows
        First and last row of each curve in the file.
    temperature_k
        Temperature at which the values are compared, K.
    first_value, second_value
        Value of each curve there, in the unit of the property.
    unit
        That unit.
    odd_rows
        Rows of the curve that other curves of the paper contradict; empty where none tell.
    """

    source: str
    recipe: str
    first_rows: tuple[int, int]
    second_rows: tuple[int, int]
    temperature_k: float
    first_value: float
    second_value: float
    unit: str
    odd_rows: tuple[int, ...]

    def __str__(self) -> str:
        one, other = self.first_rows, self.second_rows
        return (
            f"{self.source}: {self.recipe} has two curves, rows {one[0]}-{one[1]} with "
            f"{self.first_value:.3g} and rows {other[0]}-{other[1]} with {self.second_value:.3g} "
            f"{self.unit} at {self.temperature_k:.1f} K; {self._which}"
        )

    @property
    def _which(self) -> str:
        if not self.odd_rows:
            return "one of them is mislabelled"
        return f"rows {self.odd_rows[0]}-{self.odd_rows[-1]} contradict others of the paper"

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return {
            "source": self.source,
            "recipe": self.recipe,
            "first_rows": list(self.first_rows),
            "second_rows": list(self.second_rows),
            "temperature_k": self.temperature_k,
            "first_value": self.first_value,
            "second_value": self.second_value,
            "unit": self.unit,
            "odd_rows": list(self.odd_rows),
        }


def find_contradictions(
    measurements: Measurements, *, papers_only: bool = True
) -> tuple[Contradiction, ...]:
    """All pairs of curves that contradict each other, in the order of the file.

    Parameters
    ----------
    measurements
        Values of one property; one that may be negative or has no temperature has no curves.
    papers_only
        Leave out rows whose source is no paper (no DOI): a compilation may hold two laboratories.
        A user's own table, whose sources are laboratory books, holds one.
    """
    kind = property_of(measurements.property_name)
    if not (kind.positive and kind.at_temperature):
        return ()
    found = [
        _contradiction(measurements, one, other, curves, kind.measured_unit)
        for curves in _curves(measurements, papers_only=papers_only).values()
        for one, other in combinations(curves, 2)
        if one.distance(other.molality) <= _SAME_MOLALITY and _differ(one.less(other))
    ]
    return tuple(sorted(found, key=lambda c: (c.first_rows, c.second_rows)))


def _differ(difference: NDArray[np.float64]) -> bool:
    return len(difference) >= _FEWEST_ROWS and bool((np.abs(difference) > _DIFFERENT_LOG10).all())


def _curves(
    measurements: Measurements, *, papers_only: bool
) -> dict[tuple[str, str], list[_Curve]]:
    """Curves of three rows or more, by paper and by salts and solvents."""
    blends = [_blend(f) for f in measurements.formulations]
    kelvin, index = measurements.temperature_k, measurements.formulation_index
    log = np.log10(measurements.value)
    per_formulation = np.array([f.molality_mol_kg for f in measurements.formulations])
    molality = per_formulation[index] if len(index) else np.empty(0)
    curves: dict[tuple[str, str], list[_Curve]] = {}
    run: list[int] = []
    way, last_key = 0.0, ("", "")

    def end() -> None:
        counts = not papers_only or _PAPER.match(last_key[0])
        if len(run) >= _FEWEST_ROWS and counts:
            curves.setdefault(last_key, []).append(_curve(measurements, run, molality))

    for row in np.argsort(measurements.source_row, kind="stable").tolist():
        key = (str(measurements.source[row]), blends[index[row]])
        step = kelvin[row] - kelvin[run[-1]] if run else 0.0
        turned = way * step < 0 and abs(step) > _STEP_BACK_K
        if run and abs(step) < _SAME_KELVIN:
            turned = abs(log[row] - log[run[-1]]) > _DIFFERENT_LOG10
        far = run and abs(molality[row] - molality[run[0]]) > _SAME_MOLALITY * molality[run[0]]
        if turned or far or key != last_key:
            end()
            run, way, last_key = [], 0.0, key
        elif abs(step) > _STEP_BACK_K:
            way = step
        run.append(row)
    end()
    return curves


def _blend(formulation: Formulation) -> str:
    parts = [f"{s.solvent.smiles}={s.mass_fraction:.3f}" for s in formulation.solvents]
    salts = [f"{s.salt.cation.smiles}.{s.salt.anion.smiles}" for s in formulation.salts]
    return "|".join([*sorted(parts), *sorted(salts)])


def _curve(measurements: Measurements, run: list[int], molality: NDArray[np.float64]) -> _Curve:
    rows = np.array(run, dtype=np.intp)
    rows = rows[np.argsort(1 / measurements.temperature_k[rows], kind="stable")]
    return _Curve(
        rows=rows,
        inverse_t=1 / measurements.temperature_k[rows],
        log10=np.log10(measurements.value[rows]),
        molality=float(np.median(molality[rows])),
    )


def _contradiction(
    measurements: Measurements, one: _Curve, other: _Curve, curves: list[_Curve], unit: str
) -> Contradiction:
    low = max(one.inverse_t[0], other.inverse_t[0])
    high = min(one.inverse_t[-1], other.inverse_t[-1])
    at = float(np.clip(1 / _REFERENCE_K, low, high))
    odd = _odd(one, other, curves)
    numbers = np.sort(measurements.source_row[odd.rows]) if odd is not None else np.empty(0)
    values = [float(10 ** np.interp(at, c.inverse_t, c.log10)) for c in (one, other)]
    return Contradiction(
        source=str(measurements.source[one.rows[0]]),
        recipe=measurements.row_formulations[one.rows[0]].notation(),
        first_rows=_ends(measurements, one),
        second_rows=_ends(measurements, other),
        temperature_k=1 / at,
        first_value=values[0],
        second_value=values[1],
        unit=unit,
        odd_rows=tuple(int(n) for n in numbers),
    )


def _odd(one: _Curve, other: _Curve, curves: list[_Curve]) -> _Curve | None:
    """Which of two curves the others of near concentrations do not confirm."""
    near = [
        c
        for c in curves
        if c is not one and c is not other and c.distance(one.molality) <= _NEAR_MOLALITY
    ]
    first, second = (sum(_agreeing(c, n) for n in near) for c in (one, other))
    if max(first, second) < _CLEARLY * max(min(first, second), 1):
        return None
    return other if first > second else one


def _agreeing(curve: _Curve, other: _Curve) -> int:
    """Rows of a curve that can be compared with another one, if both agree; else 0."""
    difference = np.abs(curve.less(other))
    return len(difference) if len(difference) and np.median(difference) < _AGREE_LOG10 else 0


def _ends(measurements: Measurements, curve: _Curve) -> tuple[int, int]:
    numbers = measurements.source_row[curve.rows]
    return int(numbers.min()), int(numbers.max())
