r"""What simulations add to the shift from lithium to sodium.

The log10 of a simulated ratio is a reading of :math:`\delta` itself (no lithium model in it) with
two errors: that of its recording, and that of the force field, which all simulated pairs share in
part. With the covariance of `electrolyte_ml.models.conductivity.cation`,

.. math:: y_i = \delta_i + b + m_i + e_i, \quad b, m_i \sim N(0, \sigma_{md}^2 / 2), \quad
   e_i \sim N(0, s_i^2),

these readings update :math:`\delta` like measured points do. :math:`\sigma_{md}` is how far
simulated ratios are from measured ones.

Beside it: whether simulated descriptors of a sodium electrolyte explain what the model gets wrong
before any sodium point (prior shift), one number at a time. A straight line is fitted with each
electrolyte left out in turn; the gain in mean absolute error and the share of permutations that
gain as much say whether the number is worth anything. Run
``python -m electrolyte_ml.benchmarks.suites.sodium_simulated``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.conductivities import lithium_conductivities, sodium_conductivities
from electrolyte_ml.features import compose
from electrolyte_ml.features.anion_potential import lowest_potential_v
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.conductivity import ConductivityModel, fit
from electrolyte_ml.models.conductivity.cation import CationShift, Twins
from electrolyte_ml.models.conductivity.chemistry_kernel import places
from electrolyte_ml.simulate.ions import (
    DEFAULT_CATION_SET,
    DEFAULT_CHARGE_SCALE,
    TABLES,
)
from electrolyte_ml.simulate.pooling import against_measured, measured_ratios
from electrolyte_ml.simulate.results import (
    Ratio,
    of_default_force_field,
    ratios,
    read_table,
)

TABLE = TABLES / "lithium_sodium_pairs.csv"
# Whatever agreement a handful of pairs shows by luck, no force field is better than this:
# Nernst-Einstein for conductivity, boxes of four ion pairs, measured ratios of other temperatures.
_LEAST_METHOD_SD = 0.10
_SHORT, _LONG = "nernst_einstein_short_ms_cm", "nernst_einstein_ms_cm"
_TABLES = (TABLES / "lithium_sodium_pairs.csv", TABLES / "densities.csv")
# Measured and simulated electrolyte count as one within these.
_MOLALITY_SHARE, _SOLVENT_SHARE, _TEMPERATURE_K = 0.2, 0.1, 3.0
_REFERENCE_K = 298.15
_PERMUTATIONS = 2000
_FEWEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPairs:
    """Ratios of sodium to lithium from simulation.

    Attributes
    ----------
    formulations
        Realised sodium electrolytes, n of them.
    temperature_k
        Of the simulations, shape (n,).
    log10
        log10 of the ratio, shape (n,).
    error_log10
        Standard error of the recordings, shape (n,).
    method_sd
        Standard deviation of what the force field gets wrong, log10.
    """

    formulations: tuple[Formulation, ...]
    temperature_k: NDArray[np.float64]
    log10: NDArray[np.float64]
    error_log10: NDArray[np.float64]
    method_sd: float

    def twins(self, n_members: int) -> Twins:
        """The pairs as twins without an error of the lithium model.

        Parameters
        ----------
        n_members
            Members of the network that they stand beside.
        """
        composition = compose(list(self.formulations))
        return Twins(
            place=places(composition)[composition.index],
            molality_mol_kg=composition.molality_mol_kg[composition.index],
            temperature_k=self.temperature_k,
            deviations=np.zeros((n_members, len(self.formulations))),
            floor=np.zeros(len(self.formulations)),
        )


def simulated_pairs(
    cation_set: str = DEFAULT_CATION_SET, charge_scale: float = DEFAULT_CHARGE_SCALE
) -> SimulatedPairs:
    """Pairs of the table that ships, one ratio an electrolyte.

    A pair that was recorded for a nanosecond enters with its diffusive lags, the short ones with
    theirs.

    Parameters
    ----------
    cation_set, charge_scale
        Of the force field.
    """
    rows = [r for r in read_table(TABLE) if r["cation_set"] == cation_set]
    realised = {(r["recipe"], r["cation"]): r["realised"] for r in rows}
    found = [*ratios(rows, _SHORT), *ratios([r for r in rows if not r.get(_SHORT)], _LONG)]
    held = [r for r in found if _usable(r, charge_scale)]
    deviation = against_measured(held, measured_ratios())
    spread = [d.spread_log10 for d in deviation.values() if math.isfinite(d.spread_log10)]
    return SimulatedPairs(
        formulations=tuple(parse_recipe(realised[r.labels["recipe"], "Na"]) for r in held),
        temperature_k=np.array([float(r.labels["temperature_k"]) for r in held]),
        log10=np.array([r.log10 for r in held]),
        error_log10=np.array([r.error_log10 for r in held]),
        method_sd=max(_LEAST_METHOD_SD, *spread, 0.0),
    )


def with_simulations(
    model: ConductivityModel, pairs: SimulatedPairs | None = None
) -> ConductivityModel:
    """A model whose shift to sodium has simulated pairs among its readings.

    Parameters
    ----------
    model
        With the shift of measured points, or of none.
    pairs
        Simulated pairs; those that ship by default.
    """
    pairs = pairs or simulated_pairs()
    cation = pairs.formulations[0].salts[0].salt.cation.smiles
    n_members = _n_members(model)
    shift = updated_with(model.shifts[cation], pairs, n_members)
    return replace(model, shifts={**model.shifts, cation: shift})


def updated_with(shift: CationShift, pairs: SimulatedPairs, n_members: int) -> CationShift:
    """A shift with simulated pairs among its readings.

    Parameters
    ----------
    shift
        The prior, or with measured points.
    pairs
        Simulated pairs.
    n_members
        Members of the ensemble that the shift stands beside.
    """
    half = pairs.method_sd**2 / 2
    return shift.updated(
        pairs.twins(n_members),
        pairs.log10,
        np.sqrt(pairs.error_log10**2 + half),
        shared_sd=math.sqrt(half),
    )


def _n_members(model: ConductivityModel) -> int:
    one = parse_recipe("1 m LiPF6 in PC")
    return len(model.ensemble.log10_conductivity(compose([one]), np.array([_REFERENCE_K])))


def gain(
    error_without: NDArray[np.float64], error_with: NDArray[np.float64], groups: NDArray[np.intp]
) -> tuple[float, float]:
    """How much smaller the mean absolute error is, and its standard error by leaving papers out.

    Parameters
    ----------
    error_without, error_with
        Absolute log10 errors, shape (n,).
    groups
        Paper of each point, shape (n,).
    """
    smaller = error_without - error_with
    papers = np.unique(groups)
    left_out = np.array([smaller[groups != paper].mean() for paper in papers])
    n = len(papers)
    spread = math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))
    return float(smaller.mean()), spread


def _usable(ratio: Ratio, charge_scale: float) -> bool:
    return (
        math.isclose(float(ratio.labels["charge_scale"]), charge_scale)
        and ratio.value > 0
        and math.isfinite(ratio.error)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one descriptor adds.

    Attributes
    ----------
    descriptor
        Its name.
    n
        Electrolytes.
    mae_without, mae_with
        Mean absolute log10 error of the electrolyte left out, after a constant and after a line.
    chance
        Share of permutations of the descriptor with at least this gain.
    """

    descriptor: str
    n: int
    mae_without: float
    mae_with: float
    chance: float


