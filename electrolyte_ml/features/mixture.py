r"""Formulations as matrices: amounts of distinct species, and descriptors of mixtures.

Descriptors of solvents are averaged with mole fractions :math:`x_i` among the solvents,
:math:`\bar d = \sum_i x_i d_i`; of logarithmic permittivity and viscosity also the spread
:math:`(\sum_i x_i d_i^2 - \bar d^2)^{1/2}` is kept. Permittivity itself is averaged with volume
fractions as well. Descriptors of anions, and the computed potential on their surface, are averaged
with their share of the anions, those of cations (`electrolyte_ml.features.ions`) with their share
of the cations. The concentration of the ions comes last (`electrolyte_ml.features.concentration`).
Species are in the alphabetical order of SMILES, so the order of components cannot matter.

An ionic liquid may be written as a solvent or as a salt, and ions that came with one partner or
with another are the same ions. Amounts are therefore counted by kilogram of molecules and liquid
salts, whichever way they are written (`Composition`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features.anion_potential import lowest_potential_v
from electrolyte_ml.features.concentration import (
    CONCENTRATION_FEATURES,
    IonContent,
    ion_content,
)
from electrolyte_ml.features.constants import SolventConstants, solvent_constants
from electrolyte_ml.features.ions import CATION_DESCRIPTORS, cation_descriptors
from electrolyte_ml.features.molecule import ANION_DESCRIPTORS, SOLVENT_DESCRIPTORS, descriptors
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.species import Ion, Solvent, default_catalog
from electrolyte_ml.species.ionic_liquids import makes_liquids, pair_of

_CONSTANT_FEATURES = (
    "ln_viscosity",
    "ln_permittivity",
    "permittivity",
    "donor_number_kcal_mol",
    "molar_volume_cm3_mol",
)
SOLVENT_FEATURES: tuple[str, ...] = (
    *(f"solvent.{name}" for name in (*_CONSTANT_FEATURES, *SOLVENT_DESCRIPTORS)),
    "solvent.volume_mean.permittivity",
    "solvent.spread.ln_permittivity",
    "solvent.spread.ln_viscosity",
)
ANION_FEATURES: tuple[str, ...] = tuple(f"anion.{name}" for name in ANION_DESCRIPTORS)
#: Names of the columns of `mixture_features`.
FEATURE_NAMES: tuple[str, ...] = (
    *SOLVENT_FEATURES,
    *ANION_FEATURES,
    "anion.size_x_ln_permittivity",
    "anion.lowest_potential_v",
    "anion.potential_x_ln_permittivity",
    "anion.potential_x_donor_number",
    *(f"cation.{name}" for name in CATION_DESCRIPTORS),
    "cation.inverse_radius_x_anion_potential",
    "cation.inverse_radius_x_donor_number",
    "cation.inverse_radius_x_ln_permittivity",
    "cation.monatomic_x_donor_number",
    "cation.monatomic_x_ln_permittivity",
    *CONCENTRATION_FEATURES,
)
_COMPUTED = (
    "anion.lowest_potential_v",
    "anion.potential_x_ln_permittivity",
    "anion.potential_x_donor_number",
)
_SIZE = ("anion.mordred.VMcGowan", "anion.size_x_ln_permittivity")
#: Two subsets of the features, shape (2, len(FEATURE_NAMES)): anions by their structure, and anions
#: by size and computed potential alone, which extrapolates better to anions never measured.
FEATURE_VIEWS: NDArray[np.bool_] = np.array(
    [
        [name not in _COMPUTED for name in FEATURE_NAMES],
        [name in (*_COMPUTED, *_SIZE) or not name.startswith("anion.") for name in FEATURE_NAMES],
    ]
)
_VOLUME = ANION_DESCRIPTORS.index("mordred.VMcGowan")
_DONOR = _CONSTANT_FEATURES.index("donor_number_kcal_mol")
_BARE = CATION_DESCRIPTORS.index("monatomic")
_INVERSE_RADIUS = CATION_DESCRIPTORS.index("inverse_radius")
_G_PER_KG = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """Amounts of distinct species in u distinct formulations.

    Attributes
    ----------
    index
        Distinct formulation of each of the n rows, shape (n,).
    solvents, anions, cations
        Distinct species, in the order of their SMILES; lengths s, a, c. An ionic liquid is no
        solvent here: its ions stand among the others.
    solvent_mole_fraction
        Mole fractions among the molecules, shape (u, s); a row of zeros where there are ions alone.
    anion_fraction, cation_fraction
        Shares by number of ions, shapes (u, a) and (u, c); rows of zeros where there is no salt.
    molality_mol_kg
        Moles of positive charge, of salts and ionic liquids, by kilogram of molecules and liquid
        salts, shape (u,); the molality of the salts where all cations are monovalent and none makes
        liquids. Liquid salts are the cations that do, with their share of the anions.
    molecules_mol_kg
        Moles of molecules by kilogram of molecules and liquid salts, shape (u,).
    """

    index: NDArray[np.intp]
    solvents: tuple[Solvent, ...]
    anions: tuple[Ion, ...]
    cations: tuple[Ion, ...]
    solvent_mole_fraction: NDArray[np.float64]
    anion_fraction: NDArray[np.float64]
    cation_fraction: NDArray[np.float64]
    molality_mol_kg: NDArray[np.float64]
    molecules_mol_kg: NDArray[np.float64]

    @property
    def n_formulations(self) -> int:
        """Number of distinct formulations, u."""
        return len(self.molality_mol_kg)

    @property
    def solute_mol_kg(self) -> NDArray[np.float64]:
        """Moles of positive charge of cations that make no liquids, by kilogram, shape (u,)."""
        charge = self.cation_fraction * [ion.charge for ion in self.cations]
        solute = charge[:, [not makes_liquids(ion.smiles) for ion in self.cations]].sum(axis=1)
        total = charge.sum(axis=1)
        return self.molality_mol_kg * np.divide(
            solute, total, out=np.zeros_like(total), where=total > 0
        )

    @property
    def charge_by_molecules_mol_kg(self) -> NDArray[np.float64]:
        """Moles of positive charge by kilogram of molecules alone, shape (u,)."""
        molar_mass = [solvent.molar_mass_g_mol for solvent in self.solvents]
        mass_kg = self.molecules_mol_kg * (self.solvent_mole_fraction @ molar_mass) / _G_PER_KG
        return np.divide(
            self.molality_mol_kg, mass_kg, out=np.full_like(mass_kg, np.inf), where=mass_kg > 0
        )


def compose(formulations: Sequence[Formulation]) -> Composition:
    """Amounts of all species of many formulations.

    Parameters
    ----------
    formulations
        Length n; an object that occurs in many rows is composed once.

    Returns
    -------
    Composition
        Amounts of the u distinct objects among them.
    """
    catalog, distinct = default_catalog(), {id(f): f for f in formulations}
    place = {key: i for i, key in enumerate(distinct)}
    solvents, cations, anions = _Amounts(), _Amounts(), _Amounts()
    charge, molecules = np.zeros(len(distinct)), np.zeros(len(distinct))
    for row, formulation in enumerate(distinct.values()):
        for part in formulation.solvents:
            moles = _G_PER_KG * part.mass_fraction / part.solvent.molar_mass_g_mol
            liquid = pair_of(part.solvent)
            if liquid is None:
                solvents.add(row, part.solvent, moles)
                molecules[row] += moles
                continue
            charge[row] += moles * liquid.n_cation * liquid.cation.charge
            cations.add(row, catalog.ion(liquid.cation.smiles), moles * liquid.n_cation)
            anions.add(row, catalog.ion(liquid.anion.smiles), moles * liquid.n_anion)
        for amount in formulation.salts:
            salt = amount.salt
            n_cations = amount.molality_mol_kg * salt.n_cation
            charge[row] += n_cations * salt.cation.charge
            cations.add(row, salt.cation, n_cations)
            anions.add(row, salt.anion, amount.molality_mol_kg * salt.n_anion)
    mass_kg = _liquid_mass_kg(solvents, cations, anions, charge)
    return Composition(
        index=np.array([place[id(f)] for f in formulations], dtype=np.intp),
        solvents=solvents.species(),
        anions=anions.species(),
        cations=cations.species(),
        solvent_mole_fraction=solvents.fractions(len(distinct)),
        anion_fraction=anions.fractions(len(distinct)),
        cation_fraction=cations.fractions(len(distinct)),
        molality_mol_kg=charge / mass_kg,
        molecules_mol_kg=molecules / mass_kg,
    )


def _liquid_mass_kg(
    solvents: _Amounts, cations: _Amounts, anions: _Amounts, charge: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mass of molecules and liquid salts of formulations as they are written, shape (u,)."""
    mass_kg = np.ones(len(charge))
    liquid = np.array([makes_liquids(ion.smiles) for ion in cations.species()], dtype=np.bool_)
    if not liquid.any():
        return mass_kg
    amounts = cations.amounts(len(charge))
    rows = amounts[:, liquid].any(axis=1)
    of_cations = amounts[rows][:, liquid] * cations.molar_mass_g_mol()[liquid]
    of_charge = amounts[rows] * [ion.charge for ion in cations.species()]
    share = of_charge[:, liquid].sum(axis=1) / charge[rows]
    of_molecules, of_anions = (
        part.amounts(len(charge))[rows] @ part.molar_mass_g_mol() for part in (solvents, anions)
    )
    mass_kg[rows] = (of_molecules + of_cations.sum(axis=1) + share * of_anions) / _G_PER_KG
    return mass_kg


