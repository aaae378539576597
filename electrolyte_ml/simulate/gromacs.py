"""The motion of a stage at constant volume by GROMACS: the forces and the integrator of OpenMM.

GROMACS [1]_ is several times faster than OpenMM where there is no graphics card. Its stochastic
dynamics [2]_ are the middle scheme of `electrolyte_ml.simulate.job.Protocol`, and its Ewald sum
splits at the width that OpenMM derives from the tolerance. A stage runs as a row of short runs of
``gmx mdrun``, so that a killed job loses one of them; each begins with the positions and the
velocities that the last one ended with.

References
----------
.. [1] Abraham, Murtola, Schulz, Pall, Smith, Hess, Lindahl, SoftwareX 2015, 1-2, 19.
   https://doi.org/10.1016/j.softx.2015.06.001
.. [2] Goga, Rzepiela, de Vries, Marrink, Berendsen, J. Chem. Theory Comput. 2012, 8, 3637.
   https://doi.org/10.1021/ct3000876
"""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import writing
from electrolyte_ml.optional import import_optional
from electrolyte_ml.simulate.dynamics import Sample, SimulationError, StagedJob
from electrolyte_ml.simulate.platforms import GROMACS, find_gromacs
from electrolyte_ml.simulate.system import Layout, SystemOptions, repartitioned_masses_da
from electrolyte_ml.simulate.templates import Template

# Long against the start of a run (a second), short against what a kill may lose.
_RUN_S = 20.0

_FIRST_SAMPLES = 5

# Atoms go far less than half a box in this time, so that they are followed through its faces.
_LONGEST_SAMPLE_PS = 10.0

# Edge by cut-off below which lists of pairs reach as little as possible beyond the cut-off.
_TIGHT = 2.2

# Than OpenMM's mesh for the same tolerance. In two liquids of 950 atoms the error of forces grew
# from 1.0e-4 and 2.1e-4 of their root mean square to 1.7e-4 and 2.5e-4, for a quarter of the time
# less.
_MESH_COARSER = 1.3

# Fast bonds have fewer than ten steps a period, at which grompp warns; tables/time_step.csv holds
# the check of that step.
_ALLOWED_WARNINGS = 2

_GROMPP = f"grompp -f run.mdp -c box.gro -p box.top -o run.tpr -maxwarn {_ALLOWED_WARNINGS}"

# One thread and no graphics card, as on OpenMM's CPU platform: jobs fan out over cores.
_MDRUN = (
    "mdrun -s run.tpr -o run.trr -ntmpi 1 -ntomp 1 -pin off -nb cpu -notunepme -noconfout -cpt -1"
)

_UNSTABLE = "atoms fly apart"


@cache
def gromacs_version(program: Path) -> str:
    """Version of GROMACS, such as ``2022.5``, or an empty text."""
    told = _run([str(program), "--version"], Path.cwd()).stdout
    found = re.search(r"GROMACS version:\s+(?:VERSION )?([\d.]+)", told)
    return found.group(1) if found else ""


