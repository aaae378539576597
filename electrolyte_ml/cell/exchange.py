r"""Electrolytes for other programs (BPX, PyBaMM, tables), and cells from BPX files.

BPX, the Battery Parameter eXchange format 1.1, takes tables of conductivity and salt diffusivity
against concentration at one temperature, an activation energy for each, and one transference
number [1]_. The activation energy is fitted to the predicted curves over a stated range of
temperature, and the largest error of that form stands in the description of the file.

References
----------
.. [1] Battery Parameter eXchange (BPX), https://bpxstandard.com
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.cell.curves import ElectrolyteCurves, electrolyte_curves
from electrolyte_ml.cell.geometry import CellGeometry, read_cell
from electrolyte_ml.errors import InputError, InputErrors
from electrolyte_ml.files import reading
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.optional import import_optional
from electrolyte_ml.text import one_line, shown

_Floats = NDArray[np.float64]
BPX_VERSION = "1.1.0"
_GAS_J_MOL_K = 8.314462618
# Concentrations over which activation energies are fitted, mol/m3.
_FITTED_MOL_M3 = (100.0, 2000.0)
_UM, _CM2 = 1e6, 1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrheniusFit:
    """An activation energy and what it costs.

    Attributes
    ----------
    energy_j_mol
        J/mol.
    coldest_k, hottest_k
        Range of the fit, K.
    worst_factor
        Largest error in that range, as a factor.
    """

    energy_j_mol: float
    coldest_k: float
    hottest_k: float
    worst_factor: float


def arrhenius_fit(
    curves: Sequence[ElectrolyteCurves], reference: ElectrolyteCurves, name: str
) -> ArrheniusFit:
    """Activation energy of a curve of `ElectrolyteCurves`, one for all concentrations.

    Parameters
    ----------
    curves
        At several temperatures.
    reference
        At the reference temperature.
    name
        ``conductivity_s_m`` or ``diffusivity_m2_s``.
    """
    c = reference.concentration_mol_m3
    rows = reference.predicted & (c >= _FITTED_MOL_M3[0]) & (c <= _FITTED_MOL_M3[1])
    base = np.log(getattr(reference, name).value[rows])
    inverse = np.array(
        [(1 / reference.temperature_k - 1 / e.temperature_k) / _GAS_J_MOL_K for e in curves]
    )
    rise = np.array([np.log(getattr(e, name).value[rows]) - base for e in curves])
    energy = float((inverse[:, None] * rise).sum() / (rows.sum() * (inverse**2).sum()))
    error = np.abs(rise - energy * inverse[:, None])
    kelvins = [e.temperature_k for e in curves]
    return ArrheniusFit(
        energy_j_mol=energy,
        coldest_k=min(kelvins),
        hottest_k=max(kelvins),
        worst_factor=float(np.exp(error.max())),
    )


def to_bpx(
    curves: Sequence[ElectrolyteCurves],
    reference: ElectrolyteCurves,
    into: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A BPX file of an electrolyte alone, or a cell's file with this electrolyte.

    Parameters
    ----------
    curves
        At several temperatures, for activation energies.
    reference
        At the reference temperature.
    into
        Content of the BPX file of a cell whose electrolyte is replaced.

    Returns
    -------
    dict
        For JSON. Where the package ``bpx`` is installed, it has checked the result.

    Raises
    ------
    InputError
        If ``bpx`` refuses it.
    """
    fits = {
        n: arrhenius_fit(curves, reference, n) for n in ("conductivity_s_m", "diffusivity_m2_s")
    }
    own = float(
        np.interp(
            reference.initial_concentration_mol_m3,
            reference.concentration_mol_m3,
            reference.transference_number.value,
        )
    )
    electrolyte = {
        "Cation transference number": own,
        "Conductivity [S.m-1]": _table(reference, "conductivity_s_m"),
        "Conductivity activation energy [J.mol-1]": fits["conductivity_s_m"].energy_j_mol,
        "Diffusivity [m2.s-1]": _table(reference, "diffusivity_m2_s"),
        "Diffusivity activation energy [J.mol-1]": fits["diffusivity_m2_s"].energy_j_mol,
    }
    initial = {
        "Initial electrolyte concentration [mol.m-3]": reference.initial_concentration_mol_m3
    }
    made = _partial(reference, fits, electrolyte) if into is None else json.loads(json.dumps(into))
    made["Parameterisation"]["Electrolyte"] = electrolyte
    state = made.setdefault("State", {}).setdefault("Initial conditions", {})
    state |= initial
    require_bpx(made)
    return dict(made)


