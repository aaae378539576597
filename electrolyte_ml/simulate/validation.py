"""Validation of force fields: simulated transport and density against measured ones.

Diffusion coefficients are compared after the correction for the size of the box. That of a pure
solvent is extrapolated to no salt from its solutions, log-linear in concentration.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.sources import mlffdistill_transport
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.simulate.densities import measured_density
from electrolyte_ml.simulate.force_field import ForceField

CATION, ANION, SOLVENT = "cation", "anion", "solvent"
DENSITY, PERMITTIVITY = "density", "permittivity"
DIFFUSION = (SOLVENT, CATION, ANION)
_SAME_TEMPERATURE_K = 0.5
# Measured coefficients that differ by less than this share count as ties.
_TIE = 0.05
# Measured densities and permittivities are those of this temperature.
_CATALOG_TEMPERATURE_K = 298.15
_N_DRAWS = 2000
_SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffusionComparison:
    """One quantity of one liquid, simulated with one force field, against its measured value.

    Attributes
    ----------
    force_field
        Parameters and factors.
    recipe, temperature_k
        The liquid, and its temperature, K.
    quantity
        ``solvent``, ``cation`` or ``anion`` for diffusion, 1e-10 m^2/s; ``density``, g/cm3;
        ``permittivity``, relative, of a solvent alone.
    simulated, error
        Mean over seeds and its standard error, from the error bars of the runs.
    measured
        Measured value.
    n_seeds
        Runs that were averaged.
    source
        Where the measured value is from.
    """

    force_field: ForceField
    recipe: str
    temperature_k: float
    quantity: str
    simulated: float
    error: float
    measured: float
    n_seeds: int
    source: str

    @property
    def relative(self) -> float:
        """Deviation by the measured value."""
        return self.simulated / self.measured - 1

    def to_dict(self) -> dict[str, Any]:
        """One row of a table."""
        return {
            "recipe": self.recipe,
            "temperature_k": self.temperature_k,
            **asdict(self.force_field),
            "quantity": self.quantity,
            "simulated": f"{self.simulated:.5g}",
            "error": "" if math.isnan(self.error) else f"{self.error:.3g}",
            "measured": f"{self.measured:.5g}",
            "deviation_percent": f"{100 * self.relative:.1f}",
            "n_seeds": self.n_seeds,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """How far one kind of quantity is off.

    Attributes
    ----------
    n
        Liquids.
    median, median_error
        Median of the absolute relative deviations, and its standard error from the error bars of
        the runs.
    bias, bias_error
        Mean relative deviation, likewise.
    """

    n: int
    median: float
    median_error: float
    bias: float
    bias_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Summary of all comparisons of one force field.

    Attributes
    ----------
    force_field
        Parameters and factors.
    deviations
        By ``diffusion`` (all three), ``solvent``, ``cation``, ``anion``, ``density`` and
        ``permittivity`` (of solvents), where there is a measured value.
    right_order, n_orders
        Pairs of species in one solution whose coefficients stand in the measured order, out of
        those whose measured coefficients differ.
    """

    force_field: ForceField
    deviations: Mapping[str, Deviation]
    right_order: int
    n_orders: int

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            **asdict(self.force_field),
            "deviations": {name: asdict(d) for name, d in self.deviations.items()},
            "right_order": self.right_order,
            "n_orders": self.n_orders,
        }

    def lines(self) -> Iterator[str]:
        """Lines for a person."""
        yield self.force_field.label
        for name, d in self.deviations.items():
            label = name if name not in DIFFUSION else f"D of {name}"
            yield (
                f"  {label:13s} median |error| {_percent(d.median, d.median_error)}, "
                f"bias {_percent(d.bias, d.bias_error, sign=True)}  ({d.n})"
            )
        if self.n_orders:
            yield f"  order of D within a solution right: {self.right_order} of {self.n_orders}"


