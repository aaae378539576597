r"""From species to mixtures: pooling that no order of components can change.

With the description :math:`h_i` of solvent :math:`i` (mole fraction :math:`x_i`), of the ions
:math:`h_\pm`, and learned matrices :math:`W`, the vector of a mixture is made of

.. math::

   \bar s = \sum_i x_i\,\sigma(W_s h_i + b), \quad
   s_\pm = \sum_i w_i^\pm W_v h_i, \quad
   w_i^\pm \propto x_i \exp\frac{(W_q^\pm h_\pm) \cdot (W_k h_i)}{\sqrt d}, \quad
   W_\pm h_\pm, \quad (W_p^\pm h_\pm) \odot s_\pm, \quad (W_p^+ h_+) \odot (W_p^- h_-):

the composition-weighted mean of the solvents, what of them each ion has about it (attention [1]_ on
top of the composition, as preferential solvation is), the ions, and products of ions and solvents
and of both ions. To the first parameters of the law its trend with viscosity and permittivity of
the solvents is added, which is given, not learned. Ions are averaged by their number. Arrays are
of numpy or of torch.

References
----------
.. [1] Vaswani et al., 2017. https://arxiv.org/abs/1706.03762
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from electrolyte_ml.models.conductivity_law import N_PARAMETERS, N_TRENDS, ln_conductivity
from electrolyte_ml.models.deep.constants import CONSTANTS, TREND_PLACES
from electrolyte_ml.models.deep.settings import GraphSettings

_LIMIT = 30.0
# A stronger preference than e to the fifth is none that data of mixtures could show.
_STRONGEST = 5.0
_N_STATE = 5


def weight_shapes(settings: GraphSettings) -> dict[str, tuple[int, int]]:
    """Inputs and outputs of every matrix; names with ``_bias`` have one input."""
    extra = {role: len(names) if settings.constants else 0 for role, names in CONSTANTS.items()}
    solvent, cation, anion = (settings.embedding + extra[r] for r in ("solvent", "cation", "anion"))
    m, h = settings.mixing, settings.hidden
    shapes = {"mean": (solvent, m), "mean_bias": (1, m), "cation": (cation, m), "anion": (anion, m)}
    pooled = 3 * m
    if settings.interactions:
        shapes |= {"key": (solvent, m), "value": (solvent, m)}
        for ion, size in (("cation", cation), ("anion", anion)):
            shapes |= {f"{ion}_query": (size, m), f"{ion}_pair": (size, m)}
        pooled += 5 * m
    pooled += 0 if settings.physics else _N_STATE
    out = N_PARAMETERS if settings.physics else 1
    shapes |= {"hidden_0": (pooled, h), "hidden_0_bias": (1, h)}
    shapes |= {"hidden_1": (h, h), "hidden_1_bias": (1, h)}
    if settings.constants and settings.physics:
        shapes["trend"] = (len(TREND_PLACES), N_TRENDS)
    return {**shapes, "out": (h, out), "out_bias": (1, out)}


def mixture_vector(
    w: Mapping[str, Any], species: Mapping[str, Any], share: Mapping[str, Any], xp: Any
) -> Any:
    """Vectors of mixtures.

    Parameters
    ----------
    w
        Matrices of E members, shapes (E, inputs, outputs).
    species
        Descriptions of the species of each role, shapes (E, s, d), or (1, s, d) for all members.
    share
        Shares of the species of each role, shapes (u, s).
    xp
        ``numpy`` or ``torch``.

    Returns
    -------
    array, shape (E, u, z)
    """
    solvent = species["solvent"]
    ions = {ion: share[ion] @ species[ion] for ion in ("cation", "anion")}
    parts = [share["solvent"] @ silu(solvent @ w["mean"] + w["mean_bias"], xp)]
    parts += [ions[ion] @ w[ion] for ion in ions]
    if "key" in w:
        key, value = solvent @ w["key"], solvent @ w["value"]
        pairs = {ion: ions[ion] @ w[f"{ion}_pair"] for ion in ions}
        for ion, held in ions.items():
            match = (held @ w[f"{ion}_query"]) @ xp.swapaxes(key, -1, -2)
            match = _STRONGEST * xp.tanh(match / (math.sqrt(key.shape[-1]) * _STRONGEST))
            shell = share["solvent"] * xp.exp(match)
            shell = (shell / shell.sum(-1)[..., None]) @ value
            parts += [shell, shell * pairs[ion]]
        parts.append(pairs["cation"] * pairs["anion"])
    if "trend" in w:
        parts.append(share["solvent"] @ (solvent[..., TREND_PLACES] @ w["trend"]))
    return xp.concatenate(parts, -1)


def output(w: Mapping[str, Any], vector: Any, xp: Any) -> Any:
    """Two hidden layers and the outputs, shape (E, u, 7) or (E, n, 1), of vectors (E, u, z)."""
    pooled = w["hidden_0"].shape[-2]
    hidden = silu(vector[..., :pooled] @ w["hidden_0"] + w["hidden_0_bias"], xp)
    hidden = silu(hidden @ w["hidden_1"] + w["hidden_1_bias"], xp)
    out = hidden @ w["out"] + w["out_bias"]
    if "trend" not in w:
        return out
    trended = out[..., :N_TRENDS] + vector[..., pooled:]
    return xp.concatenate([trended, out[..., N_TRENDS:]], -1)


def ln_k(
    w: Mapping[str, Any],
    vector: Any,
    index: Any,
    *,
    molality: Any,
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
    molality, temperature_k
        mol/kg and K, shape (E, n).
    xp
        ``numpy`` or ``torch``.

    Returns
    -------
    array, shape (E, n)
    """
    members = xp.arange(len(index))[:, None]
    if w["out"].shape[-1] == N_PARAMETERS:
        return ln_conductivity(output(w, vector, xp)[members, index], molality, temperature_k, xp)
    # Without a law, the network itself has to find how conductivity goes with both.
    root, inverse = xp.sqrt(molality), 1000.0 / temperature_k - 3.3
    state = xp.stack([molality, root, xp.log(molality), inverse, temperature_k / 100.0 - 3.0], -1)
    rows = xp.concatenate([vector[members, index], state], -1)
    return output(w, rows, xp)[..., 0]


def silu(x: Any, xp: Any) -> Any:
    """Activation x / (1 + exp(-x)); torch has it in one piece, several times as fast."""
    if hasattr(xp, "nn"):
        return xp.nn.functional.silu(x)
    return x / (1.0 + xp.exp(-xp.clip(x, -_LIMIT, _LIMIT)))
