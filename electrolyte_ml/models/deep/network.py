"""The fitted network as arrays: prediction with numpy alone, for species it has embeddings of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import UnknownSpeciesError
from electrolyte_ml.models.deep.constants import ROLES, constants_of
from electrolyte_ml.models.deep.mixtures import Mixtures
from electrolyte_ml.models.deep.pooling import ln_k, mixture_vector
from electrolyte_ml.models.numeric import LN10

_CHUNK = 512
_WEIGHT, _EMBEDDINGS = "weight.", "embeddings"
_Arrays = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNetwork:
    """An ensemble of E mixture networks, and the embeddings of the species it knows.

    Attributes
    ----------
    weights
        Matrices by name, shapes (E, inputs, outputs).
    smiles
        Species, length S.
    embeddings
        Of the species, shape (E, S, d), or (1, S, d) if the members share an encoder.
    constants
        Whether physical constants stand beside the embeddings.
    """

    weights: _Arrays
    smiles: tuple[str, ...]
    embeddings: NDArray[np.float64]
    constants: bool

    @property
    def n_members(self) -> int:
        """Number of members, E."""
        return len(self.weights["out"])

    def arrays(self) -> _Arrays:
        """All arrays by name, for a file; `of_arrays` takes them back."""
        return {f"{_WEIGHT}{n}": a for n, a in self.weights.items()} | {
            _EMBEDDINGS: self.embeddings
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.float64]], smiles: Sequence[str]) -> Self:
        """A network from what `arrays` gives, and its species.

        Parameters
        ----------
        arrays
            By name.
        smiles
            Species of the embeddings, length S.
        """
        weights = {n.removeprefix(_WEIGHT): a for n, a in arrays.items() if n != _EMBEDDINGS}
        embeddings = arrays[_EMBEDDINGS]
        return cls(
            weights=weights,
            smiles=tuple(smiles),
            embeddings=embeddings,
            constants=weights["mean"].shape[1] > embeddings.shape[2],
        )

    def vectors(self, mixtures: Mixtures) -> NDArray[np.float64]:
        """Vectors of the mixtures, shape (E, u, z).

        Raises
        ------
        UnknownSpeciesError
            If a species has no embedding; new ones are embedded with the extra ``deep``.
        """
        share = {role: getattr(mixtures, f"{role}_share") for role in ROLES}
        vectors: NDArray[np.float64] = mixture_vector(
            self.weights, self._species(mixtures), share, np
        )
        return vectors

    def _species(self, mixtures: Mixtures) -> _Arrays:
        """Descriptions of the species of each role, shapes (E, s, d) or (1, s, d)."""
        return {role: self._described(role, getattr(mixtures, f"{role}s")) for role in ROLES}

    def log10_conductivity(
        self, mixtures: Mixtures, temperature_k: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Every member's prediction.

        Parameters
        ----------
        mixtures
            With molality and mixture of each row.
        temperature_k
            K, shape (n,).

        Returns
        -------
        ndarray of float, shape (E, n)
            Decadic logarithm of the conductivity in mS/cm.

        Raises
        ------
        UnknownSpeciesError
            If a species has no embedding.
        """
        index = mixtures.index
        out = np.empty((self.n_members, len(index)))
        weights, species = _single(self.weights), _single(self._species(mixtures))
        order = np.argsort(index, kind="stable")
        starts = np.arange(0, len(mixtures.solvent_share), _CHUNK)
        ends = np.searchsorted(index[order], starts + _CHUNK)
        for start, first, last in zip(starts.tolist(), [0, *ends[:-1]], ends, strict=True):
            rows = order[first:last]
            if len(rows):
                # Few enough to stay in fast memory.
                which = slice(start, start + _CHUNK)
                share = _single({r: getattr(mixtures, f"{r}_share")[which] for r in ROLES})
                vectors = mixture_vector(weights, species, share, np)
                for member in range(self.n_members):  # one after another: rows are many
                    this = slice(member, member + 1)
                    ln = ln_k(
                        {name: weight[this] for name, weight in weights.items()},
                        vectors[this],
                        (index[rows] - start)[None],
                        molality=mixtures.molality_mol_kg[rows][None],
                        temperature_k=temperature_k[rows][None],
                        xp=np,
                    )
                    out[member, rows] = ln[0] / LN10
        return out

    def _described(self, role: str, smiles: Sequence[str]) -> NDArray[np.float64]:
        known = {s: i for i, s in enumerate(self.smiles)}
        unknown = [s for s in smiles if s not in known]
        if unknown:
            raise UnknownSpeciesError(
                f"no graph embedding of {', '.join(unknown)}; new species are embedded with "
                "DeepChem: pip install 'electrolyte_ml[deep]'"
            )
        embedded = self.embeddings[:, [known[s] for s in smiles]]
        if not self.constants:
            return embedded
        physical = constants_of(role, smiles)
        beside = np.broadcast_to(physical, (len(embedded), *physical.shape))
        joined: NDArray[np.float64] = np.concatenate([embedded, beside], axis=2)
        return joined


def _single(arrays: _Arrays) -> dict[str, NDArray[np.float32]]:
    """In single precision, as the members were fitted: half of the time."""
    return {name: array.astype(np.float32) for name, array in arrays.items()}
