"""An electrolyte as cell models take it: curves against concentration at one temperature.

Where salt runs out, the curve towards no salt counts, and where it piles up, that far above what
the recipe has; curves therefore reach from 0 to 8 mol/L. They are predicted up to 3 mol/L (or as
far as the salt leaves room for solvent) and go on with their last slope, never upwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.conductivity import predict_conductivity
from electrolyte_ml.models.liquid import liquid_range
from electrolyte_ml.models.transport import TransportNumbers, predict_transport
from electrolyte_ml.prediction import Prediction

_Floats = NDArray[np.float64]
#: Concentrations that are predicted, mol/L.
PREDICTED_MOL_L = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)
#: Concentrations beyond them, mol/L.
BEYOND_MOL_L = (4.0, 5.0, 6.5, 8.0)
_MOL_M3_PER_MOL_L, _S_M_PER_MS_CM, _M2_S = 1000.0, 0.1, 1e-10
# Share of the volume that is left for solvents at the highest concentration.
_LEAST_ROOM = 0.35
_STEEPEST = 0.5  # fall of a logarithm by mol/L beyond what is predicted


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A property against concentration, with its interval, shape (m,) each."""

    value: _Floats
    low: _Floats
    high: _Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectrolyteCurves:
    """An electrolyte at one temperature.

    Attributes
    ----------
    recipe
        In canonical notation.
    cation
        Name of the cation.
    temperature_k
        K.
    molarity_mol_l
        Of the recipe itself.
    concentration_mol_m3
        From 0 to 8000, shape (m,).
    predicted
        Which of them are predicted, shape (m,).
    conductivity_s_m, diffusivity_m2_s, transference_number, thermodynamic_factor
        At these concentrations. A thermodynamic factor that is not known is 1.
    knows_activity
        Whether the thermodynamic factor is known.
    provenance
        What salt diffusivity and transference number rest on.
    notes
        Why the recipe is outside the domain of a model, or may be frozen, if so.
    """

    recipe: str
    cation: str
    temperature_k: float
    molarity_mol_l: float
    concentration_mol_m3: _Floats
    predicted: NDArray[np.bool_]
    conductivity_s_m: Curve
    diffusivity_m2_s: Curve
    transference_number: Curve
    thermodynamic_factor: Curve
    knows_activity: bool
    provenance: str
    notes: tuple[str, ...]

    @property
    def initial_concentration_mol_m3(self) -> float:
        """Of the recipe itself."""
        return self.molarity_mol_l * _MOL_M3_PER_MOL_L

    def rows(self) -> list[dict[str, Any]]:
        """One row for each concentration, with units in the names."""
        names = (
            "conductivity_s_m",
            "diffusivity_m2_s",
            "transference_number",
            "thermodynamic_factor",
        )
        return [
            {
                "temperature_k": self.temperature_k,
                "concentration_mol_m3": float(c),
                **{
                    f"{name}{end}": float(getattr(getattr(self, name), part)[i])
                    for name in names
                    for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))
                },
                "predicted": bool(self.predicted[i]),
            }
            for i, c in enumerate(self.concentration_mol_m3)
        ]


def electrolyte_curves(
    formulation: Formulation, temperatures_k: Sequence[float]
) -> list[ElectrolyteCurves]:
    """Curves of a recipe at some temperatures, its solvents and the ratio of its salts kept.

    Parameters
    ----------
    formulation
        Recipe with a salt.
    temperatures_k
        K.

    Returns
    -------
    list of ElectrolyteCurves
        One for each temperature.

    Raises
    ------
    InputError
        If the recipe has no transport numbers, as it has no salt or several cations.
    """
    _require_numbers(formulation)
    grid = [c for c in PREDICTED_MOL_L if c * _salt_volume_l_mol(formulation) < 1 - _LEAST_ROOM]
    recipes = [formulation, *(at_molarity(formulation, c) for c in grid)]
    n, kelvin = len(recipes), np.repeat(np.array(temperatures_k, dtype=np.float64), len(recipes))
    rows = recipes * len(temperatures_k)
    numbers, conductivity = predict_transport(rows, kelvin), predict_conductivity(rows, kelvin)
    return [
        _curves(
            formulation,
            float(t),
            grid,
            numbers.select(np.arange(i * n, (i + 1) * n)),
            conductivity.select(np.arange(i * n, (i + 1) * n)),
        )
        for i, t in enumerate(temperatures_k)
    ]


