"""The check behind the time step: energies at 4 fs with heavy hydrogens against 2 fs without.

Run ``python tools/time_step.py`` to make ``tables/time_step.csv`` again (about
ten minutes on one thread). Mass does not enter configurational averages, so mean energies must
agree; where the step is too long, the stiff bonds are the first to show it.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from electrolyte_ml.optional import import_optional
from electrolyte_ml.simulate.box import box_length_nm, pack
from electrolyte_ml.simulate.platforms import make_context
from electrolyte_ml.simulate.system import HYDROGEN_MASS_DA, Layout, SystemOptions, build_system
from electrolyte_ml.simulate.templates import TABLES, molecule_template
from electrolyte_ml.species import default_catalog

_TEMPERATURE_K = 298.15
_CASES = ((2.0, None), (4.0, HYDROGEN_MASS_DA))
_TERMS = ("HarmonicBondForce", "HarmonicAngleForce", "PeriodicTorsionForce", "NonbondedForce")
_SAMPLE_PS = 0.4
_EQUILIBRATION_PS = 60.0
_N_BLOCKS = 8
_COLUMNS = (
    "solvent",
    "time_step_fs",
    "hydrogen_mass_da",
    "length_ps",
    "term",
    "energy_kj_mol",
    "error_kj_mol",
)


def mean_energies(
    solvent: str, time_step_fs: float, hydrogen_mass_da: float | None, length_ps: float
) -> dict[str, tuple[float, float]]:
    """Mean energy of each term by molecule, kJ/mol, with the standard error of blocks.

    Parameters
    ----------
    solvent
        Name of a catalog solvent, simulated at its density and 298.15 K.
    time_step_fs
        Time step, fs.
    hydrogen_mass_da
        Mass of hydrogens, Da; None for the natural one.
    length_ps
        Length after equilibration, ps.

    Returns
    -------
    dict
        Term to mean and error; ``potential`` is their sum.
    """
    mm = import_optional("openmm")
    found = default_catalog().solvent(solvent)
    templates = [(molecule_template(found.smiles), 48)]
    length = box_length_nm(templates, float(found.value("density_g_cm3") or 1.0))
    layout = Layout.of(templates)
    system = build_system(layout, length, SystemOptions(hydrogen_mass_da=hydrogen_mass_da))
    for group, force in enumerate(system.getForces()):
        force.setForceGroup(group)
    groups = {type(f).__name__: i for i, f in enumerate(system.getForces())}
    integrator = mm.LangevinMiddleIntegrator(_TEMPERATURE_K, 1.0, time_step_fs / 1000)
    integrator.setRandomNumberSeed(11)
    context = make_context(system, integrator)
    context.setPositions(pack(templates, length, seed=1))
    mm.LocalEnergyMinimizer.minimize(context, maxIterations=500)
    context.setVelocitiesToTemperature(_TEMPERATURE_K, 11)
    integrator.step(round(_EQUILIBRATION_PS * 1000 / time_step_fs))
    series: dict[str, list[float]] = {term: [] for term in _TERMS}
    for _ in range(round(length_ps / _SAMPLE_PS)):
        integrator.step(round(_SAMPLE_PS * 1000 / time_step_fs))
        for term in _TERMS:
            state = context.getState(getEnergy=True, groups=1 << groups[term])
            series[term].append(state.getPotentialEnergy()._value / layout.n_molecules)
    arrays = {term: np.array(values) for term, values in series.items()}
    arrays["potential"] = np.sum(list(arrays.values()), axis=0)
    return {term: _mean_and_error(values) for term, values in arrays.items()}


def _mean_and_error(values: np.ndarray) -> tuple[float, float]:
    blocks = [part.mean() for part in np.array_split(values, _N_BLOCKS)]
    return float(values.mean()), float(np.std(blocks, ddof=1) / len(blocks) ** 0.5)


def write_check(path: Path, solvents: Sequence[str], length_ps: float) -> None:
    """Write one row for each solvent, time step and term.

    Raises
    ------
    UnknownSpeciesError
        If a solvent is not of the catalog; the table then stays as it was.
    """
    for solvent in solvents:
        default_catalog().solvent(solvent)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for solvent in solvents:
            for step, mass in _CASES:
                energies = mean_energies(solvent, step, mass, length_ps)
                for term, (mean, error) in energies.items():
                    numbers = [f"{mean:.4f}", f"{error:.4f}"]
                    writer.writerow([solvent, step, mass or "", length_ps, term, *numbers])
                file.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Check the time step and replace its table.")
    parser.add_argument("solvents", nargs="*", default=["DMC"])
    write_check(TABLES / "time_step.csv", parser.parse_args().solvents, 400.0)
