"""Lowest electrostatic potential on the surface of anions: how strongly they attract a cation.

The table is made by ``python -m electrolyte_ml.quantum.surface_potential``, which says how.
"""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files

TABLE = "anion_potential.csv"
# Between perchlorate and FSI-, as most anions of battery salts are.
_UNKNOWN_V = -5.6


def lowest_potential_v(smiles: str) -> float:
    """Lowest potential on the van der Waals surface of an anion, V.

    Parameters
    ----------
    smiles
        Canonical SMILES of an anion.

    Returns
    -------
    float
        From the table; for an anion that is not in it, a value in the middle of battery salts'.
    """
    return _table().get(smiles, _UNKNOWN_V)


@cache
def _table() -> dict[str, float]:
    text = (files("electrolyte_ml.features") / "tables" / TABLE).read_text(encoding="utf-8")
    return {row["smiles"]: float(row["lowest_v"]) for row in csv.DictReader(io.StringIO(text))}
