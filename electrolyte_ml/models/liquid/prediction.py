"""The liquid range of recipes: freezing, boiling and flash point; whether the salt dissolves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.liquid.freezing import freezing
from electrolyte_ml.models.liquid.mixture import Solution
from electrolyte_ml.models.liquid.solubility import solubility_notes
from electrolyte_ml.models.liquid.vapour import Threshold, boiling, flash
from electrolyte_ml.models.liquid.wording import (
    Reasons,
    boiling_reasons,
    flash_reasons,
    freezing_reasons,
    freezing_remarks,
)
from electrolyte_ml.prediction import Prediction, number_or_none

COVERAGE = 0.9
PROBABLY_FROZEN = "probably frozen"
TEMPERATURES = ("freezes_below_k", "boils_above_k", "flash_point_k")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidRange:
    """Between which temperatures n recipes are liquid, and what speaks against their salts.

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
    remarks
        What else a reader must know, a line each, n rows.
    crystallises_first
        Name of the solvent that does, n rows.
    """

    freezes_below_k: Prediction
    boils_above_k: Prediction
    flash_point_k: Prediction
    solubility_notes: tuple[tuple[str, ...], ...]
    remarks: tuple[tuple[str, ...], ...]
    crystallises_first: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.remarks)

    def select(self, rows: NDArray[np.intp]) -> LiquidRange:
        """Chosen rows, in the order of `rows`."""
        numbers = rows.tolist()
        return LiquidRange(
            freezes_below_k=self.freezes_below_k.select(rows),
            boils_above_k=self.boils_above_k.select(rows),
            flash_point_k=self.flash_point_k.select(rows),
            solubility_notes=tuple(self.solubility_notes[i] for i in numbers),
            remarks=tuple(self.remarks[i] for i in numbers),
            crystallises_first=tuple(self.crystallises_first[i] for i in numbers),
        )

    @property
    def solubility_doubts(self) -> NDArray[np.float64]:
        """How many reasons speak against the salts of each recipe, shape (n,)."""
        return np.array([float(len(notes)) for notes in self.solubility_notes])

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
                f"{point.value[row] - 273.15:.0f} °C"
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
        lines = [*self.solubility_notes[row], *self.remarks[row], *reasons.split("; ")]
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
        ideal laws; too few mixtures were measured to check their coverage.
    """
    if not len(formulations):
        nothing = Prediction.unavailable(0, "")
        return LiquidRange(
            freezes_below_k=nothing,
            boils_above_k=nothing,
            flash_point_k=nothing,
            solubility_notes=(),
            remarks=(),
            crystallises_first=(),
        )
    composition = compose(formulations)
    solution = Solution.of(composition)
    index = composition.index
    frozen, boils = freezing(solution), boiling(solution)
    burns = _below_boiling(flash(solution), boils)
    distinct = list({id(f): f for f in formulations}.values())
    notes = [solubility_notes(f) for f in distinct]
    remarks = freezing_remarks(solution, frozen)
    return LiquidRange(
        freezes_below_k=_prediction(
            frozen.value, frozen.low, frozen.high, freezing_reasons(solution, frozen), index
        ),
        boils_above_k=_symmetric(boils, boiling_reasons(solution, boils), index),
        flash_point_k=_symmetric(burns, flash_reasons(solution, burns), index),
        solubility_notes=tuple(notes[i] for i in index),
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


def _symmetric(threshold: Threshold, reasons: Reasons, index: NDArray[np.intp]) -> Prediction:
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
    reasons: Reasons,
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
