"""The liquid range of recipes: freezing, boiling and flash point; whether the salt dissolves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.domain import NOTABLE_SHARE
from electrolyte_ml.models.intervals import COVERAGE
from electrolyte_ml.models.liquid.constants import Solution
from electrolyte_ml.models.liquid.freezing import Freezing, freezing
from electrolyte_ml.models.liquid.miscibility import UNKNOWN, WORDS, miscibility
from electrolyte_ml.models.liquid.vapour import Threshold, boiling, flash
from electrolyte_ml.models.molecules_only import NOT_COVERED, molecular_rows, places_of
from electrolyte_ml.models.solubility import solubility_notes
from electrolyte_ml.notebook import html_table
from electrolyte_ml.prediction import Prediction, flat_record, number_or_none
from electrolyte_ml.row_table import RowTable
from electrolyte_ml.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    import pandas as pd

PROBABLY_FROZEN = "probably frozen"
TEMPERATURES = ("freezes_below_k", "boils_above_k", "flash_point_k")
# Formula units by molecule of solvent: beyond one in four, hardly any solvent is free and the
# ions are not particles among it.
_CONCENTRATED = 0.25
# PC forms a glass near 156 K (Fujimori and Oguni, J. Chem. Thermodyn.).
_GLASS_FORMERS = frozenset({"PC"})

# For each row, whether it is in the domain, and a remark on it.
_Reasons = list[tuple[bool, str | None]]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LiquidRange(RowTable):
    """Liquid ranges of n recipes, and doubts about the solubility of their salts.

    Attributes
    ----------
    freezes_below_k
        Temperature at which the first solvent crystallises, K, n rows. Supercooling below it is
        common.
    boils_above_k
        Bubble point at 1 atm, K, n rows.
    flash_point_k
        Closed-cup flash point, K, n rows; no value where the vapour does not burn.
    solubility_notes
        Why a salt may not dissolve, a line each, n rows; empty where nothing speaks against it.
    miscibility
        ``miscible``, ``may separate``, ``separates`` or ``unknown`` at 25 °C, n rows.
    separation_notes
        Why it is not sure to be one liquid, n rows; empty where it is.
    remarks
        Other remarks, a line each, n rows.
    crystallises_first
        Name of the solvent that does, n rows.
    """

    freezes_below_k: Prediction
    boils_above_k: Prediction
    flash_point_k: Prediction
    solubility_notes: tuple[tuple[str, ...], ...]
    miscibility: tuple[str, ...]
    separation_notes: tuple[tuple[str, ...], ...]
    remarks: tuple[tuple[str, ...], ...]
    crystallises_first: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.remarks)

    def __repr__(self) -> str:
        return f"<LiquidRange of {len(self)} recipes, freezing: {self.freezes_below_k!r}>"

    def _repr_html_(self) -> str:
        return html_table(f"Liquid range of {len(self)} recipes", self.to_frame())

    def to_frame(self) -> pd.DataFrame:
        """One line a recipe, with the columns of `record`; NaN where there is no value."""
        import pandas as pd

        return pd.DataFrame([flat_record(self.record(row)) for row in range(len(self))])

    @property
    def phase_separation_doubt(self) -> NDArray[np.float64]:
        """0 where recipes are one liquid, 1 if not known, 2 if two may form, 3 if they do, (n,)."""
        return np.array([float(WORDS.index(word)) for word in self.miscibility])

    @property
    def flash_point_or_never_k(self) -> Prediction:
        """Flash points; infinite where the vapour is known not to burn: that obeys any minimum."""
        found = self.flash_point_k
        never = np.isnan(found.value) & found.in_domain
        value, low, high = (
            np.where(never, np.inf, ends) for ends in (found.value, found.low, found.high)
        )
        return replace(found, value=value, low=low, high=high)

    def frozen(self, temperature_k: NDArray[np.float64]) -> tuple[str | None, ...]:
        """Whether recipes are frozen, each at its temperature, in words.

        Parameters
        ----------
        temperature_k
            Temperatures, K, shape (n,).

        Returns
        -------
        tuple of str or None
            Length n; ``probably frozen: ...`` below the whole interval of the freezing point,
            ``may freeze: ...`` inside it, else None, also where that point is not known.
            Supercooling, which is common, is not foreseen.
        """
        point = self.freezes_below_k
        words: list[str | None] = []
        for row, temperature in enumerate(temperature_k):
            if not temperature < point.value[row]:
                words.append(None)
                continue
            verdict = PROBABLY_FROZEN if temperature < point.low[row] else "may freeze"
            words.append(
                f"{verdict}: {self.crystallises_first[row]} crystallises below about "
                f"{point.value[row] - ZERO_CELSIUS_K:.0f} °C"
            )
        return tuple(words)

    def record(self, row: int) -> dict[str, Any]:
        """One row as the command line's contract writes it."""
        predictions = {name: getattr(self, name) for name in TEMPERATURES}
        record: dict[str, Any] = {
            name: number_or_none(p.value[row]) for name, p in predictions.items()
        }
        for name, p in predictions.items():
            bounds = [number_or_none(p.low[row]), number_or_none(p.high[row])]
            record[f"{name}_interval"] = None if None in bounds else bounds
            record[f"{name}_in_domain"] = bool(p.in_domain[row])
        reasons = "; ".join(r for p in predictions.values() if (r := p.reason[row]))
        record["miscibility"] = self.miscibility[row]
        doubts = [*self.solubility_notes[row], *self.separation_notes[row]]
        lines = [*doubts, *self.remarks[row], *reasons.split("; ")]
        record["notes"] = [line for line in dict.fromkeys(lines) if line]
        return record