def judge(
    name: str, residual: NDArray[np.float64], descriptor: NDArray[np.float64], seed: int = 0
) -> Verdict:
    """Judge a descriptor by leaving electrolytes out.

    Parameters
    ----------
    name
        Of the descriptor.
    residual
        Measured less predicted log10 conductivity, shape (n,).
    descriptor
        Shape (n,).
    seed
        Of the permutations; with few electrolytes all of them are tried.
    """
    without, found = _left_out(residual, None), _left_out(residual, descriptor)
    n = len(residual)
    if n <= 6:
        orders = [np.array(order) for order in itertools.permutations(range(n))]
    else:
        draw = np.random.default_rng(seed)
        orders = [draw.permutation(n) for _ in range(_PERMUTATIONS)]
    by_chance = [_left_out(residual, descriptor[order]) for order in orders]
    return Verdict(
        descriptor=name,
        n=n,
        mae_without=without,
        mae_with=found,
        chance=float(np.mean(np.array(by_chance) <= found + 1e-12)),
    )


def _left_out(residual: NDArray[np.float64], descriptor: NDArray[np.float64] | None) -> float:
    """Mean absolute error of each residual from a constant or a line through the others."""
    n = len(residual)
    columns = [np.ones(n)] if descriptor is None else [np.ones(n), descriptor]
    design = np.column_stack(columns)
    errors = []
    for row in range(n):
        others = np.arange(n) != row
        line = np.linalg.lstsq(design[others], residual[others], rcond=None)[0]
        errors.append(abs(residual[row] - design[row] @ line))
    return float(np.mean(errors))


