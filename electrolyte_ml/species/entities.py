"""Solvents, ions, and salts made of an explicit cation and anion."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from electrolyte_ml.errors import ChargeBalanceError
from electrolyte_ml.immutable import FrozenMapping
from electrolyte_ml.notebook import html_table
from electrolyte_ml.species.chemistry import formal_charge, molar_mass_g_mol

if TYPE_CHECKING:
    import pandas as pd

# Written without brackets before a number.
_SYMBOL = re.compile(r"[A-Z][a-z]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyValue:
    """One value with its temperature and source.

    Attributes
    ----------
    value
        Number in the unit that the property's name carries (``density_g_cm3``: g/cm3).
    temperature_k
        Temperature of the value, K; None where the property has none.
    source
        DOI, or package and method, or data set that the value was read from.
    verified
        False for a value that could not be checked against its source.
    note
        Caveat for the reader (extrapolated, supercooled liquid, estimated...).
    """

    value: float
    temperature_k: float | None
    source: str
    verified: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Species:
    name: str
    smiles: str
    cas: str = ""
    aliases: tuple[str, ...] = ()
    properties: Mapping[str, PropertyValue] = field(
        default_factory=dict, compare=False, hash=False, repr=False
    )
    molar_mass_g_mol: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "molar_mass_g_mol", molar_mass_g_mol(self.smiles))
        object.__setattr__(self, "properties", FrozenMapping(self.properties))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}, {self.smiles}>"

    def __str__(self) -> str:
        return self.name

    def _repr_html_(self) -> str:
        return html_table(f"{self.name}, {self.smiles}", self.to_frame())

    def to_frame(self) -> pd.DataFrame:
        """Every known property with its source, a line each."""
        import pandas as pd

        rows = [{"property": name, **asdict(held)} for name, held in self.properties.items()]
        return pd.DataFrame(rows, columns=["property", *PropertyValue.__slots__])

    def value(self, name: str) -> float | None:
        """The number of a property, or None where the catalog holds none."""
        found = self.properties.get(name)
        return None if found is None else found.value


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Solvent(_Species):
    """A neutral liquid component: solvent, diluent or additive.

    Attributes
    ----------
    name, smiles, cas, aliases
        Identity; `smiles` is canonical and holds one neutral molecule.
    family
        Chemical family, such as ``cyclic carbonate``.
    role
        Usual role in an electrolyte: ``solvent``, ``diluent`` or ``additive``.
    hazard_note
        One line on the hazard that matters most when handling it.
    in_catalog
        False for a molecule known by its SMILES only.
    properties
        Property name to `PropertyValue`.
    molar_mass_g_mol
        Molar mass, g/mol.
    """

    family: str = ""
    role: str = "solvent"
    hazard_note: str = ""
    in_catalog: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Ion(_Species):
    """A cation or an anion.

    Attributes
    ----------
    charge
        Formal charge in units of e, read from the SMILES.
    """

    in_catalog: bool = True
    charge: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        _Species.__post_init__(self)
        object.__setattr__(self, "charge", formal_charge(self.smiles))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Salt:
    """A neutral formula unit of one kind of cation and one kind of anion.

    Parameters
    ----------
    cation, anion
        The ions; the numbers of each follow from their charges.

    Attributes
    ----------
    n_cation, n_anion
        Ions of each kind in a formula unit.
    name
        ``NaPF6``, ``Na2SO4``, ``Mg(TFSI)2``.

    Raises
    ------
    ChargeBalanceError
        If the cation is not positive or the anion is not negative.
    """

    cation: Ion
    anion: Ion
    n_cation: int = field(init=False)
    n_anion: int = field(init=False)
    name: str = field(init=False)
    molar_mass_g_mol: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if self.cation.charge <= 0 or self.anion.charge >= 0:
            raise ChargeBalanceError(
                f"a salt needs a positive and a negative ion: {self.cation.name} has charge "
                f"{self.cation.charge:+d}, {self.anion.name} has {self.anion.charge:+d}"
            )
        common = math.lcm(self.cation.charge, -self.anion.charge)
        n_cation, n_anion = common // self.cation.charge, common // -self.anion.charge
        object.__setattr__(self, "n_cation", n_cation)
        object.__setattr__(self, "n_anion", n_anion)
        object.__setattr__(
            self, "name", _times(self.cation.name, n_cation) + _times(self.anion.name, n_anion)
        )
        mass = n_cation * self.cation.molar_mass_g_mol + n_anion * self.anion.molar_mass_g_mol
        object.__setattr__(self, "molar_mass_g_mol", mass)

    def __repr__(self) -> str:
        return f"<Salt {self.name}>"

    def __str__(self) -> str:
        return self.name


def _times(name: str, count: int) -> str:
    if count == 1:
        return name
    return f"{name}{count}" if _SYMBOL.fullmatch(name) else f"({name}){count}"
