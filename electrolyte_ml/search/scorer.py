"""Scorers: the interface, and the one that runs the models of the package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.scoring import Answers
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import registered_property
from electrolyte_ml.rules import Cell


class Scorer(Protocol):
    """Anything that predicts properties of many recipes in one call."""

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> Mapping[str, Prediction]:
        """Predict.

        Parameters
        ----------
        formulations
            Recipes, length n; the same object may occur in many rows.
        temperature_k
            Temperatures, K, shape (n,).

        Returns
        -------
        mapping of str to Prediction
            Property name (with its unit) to predictions of n rows.
        """
        ...


class ModelScorer:
    """The models of registered properties, as far as a problem asks for them.

    Parameters
    ----------
    names
        Properties to predict; names that nothing predicts are left out.
    prices
        Price by kilogram of each component by name, for the cost.
    cell
        The cell, for its limits and for how efficiency is measured.
    """

    def __init__(
        self,
        names: Iterable[str],
        prices: Mapping[str, float] | None = None,
        cell: Cell | None = None,
    ) -> None:
        known = [registered_property(name) for name in dict.fromkeys(names)]
        self.properties = tuple(p for p in known if p.predict is not None)
        self.prices = dict(prices or {})
        self.cell = cell

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> dict[str, Prediction]:
        """Predict the properties; shared intermediate results are computed once."""
        answers = Answers(formulations, temperature_k, self.prices, self.cell)
        return {known.name: answers.predict(known) for known in self.properties}
