"""Ways to make a recipe of numbers between 0 and 1: ours, and those that people write first.

The two others give every solvent a number of its own and divide by the sum, so that all solvents
are in the bottle at once. To make them take part at all, the largest shares are kept, shared out
anew and rounded to the weighing grid; what then breaks a limit is thrown away and costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount
from electrolyte_ml.search import SearchSpace
from electrolyte_ml.search.check_recipe import violations
from electrolyte_ml.search.limits import amount


class Encoding(Protocol):
    """A map from the unit cube to recipes."""

    names: tuple[str, ...]

    def decode(self, point: Sequence[float], /) -> Formulation | None:
        """The recipe at a point; None if it is not a legal one."""
        ...


class LegalEncoding:
    """Ours: every point is a legal recipe."""

    def __init__(self, space: SearchSpace) -> None:
        self.names = space.names
        self._space = space

    def decode(self, point: Sequence[float]) -> Formulation:
        """The recipe at a point."""
        return self._space.decode(point)


class IndependentFractions:
    """A number for each solvent, divided by their sum; a number for the salt, one for how much.

    Parameters
    ----------
    space
        What is legal.
    uniform
        Whether numbers are turned into ``-log(u)`` first, so that shares of random points are
        spread evenly over all blends (Dirichlet's distribution).
    """

    def __init__(self, space: SearchSpace, *, uniform: bool) -> None:
        self._space = space
        self._solvents, self._salts = space.components.solvents, space.components.salts
        self._uniform = uniform
        self.names = (*(f"fraction_{s.name}" for s in self._solvents), "salt", "molality")

    def decode(self, point: Sequence[float]) -> Formulation | None:
        """The recipe at a point; None if it breaks a limit."""
        *numbers, salt, molality = point
        shares = np.array(numbers)
        if self._uniform:
            shares = -np.log(np.clip(shares, 1e-12, 1.0))
        steps = self._grid_steps(shares)
        if steps is None:
            return None
        limits = self._space.limits
        fewest, most = limits.molality_steps
        in_steps = round(fewest + molality * (most - fewest))
        chosen = self._salts[min(int(salt * len(self._salts)), len(self._salts) - 1)]
        recipe = Formulation(
            solvents=tuple(
                SolventAmount(
                    solvent=self._solvents[i], mass_fraction=n / limits.whole, role="solvent"
                )
                for i, n in steps.items()
            ),
            salts=(
                SaltAmount(salt=chosen, molality_mol_kg=amount(in_steps, limits.molality_step)),
            ),
        )
        legal = not violations(recipe, self._space.components, limits)
        return recipe if legal else None

    def _grid_steps(self, shares: NDArray[np.float64]) -> dict[int, int] | None:
        """Grid steps of the largest shares, by largest remainders; None if all are zero."""
        limits = self._space.limits
        kept = np.argsort(-shares, kind="stable")[: limits.max_solvents]
        total = shares[kept].sum()
        if not total > 0:
            return None
        kept = kept[shares[kept] / total >= limits.smallest_fraction]
        ideal = limits.whole * shares[kept] / shares[kept].sum()
        steps = np.floor(ideal).astype(int)
        steps[np.argsort(steps - ideal)[: limits.whole - steps.sum()]] += 1
        return {int(i): int(n) for i, n in zip(kept, steps, strict=True)}
