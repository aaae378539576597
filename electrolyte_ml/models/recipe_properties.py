"""Properties that follow from the recipe alone, by arithmetic: fluorine, solvation, cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation, weigh_out_g
from electrolyte_ml.prediction import Prediction

# Standard atomic weight of fluorine, IUPAC 2021, https://doi.org/10.1515/pac-2019-0603
_FLUORINE_G_MOL = 18.998403162


def fluorine_mass_fraction(formulations: Sequence[Formulation]) -> NDArray[np.float64]:
    """Mass of fluorine by mass of the whole electrolyte, shape (n,)."""
    return np.array([_fluorine(f) for f in formulations], dtype=np.float64)


def solvents_per_salt_mol(formulations: Sequence[Formulation]) -> NDArray[np.float64]:
    """Moles of solvents (neither diluents nor additives) by mole of all salts, shape (n,).

    Below about two to four, hardly a solvent molecule is free: the electrolyte is (locally) highly
    concentrated. There is no value, NaN, for a recipe without salt.
    """
    return np.array([_solvation(f) for f in formulations], dtype=np.float64)


def cost_per_kg(formulations: Sequence[Formulation], *, prices: Mapping[str, float]) -> Prediction:
    """Price of the components of a kilogram of electrolyte, in the currency of `prices`.

    Parameters
    ----------
    formulations
        Recipes, length n.
    prices
        Price by kilogram by name of the component.

    Returns
    -------
    Prediction
        Of n rows; no value where a component has no price, with the reason.
    """
    reasons = []
    values = []
    for formulation in formulations:
        masses = weigh_out_g(formulation, 1000.0)
        missing = [name for name in masses if name not in prices]
        reasons.append(f"no price for {', '.join(missing)}" if missing else None)
        known = not missing
        cost = sum(grams / 1000 * prices[n] for n, grams in masses.items()) if known else np.nan
        values.append(cost)
    return Prediction.certain(np.array(values, dtype=np.float64), tuple(reasons))


def _fluorine(formulation: Formulation) -> float:
    moles = formulation.moles_per_kg_solvent
    atoms = sum(
        moles[s.solvent.name] * _fluorine_atoms(s.solvent.smiles) for s in formulation.solvents
    )
    for s in formulation.salts:
        for ion, count in ((s.salt.cation, s.salt.n_cation), (s.salt.anion, s.salt.n_anion)):
            atoms += s.molality_mol_kg * count * _fluorine_atoms(ion.smiles)
    return atoms * _FLUORINE_G_MOL / 1000 / (1 + formulation.salt_mass_per_kg_solvent)


def _solvation(formulation: Formulation) -> float:
    salts = formulation.molality_mol_kg
    moles = formulation.moles_per_kg_solvent
    solvents = sum(moles[s.solvent.name] for s in formulation.solvents if s.role == "solvent")
    return solvents / salts if salts else float("nan")


@lru_cache(maxsize=4096)
def _fluorine_atoms(smiles: str) -> int:
    from rdkit import Chem

    return sum(atom.GetAtomicNum() == 9 for atom in Chem.MolFromSmiles(smiles).GetAtoms())
