r"""Descriptors of a salt in a solvent that its solubility follows from.

The lattice holds the ions together with Kapustinskii's energy [1]_, in kJ/mol and ångström,

.. math:: U = 1202.5\, \nu \frac{z_+ z_-}{r} \left(1 - \frac{0.345}{r}\right), \quad r = r_+ + r_-

and the solvent takes them apart: its donor number binds cations, the more the smaller they are;
hydrogen on oxygen or nitrogen binds anions likewise; Born's term
:math:`(1 - 1/\varepsilon)(1/r_+ + 1/r_-)` is the medium beyond. Chains of ethers wrap a cation.

References
----------
.. [1] Kapustinskii, Q. Rev. Chem. Soc. 1956, 10, 283. https://doi.org/10.1039/QR9561000283
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features.anion_potential import lowest_potential_v
from electrolyte_ml.features.constants import solvent_constants
from electrolyte_ml.features.molecule import ANION_DESCRIPTORS, descriptors
from electrolyte_ml.models.solubility.diluents import is_diluent
from electrolyte_ml.species import Ion, Salt, Solvent
from electrolyte_ml.species.catalog import packaged_catalog
from electrolyte_ml.species.chemistry import molecule_of

_VOLUME = ANION_DESCRIPTORS.index("mordred.VMcGowan")
_ANGSTROM_PER_NM = 10.0
_CHELATE = "[OX2;!$(OC=O);!$(OS);!$(OP)][CX4][CX4][OX2;!$(OC=O);!$(OS);!$(OP)]"
#: Names of the columns of `descriptor_rows`.
NAMES = (
    "one",
    "lattice",
    "donor_by_cation",
    "born",
    "ln_permittivity",
    "donor",
    "protic",
    "protic_by_anion",
    "chelate",
    "diluent",
    "anion_potential",
    "potential_x_ln_permittivity",
    "potential_x_donor",
    "sodium",
    "heavier",
    "sodium_x_ln_permittivity",
    "heavier_x_ln_permittivity",
    "chelate_x_larger",
    "divalent",
)


@dataclass(frozen=True, slots=True)
class _Medium:
    """Of a solvent: logarithmic permittivity, donor number, and whether it is protic and so on."""

    ln_permittivity: float
    donor: float
    protic: float
    chelate: float
    diluent: float


@dataclass(frozen=True, slots=True)
class _Crystal:
    """Of a salt: energy of the lattice, inverse radii, potential of the anion, and so on."""

    lattice: float
    inverse_cation: float
    inverse_anion: float
    potential: float
    sodium: float
    heavier: float
    divalent: float


def descriptor_rows(salts: tuple[Salt, ...], solvents: tuple[Solvent, ...]) -> NDArray[np.float64]:
    """Descriptors of n pairs, each of the order of one, shape (n, len(NAMES))."""
    rows = [_row(_crystal(a), _medium(b)) for a, b in zip(salts, solvents, strict=True)]
    return np.array(rows, dtype=np.float64).reshape(-1, len(NAMES))


def _row(salt: _Crystal, medium: _Medium) -> list[float]:
    polarity, donor, potential = medium.ln_permittivity, medium.donor, salt.potential
    born = (1 - np.exp(-medium.ln_permittivity)) * (salt.inverse_cation + salt.inverse_anion)
    return [
        1.0,
        salt.lattice,
        donor * salt.inverse_cation,
        float(born),
        polarity,
        donor,
        medium.protic,
        medium.protic * salt.inverse_anion * 2,
        medium.chelate,
        medium.diluent,
        potential,
        potential * polarity,
        potential * donor,
        salt.sodium,
        salt.heavier,
        salt.sodium * polarity,
        salt.heavier * polarity,
        medium.chelate * (salt.sodium + salt.heavier),
        salt.divalent,
    ]


@cache
def _medium(solvent: Solvent) -> _Medium:
    constants = solvent_constants(solvent)
    molecule = molecule_of(solvent.smiles)
    protic = any(
        atom.GetSymbol() in {"O", "N"} and atom.GetTotalNumHs() for atom in molecule.GetAtoms()
    )
    return _Medium(
        ln_permittivity=(constants.ln_permittivity - 2.5) / 1.2,
        donor=(constants.donor_number_kcal_mol - 17) / 8,
        protic=float(protic),
        chelate=float(molecule.HasSubstructMatch(_chelate_pattern())),
        diluent=float(is_diluent(solvent)),
    )


@cache
def _chelate_pattern() -> Any:
    from rdkit import Chem

    return Chem.MolFromSmarts(_CHELATE)


@cache
def _crystal(salt: Salt) -> _Crystal:
    cation, anion = radius_a(salt.cation), radius_a(salt.anion)
    distance, ions = cation + anion, salt.n_cation + salt.n_anion
    charges = salt.cation.charge * abs(salt.anion.charge)
    lattice = 1202.5 * ions * charges / distance * (1 - 0.345 / distance)
    return _Crystal(
        lattice=(lattice - 600) / 150,
        inverse_cation=1 / cation,
        inverse_anion=1 / anion,
        potential=lowest_potential_v(salt.anion.smiles) / abs(salt.anion.charge) + 5.5,
        sodium=float(salt.cation.name == "Na"),
        heavier=float(salt.cation.name in {"K", "Rb", "Cs"}),
        divalent=float(charges > 1),
    )


@cache
def radius_a(ion: Ion) -> float:
    """Radius of an ion, Å: of the catalog, or of a sphere of its volume."""
    known = ion.value("radius_nm")
    if known is not None:
        return _ANGSTROM_PER_NM * known
    return _by_volume() * float(np.cbrt(descriptors(ion.smiles, ANION_DESCRIPTORS)[_VOLUME]))


@cache
def _by_volume() -> float:
    """Radius by the cube root of the McGowan volume, Å/(cm3/mol)^(1/3): the catalog's median."""
    ratios = [
        _ANGSTROM_PER_NM * known / np.cbrt(descriptors(ion.smiles, ANION_DESCRIPTORS)[_VOLUME])
        for ion in packaged_catalog().anions
        if (known := ion.value("radius_nm")) is not None and len(ion.smiles) > 6
    ]
    return float(np.median(ratios))