def at_molarity(formulation: Formulation, molarity_mol_l: float) -> Formulation:
    """The recipe with another concentration of its salts, mol/L at 25 degC."""
    solvents_l = replace(formulation, salts=()).volume_l_per_kg_solvent()
    room = 1.0 - molarity_mol_l * _salt_volume_l_mol(formulation)
    molality = molarity_mol_l * solvents_l / room
    factor = molality / formulation.molality_mol_kg
    salts = tuple(replace(s, molality_mol_kg=s.molality_mol_kg * factor) for s in formulation.salts)
    return replace(formulation, salts=salts)


def _salt_volume_l_mol(formulation: Formulation) -> float:
    """Volume of a mole of the salts, L."""
    solvents = replace(formulation, salts=()).volume_l_per_kg_solvent()
    return (formulation.volume_l_per_kg_solvent() - solvents) / formulation.molality_mol_kg


def _require_numbers(formulation: Formulation) -> None:
    found = predict_transport([formulation], np.array([298.15])).salt_diffusivity_1e10_m2_s
    if not np.isfinite(found.value[0]):
        raise InputError(f"{formulation.notation()}: {found.reason[0]}")


def _curves(
    formulation: Formulation,
    kelvin: float,
    grid: Sequence[float],
    numbers: TransportNumbers,
    conductivity: Prediction,
) -> ElectrolyteCurves:
    """Curves of rows of which the first is the recipe itself."""
    own, rest = 0, np.arange(1, len(grid) + 1)
    known = numbers.thermodynamic_factor.in_domain
    activity = numbers.thermodynamic_factor.select(rest)
    ones = np.ones(len(grid))
    concentration = np.array([0.0, *grid, *BEYOND_MOL_L])
    notes = [
        f"{name}: {p.reason[own]}"
        for name, p in (
            ("conductivity", conductivity),
            ("salt diffusivity", numbers.salt_diffusivity_1e10_m2_s),
        )
        if not p.in_domain[own]
    ]
    notes += [words for words in liquid_range([formulation]).frozen(np.array([kelvin])) if words]
    knows = bool(known[own])
    return ElectrolyteCurves(
        recipe=formulation.notation(),
        cation=formulation.salts[0].salt.cation.name,
        temperature_k=kelvin,
        molarity_mol_l=float(numbers.molarity_mol_l[own]),
        concentration_mol_m3=concentration * _MOL_M3_PER_MOL_L,
        predicted=np.isin(concentration, grid),
        conductivity_s_m=_curve(
            conductivity.select(rest), grid, _S_M_PER_MS_CM, starts_at_zero=True
        ),
        diffusivity_m2_s=_curve(numbers.salt_diffusivity_1e10_m2_s.select(rest), grid, _M2_S),
        transference_number=_flat(numbers.transference_number.select(rest)),
        thermodynamic_factor=_flat(activity if knows else Prediction.certain(ones), start=1.0),
        knows_activity=knows,
        provenance=numbers.provenance[own],
        notes=tuple(notes),
    )


def _curve(
    found: Prediction, grid: Sequence[float], unit: float, *, starts_at_zero: bool = False
) -> Curve:
    """A positive property from 0 to 8 mol/L."""

    def whole(values: _Floats) -> _Floats:
        first = 0.0 if starts_at_zero else values[0]
        slope = np.log(values[-1] / values[-2]) / (grid[-1] - grid[-2])
        slope = float(np.clip(slope, -_STEEPEST, 0.0))
        beyond = values[-1] * np.exp(slope * (np.array(BEYOND_MOL_L) - grid[-1]))
        return np.concatenate([[first], values, beyond]) * unit

    return Curve(value=whole(found.value), low=whole(found.low), high=whole(found.high))


def _flat(found: Prediction, start: float | None = None) -> Curve:
    """A property that keeps its last value beyond what is predicted, and its first below."""

    def whole(values: _Floats) -> _Floats:
        first = values[0] if start is None else start
        return np.concatenate([[first], values, np.full(len(BEYOND_MOL_L), values[-1])])

    return Curve(value=whole(found.value), low=whole(found.low), high=whole(found.high))
