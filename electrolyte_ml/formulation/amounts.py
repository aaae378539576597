"""Amounts in the bases that people use, and their conversion to mass fractions and molalities.

Every basis is one linear equation in the masses of solvents and the moles of salts. A recipe in any
mixture of bases (two salts in M, an additive in wt% of the whole, another in vol%) is therefore one
linear system. Its unknowns are the mass of the base solvents and of each additive (kg per kg of all
solvents) and the moles of each salt (mol per kg of all solvents). The first equation normalises the
solvents to 1 kg; each given amount adds one more.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation.density import density_g_cm3, salt_volume_cm3_mol
from electrolyte_ml.species import Salt, Solvent

# Beyond the most concentrated liquid electrolytes known (aqueous "water in salt", 60 mol/kg).
_HIGHEST_MOLALITY = 100.0
_NO_ROOM = "no solution has these amounts: salts and additives leave no room for the solvents"

_PERCENT_TOLERANCE = 0.5

# Far below anything that can be weighed: a slip of the exponent.
_SMALLEST_AMOUNT = 1e-9


class RatioBasis(StrEnum):
    """Basis of a solvent ratio: mass, volume or moles."""

    MASS = "wt"
    VOLUME = "vol"
    MOLE = "mol"


class SaltBasis(StrEnum):
    """Basis of the amount of a salt."""

    MOLARITY = "M"
    MOLALITY = "m"
    MOL_PER_KG_SOLUTION = "mol/kg solution"
    MASS_PERCENT = "wt%"
    MOLE_PERCENT = "mol%"
    RATIO = "mol in the ratio"


class AdditiveBasis(StrEnum):
    """Basis of the percentage of an additive."""

    MASS_PERCENT = "wt%"
    MASS_PERCENT_OF_BASE = "wt% of base"
    MASS_PERCENT_OF_SOLVENTS = "wt% of solvents"
    VOLUME_PERCENT = "vol%"


@dataclass(frozen=True, slots=True, kw_only=True)
class SolventAmount:
    """A solvent, diluent or additive and its share of the mass of all solvents.

    Attributes
    ----------
    solvent
        The species.
    mass_fraction
        Mass of it by mass of all solvents and additives, 0 to 1.
    role
        ``solvent``, ``diluent`` or ``additive``.
    """

    solvent: Solvent
    mass_fraction: float
    role: str = "solvent"

    @property
    def moles_per_kg(self) -> float:
        """Moles by kilogram of all solvents and additives."""
        return self.mass_fraction * 1000 / self.solvent.molar_mass_g_mol


@dataclass(frozen=True, slots=True, kw_only=True)
class SaltAmount:
    """A salt and its molality.

    Attributes
    ----------
    salt
        The salt.
    molality_mol_kg
        Moles of formula units by kilogram of all solvents and additives.
    """

    salt: Salt
    molality_mol_kg: float


class LinearSystem:
    """Linear equations in (kg of base solvents, kg of additives, mol of salts) per kg solvents."""

    def __init__(
        self, amounts: Amounts, parts: NDArray[np.float64], ratio_units_per_kg: float
    ) -> None:
        self.amounts = amounts
        self.ratio_units_per_kg = ratio_units_per_kg
        solvents = [s for s, _ in amounts.base_solvents]
        additives = [s for s, _, _ in amounts.additives]
        salts = [s for s, _, _ in amounts.all_salts]
        size = 1 + len(additives) + len(salts)
        base_volume = sum(p / density_g_cm3(s).value for s, p in zip(solvents, parts, strict=True))
        base_moles = sum(
            p * 1000 / s.molar_mass_g_mol for s, p in zip(solvents, parts, strict=True)
        )
        self.solvent_mass = np.array([1.0] * (1 + len(additives)) + [0.0] * len(salts))
        self.salt_mass = np.array(
            [0.0] * (1 + len(additives)) + [s.molar_mass_g_mol / 1000 for s in salts]
        )
        self.solvent_volume = np.array(
            [base_volume, *(1 / density_g_cm3(s).value for s in additives)] + [0.0] * len(salts)
        )
        self.volume = self.solvent_volume.copy()
        self.volume[1 + len(additives) :] = [salt_volume_cm3_mol(s).value / 1000 for s in salts]
        self.moles = np.array(
            [base_moles, *(1000 / s.molar_mass_g_mol for s in additives)] + [1.0] * len(salts)
        )
        self.unit = np.eye(size)
        # 1 for the solvents and salts of the base electrolyte, 0 for all that is added to it.
        self.in_base = np.zeros(size)
        self.in_base[[0, *range(1 + len(additives), 1 + len(additives) + len(amounts.salts))]] = 1

    def solve(self) -> NDArray[np.float64]:
        """Kilograms of base solvents and additives, then moles of salts, by kg of all solvents.

        Raises
        ------
        AmountError
            If no solution has these amounts.
        """
        n_additives = len(self.amounts.additives)
        rows = [self.solvent_mass]
        rows += [
            self._additive_row(1 + j, amount, basis)
            for j, (_, amount, basis) in enumerate(self.amounts.additives)
        ]
        rows += [
            self._salt_row(1 + n_additives + k, amount, basis)
            for k, (_, amount, basis) in enumerate(self.amounts.all_salts)
        ]
        try:
            # Huge amounts overflow; the check of the result below refuses them.
            with np.errstate(all="ignore"):
                solution = np.linalg.solve(np.array(rows), self.unit[0])
        except np.linalg.LinAlgError:
            solution = np.full(len(rows), np.nan)
        molalities = solution[1 + n_additives :]
        if not (np.all(solution > 0) and np.all(molalities < _HIGHEST_MOLALITY)):
            raise AmountError(_NO_ROOM)
        return solution

    def _additive_row(
        self, index: int, percent: float, basis: AdditiveBasis
    ) -> NDArray[np.float64]:
        share = percent / 100
        if basis is AdditiveBasis.VOLUME_PERCENT:
            return self.unit[index] * self.solvent_volume[index] - share * self.solvent_volume
        whole = {
            AdditiveBasis.MASS_PERCENT: self.solvent_mass + self.salt_mass,
            AdditiveBasis.MASS_PERCENT_OF_BASE: (self.solvent_mass + self.salt_mass) * self.in_base,
            AdditiveBasis.MASS_PERCENT_OF_SOLVENTS: self.solvent_mass,
        }[basis]
        return self.unit[index] - share * whole

    def _salt_row(self, index: int, amount: float, basis: SaltBasis) -> NDArray[np.float64]:
        added = self.in_base[index] == 0
        counted = np.ones_like(self.in_base) if added else self.in_base
        mass = (self.solvent_mass + self.salt_mass) * counted
        if basis is SaltBasis.MASS_PERCENT:
            return self.unit[index] * self.salt_mass[index] - amount / 100 * mass
        if basis is SaltBasis.MOLE_PERCENT:
            return self.unit[index] - amount / 100 * self.moles * counted
        whole = {
            SaltBasis.MOLARITY: self.volume * counted,
            SaltBasis.MOLALITY: self.solvent_mass * counted,
            SaltBasis.MOL_PER_KG_SOLUTION: mass,
            SaltBasis.RATIO: self.unit[0] * self.ratio_units_per_kg,
        }[basis]
        return self.unit[index] - amount * whole


# Amounts of salts that have a closed form.
_CLOSED = (SaltBasis.MOLALITY, SaltBasis.MOLARITY, SaltBasis.RATIO)

_ASSUMPTIONS = {
    SaltBasis.MOLARITY: "molarity to molality with the ideal-mixing density model at 298.15 K",
    AdditiveBasis.MASS_PERCENT: "wt% of an additive counted on the whole electrolyte, salt "
    "included",
    AdditiveBasis.VOLUME_PERCENT: "vol% of an additive counted on all solvents, ideal volumes at "
    "298.15 K",
    RatioBasis.VOLUME: "volume ratio to mass ratio with pure densities at 298.15 K",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """A recipe with its amounts in the bases they were given in.

    Attributes
    ----------
    base_solvents
        Base solvents with their parts.
    ratio_basis
        Basis of the parts: mass, volume or moles.
    salts
        Salt, amount and basis in the base electrolyte, that is, before anything is added to it;
        for `SaltBasis.RATIO` the amount is in moles, and so are the parts of `base_solvents`.
    additives
        Additive, amount in percent and basis; they are added to the base electrolyte.
    added_salts
        Salts added like an additive: amount and basis in the finished electrolyte.
    """

    base_solvents: Sequence[tuple[Solvent, float]]
    ratio_basis: RatioBasis
    salts: Sequence[tuple[Salt, float, SaltBasis]] = ()
    additives: Sequence[tuple[Solvent, float, AdditiveBasis]] = ()
    added_salts: Sequence[tuple[Salt, float, SaltBasis]] = ()

    @property
    def all_salts(self) -> list[tuple[Salt, float, SaltBasis]]:
        """Salts of the base electrolyte, then the added ones."""
        return [*self.salts, *self.added_salts]

    def solve(self) -> tuple[tuple[SolventAmount, ...], tuple[SaltAmount, ...]]:
        """Mass fractions of the solvents and molalities of the salts.

        Raises
        ------
        AmountError
            If an amount is not positive, a species is given twice, or no solution has these
            amounts (salts and additives leave no room for the solvents).
        """
        self._check()
        base, extra, molalities = self._directly() if self._has_closed_form else self._linearly()
        self._check_traces([*base, *extra, *molalities])
        solvents = [
            SolventAmount(
                solvent=solvent,
                mass_fraction=share,
                role="solvent" if solvent.role == "additive" else solvent.role,
            )
            for (solvent, _), share in zip(self.base_solvents, base, strict=True)
        ]
        solvents += [
            SolventAmount(solvent=solvent, mass_fraction=share, role="additive")
            for (solvent, _, _), share in zip(self.additives, extra, strict=True)
        ]
        salts = [
            SaltAmount(salt=salt, molality_mol_kg=molality)
            for (salt, _, _), molality in zip(self.all_salts, molalities, strict=True)
        ]
        return tuple(solvents), tuple(salts)

    @property
    def _has_closed_form(self) -> bool:
        """Whether `_directly` knows the bases; papers seldom write others."""
        return (
            not self.added_salts
            and all(basis in _CLOSED for _, _, basis in self.salts)
            and all(basis is AdditiveBasis.MASS_PERCENT for _, _, basis in self.additives)
        )

    def _directly(self) -> tuple[list[float], list[float], list[float]]:
        r"""Base solvents, additives (kg) and salts (mol) by kg of all solvents.

        With shares :math:`a_k` of additives in the whole, molalities :math:`m_j` in the base
        electrolyte and molar masses :math:`M_j` (kg/mol), a kilogram of base solvents takes
        :math:`a_k (1 + \sum_j m_j M_j) / (1 - \sum_k a_k)` kilograms of each additive. This closed
        form is many times as fast as the linear system; a search makes thousands of recipes.
        """
        masses = _masses(self.base_solvents, self.ratio_basis)
        base_mass = math.fsum(masses)
        in_base = self._base_molalities([mass / base_mass for mass in masses], 1 / base_mass)
        shares = [percent / 100 for _, percent, _ in self.additives]
        added = sum(shares)
        if not added < 1:
            raise AmountError(_NO_ROOM)
        salt_mass = sum(
            m * salt.molar_mass_g_mol / 1000
            for (salt, _, _), m in zip(self.salts, in_base, strict=True)
        )
        by_share = (1 + salt_mass) / (1 - added)
        total = 1 + by_share * added
        molalities = [m / total for m in in_base]
        if not all(m < _HIGHEST_MOLALITY for m in molalities):
            raise AmountError(_NO_ROOM)
        whole = base_mass * total
        return [mass / whole for mass in masses], [by_share * a / total for a in shares], molalities

    def _base_molalities(self, parts: list[float], units_per_kg: float) -> list[float]:
        r"""Moles of each salt by kilogram of base solvents, before anything is added.

        Salts given by volume, :math:`c_j` mol/L with volumes :math:`v_j` (L/mol), share the volume
        :math:`V = (V_0 + \sum_k m_k v_k) / (1 - \sum_j c_j v_j)` with the solvents and the salts
        given by mass.
        """
        per_kg = [
            amount * units_per_kg if basis is SaltBasis.RATIO else amount
            for _, amount, basis in self.salts
        ]
        if not any(basis is SaltBasis.MOLARITY for _, _, basis in self.salts):
            return per_kg
        volume, share = 0.0, 0.0
        for (solvent, _), part in zip(self.base_solvents, parts, strict=True):
            volume += part / density_g_cm3(solvent).value
        for (salt, _, basis), amount in zip(self.salts, per_kg, strict=True):
            taken = amount * salt_volume_cm3_mol(salt).value / 1000
            if basis is SaltBasis.MOLARITY:
                share += taken
            else:
                volume += taken
        if not (share < 1 and volume > 0):
            raise AmountError(_NO_ROOM)
        litres = volume / (1 - share)
        return [
            amount * litres if basis is SaltBasis.MOLARITY else amount
            for (_, _, basis), amount in zip(self.salts, per_kg, strict=True)
        ]

    def _linearly(self) -> tuple[list[float], list[float], list[float]]:
        """Base solvents, additives and salts as `_directly`, for any bases."""
        masses = np.array(_masses(self.base_solvents, self.ratio_basis))
        parts, units_per_kg = masses / masses.sum(), 1.0 / float(masses.sum())
        solution = LinearSystem(self, parts, units_per_kg).solve()
        first_salt = 1 + len(self.additives)
        base = (solution[0] * parts).tolist()
        return base, solution[1:first_salt].tolist(), solution[first_salt:].tolist()

    def _check(self) -> None:
        named = self._named
        for name, amount in named:
            if not 0 < amount < math.inf:
                raise AmountError(f"amount of {name} must be positive, given {amount:g}")
        names = [name for name, _ in named]
        if len(set(names)) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise AmountError(f"{', '.join(twice)} given twice; add the amounts up")

    def _check_traces(self, found: Sequence[float]) -> None:
        if min(found) >= _SMALLEST_AMOUNT:
            return
        names = [s.name for s, _ in self.base_solvents] + [s.name for s, _, _ in self.additives]
        names += [s.name for s, _, _ in self.all_salts]
        for name, amount in zip(names, found, strict=True):
            if amount < _SMALLEST_AMOUNT:
                raise AmountError(
                    f"{name} would be {amount:.1g} of the solvents, too little to be weighed; "
                    "check the exponent or leave it out"
                )

    @property
    def _named(self) -> list[tuple[str, float]]:
        """Names and amounts as given: base solvents, salts, additives."""
        named = [(s.name, amount) for s, amount in self.base_solvents]
        named += [(s.name, amount) for s, amount, _ in self.all_salts]
        named += [(s.name, amount) for s, amount, _ in self.additives]
        return named

    def assumptions(self) -> tuple[str, ...]:
        """Assumptions of the conversion, a line each."""
        bases = [basis for _, _, basis in (*self.all_salts, *self.additives)]
        ratio = [self.ratio_basis] if len(self.base_solvents) > 1 else []
        notes = [_ASSUMPTIONS[b] for b in (*bases, *ratio) if b in _ASSUMPTIONS]
        volumetric = {SaltBasis.MOLARITY, RatioBasis.VOLUME, AdditiveBasis.VOLUME_PERCENT}
        if volumetric & {*bases, *ratio}:
            solvents = [s for s, _ in self.base_solvents] + [s for s, _, _ in self.additives]
            notes += [density_g_cm3(s).assumption for s in solvents]
            notes += [salt_volume_cm3_mol(s).assumption for s, _, _ in self.all_salts]
        if self.salts and (self.additives or self.added_salts):
            notes.append("the concentration is that of the base electrolyte, before additives")
        notes += [
            f"{s.name} is not in the catalog and was read as a SMILES"
            for s in [*(s for s, _ in self.base_solvents), *(s for s, _, _ in self.additives)]
            if not s.in_catalog
        ]
        return tuple(dict.fromkeys(note for note in notes if note))


def as_written(
    solvents: Sequence[SolventAmount],
    salts: Sequence[SaltAmount],
    is_additive: Callable[[SolventAmount], bool],
) -> Amounts:
    """Amounts in the bases of the canonical notation, not rounded.

    Parameters
    ----------
    solvents, salts
        Solvents and salts of one formulation.
    is_additive
        Whether a solvent is written as added to the base electrolyte.

    Returns
    -------
    Amounts
        Mass fractions among the base solvents, molalities by kg of them, and wt% of the whole.
    """
    added = [s for s in solvents if is_additive(s)]
    base = 1 - sum(s.mass_fraction for s in added) if added else 1.0
    whole = 1 + salt_mass_kg(salts)
    return Amounts(
        base_solvents=[(s.solvent, s.mass_fraction / base) for s in solvents if s not in added],
        ratio_basis=RatioBasis.MASS,
        salts=[(s.salt, s.molality_mol_kg / base, SaltBasis.MOLALITY) for s in salts],
        additives=[
            (s.solvent, 100 * s.mass_fraction / whole, AdditiveBasis.MASS_PERCENT) for s in added
        ],
    )


def salt_mass_kg(salts: Sequence[SaltAmount]) -> float:
    """Mass of salts by mass of all solvents, kg/kg."""
    return sum(s.molality_mol_kg * s.salt.molar_mass_g_mol / 1000 for s in salts)


def composition_key(solvents: Sequence[SolventAmount], salts: Sequence[SaltAmount]) -> str:
    """Identity that depends neither on order, nor on names, nor on the basis written."""
    moles = {s.solvent.smiles: s.moles_per_kg for s in solvents}
    for s in salts:
        moles[f"{s.salt.cation.smiles}.{s.salt.anion.smiles}"] = s.molality_mol_kg
    total = sum(moles.values())
    canonical = ";".join(f"{smiles}={n / total:.6f}" for smiles, n in sorted(moles.items()))
    return "eml1-" + hashlib.sha256(canonical.encode()).hexdigest()[:12]


def largest_remainders(ideal: Sequence[float], total: int) -> list[int]:
    """Whole numbers nearest to `ideal` that sum to `total`.

    Parameters
    ----------
    ideal
        Amounts that sum to `total` but for rounding.
    total
        Sum of the whole numbers.

    Returns
    -------
    list of int
        Each rounded down, those with the largest remainders rounded up; ties go to the first.
    """
    whole = [math.floor(x) for x in ideal]
    by_remainder = sorted(range(len(whole)), key=lambda i: whole[i] - ideal[i])
    for i in by_remainder[: total - sum(whole)]:
        whole[i] += 1
    return whole


def check_percentages(parts: Sequence[float]) -> None:
    """Refuse percentages of solvents that do not add up to 100.

    Raises
    ------
    AmountError
        With the sum.
    """
    if not adds_up_to_hundred(parts):
        given = " + ".join(f"{p:g}" for p in parts)
        raise AmountError(f"percentages of the solvents must sum to 100: {given} = {sum(parts):g}")


def adds_up_to_hundred(parts: Sequence[float]) -> bool:
    """Whether percentages add up to 100, rounding allowed."""
    return abs(sum(parts) - 100) <= _PERCENT_TOLERANCE


def _masses(base: Sequence[tuple[Solvent, float]], basis: RatioBasis) -> list[float]:
    """Masses of the base solvents in the unit of their ratio: kg, L or mol of each part."""
    _check_spread([part for _, part in base])
    if basis is RatioBasis.VOLUME:
        return [part * density_g_cm3(solvent).value for solvent, part in base]
    if basis is RatioBasis.MOLE:
        return [part * (solvent.molar_mass_g_mol / 1000) for solvent, part in base]
    return [part for _, part in base]


def _check_spread(parts: Sequence[float]) -> None:
    """Refuse parts whose sum overflows a float."""
    if max(parts) > 1 / _SMALLEST_AMOUNT or min(parts) < _SMALLEST_AMOUNT**2:
        given = ":".join(f"{p:g}" for p in parts)
        raise AmountError(f"ratio {given} is beyond what can be weighed; check the exponents")
