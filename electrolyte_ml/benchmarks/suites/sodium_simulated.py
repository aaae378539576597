r"""Gain from simulated sodium-lithium ratios for the shift from lithium to sodium.

The log10 of a simulated ratio is a reading of :math:`\delta` itself (no lithium model in it) with
two errors: that of its recording, and that of the force field, which all simulated pairs share in
part. With the covariance of `electrolyte_ml.models.conductivity.cation`,

.. math:: y_i = \delta_i + b + m_i + e_i, \quad b, m_i \sim N(0, \sigma_{md}^2 / 2), \quad
   e_i \sim N(0, s_i^2),

these readings update :math:`\delta` like measured points do. :math:`\sigma_{md}` is how far
simulated ratios are from measured ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.conductivity import ConductivityModel
from electrolyte_ml.models.conductivity.cation import CationShift, Twins
from electrolyte_ml.models.conductivity.chemistry_kernel import places
from electrolyte_ml.simulate.force_field import (
    DEFAULT_CATION_SET,
    DEFAULT_CHARGE_SCALE,
    TABLES,
)
from electrolyte_ml.simulate.results import (
    CationRatio,
    against_measured,
    measured_ratios,
    ratios,
    read_table,
)

TABLE = TABLES / "lithium_sodium_pairs.csv"
# Whatever agreement a handful of pairs shows by luck, no force field is better than this:
# Nernst-Einstein for conductivity, boxes of four ion pairs, measured ratios of other temperatures.
_LEAST_METHOD_SD = 0.10
_SHORT, _LONG = "nernst_einstein_short_ms_cm", "nernst_einstein_ms_cm"
_REFERENCE_K = 298.15


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPairs:
    """Ratios of sodium to lithium from simulation.

    Attributes
    ----------
    formulations
        Realised sodium electrolytes, n of them.
    temperature_k
        Of the simulations, shape (n,).
    log10
        log10 of the ratio, shape (n,).
    error_log10
        Standard error of the recordings, shape (n,).
    method_sd
        Standard deviation of the force field's error, log10.
    """

    formulations: tuple[Formulation, ...]
    temperature_k: NDArray[np.float64]
    log10: NDArray[np.float64]
    error_log10: NDArray[np.float64]
    method_sd: float

    def twins(self, n_members: int) -> Twins:
        """The pairs as twins without an error of the lithium model.

        Parameters
        ----------
        n_members
            Members of the network that they stand beside.
        """
        composition = compose(list(self.formulations))
        return Twins(
            place=places(composition)[composition.index],
            molality_mol_kg=composition.molality_mol_kg[composition.index],
            temperature_k=self.temperature_k,
            deviations=np.zeros((n_members, len(self.formulations))),
            floor=np.zeros(len(self.formulations)),
        )


def simulated_pairs(
    cation_set: str = DEFAULT_CATION_SET, charge_scale: float = DEFAULT_CHARGE_SCALE
) -> SimulatedPairs:
    """Pairs of the table that ships, one ratio an electrolyte.

    A pair that was recorded for a nanosecond enters with its diffusive lags, the short ones with
    theirs.

    Parameters
    ----------
    cation_set, charge_scale
        Of the force field.
    """
    rows = [r for r in read_table(TABLE) if r["cation_set"] == cation_set]
    realised = {(r["recipe"], r["cation"]): r["realised"] for r in rows}
    found = [*ratios(rows, _SHORT), *ratios([r for r in rows if not r.get(_SHORT)], _LONG)]
    held = [r for r in found if _usable(r, charge_scale)]
    deviation = against_measured(held, measured_ratios())
    spread = [d.spread_log10 for d in deviation.values() if math.isfinite(d.spread_log10)]
    return SimulatedPairs(
        formulations=tuple(parse_recipe(realised[r.labels["recipe"], "Na"]) for r in held),
        temperature_k=np.array([float(r.labels["temperature_k"]) for r in held]),
        log10=np.array([r.log10 for r in held]),
        error_log10=np.array([r.error_log10 for r in held]),
        method_sd=max(_LEAST_METHOD_SD, *spread, 0.0),
    )


def with_simulations(
    model: ConductivityModel, pairs: SimulatedPairs | None = None
) -> ConductivityModel:
    """A model whose shift to sodium has simulated pairs among its readings.

    Parameters
    ----------
    model
        With the shift of measured points, or of none.
    pairs
        Simulated pairs; those that ship by default.
    """
    pairs = pairs or simulated_pairs()
    cation = pairs.formulations[0].salts[0].salt.cation.smiles
    n_members = _n_members(model)
    shift = updated_with(model.shifts[cation], pairs, n_members)
    return replace(model, shifts={**model.shifts, cation: shift})


def updated_with(shift: CationShift, pairs: SimulatedPairs, n_members: int) -> CationShift:
    """A shift with simulated pairs among its readings.

    Parameters
    ----------
    shift
        The prior, or with measured points.
    pairs
        Simulated pairs.
    n_members
        Members of the ensemble that the shift stands beside.
    """
    half = pairs.method_sd**2 / 2
    return shift.updated(
        pairs.twins(n_members),
        pairs.log10,
        np.sqrt(pairs.error_log10**2 + half),
        shared_sd=math.sqrt(half),
    )


def _n_members(model: ConductivityModel) -> int:
    one = parse_recipe("1 m LiPF6 in PC")
    return len(model.ensemble.log10_conductivity(compose([one]), np.array([_REFERENCE_K])))


def gain(
    error_without: NDArray[np.float64], error_with: NDArray[np.float64], groups: NDArray[np.intp]
) -> tuple[float, float]:
    """How much smaller the mean absolute error is, and its standard error by leaving papers out.

    Parameters
    ----------
    error_without, error_with
        Absolute log10 errors, shape (n,).
    groups
        Paper of each point, shape (n,).
    """
    smaller = error_without - error_with
    papers = np.unique(groups)
    left_out = np.array([smaller[groups != paper].mean() for paper in papers])
    n = len(papers)
    spread = math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))
    return float(smaller.mean()), spread


def _usable(ratio: CationRatio, charge_scale: float) -> bool:
    return (
        math.isclose(float(ratio.labels["charge_scale"]), charge_scale)
        and ratio.value > 0
        and math.isfinite(ratio.error)
    )
