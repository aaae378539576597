r"""Lowest electrostatic potential on the surface of anions: how strongly they attract a cation.

``python -m tools.ion_descriptors anions`` makes the table and describes the method. For an anion
that is not in the table, the potential is estimated from the size of the anion, as for a charged
sphere: :math:`a + b / V^{1/3}` with the McGowan volume :math:`V`, fitted to the anions of the table
that the catalog has: a further anion in the table moves no estimate.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from electrolyte_ml.features.molecule import ANION_DESCRIPTORS, descriptors
from electrolyte_ml.files import packaged_table
from electrolyte_ml.species.catalog import packaged_catalog

TABLE = "anion_computed_descriptors.csv"
_VOLUME = ANION_DESCRIPTORS.index("mordred.VMcGowan")


def lowest_potential_v(smiles: str) -> float:
    """Lowest potential on the van der Waals surface of an anion, V.

    Parameters
    ----------
    smiles
        Canonical SMILES of an anion.

    Returns
    -------
    float
        From the table, or estimated from the size of the anion.
    """
    known = _table().get(smiles)
    if known is not None:
        return known
    offset, slope = _size_line()
    return float(offset + slope * _inverse_radius(smiles))


def _inverse_radius(smiles: str) -> float:
    return float(descriptors(smiles, ANION_DESCRIPTORS)[_VOLUME] ** (-1 / 3))


@cache
def _size_line() -> tuple[float, float]:
    catalog = {ion.smiles for ion in packaged_catalog().anions}
    table = {smiles: value for smiles, value in _table().items() if smiles in catalog}
    sizes = [_inverse_radius(smiles) for smiles in table]
    slope, offset = np.polyfit(sizes, list(table.values()), 1)
    return float(offset), float(slope)


@cache
def _table() -> dict[str, float]:
    rows = packaged_table(f"features/tables/{TABLE}")
    return {row["smiles"]: float(row["extreme_v"]) for row in rows}
