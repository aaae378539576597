r"""An ensemble of small networks that turn a composition into parameters of the law; numpy only.

Each member maps standardised features :math:`z` (see `electrolyte_ml.features`) to
:math:`W_3\,\sigma(W_2\,\sigma(W_1 z + b_1) + b_2) + b_3` with
:math:`\sigma(x) = x / (1 + e^{-x})`, and these seven numbers to a conductivity by
`electrolyte_ml.models.conductivity_law`. To the first two of them the trend of the law with
viscosity and permittivity of the solvents is added, which is given, not learned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.conductivity.members import TREND_COLUMNS, Members
from electrolyte_ml.models.conductivity_law import N_PARAMETERS, N_TRENDS

# Standardised features are held within this, so that an odd species cannot blow up a member.
CLIP = 4.0
# Compositions at a time: what a processor holds near.
_CHUNK = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Network(Members):
    """Weights of E members.

    Attributes
    ----------
    centre, scale
        Standardisation of the f features, shape (f,).
    weights
        Of each layer, shapes (E, inputs, outputs).
    biases
        Of each layer, shapes (E, 1, outputs).
    trend
        Slopes of the first parameters with each of the standardised features that the law has a
        trend with, shape (2, 2).
    """

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: tuple[NDArray[np.float64], ...]
    biases: tuple[NDArray[np.float64], ...]
    trend: NDArray[np.float64]

    @property
    def n_members(self) -> int:
        """Number of members, E."""
        return len(self.weights[0])

    def standardised(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Features as the members see them, shape (u, f)."""
        held: NDArray[np.float64] = np.clip((features - self.centre) / self.scale, -CLIP, CLIP)
        return held

    def parameters(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Parameters of the law, shape (E, u, 7), of features of shape (u, f)."""
        out = np.empty((self.n_members, len(features), N_PARAMETERS))
        for start in range(0, len(features), _CHUNK):
            rows = slice(start, start + _CHUNK)
            out[:, rows] = self._forward(self.standardised(features[rows]))
        return out

    def _forward(self, z: NDArray[np.float64]) -> NDArray[np.float32]:
        # In single precision, as the members were fitted: four times as fast.
        weights = [weight.astype(np.float32) for weight in self.weights]
        biases = [bias.astype(np.float32) for bias in self.biases]
        hidden = np.broadcast_to(z.astype(np.float32), (self.n_members, *z.shape))
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            hidden = _silu(hidden @ weight + bias)
        out: NDArray[np.float32] = hidden @ weights[-1] + biases[-1]
        out[..., :N_TRENDS] += z[:, TREND_COLUMNS].astype(np.float32) @ self.trend.astype(
            np.float32
        )
        return out


def _silu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.divide(x, 1.0 + np.exp(-x), dtype=np.float32)
