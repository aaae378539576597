"""Published salt diffusivities, transference numbers and thermodynamic factors.

They are the laws of papers that measured them (or, for sodium, simulated them), at points; the
table names the paper and the molarity of each. They judge and calibrate what self-diffusion leaves
out: ions that move together, and the thermodynamic factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.row_table import RowTable
from electrolyte_ml.units import ZERO_CELSIUS_K

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Published(RowTable):
    """Points of published laws.

    Attributes
    ----------
    formulations
        Recipes, length n.
    cations
        Name of the cation, shape (n,).
    solvents
        Notation of the solvents, shape (n,).
    molarity, temperature_k
        mol/L and K, shape (n,).
    salt_diffusivity_1e10_m2_s, transference_number, thermodynamic_factor
        Shape (n,); NaN where a paper does not give it.
    doi
        Paper, shape (n,).
    """

    formulations: tuple[Formulation, ...]
    cations: NDArray[np.str_]
    solvents: NDArray[np.str_]
    molarity: _Floats
    temperature_k: _Floats
    salt_diffusivity_1e10_m2_s: _Floats
    transference_number: _Floats
    thermodynamic_factor: _Floats
    doi: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.formulations)

    @property
    def laws(self) -> NDArray[np.str_]:
        """Paper and solvents of each point: points of one law are no independent measurements."""
        return np.array([f"{d} {s}" for d, s in zip(self.doi, self.solvents, strict=True)])


@cache
def published() -> Published:
    """The table that ships with the package."""
    rows = packaged_table("models/transport/tables/published.csv")

    def numbers(column: str) -> _Floats:
        return np.array([float(row[column] or "nan") for row in rows])

    formulations = tuple(
        parse_recipe(f"{row['molarity_mol_l']} M {row['salt']} in {row['solvents']}")
        for row in rows
    )
    return Published(
        formulations=formulations,
        cations=np.array([f.salts[0].salt.cation.name for f in formulations]),
        solvents=np.array([row["solvents"] for row in rows]),
        molarity=numbers("molarity_mol_l"),
        temperature_k=numbers("temperature_c") + ZERO_CELSIUS_K,
        salt_diffusivity_1e10_m2_s=numbers("salt_diffusivity_1e10_m2_s"),
        transference_number=numbers("transference_number"),
        thermodynamic_factor=numbers("thermodynamic_factor"),
        doi=np.array([row["doi"] for row in rows]),
    )