def _partial(
    reference: ElectrolyteCurves, fits: Mapping[str, ArrheniusFit], electrolyte: dict[str, Any]
) -> dict[str, Any]:
    kappa, d = fits["conductivity_s_m"], fits["diffusivity_m2_s"]
    described = (
        f"Predicted by electrolyte_ml. {reference.recipe}. Activation energies are fitted from "
        f"{kappa.coldest_k:.0f} to {kappa.hottest_k:.0f} K and 100 to 2000 mol/m3; their form is "
        f"off by at most a factor of {kappa.worst_factor:.2f} (conductivity) and "
        f"{d.worst_factor:.2f} (diffusivity). Reference temperature "
        f"{reference.temperature_k:.2f} K. Intervals at the recipe's concentration: diffusivity "
        f"{_at_own(reference, 'diffusivity_m2_s')} m2/s, transference number "
        f"{_at_own(reference, 'transference_number')}. "
        f"Salt diffusivity {reference.provenance}."
    )
    return {
        "Header": {
            "BPX": BPX_VERSION,
            "Title": f"Electrolyte {reference.recipe}",
            "Description": described,
            "Model": "Partial",
        },
        "Parameterisation": {"Electrolyte": electrolyte},
    }


def _at_own(curves: ElectrolyteCurves, name: str) -> str:
    low, high = (
        np.interp(
            curves.initial_concentration_mol_m3,
            curves.concentration_mol_m3,
            getattr(getattr(curves, name), end),
        )
        for end in ("low", "high")
    )
    return f"{low:.2g} to {high:.2g}"


def _table(curves: ElectrolyteCurves, name: str) -> dict[str, list[float]]:
    return {
        "x": curves.concentration_mol_m3.tolist(),
        "y": getattr(curves, name).value.tolist(),
    }


def require_bpx(content: Mapping[str, Any]) -> bool:
    """Have the package ``bpx`` check a file's content; False where it is not installed.

    Raises
    ------
    InputError
        If it refuses.
    """
    if find_spec("bpx") is None:
        return False
    bpx = import_optional("bpx")
    try:
        bpx.parse_bpx_obj(json.loads(json.dumps(content)))
    except ValueError as error:
        raise InputError(f"no BPX {BPX_VERSION} file: {one_line(error)}") from error
    return True


def read_bpx(path: Path) -> dict[str, Any]:
    """Content of a BPX file, checked where ``bpx`` is installed.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    with reading(path):
        text = path.read_text(encoding="utf-8-sig")
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path}: is no JSON, which a BPX file is: {error}") from error
    if not (isinstance(content, dict) and isinstance(content.get("Parameterisation"), dict)):
        raise InputError(f"{path}: is no BPX file: it has no table 'Parameterisation'")
    try:
        require_bpx(content)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return content


def cell_of_bpx(path: Path, *, name: str | None = None, cation: str = "Li") -> CellGeometry:
    """Layers of the cell of a BPX file, which is kept for simulating it.

    Parameters
    ----------
    path
        The file.
    name
        Of the cell; that of the file by default.
    cation
        Name of the cation, which BPX does not tell.

    Raises
    ------
    InputErrors
        If something is missing; one line for each.
    """
    held = read_bpx(path)["Parameterisation"]
    cell = held.get("Cell", {})
    pairs = cell.get("Number of electrode pairs connected in parallel to make a cell", 1)
    data: dict[str, Any] = {
        "name": name or path.stem,
        "description": f"from the BPX file {path.name}",
        "cation": cation,
        "simulation": {"bpx": str(path.resolve())},
    }
    area, capacity = cell.get("Electrode area [m2]"), cell.get("Nominal cell capacity [A.h]")
    if area is not None:
        data["electrode_area_cm2"] = area * pairs * _CM2
    if capacity is not None:
        data["nominal_capacity_ah"] = capacity
    for layer in ("negative electrode", "separator", "positive electrode"):
        given = held.get(layer.capitalize())
        if given is not None:
            data[layer.split()[0]] = dict(_layer(given))
    try:
        return read_cell(data, file=str(path))
    except InputErrors as error:
        raise InputErrors(
            [*error.messages, f"{path}: BPX files of cells have these under other names"]
        ) from error


def _layer(given: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    thickness, porosity = given.get("Thickness [m]"), given.get("Porosity")
    if thickness is not None:
        yield "thickness_um", thickness * _UM
    if porosity is not None:
        yield "porosity", porosity
        efficiency = given.get("Transport efficiency")
        if efficiency is not None and 0 < porosity < 1 and efficiency > 0:
            yield "bruggeman", math.log(efficiency) / math.log(porosity)


def toml_of(cell: CellGeometry) -> str:
    """A cell as the text of a TOML file, which `read_cell` reads back."""
    lines, tables = [], []
    for key, value in cell.to_dict().items():
        if isinstance(value, Mapping):
            if value:
                tables += ["", f"[{key}]", *(f"{k} = {_toml(v)}" for k, v in value.items())]
        else:
            lines.append(f"{key} = {_toml(value)}")
    return "\n".join([*lines, *tables]) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, int | str | list):
        return json.dumps(value)  # as TOML writes them, too
    raise InputError(f"cannot be written to TOML: {shown(value)}")


def electrolyte_text(
    formulation: Formulation,
    to: str,
    temperatures_k: Sequence[float],
    reference_k: float,
    into: Path | None = None,
) -> str:
    """An electrolyte as the text of a file.

    Parameters
    ----------
    formulation
        Recipe with a salt.
    to
        ``bpx``, ``pybamm`` or ``csv``.
    temperatures_k
        Of tables, and of the fit of activation energies, K.
    reference_k
        Reference temperature of BPX, K.
    into
        BPX file of a cell whose electrolyte is replaced.

    Raises
    ------
    InputError
        If the recipe has no transport numbers, or a file cannot be used.
    """
    curves = electrolyte_curves(formulation, temperatures_k)
    if to == "pybamm":
        return to_pybamm(curves)
    if to == "csv":
        rows = [row for one in curves for row in one.rows()]
        lines = [",".join(rows[0]), *(",".join(map(_cell, row.values())) for row in rows)]
        return "\n".join(lines) + "\n"
    reference = electrolyte_curves(formulation, [reference_k])[0]
    whole = None if into is None else read_bpx(into)
    return json.dumps(to_bpx(curves, reference, whole), indent=2) + "\n"


def _cell(value: float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:.6g}"


_MODULE = '''"""Electrolyte {recipe} for PyBaMM, predicted by electrolyte_ml.

    parameter_values.update(parameters(298.15), check_already_exists=False)

