"""The mean, in log10, of the default model of conductivity and the graph network.

An option: the default model stays what `predict_conductivity` and `score` use. The mean predicts
with numpy alone for species of the catalog.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import InputError
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.base import Prediction
from electrolyte_ml.models.conductivity import predict_conductivity
from electrolyte_ml.models.deep.artefact import load, read_encoder
from electrolyte_ml.models.deep.mixtures import Mixtures
from electrolyte_ml.models.deep.network import GraphNetwork
from electrolyte_ml.models.scoring import ScoreTable

#: Share of the graph network, chosen before any error of the mean was known.
SHARE = 0.5
LITHIUM = "[Li+]"


def predict_blend(
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
    share: float = SHARE,
) -> Prediction:
    """Ionic conductivity of recipes by both models.

    Parameters
    ----------
    formulations
        Recipes, length n.
    temperature_k
        Temperatures, K, shape (n,).
    share
        Of the graph network in the mean, 0 to 1.

    Returns
    -------
    Prediction
        Conductivity, mS/cm, shape (n,); of `blended`.

    Raises
    ------
    InputError
        If the share is not one.
    MissingDependencyError
        If a species is new and DeepChem is not installed.
    """
    temperature = np.asarray(temperature_k, dtype=np.float64)
    default = predict_conductivity(formulations, temperature)
    return blended(default, formulations, temperature, share)


def blended(
    default: Prediction,
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
    share: float = SHARE,
) -> Prediction:
    """The default model's predictions, moved towards the graph network's.

    Recipes with another cation than lithium keep their value: to the graph network their cation is
    next to unknown, and the default model's shift was fitted to its own errors. Intervals are as
    wide, in log10, as the default model's, and domain and reasons are its own: they were not
    calibrated for the mean, of which they held no less (decision 30).

    Parameters
    ----------
    default
        Conductivity, mS/cm, n rows.
    formulations, temperature_k
        Recipes and temperatures (K) of the rows.
    share
        Of the graph network in the mean, 0 to 1.

    Raises
    ------
    InputError
        If the share is not one.
    MissingDependencyError
        If a species is new and DeepChem is not installed.
    """
    if not 0.0 <= share <= 1.0:
        raise InputError(f"the share of the graph network must be 0 to 1, not {share}")
    composition = compose(formulations)
    lithium = [c.smiles == LITHIUM for c in composition.cations]
    of_lithium = composition.cation_fraction[:, lithium].sum(axis=1)[composition.index]
    rows = np.flatnonzero((of_lithium == 1.0) & (default.value > 0))
    if not len(rows):
        return default
    mixtures = Mixtures.of(compose([formulations[i] for i in rows.tolist()]))
    members = network_for(mixtures).log10_conductivity(mixtures, temperature_k[rows])
    shift = np.zeros(len(default))
    shift[rows] = share * (np.median(members, axis=0) - np.log10(default.value[rows]))
    factor = np.power(10.0, shift)
    return replace(
        default,
        value=default.value * factor,
        low=default.low * factor,
        high=default.high * factor,
    )


def blended_table(table: ScoreTable) -> ScoreTable:
    """A table of scores with the conductivity of both models."""
    name = "conductivity_ms_cm"
    moved = blended(table.predictions[name], table.formulations, table.temperature_k)
    return replace(table, predictions={**table.predictions, name: moved})


def network_for(mixtures: Mixtures) -> GraphNetwork:
    """The shipped network, with embeddings of species that its table lacks.

    Raises
    ------
    MissingDependencyError
        If there are such species and DeepChem is not installed.
    """
    network = load()
    species = (*mixtures.solvents, *mixtures.cations, *mixtures.anions)
    if set(species) <= set(network.smiles):
        return network
    from electrolyte_ml.models.deep.embedding import with_species

    return with_species(network, species, read_encoder())