def mixture_features(
    composition: Composition, potential_v: Callable[[str], float] = lowest_potential_v
) -> NDArray[np.float64]:
    """Descriptors of mixtures.

    Parameters
    ----------
    composition
        Amounts in u formulations. Anion columns of one without a salt are zero.
    potential_v
        Lowest potential on the surface of an anion, V, by its SMILES; ablations pass another.

    Returns
    -------
    ndarray of float, shape (u, len(FEATURE_NAMES))
    """
    constants = [solvent_constants(s) for s in composition.solvents]
    x = composition.solvent_mole_fraction
    pure = np.array([_pure_row(s, c) for s, c in zip(composition.solvents, constants, strict=True)])
    pure = pure.reshape(len(constants), len(_CONSTANT_FEATURES) + len(SOLVENT_DESCRIPTORS))
    volume = x * np.array([c.molar_volume_cm3_mol for c in constants])
    filled = volume.sum(axis=1, keepdims=True)
    # Without molecules their columns are zero.
    volume = np.divide(volume, filled, out=np.zeros_like(volume), where=filled > 0)
    ln_viscosity, ln_permittivity, permittivity = pure[:, 0], pure[:, 1], pure[:, 2]
    solvent = np.column_stack(
        [
            x @ pure,
            volume @ permittivity,
            _spread(x, ln_permittivity),
            _spread(x, ln_viscosity),
        ]
    )
    anion = composition.anion_fraction @ _anion_rows(composition.anions)
    size = np.cbrt(anion[:, _VOLUME])
    potential = composition.anion_fraction @ np.array(
        [potential_v(ion.smiles) for ion in composition.anions], dtype=np.float64
    )
    polarity, donor = x @ ln_permittivity, x @ pure[:, _DONOR]
    cation = composition.cation_fraction @ _cation_rows(composition.cations)
    bare, inverse_radius = cation[:, _BARE], cation[:, _INVERSE_RADIUS]
    return np.column_stack(
        [
            solvent,
            anion,
            size * polarity,
            potential,
            potential * polarity,
            potential * donor,
            cation,
            inverse_radius * potential,
            inverse_radius * donor,
            inverse_radius * polarity,
            bare * donor,
            bare * polarity,
            ion_content_of(composition).features(),
        ]
    )


