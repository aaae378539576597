"""Fitting the model of liquids: networks, then corrections of what was measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from electrolyte_ml.models.viscosity.corrections import Corrections, fit_corrections
from electrolyte_ml.models.viscosity.fitting import FitSettings, fit_network
from electrolyte_ml.models.viscosity.law import N_PAIR
from electrolyte_ml.models.viscosity.liquid import LiquidModel, MoleculeTable, predict_rows
from electrolyte_ml.models.viscosity.rows import LiquidRows


def fit_liquids(
    rows: LiquidRows,
    table: MoleculeTable,
    settings: FitSettings | None = None,
    *,
    seed: int = 0,
) -> LiquidModel:
    """Fit networks, then corrections.

    Parameters
    ----------
    rows
        Measurements; their molecules are those of `table`, in its order.
    table
        Descriptors of the molecules.
    settings
        Of the networks' fit.
    seed
        Same seed, data and machine: same model.

    Raises
    ------
    ValueError
        If `table` describes other molecules.
    MissingDependencyError
        If torch is not installed.
    """
    if rows.smiles != table.smiles:
        raise ValueError("rows and table must be of the same molecules in the same order")
    network, coordinates = fit_network(rows, table.descriptors, settings, seed=seed)
    n = len(rows.smiles)
    trained = np.zeros(n, dtype=bool)
    trained[rows.molecules()] = True
    nothing = Corrections(
        level=np.zeros(n),
        slope=np.zeros(n),
        pairs=np.empty((0, 2), dtype=np.intp),
        coefficients=np.empty((0, N_PAIR)),
    )
    plain = LiquidModel(
        table=table,
        trained=trained,
        network=network,
        coordinates=coordinates,
        corrections=nothing,
    )
    left_over = rows.log10_viscosity - predict_rows(plain, rows).mean(axis=0)
    corrections = fit_corrections(rows, left_over, plain.slopes().min(axis=0))
    return replace(plain, corrections=corrections)
