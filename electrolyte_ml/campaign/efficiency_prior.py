"""What a campaign believes of a coulombic efficiency before it has measured any.

No model has a number for the efficiency of other metals than lithium. A campaign that asks for it
begins with a wide prior on -log10(1 - CE), the same for all recipes: 99 %, nine of ten between 86 %
and 99.93 %. What is learnt from lithium may tilt it: half of the amount by which the recipe, with
lithium in the place of its metal, lies above or below the mean of measured lithium. The interval
stays as wide. Measurements of the campaign then correct either.

On 45 sodium electrolytes of ethers, each round predicted from those before it, that prior changed
little (decision 69); it can be switched off, ``lithium_prior = false`` under ``[prediction]``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.efficiency import DEFAULT_CYCLING, EFFICIENCY, Cycling, percent_of
from electrolyte_ml.formulation import Formulation, SaltAmount
from electrolyte_ml.models.efficiency import EfficiencyModel
from electrolyte_ml.models.intervals import COVERAGE, NORMAL_QUANTILE
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search.scorer import Scorer
from electrolyte_ml.species import Salt, default_catalog

MEAN_LCE, SPREAD_LCE = 2.0, 0.7
_SHARE_OF_LITHIUM = 0.5
NOTHING = "a prior, the same for all recipes: nothing is known of this metal"
FROM_LITHIUM = "a prior, tilted by the efficiency of lithium in the same recipe"


class EfficiencyPrior:
    """A scorer that has a prior where there is no coulombic efficiency.

    Parameters
    ----------
    base
        Source of predictions.
    lithium
        Whether the prior is tilted by what is learnt from lithium.
    cycling
        How the efficiency is measured; `DEFAULT_CYCLING` by default.
    """

    def __init__(self, base: Scorer, *, lithium: bool, cycling: Cycling | None = None) -> None:
        self.base = base
        self.lithium = lithium
        self.cycling = cycling or DEFAULT_CYCLING

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> Mapping[str, Prediction]:
        """Predictions of the base, with priors in the place of missing efficiencies."""
        found = self.base(formulations, temperature_k)
        if EFFICIENCY not in found:
            return found
        missing = ~np.isfinite(found[EFFICIENCY].value)
        missing &= np.array([bool(f.salts) for f in formulations], dtype=np.bool_)
        if not missing.any():
            return found
        return {**found, EFFICIENCY: self._filled(found[EFFICIENCY], formulations, missing)}

    def _filled(
        self,
        prediction: Prediction,
        formulations: Sequence[Formulation],
        missing: NDArray[np.bool_],
    ) -> Prediction:
        places = np.flatnonzero(missing)
        mean = np.full(len(places), MEAN_LCE)
        reasons = [NOTHING] * len(places)
        if self.lithium:
            tilt, told = _tilt([formulations[i] for i in places.tolist()], self.cycling)
            mean = mean + _SHARE_OF_LITHIUM * tilt
            reasons = [FROM_LITHIUM if is_told else NOTHING for is_told in told.tolist()]
        half = NORMAL_QUANTILE * SPREAD_LCE
        value, low, high = (a.copy() for a in (prediction.value, prediction.low, prediction.high))
        value[places], low[places] = percent_of(mean), percent_of(mean - half)
        high[places] = percent_of(mean + half)
        told_of = dict(zip(places.tolist(), reasons, strict=True))
        return Prediction(
            value=value,
            low=low,
            high=high,
            coverage=COVERAGE,
            # Nobody asks a campaign for what is known already.
            in_domain=prediction.in_domain | missing,
            reason=tuple(told_of.get(i, why) for i, why in enumerate(prediction.reason)),
        )


def _tilt(
    formulations: Sequence[Formulation], cycling: Cycling
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """By how much lithium lies above its mean in each recipe, and where that is known."""
    model = EfficiencyModel.load()
    twins = [with_lithium(f) for f in formulations]
    known = np.array([model.unknown(twin) is None for twin in twins], dtype=np.bool_)
    tilt = np.zeros(len(twins))
    if known.any():
        of = [twin for twin, is_known in zip(twins, known.tolist(), strict=True) if is_known]
        value, _, _ = model.lce(of, [cycling] * len(of))
        tilt[known] = value - model.mean
    return tilt, known


def with_lithium(formulation: Formulation) -> Formulation:
    """The recipe with lithium in the place of every cation, and the same amounts of anions."""
    lithium = default_catalog().ion("Li")
    amounts: dict[Salt, float] = {}
    for s in formulation.salts:
        salt = Salt(cation=lithium, anion=s.salt.anion)
        moles = s.molality_mol_kg * s.salt.n_anion / salt.n_anion
        amounts[salt] = amounts.get(salt, 0.0) + moles
    salts = tuple(SaltAmount(salt=s, molality_mol_kg=m) for s, m in amounts.items())
    return replace(formulation, salts=salts)
