r"""Initial positions with Packmol.

References
----------
.. [1] Martinez, Andrade, Birgin, Martinez, J. Comput. Chem. 2009, 30, 2157.
   https://doi.org/10.1002/jcc.21224
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.optional import find_program
from electrolyte_ml.simulate.templates import Template

AVOGADRO_PER_MOL = 6.02214076e23
_TOLERANCE_ANGSTROM = 2.0
_TIMEOUT_S = 900


def box_length_nm(templates: Sequence[tuple[Template, int]], density_g_cm3: float) -> float:
    """Edge of the cube that holds these molecules at a density, nm."""
    mass_g = sum(t.mass_da * n for t, n in templates) / AVOGADRO_PER_MOL
    return float((mass_g / density_g_cm3 * 1e21) ** (1 / 3))


def pack(templates: Sequence[tuple[Template, int]], length_nm: float, seed: int) -> np.ndarray:
    """Place molecules at random in a periodic cube without overlaps.

    Parameters
    ----------
    templates
        Templates and how many molecules of each.
    length_nm
        Edge of the cube, nm.
    seed
        Seed of Packmol.

    Returns
    -------
    numpy.ndarray of shape (n_atoms, 3)
        Positions, nm, molecule after molecule in the order given.

    Raises
    ------
    InputError
        If Packmol finds no packing.
    MissingDependencyError
        If Packmol is not installed.
    """
    program = find_program("packmol")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "pack.inp").write_text(_input(templates, length_nm, seed), encoding="utf-8")
        for index, (template, _) in enumerate(templates):
            (folder / f"{index}.xyz").write_text(_xyz(template), encoding="utf-8")
        with (folder / "pack.inp").open(encoding="utf-8") as script:
            done = subprocess.run(
                [str(program)],
                cwd=folder,
                stdin=script,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        if "Success!" not in done.stdout:
            raise InputError(f"Packmol found no packing: {done.stdout[-800:]}{done.stderr[-200:]}")
        lines = (folder / "out.xyz").read_text(encoding="utf-8").splitlines()[2:]
    return np.array([[float(x) for x in line.split()[1:4]] for line in lines]) / 10


def _input(templates: Sequence[tuple[Template, int]], length_nm: float, seed: int) -> str:
    edge = f"{length_nm * 10:.4f}"
    lines = [
        f"tolerance {_TOLERANCE_ANGSTROM}",
        "filetype xyz",
        "output out.xyz",
        f"seed {seed}",
        f"pbc {edge} {edge} {edge}",
    ]
    for index, (_, count) in enumerate(templates):
        lines += [
            f"structure {index}.xyz",
            f"  number {count}",
            f"  inside box 0. 0. 0. {edge} {edge} {edge}",
            "end structure",
        ]
    return "\n".join(lines) + "\n"


def _xyz(template: Template) -> str:
    rows = [
        f"{atom.element} {10 * x:.5f} {10 * y:.5f} {10 * z:.5f}"
        for atom, (x, y, z) in zip(template.atoms, template.positions_nm, strict=True)
    ]
    return "\n".join([str(len(rows)), "", *rows]) + "\n"