class GromacsDynamics:
    """A stage under way in GROMACS, as many samples at a time as take some seconds.

    Parameters
    ----------
    staged
        The stage.

    Raises
    ------
    PlatformError
        If there is no GROMACS.
    InputError
        If the stage is not at constant volume, or its samples lie too far apart.
    """

    def __init__(self, staged: StagedJob) -> None:
        self._program = find_gromacs()
        if staged.stage.pressure_bar is not None:
            raise InputError(f"stage {staged.stage.name} is not at constant volume")
        if staged.job.protocol.sample_ps > _LONGEST_SAMPLE_PS:
            raise InputError(
                f"with platform {GROMACS!r} sample_ps is at most {_LONGEST_SAMPLE_PS:g} ps, given "
                f"{staged.job.protocol.sample_ps:g}"
            )
        self._staged = staged
        self.platform = f"GROMACS {gromacs_version(self._program)}".strip()
        self._positions = np.array(staged.state.positions_nm, dtype=float)
        self._velocities = np.array(staged.state.velocities_nm_ps, dtype=float)
        self._length = staged.state.length_nm
        self._n_runs, self._n_samples = 0, _FIRST_SAMPLES
        with writing(staged.folder):
            self._files = Path(tempfile.mkdtemp(prefix=f"{GROMACS}-", dir=staged.folder))
        options = staged.job.protocol.options
        (self._files / "box.top").write_text(topology(staged.layout, options), encoding="utf-8")

    def advance(self, n_samples: int) -> list[Sample]:
        """Go on by as many samples as take some seconds; `Dynamics` says more."""
        staged, started = self._staged, time.monotonic()
        wanted = min(n_samples, self._n_samples)
        self._write(wanted)
        self._call(_GROMPP)
        self._call(_MDRUN)
        samples = []
        for frame in read_trr(self._files / "run.trr")[1:]:
            step = frame.x.astype(float) - self._positions
            self._positions = self._positions + step - self._length * np.round(step / self._length)
            if frame.hasv:
                self._velocities = frame.v.astype(float)
            kept = self._positions if staged.stage.records else None
            samples.append(Sample(positions_nm=kept, volume_nm3=self._length**3))
        if len(samples) != wanted:
            raise self._failed(f"it was stopped after {len(samples)} samples of {wanted}")
        if not np.isfinite(self._positions).all():
            raise self._failed(_UNSTABLE)
        self._n_runs += 1
        took = time.monotonic() - started
        self._n_samples = max(_FIRST_SAMPLES, min(4 * wanted, int(wanted * _RUN_S / took)))
        return samples

    def phase_space(self) -> dict[str, Any]:
        """Positions, velocities and edge of the box after the last sample."""
        return {
            "positions_nm": self._positions,
            "velocities_nm_ps": self._velocities,
            "length_nm": self._length,
        }

    def close(self) -> None:
        """Remove the files of the runs."""
        shutil.rmtree(self._files, ignore_errors=True)

    def _write(self, n_samples: int) -> None:
        staged = self._staged
        text = parameters(staged, n_samples * staged.steps, self._seed())
        with writing(self._files):
            (self._files / "run.mdp").write_text(text, encoding="utf-8")
            text = coordinates(staged.layout, self._positions, self._velocities, self._length)
            (self._files / "box.gro").write_text(text, encoding="utf-8")

    def _seed(self) -> int:
        """Another for every run of every stage, so that no random number is drawn twice."""
        staged = self._staged
        place = (staged.seed, *staged.stage.name.encode(), round(1000 * staged.state.done_ps))
        return int(np.random.SeedSequence([*place, self._n_runs]).generate_state(1)[0] >> 1)

    def _call(self, command: str) -> None:
        done = _run([str(self._program), "-nobackup", *command.split()], self._files)
        if done.returncode == 0:
            return
        if re.search(r"half the shortest box vector|twice the cut-off", done.stderr):
            raise self._staged.too_small()
        raise self._failed(_reason(done.stderr) or f"exit status {done.returncode}")

    def _failed(self, reason: str) -> SimulationError:
        return SimulationError(f"GROMACS failed in stage {self._staged.stage.name}: {reason}")


def topology(layout: Layout, options: SystemOptions) -> str:
    """The molecules of a box as a topology of GROMACS.

    Parameters
    ----------
    layout
        The molecules; ion charges already scaled.
    options
        Masses and constraints of hydrogens.

    Returns
    -------
    str
        Text of a ``.top`` file: lengths in nm, energies in kJ/mol, angles in degrees. Every pair of
        atoms that `Template.exceptions` names is excluded, and interacts as it says.
    """
    kinds: dict[tuple[float, float], str] = {}
    for block in layout.blocks:
        for atom in block.template.atoms:
            kinds.setdefault((atom.sigma_nm, atom.epsilon_kj_mol), f"k{len(kinds)}")
    # Lennard-Jones functions, mixed by Lorentz and Berthelot.
    lines = ["[ defaults ]", "1 2 no 1.0 1.0", "[ atomtypes ]"]
    lines += [f"{kind} 0 1.0 0.0 A {s:.9g} {e:.9g}" for (s, e), kind in kinds.items()]
    for index, block in enumerate(layout.blocks):
        lines += _molecule(f"M{index}", block.template, kinds, options)
    lines += ["[ system ]", "electrolyte", "[ molecules ]"]
    lines += [f"M{index} {block.count}" for index, block in enumerate(layout.blocks)]
    return "\n".join(lines) + "\n"


def _molecule(
    name: str, template: Template, kinds: dict[tuple[float, float], str], options: SystemOptions
) -> Iterator[str]:
    atoms = template.atoms
    masses = repartitioned_masses_da(template, options.hydrogen_mass_da)
    yield from ("[ moleculetype ]", f"{name} 0", "[ atoms ]")
    for i, (atom, mass) in enumerate(zip(atoms, masses, strict=True), start=1):
        kind = kinds[atom.sigma_nm, atom.epsilon_kj_mol]
        yield f"{i} {kind} 1 {name} A{i} {i} {atom.charge_e:.9g} {mass:.9g}"
    yield "[ bonds ]"
    for i, j, length, k in template.bonds:
        if not (options.constrain_hydrogens and "H" in {atoms[i].element, atoms[j].element}):
            yield f"{i + 1} {j + 1} 1 {length:.9g} {k:.9g}"
    yield "[ constraints ]"
    for i, j, length, _ in template.bonds:
        if options.constrain_hydrogens and "H" in {atoms[i].element, atoms[j].element}:
            yield f"{i + 1} {j + 1} 2 {length:.9g}"
    yield "[ angles ]"
    for i, j, m, angle, k in template.angles:
        yield f"{i + 1} {j + 1} {m + 1} 1 {math.degrees(angle):.9g} {k:.9g}"
    yield "[ dihedrals ]"
    for i, j, m, n, period, phase, k in template.torsions:
        ends = f"{i + 1} {j + 1} {m + 1} {n + 1}"
        yield f"{ends} 9 {math.degrees(phase):.9g} {k:.9g} {period}"
    exceptions = template.exceptions()
    yield "[ exclusions ]"
    yield from (f"{i + 1} {j + 1}" for i, j, *_ in exceptions)
    yield "[ pairs ]"
    for i, j, product, sigma, epsilon in exceptions:
        if product or epsilon:
            yield f"{i + 1} {j + 1} 2 1.0 {product:.9g} 1.0 {sigma:.9g} {epsilon:.9g}"


