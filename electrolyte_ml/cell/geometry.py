r"""Cells: layers through which ions pass, read from TOML files with every fault at once.

A layer has a thickness :math:`L`, a porosity :math:`\varepsilon` and a Bruggeman exponent
:math:`b` [1]_: transport in its pores is :math:`\varepsilon^b` times that in the free electrolyte.
A metal electrode has no pores and is left out.

References
----------
.. [1] Tjaden et al., Curr. Opin. Chem. Eng. 2016, 12, 44.
   https://doi.org/10.1016/j.coche.2016.02.006
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from electrolyte_ml.arguments import path_of
from electrolyte_ml.errors import InputError, InputErrors
from electrolyte_ml.files import packaged_file, read_toml, reading
from electrolyte_ml.immutable import FrozenMapping
from electrolyte_ml.text import nearest_or_all, shown

_FOLDER = "cell/cells"
#: Layers in the order in which ions pass them when the cell is discharged.
LAYERS = ("negative", "separator", "positive")
_UM, _CM2 = 1e-6, 1e-4
# Lowest and highest value of a key; beyond them it is in another unit.
_RANGES = {
    "nominal_capacity_ah": (1e-6, 1e4, "Ah"),
    "electrode_area_cm2": (1e-3, 1e7, "cm2"),
    "thickness_um": (1.0, 2000.0, "um"),
    "porosity": (0.02, 0.98, "of the volume"),
    "bruggeman": (0.5, 6.0, "as an exponent"),
}
_TOP = {"name", "description", "cation", "nominal_capacity_ah", "electrode_area_cm2", "source"}
_TOP |= {*LAYERS, "simulation"}
_SIMULATION = {"parameter_set", "bpx", "half_cell", "leaves_out"}
_BRUGGEMAN = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A porous layer.

    Attributes
    ----------
    thickness_um
        Micrometres.
    porosity
        Share of the volume that the electrolyte fills.
    bruggeman
        Exponent of the porosity for transport in the pores.
    """

    thickness_um: float
    porosity: float
    bruggeman: float = _BRUGGEMAN

    @property
    def thickness_m(self) -> float:
        """Thickness, m."""
        return self.thickness_um * _UM

    @property
    def transport(self) -> float:
        """Transport in the pores by that in the free electrolyte."""
        return float(self.porosity**self.bruggeman)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellGeometry:
    """A cell, as far as its electrolyte is concerned.

    Attributes
    ----------
    name
        Short name.
    description
        One line for people.
    cation
        Name of the cation, such as ``Na``.
    nominal_capacity_ah
        Charge that passes in an hour at 1C, Ah.
    electrode_area_cm2
        Area of one side, of all layers that work in parallel, cm2.
    negative, positive
        Porous electrodes; None for a metal.
    separator
        Between them.
    dois
        Papers that the numbers are from.
    note
        What else is to be said of the source.
    simulation
        Settings of `electrolyte_ml.cell.simulate`: ``parameter_set`` of PyBaMM or a ``bpx`` file,
        ``half_cell``, and ``leaves_out``, what the set lacks.
    """

    name: str
    description: str = ""
    cation: str
    nominal_capacity_ah: float
    electrode_area_cm2: float
    separator: Layer
    positive: Layer | None = None
    negative: Layer | None = None
    dois: tuple[str, ...] = ()
    note: str = ""
    simulation: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "simulation", FrozenMapping(self.simulation))

    @property
    def current_density_1c_a_m2(self) -> float:
        """Current by area at 1C, A/m2."""
        return self.nominal_capacity_ah / (self.electrode_area_cm2 * _CM2)

    @property
    def resistance_length_m(self) -> float:
        """Length of free electrolyte that resists as the layers do, m.

        The current of an electrode is taken to be made evenly in its depth, so that it counts half.
        """
        return sum(self._lengths())

    @property
    def depth_length_m(self) -> float:
        """The same from the mean concentration to the lowest one on discharge, m."""
        return self.resistance_length_m - self.rise_length_m

    @property
    def rise_length_m(self) -> float:
        """The same from the highest concentration to the mean; on charge, from mean to lowest, m.

        Layers are weighted with their pores, as the salt of the whole cell stays the same. In an
        electrode the profile is a parabola.
        """
        negative, separator, _ = self._lengths()
        fall = {
            "negative": negative / 3.0,
            "separator": negative + separator / 2.0,
            "positive": negative + separator + self._lengths()[2] * 2.0 / 3.0,
        }
        pores = {
            name: layer.thickness_m * layer.porosity
            for name in LAYERS
            if (layer := getattr(self, name)) is not None
        }
        return sum(pores[name] * fall[name] for name in pores) / sum(pores.values())

    def _lengths(self) -> tuple[float, float, float]:
        """Length of free electrolyte of each layer, electrodes with half their depth, m."""
        lengths = [
            0.0 if layer is None else layer.thickness_m / layer.transport
            for layer in (self.negative, self.separator, self.positive)
        ]
        return lengths[0] / 2.0, lengths[1], lengths[2] / 2.0

    def to_dict(self) -> dict[str, Any]:
        """The form of the TOML file."""
        layers = {
            name: {
                "thickness_um": layer.thickness_um,
                "porosity": layer.porosity,
                "bruggeman": layer.bruggeman,
            }
            for name in LAYERS
            if (layer := getattr(self, name)) is not None
        }
        return {
            "name": self.name,
            "description": self.description,
            "cation": self.cation,
            "nominal_capacity_ah": self.nominal_capacity_ah,
            "electrode_area_cm2": self.electrode_area_cm2,
            "source": {"dois": list(self.dois), "note": self.note},
            **layers,
            "simulation": dict(self.simulation),
        }


