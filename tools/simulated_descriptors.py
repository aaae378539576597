"""Whether simulated descriptors of a sodium electrolyte explain what the model gets wrong.

The error of the conductivity model before any sodium point (prior shift) on measured sodium
electrolytes that were simulated too, against one simulated number at a time. A straight line is
fitted with each electrolyte left out in turn; the gain in mean absolute error and the share of
permutations that gain as much say whether the number is worth anything. Run as
``python tools/simulated_descriptors.py``; it needs the data sets of conductivities.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.conductivities import lithium_conductivities, sodium_conductivities
from electrolyte_ml.features.anion_potential import lowest_potential_v
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.conductivity import ConductivityModel, fit
from electrolyte_ml.simulate.results import of_default_force_field, read_table
from electrolyte_ml.simulate.templates import TABLES

_TABLES = (TABLES / "lithium_sodium_pairs.csv", TABLES / "densities.csv")
# Measured and simulated electrolyte count as one within these.
_MOLALITY_SHARE, _SOLVENT_SHARE, _TEMPERATURE_K = 0.2, 0.1, 3.0
_REFERENCE_K = 298.15
_PERMUTATIONS = 2000
_FEWEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptorVerdict:
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
) -> DescriptorVerdict:
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
    return DescriptorVerdict(
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


def verdicts() -> list[DescriptorVerdict]:
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
