"""Discharge of a cell by PyBaMM with an electrolyte that was predicted.

The model is that of Doyle, Fuller and Newman (DFN) [1]_, isothermal; where its solver fails, the
discharge is ended when the salt runs out, and where that fails, too, the single-particle model with
electrolyte (SPMe) [2]_ answers. Sodium cells run through the lithium models of PyBaMM, in which
nothing is lithium's but the names. Capacity and voltage have intervals from samples of salt
diffusivity, transference number and conductivity: each a factor (or a shift) for the whole curve.

References
----------
.. [1] Doyle, Fuller, Newman, J. Electrochem. Soc. 1993, 140, 1526.
   https://doi.org/10.1149/1.2221597
.. [2] Marquis et al., J. Electrochem. Soc. 2019, 166, A3693. https://doi.org/10.1149/2.0341915jes
.. [3] Sulzer et al., J. Open Res. Softw. 2021, 9, 14. https://doi.org/10.5334/jors.309
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.cell.curves import Curve, ElectrolyteCurves
from electrolyte_ml.cell.geometry import LAYERS, CellGeometry
from electrolyte_ml.errors import InputError
from electrolyte_ml.models.intervals import NORMAL_QUANTILE
from electrolyte_ml.optional import import_optional
from electrolyte_ml.text import one_line

_Floats = NDArray[np.float64]
SALT_RUNS_OUT = "salt runs out"
#: Points of a discharge curve that are kept.
CURVE_POINTS = 120
# Below this concentration, mol/m3, the salt has run out.
_NONE_LEFT = 5.0
# Share of the initial concentration below which salt is said to run out in a part of the cell.
_RUNS_OUT_SHARE = 0.02
_HIGHEST_TRANSFERENCE = 0.95
_SECONDS_PER_HOUR, _MOST_HOURS = 3600.0, 1.6
# Their potentials give no state of charge, and their initial concentrations are a full cell's.
_START_FULL = frozenset({"Chayambuka2022"})
# A metal electrode of which nothing is known but that it is fast.
_METAL = {
    "Exchange-current density for lithium metal electrode [A.m-2]": 10.0,
    "Lithium metal partial molar volume [m3.mol-1]": 2.37e-5,
    "Typical plated lithium concentration [mol.m-3]": 1000.0,
    "Lithium plating kinetic rate constant [m.s-1]": 1e-9,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """How far curves are from their best estimate, all of them along their whole length.

    Attributes
    ----------
    diffusivity, transference, conductivity
        From -1, the low end of the interval, over 0, the best estimate, to 1, the high end; beyond
        where normal numbers lie beyond.
    """

    diffusivity: float = 0.0
    transference: float = 0.0
    conductivity: float = 0.0


def draws(n: int, seed: int) -> list[Draw]:
    """The best estimate, and n samples of independent normal errors."""
    z = np.random.default_rng(seed).standard_normal((n, 3)) / NORMAL_QUANTILE
    rest = [Draw(diffusivity=d, transference=t, conductivity=k) for d, t, k in z.tolist()]
    return [Draw(), *rest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discharge:
    """One simulated discharge.

    Attributes
    ----------
    rate_c
        C rate.
    capacity_ah, mean_voltage_v, energy_wh
        Until the lower cut-off; NaN where nothing could be simulated.
    lowest_concentration_mol_m3
        Of the salt, anywhere and at any time.
    model
        ``DFN``, or ``SPMe`` where that failed.
    note
        ``salt runs out ...``, or what failed; empty if nothing is to be said.
    charge_ah, voltage_v
        The discharge curve, shape (`CURVE_POINTS`,).
    """

    rate_c: float
    capacity_ah: float
    mean_voltage_v: float
    energy_wh: float
    lowest_concentration_mol_m3: float
    model: str
    note: str
    charge_ah: _Floats
    voltage_v: _Floats


def pybamm_module() -> Any:
    """PyBaMM without its telemetry.

    Raises
    ------
    MissingDependencyError
        If it is not installed; the message names the ``pip install`` line.
    """
    os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"
    pybamm = import_optional("pybamm")
    pybamm.set_logging_level("CRITICAL")
    # Curves of the parameter set that end before the salt does; their last slope goes on.
    warnings.filterwarnings("ignore", message=".*extrapolation occurred.*")
    return pybamm


def parameter_values(cell: CellGeometry, electrolyte: ElectrolyteCurves | None = None) -> Any:
    """Parameters of a cell for PyBaMM, with an electrolyte in the place of its own.

    Parameters
    ----------
    cell
        Its ``simulation`` names a parameter set of PyBaMM or a BPX file; the layers are the cell's.
    electrolyte
        At the temperature of the cell; by default the one of the parameter set, at 25 degC.

    Returns
    -------
    pybamm.ParameterValues
        The inputs ``D``, ``t`` and ``kappa`` are those of `Draw`, and there is ``Current function
        [A]``, where an electrolyte is given.
    """
    pybamm = pybamm_module()
    values = _parameter_set(pybamm, cell)
    _set_layers(values, cell)
    if cell.simulation.get("half_cell"):
        values.update(_METAL, check_already_exists=False)
    if electrolyte is not None:
        values.update(_electrolyte(pybamm, electrolyte), check_already_exists=False)
    values["Current function [A]"] = "[input]"
    return values


def _parameter_set(pybamm: Any, cell: CellGeometry) -> Any:
    name, bpx = cell.simulation.get("parameter_set"), cell.simulation.get("bpx")
    if bpx is not None:
        import_optional("bpx")
        return pybamm.ParameterValues.create_from_bpx(str(bpx))
    if name is None:
        raise InputError(
            f"the cell {cell.name} cannot be simulated: [simulation] of its file names neither "
            "parameter_set (of PyBaMM, such as 'Chayambuka2022') nor bpx (a file)"
        )
    known = sorted(pybamm.parameter_sets)
    if name not in known:
        raise InputError(
            f"the cell {cell.name}: PyBaMM has no parameter set {name!r}; it has {', '.join(known)}"
        )
    return pybamm.ParameterValues(name)


def _set_layers(values: Any, cell: CellGeometry) -> None:
    """Thickness, porosity, Bruggeman exponent, area and capacity of the cell."""
    for name in LAYERS:
        layer = getattr(cell, name)
        if layer is None:
            continue
        whole = "Separator" if name == "separator" else f"{name.capitalize()} electrode"
        values[f"{whole} thickness [m]"] = layer.thickness_m
        values[f"{whole} porosity"] = layer.porosity
        values[f"{whole} Bruggeman coefficient (electrolyte)"] = layer.bruggeman
    # PyBaMM wants two sides; their product counts.
    width = float(values["Electrode width [m]"])
    parallel = float(values["Number of electrodes connected in parallel to make a cell"])
    values["Electrode height [m]"] = cell.electrode_area_cm2 * 1e-4 / width / parallel
    values["Nominal cell capacity [A.h]"] = cell.nominal_capacity_ah


def _electrolyte(pybamm: Any, electrolyte: ElectrolyteCurves) -> dict[str, Any]:
    """Parameters of an electrolyte, with the inputs of a `Draw`."""
    c = electrolyte.concentration_mol_m3

    def interpolant(values: _Floats, c_e: Any) -> Any:
        return pybamm.Interpolant(c, values, c_e, interpolator="linear")

    def between(curve: Curve, name: str, *, ratio: bool) -> Any:
        """The curve, moved along its interval by an input."""
        ends = [curve.low, curve.value, curve.high]
        low, middle, high = [np.log(_positive(end)) for end in ends] if ratio else ends
        below, above = middle - low, high - middle

        def function(c_e: Any, T: Any) -> Any:  # noqa: ARG001, N803 - PyBaMM's names
            z = pybamm.InputParameter(name)
            move = pybamm.maximum(z, 0) * interpolant(above, c_e) + pybamm.minimum(
                z, 0
            ) * interpolant(below, c_e)
            value = interpolant(curve.value, c_e)
            return value * pybamm.exp(move) if ratio else value + move

        return function

    transference = between(electrolyte.transference_number, "t", ratio=False)
    activity = electrolyte.thermodynamic_factor.value

    def below_one(c_e: Any, T: Any) -> Any:  # noqa: N803
        return pybamm.minimum(transference(c_e, T), _HIGHEST_TRANSFERENCE)

    def factor(c_e: Any, T: Any) -> Any:  # noqa: ARG001, N803
        return interpolant(activity, c_e)

    return {
        "Electrolyte conductivity [S.m-1]": between(
            electrolyte.conductivity_s_m, "kappa", ratio=True
        ),
        "Electrolyte diffusivity [m2.s-1]": between(electrolyte.diffusivity_m2_s, "D", ratio=True),
        "Cation transference number": below_one,
        "Thermodynamic factor": factor if electrolyte.knows_activity else 1.0,
        "Initial concentration in electrolyte [mol.m-3]": (
            electrolyte.initial_concentration_mol_m3
        ),
        "Ambient temperature [K]": electrolyte.temperature_k,
        "Initial temperature [K]": electrolyte.temperature_k,
    }


def _positive(values: _Floats) -> _Floats:
    """Values of which one may be zero, where there is no salt."""
    return np.maximum(values, 1e-6 * values.max())


def initial_soc(cell: CellGeometry) -> float | None:
    """State of charge to start from; None where the parameter set starts with a full cell."""
    return None if cell.simulation.get("parameter_set") in _START_FULL else 1.0


class Simulator:
    """A cell with an electrolyte, built once and discharged many times.

    Parameters
    ----------
    cell
        The cell.
    electrolyte
        At the temperature of the cell; by default the cell's own, without a choice of draws.
    """

    def __init__(self, cell: CellGeometry, electrolyte: ElectrolyteCurves | None = None) -> None:
        self.cell = cell
        self.electrolyte = electrolyte
        self._pybamm = pybamm_module()
        self._values = parameter_values(cell, electrolyte)
        self._initial = float(self._values["Initial concentration in electrolyte [mol.m-3]"])
        self._built = lru_cache(maxsize=None)(self._build)

    def discharge(self, rate_c: float, draw: Draw | None = None) -> Discharge:
        """Discharge from full to the lower cut-off.

        Parameters
        ----------
        rate_c
            C rate of the nominal capacity.
        draw
            Where in their intervals the curves of the electrolyte lie; the best estimate by
            default.
        """
        failed = ""
        for model, stops in (("DFN", False), ("DFN", True), ("SPMe", False)):
            try:
                solution = self._solve(model, rate_c, draw or Draw(), stops=stops)
            except Exception as error:  # solvers raise what they like
                failed = failed or one_line(error)
                continue
            return self._discharge(solution, rate_c, model, stopped=stops)
        nothing = np.full(CURVE_POINTS, np.nan)
        return Discharge(
            rate_c=rate_c,
            capacity_ah=float("nan"),
            mean_voltage_v=float("nan"),
            energy_wh=float("nan"),
            lowest_concentration_mol_m3=float("nan"),
            model="none",
            note=f"could not be simulated: {failed[:120]}",
            charge_ah=nothing,
            voltage_v=nothing,
        )

    def _build(self, name: str, stops: bool) -> Any:
        """A simulation; with `stops` it ends when the salt runs out somewhere."""
        pybamm = self._pybamm
        half = bool(self.cell.simulation.get("half_cell"))
        options = {"working electrode": "positive"} if half else {}
        model = getattr(pybamm.lithium_ion, name)(options)
        if stops:
            salt = model.variables["Electrolyte concentration [mol.m-3]"]
            model.events.append(pybamm.Event(SALT_RUNS_OUT, pybamm.min(salt) - _NONE_LEFT))
        return pybamm.Simulation(model, parameter_values=self._values, solver=pybamm.IDAKLUSolver())

    def _solve(self, model: str, rate_c: float, draw: Draw, *, stops: bool) -> Any:
        inputs = {"Current function [A]": rate_c * self.cell.nominal_capacity_ah}
        if self.electrolyte is not None:
            inputs |= {"D": draw.diffusivity, "t": draw.transference, "kappa": draw.conductivity}
        seconds = _MOST_HOURS * _SECONDS_PER_HOUR / rate_c
        soc = initial_soc(self.cell)
        return self._built(model, stops).solve([0.0, seconds], inputs=inputs, initial_soc=soc)

    def _discharge(self, solution: Any, rate_c: float, model: str, *, stopped: bool) -> Discharge:
        hours = solution["Time [h]"].entries
        voltage = solution["Voltage [V]"].entries
        salt = solution["Electrolyte concentration [mol.m-3]"].entries
        charge = rate_c * self.cell.nominal_capacity_ah * hours
        energy = float(np.trapezoid(voltage, charge))
        capacity = float(charge[-1])
        grid = np.linspace(0.0, capacity, CURVE_POINTS)
        return Discharge(
            rate_c=rate_c,
            capacity_ah=capacity,
            mean_voltage_v=energy / capacity if capacity > 0 else float("nan"),
            energy_wh=energy,
            lowest_concentration_mol_m3=float(salt.min()),
            model=model,
            note=self._note(salt, charge, model, stopped=stopped),
            charge_ah=grid,
            voltage_v=np.interp(grid, charge, voltage),
        )

    def _note(self, salt: _Floats, charge: _Floats, model: str, *, stopped: bool) -> str:
        lowest = salt.min(axis=0)
        notes = []
        out = np.flatnonzero(lowest < max(_RUNS_OUT_SHARE * self._initial, _NONE_LEFT))
        if len(out):
            share = charge[out[0]] / self.cell.nominal_capacity_ah
            notes.append(f"{SALT_RUNS_OUT} after {share:.0%} of the nominal capacity")
        if stopped:
            notes.append("the discharge was ended there")
        if model == "SPMe":
            notes.append("DFN failed, so SPMe, which takes depletion less strictly")
        return "; ".join(notes)