def reference_cells() -> tuple[str, ...]:
    """Names of the cells that ship with the package."""
    held = packaged_file(_FOLDER).iterdir()
    return tuple(sorted(e.name.removesuffix(".toml") for e in held if e.name.endswith(".toml")))


def find_cell(name: str | Path | CellGeometry) -> CellGeometry:
    """A cell by the name of one that ships, or from a TOML file.

    Raises
    ------
    InputError
        If it is neither, or the file has faults: a line for each.

    Examples
    --------
    >>> find_cell("hc_nvpf").cation
    'Na'
    """
    if isinstance(name, CellGeometry):
        return name
    path = _file_of(name)
    return read_cell(read_toml(path), file=str(path))


def cell_text(name: str | Path) -> str:
    """The file of a cell as it is written, to copy and change.

    Raises
    ------
    InputError
        If there is no such cell.
    """
    path = _file_of(name)
    with reading(path):
        return path.read_text(encoding="utf-8-sig")


def _file_of(name: str | Path) -> Path:
    path = path_of(name, "a cell is a name such as 'hc_nvpf', or a TOML file")
    known = reference_cells()
    if str(name) in known:
        return Path(str(packaged_file(f"{_FOLDER}/{name}.toml")))
    if path.suffix != ".toml":
        raise InputError(
            f"no cell {shown(str(name))}{nearest_or_all(str(name), known)}; or give a TOML file, "
            "such as my_cell.toml; `electrolyte-ml cell list hc_nvpf` prints one to copy"
        )
    return path


def read_cell(data: Mapping[str, Any], *, file: str = "cell") -> CellGeometry:
    """A cell from the tables of a TOML file.

    Raises
    ------
    InputErrors
        One line for each fault, naming file and key.
    """
    faults = [f"{file}: {fault}" for fault in _faults(data)]
    if faults:
        raise InputErrors(faults)
    source = data.get("source", {})
    layers = {name: Layer(**_numbers(data[name])) for name in LAYERS if name in data}
    return CellGeometry(
        name=data["name"],
        description=data.get("description", ""),
        cation=data["cation"],
        nominal_capacity_ah=float(data["nominal_capacity_ah"]),
        electrode_area_cm2=float(data["electrode_area_cm2"]),
        separator=layers["separator"],
        positive=layers.get("positive"),
        negative=layers.get("negative"),
        dois=tuple(source.get("dois", ())),
        note=source.get("note", ""),
        simulation=data.get("simulation", {}),
    )


def _numbers(layer: Mapping[str, Any]) -> dict[str, float]:
    return {key: float(value) for key, value in layer.items() if key != "material"}


def _faults(data: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(set(data) - _TOP):
        yield f"{key}: unknown key{nearest_or_all(key, sorted(_TOP))}"
    for key in ("name", "cation"):
        if not (isinstance(data.get(key), str) and data[key]):
            yield f"{key}: must be a text, such as {key} = {'my cell' if key == 'name' else 'Na'!r}"
    for key in ("nominal_capacity_ah", "electrode_area_cm2"):
        yield from _number_faults(key, data.get(key), key)
    yield from _source_faults(data.get("source", {}))
    yield from _layers_faults(data)
    yield from _simulation_faults(data.get("simulation", {}))


def _layers_faults(data: Mapping[str, Any]) -> Iterator[str]:
    for name in LAYERS:
        if name in data:
            yield from _layer_faults(name, data[name])
    if "separator" not in data:
        yield "separator: is missing; [separator] needs thickness_um and porosity"
    if "positive" not in data and "negative" not in data:
        yield "positive: is missing, and so is negative; a cell has a porous electrode"


def _simulation_faults(simulation: Any) -> Iterator[str]:
    if not isinstance(simulation, Mapping):
        yield f"simulation: must be a table, given {shown(simulation)}"
        return
    for key in sorted(set(simulation) - _SIMULATION):
        yield f"simulation.{key}: unknown key{nearest_or_all(key, sorted(_SIMULATION))}"


def _source_faults(source: Any) -> Iterator[str]:
    if not isinstance(source, Mapping):
        yield f"source: must be a table, given {shown(source)}"
        return
    dois = source.get("dois", [])
    if not (isinstance(dois, list) and all(isinstance(doi, str) for doi in dois)):
        yield f"source.dois: must be a list of texts, given {shown(dois)}"
    if not isinstance(source.get("note", ""), str):
        yield f"source.note: must be a text, given {shown(source['note'])}"
    for key in sorted(set(source) - {"dois", "note"}):
        yield f"source.{key}: unknown key; known are dois and note"


def _layer_faults(name: str, layer: Any) -> Iterator[str]:
    if not isinstance(layer, Mapping):
        yield f"{name}: must be a table, given {shown(layer)}"
        return
    known = ("thickness_um", "porosity", "bruggeman", "material")
    for key in sorted(set(layer) - set(known)):
        yield f"{name}.{key}: unknown key{nearest_or_all(key, known)}"
    yield from _number_faults("thickness_um", layer.get("thickness_um"), f"{name}.thickness_um")
    yield from _number_faults("porosity", layer.get("porosity"), f"{name}.porosity")
    if "bruggeman" in layer:
        yield from _number_faults("bruggeman", layer["bruggeman"], f"{name}.bruggeman")


def _number_faults(key: str, value: Any, place: str) -> Iterator[str]:
    low, high, unit = _RANGES[key]
    if value is None:
        yield f"{place}: is missing; a number from {low:g} to {high:g} {unit}"
    elif isinstance(value, bool) or not isinstance(value, int | float):
        yield f"{place}: must be a number, given {shown(value)}"
    elif not (math.isfinite(value) and low <= value <= high):
        yield f"{place}: must be from {low:g} to {high:g} {unit}, given {value:g}"
