"""Growth of the film on the negative electrode (SEI) in cycles of a simulated cell.

PyBaMM's laws of growth are driven with stated parameters. None of them follows from a recipe: the
numbers tell what follows if the parameters hold, and no cycle life. Where a parameter set has none,
the defaults stand in, which were fitted to lithium cells [1]_ (as in the set Mohtat2020 of PyBaMM).

References
----------
.. [1] Yang et al., J. Power Sources 2017, 360, 28. https://doi.org/10.1016/j.jpowsour.2017.05.110
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from electrolyte_ml.cell.curves import ElectrolyteCurves
from electrolyte_ml.cell.geometry import CellGeometry
from electrolyte_ml.cell.simulate import initial_soc, parameter_values, pybamm_module
from electrolyte_ml.errors import InputError
from electrolyte_ml.text import nearest_or_all, one_line

#: Laws of growth of PyBaMM that can be driven.
LAWS = (
    "solvent-diffusion limited",
    "reaction limited",
    "electron-migration limited",
    "interstitial-diffusion limited",
    "ec reaction limited",
)
#: Parameters where neither the cell nor the user gives one, by their names in PyBaMM.
DEFAULTS = {
    "SEI growth activation energy [J.mol-1]": 0.0,
    "SEI growth transfer coefficient": 0.5,
    "SEI kinetic rate constant [m.s-1]": 1e-12,
    "SEI solvent diffusivity [m2.s-1]": 2.5e-22,
    "SEI open-circuit potential [V]": 0.4,
    "SEI partial molar volume [m3.mol-1]": 9.585e-5,
    "SEI resistivity [Ohm.m]": 2e5,
    "SEI reaction exchange current density [A.m-2]": 1.5e-7,
    "SEI electron conductivity [S.m-1]": 8.95e-14,
    "SEI lithium interstitial diffusivity [m2.s-1]": 1e-20,
    "Bulk solvent concentration [mol.m-3]": 2636.0,
    "Lithium interstitial reference concentration [mol.m-3]": 15.0,
    "Ratio of lithium moles to SEI moles": 2.0,
    "EC initial concentration in electrolyte [mol.m-3]": 4541.0,
    "EC diffusivity [m2.s-1]": 2e-18,
    "Initial SEI thickness [m]": 5e-9,
    "Tunneling distance for electrons [m]": 0.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmCycle:
    """One cycle with a growing film.

    Attributes
    ----------
    cycle
        From 1.
    capacity_ah
        Discharged.
    film_loss_ah
        Charge that the film has taken up since the first discharge began.
    """

    cycle: int
    capacity_ah: float
    film_loss_ah: float


def film_parameters(given: Mapping[str, float]) -> dict[str, float]:
    """Defaults with what is given; names may leave out ``SEI`` and the unit.

    Raises
    ------
    InputError
        If there is no such parameter.

    Examples
    --------
    >>> film_parameters({"solvent diffusivity": 1e-21})["SEI solvent diffusivity [m2.s-1]"]
    1e-21
    """
    plain = {_plain(name): name for name in DEFAULTS}
    found = dict(DEFAULTS)
    for name, value in given.items():
        key = plain.get(_plain(name))
        if key is None:
            raise InputError(f"no parameter {name!r} of films{nearest_or_all(name, plain)}")
        found[key] = value
    return found


def _plain(name: str) -> str:
    return " ".join(name.partition("[")[0].lower().removeprefix("sei ").split())


def require_law(law: str, cell: CellGeometry) -> None:
    """Make sure that there is such a law, and an electrode for the film.

    Raises
    ------
    InputError
        If not.
    """
    if law not in LAWS:
        raise InputError(f"no law {law!r} of film growth{nearest_or_all(law, LAWS)}")
    if cell.negative is None or cell.simulation.get("half_cell"):
        raise InputError(f"the cell {cell.name} has no porous negative electrode to grow a film on")


def film_cycles(
    cell: CellGeometry,
    electrolyte: ElectrolyteCurves,
    *,
    law: str,
    rate_c: float,
    cycles: int,
    parameters: Mapping[str, float],
) -> list[FilmCycle]:
    """Discharge and charge a cell with a growing film on its negative electrode.

    Parameters
    ----------
    cell
        With a porous negative electrode.
    electrolyte
        At the temperature of the cell; its best estimate is used.
    law
        One of `LAWS`.
    rate_c
        C rate of discharge and charge; the charge ends at C/20.
    cycles
        How many.
    parameters
        As `film_parameters` takes them.

    Raises
    ------
    MissingDependencyError
        If PyBaMM is not installed.
    InputError
        If there is no such law or parameter, the cell has no such electrode, or the solver fails.
    """
    require_law(law, cell)
    if cycles < 1:
        raise InputError(f"cycles: at least 1, given {cycles}")
    stated = film_parameters(parameters)
    pybamm = pybamm_module()
    values = parameter_values(cell, electrolyte)
    # The cell's own set may have its own; what was asked for goes before it.
    own = {name for name in DEFAULTS if name in values}
    asked = {name for name in DEFAULTS if stated[name] != DEFAULTS[name]}
    fill = {name: stated[name] for name in DEFAULTS if name in asked or name not in own}
    values.update(fill, check_already_exists=False)
    values["Current function [A]"] = rate_c * cell.nominal_capacity_ah
    low, high = (float(values[f"{end} voltage cut-off [V]"]) for end in ("Lower", "Upper"))
    one = (
        f"Discharge at {rate_c:g}C until {low:g} V",
        f"Charge at {rate_c:g}C until {high:g} V",
        f"Hold at {high:g} V until C/20",
    )
    model = pybamm.lithium_ion.DFN({"SEI": law})
    simulation = pybamm.Simulation(
        model,
        parameter_values=values,
        experiment=pybamm.Experiment([one] * cycles),
        solver=pybamm.IDAKLUSolver(),
    )
    inputs = {"D": 0.0, "t": 0.0, "kappa": 0.0}
    try:
        solution = simulation.solve(
            inputs=inputs, initial_soc=initial_soc(cell), showprogress=False
        )
    except Exception as error:  # solvers raise what they like
        raise InputError(f"the cycles could not be simulated: {one_line(error)}") from error
    return [_cycle(number, done) for number, done in enumerate(solution.cycles, start=1) if done]


def _cycle(number: int, done: object) -> FilmCycle:
    steps = done.steps  # type: ignore[attr-defined]
    charge = steps[0]["Discharge capacity [A.h]"].entries
    lost = steps[-1]["Loss of capacity to negative SEI [A.h]"].entries
    return FilmCycle(
        cycle=number,
        capacity_ah=float(charge[-1] - charge[0]),
        film_loss_ah=float(lost[-1]),
    )
