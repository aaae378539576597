"""What the first shell of a cation does to limits, and whether measured orders come nearer by it.

The rule was written down before the table was computed: a shift by coordination enters windows only
if, added to the limits that windows have, it puts more pairs of the measured orders right (anions,
and solvents on glassy carbon) with a chance of at least 95 % by the standard errors of the shifts,
and does not raise the mean absolute error against the limits on glassy carbon.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import DataNotFoundError, InputError
from electrolyte_ml.models.window.references import glassy_carbon_limits
from electrolyte_ml.models.window.species import species_limits
from electrolyte_ml.simulate.shells import ShellRow
from electrolyte_ml.species import default_catalog

#: The order in which anions were measured to be oxidised, the most stable first; from memory.
MEASURED_ANIONS = ("PF6", "BF4", "TFSI", "ClO4", "OTf")

#: Chance of a gain, by the standard errors of shifts, from which they enter windows.
SURE_ENOUGH = 0.95

_DRAWS, _SEED = 4000, 0

# Fewer cations than these tell no standard error, fewer species no rank correlation.
_FEWEST_CATIONS, _FEWEST_RANKED = 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellShift:
    """Shift of the limits of one species by coordination.

    Attributes
    ----------
    recipe, cation, temperature_k
        The electrolyte; empty, empty and None for all of them together.
    name, smiles, charge
        The species.
    n, n_cations
        Molecules in shells, and cations that they were around: the independent samples.
    shells_each
        First shells that a molecule of the box is in, on average: above 1 where anions bridge;
        None for all electrolytes together.
    oxidation_shift_v, oxidation_error_v
        Mean shift of the oxidation limit, V, and its standard error over cations; None from one
        cation.
    reduction_shift_v, reduction_error_v
        The same of the reduction limit; None for an anion.
    oxidation_shift_alpb_v, reduction_shift_alpb_v
        Mean shifts in the other continuum, V: how well the shift is known.
    alone_oxidation_v
        Oxidation limit by tight binding, V against Li/Li+, of the same molecules alone.
    hole_share
        Mean share of all such molecules of a shell in its highest occupied orbital: where a hole
        goes. Of shells that hold one.
    """

    recipe: str
    cation: str
    temperature_k: float | None
    name: str
    smiles: str
    charge: int
    n: int
    n_cations: int
    shells_each: float | None
    oxidation_shift_v: float
    oxidation_error_v: float | None
    reduction_shift_v: float | None
    reduction_error_v: float | None
    oxidation_shift_alpb_v: float
    reduction_shift_alpb_v: float | None
    alone_oxidation_v: float
    hole_share: float

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def shifts_by_electrolyte(rows: Iterable[ShellRow]) -> list[ShellShift]:
    """Shifts of every species in every electrolyte.

    Parameters
    ----------
    rows
        Rows of a table of shells; failures count for nothing.

    Returns
    -------
    list of ShellShift
        Electrolytes in the order of the table, their solvents before their anions.
    """
    groups: dict[tuple[str, str, float], list[ShellRow]] = {}
    for row in rows:
        if not row.failure:
            groups.setdefault((row.recipe, row.cation, row.temperature_k), []).append(row)
    found = []
    for (recipe, cation, temperature_k), of_recipe in groups.items():
        n_shells = len({row.shell_key for row in of_recipe})
        for of_species in _by_species(of_recipe):
            share = len(of_species) / n_shells / of_species[0].per_cation
            found.append(_shift(of_species, (recipe, cation, temperature_k), share))
    return found


def shifts_by_species(rows: Iterable[ShellRow]) -> list[ShellShift]:
    """Shifts of every species in all electrolytes together; solvents before anions."""
    kept = [row for row in rows if not row.failure]
    return [_shift(of_species, ("", "", None), None) for of_species in _by_species(kept)]


def _by_species(rows: Sequence[ShellRow]) -> list[list[ShellRow]]:
    groups: dict[str, list[ShellRow]] = {}
    for row in sorted(rows, key=lambda r: (-r.charge, r.name)):
        groups.setdefault(row.name, []).append(row)
    return list(groups.values())


def _shift(
    rows: Sequence[ShellRow], electrolyte: tuple[str, str, float | None], share: float | None
) -> ShellShift:
    recipe, cation, temperature_k = electrolyte
    first = rows[0]
    oxidation, reduction = (_mean(rows, f"{side}_shift_v") for side in ("oxidation", "reduction"))
    alpb = [_mean(rows, f"{side}_shift_alpb_v") for side in ("oxidation", "reduction")]
    if oxidation is None or alpb[0] is None:
        raise InputError(f"{first.name}: rows without a shift")
    return ShellShift(
        recipe=recipe,
        cation=cation,
        temperature_k=temperature_k,
        name=first.name,
        smiles=first.smiles,
        charge=first.charge,
        n=len(rows),
        n_cations=len({row.cation_key for row in rows}),
        shells_each=share,
        oxidation_shift_v=oxidation[0],
        oxidation_error_v=oxidation[1],
        reduction_shift_v=None if reduction is None else reduction[0],
        reduction_error_v=None if reduction is None else reduction[1],
        oxidation_shift_alpb_v=alpb[0][0],
        reduction_shift_alpb_v=None if alpb[1] is None else alpb[1][0],
        alone_oxidation_v=float(np.mean([row.alone_oxidation_v for row in rows])),
        hole_share=sum(row.hole_share or 0.0 for row in rows) / len({r.shell_key for r in rows}),
    )


def _mean(rows: Sequence[ShellRow], column: str) -> tuple[float, float | None] | None:
    """Mean over molecules and its standard error over cations."""
    groups: dict[tuple[str, int], list[float]] = {}
    for row in rows:
        value = getattr(row, column)
        if value is not None:
            groups.setdefault(row.cation_key, []).append(value)
    if not groups:
        return None
    values = [value for group in groups.values() for value in group]
    mean = float(np.mean(values))
    k = len(groups)
    if k < _FEWEST_CATIONS:
        return mean, None
    # The error of a mean over clusters of unequal size: what whole clusters deviate by.
    deviations = np.array([sum(group) - mean * len(group) for group in groups.values()])
    return mean, float(np.sqrt((deviations**2).sum() * k / (k - 1)) / len(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Independence:
    """How much the shells of one cation at several times resemble each other.

    Attributes
    ----------
    n_shells, n_cations
        Shells, and cations that they are of.
    correlation
        Share of the variance of a shell's mean shift that lies between cations (intraclass
        correlation, one-way); 0 for shells of one cation as unlike as those of two.
    n_effective
        As many independent shells tell as much.
    """

    n_shells: int
    n_cations: int
    correlation: float
    n_effective: float


def independence(rows: Iterable[ShellRow]) -> Independence:
    """Independence of shells, from the mean shift of oxidation of their members.

    Differences between electrolytes are taken out first.

    Raises
    ------
    InputError
        If there is no shell.
    """
    shells: dict[Any, list[ShellRow]] = {}
    for row in rows:
        if not row.failure:
            shells.setdefault(row.shell_key, []).append(row)
    if not shells:
        raise InputError("no shells to compare")
    recipes: dict[str, dict[tuple[str, int], list[float]]] = {}
    for members in shells.values():
        mean = float(np.mean([row.oxidation_shift_v for row in members]))
        of_recipe = recipes.setdefault(members[0].recipe, {})
        of_recipe.setdefault(members[0].cation_key, []).append(mean)
    groups = []
    for of_recipe in recipes.values():
        centre = np.mean([value for group in of_recipe.values() for value in group])
        groups += [np.array(group) - centre for group in of_recipe.values()]
    n, k = len(shells), len(groups)
    within = sum(float(((g - g.mean()) ** 2).sum()) for g in groups) / max(n - k, 1)
    between = sum(len(g) * float(g.mean()) ** 2 for g in groups) / max(k - len(recipes), 1)
    size = n / k
    correlation = (between - within) / (between + (size - 1) * within) if between > 0 else 0.0
    correlation = min(max(correlation, 0.0), 1.0) if n > k else 0.0
    return Independence(
        n_shells=n,
        n_cations=k,
        correlation=correlation,
        n_effective=n / (1 + (size - 1) * correlation),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredOrder:
    """Species whose order of oxidation was measured, with limits before and after the shift.

    Attributes
    ----------
    of
        ``anions`` or ``solvents on glassy carbon``.
    names
        Species, the most stable first.
    measured_v
        Measured limits, V against Li/Li+; None where only the order is known.
    before_v, shift_v, error_v, shift_alpb_v
        Limits of the window, shifts by coordination, their standard errors, and shifts in the
        other continuum, V, shapes (n,).
    """

    of: str
    names: tuple[str, ...]
    measured_v: NDArray[np.float64] | None
    before_v: NDArray[np.float64]
    shift_v: NDArray[np.float64]
    error_v: NDArray[np.float64]
    shift_alpb_v: NDArray[np.float64]

    @property
    def n_pairs(self) -> int:
        """Pairs whose order was measured; those measured alike are none."""
        return len(self._pairs)

    @property
    def _pairs(self) -> list[tuple[int, int]]:
        pairs = combinations(range(len(self.names)), 2)
        v = self.measured_v
        return [(i, j) for i, j in pairs if v is None or v[i] > v[j]]

    def pairs_right(self, limits_v: NDArray[np.float64]) -> int:
        """Pairs that stand in the measured order."""
        return sum(bool(limits_v[i] > limits_v[j]) for i, j in self._pairs)

    def rank_correlation(self, limits_v: NDArray[np.float64]) -> float | None:
        """Spearman's rank correlation with what was measured; None of fewer than three."""
        from scipy.stats import spearmanr

        if len(self.names) < _FEWEST_RANKED:
            return None
        order = -np.arange(len(self.names)) if self.measured_v is None else self.measured_v
        return float(spearmanr(limits_v, order).statistic)

    def error_against_measured(self, limits_v: NDArray[np.float64]) -> float | None:
        """Mean absolute error, V; None where only the order is known."""
        if self.measured_v is None:
            return None
        return float(np.abs(limits_v - self.measured_v).mean())


