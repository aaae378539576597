r"""Networks that pool descriptions of species: embeddings of graphs, descriptors and constants.

Pooling is such that no order of components can change it.

With the description :math:`h_i` of solvent :math:`i` (mole fraction :math:`x_i`), of the ions
:math:`h_\pm`, and learned matrices :math:`W`, the vector of a mixture is made of

.. math::

   \bar s = \sum_i x_i\,\sigma(W_s h_i + b), \quad
   s_\pm = \sum_i w_i^\pm W_v h_i, \quad
   w_i^\pm \propto x_i \exp\frac{(W_q^\pm h_\pm) \cdot (W_k h_i)}{\sqrt d}, \quad
   W_\pm h_\pm, \quad (W_p^\pm h_\pm) \odot s_\pm, \quad (W_p^+ h_+) \odot (W_p^- h_-):

the composition-weighted mean of the solvents, the solvents around each ion (attention [1]_ on top
of the composition, in analogy to preferential solvation), the ions, and products of ions and
solvents and of both ions. Ions are averaged by their number. Two hidden layers read this vector,
the concentration of the ions and constants of the mixture, and give the parameters of the law.
Learnt coordinates of the species stand beside their descriptions; in the fit they are hidden at
random, as those of unmeasured species are in prediction. Arrays are of numpy or of torch.

References
----------
.. [1] Vaswani et al., 2017. https://arxiv.org/abs/1706.03762
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import UnknownSpeciesError
from electrolyte_ml.features.concentration import CONCENTRATION_FEATURES
from electrolyte_ml.models.conductivity.graph.constants import CONSTANTS, ROLES, constants_of
from electrolyte_ml.models.conductivity.graph.descriptions import (
    DESCRIPTORS,
    descriptors_of,
    standardised,
)
from electrolyte_ml.models.conductivity.graph.settings import GraphSettings
from electrolyte_ml.models.conductivity.law import N_PARAMETERS, ln_conductivity
from electrolyte_ml.models.conductivity.rows import (
    STATE_FEATURES,
    MixtureRows,
    RowContent,
    components,
)
from electrolyte_ml.models.files import Arrays
from electrolyte_ml.models.numeric import LN10, silu

# A stronger preference than e to the fifth is none that data of mixtures could show.
_STRONGEST = 5.0
# Without the law: temperature and its inverse.
_N_TEMPERATURE = 2
_CHUNK = 512
_WEIGHT, _STANDARD, _EMBEDDINGS, _COORDINATES = "weight.", "standard.", "embeddings", "coordinates"
_Arrays = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
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
    coordinates
        Learnt numbers of the species, which neither graph nor constants explain, shape (E, S, k);
        zero for species that were never measured.
    standard
        Centre and scale of the descriptors of each role, shapes (2, n), with n = 0 if physical
        constants alone stand beside the embeddings; empty if nothing does.
    """

    weights: _Arrays
    smiles: tuple[str, ...]
    embeddings: NDArray[np.float64]
    coordinates: NDArray[np.float64]
    standard: _Arrays

    @property
    def n_members(self) -> int:
        """Number of members, E."""
        return len(self.weights["out"])

    def arrays(self) -> Arrays:
        """Arrays of the network by name, in single precision; `of_arrays` takes them back."""
        held = {f"{_WEIGHT}{n}": a for n, a in self.weights.items()}
        held |= {f"{_STANDARD}{n}": a for n, a in self.standard.items()}
        return _single(held | {_EMBEDDINGS: self.embeddings, _COORDINATES: self.coordinates})

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.float64]], smiles: Sequence[str]) -> Self:
        """A network from its `arrays` and its species.

        Parameters
        ----------
        arrays
            By name.
        smiles
            Species of the embeddings, length S.
        """
        double = {n: a.astype(np.float64) for n, a in arrays.items()}
        return cls(
            weights=_named(_WEIGHT, double),
            smiles=tuple(smiles),
            embeddings=double[_EMBEDDINGS],
            coordinates=double[_COORDINATES],
            standard=_named(_STANDARD, double),
        )

    def vectors(self, mixtures: MixtureRows) -> NDArray[np.float64]:
        """Vectors of the mixtures, shape (E, u, z).

        Raises
        ------
        UnknownSpeciesError
            If a species has no embedding; new ones are embedded with the extra ``deep``.
        """
        vectors: NDArray[np.float64] = mixture_vector(
            self.weights, self._species(mixtures), parts_of(mixtures), np
        )
        return vectors

    def _species(self, mixtures: MixtureRows) -> _Arrays:
        """Descriptions of the species of each role, shapes (E, s, d) or (1, s, d)."""
        return {role: self._described(role, getattr(mixtures, f"{role}s")) for role in ROLES}

    def log10_conductivity(
        self, mixtures: MixtureRows, content: RowContent, temperature_k: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Every member's prediction.

        Parameters
        ----------
        mixtures
            With the mixture of each row.
        content
            Concentration of the ions of each row.
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
        of_mixtures = parts_of(mixtures)
        order = np.argsort(index, kind="stable")
        starts = np.arange(0, len(mixtures.solvent_share), _CHUNK)
        ends = np.searchsorted(index[order], starts + _CHUNK)
        for start, first, last in zip(starts.tolist(), [0, *ends[:-1]], ends, strict=True):
            rows = order[first:last]
            if len(rows):
                # Few enough to stay in fast memory.
                which = slice(start, start + _CHUNK)
                parts = {
                    role: (place[which], share[which].astype(np.float32))
                    for role, (place, share) in of_mixtures.items()
                }
                vectors = mixture_vector(weights, species, parts, np)
                for member in range(self.n_members):  # one after another: rows are many
                    this = slice(member, member + 1)
                    ln = ln_k(
                        {name: weight[this] for name, weight in weights.items()},
                        vectors[this],
                        (index[rows] - start)[None],
                        state=content.state[rows][None].astype(np.float32),
                        ln_charge=content.ln_charge[rows][None],
                        temperature_k=temperature_k[rows][None],
                        xp=np,
                    )
                    out[member, rows] = ln[0] / LN10
        return out

    def _described(self, role: str, smiles: Sequence[str]) -> NDArray[np.float64]:
        known = {s: i for i, s in enumerate(self.smiles)}
        unknown = [s for s in smiles if s not in known]
        if unknown and self.embeddings.shape[-1]:
            raise UnknownSpeciesError(
                f"no graph embedding of {', '.join(unknown)}; new species are embedded with "
                "DeepChem: pip install 'electrolyte_ml[deep]'"
            )
        # Without embeddings, a species that was never measured has no coordinates.
        coordinates = np.zeros((self.n_members, len(smiles), self.coordinates.shape[-1]))
        own = [i for i, s in enumerate(smiles) if s in known]
        coordinates[:, own] = self.coordinates[:, [known[smiles[i]] for i in own]]
        n_embedded = (len(self.embeddings), len(smiles), 0)
        return species_inputs(
            np.empty(n_embedded) if unknown else self.embeddings[:, [known[s] for s in smiles]],
            coordinates,
            beside(role, smiles, self.standard.get(role)),
            np,
        )


def parts_of(mixtures: MixtureRows) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Species and shares of each role of mixtures, see `components`."""
    return {role: components(getattr(mixtures, f"{role}_share")) for role in ROLES}


def beside(
    role: str, smiles: Sequence[str], standard: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Constants and descriptors that stand beside embeddings, shape (s, n); n is 0 for none.

    Parameters
    ----------
    role
        ``solvent``, ``cation`` or ``anion``.
    smiles
        Canonical SMILES, length s.
    standard
        Centre and scale of the descriptors, shape (2, d); d is 0 for constants alone, and None
        stands for neither.
    """
    if standard is None:
        return np.empty((len(smiles), 0))
    constants = constants_of(role, smiles)
    if not standard.shape[1]:
        return constants
    described = standardised(descriptors_of(role, smiles), standard)
    return np.concatenate([constants, described], axis=1)


def species_inputs(embedded: Any, coordinates: Any, constants: Any, xp: Any) -> Any:
    """Inputs of species, shape (E, s, d): graph embedding, coordinates, and what stands beside.

    Parameters
    ----------
    embedded
        Shape (E, s, d) or (1, s, d).
    coordinates
        Shape (E, s, k).
    constants
        From `beside`, shape (s, n).
    xp
        ``numpy`` or ``torch``.
    """
    n_members = len(coordinates)
    parts = [embedded, coordinates, constants[None]]
    wide = [xp.broadcast_to(part, (n_members, *part.shape[1:])) for part in parts]
    return xp.concatenate(wide, -1)


def _named(head: str, arrays: _Arrays) -> _Arrays:
    return {n.removeprefix(head): a for n, a in arrays.items() if n.startswith(head)}


def _single(arrays: _Arrays) -> dict[str, NDArray[np.float32]]:
    """In single precision, as the members were fitted: half of the time."""
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def n_inputs(settings: GraphSettings, role: str) -> int:
    """Numbers that describe a species of a role."""
    embedded = settings.embedding if settings.embedded else 0
    constants = len(CONSTANTS[role]) if settings.constants else 0
    described = len(DESCRIPTORS[role]) if settings.described else 0
    return embedded + settings.coordinates + constants + described


def weight_shapes(settings: GraphSettings) -> dict[str, tuple[int, int]]:
    """Inputs and outputs of every matrix; names with ``_bias`` have one input."""
    solvent, cation, anion = (n_inputs(settings, role) for role in ROLES)
    m, h = settings.mixing, settings.hidden
    shapes = {"mean": (solvent, m), "mean_bias": (1, m), "cation": (cation, m), "anion": (anion, m)}
    pooled = 3 * m
    if settings.interactions:
        shapes |= {"key": (solvent, m), "value": (solvent, m)}
        for ion, size in (("cation", cation), ("anion", anion)):
            shapes |= {f"{ion}_query": (size, m), f"{ion}_pair": (size, m)}
        pooled += 5 * m
    pooled += len(STATE_FEATURES if settings.constants else CONCENTRATION_FEATURES)
    pooled += 0 if settings.physics else _N_TEMPERATURE
    out = N_PARAMETERS if settings.physics else 1
    shapes |= {"hidden_0": (pooled, h), "hidden_0_bias": (1, h)}
    shapes |= {"hidden_1": (h, h), "hidden_1_bias": (1, h)}
    return {**shapes, "out": (h, out), "out_bias": (1, out)}


def mixture_vector(
    w: Mapping[str, Any], species: Mapping[str, Any], parts: Mapping[str, tuple[Any, Any]], xp: Any
) -> Any:
    """Vectors of mixtures.

    Parameters
    ----------
    w
        Matrices of E members, shapes (E, inputs, outputs).
    species
        Descriptions of the species of each role, shapes (E, s, d), or (1, s, d) for all members.
    parts
        Of each role, from `components`: which of its species each mixture holds, and their shares,
        shapes (u, k).
    xp
        ``numpy`` or ``torch``.

    Returns
    -------
    array, shape (E, u, z)
    """
    solvent = species["solvent"]
    place, share = parts["solvent"]
    ions = {ion: _mean(species[ion], *parts[ion]) for ion in ("cation", "anion")}
    held = [_mean(silu(solvent @ w["mean"] + w["mean_bias"], xp), place, share)]
    held += [ions[ion] @ w[ion] for ion in ions]
    if "key" in w:
        key, value = (_gathered(solvent @ w[name], place) for name in ("key", "value"))
        pairs = {ion: ions[ion] @ w[f"{ion}_pair"] for ion in ions}
        for ion, described in ions.items():
            query = described @ w[f"{ion}_query"]
            match = (key * query[..., None, :]).sum(-1)
            match = _STRONGEST * xp.tanh(match / (math.sqrt(key.shape[-1]) * _STRONGEST))
            shell = share * xp.exp(match)
            total = shell.sum(-1)[..., None]
            # A mixture without a known solvent has no shell: zero, not 0 / 0.
            shell = ((shell / (total + (total == 0)))[..., None] * value).sum(-2)
            held += [shell, shell * pairs[ion]]
        held.append(pairs["cation"] * pairs["anion"])
    return xp.concatenate(held, -1)


def _gathered(values: Any, place: Any) -> Any:
    """Values of species, shape (E, s, m), by component of mixtures, shape (E, u, k, m)."""
    if isinstance(values, np.ndarray):
        return values[:, place]
    # The gradient of this is several times as fast as that of indexing.
    flat = values.index_select(1, place.reshape(-1))
    return flat.reshape(len(values), *place.shape, values.shape[-1])


def _mean(values: Any, place: Any, share: Any) -> Any:
    """Mean of the values of the components of mixtures, shape (E, u, m)."""
    return (_gathered(values, place) * share[..., None]).sum(-2)


def output(w: Mapping[str, Any], rows: Any, xp: Any) -> Any:
    """Two hidden layers and the outputs, shape (E, n, 3 or 1), of inputs (E, n, z)."""
    hidden = silu(rows @ w["hidden_0"] + w["hidden_0_bias"], xp)
    hidden = silu(hidden @ w["hidden_1"] + w["hidden_1_bias"], xp)
    return hidden @ w["out"] + w["out_bias"]


def ln_k(
    w: Mapping[str, Any],
    vector: Any,
    index: Any,
    *,
    state: Any,
    ln_charge: Any,
    temperature_k: Any,
    xp: Any,
) -> Any:
    """Natural logarithm of the conductivity in mS/cm of rows.

    Parameters
    ----------
    w
        Matrices of E members.
    vector
        Of mixtures, shape (E, u, z).
    index
        Mixture of each row of each member, shape (E, n).
    state, ln_charge
        Concentration of the ions and constants of the mixture, see `RowContent`, shapes
        (E, n, 13) and (E, n).
    temperature_k
        K, shape (E, n).
    xp
        ``numpy`` or ``torch``.

    Returns
    -------
    array, shape (E, n)
    """
    members = xp.arange(len(index))[:, None]
    physics = w["out"].shape[-1] == N_PARAMETERS
    n_state = w["hidden_0"].shape[-2] - vector.shape[-1] - (0 if physics else _N_TEMPERATURE)
    rows = xp.concatenate([vector[members, index], state[..., :n_state]], -1)
    if physics:
        return ln_conductivity(output(w, rows, xp), ln_charge, temperature_k, xp)
    # Without a law, the network itself has to find how conductivity goes with temperature.
    inverse = 1000.0 / temperature_k - 3.3
    kelvin = xp.stack([inverse, temperature_k / 100.0 - 3.0], -1)
    return output(w, xp.concatenate([rows, kelvin], -1), xp)[..., 0]
