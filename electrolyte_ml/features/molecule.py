"""Descriptors of one molecule or ion: a short, frozen list from RDKit and Mordred [1]_.

The lists were pruned from the 217 RDKit and 1,613 two-dimensional Mordred descriptors: those that
are undefined for any ion or solvent of CALiSol-23, constant over them, or duplicates of another
were dropped. Of the rest, those that describe size, polarity, flexibility, donor atoms or
electronegativity were kept. Descriptors of catalog species ship in a table, so that a prediction
imports neither RDKit's descriptor code nor Mordred; ``python tools/rebuild_features.py`` rebuilds
that table.

References
----------
.. [1] Moriwaki et al., J. Cheminform. 2018, 10, 4. https://doi.org/10.1186/s13321-018-0258-y
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.files import packaged_file
from electrolyte_ml.species import canonical_smiles
from electrolyte_ml.species.chemistry import molecule_of

SOLVENT_DESCRIPTORS: tuple[str, ...] = (
    "rdkit.TPSA",
    "rdkit.MolLogP",
    "rdkit.MolMR",
    "rdkit.NumRotatableBonds",
    "rdkit.RingCount",
    "rdkit.FractionCSP3",
    "rdkit.HallKierAlpha",
    "rdkit.NumHAcceptors",
    "rdkit.fr_ether",
    "rdkit.fr_ester",
    "rdkit.fr_lactone",
    "rdkit.fr_nitrile",
    "rdkit.fr_halogen",
    "rdkit.fr_benzene",
    "rdkit.fr_sulfone",
    "rdkit.fr_amide",
    "rdkit.MaxPartialCharge",
    "rdkit.MinPartialCharge",
    "mordred.NdssC",
    "mordred.NssO",
    "mordred.nS",
    "mordred.nP",
    "mordred.Mse",
    "mordred.Mp",
    "mordred.VMcGowan",
)
ANION_DESCRIPTORS: tuple[str, ...] = (
    "rdkit.MolWt",
    "rdkit.LabuteASA",
    "rdkit.TPSA",
    "rdkit.RingCount",
    "rdkit.MaxEStateIndex",
    "rdkit.MinEStateIndex",
    "mordred.nF",
    "mordred.nO",
    "mordred.nN",
    "mordred.nS",
    "mordred.nB",
    "mordred.Mse",
    "mordred.Mp",
    "mordred.Mi",
    "mordred.VMcGowan",
)
#: Size of any molecular ion.
ION_DESCRIPTORS: tuple[str, ...] = ("mordred.VMcGowan",)
SOLVENT_TABLE = "solvent_descriptors.csv"
ANION_TABLE = "anion_descriptors.csv"
ION_TABLE = "ion_descriptors.csv"
_TABLES = {
    SOLVENT_DESCRIPTORS: SOLVENT_TABLE,
    ANION_DESCRIPTORS: ANION_TABLE,
    ION_DESCRIPTORS: ION_TABLE,
}


@cache
def descriptors(smiles: str, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Descriptors of one species, from the shipped table if it holds them.

    Parameters
    ----------
    smiles
        Canonical SMILES of one molecule or ion.
    names
        Descriptors, such as `SOLVENT_DESCRIPTORS`.

    Returns
    -------
    ndarray of float, shape (len(names),)
        NaN where a descriptor is undefined for this molecule.
    """
    table = _read_table(_TABLES[names]) if names in _TABLES else {}
    row = table.get(smiles)
    if row is None:
        row = calculate(smiles, names)
    row.flags.writeable = False
    return row


def tabled(names: tuple[str, ...]) -> frozenset[str]:
    """SMILES of the species whose descriptors the shipped table of `names` holds."""
    return frozenset(_read_table(_TABLES[names]))


def calculate(smiles: str, names: Sequence[str]) -> NDArray[np.float64]:
    """Descriptors of one species, calculated and not read from the table.

    Parameters
    ----------
    smiles
        SMILES of one molecule or ion.
    names
        ``rdkit.NAME`` or ``mordred.NAME``.

    Returns
    -------
    ndarray of float, shape (len(names),)
        NaN where a descriptor is undefined for this molecule.
    """
    molecule = molecule_of(canonical_smiles(smiles))
    from_mordred = _mordred(tuple(n.split(".", 1)[1] for n in names if n.startswith("mordred.")))
    values = dict(zip(from_mordred.names, from_mordred(molecule), strict=True))
    functions = _rdkit_functions()
    row = [
        functions[name.removeprefix("rdkit.")](molecule)
        if name.startswith("rdkit.")
        else values[name.removeprefix("mordred.")]
        for name in names
    ]
    return np.array([_number(value) for value in row])


def _number(value: Any) -> float:
    """The number if it is finite; NaN for Mordred's error objects and infinities."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return float("nan")
    return number if np.isfinite(number) else float("nan")


@cache
def _rdkit_functions() -> dict[str, Callable[[Any], float]]:
    from rdkit.Chem import Descriptors

    return dict(Descriptors._descList)  # made at run time


class _Mordred:
    """A Mordred calculator of some descriptors only."""

    def __init__(self, names: tuple[str, ...]) -> None:
        from mordred import Calculator, descriptors

        every = {str(d): d for d in Calculator(descriptors, ignore_3D=True).descriptors}
        self.names = names
        self._calculator = Calculator([every[name] for name in names], ignore_3D=True)
        order = [str(d) for d in self._calculator.descriptors]
        self._place = [order.index(name) for name in names]

    def __call__(self, molecule: Any) -> list[Any]:
        values = list(self._calculator(molecule))
        return [values[i] for i in self._place]


@cache
def _mordred(names: tuple[str, ...]) -> _Mordred:
    return _Mordred(names)


@cache
def _read_table(name: str) -> dict[str, NDArray[np.float64]]:
    table = packaged_file(f"features/tables/{name}")
    if not table.is_file():
        return {}
    rows = csv.reader(io.StringIO(table.read_text(encoding="utf-8"), newline=""))
    next(rows)
    return {row[0]: np.array([float(x) if x else np.nan for x in row[1:]]) for row in rows}
