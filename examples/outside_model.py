"""A model from outside on the frozen splits: extra trees on Morgan fingerprints.

    electrolyte-ml bench chemistry --split series --model examples.outside_model:ExtraTrees

It knows nothing of this package: `fit` and `predict` take a data frame with a row for each
measurement (`benchmarks/README.md` has its columns) and numbers in mS/cm. Its results stand beside
ours in `benchmarks/submissions/extra-trees-morgan`, as an example of how to hand in your own.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from sklearn.ensemble import ExtraTreesRegressor

if TYPE_CHECKING:
    import pandas as pd

_BITS = {"solvent": 128, "anion": 64, "cation": 32}


@cache
def fingerprint(smiles: str, bits: int) -> np.ndarray:
    """Counts of the neighbourhoods of all atoms, shape (bits,)."""
    made = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=bits)
    return made.GetCountFingerprintAsNumPy(Chem.MolFromSmiles(smiles)).astype(np.float32)


def mean_fingerprint(smiles: list[str], amounts: list[float], bits: int) -> np.ndarray:
    """Mean of the fingerprints of some species by their amounts; zeros if there is none."""
    total = sum(amounts)
    if not total:
        return np.zeros(bits, dtype=np.float32)
    parts = (a / total * fingerprint(s, bits) for s, a in zip(smiles, amounts, strict=True))
    return np.sum(list(parts), axis=0, dtype=np.float32)


def features(x: pd.DataFrame) -> np.ndarray:
    """One row a measurement: species, amount of salt, temperature."""
    rows = []
    for row in x.itertuples():
        salts = row.salt_molality_mol_kg
        rows.append(
            np.concatenate(
                [
                    mean_fingerprint(
                        row.solvent_smiles, row.solvent_mole_fraction, _BITS["solvent"]
                    ),
                    mean_fingerprint(row.anion_smiles, salts, _BITS["anion"]),
                    mean_fingerprint(row.cation_smiles, salts, _BITS["cation"]),
                    [row.molality_mol_kg, np.log10(row.molality_mol_kg + 1e-3)],
                    [row.temperature_k, 1000.0 / row.temperature_k],
                ]
            )
        )
    return np.array(rows, dtype=np.float32)


class ExtraTrees:
    """Learns the logarithm of the conductivity."""

    def fit(self, x: pd.DataFrame, y: np.ndarray) -> None:
        """Fit to measured conductivities, mS/cm, shape (n,)."""
        self.trees = ExtraTreesRegressor(
            n_estimators=100, max_features=0.3, min_samples_leaf=2, random_state=0
        )
        self.trees.fit(features(x), np.log10(y))

    def predict(self, x: pd.DataFrame) -> np.ndarray:
        """Conductivities, mS/cm, shape (n,)."""
        return 10.0 ** self.trees.predict(features(x))