def parameters(staged: StagedJob, n_steps: int, seed: int) -> str:
    """Parameters of one run, text of an ``.mdp`` file."""
    options, stage = staged.job.protocol.options, staged.stage
    tight = staged.state.length_nm < _TIGHT * options.cutoff_nm
    width_per_nm = math.sqrt(-math.log(2 * options.ewald_tolerance)) / options.cutoff_nm
    spacing_nm = _MESH_COARSER * 1.5 * options.ewald_tolerance**0.2 / width_per_nm
    return _lines(
        {
            "integrator": "sd",
            "dt": staged.job.protocol.time_step_fs / 1000,
            "nsteps": n_steps,
            "continuation": "yes",
            "nstxout": staged.steps,
            "nstvout": n_steps,
            "nstenergy": 0,
            "nstlog": 0,
            "comm-mode": "Linear",
            "nstcomm": 10,
            "ld-seed": seed,
            "tc-grps": "System",
            "tau-t": 1 / stage.friction_per_ps,
            "ref-t": stage.temperature_k,
            "coulombtype": "PME",
            "rcoulomb": options.cutoff_nm,
            "rvdw": options.cutoff_nm,
            "vdw-modifier": "None",
            # Lists that live longer reach farther beyond the cut-off; mdrun raises it where it may.
            "nstlist": 3 if tight else 10,
            "ewald-rtol": math.erfc(width_per_nm * options.cutoff_nm),
            "pme-order": 4,
            "fourierspacing": spacing_nm,
            "lincs-iter": 2,
        }
    )


def _lines(values: dict[str, Any]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in values.items())


def coordinates(
    layout: Layout, positions_nm: np.ndarray, velocities_nm_ps: np.ndarray, length_nm: float
) -> str:
    """Positions and velocities as text of a ``.gro`` file, molecules whole.

    Parameters
    ----------
    layout
        The molecules.
    positions_nm, velocities_nm_ps
        Shape (n_atoms, 3), nm and nm/ps; positions may lie in any image of the box.
    length_nm
        Edge of the box, nm.
    """
    shift = -length_nm * np.floor(layout.centres_nm(positions_nm) / length_nm)
    positions = positions_nm + layout.of_atoms(shift)
    lines, atom, molecule = ["electrolyte", str(len(positions))], 0, 0
    for index, block in enumerate(layout.blocks):
        for _ in range(block.count):
            molecule += 1
            for i in range(1, 1 + len(block.template.atoms)):
                numbers = "".join(f"{x:14.8f}" for x in positions[atom])
                numbers += "".join(f"{v:14.9f}" for v in velocities_nm_ps[atom])
                atom += 1
                # Numbers of more than five digits start again; nothing reads them.
                name = f"{molecule % 100000:5d}{f'M{index}':<5s}{f'A{i}':>5s}{atom % 100000:5d}"
                lines.append(name + numbers)
    lines.append(f"{length_nm:.8f} {length_nm:.8f} {length_nm:.8f}")
    return "\n".join(lines) + "\n"


def read_trr(path: Path) -> list[Any]:
    """Frames of a ``.trr`` file, read by MDAnalysis.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    list of named tuples
        Positions ``x``, nm, wrapped into the box; velocities ``v``, nm/ps, and forces ``f``,
        kJ/mol/nm, where ``hasv`` and ``hasf`` say so; shape (n_atoms, 3) each. ``box`` holds the
        edges, nm, shape (3, 3).
    """
    reader = import_optional("MDAnalysis.lib.formats.libmdaxdr")
    with reader.TRRFile(str(path)) as file:
        return list(file)


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=_environment(),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _reason(told: str) -> str:
    """The part of an output that says what went wrong: what follows the word error."""
    if re.search(r"LINCS WARNING|Listed nonbonded interaction", told):
        return _UNSTABLE
    heading = r"(?:Fatal error|ERROR \d+[^\n]*|error|Inconsistency in user input):\n"
    found = re.search(heading + r"(.+?)\n\n", told, re.DOTALL)
    text = found.group(1) if found else told.strip()[-400:]
    return " ".join(text.split())


def _environment() -> dict[str, str]:
    """Ours without what clusters say of threads: GROMACS would refuse, or bind all to one core."""
    said = {"OMP_NUM_THREADS", "OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"}
    return {name: value for name, value in os.environ.items() if name not in said}


def remove_left_runs(folder: Path) -> None:
    """Remove what killed runs left in the folder of a job."""
    for left in folder.glob(f"{GROMACS}-*"):
        shutil.rmtree(left, ignore_errors=True)
