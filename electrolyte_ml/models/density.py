"""Density of an electrolyte: ideal mixing of volumes, with an interval from measured solutions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.formulation.density import (
    REFERENCE_TEMPERATURE_K,
    density_g_cm3,
    salt_volume_cm3_mol,
)
from electrolyte_ml.models.base import Prediction

COVERAGE = 0.9
# Half width of the 90 % interval, relative. The 25 measured sodium and potassium solutions and
# pure solvents of arXiv:2603.20183 lie within 1 %; other solvents and ions have no such check.
RELATIVE_HALF_WIDTH = 0.015
_EXTRA_PER_K = 1e-4  # one tenth of a typical expansivity: the error of the slope


def predict_density(
    formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
) -> Prediction:
    """Density of recipes, each at its temperature.

    Parameters
    ----------
    formulations
        Recipes, length n.
    temperature_k
        Temperatures, K, shape (n,).

    Returns
    -------
    Prediction
        Density, g/cm3, shape (n,). Out of domain where a component's own density is an estimate.
    """
    known: dict[tuple[int, float], float] = {}
    for formulation, temperature in zip(formulations, temperature_k, strict=True):
        at = (id(formulation), float(temperature))
        if at not in known:
            known[at] = formulation.density_g_cm3(float(temperature))
    value = np.array(
        [known[id(f), float(t)] for f, t in zip(formulations, temperature_k, strict=True)]
    )
    share = RELATIVE_HALF_WIDTH + _EXTRA_PER_K * np.abs(temperature_k - REFERENCE_TEMPERATURE_K)
    reasons = {id(f): _estimated(f) for f in formulations}
    reason = tuple(reasons[id(f)] for f in formulations)
    return Prediction(
        value=value,
        low=value * (1 - share),
        high=value * (1 + share),
        coverage=COVERAGE,
        in_domain=np.array([r is None for r in reason], dtype=bool),
        reason=reason,
    )


def _estimated(formulation: Formulation) -> str | None:
    """What of the density is estimated from SMILES, in words; None if nothing is."""
    notes = [density_g_cm3(s.solvent).assumption for s in formulation.solvents]
    notes += [salt_volume_cm3_mol(s.salt).assumption for s in formulation.salts]
    return "; ".join(note for note in notes if note) or None
