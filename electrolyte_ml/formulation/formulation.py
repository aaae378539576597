"""`Formulation`: mass fractions of the solvents and the molality of each salt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation.amounts import (
    Amounts,
    SaltAmount,
    SolventAmount,
    composition_key,
    salt_mass_kg,
)
from electrolyte_ml.formulation.density import density_g_cm3, salt_volume_cm3_mol
from electrolyte_ml.formulation.writing import canonical_notation
from electrolyte_ml.notebook import html_table
from electrolyte_ml.units import ROOM_TEMPERATURE_K

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
_SUM_TOLERANCE = 1e-9
_FRAME_COLUMNS = (
    "component",
    "role",
    "mass_fraction",
    "mole_fraction",
    "molality_mol_kg",
    "molarity_mol_l",
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Formulation:
    """A liquid electrolyte: mass fractions of solvents and molality of each salt.

    Parameters
    ----------
    solvents
        At least one; no species twice; mass fractions sum to 1.
    salts
        None for a pure solvent; no salt twice.
    assumptions
        Assumptions of the conversion into this form, a line each.

    Raises
    ------
    AmountError
        If an amount is not positive and finite, fractions do not sum to 1, or a species is
        given twice.

    Notes
    -----
    The order of components carries no meaning: `key` and every property are the same for any
    permutation.
    """

    solvents: tuple[SolventAmount, ...]
    salts: tuple[SaltAmount, ...] = ()
    assumptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.solvents:
            raise AmountError("a formulation needs at least one solvent")
        amounts = [s.mass_fraction for s in self.solvents]
        amounts += [s.molality_mol_kg for s in self.salts]
        if not all(math.isfinite(a) and a > 0 for a in amounts):
            raise AmountError(f"amounts must be positive and finite, given {amounts}")
        total = sum(s.mass_fraction for s in self.solvents)
        if abs(total - 1.0) > _SUM_TOLERANCE:
            raise AmountError(f"mass fractions of the solvents must sum to 1, given {total:.9g}")
        names = [s.solvent.smiles for s in self.solvents]
        names += [f"{s.salt.cation.smiles}.{s.salt.anion.smiles}" for s in self.salts]
        if len(set(names)) != len(names):
            raise AmountError(f"a species is given twice: {', '.join(sorted(names))}")

    @classmethod
    def from_amounts(cls, amounts: Amounts) -> Formulation:
        """Convert amounts in any bases into the canonical form.

        Returns
        -------
        Formulation
            Mass fractions and molalities, with the assumptions of the conversion.

        Raises
        ------
        AmountError
            If an amount is not positive, a species is given twice, or no solution has these
            amounts (salts and additives leave no room for the solvents).
        """
        solvents, salts = amounts.solve()
        return cls(solvents=solvents, salts=salts, assumptions=amounts.assumptions())

    def __repr__(self) -> str:
        return f"<Formulation {self.notation()}>"

    def __str__(self) -> str:
        return self.notation()

    def _repr_html_(self) -> str:
        assumed = [f"assumed: {line}" for line in self.assumptions]
        return html_table(self.notation(), self.to_frame(), assumed)

    @property
    def ionic_liquids(self) -> tuple[str, ...]:
        """Names of the ionic liquids among the solvents; most recipes have none."""
        return tuple(s.solvent.name for s in self.solvents if "." in s.solvent.smiles)

    @property
    def mass_fractions(self) -> dict[str, float]:
        """Mass fraction of each solvent and additive by name."""
        return {s.solvent.name: s.mass_fraction for s in self.solvents}

    @property
    def molalities_mol_kg(self) -> dict[str, float]:
        """Molality of each salt by name, mol by kg of all solvents."""
        return {s.salt.name: s.molality_mol_kg for s in self.salts}

    @property
    def moles_per_kg_solvent(self) -> dict[str, float]:
        """Moles of everything by name, by kg of all solvents, a salt counted as formula units."""
        return {s.solvent.name: s.moles_per_kg for s in self.solvents} | self.molalities_mol_kg

    @property
    def mole_fractions(self) -> dict[str, float]:
        """Mole fraction of everything by name, a salt counted as one formula unit."""
        moles = self.moles_per_kg_solvent
        total = sum(moles.values())
        return {name: n / total for name, n in moles.items()}

    @property
    def solvent_mole_fractions(self) -> dict[str, float]:
        """Mole fraction of each solvent and additive by name, salts not counted."""
        moles = {
            s.solvent.name: s.mass_fraction / s.solvent.molar_mass_g_mol for s in self.solvents
        }
        total = sum(moles.values())
        return {name: n / total for name, n in moles.items()}

    @property
    def molality_mol_kg(self) -> float:
        """Molality of all salts together, mol of formula units by kg of all solvents."""
        return sum((s.molality_mol_kg for s in self.salts), 0.0)

    @property
    def salt_mass_per_kg_solvent(self) -> float:
        """Mass of all salts by mass of all solvents, kg/kg."""
        return salt_mass_kg(self.salts)

    @property
    def key(self) -> str:
        """Identity that depends neither on order, nor on names, nor on the basis written."""
        return composition_key(self.solvents, self.salts)

    def volume_l_per_kg_solvent(self, temperature_k: float = ROOM_TEMPERATURE_K) -> float:
        """Volume of the solution that holds one kilogram of solvents, L (ideal mixing)."""
        solvents = sum(
            s.mass_fraction / density_g_cm3(s.solvent, temperature_k).value for s in self.solvents
        )
        salts = sum(s.molality_mol_kg * salt_volume_cm3_mol(s.salt).value for s in self.salts)
        return solvents + salts / 1000

    def density_g_cm3(self, temperature_k: float = ROOM_TEMPERATURE_K) -> float:
        """Density of the solution by ideal mixing of volumes, g/cm3."""
        return (1 + self.salt_mass_per_kg_solvent) / self.volume_l_per_kg_solvent(temperature_k)

    def molarities_mol_l(self, temperature_k: float = ROOM_TEMPERATURE_K) -> dict[str, float]:
        """Molarity of each salt by name, mol by litre of solution."""
        volume = self.volume_l_per_kg_solvent(temperature_k)
        return {s.salt.name: s.molality_mol_kg / volume for s in self.salts}

    def notation(self) -> str:
        """Canonical recipe text; `parse_recipe` reads it back to the same `key`."""
        return canonical_notation(self.solvents, self.salts)

    def to_frame(self) -> pd.DataFrame:
        """One line per component: name, role, and amounts in every basis.

        Mass fractions are of the solvents alone, mole fractions of everything; molarities hold at
        25 degC with the ideal-mixing density.
        """
        import pandas as pd

        mole_fractions, molarities = self.mole_fractions, self.molarities_mol_l()
        rows: list[dict[str, Any]] = [
            {"component": s.solvent.name, "role": s.role, "mass_fraction": s.mass_fraction}
            for s in self.solvents
        ]
        rows += [
            {
                "component": s.salt.name,
                "role": "salt",
                "molality_mol_kg": s.molality_mol_kg,
                "molarity_mol_l": molarities[s.salt.name],
            }
            for s in self.salts
        ]
        frame = pd.DataFrame(rows, columns=_FRAME_COLUMNS)
        frame["mole_fraction"] = [mole_fractions[name] for name in frame["component"]]
        return frame

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of the command line's contract, with ``schema_version``."""
        mole_fractions = self.mole_fractions
        molarities = self.molarities_mol_l()
        return {
            "schema_version": SCHEMA_VERSION,
            "recipe": self.notation(),
            "key": self.key,
            "solvents": [
                {
                    "name": s.solvent.name,
                    "smiles": s.solvent.smiles,
                    "role": s.role,
                    "mass_fraction": s.mass_fraction,
                    "mole_fraction": mole_fractions[s.solvent.name],
                }
                for s in self.solvents
            ],
            "salts": [
                {
                    "name": s.salt.name,
                    "cation_smiles": s.salt.cation.smiles,
                    "anion_smiles": s.salt.anion.smiles,
                    "molality_mol_kg": s.molality_mol_kg,
                    "molarity_mol_l": molarities[s.salt.name],
                    "mole_fraction": mole_fractions[s.salt.name],
                }
                for s in self.salts
            ],
            "assumptions": list(self.assumptions),
        }
