"""Where predictions come from: any scorer, and the models that ship with the package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search.properties import PROPERTIES, Property, Request


class Scorer(Protocol):
    """Anything that predicts properties of many recipes in one call."""

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> Mapping[str, Prediction]:
        """Predict.

        Parameters
        ----------
        formulations
            Recipes, length n; the same object may stand in many rows.
        temperature_k
            Temperatures, K, shape (n,).

        Returns
        -------
        mapping of str to Prediction
            Property name (with its unit) to predictions of n rows.
        """
        ...


class ModelScorer:
    """The models that ship with the package, as far as a problem asks for their properties.

    Parameters
    ----------
    names
        Properties to predict; names that are not in the table of properties are left out.
    prices
        Price by kilogram of each component by name, for the cost.
    """

    def __init__(self, names: Iterable[str], prices: Mapping[str, float] | None = None) -> None:
        self.names = tuple(dict.fromkeys(n for n in names if n in PROPERTIES))
        self.prices = MappingProxyType(dict(prices or {}))

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> dict[str, Prediction]:
        """Predict the properties, each recipe once where temperature does not matter."""
        request = Request(
            formulations=formulations, temperature_k=temperature_k, prices=self.prices
        )
        return {name: _predicted(PROPERTIES[name], request) for name in self.names}


def _predicted(known: Property, request: Request) -> Prediction:
    """A prediction of n rows; recipes are looked at once where temperature does not matter."""
    prediction = known.predict(request)
    return prediction if known.at_temperature else prediction.select(request.answers.index)
