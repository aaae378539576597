"""Ratios of groups of solvents, as inequalities in whole numbers of grid steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from electrolyte_ml.search.grid import exact

# Room for the rounding of doubles only, far below any balance's resolution.
_ROUNDING = 1e-9
#: Coefficients of the components of a composition and a constant: their sum must not be negative.
Form = tuple[tuple[int, ...], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Lowest and highest mass of some solvents by mass of others.

    A recipe without any of the solvents named obeys it.

    Attributes
    ----------
    of
        Solvents whose masses are added up.
    to
        Solvents that they are compared with; all solvents of the recipe if empty.
    low, high
        Bounds of the ratio of the two masses; None where there is none.
    """

    of: tuple[str, ...]
    to: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def name(self) -> str:
        """Such as ``ratio TTE+BTFE : DME``."""
        return f"ratio {'+'.join(self.of)} : {'+'.join(self.to) or 'all solvents'}"

    def of_fractions(self, fractions: dict[str, float]) -> float | None:
        """The ratio of a recipe; None where it holds none of the solvents named."""
        above = sum(fractions.get(name, 0.0) for name in self.of)
        below = sum(fractions.get(name, 0.0) for name in self.to) if self.to else 1.0
        if not above and not below:
            return None
        return above / below if below else float("inf")

    def allows(self, ratio: float | None) -> bool:
        """Whether a ratio is within the bounds; none is."""
        return ratio is None or (
            (self.low is None or ratio >= self.low - _ROUNDING)
            and (self.high is None or ratio <= self.high + _ROUNDING)
        )

    def forms(self, names: Sequence[str], whole: int) -> list[Form]:
        """The bounds as inequalities in steps of the solvents `names`, which make up `whole`."""
        found: list[Form] = []
        for bound, sign in ((self.low, 1), (self.high, -1)):
            if bound is None:
                continue
            value = exact(bound)
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
