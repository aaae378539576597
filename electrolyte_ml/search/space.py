"""Map from the unit cube to the legal recipes of a problem, and back.

A point has a fixed number of coordinates: the numbers of salts, solvents and additives; the
components, slot by slot; the total molality; and the composition. Every point is a legal recipe,
and every legal recipe has a point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from electrolyte_ml.errors import InputErrors
from electrolyte_ml.formulation import (
    AdditiveBasis,
    Amounts,
    Formulation,
    RatioBasis,
    SaltBasis,
)
from electrolyte_ml.search.check_recipe import (
    violations,
    written_amounts,
)
from electrolyte_ml.search.component_sets import KINDS, ComponentSets, Counts
from electrolyte_ml.search.grid_simplex import decode_composition, encode_composition
from electrolyte_ml.search.limits import Components, Limits, amount, steps_equal

_MOLALITY, _PERCENT = SaltBasis.MOLALITY, AdditiveBasis.MASS_PERCENT


class SearchSpace:
    """Legal recipes of a problem as points of a unit cube.

    Parameters
    ----------
    components, limits
        Components of recipes and their limits; there must be at least one legal recipe.

    Attributes
    ----------
    names
        Names of the coordinates; the same for every point, so that samplers see a static space.
    """

    def __init__(self, components: Components, limits: Limits) -> None:
        self.components = components
        self.limits = limits
        self.sets = ComponentSets(components, limits)
        self.names = self._coordinates()
        self._whole = limits.whole
        self._molality_steps = limits.molality_steps
        liquids = [*components.solvents, *(a.additive for a in components.additives)]
        self._species = dict(enumerate(liquids, start=len(components.salts)))

    def __reduce__(self) -> tuple[type[SearchSpace], tuple[Components, Limits]]:
        # Caches are not sent to another process.
        return type(self), (self.components, self.limits)

    def __repr__(self) -> str:
        return f"<SearchSpace of {self.dimension} coordinates over {self.components!r}>"

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.names)

    def decode(self, point: Sequence[float]) -> Formulation:
        """The recipe at a point.

        Parameters
        ----------
        point
            Numbers in [0, 1] in the order of `names`, shape (dimension,).

        Returns
        -------
        Formulation
            Recipe on the weighing grid and within every limit.
        """
        at = dict(zip(self.names, map(float, point), strict=True))
        picked = self._pick(at)
        salts, solvents, additives = self._by_kind(picked)
        steps = dict(zip(salts, self._salt_steps(at, salts), strict=True))
        steps |= zip(solvents, self._solvent_steps(at, solvents), strict=True)
        for slot, i in enumerate(additives, start=1):
            low, high = self.sets.steps[i]
            steps[i] = _choose(range(low, high + 1), at[f"additive_amount_{slot}"])
        return self.formulation(steps)

    def decode_many(self, points: ArrayLike) -> list[Formulation]:
        """Recipes at many points, shape (n, dimension)."""
        return [self.decode(point) for point in np.asarray(points, dtype=np.float64).tolist()]

    def kinds(self) -> tuple[Counts, ...]:
        """Legal numbers of salts, solvents and additives."""
        counts = self.sets.counts
        return tuple(
            (n_salts, n_solvents, n_additives)
            for n_salts in counts(())
            for n_solvents in counts((n_salts,))
            for n_additives in counts((n_salts, n_solvents))
        )

    def place_of(self, kind: Counts) -> tuple[float, ...]:
        """Coordinates ``n_salts``, ``n_solvents`` and ``n_additives`` of recipes of a kind."""
        return tuple(_place(self.sets.counts(kind[:k]), kind[k]) for k in range(len(kind)))

    def encode(self, formulation: Formulation) -> NDArray[np.float64]:
        """A point that decodes to `formulation`.

        Parameters
        ----------
        formulation
            A recipe of this space, from a laboratory for instance.

        Returns
        -------
        ndarray
            Shape (dimension,). Coordinates that this recipe does not use are 0.5.

        Raises
        ------
        InputErrors
            If the recipe is outside the space or off its grid; one line for each reason.
        """
        faults = violations(formulation, self.components, self.limits)
        if faults:
            raise InputErrors(faults)
        steps = self._steps(formulation)
        at = dict.fromkeys(self.names, 0.5)
        self._encode_picks(at, sorted(steps))
        salts, solvents, additives = self._by_kind(sorted(steps))
        self._encode_salts(at, salts, [steps[i] for i in salts])
        bounds = [self.sets.steps[i] for i in solvents]
        sticks = encode_composition([steps[i] for i in solvents], bounds, self.sets.forms(solvents))
        at |= {f"stick_{k}": u for k, u in enumerate(sticks, start=1)}
        for slot, i in enumerate(additives, start=1):
            low, high = self.sets.steps[i]
            at[f"additive_amount_{slot}"] = _place(range(low, high + 1), steps[i])
        return np.array([at[name] for name in self.names])

    def _by_kind(self, picked: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
        """Salts, solvents and additives among components, each in the order given."""
        salts, solvents, additives = (
            [i for i in picked if i in members] for members in self.sets.members
        )
        return salts, solvents, additives

    def _coordinates(self) -> tuple[str, ...]:
        """Names of the coordinates that have an effect."""
        names = []
        for kind, few, most in zip(KINDS, self.sets.fewest, self.sets.most, strict=True):
            if most > few:
                names.append(f"n_{kind}s")
            candidates = len(self.sets.members[KINDS.index(kind)])
            names += [f"{kind}_{k}" for k in range(1, most + 1) if candidates > 1]
        names.append("molality")
        n_salts, n_solvents, n_additives = self.sets.most
        names += [f"salt_stick_{k}" for k in range(1, n_salts)]
        names += [f"stick_{k}" for k in range(1, n_solvents)]
        names += [f"additive_amount_{k}" for k in range(1, n_additives + 1)]
        return tuple(names)

    def _pick(self, at: dict[str, float]) -> list[int]:
        """Numbers of the components: salts, solvents, additives, in the order of their slots."""
        chosen: tuple[int, ...] = ()
        for kind in KINDS:
            chosen = (*chosen, _choose(self.sets.counts(chosen), at.get(f"n_{kind}s", 0.0)))
        counts = (chosen[0], chosen[1], chosen[2])
        picked: list[int] = []
        for kind, count in zip(KINDS, counts, strict=True):
            for slot in range(1, count + 1):
                u = at.get(f"{kind}_{slot}", 0.0)
                picked.append(self.sets.pick(counts, frozenset(picked), u))
        return picked

    def _encode_picks(self, at: dict[str, float], picked: Sequence[int]) -> None:
        by_kind = self._by_kind(picked)
        counts = (len(by_kind[0]), len(by_kind[1]), len(by_kind[2]))
        for k, kind in enumerate(KINDS):
            _set(at, f"n_{kind}s", _place(self.sets.counts(counts[:k]), counts[k]))
        done: frozenset[int] = frozenset()
        for kind, mine in zip(KINDS, by_kind, strict=True):
            for slot, i in enumerate(mine, start=1):
                _set(at, f"{kind}_{slot}", self.sets.place(counts, done, i))
                done |= {i}

    def _total_molality_steps(self, salts: Sequence[int]) -> range:
        fewest, most = self._molality_steps
        bounds = [self.sets.steps[i] for i in salts]
        low, high = sum(b[0] for b in bounds), sum(b[1] for b in bounds)
        return range(max(fewest, low), min(most, high) + 1)

    def _salt_steps(self, at: dict[str, float], salts: Sequence[int]) -> list[int]:
        total = _choose(self._total_molality_steps(salts), at["molality"])
        sticks = [at[f"salt_stick_{k}"] for k in range(1, len(salts))]
        return decode_composition(sticks, [self.sets.steps[i] for i in salts], total)

    def _solvent_steps(self, at: dict[str, float], solvents: Sequence[int]) -> list[int]:
        sticks = [at[f"stick_{k}"] for k in range(1, len(solvents))]
        bounds = [self.sets.steps[i] for i in solvents]
        return decode_composition(sticks, bounds, self._whole, self.sets.forms(solvents))

    def _encode_salts(self, at: dict[str, float], salts: list[int], steps: list[int]) -> None:
        at["molality"] = _place(self._total_molality_steps(salts), sum(steps))
        sticks = encode_composition(steps, [self.sets.steps[i] for i in salts])
        at |= {f"salt_stick_{k}": u for k, u in enumerate(sticks, start=1)}

    def formulation(self, steps: Mapping[int, int]) -> Formulation:
        """Recipe of the steps of each component by number, listed in the order of the problem."""
        limits, species = self.limits, self._species
        salts, solvents, additives = self._by_kind(sorted(steps))
        liquids, dissolved = Amounts(
            base_solvents=[(species[i], steps[i] / self._whole) for i in solvents],
            ratio_basis=RatioBasis.MASS,
            salts=[
                (self.components.salts[i], amount(steps[i], limits.molality_step), _MOLALITY)
                for i in salts
            ],
            additives=[
                (species[i], amount(steps[i], limits.additive_step_wt_percent), _PERCENT)
                for i in additives
            ],
        ).solve()
        # No assumptions of the conversion: the search chose these amounts.
        return Formulation(solvents=liquids, salts=dissolved)

    def _steps(self, formulation: Formulation) -> dict[int, int]:
        """Steps of each component of a legal recipe."""
        number = {name: i for i, name in enumerate(self.sets.names)}
        amounts, limits = written_amounts(formulation, self.components), self.limits
        steps = {
            number[name]: steps_equal(value, step)
            for table, step in (
                (amounts.fractions, limits.fraction_step),
                (amounts.molalities_mol_kg, limits.molality_step),
                (amounts.additives_wt_percent, limits.additive_step_wt_percent),
            )
            for name, value in table.items()
        }
        return {i: s for i, s in steps.items() if s is not None}


def _choose(options: Sequence[int], u: float) -> int:
    return options[min(int(u * len(options)), len(options) - 1)]


def _place(options: Sequence[int], chosen: int) -> float:
    return (options.index(chosen) + 0.5) / len(options)


def _set(at: dict[str, float], name: str, u: float) -> None:
    if name in at:
        at[name] = u