def simulated_descriptors(
    tables: tuple[Path, ...] = _TABLES,
) -> list[tuple[Formulation, dict[str, float]]]:
    """Simulated sodium electrolytes of the shipped tables with their descriptors.

    Where an electrolyte was simulated more than once, its numbers are averaged; a number that a
    table does not hold is left out.
    """
    held: dict[str, list[dict[str, float]]] = {}
    formulations: dict[str, Formulation] = {}
    for table in tables:
        for row in _rows(table):
            formulation = parse_recipe(row["recipe"])
            formulations[row["recipe"]] = formulation
            held.setdefault(row["recipe"], []).append(_descriptors(row))
    return [
        (formulations[recipe], {name: _mean(found, name) for name in found[0]})
        for recipe, found in held.items()
    ]


def _rows(table: Path) -> Iterator[Mapping[str, str]]:
    for row in read_table(table):
        sodium = row.get("cation", "Na") == "Na" and " in " in row["recipe"]
        if sodium and of_default_force_field(row) and row.get("pair_contact"):
            yield row


def _descriptors(row: Mapping[str, str]) -> dict[str, float]:
    shells = dict(part.rsplit(":", 1) for part in row["coordination"].split())
    anion = row["anion"]
    return {
        "pair_contact": float(row["pair_contact"]),
        "coordination_solvent": sum(
            float(n) for shell, n in shells.items() if not shell.startswith(f"{anion}.")
        ),
    }


def _mean(found: list[dict[str, float]], name: str) -> float:
    return float(np.mean([one[name] for one in found]))


def matched(
    simulated: list[tuple[Formulation, dict[str, float]]],
) -> list[tuple[int, dict[str, float]]]:
    """Rows of the measured sodium points near 298 K that were simulated, with descriptors."""
    sodium = sodium_conductivities()
    found = []
    for row, (formulation, at_k) in enumerate(
        zip(sodium.row_formulations, sodium.temperature_k, strict=True)
    ):
        if abs(at_k - _REFERENCE_K) > _TEMPERATURE_K:
            continue
        alike = [d for other, d in simulated if _same(formulation, other)]
        if alike:
            found.append((row, alike[0]))
    return found


def _same(first: Formulation, second: Formulation) -> bool:
    """Same salt and solvents, nearly the same amounts."""
    (salt, *more), (other, *others) = first.salts, second.salts
    if more or others or salt.salt.name != other.salt.name:
        return False
    shares = {s.solvent.name: s.mass_fraction for s in first.solvents}
    theirs = {s.solvent.name: s.mass_fraction for s in second.solvents}
    names = shares.keys() | theirs.keys()
    apart = max(abs(shares.get(n, 0.0) - theirs.get(n, 0.0)) for n in names)
    ratio = salt.molality_mol_kg / other.molality_mol_kg
    return apart <= _SOLVENT_SHARE and abs(np.log(ratio)) <= _MOLALITY_SHARE


def verdicts() -> list[Verdict]:
    """All descriptors, and the computed potential of the anion beside them."""
    sodium, pairs = sodium_conductivities(), matched(simulated_descriptors())
    rows = np.array([row for row, _ in pairs], dtype=np.intp)
    if len(rows) < _FEWEST:
        return []
    prior = fit(lithium_conductivities(), lithium=ConductivityModel.load())
    formulations = [sodium.row_formulations[row] for row in rows]
    predicted = prior.predict(formulations, sodium.temperature_k[rows]).value
    residual = np.log10(sodium.value[rows] / predicted)
    columns = {name: np.array([d[name] for _, d in pairs]) for name in pairs[0][1]}
    columns["potential of the anion"] = np.array(
        [lowest_potential_v(f.salts[0].salt.anion.smiles) for f in formulations]
    )
    return [judge(name, residual, values) for name, values in columns.items()]


if __name__ == "__main__":
    for verdict in verdicts():
        print(
            f"{verdict.descriptor}: {verdict.n} electrolytes, mean error "
            f"{verdict.mae_without:.3f} without and {verdict.mae_with:.3f} with it, "
            f"chance {verdict.chance:.2f}"
        )
