"""What the model of coulombic efficiency looks at, and families of solvents.

Ratios of fluorine, oxygen and carbon, of the whole, of solvents and of anions, are the descriptors
of Kim et al. [1]_. Beside them stand the ratio of salt to solvents, shares of the four anions that
are measured most, size and shape of the solvents, and how the efficiency is measured. More was
tried on unseen sets of solvents and made it worse: windows of the solvents, their groups, more
descriptors (decision 69).

References
----------
.. [1] Kim et al., PNAS 2023, 120, e2214357120. https://doi.org/10.1073/pnas.2214357120
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.efficiency import AURBACH, Cycling
from electrolyte_ml.formulation import Formulation

#: Anions whose shares are inputs.
ANIONS = {
    "LiFSI": "O=S(=O)(F)[N-]S(=O)(=O)F",
    "LiPF6": "F[P-](F)(F)(F)(F)F",
    "LiTFSI": "O=S(=O)([N-]S(=O)(=O)C(F)(F)F)C(F)(F)F",
    "LiNO3": "O=[N+]([O-])[O-]",
}
_ELEMENTS = ("F", "O", "C")
#: Names of the columns of `features`, and how people call what each is about.
INPUTS: Mapping[str, str] = {
    "fluorine_by_carbon": "fluorine by carbon atom",
    "oxygen_by_carbon": "oxygen by carbon atom",
    "fluorine_by_oxygen": "fluorine by oxygen atom",
    "hetero_by_carbon": "fluorine and oxygen by carbon atom",
    "fluorine": "fluorine, share of atoms",
    "oxygen": "oxygen, share of atoms",
    "carbon": "carbon, share of atoms",
    "fluorine_of_solvents": "fluorine of the solvents",
    "fluorine_of_anions": "fluorine of the anions",
    "oxygen_of_solvents": "oxygen of the solvents",
    "oxygen_of_anions": "oxygen of the anions",
    "carbon_of_solvents": "carbon of the solvents",
    "carbon_of_anions": "carbon of the anions",
    "log10_salt_by_solvents": "salt by solvents",
    "salt_share": "salt, share of moles",
    **{f"share_{name}": f"share of {name}" for name in ANIONS},
    "molar_mass": "size of the solvents",
    "log_p": "lipophilicity of the solvents",
    "rotatable_bonds": "flexible bonds of the solvents",
    "rings": "rings of the solvents",
    "aurbach": "method of measuring",
    "method_untold": "method of measuring",
    "current_ma_cm2": "current density",
    "capacity_mah_cm2": "capacity of a half cycle",
}
#: How each input is changed by what a chemist may choose: these are of the method alone.
OF_THE_METHOD = ("aurbach", "method_untold", "current_ma_cm2", "capacity_mah_cm2")
_USUAL_CURRENT, _USUAL_CAPACITY = 0.5, 1.0
#: Families by structure, the first that holds.
FAMILIES = {
    "phosphate": "P(=O)",
    "sulfone": "S(=O)(=O)",
    "silane": "[Si]",
    "nitrile": "C#N",
    "amide": "[NX3][CX3]=O",
    "carbonate": "[OX2][CX3](=O)[OX2]",
    "ester": "[#6][CX3](=O)[OX2][#6]",
    "ether": "[#6;!$(C=O)][OX2][#6;!$(C=O)]",
}
OTHER = "other"
# An ether oxygen beside CF2 or CF3 binds no cation: a diluent.
_DILUENT = "[OX2]C(F)F"


def features(
    formulations: Sequence[Formulation], cycling: Sequence[Cycling]
) -> NDArray[np.float64]:
    """Inputs of recipes with salt, shape (n, p), with the columns `INPUTS`.

    Parameters
    ----------
    formulations
        Recipes, length n.
    cycling
        How each is measured, length n; what is untold is taken as usual.
    """
    rows = [
        [*_of_recipe(formulation), *_of_method(how)]
        for formulation, how in zip(formulations, cycling, strict=True)
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, len(INPUTS))


def _of_recipe(formulation: Formulation) -> list[float]:
    moles = formulation.moles_per_kg_solvent
    solvents = {s.solvent.smiles: moles[s.solvent.name] for s in formulation.solvents}
    anions: dict[str, float] = {}
    for s in formulation.salts:
        amount = s.molality_mol_kg * s.salt.n_anion
        anions[s.salt.anion.smiles] = anions.get(s.salt.anion.smiles, 0.0) + amount
    cations = sum(s.molality_mol_kg * s.salt.n_cation for s in formulation.salts)
    whole, salt = sum(solvents.values()), sum(anions.values())
    size = sum(x / whole * _shape(smiles) for smiles, x in solvents.items())
    return [
        *_elements(solvents, anions, cations),
        math.log10(salt / whole),
        salt / (salt + whole),
        *(anions.get(smiles, 0.0) / salt for smiles in ANIONS.values()),
        *np.asarray(size).tolist(),
    ]


def _elements(
    solvents: Mapping[str, float], anions: Mapping[str, float], cations: float
) -> list[float]:
    """Ratios and shares of F, O and C among all atoms, hydrogen and cations included."""
    of_solvents = sum((x * _atoms(s) for s, x in solvents.items()), np.zeros(4))
    of_anions = sum((x * _atoms(s) for s, x in anions.items()), np.zeros(4))
    total = of_solvents[3] + of_anions[3] + cations
    f, o, c = ((of_solvents + of_anions) / total)[:3]
    parts = [held[e] / total for e in range(3) for held in (of_solvents, of_anions)]
    c, o = max(c, 1e-9), max(o, 1e-9)
    return [f / c, o / c, min(f / o, 10.0), (f + o) / c, f, o, c, *parts]


def _of_method(how: Cycling) -> list[float]:
    current, capacity = how.current_ma_cm2, how.capacity_mah_cm2
    return [
        float(how.method == AURBACH),
        float(not how.method),
        _USUAL_CURRENT if math.isnan(current) else current,
        _USUAL_CAPACITY if math.isnan(capacity) else capacity,
    ]


@lru_cache(maxsize=8192)
def _atoms(smiles: str) -> NDArray[np.float64]:
    """Numbers of F, O, C, and of all atoms."""
    from rdkit import Chem

    symbols = [a.GetSymbol() for a in Chem.AddHs(Chem.MolFromSmiles(smiles)).GetAtoms()]
    return np.array([*(symbols.count(e) for e in _ELEMENTS), len(symbols)], dtype=np.float64)


@lru_cache(maxsize=8192)
def _shape(smiles: str) -> NDArray[np.float64]:
    """Molar mass, Crippen's log P, rotatable bonds and rings."""
    from rdkit import Chem
    from rdkit.Chem import Crippen, Descriptors, rdMolDescriptors

    molecule = Chem.MolFromSmiles(smiles)
    return np.array(
        [
            Descriptors.MolWt(molecule),  # type: ignore[attr-defined]
            Crippen.MolLogP(molecule),  # type: ignore[attr-defined]
            rdMolDescriptors.CalcNumRotatableBonds(molecule),
            rdMolDescriptors.CalcNumRings(molecule),
        ]
    )


def family_of(formulation: Formulation) -> str:
    """Family of the most frequent molecule that is no diluent; of any, where all are diluents."""
    moles = formulation.moles_per_kg_solvent
    held = {s.solvent.smiles: moles[s.solvent.name] for s in formulation.solvents}
    binding = {smiles: x for smiles, x in held.items() if not _is_diluent(smiles)} or held
    return solvent_family(max(binding, key=lambda smiles: (binding[smiles], smiles)))


@lru_cache(maxsize=8192)
def solvent_family(smiles: str) -> str:
    """Family of a molecule, a key of `FAMILIES` or `OTHER`."""
    return next((name for name in FAMILIES if _holds(smiles, FAMILIES[name])), OTHER)


@lru_cache(maxsize=8192)
def _is_diluent(smiles: str) -> bool:
    return _holds(smiles, _DILUENT)


def _holds(smiles: str, pattern: str) -> bool:
    from rdkit import Chem

    return bool(Chem.MolFromSmiles(smiles).HasSubstructMatch(_query(pattern)))


@lru_cache(maxsize=64)
def _query(pattern: str) -> Any:
    from rdkit import Chem

    return Chem.MolFromSmarts(pattern)
