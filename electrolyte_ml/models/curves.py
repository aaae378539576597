r"""Conductivity of one recipe against its concentration and against temperature.

The activation energy is that of Arrhenius, taken locally:
:math:`E_a(T) = -R\,\mathrm d \ln \kappa / \mathrm d (1/T)`. Liquid electrolytes follow Vogel,
Fulcher and Tammann instead, so that it grows in the cold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation, SaltAmount
from electrolyte_ml.models.scoring import Answers
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import registered_property
from electrolyte_ml.units import GAS_CONSTANT_J_MOL_K

if TYPE_CHECKING:
    import pandas as pd

# Ends of the curves: from dilute to where most salts are saturated, and a cell's range of use.
_MOLALITIES = (0.05, 3.0)
_N_MOLALITIES = 60
_COLDEST_K, _HOTTEST_K, _STEP_K = 233.15, 333.15, 2.5
# Half step of the slope: small beside the curvature, large beside rounding.
_SLOPE_STEP_K = 1.0
_ACTIVATION_TEMPERATURES_K = (253.15, 298.15, 333.15)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConcentrationCurve:
    """Conductivity against the amount of salt, all salts in the proportion of the recipe.

    Attributes
    ----------
    temperature_k
        Temperature, K.
    molality_mol_kg, molarity_mol_l
        Of all salts together, shape (n,); molarity at 25 degC with the ideal-mixing density.
    prediction
        Conductivity, mS/cm, n rows.
    maximum
        Row of the highest conductivity; None if it still rises where the curve ends.
    """

    temperature_k: float
    molality_mol_kg: NDArray[np.float64]
    molarity_mol_l: NDArray[np.float64]
    prediction: Prediction
    maximum: int | None

    def __repr__(self) -> str:
        low, high = self.molality_mol_kg[[0, -1]]
        return f"<ConcentrationCurve from {low:.3g} to {high:.3g} mol/kg>"

    def to_frame(self) -> pd.DataFrame:
        """One line an amount of salt: molality, molarity, and the columns of the prediction."""
        frame = self.prediction.to_frame()
        frame.insert(0, "molality_mol_kg", self.molality_mol_kg)
        frame.insert(1, "molarity_mol_l", self.molarity_mol_l)
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        rows = [
            {
                "molality_mol_kg": float(m),
                "molarity_mol_l": float(c),
                "conductivity_ms_cm": self.prediction.record(i),
            }
            for i, (m, c) in enumerate(zip(self.molality_mol_kg, self.molarity_mol_l, strict=True))
        ]
        return {
            "temperature_k": self.temperature_k,
            "maximum": None if self.maximum is None else rows[self.maximum],
            "curve": rows,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TemperatureCurve:
    """Conductivity of a recipe against temperature.

    Attributes
    ----------
    temperature_k
        Shape (n,).
    prediction
        Conductivity, mS/cm, n rows.
    activation_kj_mol
        By temperature in K: local activation energy, kJ/mol.
    """

    temperature_k: NDArray[np.float64]
    prediction: Prediction
    activation_kj_mol: dict[float, float]

    def __repr__(self) -> str:
        low, high = self.temperature_k[[0, -1]]
        return f"<TemperatureCurve from {low:g} to {high:g} K>"

    def to_frame(self) -> pd.DataFrame:
        """One line a temperature, K, with the columns of the prediction."""
        frame = self.prediction.to_frame()
        frame.insert(0, "temperature_k", self.temperature_k)
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {
            "activation_energy_kj_mol": [
                {"temperature_k": t, "value": value} for t, value in self.activation_kj_mol.items()
            ],
            "curve": [
                {"temperature_k": float(t), "conductivity_ms_cm": self.prediction.record(i)}
                for i, t in enumerate(self.temperature_k)
            ],
        }


def concentration_curves(
    formulations: Sequence[Formulation], temperature_k: float
) -> list[ConcentrationCurve]:
    """Curves of recipes with salt, all predicted in one call.

    Parameters
    ----------
    formulations
        Recipes, length k, each with a salt.
    temperature_k
        Temperature, K.

    Returns
    -------
    list of ConcentrationCurve
        Length k.
    """
    grids = [_molality_grid(f) for f in formulations]
    scaled = [
        with_molality(f, float(m))
        for f, grid in zip(formulations, grids, strict=True)
        for m in grid
    ]
    prediction = liquid_conductivity(scaled, np.full(len(scaled), temperature_k))
    molarity = np.array([sum(f.molarities_mol_l().values()) for f in scaled])
    curves, start = [], 0
    for grid in grids:
        end = start + len(grid)
        part = prediction.select(np.arange(start, end))
        highest = int(np.argmax(part.value))
        curves.append(
            ConcentrationCurve(
                temperature_k=temperature_k,
                molality_mol_kg=grid,
                molarity_mol_l=molarity[start:end],
                prediction=part,
                maximum=None if highest == len(grid) - 1 else highest,
            )
        )
        start = end
    return curves


def temperature_curves(formulations: Sequence[Formulation]) -> list[TemperatureCurve]:
    """Curves of recipes from -40 to 60 degC, all predicted in one call.

    Parameters
    ----------
    formulations
        Recipes, length k, each with a salt.

    Returns
    -------
    list of TemperatureCurve
        Length k.
    """
    grid = np.arange(_COLDEST_K, _HOTTEST_K + _STEP_K / 2, _STEP_K)
    slopes = [t + d for t in _ACTIVATION_TEMPERATURES_K for d in (-_SLOPE_STEP_K, _SLOPE_STEP_K)]
    temperatures = np.concatenate([grid, slopes])
    rows = [f for f in formulations for _ in temperatures]
    prediction = liquid_conductivity(rows, np.tile(temperatures, len(formulations)))
    curves = []
    for k in range(len(formulations)):
        start = k * len(temperatures)
        values = prediction.value[start + len(grid) : start + len(temperatures)]
        logs = np.log(values).reshape(-1, 2)
        curves.append(
            TemperatureCurve(
                temperature_k=grid,
                prediction=prediction.select(np.arange(start, start + len(grid))),
                activation_kj_mol={
                    t: _activation_kj_mol(t, *pair)
                    for t, pair in zip(_ACTIVATION_TEMPERATURES_K, logs.tolist(), strict=True)
                },
            )
        )
    return curves


def liquid_conductivity(
    formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
) -> Prediction:
    """Conductivity of recipes, mS/cm, n rows, out of the domain where they are frozen."""
    answers = Answers(formulations, temperature_k)
    return answers.predict(registered_property("conductivity_ms_cm"))


def with_molality(formulation: Formulation, molality_mol_kg: float) -> Formulation:
    """The recipe with another total molality of its salts, in the same proportion."""
    total = formulation.molality_mol_kg
    salts = tuple(
        SaltAmount(salt=s.salt, molality_mol_kg=s.molality_mol_kg * molality_mol_kg / total)
        for s in formulation.salts
    )
    return replace(formulation, salts=salts)


def _molality_grid(formulation: Formulation) -> NDArray[np.float64]:
    """Even in the square root, as conductivity is; the recipe's own molality is among them."""
    own = formulation.molality_mol_kg
    low, high = _MOLALITIES
    even = np.linspace(np.sqrt(min(low, own)), np.sqrt(max(high, 1.5 * own)), _N_MOLALITIES) ** 2
    grid: NDArray[np.float64] = np.unique(np.append(even, own))
    return grid


def _activation_kj_mol(temperature_k: float, ln_cold: float, ln_hot: float) -> float:
    colder, hotter = temperature_k - _SLOPE_STEP_K, temperature_k + _SLOPE_STEP_K
    return GAS_CONSTANT_J_MOL_K * (ln_hot - ln_cold) / (1 / colder - 1 / hotter) / 1000
