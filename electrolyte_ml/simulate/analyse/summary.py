r"""Summary of one finished job, ready for JSON.

Static permittivity of a liquid without ions, from the fluctuation of its dipole moment [1]_.

.. math:: \varepsilon = 1 + \frac{\langle M^2 \rangle}{3 \varepsilon_0 V k_B T}

References
----------
.. [1] Neumann, Mol. Phys. 1983, 50, 841. https://doi.org/10.1080/00268978300102721
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.simulate.analyse.estimate import (
    Estimate,
    block_means,
    drift_reason,
    from_blocks,
    refused,
)
from electrolyte_ml.simulate.analyse.structure import coordination, ion_pairing
from electrolyte_ml.simulate.analyse.transport import (
    diffusion_1e10_m2_s,
    einstein_helfand_ms_cm,
    fit_window,
    nernst_einstein_ms_cm,
    short_lag_nernst_einstein_ms_cm,
    without_drift,
    yeh_hummer_1e10_m2_s,
)
from electrolyte_ml.simulate.box import AVOGADRO_PER_MOL
from electrolyte_ml.simulate.checkpoint import State, load_parts
from electrolyte_ml.simulate.job import SimulationJob
from electrolyte_ml.simulate.system import Layout

_ELEMENTARY_CHARGE_C = 1.602176634e-19

_VACUUM_PERMITTIVITY_F_M = 8.8541878128e-12

_BOLTZMANN_J_K = 1.380649e-23

_N_DIPOLE_BLOCKS = 4

_FEWEST_FRAMES = 40

_LARGEST_RELATIVE_ERROR = 0.25


def relative_permittivity(
    frames_nm: np.ndarray, layout: Layout, length_nm: float, temperature_k: float
) -> Estimate:
    """Static relative permittivity of a liquid of neutral molecules.

    Parameters
    ----------
    frames_nm
        Positions of all atoms, molecules whole, shape (n_frames, n_atoms, 3), nm.
    layout
        Which atoms belong to which molecule, with the partial charges.
    length_nm
        Edge of the box, nm.
    temperature_k
        Temperature, K.

    Returns
    -------
    Estimate
        Dimensionless; the mean dipole is taken as zero, as symmetry demands.
    """
    if len(frames_nm) < _FEWEST_FRAMES:
        return refused(f"{len(frames_nm)} frames are too few for a permittivity")
    charges = np.concatenate(
        [np.tile([a.charge_e for a in b.template.atoms], b.count) for b in layout.blocks]
    )
    dipoles_e_nm = np.einsum("tad,a->td", frames_nm.astype(np.float64), charges)
    squares_e2_nm2 = (dipoles_e_nm**2).sum(axis=1)
    per_e2_nm2 = (
        (_ELEMENTARY_CHARGE_C * 1e-9) ** 2
        / (3 * _VACUUM_PERMITTIVITY_F_M * (length_nm * 1e-9) ** 3)
        / (_BOLTZMANN_J_K * temperature_k)
    )
    return from_blocks(
        1 + per_e2_nm2 * float(squares_e2_nm2.mean()),
        [
            1 + per_e2_nm2 * float(b.mean())
            for b in np.array_split(squares_e2_nm2, _N_DIPOLE_BLOCKS)
        ],
        largest_relative_error=_LARGEST_RELATIVE_ERROR,
    )


_N_DENSITY_BLOCKS = 5

_FEWEST_SAMPLES = 100

_LARGEST_DENSITY_ERROR = 0.01

_LARGEST_DENSITY_DRIFT_G_CM3 = 0.02


def analyse_job(
    job: SimulationJob,
    folder: Path,
    state: State,
    viscosity_mpa_s: float | None = None,
    *,
    length_ps: float | None = None,
) -> dict[str, Any]:
    """Analyse a finished job.

    Parameters
    ----------
    job
        The job.
    folder
        Folder with its recording.
    state
        Its final state.
    viscosity_mpa_s
        Viscosity of the liquid, mPa s; with it, the result holds diffusion coefficients corrected
        for the size of the box beside those of the box.
    length_ps
        Only this much from the start of the stage ``nvt``, ps, as if the run were shorter; all of
        it by default. The density is that of the whole stage ``npt``.

    Returns
    -------
    dict
        JSON-ready: inputs, realised formulation, and estimates, each with error and convergence.
    """
    layout, length = job.layout(), state.length_nm
    centres, frames = load_parts(folder, state.n_parts)
    if length_ps is not None:
        centres = centres[: round(length_ps / job.protocol.sample_ps)]
        frames = frames[: round(length_ps / job.protocol.frame_ps)]
    return (
        describe_job(job, state)
        | {
            "ns_per_day": job.protocol.total_ps / 1000 / state.wall_s * 86400,
            "viscosity_mpa_s": viscosity_mpa_s,
            "density_g_cm3": density_g_cm3(layout, state.volumes_nm3).to_dict(),
        }
        | _structure(job, layout, frames, length)
        | _transport(job, layout, centres, length, viscosity_mpa_s)
    )


def describe_job(job: SimulationJob, state: State) -> dict[str, Any]:
    """What a job is of, before any estimate: its inputs and the box as it became."""
    formulation = job.composition.formulation()
    return {
        "key": job.key,
        "job": job.to_dict(),
        "recipe": formulation.notation(),
        "formulation_key": formulation.key,
        "n_atoms": job.layout().n_atoms,
        "length_nm": state.length_nm,
        "wall_s": state.wall_s,
        "platform": state.platform,
    }


def density_g_cm3(layout: Layout, volumes_nm3: np.ndarray) -> Estimate:
    """Density over the constant-pressure stage, g/cm3."""
    series = layout.mass_da / AVOGADRO_PER_MOL / (volumes_nm3 * 1e-21)
    return from_blocks(
        float(series.mean()),
        block_means(series, _N_DENSITY_BLOCKS),
        largest_relative_error=_LARGEST_DENSITY_ERROR,
        reasons=drift_reason(series, "density", _LARGEST_DENSITY_DRIFT_G_CM3),
    )


def _structure(
    job: SimulationJob, layout: Layout, frames: np.ndarray, length: float
) -> dict[str, Any]:
    # Shells are those of metal ions: a molecular cation has no centre that donors sit around.
    cations = [
        b for b in layout.blocks if b.template.formal_charge > 0 and len(b.template.atoms) == 1
    ]
    found: dict[str, Any] = {"coordination": {}, "pairing": {}}
    for cation in cations:
        name = cation.template.name
        shells = coordination(frames, layout, cation, length)
        found["coordination"][name] = [shell.to_dict() for shell in shells]
        pairing = ion_pairing(frames, layout, cation, length, job.protocol.frame_ps)
        found["pairing"][name] = pairing.to_dict()
    if not any(b.template.formal_charge for b in layout.blocks):
        permittivity = relative_permittivity(frames, layout, length, job.temperature_k)
        found["relative_permittivity"] = permittivity.to_dict()
    return found


def _transport(
    job: SimulationJob,
    layout: Layout,
    centres: np.ndarray,
    length: float,
    viscosity_mpa_s: float | None,
) -> dict[str, Any]:
    interval = job.protocol.sample_ps
    if len(centres) < _FEWEST_SAMPLES:
        too_short = refused(f"{len(centres) * interval:g} ps are too short for transport")
        names = [b.template.name for b in layout.blocks]
        return {"diffusion_1e10_m2_s": dict.fromkeys(names, too_short.to_dict())}
    window = fit_window(len(centres) * interval)
    centres = without_drift(centres, layout.molecule_masses_da())
    box = {
        b.template.name: diffusion_1e10_m2_s(centres[:, b.molecules], interval, window)
        for b in layout.blocks
    }
    found: dict[str, Any] = {
        "fit_window_ps": [window.first_ps, window.last_ps],
        "diffusion_1e10_m2_s": {name: d.to_dict() for name, d in box.items()},
    }
    salty = any(b.template.formal_charge for b in layout.blocks)
    if salty:
        found |= _conductivity(job, layout, centres, length)
        found["nernst_einstein_ms_cm"] = _independent(job, layout, length, box)
    if viscosity_mpa_s is not None:
        missing = yeh_hummer_1e10_m2_s(job.temperature_k, viscosity_mpa_s, length)
        whole = {name: replace(d, value=d.value + missing) for name, d in box.items()}
        found["yeh_hummer_correction_1e10_m2_s"] = missing
        found["diffusion_corrected_1e10_m2_s"] = {n: d.to_dict() for n, d in whole.items()}
        if salty:
            found["nernst_einstein_corrected_ms_cm"] = _independent(job, layout, length, whole)
    return found


def _independent(
    job: SimulationJob, layout: Layout, length: float, diffusion: Mapping[str, Estimate]
) -> dict[str, Any]:
    ions = [
        (b.count, b.template.formal_charge, diffusion[b.template.name])
        for b in layout.blocks
        if b.template.formal_charge
    ]
    return nernst_einstein_ms_cm(ions, length, job.temperature_k).to_dict()


def _conductivity(
    job: SimulationJob,
    layout: Layout,
    centres: np.ndarray,
    length: float,
) -> dict[str, Any]:
    interval = job.protocol.sample_ps
    collective = einstein_helfand_ms_cm(
        centres,
        layout.molecule_charges_e(),
        length_nm=length,
        temperature_k=job.temperature_k,
        interval_ps=interval,
        window=fit_window(len(centres) * interval),
    )
    short = short_lag_nernst_einstein_ms_cm(
        [
            (b.template.formal_charge, centres[:, b.molecules])
            for b in layout.blocks
            if b.template.formal_charge
        ],
        length_nm=length,
        temperature_k=job.temperature_k,
        interval_ps=interval,
    )
    return {
        "nernst_einstein_short_ms_cm": short.to_dict(),
        "einstein_helfand_ms_cm": collective.to_dict(),
    }
