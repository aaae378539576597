"""Simulated densities against measured ones: the table ``tables/densities.csv``.

Run ``python -m electrolyte_ml.simulate.densities --state FOLDER`` to run the missing
jobs of ``campaigns/densities.toml`` and to write the table (about a minute a row on one core).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electrolyte_ml.data.sources import kumar2026_density
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.formulation.density import density_g_cm3
from electrolyte_ml.simulate.campaign import (
    CampaignJob,
    SimulationCampaign,
    read_campaign,
    run_campaign,
)
from electrolyte_ml.simulate.results import result_row, write_table
from electrolyte_ml.simulate.running import default_folder
from electrolyte_ml.simulate.templates import TABLES

# Structure of the solutions, from a few frames: good for averages over many.
_STRUCTURE = ("cation", "anion", "pair_contact", "pair_contact_error", "coordination")
CAMPAIGN = TABLES.parent / "campaigns" / "densities.toml"
TABLE = TABLES / "densities.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityAgreement:
    """How far simulated densities are from measured ones.

    Attributes
    ----------
    n
        Liquids.
    mean_percent
        Mean of the absolute deviations, % of the measured density.
    bias_percent
        Mean deviation, %.
    worst_percent, worst
        Largest absolute deviation, %, and the liquid it belongs to.
    """

    n: int
    mean_percent: float
    bias_percent: float
    worst_percent: float
    worst: str


def measured_density(recipe: str) -> tuple[float, str]:
    """Measured density near 298.15 K, g/cm3, and its source.

    Parameters
    ----------
    recipe
        A pure solvent of the catalog, or a sodium solution of `kumar2026_density`.

    Raises
    ------
    InputError
        If nobody measured it.
    DataNotFoundError
        If the measured solutions are not on this machine.
    """
    formulation = parse_recipe(recipe)
    if not formulation.salts:
        (amount,) = formulation.solvents
        held = amount.solvent.properties.get("density_g_cm3")
        if held is None:
            raise InputError(f"the catalog holds no density of {recipe}")
        return density_g_cm3(amount.solvent).value, held.source
    measured, _ = kumar2026_density.load()
    for held_formulation, value in zip(measured.row_formulations, measured.value, strict=True):
        if held_formulation.key == formulation.key:
            return float(value), kumar2026_density.DOI
    raise InputError(f"no measured density of {recipe} in {kumar2026_density.FILE_NAME}")


def agreement(rows: Iterable[Mapping[str, Any]], group: str = "") -> DensityAgreement:
    """Summary of the rows of a group, or of all.

    Raises
    ------
    InputError
        If there are none.
    """
    held = [
        (float(row["deviation_percent"]), str(row["recipe"]))
        for row in rows
        if not group or row["group"] == group
    ]
    if not held:
        raise InputError(f"the table of densities holds no rows of group {group!r}")
    worst, name = max(held, key=lambda item: abs(item[0]))
    return DensityAgreement(
        n=len(held),
        mean_percent=sum(abs(d) for d, _ in held) / len(held),
        bias_percent=sum(d for d, _ in held) / len(held),
        worst_percent=abs(worst),
        worst=name,
    )


def density_row(entry: CampaignJob, result: Mapping[str, Any]) -> dict[str, Any]:
    """One row: simulated and measured density, and the structure of a solution."""
    measured, source = measured_density(entry.recipe)
    simulated, held = result["density_g_cm3"], result_row(entry, result)
    return {
        "key": entry.job.key,
        "group": entry.group,
        "recipe": entry.recipe,
        "realised": result["recipe"],
        "n_atoms": result["n_atoms"],
        "temperature_k": entry.job.temperature_k,
        "simulated_g_cm3": f"{simulated['value']:.4f}",
        "error_g_cm3": "" if simulated["error"] is None else f"{simulated['error']:.4f}",
        "converged": simulated["converged"],
        "measured_g_cm3": f"{measured:.4f}",
        "deviation_percent": f"{100 * (simulated['value'] / measured - 1):.2f}",
        "source": source,
        **{name: held[name] for name in _STRUCTURE},
    }


def write_densities(plan: SimulationCampaign, folder: Path, table: Path) -> list[dict[str, Any]]:
    """Write the table of the finished jobs; returns its rows."""
    rows = [density_row(entry, result) for entry, result in plan.finished(folder)]
    if rows:
        write_table(table, rows)
    return rows


def shipped() -> list[dict[str, str]]:
    """Rows of the table that ships."""
    return read_table(TABLE)


def _main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, default=None, help="folder of jobs")
    parser.add_argument("--table", type=Path, default=TABLE)
    given = parser.parse_args(arguments)
    plan, folder = read_campaign(CAMPAIGN), given.state or default_folder()

    def after_each(entry: CampaignJob, result: dict[str, Any] | None, fault: str) -> None:
        outcome = "failed: " + fault if result is None else "done"
        print(f"{entry.recipe}: {outcome}", file=sys.stderr)
        write_densities(plan, folder, given.table)

    run_campaign(plan, folder, after_each=after_each)
    rows = write_densities(plan, folder, given.table)
    for group in dict.fromkeys(row["group"] for row in rows):
        found = agreement(rows, group)
        print(
            f"{group}: {found.n}, mean deviation {found.mean_percent:.1f} %, "
            f"bias {found.bias_percent:+.1f} %, worst {found.worst} ({found.worst_percent:.1f} %)"
        )


if __name__ == "__main__":
    _main(sys.argv[1:])