def liquid_range(formulations: Sequence[Formulation]) -> LiquidRange:
    """Liquid range of recipes.

    Parameters
    ----------
    formulations
        Recipes, length n; the same object may stand in many rows and is looked at once.

    Returns
    -------
    LiquidRange
        Of n rows. The intervals are propagated from the uncertainties of the constants and of the
        ideal laws; too few mixtures were measured to check their coverage. Recipes with an ionic
        liquid have no values.
    """
    rows = molecular_rows(formulations)
    if rows is None:
        return _range_of_molecules(formulations)
    nothing = _unknown_range()
    if not len(rows):
        return nothing.select(np.zeros(len(formulations), dtype=np.intp))
    found = _range_of_molecules([formulations[i] for i in rows])
    return found.followed_by(nothing).select(places_of(rows, len(formulations)))


def _unknown_range() -> LiquidRange:
    """Of one recipe with an ionic liquid."""
    nothing = Prediction.unavailable(1, NOT_COVERED)
    return LiquidRange(
        freezes_below_k=nothing,
        boils_above_k=nothing,
        flash_point_k=nothing,
        solubility_notes=((f"solubility is not known: {NOT_COVERED}",),),
        miscibility=(UNKNOWN,),
        separation_notes=((),),
        remarks=((),),
        crystallises_first=("",),
    )


def _range_of_molecules(formulations: Sequence[Formulation]) -> LiquidRange:
    if not len(formulations):
        nothing = Prediction.unavailable(0, "")
        return LiquidRange(
            freezes_below_k=nothing,
            boils_above_k=nothing,
            flash_point_k=nothing,
            solubility_notes=(),
            miscibility=(),
            separation_notes=(),
            remarks=(),
            crystallises_first=(),
        )
    composition = compose(formulations)
    solution = Solution.of(composition)
    index = composition.index
    frozen, boils = freezing(solution), boiling(solution)
    burns = _below_boiling(flash(solution), boils)
    distinct = list({id(f): f for f in formulations}.values())
    notes = solubility_notes(distinct)
    phases = miscibility(distinct)
    remarks = _freezing_remarks(solution, frozen)
    return LiquidRange(
        freezes_below_k=_prediction(
            frozen.value, frozen.low, frozen.high, _freezing_reasons(solution, frozen), index
        ),
        boils_above_k=_symmetric(boils, _boiling_reasons(solution, boils), index),
        flash_point_k=_symmetric(burns, _flash_reasons(solution, burns), index),
        solubility_notes=tuple(notes[i] for i in index),
        miscibility=tuple(phases.words[i] for i in index),
        separation_notes=tuple((why,) if (why := phases.reasons[i]) else () for i in index),
        remarks=tuple(remarks[i] for i in index),
        crystallises_first=tuple(composition.solvents[int(frozen.first[i])].name for i in index),
    )


def _below_boiling(flashes: Threshold, boils: Threshold) -> Threshold:
    """A liquid that boils before its vapour burns has no flash point."""
    gone = flashes.value > boils.value
    return Threshold(
        value=np.where(gone, np.nan, flashes.value),
        half_width=np.where(gone, np.nan, flashes.half_width),
        share=flashes.share,
    )


def _symmetric(threshold: Threshold, reasons: _Reasons, index: NDArray[np.intp]) -> Prediction:
    return _prediction(
        threshold.value,
        threshold.value - threshold.half_width,
        threshold.value + threshold.half_width,
        reasons,
        index,
    )


def _prediction(
    value: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    reasons: _Reasons,
    index: NDArray[np.intp],
) -> Prediction:
    """A prediction of n rows from u distinct recipes."""
    return Prediction(
        value=value[index],
        low=low[index],
        high=high[index],
        coverage=COVERAGE,
        in_domain=np.array([known for known, _ in reasons], dtype=np.bool_)[index],
        reason=tuple(reasons[i][1] for i in index),
    )


