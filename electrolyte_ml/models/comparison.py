"""Recipes side by side: their scores, and what each has more or less than the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.differences import differences, error_correlation
from electrolyte_ml.models.scoring import Answers, ScoreTable, score_formulations
from electrolyte_ml.models.window import LimitPrediction
from electrolyte_ml.notebook import html_table
from electrolyte_ml.prediction import Prediction, flat_record
from electrolyte_ml.properties import Property, registered_property, scored_properties
from electrolyte_ml.quantum.electrodes import reference_electrode
from electrolyte_ml.rules import Cell
from electrolyte_ml.shipped_properties import LIQUID

if TYPE_CHECKING:
    import pandas as pd

_COST = "cost_per_kg"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RecipeComparison:
    """Recipes at the same temperatures, each beside the first.

    Attributes
    ----------
    names
        Recipes as they were written, one each.
    scores
        One row for each recipe and temperature: recipe 0 at every temperature, then recipe 1...
    n_temperatures
        How many temperatures there are.
    predictions
        Of every property that is compared, by name; the rows are those of `scores`.
    differences
        By the same names, what each row has more or less than the first recipe at that temperature,
        see `electrolyte_ml.models.differences.differences`.
    """

    names: tuple[str, ...]
    scores: ScoreTable
    n_temperatures: int
    predictions: Mapping[str, Prediction]
    differences: Mapping[str, Prediction]

    def __len__(self) -> int:
        """How many recipes there are."""
        return len(self.scores) // self.n_temperatures

    def __repr__(self) -> str:
        return f"<RecipeComparison of {len(self)} recipes with {self.names[0]}>"

    def _repr_html_(self) -> str:
        return html_table(f"Comparison of {len(self)} recipes", self.to_frame())

    def to_frame(self) -> pd.DataFrame:
        """One line for each recipe and temperature, with the columns of `records`."""
        import pandas as pd

        return pd.DataFrame([flat_record(record) for record in self.records()])

    @property
    def formulations(self) -> list[Formulation]:
        """The recipes."""
        return list(self.scores.formulations[:: self.n_temperatures])

    @property
    def properties(self) -> tuple[Property, ...]:
        """What is compared."""
        return tuple(registered_property(name) for name in self.predictions)

    def records(self) -> Iterator[dict[str, Any]]:
        """Rows in the contract's form: a score, with ``differences`` from the first recipe."""
        first = self.formulations[0].key
        for row, record in enumerate(self.scores.records()):
            beside = {
                known.name: {
                    "is_ratio": known.is_logarithmic,
                    **self.differences[known.name].record(row),
                }
                for known in self.properties
            }
            cost = self.predictions.get(_COST)
            yield {
                "recipe": self.names[row // self.n_temperatures],
                **record,
                **({} if cost is None else {_COST: cost.record(row)}),
                "differences": {"from": first, **beside},
            }


def compare_formulations(
    formulations: Sequence[Formulation],
    temperatures_k: Sequence[float] | NDArray[np.float64],
    *,
    names: Sequence[str] | None = None,
    cell: Cell | None = None,
    off: Sequence[str] = (),
    prices: Mapping[str, float] | None = None,
) -> RecipeComparison:
    """Score recipes at the same temperatures, and compare each with the first.

    Parameters
    ----------
    formulations
        At least two recipes.
    temperatures_k
        Temperatures, K, at least one.
    names
        Recipes as they were written; in canonical notation by default.
    cell, off
        As of `score_formulations`.
    prices
        Price by kilogram by component; without, costs are not compared.

    Raises
    ------
    InputError
        If there are fewer than two recipes.
    """
    if len(formulations) < 2:
        raise InputError(
            f"compare needs at least two recipes, given {len(formulations)}; for one, use score"
        )
    n = len(temperatures_k)
    rows = [f for f in formulations for _ in range(n)]
    kelvin = np.tile(np.asarray(temperatures_k, dtype=np.float64), len(formulations))
    scores = score_formulations(rows, kelvin, cell=cell, off=off)
    predictions = {
        known.name: getattr(scores.liquid, known.part)
        if known.nested_in == LIQUID
        else scores.predictions[known.name]
        for known in scored_properties()
    }
    if prices is not None:
        known = registered_property(_COST)
        predictions[_COST] = Answers(rows, kelvin, prices).predict(known)
    correlation = np.repeat(error_correlation(formulations, formulations[:1])[:, 0], n)
    first = np.tile(np.arange(n), len(formulations))
    return RecipeComparison(
        names=tuple(names or (f.notation() for f in formulations)),
        scores=scores,
        n_temperatures=n,
        predictions=predictions,
        differences={
            name: differences(registered_property(name), found, found.select(first), correlation)
            for name, found in _on_one_scale(predictions).items()
        },
    )


def _on_one_scale(predictions: Mapping[str, Prediction]) -> dict[str, Prediction]:
    """Predictions with all limits against the metal of the first recipe."""
    return {
        name: found.against(reference_electrode(found.reference[0]))
        if isinstance(found, LimitPrediction)
        else found
        for name, found in predictions.items()
    }
