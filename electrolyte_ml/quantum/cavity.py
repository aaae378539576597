"""Integrals between a molecule and its solvent cavity, kept between iterations.

PySCF computes them twice in each iteration although they change with the structure alone; with the
molecules of electrolytes they fit in memory, and keeping them saves a third of the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from electrolyte_ml.optional import import_optional

_LARGEST_BYTES = 1_000_000_000


def keep_integrals(solvent: Any, system: Any) -> None:
    """Make a polarisable continuum keep its integrals; nothing changes if they are too large.

    Parameters
    ----------
    solvent
        ``with_solvent`` of a mean field of PySCF, method PCM.
    system
        The molecule of PySCF.
    """
    df, gto, lib = (import_optional(f"pyscf.{name}") for name in ("df", "gto", "lib"))
    solvent.build()
    surface, size = solvent.surface, system.nao
    pairs = size * (size + 1) // 2
    if pairs * len(surface["grid_coords"]) * 8 > _LARGEST_BYTES:
        return
    charges = gto.fakemol_for_charges(surface["grid_coords"], expnt=surface["charge_exp"] ** 2)
    integrals = df.incore.aux_e2(system, charges, intor="int3c2e", aosym="s2ij")
    diagonal = np.arange(size) * (np.arange(size) + 3) // 2

    def potential(densities: Any) -> Any:
        packed = lib.pack_tril(densities + densities.transpose(0, 2, 1))
        packed[:, diagonal] *= 0.5
        return packed @ integrals

    def operator(charge: Any) -> Any:
        return -lib.unpack_tril((integrals @ charge.reshape(-1, integrals.shape[1]).T).T)

    solvent._get_v, solvent._get_vmat = potential, operator
