"""The mean, in log10, of the default model of conductivity and the graph network.

Recipes with solvents that nothing was measured with get it always, all others as an option. It
predicts with numpy alone for species of the catalog.
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
from electrolyte_ml.models.conductivity import load as conductivity_model
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
    next to unknown, and the default model's shift was fitted to its own errors. Those with a new
    solvent have been moved already (`with_new_solvents`). Intervals are as
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
    moved = (of_lithium == 1.0) & (default.value > 0) & ~_new(formulations)
    rows = np.flatnonzero(moved)
    if not len(rows):
        return default
    mixtures = Mixtures.of(compose([formulations[i] for i in rows.tolist()]))
    members = network_for(mixtures).log10_conductivity(mixtures, temperature_k[rows])
    shift = np.median(members, axis=0) - np.log10(default.value[rows])
    return _moved(default, rows, share * shift)


def with_new_solvents(
    default: Prediction, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
) -> Prediction:
    """The default model's predictions; with new solvents the mean of both models.

    The lithium twin is what is moved, whatever the cation: the shift from lithium stays what the
    default model makes it. Species that the shipped table has no embedding of are left to the
    default model, so that predictions do not depend on what is installed.

    Parameters
    ----------
    default
        Conductivity, mS/cm, n rows.
    formulations, temperature_k
        Recipes and temperatures (K) of the rows.
    """
    rows = np.flatnonzero(_new(formulations) & (default.value > 0))
    if not len(rows):
        return default
    network = load()
    known = set(network.smiles)
    rows = np.array([i for i in rows.tolist() if _species(formulations[i]) <= known], dtype=np.intp)
    if not len(rows):
        return default
    recipes = [formulations[i] for i in rows.tolist()]
    temperature = np.asarray(temperature_k, dtype=np.float64)[rows]
    mixtures = Mixtures.of(compose(recipes))
    twins = replace(
        mixtures, cations=(LITHIUM,), cation_share=np.ones((len(mixtures.cation_share), 1))
    )
    graph = np.median(network.log10_conductivity(twins, temperature), axis=0)
    alone = conductivity_model().twin_log10(recipes, temperature)
    return _moved(default, rows, SHARE * (graph - alone))


def _new(formulations: Sequence[Formulation]) -> NDArray[np.bool_]:
    """Which recipes hold a solvent that nothing was measured with, shape (n,)."""
    domain = conductivity_model().domain
    distinct = {id(f): f for f in formulations}
    new = {key: domain.has_new_solvent(f) for key, f in distinct.items()}
    return np.array([new[id(f)] for f in formulations], dtype=np.bool_)


def _species(formulation: Formulation) -> set[str]:
    """SMILES of the solvents and anions."""
    anions = {s.salt.anion.smiles for s in formulation.salts}
    return anions | {s.solvent.smiles for s in formulation.solvents}


def _moved(default: Prediction, rows: NDArray[np.intp], shift: NDArray[np.float64]) -> Prediction:
    """Predictions with value and interval of some rows moved by so much in log10."""
    factor = np.ones(len(default))
    factor[rows] = np.power(10.0, shift)
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
