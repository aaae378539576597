r"""Walden's rule in the joint fit of viscosity and conductivity; needs torch.

The product :math:`\Lambda \eta` of molar conductivity and viscosity varies little [1]_. Its
logarithm :math:`w` and its spread :math:`s` are learnt as functions of the concentration of the
ions, constants of the solvents and temperature, from solutions whose viscosity was measured.
Species do not enter, so that what ionic liquids tell holds for other salts. Where only a
conductivity was measured, the viscosity is pulled to :math:`e^{w} / \Lambda`, the less the larger
:math:`s`, if ions and their shells hold most of the volume. Elsewhere ions may pair: a solution of
pairs conducts less than its viscosity lets it. There, conductivity gives an upper bound alone. The
product of a solution is not larger than that of free ions, or than :math:`e^{w}` if this is larger.

References
----------
.. [1] Walden, Z. Phys. Chem. 1906, 55, 207. https://doi.org/10.1515/zpch-1906-5511
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import FEATURE_NAMES
from electrolyte_ml.features.concentration import CONCENTRATION_FEATURES
from electrolyte_ml.models.conductivity.rows import Described
from electrolyte_ml.models.ensemble_fit import as_tensor, start_weights
from electrolyte_ml.models.numeric import sigmoid
from electrolyte_ml.models.viscosity.solution_law import held_share

_Floats = NDArray[np.float64]

_READ = [
    FEATURE_NAMES.index(name)
    for name in (
        *CONCENTRATION_FEATURES,
        "solvent.ln_permittivity",
        "solvent.volume_mean.permittivity",
        "solvent.donor_number_kcal_mol",
        "solvent.ln_viscosity",
    )
]
_CLIP = 3.0
_HIDDEN = 24
_NOISE = 0.2
# Share of the volume from which on ions are as free as in ionic liquids, and width of this step.
_CROWDED, _SHARE_WIDTH = 0.75, 0.05
# Natural logarithm of the product of a usual liquid, and the largest of free ions, mS/cm L/mol
# mPa s: 80 is between those of lithium salts in dilute PC, 65, and of KCl in water, 100.
_USUAL_LN, _FREE_LN = 4.0, 4.4
_LEAST_LN_SPREAD, _MOST_LN_SPREAD = -2.5, 2.0
# The product of free ions is not known more closely than this, natural logarithm.
_LEAST_SPREAD_OF_FREE = 0.2
_DEGREES_OF_FREEDOM = 3.0
# Weights of the learning of the product, of the pull, and of the bound, in the loss of a fit.
_LEARNING, _PULL, _BOUND = 0.2, 0.3, 0.1
# Share of the steps after which pull and bound have their whole weight.
_RAMP = 0.3


class WaldenFit:
    """The product of all members, learnt in a fit.

    Parameters
    ----------
    torch
        The module.
    described
        The distinct compositions.
    index
        Composition of each row, shape (n,).
    temperature_k
        K, shape (n,).
    members, steps
        Of the fit.
    generator
        Of torch's random numbers.
    """

    def __init__(
        self,
        torch: Any,
        described: Described,
        index: NDArray[np.intp],
        temperature_k: _Floats,
        *,
        members: int,
        steps: int,
        generator: Any,
    ) -> None:
        self.torch, self.generator, self.members = torch, generator, members
        share = held_share(described)
        read = np.column_stack(
            [described.features[:, _READ][index], 1000.0 / temperature_k, share[index]]
        )
        spread = read.std(axis=0) + 1e-6
        self.inputs = as_tensor(np.clip((read - read.mean(axis=0)) / spread, -_CLIP, _CLIP))
        self.crowded = as_tensor(sigmoid((share - _CROWDED) / _SHARE_WIDTH, np)[index])
        self.parameters: list[Any] = []
        for inputs, outputs in pairwise((read.shape[1], _HIDDEN, 2)):
            gain = 0.1 if outputs == 2 else 1.0
            drawn = start_weights((members, inputs, outputs), generator, gain)
            bias = torch.zeros(members, 1, outputs)
            self.parameters += [drawn.requires_grad_(), bias.requires_grad_()]
        self._ramp_steps, self._step = _RAMP * steps, 0

    def loss(self, rows: Any, ln_product: Any, ln_believed: Any) -> Any:
        """Loss of learning the product, of the pull and of the bound.

        Parameters
        ----------
        rows
            Numbers of rows with measured viscosity, then of rows with measured conductivity, two
            tensors.
        ln_product
            Of the first: from measured viscosity and the members' molar conductivity, (E, n).
        ln_believed
            Of the others: from measured molar conductivity and the members' viscosity, (E, n).
        """
        torch = self.torch
        learnt, pulled = rows
        level, ln_spread = self._product(learnt)
        error = (ln_product.detach() - level) / torch.exp(ln_spread)
        half = (_DEGREES_OF_FREEDOM + 1.0) / 2.0
        student = half * torch.log1p(error * error / _DEGREES_OF_FREEDOM) + ln_spread
        with torch.no_grad():
            level, ln_spread = self._product(pulled)
        crowded = self.crowded[pulled]
        pull = crowded * self._huber((ln_believed - level) / torch.exp(ln_spread))
        over = torch.relu(ln_believed - level.clip(_FREE_LN))
        doubt = torch.exp(ln_spread).clip(_LEAST_SPREAD_OF_FREE)
        bound = (1.0 - crowded) * self._huber(over / doubt)
        self._step += 1
        ramp = min(1.0, self._step / self._ramp_steps)
        tied = (_PULL * pull + _BOUND * bound).sum(0).mean()
        return _LEARNING * student.sum(0).mean() + ramp * tied

    def _huber(self, off: Any) -> Any:
        smooth_l1 = self.torch.nn.functional.smooth_l1_loss
        return smooth_l1(off, self.torch.zeros_like(off), reduction="none")

    def _product(self, rows: Any) -> tuple[Any, Any]:
        """Level and logarithm of the spread of the product, shapes (E, n)."""
        torch = self.torch
        read = self.inputs[rows]
        read = read + _NOISE * torch.randn(read.shape, generator=self.generator)
        first, first_bias, last, last_bias = self.parameters
        hidden = torch.baddbmm(first_bias, read.expand(self.members, -1, -1), first)
        out = torch.baddbmm(last_bias, torch.nn.functional.silu(hidden), last)
        ln_spread = out[..., 1].clip(_LEAST_LN_SPREAD, _MOST_LN_SPREAD)
        return _USUAL_LN + out[..., 0], ln_spread
