r"""The law of a solution's viscosity; a network predicts its parameters from the composition.

With the viscosity :math:`\eta` in mPa s, that of the solvents alone :math:`\eta_0`
(`electrolyte_ml.models.viscosity.law`) and the share :math:`g` of the volume that ions hold:

.. math::

   \ln \eta = (1 - g) \ln \eta_0(T) + g \left[A + B \left(\frac{1}{D}
       - \frac{1}{D_{25}}\right)\right], \qquad 1 - g = (1 - \phi)\, e^{-v c_\mathrm{M}}.

:math:`D` is the distance to the Vogel temperature of `electrolyte_ml.models.conductivity.law`: one
glass of a composition serves conductivity and viscosity, and their product (Walden) varies as
slowly as :math:`A` and :math:`B` do. Ions take the share :math:`\phi` of the volume. A metal ion
moves with a shell of molecules, whose volume :math:`v` by mole is that of four molecules of a usual
solvent; :math:`c_\mathrm{M}` is the concentration of metal ions. Without ions the law is that of
the solvents, at low concentration its logarithm rises in proportion to concentration as in the
equation of Jones and Dole [1]_ where its root term is small, and where ions hold everything, in
solvates and molten salts, it is Vogel's equation.

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

#: Numbers of a composition that both laws need: those of conductivity, A and B.
N_SOLUTION = N_PARAMETERS + 2
_VOGEL, _LEVEL, _SLOPE = 2, N_PARAMETERS, N_PARAMETERS + 1
# Volume of the shell of a metal ion, L/mol: four molecules of the size of PC or DMC.
_SHELL_L_MOL = 0.35
_ION_VOLUME = FEATURE_NAMES.index("concentration.ion_volume_fraction")
_METAL = FEATURE_NAMES.index("cation.monatomic")
# A glass has 1e12 Pa s.
_GLASS_LN = float(np.log(1e15))


def held_share(described: Described) -> NDArray[np.float64]:
    """Share of the volume that ions and the shells of metal ions take, shape (u,).

    Parameters
    ----------
    described
        The u distinct compositions.
    """
    metal_mol_l = np.exp(described.ln_charge) * described.features[:, _METAL]
    free = (1.0 - described.features[:, _ION_VOLUME]) * np.exp(-_SHELL_L_MOL * metal_mol_l)
    share: NDArray[np.float64] = 1.0 - free
    return share


def ln_viscosity(parameters: Any, share: Any, ln_solvents: Any, temperature_k: Any, xp: Any) -> Any:
    """Natural logarithm of the viscosity in mPa s.

    Parameters
    ----------
    parameters
        Raw outputs of a member, shape (..., n, 5), of order one.
    share
        From `held_share`, shape (n,).
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
    coldness = cold_near_glass(parameters[..., _VOGEL], temperature_k, xp)
    of_ions = 4.0 + 1.5 * parameters[..., _LEVEL] + slope_of(parameters[..., _SLOPE], xp) * coldness
    ln_value = (1.0 - share) * ln_solvents + share * of_ions
    return _GLASS_LN - softplus(_GLASS_LN - ln_value, xp)
