r"""Where salt and voltage run out in a cell, for many recipes at once, in closed form.

At a steady current :math:`i`, made evenly in the depth of porous electrodes, the concentration
falls along the cell by :math:`\Delta c = i (1 - t_+) W / (F D)` [1]_. :math:`W` is the length of
free electrolyte that resists as the pores do. As the salt of the cell stays the same, the lowest
concentration lies :math:`\delta W` below the mean; :math:`\delta` follows from the layers
(`CellGeometry.depth_length_m`) and is 0.71 for the hard carbon cell. Full simulations (Doyle,
Fuller, Newman) of the three reference cells are 2 % less to 9 % deeper until salt runs out.

- *Depletion rate*: the C rate at which the lowest concentration is zero. :math:`D` and
  :math:`t_+` are those at half the concentration, the middle of a profile that reaches zero.
- *Depth*: how far the lowest concentration lies below the mean at 1C.
- *Ohmic drop* at 1C: :math:`i W / \kappa`, with the conductivity of the recipe as it is filled in.

What this leaves out: the electrodes' own kinetics and diffusion, and the time until the profile is
steady (a minute or so). In the cold the electrodes are usually the limit.

References
----------
.. [1] Newman, Balsara, Electrochemical Systems, 4th ed., Wiley 2021, section 22.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.cell.geometry import CellGeometry, find_cell
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.conductivity import predict_conductivity
from electrolyte_ml.models.transport import TransportNumbers, predict_transport
from electrolyte_ml.prediction import Prediction, flat_record, join_faults, shown
from electrolyte_ml.row_table import RowTable

if TYPE_CHECKING:
    import pandas as pd

_Floats = NDArray[np.float64]
_FARADAY_C_MOL = 96485.33212
_MOL_M3_PER_MOL_L, _S_M_PER_MS_CM, _MV_PER_V = 1000.0, 0.1, 1000.0
_PER_1E10 = 1e-10
_SHOWN_ROWS = 3  # in the short form
#: Ohmic drop that is called the limit, mV.
OHMIC_LIMIT_MV = 100.0
NO_CELL = (
    "limits of a cell need a cell: name one, such as Cell(geometry='hc_nvpf'), or a TOML file; in "
    "problem files it is geometry in [cell]"
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CellLimits(RowTable):
    """Limits of n recipes in one cell, each at its temperature.

    Attributes
    ----------
    depletion_rate_c
        C rate at which salt runs out on discharge.
    charge_depletion_rate_c
        The same on charge, at the negative electrode.
    ohmic_drop_mv
        Drop in the electrolyte at 1C, mV.
    ohmic_rate_c
        C rate at which that drop is `OHMIC_LIMIT_MV`.
    profile_depth_mol_l
        How far the lowest concentration lies below the mean on discharge at 1C, mol/L.
    molarity_mol_l
        Of the salts, shape (n,).
    cause
        What limits the rate first, length n; empty without numbers.
    transport
        Transport numbers of the recipes.
    conductivity_ms_cm
        Their conductivity.
    """

    depletion_rate_c: Prediction
    charge_depletion_rate_c: Prediction
    ohmic_drop_mv: Prediction
    ohmic_rate_c: Prediction
    profile_depth_mol_l: Prediction
    molarity_mol_l: _Floats
    cause: tuple[str, ...]
    transport: TransportNumbers
    conductivity_ms_cm: Prediction

    def __len__(self) -> int:
        return len(self.cause)

    def __repr__(self) -> str:
        rates = ", ".join(shown(one.record(0)) for one in self.depletion_rate_c[:_SHOWN_ROWS])
        return f"<CellLimits of {len(self)} rows, salt runs out at C rates {rates}>"

    def to_frame(self) -> pd.DataFrame:
        """One line for each row, with the columns of `record` joined with dots."""
        import pandas as pd

        return pd.DataFrame([flat_record(self.record(row)) for row in range(len(self))])

    def record(self, row: int) -> dict[str, Any]:
        """One row for JSON."""
        names = (
            "depletion_rate_c",
            "charge_depletion_rate_c",
            "ohmic_drop_mv",
            "ohmic_rate_c",
            "profile_depth_mol_l",
        )
        numbers = ("salt_diffusivity_1e10_m2_s", "transference_number", "thermodynamic_factor")
        return {
            **{name: getattr(self, name).record(row) for name in names},
            "cause": self.cause[row] or None,
            "molarity_mol_l": float(self.molarity_mol_l[row]),
            "conductivity_ms_cm": self.conductivity_ms_cm.record(row),
            **{name: getattr(self.transport, name).record(row) for name in numbers},
            "provenance": self.transport.provenance[row],
        }


def cell_limits(
    formulations: Sequence[Formulation],
    temperature_k: _Floats,
    cell: str | Path | CellGeometry,
) -> CellLimits:
    """Limits of recipes in a cell, each at its temperature.

    Parameters
    ----------
    formulations
        Length n; the same object may stand in many rows and costs little more.
    temperature_k
        K, shape (n,).
    cell
        Name of a reference cell, a TOML file, or a cell.

    Returns
    -------
    CellLimits
        Of n rows, without values where a recipe has no transport numbers.

    Raises
    ------
    InputError
        If there is no such cell, or its file has faults.
    """
    geometry = find_cell(cell)
    kelvin = np.asarray(temperature_k, dtype=np.float64)
    halves = {id(f): _diluted(f) for f in formulations}
    # The number is asked for at half the concentration, the depth at the whole one.
    both = predict_transport(
        [*(halves[id(f)] for f in formulations), *formulations], np.concatenate([kelvin, kelvin])
    )
    n = len(formulations)
    half, whole = both.select(np.arange(n)), both.select(np.arange(n, 2 * n))
    conductivity = predict_conductivity(formulations, kelvin)
    fault = [_cation_fault(f, geometry) for f in formulations]
    molarity = whole.molarity_mol_l
    discharge = _gradient(half, geometry, geometry.depth_length_m, fault)
    charge = _gradient(half, geometry, geometry.rise_length_m, fault)
    drop = _ohmic(conductivity, geometry, fault)
    depletion = _quotient(molarity, discharge)
    ohmic_rate = _quotient(np.full(n, OHMIC_LIMIT_MV), drop)
    return CellLimits(
        depletion_rate_c=depletion,
        charge_depletion_rate_c=_quotient(molarity, charge),
        ohmic_drop_mv=drop,
        ohmic_rate_c=ohmic_rate,
        profile_depth_mol_l=_gradient(whole, geometry, geometry.depth_length_m, fault),
        molarity_mol_l=molarity,
        cause=tuple(_cause(depletion, ohmic_rate, row) for row in range(n)),
        transport=whole,
        conductivity_ms_cm=conductivity,
    )


def predict_cell_limits(
    formulations: Sequence[Formulation], temperature_k: _Floats, *, cell: str | Path | None
) -> CellLimits:
    """`cell_limits` for the registry of properties.

    Raises
    ------
    InputError
        If no cell is named.
    """
    if cell is None:
        raise InputError(NO_CELL)
    return cell_limits(formulations, temperature_k, cell)


def concentration_fall_mol_m3(
    geometry: CellGeometry, length_m: float, diffusivity_m2_s: _Floats, transference: _Floats
) -> _Floats:
    """Fall of the concentration over a length of free electrolyte at 1C, mol/m3, shape (n,)."""
    current = geometry.current_density_1c_a_m2
    flux = current * (1.0 - transference) / _FARADAY_C_MOL
    return np.asarray(flux * length_m / diffusivity_m2_s)


def _gradient(
    numbers: TransportNumbers,
    geometry: CellGeometry,
    length_m: float,
    fault: Sequence[str | None],
) -> Prediction:
    """Fall of the concentration at 1C over a length, mol/L, with its interval."""
    d, t = numbers.salt_diffusivity_1e10_m2_s, numbers.transference_number

    def fall(diffusivity: _Floats, transference: _Floats) -> _Floats:
        metres = diffusivity * _PER_1E10
        found = concentration_fall_mol_m3(geometry, length_m, metres, transference)
        return found / _MOL_M3_PER_MOL_L

    value = fall(d.value, t.value)
    # Independent errors of both numbers, as logarithms of what is found.
    above = np.hypot(_ln(d.value, d.low), _ln(1.0 - t.low, 1.0 - t.value))
    below = np.hypot(_ln(d.high, d.value), _ln(1.0 - t.value, 1.0 - t.high))
    found = replace(d, value=value, low=value * np.exp(-below), high=value * np.exp(above))
    return _with_faults(found, fault)


def _ln(above: _Floats, below: _Floats) -> _Floats:
    return np.log(above / below)


def _ohmic(
    conductivity: Prediction, geometry: CellGeometry, fault: Sequence[str | None]
) -> Prediction:
    """Ohmic drop at 1C, mV."""
    length = geometry.current_density_1c_a_m2 * geometry.resistance_length_m * _MV_PER_V

    def drop(ms_cm: _Floats) -> _Floats:
        some = np.where(ms_cm > 0, ms_cm, np.nan)  # without salt nothing conducts
        return np.asarray(length / (some * _S_M_PER_MS_CM))

    found = replace(
        conductivity,
        value=drop(conductivity.value),
        low=drop(conductivity.high),
        high=drop(conductivity.low),
    )
    return _with_faults(found, fault)


def _quotient(number: _Floats, by: Prediction) -> Prediction:
    return replace(by, value=number / by.value, low=number / by.high, high=number / by.low)


def _with_faults(found: Prediction, fault: Sequence[str | None]) -> Prediction:
    wrong = np.array([f is not None for f in fault], dtype=np.bool_)
    reasons = [join_faults([f, r]) for f, r in zip(fault, found.reason, strict=True)]
    return replace(found, in_domain=found.in_domain & ~wrong, reason=tuple(reasons))


def _cause(depletion: Prediction, ohmic: Prediction, row: int) -> str:
    """What limits the rate first."""
    value, other = depletion.value[row], ohmic.value[row]
    if not (np.isfinite(value) and np.isfinite(other)):
        return ""
    sure = depletion.high[row] < ohmic.low[row] or ohmic.high[row] < depletion.low[row]
    first = "salt runs out" if value < other else "ohmic drop"
    return first if sure else f"{first} first, by the best estimate"


def _cation_fault(formulation: Formulation, geometry: CellGeometry) -> str | None:
    """Why a recipe is not for a cell; None if it is."""
    names = sorted({s.salt.cation.name for s in formulation.salts})
    if not names or names == [geometry.cation]:
        return None
    return f"the cell {geometry.name} is for {geometry.cation}, the recipe has {', '.join(names)}"


def _diluted(formulation: Formulation) -> Formulation:
    """The recipe with half of its salt."""
    salts = tuple(replace(s, molality_mol_kg=s.molality_mol_kg / 2.0) for s in formulation.salts)
    return replace(formulation, salts=salts)
