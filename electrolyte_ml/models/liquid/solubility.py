"""Whether a salt dissolves, in words: known limits, and whether enough solvent binds the cation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.species import Salt, Solvent
from electrolyte_ml.species.chemistry import molecule_of

# One donor molecule by cation is the solvate limit; with fewer the lattice is not taken apart.
FEWEST_DONORS_BY_CATION = 1.0
# A share of other solvents below this does not help a salt that the medium refuses.
_OTHER_SOLVENTS = 0.2
_WEAK_FAMILIES = frozenset({"aromatic", "fluorinated aromatic", "alkane", "halocarbon"})
# Fluorine atoms by donor atom from which an unknown molecule is taken for a diluent: TTE has 8,
# BTFE 6; the fluorinated ethers that dissolve salts alone have up to 2.5.
_FLUORINES_BY_DONOR = 2.9
# Solvents that are both: permittivity below that of linear ethers and donor number below AN's 14.
_LOW_PERMITTIVITY = 5.0
_LOW_DONOR_NUMBER = 12.0
# About a tenth of a gram by litre, which the pharmacopoeias call practically insoluble.
_HARDLY_MOL_L = 0.0025
_DONORS = frozenset({"O", "N", "S"})
_ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class SolubilityLimit:
    """How much of a salt a medium takes, as the table has it.

    Attributes
    ----------
    cation, anion
        Names of the ions.
    medium
        Names or families of solvents; ``*`` for all but those excluded.
    excluded
        Names of solvents that the limit does not hold for.
    limit_mol_l
        Highest molarity near room temperature.
    source, verified, note
        Pedigree.
    """

    cation: str
    anion: str
    medium: frozenset[str]
    excluded: frozenset[str]
    limit_mol_l: float
    source: str
    verified: bool
    note: str

    def holds_for(self, salt: Salt, formulation: Formulation) -> bool:
        """Whether it is about this salt in solvents such as these."""
        if (salt.cation.name, salt.anion.name) != (self.cation, self.anion):
            return False
        donors = [part for part in formulation.solvents if not is_diluent(part.solvent)]
        all_donors = sum(part.mass_fraction for part in donors)
        covered = sum(part.mass_fraction for part in donors if self._covers(part.solvent))
        return covered > 0 and covered >= (1 - _OTHER_SOLVENTS) * all_donors

    def _covers(self, solvent: Solvent) -> bool:
        if solvent.name in self.excluded:
            return False
        return bool(self.medium & {_ANY, solvent.name, solvent.family})


@cache
def solubility_limits() -> tuple[SolubilityLimit, ...]:
    """The table of known limits."""
    return tuple(
        SolubilityLimit(
            cation=row["cation"],
            anion=row["anion"],
            medium=frozenset(row["medium"].split(";")),
            excluded=frozenset(row["excluded"].split(";")) - {""},
            limit_mol_l=float(row["limit_mol_l"]),
            source=row["source"],
            verified=row["verified"] == "yes",
            note=row["note"],
        )
        for row in packaged_table("models/liquid/tables/salt_solubility.csv")
    )


def is_diluent(solvent: Solvent) -> bool:
    """Whether a liquid does not dissolve salts: by its role or family, else by its structure.

    Parameters
    ----------
    solvent
        Catalog solvent, or a molecule known by SMILES only.
    """
    if solvent.in_catalog:
        return solvent.role == "diluent" or solvent.family in _WEAK_FAMILIES
    return _looks_like_a_diluent(solvent.smiles)


@cache
def _looks_like_a_diluent(smiles: str) -> bool:
    symbols = [atom.GetSymbol() for atom in molecule_of(smiles).GetAtoms()]
    donors = sum(symbol in _DONORS for symbol in symbols)
    return donors == 0 or symbols.count("F") > _FLUORINES_BY_DONOR * donors


def solubility_notes(formulation: Formulation) -> tuple[str, ...]:
    """Why the salts of a recipe may not dissolve; empty if nothing speaks against it.

    Parameters
    ----------
    formulation
        The recipe.
    """
    if not formulation.salts:
        return ()
    return (*_too_few_donors(formulation), *_above_limits(formulation))


@cache
def insoluble_anions() -> frozenset[str]:
    """Names of anions whose salts with alkali metals are practically insoluble in most solvents."""
    return frozenset(
        limit.anion
        for limit in solubility_limits()
        if _ANY in limit.medium and limit.limit_mol_l < _HARDLY_MOL_L
    )


def _too_few_donors(formulation: Formulation) -> Iterator[str]:
    donors = [part for part in formulation.solvents if not is_diluent(part.solvent)]
    if not donors:
        names = ", ".join(part.solvent.name for part in formulation.solvents)
        yield f"salt may not dissolve: {names} only dilute"
        return
    if all(_is_weak(part.solvent) for part in donors):
        names = ", ".join(part.solvent.name for part in donors)
        yield f"salt may not dissolve: low permittivity and donor number of {names}"
    cations = sum(s.molality_mol_kg * s.salt.n_cation for s in formulation.salts)
    moles = sum(formulation.moles_per_kg_solvent[part.solvent.name] for part in donors)
    if moles < FEWEST_DONORS_BY_CATION * cations:
        yield (
            f"salt may not dissolve: {moles / cations:.2g} mol of coordinating solvent "
            "by mol of cation"
        )


def _is_weak(solvent: Solvent) -> bool:
    """Low permittivity and low donor number, both known."""
    permittivity = solvent.value("relative_permittivity")
    donor_number = solvent.value("donor_number_kcal_mol")
    if permittivity is None or donor_number is None:
        return False
    return permittivity < _LOW_PERMITTIVITY and donor_number < _LOW_DONOR_NUMBER


def _above_limits(formulation: Formulation) -> Iterator[str]:
    pairs = {(limit.cation, limit.anion) for limit in solubility_limits()}
    for amount in formulation.salts:
        salt = amount.salt
        if (salt.cation.name, salt.anion.name) not in pairs:
            continue
        molarity = amount.molality_mol_kg / formulation.volume_l_per_kg_solvent()
        for limit in solubility_limits():
            if limit.holds_for(salt, formulation) and molarity > limit.limit_mol_l:
                hardly = limit.limit_mol_l < _HARDLY_MOL_L
                unchecked = "" if limit.verified else ", not checked"
                yield (
                    f"{salt.name} {'is practically insoluble' if hardly else 'may not dissolve'}: "
                    f"{molarity:.2g} mol/L asked for, such solvents take about "
                    f"{limit.limit_mol_l:g} mol/L ({limit.source}{unchecked})"
                )
                break
