"""What computed limits are compared with: density functional theory, and measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.models.window.prediction import OXIDATION, REDUCTION
from electrolyte_ml.quantum.shipped import shipped_dft_rows

# The file states no reference. With the hydrogen electrode, 3.04 V above Li/Li+, its ethyl methyl
# carbonate and vinylene carbonate agree with other published limits to 0.1 V.
HYDROGEN_ABOVE_LITHIUM_V = 3.04
# Fragments that are in no electrolyte: cumulenes, ketenes, alkynes, enols, three-valent phosphorus,
# P-H, N=S, hypofluorites, conjugated carbonyls and rings of three. What extended tight binding gets
# wrong about them says nothing of solvents.
_UNLIKE_ELECTROLYTES = (
    "C=C=*", "C#C", "[#6]#[#6]", "[#6]=,#[#6][OX2H]", "[PX3]", "[#15;!H0]", "[#7]=,#[#16]",
    "[O,N,S]F", "[#16]=[#6]", "[CX3]=[CX3][CX3]=[O,C]", "[r3]", "P(=O)=O",
)  # fmt: skip
_DFT_COLUMNS = {OXIDATION: "oxidation_free_energy_ev", REDUCTION: "reduction_free_energy_ev"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLimits:
    """Limits of n molecules from elsewhere.

    Attributes
    ----------
    smiles
        Canonical SMILES without stereochemistry, length n, each once.
    value
        V against Li/Li+, shape (n,).
    source
        What they are.
    own_theory
        Whether they are of our own theory, which lies off the published one by what a calibration
        says.
    """

    smiles: tuple[str, ...]
    value: NDArray[np.float64]
    source: str
    own_theory: bool = False

    def select(self, rows: Sequence[int]) -> ReferenceLimits:
        """Some of the molecules."""
        return replace(
            self, smiles=tuple(self.smiles[i] for i in rows), value=self.value[list(rows)]
        )


def dft_limits(axis: str) -> ReferenceLimits:
    """Our own limits by wB97X/6-31+G* of neutral molecules, which ship with the package.

    Parameters
    ----------
    axis
        ``oxidation_limit_v`` or ``reduction_limit_v``.
    """
    rows = [row for row in shipped_dft_rows() if row.charge == 0 and not row.failure]
    return ReferenceLimits(
        smiles=tuple(row.smiles for row in rows),
        value=np.array([getattr(row, axis) for row in rows]),
        source="wB97X",
        own_theory=True,
    )


def published_limits(axis: str) -> ReferenceLimits:
    """Published limits by wB97X-V/def2-TZVPPD/SMD of BattSLM (10.26434/chemrxiv.15001594/v1).

    Molecules whose structure can only be written with separated charges are left out, and those
    without carbon or with groups that no electrolyte has.

    Parameters
    ----------
    axis
        ``oxidation_limit_v`` or ``reduction_limit_v``.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    from electrolyte_ml.data.sources import battslm_rx392

    measurements, _ = battslm_rx392.load(property_name=_DFT_COLUMNS[axis])
    found = {
        _flat(formulation.solvents[0].solvent.smiles): float(value) + HYDROGEN_ABOVE_LITHIUM_V
        for formulation, value, flag in zip(
            measurements.row_formulations, measurements.value, measurements.flag, strict=True
        )
        if not flag and _like_an_electrolyte(formulation.solvents[0].solvent.smiles)
    }
    return ReferenceLimits(
        smiles=tuple(found), value=np.array(list(found.values())), source="wB97X-V (BattSLM)"
    )


def between_theories(axis: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Our limits and published ones of the molecules in both, V, shapes (n,).

    Raises
    ------
    DataNotFoundError
        If the published limits are not on this machine.
    """
    own, published = dft_limits(axis), published_limits(axis)
    other = dict(zip(published.smiles, published.value.tolist(), strict=True))
    pairs = [
        (value, other[smiles])
        for smiles, value in zip(own.smiles, own.value.tolist(), strict=True)
        if smiles in other
    ]
    return np.array([x for x, _ in pairs]), np.array([y for _, y in pairs])


def glassy_carbon_limits() -> ReferenceLimits:
    """Oxidation limits measured on glassy carbon at 1 mA/cm2 (10.1149/2.0051509eel).

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    from electrolyte_ml.data.sources import measured_limits

    measurements, _ = measured_limits.load(property_name=OXIDATION)
    return ReferenceLimits(
        smiles=tuple(_flat(f.solvents[0].solvent.smiles) for f in measurements.row_formulations),
        value=np.asarray(measurements.value),
        source="measured on glassy carbon",
    )


def working_voltages() -> ReferenceLimits:
    """Highest voltages that solvents were reported to work at in cells (BattSLM, DOI by row).

    Cells are of many kinds and their voltage is at most what the electrolyte tolerates; taken as
    potentials against Li/Li+.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    from electrolyte_ml.data.sources import battslm_solvfunc87

    measurements, _ = battslm_solvfunc87.load()
    found: dict[str, float] = {}
    for formulation, value in zip(measurements.row_formulations, measurements.value, strict=True):
        smiles = _flat(formulation.solvents[0].solvent.smiles)
        found[smiles] = max(float(value), found.get(smiles, 0.0))
    return ReferenceLimits(
        smiles=tuple(found), value=np.array(list(found.values())), source="reported in cells"
    )


def _flat(smiles: str) -> str:
    return str(Chem.MolToSmiles(Chem.MolFromSmiles(smiles), isomericSmiles=False))


def _like_an_electrolyte(smiles: str) -> bool:
    molecule = Chem.MolFromSmiles(smiles)
    has_carbon = any(atom.GetAtomicNum() == 6 for atom in molecule.GetAtoms())
    return has_carbon and not any(molecule.HasSubstructMatch(q) for q in _unlike())


@cache
def _unlike() -> tuple[Chem.Mol, ...]:
    return tuple(Chem.MolFromSmarts(smarts) for smarts in _UNLIKE_ELECTROLYTES)
