r"""A second opinion on self-diffusion: Nernst-Einstein from the conductivity, with its ionicity.

Nernst and Einstein's law for ions that move independently gives the sum of both diffusion
coefficients from the conductivity :math:`\kappa` [1]_; pairs and clusters, which diffuse without
conducting, are what the ionicity :math:`\alpha` counts:

.. math:: D_+ + D_- = \frac{\kappa R T}{\alpha c F^2}.

:math:`\alpha` was found from measured self-diffusion and conductivity of 15 sodium and lithium
solutions (arXiv:2603.20183): 0.6 to 0.7 in PC at 0.1 mol/L, falling with concentration; in glymes
0.005 to 0.1, rising. Its logarithm is a linear law in :math:`1/\varepsilon` and
:math:`\ln c / \varepsilon`, with triflate apart and normal priors. Four solvents,
one of them polar, make it a rough law: it says whether the first opinion is right by a factor of a
few, no more.

References
----------
.. [1] MacFarlane et al., Phys. Chem. Chem. Phys. 2009, 11, 4962. https://doi.org/10.1039/b900201d
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import compose, mixture_features
from electrolyte_ml.features.mixture import FEATURE_NAMES
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.transport.mobility import molarities

_Floats = NDArray[np.float64]
FARADAY_C_MOL = 96485.33212
GAS_J_MOL_K = 8.314462618
TRIFLATE = "O=S(=O)([O-])C(F)(F)F"
# Coefficients of features of the size of one have this standard deviation, the residual that one.
_PRIOR_SD, _RESIDUAL_SD = 1.5, 0.7
_POLAR = 8.0  # permittivity of an ether, the scale of the features
_S_M_PER_MS_CM, _MOL_M3_PER_MOL_L, _PER_1E10 = 0.1, 1000.0, 1e10
_PERMITTIVITY = FEATURE_NAMES.index("solvent.volume_mean.permittivity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ionicity:
    """The law of ionicity.

    Attributes
    ----------
    coefficients
        Of the constant, 8 / permittivity, 8 ln c / permittivity, and triflate.
    sd
        Standard deviation of ln ionicity in a solvent that was left out.
    """

    coefficients: tuple[float, ...]
    sd: float

    @classmethod
    def fit(cls, features: _Floats, ln_ionicity: _Floats, sd: float = _RESIDUAL_SD) -> Ionicity:
        """Least squares with normal priors, of shapes (n, 4) and (n,)."""
        prior = np.full(features.shape[1], (_RESIDUAL_SD / _PRIOR_SD) ** 2)
        found = np.linalg.solve(features.T @ features + np.diag(prior), features.T @ ln_ionicity)
        return cls(coefficients=tuple(found.tolist()), sd=sd)

    def ln(self, features: _Floats) -> _Floats:
        """Logarithm of the ionicity, at most 0, shape (n,)."""
        return np.minimum(features @ np.array(self.coefficients), 0.0)


def ionicity_features(formulations: Sequence[Formulation]) -> _Floats:
    """Features of the law, shape (n, 4)."""
    held = compose(formulations)
    weight = _POLAR / mixture_features(held)[:, _PERMITTIVITY][held.index]
    anions = [ion.smiles for ion in held.anions]
    triflate = (
        held.anion_fraction[:, anions.index(TRIFLATE)][held.index]
        if TRIFLATE in anions
        else np.zeros(len(formulations))
    )
    ln_c = np.log(np.maximum(molarities(formulations), 1e-6))
    return np.column_stack([np.ones_like(weight), weight, weight * ln_c, triflate])


def sum_by_nernst_einstein(
    conductivity_ms_cm: _Floats, molarity: _Floats, temperature_k: _Floats
) -> _Floats:
    """Sum of both diffusion coefficients of free ions, 1e-10 m2/s, shape (n,)."""
    charge = FARADAY_C_MOL**2 * molarity * _MOL_M3_PER_MOL_L
    heat = GAS_J_MOL_K * np.asarray(temperature_k)
    return np.asarray(conductivity_ms_cm * _S_M_PER_MS_CM * heat / charge * _PER_1E10)
