"""The graph network with ``fit(X, y)`` and ``predict(X)``, as the bench takes models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.deep.artefact import read_encoder
from electrolyte_ml.models.deep.mixtures import GraphRows, Mixtures
from electrolyte_ml.models.deep.settings import GraphSettings

if TYPE_CHECKING:
    import pandas as pd

    from electrolyte_ml.models.deep.network import GraphNetwork


class GraphEstimator:
    """An ensemble on the shipped pre-trained encoder; it learns from every row it is given.

    Parameters
    ----------
    seed
        Of weights and batches.
    settings
        Of network and fit.
    """

    def __init__(self, seed: int = 0, settings: GraphSettings | None = None) -> None:
        self.seed, self.settings = seed, settings or GraphSettings()
        self.network: GraphNetwork | None = None

    def fit(self, x: pd.DataFrame, y: NDArray[np.float64]) -> GraphEstimator:
        """Fit to measured conductivities.

        Parameters
        ----------
        x
            Columns ``recipe`` and ``temperature_k`` are read, n rows.
        y
            Conductivity, mS/cm, shape (n,).
        """
        from electrolyte_ml.models.deep.fitting import fit_graph

        rows = GraphRows(
            mixtures=_mixtures(x),
            temperature_k=x["temperature_k"].to_numpy(np.float64),
            conductivity_ms_cm=np.asarray(y, dtype=np.float64),
            trusted=np.ones(len(x), dtype=np.bool_),
        )
        self.network = fit_graph(rows, self.settings, seed=self.seed, pretrained=read_encoder())
        return self

    def predict(self, x: pd.DataFrame) -> NDArray[np.float64]:
        """Conductivity, mS/cm, shape (n,).

        Raises
        ------
        RuntimeError
            If it is not fitted.
        """
        from electrolyte_ml.models.deep.embedding import with_species

        if self.network is None:
            raise RuntimeError("fit the graph network before it is asked to predict")
        mixtures = _mixtures(x)
        species = (*mixtures.solvents, *mixtures.cations, *mixtures.anions)
        network = with_species(self.network, species, read_encoder())
        members = network.log10_conductivity(mixtures, x["temperature_k"].to_numpy(np.float64))
        value: NDArray[np.float64] = np.power(10.0, np.median(members, axis=0))
        return value


def _mixtures(x: Any) -> Mixtures:
    recipes = {text: parse_recipe(text) for text in x["recipe"].unique()}
    return Mixtures.of(compose([recipes[text] for text in x["recipe"]]))