def _freezing_reasons(solution: Solution, frozen: Freezing) -> _Reasons:
    """Whether each freezing point is in the domain, and a remark on it."""
    c = solution.constants
    faults = _common_faults(solution)
    _add(
        faults,
        np.isnan(c.melting_k) & _notable(solution.among_solvents),
        c.names,
        "melting point of {} unknown: it may freeze earlier",
    )
    hints: dict[int, list[str]] = {}
    for row in np.flatnonzero(frozen.separates):
        faults.setdefault(int(row), []).append("two liquids may form")
    first = np.zeros(solution.among_solvents.shape, dtype=np.bool_)
    first[np.arange(len(first)), frozen.first] = ~np.isnan(frozen.value)
    _add(hints, first & c.fusion_is_estimated, c.names, "enthalpy of fusion of {} estimated")
    return _reasons(len(first), faults, hints)


def _freezing_remarks(solution: Solution, frozen: Freezing) -> list[tuple[str, ...]]:
    """Which solvent crystallises first, where there are several, and whether it does so readily."""
    several = np.count_nonzero(solution.among_solvents, axis=1) > 1
    remarks: list[tuple[str, ...]] = []
    for row, value in enumerate(frozen.value):
        if np.isnan(value):
            remarks.append(())
            continue
        name = solution.constants.names[int(frozen.first[row])]
        lines = [f"{name} crystallises first"] if several[row] else []
        if name in _GLASS_FORMERS:
            lines.append(f"{name} supercools and rarely crystallises; it forms a glass instead")
        remarks.append(tuple(lines))
    return remarks


def _boiling_reasons(solution: Solution, boils: Threshold) -> _Reasons:
    """Whether each boiling point is in the domain, and a remark on it."""
    c = solution.constants
    faults = _common_faults(solution)
    _add(
        faults,
        np.isnan(c.boiling_k) & _notable(solution.among_solvents),
        c.names,
        "boiling point of {} unknown: counted as not volatile",
    )
    hints: dict[int, list[str]] = {}
    _add(
        hints,
        c.vaporisation_is_estimated & _notable(boils.share),
        c.names,
        "enthalpy of vaporisation of {} estimated",
    )
    return _reasons(len(boils.value), faults, hints)


def _flash_reasons(solution: Solution, burns: Threshold) -> _Reasons:
    """Whether each flash point is in the domain, and a remark on it."""
    c = solution.constants
    none = np.isnan(burns.value)
    faults: dict[int, list[str]] = {}
    _add(
        faults,
        np.isnan(c.flash_k) & c.burns & _notable(solution.among_solvents),
        c.names,
        "flash point of {} unknown: counted as not burning",
    )
    _add(
        faults,
        c.flash_is_estimated & _notable(burns.share) & ~none[:, None],
        c.names,
        "flash point of {} estimated from its boiling point",
    )
    hints = {
        int(row): ["no flash point below the boiling point"]
        for row in np.flatnonzero(none)
        if int(row) not in faults
    }
    inert = ~c.burns & (solution.among_solvents > 0)
    _add(hints, inert, c.names, "{} without a flash point of its own")
    return _reasons(len(none), faults, hints)


def _common_faults(solution: Solution) -> dict[int, list[str]]:
    """Reasons why the laws of dilute, aprotic solutions do not hold, by row."""
    faults: dict[int, list[str]] = {}
    units = solution.units_by_solvent
    for row in np.flatnonzero(units > _CONCENTRATED):
        faults[int(row)] = [f"concentrated: {1 / units[row]:.2g} molecules of solvent by salt"]
    protic = solution.among_solvents @ solution.constants.is_protic.astype(np.float64)
    for row in np.flatnonzero(protic > NOTABLE_SHARE):
        faults.setdefault(int(row), []).append("hydrogen-bonded solvents mix far from ideally")
    return faults


def _notable(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    return share > NOTABLE_SHARE


def _add(
    lines: dict[int, list[str]], where: NDArray[np.bool_], names: tuple[str, ...], words: str
) -> None:
    """Add a line that names the solvents to every row that has some of them."""
    for row in np.flatnonzero(where.any(axis=1)):
        named = ", ".join(names[i] for i in np.flatnonzero(where[row]))
        lines.setdefault(int(row), []).append(words.format(named))


def _reasons(count: int, faults: dict[int, list[str]], hints: dict[int, list[str]]) -> _Reasons:
    return [
        (row not in faults, "; ".join([*faults.get(row, ()), *hints.get(row, ())]) or None)
        for row in range(count)
    ]