def compare(rows: Iterable[Mapping[str, str]]) -> list[DiffusionComparison]:
    """Comparisons of a campaign's table, seeds averaged.

    Parameters
    ----------
    rows
        Rows of `electrolyte_ml.simulate.results.read_table`.

    Returns
    -------
    list of DiffusionComparison
        For every quantity that is both simulated, with a correction for the box, and measured.

    Raises
    ------
    DataNotFoundError
        If the measured values are not on this machine.
    """
    runs: dict[tuple[ForceField, str, float, str], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        field = ForceField.of_row(row)
        for quantity, value, error in _simulated(row):
            runs[field, row["recipe"], float(row["temperature_k"]), quantity].append((value, error))
    found = []
    for (field, recipe, kelvin, quantity), values in runs.items():
        measured = measured_value(recipe, kelvin, quantity)
        if measured is None:
            continue
        found.append(
            DiffusionComparison(
                force_field=field,
                recipe=recipe,
                temperature_k=kelvin,
                quantity=quantity,
                simulated=sum(v for v, _ in values) / len(values),
                error=math.sqrt(sum(e**2 for _, e in values)) / len(values),
                measured=measured[0],
                n_seeds=len(values),
                source=measured[1],
            )
        )
    return found


def judge(comparisons: Sequence[DiffusionComparison]) -> list[Verdict]:
    """A verdict on each force field, the smallest median deviation of diffusion first.

    A pure solvent has no ions, and so counts for every force field with the same solvents.
    """
    groups: dict[ForceField, list[DiffusionComparison]] = defaultdict(list)
    pure = [c for c in comparisons if not parse_recipe(c.recipe).salts]
    for comparison in comparisons:
        if comparison not in pure:
            groups[comparison.force_field].append(comparison)
    for comparison in pure:
        same = [f for f in groups if f.of_solvents == comparison.force_field.of_solvents]
        for field in same or [comparison.force_field]:
            groups[field].append(comparison)
    verdicts = []
    for field, held in groups.items():
        kinds = {"diffusion": DIFFUSION, **{k: (k,) for k in (*DIFFUSION, DENSITY, PERMITTIVITY)}}
        chosen = {name: [c for c in held if c.quantity in of] for name, of in kinds.items()}
        right, total = _orders(held)
        verdicts.append(
            Verdict(
                force_field=field,
                deviations={name: _deviation(some) for name, some in chosen.items() if some},
                right_order=right,
                n_orders=total,
            )
        )
    return sorted(verdicts, key=_median_diffusion)


def measured_value(recipe: str, temperature_k: float, quantity: str) -> tuple[float, str] | None:
    """Measured value and its source, or None where nobody measured it.

    Parameters
    ----------
    recipe
        A pure solvent or a solution.
    temperature_k
        Temperature, K; a measurement within 0.5 K counts.
    quantity
        As in `DiffusionComparison`.
    """
    if quantity == DENSITY:
        return _density(recipe, temperature_k)
    if quantity == PERMITTIVITY:
        return _permittivity(recipe, temperature_k)
    formulation = parse_recipe(recipe)
    if not formulation.salts:
        return _without_salt(formulation, temperature_k) if quantity == SOLVENT else None
    table = _measured(f"diffusion_{quantity}_1e10_m2_s")
    near = np.abs(table.temperature_k - temperature_k) < _SAME_TEMPERATURE_K
    for row in np.flatnonzero(near):
        if table.formulations[table.formulation_index[row]].key == formulation.key:
            return float(table.value[row]), str(table.source[row])
    return None


@cache
def _measured(name: str) -> Measurements:
    table, _ = mlffdistill_transport.load(property_name=name)
    return table


def _density(recipe: str, temperature_k: float) -> tuple[float, str] | None:
    if abs(temperature_k - _CATALOG_TEMPERATURE_K) > _SAME_TEMPERATURE_K:
        return None
    try:
        return measured_density(recipe)
    except InputError:
        return None


def _permittivity(recipe: str, temperature_k: float) -> tuple[float, str] | None:
    formulation = parse_recipe(recipe)
    if formulation.salts or abs(temperature_k - _CATALOG_TEMPERATURE_K) > _SAME_TEMPERATURE_K:
        return None
    (amount,) = formulation.solvents
    held = amount.solvent.properties.get("relative_permittivity")
    return None if held is None else (held.value, held.source)


def _without_salt(formulation: Formulation, temperature_k: float) -> tuple[float, str] | None:
    """Diffusion of a solvent, extrapolated to no salt from the most dilute pair of one salt's."""
    (amount,) = formulation.solvents
    table = _measured(f"diffusion_{SOLVENT}_1e10_m2_s")
    series: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for other, kelvin, value in zip(
        table.row_formulations, table.temperature_k, table.value, strict=True
    ):
        alone = [s.solvent for s in other.solvents] == [amount.solvent]
        if alone and abs(kelvin - temperature_k) < _SAME_TEMPERATURE_K:
            ((salt, molarity),) = other.molarities_mol_l().items()
            series[salt].append((molarity, math.log(value)))
    pairs = [sorted(points)[:2] for points in series.values() if len(points) > 1]
    if not pairs:
        return None
    (c1, y1), (c2, y2) = min(pairs)
    extrapolated = math.exp(y1 - c1 * (y2 - y1) / (c2 - c1))
    return extrapolated, f"{mlffdistill_transport.DOI}, extrapolated to no salt"


def _simulated(row: Mapping[str, str]) -> Iterator[tuple[str, float, float]]:
    """Quantity, value and error of each result in a row."""
    for quantity, column in (
        (CATION, "diffusion_corrected_cation_1e10_m2_s"),
        (ANION, "diffusion_corrected_anion_1e10_m2_s"),
        (DENSITY, "density_g_cm3"),
        (PERMITTIVITY, "relative_permittivity"),
    ):
        if row.get(column):
            yield quantity, float(row[column]), float(row[f"{column}_error"] or "nan")
    column = "diffusion_corrected_solvents_1e10_m2_s"
    solvents = (row.get(column) or "").split()
    if len(solvents) == 1:
        _, value = solvents[0].rsplit(":", 1)
        _, error = row[f"{column}_error"].rsplit(":", 1)
        yield SOLVENT, float(value), float(error or "nan")


def _deviation(comparisons: Sequence[DiffusionComparison]) -> Deviation:
    """Summary with errors: the runs are drawn again within their error bars."""
    relative = np.array([c.relative for c in comparisons])
    errors = np.nan_to_num([c.error / c.measured for c in comparisons])
    rng = np.random.default_rng(_SEED)
    drawn = relative + errors * rng.standard_normal((_N_DRAWS, len(relative)))
    return Deviation(
        n=len(relative),
        median=float(np.median(np.abs(relative))),
        median_error=float(np.median(np.abs(drawn), axis=1).std()),
        bias=float(relative.mean()),
        bias_error=float(math.sqrt((errors**2).sum()) / len(errors)),
    )


def _orders(comparisons: Sequence[DiffusionComparison]) -> tuple[int, int]:
    """Pairs of diffusion coefficients in the measured order, and pairs that have an order."""
    liquids: dict[tuple[str, float], list[DiffusionComparison]] = defaultdict(list)
    for c in comparisons:
        if c.quantity in DIFFUSION:
            liquids[c.recipe, c.temperature_k].append(c)
    right = total = 0
    for held in liquids.values():
        for first, second in combinations(held, 2):
            apart = math.log(first.measured / second.measured)
            if abs(apart) > _TIE:
                total += 1
                right += (first.simulated - second.simulated) * apart > 0
    return right, total


def _percent(share: float, error: float, *, sign: bool = False) -> str:
    return f"{100 * share:{'+' if sign else ''}.1f} +- {100 * error:.1f} %"


def _median_diffusion(verdict: Verdict) -> float:
    held = verdict.deviations.get("diffusion")
    return math.inf if held is None else held.median
