"""Measured conductivities that models learn from and are judged by.

A data set is learnt from if its card says so; whether a row of it may be learnt from stands on the
measurements themselves. The sets of the frozen benchmark splits are named here one by one, so that
a further data set changes what ships and no split.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.catalog import shipped_cards
from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.data.sources import load_source
from electrolyte_ml.data.union import union_of, weighed

CONDUCTIVITY = "conductivity_ms_cm"
LITHIUM_SOURCE = "calisol23"
SODIUM_SOURCES = ("na_literature", "chayambuka2022", "sodium_table")


def learnt_sources(property_name: str = CONDUCTIVITY) -> tuple[str, ...]:
    """Names of the data sets that models of a property learn from, in the order of the cards."""
    return tuple(
        name
        for name, card in shipped_cards().items()
        if card.learnt and property_name in card.properties
    )


def learnt_conductivities() -> Measurements:
    """Rows of all data sets that are learnt from, each measurement once, mS/cm.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    """
    return union_of(
        {name: load_source(name, CONDUCTIVITY)[0] for name in learnt_sources()}
    ).measurements


def lithium_conductivities() -> Measurements:
    """Usable rows of CALiSol-23, mS/cm.

    Raises
    ------
    DataNotFoundError
        If the data set is not on this machine.
    """
    return _usable((LITHIUM_SOURCE,))


def sodium_conductivities() -> Measurements:
    """Sodium points of papers, mS/cm.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    """
    return _usable(SODIUM_SOURCES)


def single_cations(measurements: Measurements) -> NDArray[np.str_]:
    """SMILES of the cation of each row, shape (n,); empty where there is none or several."""
    of_formulation = []
    for formulation in measurements.formulations:
        cations = {s.salt.cation.smiles for s in formulation.salts}
        of_formulation.append(cations.pop() if len(cations) == 1 else "")
    return np.array(of_formulation, dtype=np.str_)[measurements.formulation_index]


def _usable(names: tuple[str, ...]) -> Measurements:
    """Usable rows, trusted as the union trusts them."""
    every = concatenate([weighed(name, load_source(name, CONDUCTIVITY)[0]) for name in names])
    return every.select(every.usable)
