r"""Static permittivity of a liquid without ions, from the fluctuation of its dipole moment [1]_.

.. math:: \varepsilon = 1 + \frac{\langle M^2 \rangle}{3 \varepsilon_0 V k_B T}

References
----------
.. [1] Neumann, Mol. Phys. 1983, 50, 841. https://doi.org/10.1080/00268978300102721
"""

from __future__ import annotations

import numpy as np

from electrolyte_ml.simulate.analyse.estimate import Estimate, from_blocks, refused
from electrolyte_ml.simulate.system import Layout

_ELEMENTARY_CHARGE_C = 1.602176634e-19
_VACUUM_PERMITTIVITY_F_M = 8.8541878128e-12
_BOLTZMANN_J_K = 1.380649e-23
_N_BLOCKS = 4
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
        [1 + per_e2_nm2 * float(b.mean()) for b in np.array_split(squares_e2_nm2, _N_BLOCKS)],
        largest_relative_error=_LARGEST_RELATIVE_ERROR,
    )
