r"""The law of a solution's viscosity; a network predicts its parameters from the composition.

With the viscosity :math:`\eta` in mPa s and that of the solvents alone :math:`\eta_0`
(`electrolyte_ml.models.viscosity.law`):

.. math::

   \ln \eta = (1 - g) \ln \eta_0(T) + g \left[A + B \left(\frac{1}{D}
       - \frac{1}{D_{25}}\right)\right] + s K \frac{D_{25}}{D}.

:math:`D` is the distance to the Vogel temperature of `electrolyte_ml.models.conductivity.law`: one
glass of a composition serves conductivity and viscosity, and their product (Walden) varies as
slowly as :math:`A` and :math:`B` do. Ions take the share :math:`g` of the volume.

A metal ion moves with a shell of molecules, whose volume :math:`v` by mole is that of four
molecules of a usual solvent: shells have the share :math:`s = (1 - g)(1 - e^{-v c})`, where
:math:`c` is the concentration of metal ions. They are made of the solvents, so that they thicken
these by a factor: 1 mol/L of a sodium salt makes thin 1,2-dimethoxyethane and thick propylene
carbonate about three times as thick.

Without ions the law is that of the solvents, at low concentration its logarithm rises in proportion
to concentration as in the equation of Jones and Dole [1]_ where its root term is small, and where
ions hold everything, in molten salts, it is Vogel's equation.

References
----------
.. [1] Jones, Dole, J. Am. Chem. Soc. 1929, 51, 2950. https://doi.org/10.1021/ja01385a012
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import FEATURE_NAMES
from electrolyte_ml.models.conductivity.law import N_PARAMETERS, cold_near_glass, slope_of
from electrolyte_ml.models.conductivity.rows import Described
from electrolyte_ml.models.numeric import softplus

#: Numbers of a composition that both laws need: those of conductivity, A, B and K.
N_SOLUTION = N_PARAMETERS + 3
_VOGEL, _LEVEL, _SLOPE, _THICKENING = 2, N_PARAMETERS, N_PARAMETERS + 1, N_PARAMETERS + 2
# Volume of the shell of a metal ion, L/mol: four molecules of the size of PC or DMC.
_SHELL_L_MOL = 0.35
_ION_VOLUME = FEATURE_NAMES.index("concentration.ion_volume_fraction")
_METAL = FEATURE_NAMES.index("cation.monatomic")
# The distance D25 of a usual liquid, K.
_USUAL_K = 148.15
# A glass has 1e12 Pa s.
_GLASS_LN = float(np.log(1e15))


def held_shares(described: Described) -> NDArray[np.float64]:
    """Shares of the volume of the ions, g, and of the shells of metal ions, s, shape (u, 2).

    Parameters
    ----------
    described
        The u distinct compositions.
    """
    ions = described.features[:, _ION_VOLUME]
    return np.column_stack([ions, (1.0 - ions) * (1.0 - _outside_shells(described))])


def ln_viscosity(
    parameters: Any, shares: Any, ln_solvents: Any, temperature_k: Any, xp: Any
) -> Any:
    """Natural logarithm of the viscosity in mPa s.

    Parameters
    ----------
    parameters
        Raw outputs of a member, shape (..., n, 6), of order one.
    shares
        From `held_shares`, shape (n, 2).
    ln_solvents
        Natural logarithm of the viscosity of the solvents in mPa s at the temperature, shape (n,).
    temperature_k
        Temperature, K, shape (n,).
    xp
        ``numpy`` or ``torch``: the module that all arrays belong to.

    Returns
    -------
    array, shape (..., n)
        That of a glass at most.
    """
    ions, shells = shares[..., 0], shares[..., 1]
    coldness = cold_near_glass(parameters[..., _VOGEL], temperature_k, xp)
    of_ions = 4.0 + 1.5 * parameters[..., _LEVEL] + slope_of(parameters[..., _SLOPE], xp) * coldness
    thickening = (3.0 + 0.75 * parameters[..., _THICKENING]) * (1.0 + _USUAL_K * coldness)
    ln_value = (1.0 - ions) * ln_solvents + ions * of_ions + shells * thickening
    return _GLASS_LN - softplus(_GLASS_LN - ln_value, xp)


def _outside_shells(described: Described) -> NDArray[np.float64]:
    """Share of the molecules outside the shells of metal ions, shape (u,)."""
    metal_mol_l = np.exp(described.ln_charge) * described.features[:, _METAL]
    outside: NDArray[np.float64] = np.exp(-_SHELL_L_MOL * metal_mol_l)
    return outside