Curves are interpolated in concentration, at one of the temperatures below. Salt diffusivity is
{provenance}. Its interval is wide: see LOW and HIGH.
"""

import numpy as np
import pybamm

INITIAL_CONCENTRATION_MOL_M3 = {initial!r}
#: By temperature in K: concentration mol/m3, conductivity S/m, salt diffusivity m2/s, transference
#: number, thermodynamic factor.
CURVES = {{
{curves}}}
#: The same with the low and the high ends of the intervals.
LOW = {{
{low}}}
HIGH = {{
{high}}}
_KEYS = (
    "Electrolyte conductivity [S.m-1]",
    "Electrolyte diffusivity [m2.s-1]",
    "Cation transference number",
    "Thermodynamic factor",
)


def parameters(temperature_k, curves=CURVES):
    """Parameters of a cell at one of the temperatures of `curves`."""
    nearest = min(curves, key=lambda known: abs(known - temperature_k))
    if abs(nearest - temperature_k) > 0.01:
        raise ValueError(f"no curves at {{temperature_k}} K, only at {{sorted(curves)}} K")
    c, *columns = curves[nearest]
    made = {{key: _function(c, values) for key, values in zip(_KEYS, columns, strict=True)}}
    return made | {{
        "Initial concentration in electrolyte [mol.m-3]": INITIAL_CONCENTRATION_MOL_M3,
        "Ambient temperature [K]": temperature_k,
        "Initial temperature [K]": temperature_k,
    }}


def _function(c, values):
    x, y = np.array(c, dtype=float), np.array(values, dtype=float)
    return lambda c_e, T: pybamm.Interpolant(x, y, c_e, interpolator="linear")
'''


def to_pybamm(curves: Sequence[ElectrolyteCurves]) -> str:
    """A Python module that gives PyBaMM this electrolyte, at some temperatures."""
    first = curves[0]
    return _MODULE.format(
        recipe=first.recipe,
        provenance=first.provenance,
        initial=first.initial_concentration_mol_m3,
        curves=_module_rows(curves, "value"),
        low=_module_rows(curves, "low"),
        high=_module_rows(curves, "high"),
    )


def _module_rows(curves: Sequence[ElectrolyteCurves], end: str) -> str:
    lines = []
    for one in curves:
        columns = [
            one.concentration_mol_m3,
            *(
                getattr(getattr(one, name), end)
                for name in (
                    "conductivity_s_m",
                    "diffusivity_m2_s",
                    "transference_number",
                    "thermodynamic_factor",
                )
            ),
        ]
        rows = [f"        [{', '.join(f'{x:.6g}' for x in column)}],\n" for column in columns]
        lines.append(f"    {one.temperature_k!r}: (\n{''.join(rows)}    ),\n")
    return "".join(lines)
