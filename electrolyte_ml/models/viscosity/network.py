r"""An ensemble of small networks from molecules to parameters of the law; numpy only.

Each member maps the standardised descriptors of a molecule to a state :math:`s_i`, to which the
molecule's own learnt coordinates are appended (zeros for one that training did not see). Linear in
the state are the raw parameters of the pure liquid. The raw coefficients of a pair are
:math:`\tfrac12 [f(s_i, s_j) \pm f(s_j, s_i)]`, plus for those that stay when the molecules are
swapped and minus for those that change sign, with
:math:`f(s, s') = W\,\sigma(A s + A' s' + c) + g`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.numeric import silu
from electrolyte_ml.models.viscosity.law import N_PAIR
from electrolyte_ml.species.chemistry import molecule_of

# Standardised descriptors are held within this, so that an odd molecule cannot blow up a member.
CLIP = 4.0
N_EVEN = N_PAIR // 2
_CHUNK = 1024
# Ipc grows without bound with the size of the molecule.
_LEFT_OUT = frozenset({"Ipc", "AvgIpc"})
_HIGHEST_CORRELATION = 0.95
_LEAST_VARYING_SHARE = 0.01
_LARGEST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class ViscosityNetwork:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeTable:
    """Molecules that the model file describes.

    Attributes
    ----------
    smiles
        Canonical, sorted, length M.
    names
        Of the descriptors.
    descriptors
        Shape (M, D).
    """

    smiles: tuple[str, ...]
    names: tuple[str, ...]
    descriptors: NDArray[np.float64]

    def place(self, smiles: Sequence[str]) -> NDArray[np.intp]:
        """Where molecules stand in the table; -1 for those that are not there."""
        places = _places(self.smiles)
        return np.array([places.get(s, -1) for s in smiles], dtype=np.intp)

    def describe(self, smiles: Sequence[str]) -> NDArray[np.float64]:
        """Descriptors of molecules, looked up or calculated now, shape (len(smiles), D)."""
        place = self.place(smiles)
        out = self.descriptors[place]
        unknown = np.flatnonzero(place < 0)
        if len(unknown):
            out[unknown] = describe([smiles[i] for i in unknown.tolist()], self.names)
        return out


@cache
def _functions() -> dict[str, Callable[[Any], float]]:
    from rdkit.Chem import Descriptors

    listed = Descriptors._descList  # made at run time
    return {name: function for name, function in listed if name not in _LEFT_OUT}


def all_names() -> tuple[str, ...]:
    """Names of every descriptor that could be chosen."""
    return tuple(_functions())


def describe(smiles: Sequence[str], names: Sequence[str]) -> NDArray[np.float64]:
    """Descriptors of molecules, calculated now.

    Parameters
    ----------
    smiles
        Of M molecules.
    names
        Of RDKit's descriptors.

    Returns
    -------
    ndarray of float, shape (M, len(names))
        NaN where a descriptor is undefined for a molecule.
    """
    functions = [_functions()[name] for name in names]
    rows = [[float(f(molecule_of(s))) for f in functions] for s in smiles]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(functions))
    # Single precision, as the model file holds them: a molecule is one whether it is held or not.
    single = np.where(np.abs(table) < _LARGEST, table, np.nan).astype(np.float32)
    return single.astype(np.float64)


def choose(names: Sequence[str], table: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which descriptors to use: defined for all molecules, varying, not repeating an earlier one.

    Parameters
    ----------
    names
        Of the columns.
    table
        Of the molecules that training knows, shape (M, len(names)).

    Returns
    -------
    ndarray of int
        Columns.
    """
    kept: list[int] = []
    standard: list[NDArray[np.float64]] = []
    for column in range(len(names)):
        values = table[:, column]
        usual = np.median(values)
        if not np.isfinite(usual) or (values != usual).mean() < _LEAST_VARYING_SHARE:
            continue
        z = (values - values.mean()) / values.std()
        if all(abs(float(z @ other)) < _HIGHEST_CORRELATION * len(z) for other in standard):
            kept.append(column)
            standard.append(z)
    return np.array(kept, dtype=np.intp)


@cache
def _places(smiles: tuple[str, ...]) -> dict[str, int]:
    return {s: i for i, s in enumerate(smiles)}