def ion_content_of(composition: Composition) -> IonContent:
    """Concentration of the ions of u formulations."""
    volumes = [solvent_constants(s).molar_volume_cm3_mol for s in composition.solvents]
    molar_volume = composition.solvent_mole_fraction @ np.array(volumes, dtype=np.float64)
    cations, anions = composition.cation_fraction, composition.anion_fraction
    charge = np.array([ion.charge for ion in composition.cations], dtype=np.float64)
    anion_charge = np.array([-ion.charge for ion in composition.anions], dtype=np.float64)
    moles = [
        np.divide(composition.molality_mol_kg, q, out=np.zeros_like(q), where=q > 0)[:, None] * part
        for part, q in ((cations, cations @ charge), (anions, anions @ anion_charge))
    ]
    masses = [
        part @ np.array([one.molar_mass_g_mol for one in species], dtype=np.float64)
        for part, species in (
            (composition.solvent_mole_fraction, composition.solvents),
            (moles[0], composition.cations),
            (moles[1], composition.anions),
        )
    ]
    return ion_content(
        mass_kg=(composition.molecules_mol_kg * masses[0] + masses[1] + masses[2]) / _G_PER_KG,
        molecules_cm3_kg=composition.molecules_mol_kg * molar_volume,
        molecules_mol_kg=composition.molecules_mol_kg,
        molality_mol_kg=composition.molality_mol_kg,
        cations_mol_kg=moles[0],
        anions_mol_kg=moles[1],
        cations=tuple(ion.smiles for ion in composition.cations),
        anions=tuple(ion.smiles for ion in composition.anions),
    )