def measured_orders(shifts: Sequence[ShellShift]) -> list[MeasuredOrder]:
    """Orders of anions and of solvents with the limits that windows have.

    Parameters
    ----------
    shifts
        Of `shifts_by_species`; species without a standard error are left out.

    Returns
    -------
    list of MeasuredOrder
        Orders of at least two species. That of solvents is missing where the table of measured
        limits is not on this machine.
    """
    known = {s.name: s for s in shifts if s.oxidation_error_v is not None}
    found = [_order("anions", [known[name] for name in MEASURED_ANIONS if name in known], None)]
    try:
        carbon = glassy_carbon_limits()
    except DataNotFoundError:
        return [order for order in found if order.n_pairs]
    measured = dict(zip(carbon.smiles, carbon.value.tolist(), strict=True))
    pairs = [(measured[s.smiles], s) for s in known.values() if s.smiles in measured]
    pairs.sort(key=lambda pair: -pair[0])
    found.append(
        _order("solvents on glassy carbon", [s for _, s in pairs], [value for value, _ in pairs])
    )
    return [order for order in found if order.n_pairs]


def _order(
    of: str, shifts: Sequence[ShellShift], measured: Sequence[float] | None
) -> MeasuredOrder:
    """Species with a limit in windows, in their order."""
    catalog = default_catalog()
    smiles = [catalog.ion(s.name).smiles if s.charge else s.smiles for s in shifts]
    limits = [window.oxidation for window in species_limits().windows(smiles)]
    known = [(i, limit.value) for i, limit in enumerate(limits) if limit is not None]
    held = [shifts[i] for i, _ in known]
    return MeasuredOrder(
        of=of,
        names=tuple(s.name for s in held),
        measured_v=None if measured is None else np.array([measured[i] for i, _ in known]),
        before_v=np.array([value for _, value in known]),
        shift_v=np.array([s.oxidation_shift_v for s in held]),
        error_v=np.array([s.oxidation_error_v for s in held], dtype=float),
        shift_alpb_v=np.array([s.oxidation_shift_alpb_v for s in held]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellVerdict:
    """Whether shifts by coordination enter windows.

    Attributes
    ----------
    enters
        By the rule of this module.
    n_pairs, right_before, right_after, right_after_alpb
        Pairs of all measured orders, and how many stand right without the shift, with it, and with
        that in the other continuum.
    chance_of_gain
        Chance that more pairs stand right with the shift, by its standard errors.
    error_before_v, error_after_v
        Mean absolute errors against limits on glassy carbon, V; None without them.
    """

    enters: bool
    n_pairs: int
    right_before: int
    right_after: int
    right_after_alpb: int
    chance_of_gain: float
    error_before_v: float | None
    error_after_v: float | None


def judge(orders: Sequence[MeasuredOrder]) -> ShellVerdict:
    """Apply the rule.

    Parameters
    ----------
    orders
        Of `measured_orders`.
    """
    before = sum(order.pairs_right(order.before_v) for order in orders)
    after = sum(order.pairs_right(order.before_v + order.shift_v) for order in orders)
    alpb = sum(order.pairs_right(order.before_v + order.shift_alpb_v) for order in orders)
    rng = np.random.default_rng(_SEED)
    drawn = np.zeros(_DRAWS, dtype=int)
    for order in orders:
        draws = rng.normal(order.shift_v, order.error_v, (_DRAWS, len(order.names)))
        drawn += np.array([order.pairs_right(order.before_v + row) for row in draws])
    chance = float((drawn > before).mean())
    measured = [order for order in orders if order.measured_v is not None]
    error_before = error_after = None
    if measured:
        error_before = measured[0].error_against_measured(measured[0].before_v)
        shifted = measured[0].before_v + measured[0].shift_v
        error_after = measured[0].error_against_measured(shifted)
    is_worse = error_before is not None and error_after is not None and error_after > error_before
    return ShellVerdict(
        enters=chance >= SURE_ENOUGH and not is_worse,
        n_pairs=sum(order.n_pairs for order in orders),
        right_before=before,
        right_after=after,
        right_after_alpb=alpb,
        chance_of_gain=chance,
        error_before_v=error_before,
        error_after_v=error_after,
    )


def summary(rows: Sequence[ShellRow]) -> Mapping[str, Any]:
    """All of it, for JSON.

    Parameters
    ----------
    rows
        Rows of a table of shells.
    """
    by_species = shifts_by_species(rows)
    orders = measured_orders(by_species)
    return {
        "electrolytes": [shift.to_dict() for shift in shifts_by_electrolyte(rows)],
        "species": [shift.to_dict() for shift in by_species],
        "independence": asdict(independence(rows)),
        "orders": [_order_record(order) for order in orders],
        "verdict": asdict(judge(orders)),
    }


def _order_record(order: MeasuredOrder) -> dict[str, Any]:
    after = order.before_v + order.shift_v
    measured = order.measured_v
    return {
        "of": order.of,
        "species": [
            {
                "name": name,
                "measured_v": None if measured is None else float(measured[i]),
                "before_v": float(order.before_v[i]),
                "shift_v": float(order.shift_v[i]),
                "error_v": float(order.error_v[i]),
                "shift_alpb_v": float(order.shift_alpb_v[i]),
                "after_v": float(after[i]),
            }
            for i, name in enumerate(order.names)
        ],
        "n_pairs": order.n_pairs,
        "pairs_right": [order.pairs_right(order.before_v), order.pairs_right(after)],
        "rank_correlation": [order.rank_correlation(v) for v in (order.before_v, after)],
        "mean_absolute_error_v": [order.error_against_measured(v) for v in (order.before_v, after)],
    }
