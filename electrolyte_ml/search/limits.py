"""Components of recipes and their limits, in whole numbers of grid steps.

Whole numbers make sums and limits hold exactly. A limit such as 0.35 is taken as the decimal that
was written, not as the nearest binary number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

from electrolyte_ml.immutable import FrozenMapping
from electrolyte_ml.species import Salt, Solvent

#: Tolerance for rounding errors, far below the resolution of a balance.
ROUNDING = 1e-9

#: The finest grid that is searched; memory grows with the number of its steps.
FINEST_STEPS = {"fraction_step": 1e-3, "molality_step": 1e-4, "additive_step_wt_percent": 1e-3}

# Ratios are exact to so many parts: their whole numbers fit into 64 bits with all steps.
_FINEST_RATIO = 10**9

#: A linear inequality: coefficients of components and a constant, whose sum must not be negative.
Form = tuple[tuple[int, ...], int]

Steps = tuple[int, int]


@lru_cache(maxsize=4096)
def exact(value: float) -> Fraction:
    """The decimal number that `value` was written as.

    Examples
    --------
    >>> exact(0.35)
    Fraction(7, 20)
    """
    return Fraction(repr(float(value)))


def steps_at_least(value: float, step: float) -> int:
    """Fewest whole steps that are not below `value`."""
    return -int(-exact(value) // exact(step))


def steps_at_most(value: float, step: float) -> int:
    """Most whole steps that are not above `value`."""
    return int(exact(value) // exact(step))


def steps_equal(value: float, step: float, tolerance: float = 1e-9) -> int | None:
    """Whole steps that make up `value`, or None if it does not lie on the grid."""
    steps = round(value / step)
    return steps if abs(steps * step - value) <= tolerance else None


@lru_cache(maxsize=4096)
def amount(steps: int, step: float) -> float:
    """The double nearest to `steps` times `step`; it never passes a limit that the steps obey."""
    return float(steps * exact(step))


def divides_one(step: float) -> bool:
    """Whether a whole number of steps makes exactly 1."""
    return 0 < step <= 0.5 and (1 / exact(step)).denominator == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Lowest and highest ratio of the masses of two groups of solvents.

    A recipe without any of these solvents obeys it.

    Attributes
    ----------
    of
        Solvents of the numerator.
    to
        Solvents of the denominator; all solvents of the recipe if empty.
    low, high
        Bounds of the ratio of the two masses; None where there is none.
    """

    of: tuple[str, ...]
    to: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def name(self) -> str:
        """Name of the limit, such as ``ratio TTE+BTFE : DME``."""
        return f"ratio {'+'.join(self.of)} : {'+'.join(self.to) or 'all solvents'}"

    def of_fractions(self, fractions: dict[str, float]) -> float | None:
        """The ratio of a recipe; None if it holds none of these solvents."""
        above = sum(fractions.get(name, 0.0) for name in self.of)
        below = sum(fractions.get(name, 0.0) for name in self.to) if self.to else 1.0
        if not above and not below:
            return None
        return above / below if below else float("inf")

    def allows(self, ratio: float | None) -> bool:
        """Whether a ratio is within the bounds; None is."""
        return ratio is None or (
            (self.low is None or ratio >= self.low - ROUNDING)
            and (self.high is None or ratio <= self.high + ROUNDING)
        )

    def forms(self, names: Sequence[str], whole: int) -> list[Form]:
        """The bounds as inequalities in steps of the solvents `names`, which make up `whole`."""
        found: list[Form] = []
        for bound, sign in ((self.low, 1), (self.high, -1)):
            if bound is None:
                continue
            value = exact(bound).limit_denominator(_FINEST_RATIO)
            scale = value.denominator
            weights = [
                sign * scale * (Fraction(name in self.of) - value * (name in self.to))
                for name in names
            ]
            constant = 0 if self.to else -sign * scale * value * whole
            found.append((tuple(int(w) for w in weights), int(constant)))
        return found

    def to_dict(self) -> dict[str, Any]:
        """The form of the recipe file."""
        return {"of": list(self.of), "to": list(self.to), "min": self.low, "max": self.high}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditiveRange:
    """An additive and how much of it a recipe with it holds.

    Attributes
    ----------
    additive
        The species.
    low_wt_percent, high_wt_percent
        Mass of it by mass of the whole electrolyte, percent, as recipes write it.
    """

    additive: Solvent
    low_wt_percent: float
    high_wt_percent: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Components:
    """Species of recipes; neighbours in a list are taken to be similar.

    Attributes
    ----------
    solvents, salts
        Candidates; a recipe holds some of them.
    additives
        Candidates with their ranges; a recipe needs none of them.
    """

    solvents: tuple[Solvent, ...]
    salts: tuple[Salt, ...]
    additives: tuple[AdditiveRange, ...] = ()

    def __repr__(self) -> str:
        return f"<Components {', '.join(self.names)}>"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all of them: salts, solvents, additives."""
        return (
            *(s.name for s in self.salts),
            *(s.name for s in self.solvents),
            *(a.additive.name for a in self.additives),
        )

    def to_dict(self) -> dict[str, Any]:
        """Names and ranges, for the result."""
        return {
            "solvents": [s.name for s in self.solvents],
            "salts": [s.name for s in self.salts],
            "additives": {
                a.additive.name: [a.low_wt_percent, a.high_wt_percent] for a in self.additives
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits that every recipe obeys by construction.

    Fractions of solvents and molalities of salts are by kilogram of the solvents of the base
    electrolyte, without additives, as recipes write them.

    Attributes
    ----------
    salt_molality_mol_kg
        Lowest and highest molality of all salts together, mol by kg of solvents.
    min_solvents, max_solvents
        Solvents in a recipe, additives not counted.
    max_salts, max_additives
        Salts (at least one) and additives (maybe none) in a recipe.
    smallest_fraction
        A solvent that is in a recipe has at least this mass fraction.
    fraction_step, molality_step, additive_step_wt_percent
        Weighing resolution: recipes lie on this grid.
    max_fraction
        Highest mass fraction by solvent.
    min_fraction
        Lowest mass fraction by solvent; such a solvent is in every recipe.
    max_molality_mol_kg
        Highest molality by salt, such as its solubility.
    forbidden_pairs
        Components that never occur in one recipe.
    kept_apart
        Pairs that rules keep apart; a problem file has none of them, it has ``[rules]``.
    ratios
        Bounds of mass ratios between groups of solvents.
    """

    salt_molality_mol_kg: tuple[float, float]
    min_solvents: int = 1
    max_solvents: int = 3
    max_salts: int = 1
    max_additives: int = 1
    smallest_fraction: float = 0.05
    fraction_step: float = 0.01
    molality_step: float = 0.05
    additive_step_wt_percent: float = 0.5
    max_fraction: Mapping[str, float] = field(default_factory=dict, hash=False)
    min_fraction: Mapping[str, float] = field(default_factory=dict, hash=False)
    max_molality_mol_kg: Mapping[str, float] = field(default_factory=dict, hash=False)
    forbidden_pairs: tuple[tuple[str, str], ...] = ()
    kept_apart: tuple[tuple[str, str], ...] = ()
    ratios: tuple[Ratio, ...] = ()

    def __post_init__(self) -> None:
        for name in ("max_fraction", "min_fraction", "max_molality_mol_kg"):
            object.__setattr__(self, name, FrozenMapping(getattr(self, name)))

    @property
    def whole(self) -> int:
        """Steps that make up all solvents."""
        return steps_at_most(1.0, self.fraction_step)

    @property
    def molality_steps(self) -> Steps:
        """Fewest and most steps of molality of all salts together."""
        low, high = self.salt_molality_mol_kg
        return (
            max(1, steps_at_least(low, self.molality_step)),
            steps_at_most(high, self.molality_step),
        )

    def solvent_steps(self, name: str) -> Steps:
        """Fewest and most steps of a solvent in a recipe that holds it."""
        low = max(self.smallest_fraction, self.min_fraction.get(name, 0.0))
        high = self.max_fraction.get(name, 1.0)
        return (
            max(1, steps_at_least(low, self.fraction_step)),
            steps_at_most(high, self.fraction_step),
        )

    def additive_steps(self, additive: AdditiveRange) -> Steps:
        """Fewest and most steps of an additive in a recipe that holds it."""
        step = self.additive_step_wt_percent
        return (
            max(1, steps_at_least(additive.low_wt_percent, step)),
            steps_at_most(additive.high_wt_percent, step),
        )

    def salt_steps(self, name: str) -> Steps:
        """Fewest and most steps of a salt in a recipe that holds it."""
        highest = self.molality_steps[1]
        cap = self.max_molality_mol_kg.get(name)
        return 1, highest if cap is None else min(highest, steps_at_most(cap, self.molality_step))

    def to_dict(self) -> dict[str, Any]:
        """Every limit by name, for the result."""
        return {
            "min_solvents": self.min_solvents,
            "max_solvents": self.max_solvents,
            "max_salts": self.max_salts,
            "max_additives": self.max_additives,
            "salt_molality_mol_kg": list(self.salt_molality_mol_kg),
            "smallest_fraction": self.smallest_fraction,
            "fraction_step": self.fraction_step,
            "molality_step": self.molality_step,
            "additive_step_wt_percent": self.additive_step_wt_percent,
            "max_fraction": dict(self.max_fraction),
            "min_fraction": dict(self.min_fraction),
            "max_molality_mol_kg": dict(self.max_molality_mol_kg),
            "forbidden_pairs": [list(pair) for pair in self.forbidden_pairs],
            "ratios": [ratio.to_dict() for ratio in self.ratios],
        }
