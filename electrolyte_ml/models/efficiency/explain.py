"""What drives the coulombic efficiency of a recipe, and what was measured near it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrolyte_ml.data.efficiency import DEFAULT_CYCLING, Cycling
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.efficiency.features import INPUTS, OF_THE_METHOD
from electrolyte_ml.models.efficiency.measured import MeasuredEfficiency, nearest_efficiencies
from electrolyte_ml.models.efficiency.model import EfficiencyModel, EfficiencyPrediction

#: Inputs that belong together, as people call them.
DRIVERS: Mapping[str, tuple[str, ...]] = {
    "fluorine": (
        "fluorine_by_carbon",
        "fluorine_by_oxygen",
        "fluorine",
        "fluorine_of_solvents",
        "fluorine_of_anions",
    ),
    "oxygen": (
        "oxygen_by_carbon",
        "hetero_by_carbon",
        "oxygen",
        "oxygen_of_solvents",
        "oxygen_of_anions",
    ),
    "carbon": ("carbon", "carbon_of_solvents", "carbon_of_anions"),
    "amount of salt": ("log10_salt_by_solvents", "salt_share"),
    "anions": tuple(name for name in INPUTS if name.startswith("share_")),
    "size and shape of the solvents": ("molar_mass", "log_p", "rotatable_bonds", "rings"),
    "how it is measured": OF_THE_METHOD,
}


#: Drivers that are amounts, and the input that says how much of it a recipe has.
AMOUNTS: Mapping[str, str] = {
    "fluorine": "fluorine",
    "oxygen": "oxygen",
    "carbon": "carbon",
    "amount of salt": "salt_share",
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EfficiencyExplanation:
    """The coulombic efficiency of one recipe.

    Attributes
    ----------
    prediction
        Efficiency, percent, one row.
    drivers
        By what factor less is lost than if these inputs were those of the mean of all measured
        recipes, the strongest first; above 1 it is better than usual.
    above_mean
        Whether the recipe has more than that mean of each of `AMOUNTS`.
    measured
        Nearest measured recipes.
    """

    prediction: EfficiencyPrediction
    drivers: Mapping[str, float]
    above_mean: Mapping[str, bool]
    measured: tuple[MeasuredEfficiency, ...]

    def __repr__(self) -> str:
        return f"<EfficiencyExplanation: {self.prediction!r}>"

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {
            "prediction": self.prediction.record(0),
            "drivers": dict(self.drivers),
            "above_mean": dict(self.above_mean),
            "nearest_measured": [one.to_dict() for one in self.measured],
        }


def explain_efficiency(
    formulation: Formulation, cycling: Cycling | None = None
) -> EfficiencyExplanation | None:
    """What drives the efficiency of a recipe; None where the model has no value.

    Inputs change together in real recipes, so that factors of single ones do not multiply to the
    whole.

    Parameters
    ----------
    formulation
        A recipe.
    cycling
        How it would be measured; `DEFAULT_CYCLING` by default.
    """
    model, how = EfficiencyModel.load(), cycling or DEFAULT_CYCLING
    prediction = model.predict([formulation], how)
    if not np.isfinite(prediction.value[0]):
        return None
    own = dict(zip(INPUTS, model.scaled([formulation], [how])[0].tolist(), strict=True))
    return EfficiencyExplanation(
        prediction=prediction,
        drivers=drivers(model, formulation, how),
        above_mean={name: own[shown] > 0.0 for name, shown in AMOUNTS.items()},
        measured=nearest_efficiencies([formulation])[0],
    )


def drivers(model: EfficiencyModel, formulation: Formulation, cycling: Cycling) -> dict[str, float]:
    """Factors of `EfficiencyExplanation.drivers`."""
    own = model.scaled([formulation], [cycling])
    rows, names = [own[0]], list(INPUTS)
    for inputs in DRIVERS.values():
        usual = own[0].copy()
        usual[[names.index(name) for name in inputs]] = 0.0
        rows.append(usual)
    value, _ = model.process(np.array(rows))
    gains = dict(zip(DRIVERS, np.power(10.0, value[0] - value[1:]).tolist(), strict=True))
    return dict(sorted(gains.items(), key=lambda pair: -abs(np.log(pair[1]))))
