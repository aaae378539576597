"""Diameters of a refined solvent from its measured density: rows of ``tables/solvents.csv``.

Charges and well depths of all solvents of a set take the same factors, chosen by measured mobility;
the Lennard-Jones diameters of each take the factor that gives the pure liquid its measured density.
Run ``python tools/solvent_diameters.py --set NAME --charge 0.85 --epsilon 0.9
SOLVENT...`` (two or three minutes a solvent on one core).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.simulate.box import compose_box
from electrolyte_ml.simulate.densities import measured_density
from electrolyte_ml.simulate.force_field import ForceField
from electrolyte_ml.simulate.job import SimulationJob, preset
from electrolyte_ml.simulate.results import read_table, write_table
from electrolyte_ml.simulate.running import default_folder, run_job
from electrolyte_ml.simulate.templates import TABLES

TABLE = TABLES / "solvents.csv"
_TEMPERATURE_K = 298.15
_N_ROUNDS = 2
# How the density of a liquid follows the diameters of its atoms, whose bonds do not scale.
_DENSITY_EXPONENT = -2.8


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedSolvent:
    """Factors of one solvent, and how well its density was met before the last step.

    Attributes
    ----------
    solvent
        Its name.
    charge_scale, epsilon_scale, sigma_scale
        Factors on charges, well depths and diameters.
    deviation
        Simulated over measured density, less 1, in the last run.
    error
        Standard error of `deviation`.
    """

    solvent: str
    charge_scale: float
    epsilon_scale: float
    sigma_scale: float
    deviation: float
    error: float


def fit_diameter(
    solvent: str, *, charge_scale: float, epsilon_scale: float, folder: Path
) -> FittedSolvent:
    """Factor on the diameters of a solvent that gives it its measured density.

    Parameters
    ----------
    solvent
        Name.
    charge_scale, epsilon_scale
        Factors on its charges and well depths.
    folder
        Folder of simulation jobs; finished ones are read back.
    """
    measured, _ = measured_density(solvent)
    protocol, n_atoms = preset("density")
    box = compose_box(parse_recipe(solvent), n_atoms, least_length_nm=protocol.least_length_nm)
    sigma, deviation, error = 1.0, 0.0, 0.0
    for _ in range(_N_ROUNDS):
        job = SimulationJob(
            composition=box,
            temperature_k=_TEMPERATURE_K,
            force_field=ForceField(
                solvent_charge_scale=charge_scale,
                solvent_epsilon_scale=epsilon_scale,
                solvent_sigma_scale=round(sigma, 4),
            ),
            protocol=protocol,
        )
        density = run_job(job, folder)["density_g_cm3"]
        deviation = density["value"] / measured - 1
        error = (density["error"] or 0.0) / measured
        sigma *= (1 + deviation) ** (-1 / _DENSITY_EXPONENT)
    return FittedSolvent(
        solvent=solvent,
        charge_scale=charge_scale,
        epsilon_scale=epsilon_scale,
        sigma_scale=round(sigma, 4),
        deviation=deviation,
        error=error,
    )


def write_set(name: str, fitted: Sequence[FittedSolvent], path: Path = TABLE) -> None:
    """Put the solvents of a set into the table, in place of older rows of the same."""
    new = {(name, f.solvent) for f in fitted}
    rows = [dict(r) for r in read_table(path) if (r["set"], r["solvent"]) not in new]
    rows += [
        {
            "set": name,
            "solvent": f.solvent,
            "charge_scale": f"{f.charge_scale:g}",
            "epsilon_scale": f"{f.epsilon_scale:g}",
            "sigma_scale": f"{f.sigma_scale:.4f}",
            "note": f"density before the last step {100 * f.deviation:+.1f}({100 * f.error:.1f}) %",
        }
        for f in fitted
    ]
    write_table(path, rows)


def _main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", required=True, help="name of the refinement")
    parser.add_argument("--charge", type=float, required=True, help="factor on charges")
    parser.add_argument("--epsilon", type=float, required=True, help="factor on well depths")
    parser.add_argument("--state", type=Path, default=None, help="folder of jobs")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("solvents", nargs="+", help="names")
    given = parser.parse_args(arguments)
    for solvent in given.solvents:
        fitted = fit_diameter(
            solvent,
            charge_scale=given.charge,
            epsilon_scale=given.epsilon,
            folder=given.state or default_folder(),
        )
        write_set(given.set, [fitted], given.table)
        print(f"{solvent}: diameters x{fitted.sigma_scale:.4f}")


if __name__ == "__main__":
    _main(sys.argv[1:])
