"""What amounts can be counted on."""

from __future__ import annotations

from enum import StrEnum


class RatioBasis(StrEnum):
    """What the numbers of a solvent ratio count."""

    MASS = "wt"
    VOLUME = "vol"
    MOLE = "mol"


class SaltBasis(StrEnum):
    """What the amount of a salt is relative to."""

    MOLARITY = "M"
    MOLALITY = "m"
    MOL_PER_KG_SOLUTION = "mol/kg solution"
    MASS_PERCENT = "wt%"
    MOLE_PERCENT = "mol%"
    RATIO = "mol in the ratio"


class AdditiveBasis(StrEnum):
    """What the percentage of an additive is relative to."""

    MASS_PERCENT = "wt%"
    MASS_PERCENT_OF_BASE = "wt% of base"
    MASS_PERCENT_OF_SOLVENTS = "wt% of solvents"
    VOLUME_PERCENT = "vol%"
