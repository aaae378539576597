r"""An ensemble of small networks from molecules to parameters of the law; numpy only.

Each member maps the standardised descriptors of a molecule to a state :math:`s_i`, to which the
molecule's own learnt coordinates are appended (zeros for one that training did not see). Linear in
the state are the raw parameters of the pure liquid. The raw coefficients of a pair are
:math:`\tfrac12 [f(s_i, s_j) \pm f(s_j, s_i)]`, plus for those that stay when the molecules are
swapped and minus for those that change sign, with
:math:`f(s, s') = W\,\sigma(A s + A' s' + c) + g`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.viscosity.law import N_PAIR

# Standardised descriptors are held within this, so that an odd molecule cannot blow up a member.
CLIP = 4.0
N_EVEN = N_PAIR // 2
_CHUNK = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Weights of E members.

    Attributes
    ----------
    centre, scale
        Standardisation of the D descriptors, shape (D,).
    encoder_1, encoder_1_bias, encoder_2, encoder_2_bias
        Descriptors to state, shapes (E, D, h), (E, 1, h), (E, h, u), (E, 1, u).
    pure, pure_bias
        State with coordinates (q of them) to parameters of a pure liquid, (E, q, 3), (E, 1, 3).
    pair_first, pair_second, pair_bias, pair_out, pair_out_bias
        The function f of two states: (E, q, p) twice, (E, 1, p), (E, p, 6), (E, 1, 6).
    """

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    encoder_1: NDArray[np.float64]
    encoder_1_bias: NDArray[np.float64]
    encoder_2: NDArray[np.float64]
    encoder_2_bias: NDArray[np.float64]
    pure: NDArray[np.float64]
    pure_bias: NDArray[np.float64]
    pair_first: NDArray[np.float64]
    pair_second: NDArray[np.float64]
    pair_bias: NDArray[np.float64]
    pair_out: NDArray[np.float64]
    pair_out_bias: NDArray[np.float64]

    @property
    def n_members(self) -> int:
        """Number of members, E."""
        return len(self.encoder_1)

    def standardised(self, descriptors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Descriptors as the members see them, shape (M, D); an undefined one is the mean."""
        z = np.clip((descriptors - self.centre) / self.scale, -CLIP, CLIP)
        return np.nan_to_num(z)

    def states(
        self, descriptors: NDArray[np.float64], coordinates: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """States of molecules.

        Parameters
        ----------
        descriptors
            Shape (M, D).
        coordinates
            The molecules' own, shape (E, M, k); zeros for molecules not trained on.

        Returns
        -------
        ndarray of float, shape (E, M, q)
        """
        z = self.standardised(descriptors)[None]
        hidden = silu(z @ self.encoder_1 + self.encoder_1_bias)
        state = silu(hidden @ self.encoder_2 + self.encoder_2_bias)
        return np.concatenate([state, coordinates], axis=2)

    def pure_raw(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw parameters of the pure liquids, shape (E, M, 3)."""
        raw: NDArray[np.float64] = states @ self.pure + self.pure_bias
        return raw

    def pair_coefficients(
        self, states: NDArray[np.float64], pairs: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Coefficients of the excess of pairs of molecules, (q, 2), shape (E, q, 6)."""
        out = np.empty((self.n_members, len(pairs), N_PAIR))
        first, second = states @ self.pair_first, states @ self.pair_second
        for start in range(0, len(pairs), _CHUNK):
            rows = slice(start, start + _CHUNK)
            i, j = pairs[rows].T
            there = self._pair(first[:, i] + second[:, j])
            back = self._pair(first[:, j] + second[:, i])
            out[:, rows, :N_EVEN] = (there + back)[..., :N_EVEN] / 2
            out[:, rows, N_EVEN:] = (there - back)[..., N_EVEN:] / 2
        return out

    def _pair(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        out: NDArray[np.float64] = silu(inputs + self.pair_bias) @ self.pair_out
        return out + self.pair_out_bias

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """All weights by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def silu(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The activation x / (1 + exp(-x))."""
    activated: NDArray[np.float64] = x / (1.0 + np.exp(-x))
    return activated