def _pure_row(solvent: Solvent, constants: SolventConstants) -> NDArray[np.float64]:
    physical = [
        constants.ln_viscosity,
        constants.ln_permittivity,
        float(np.exp(constants.ln_permittivity)),
        constants.donor_number_kcal_mol,
        constants.molar_volume_cm3_mol,
    ]
    return np.concatenate([physical, _defined(solvent.smiles, SOLVENT_DESCRIPTORS)])


def _anion_rows(anions: Sequence[Ion]) -> NDArray[np.float64]:
    rows = [_defined(ion.smiles, ANION_DESCRIPTORS) for ion in anions]
    return np.array(rows).reshape(len(rows), len(ANION_DESCRIPTORS))


def _cation_rows(cations: Sequence[Ion]) -> NDArray[np.float64]:
    rows = [cation_descriptors(ion.smiles) for ion in cations]
    return np.array(rows).reshape(len(rows), len(CATION_DESCRIPTORS))


def _defined(smiles: str, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Descriptors with 0 for undefined ones; `undefined_descriptors` names them."""
    return np.nan_to_num(descriptors(smiles, names))


def undefined_descriptors(smiles: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the descriptors that are undefined for a species; none for catalog species."""
    missing = np.isnan(descriptors(smiles, names))
    return tuple(name for name, gone in zip(names, missing, strict=True) if gone)


def _spread(fractions: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values[None] - (fractions @ values)[:, None]
    spread: NDArray[np.float64] = np.sqrt((fractions * centred**2).sum(axis=1))
    return spread


class _Amounts:
    """Sparse amounts of species in rows, made dense at the end."""

    def __init__(self) -> None:
        self._species: dict[str, Solvent | Ion] = {}
        self._entries: list[tuple[int, str, float]] = []

    def add(self, row: int, species: Solvent | Ion, amount: float) -> None:
        self._species[species.smiles] = species
        self._entries.append((row, species.smiles, amount))

    def species(self) -> tuple:  # type: ignore[type-arg] # of Solvent or of Ion, never mixed
        return tuple(self._species[smiles] for smiles in sorted(self._species))

    def molar_mass_g_mol(self) -> NDArray[np.float64]:
        return np.array([one.molar_mass_g_mol for one in self.species()], dtype=np.float64)

    def amounts(self, n_rows: int) -> NDArray[np.float64]:
        column = {smiles: i for i, smiles in enumerate(sorted(self._species))}
        amounts = np.zeros((n_rows, len(column)))
        if self._entries:
            rows, names, values = zip(*self._entries, strict=True)
            np.add.at(amounts, (np.array(rows), np.array([column[n] for n in names])), values)
        return amounts

    def fractions(self, n_rows: int) -> NDArray[np.float64]:
        amounts = self.amounts(n_rows)
        total = amounts.sum(axis=1, keepdims=True)
        fractions: NDArray[np.float64] = np.divide(
            amounts, total, out=np.zeros_like(amounts), where=total > 0
        )
        return fractions
