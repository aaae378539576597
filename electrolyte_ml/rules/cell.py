"""The cell that a recipe is for: its electrodes, and the water in the bottle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from electrolyte_ml.data.efficiency import Cycling
from electrolyte_ml.errors import InputErrors
from electrolyte_ml.quantum.electrodes import ELECTRODES
from electrolyte_ml.text import did_you_mean

#: Negative electrodes that rules know, and other ways to write them.
ANODES = {
    "hard carbon": ("hc", "hard_carbon", "hard-carbon"),
    "graphite": (),
    "silicon": ("si", "silicon-graphite"),
    "sodium": ("na", "na metal", "sodium metal"),
    "lithium": ("li", "li metal", "lithium metal"),
    "potassium": ("k", "k metal", "potassium metal"),
    "titanate": ("lto", "li4ti5o12"),
    "tin": ("sn",),
    "antimony": ("sb",),
    "zinc": ("zn",),
}
_HIGHEST_V = 7.0
_ALL_WATER_PPM = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The cell that a recipe is for; what is not given is None.

    Attributes
    ----------
    anode
        Negative electrode, one of `ANODES`.
    cathode
        Positive electrode, for people.
    upper_voltage_v
        Highest potential of the positive electrode, V against the metal of the salt.
    water_ppm
        Water in the finished electrolyte by mass, ppm, besides that of the recipe itself.
    geometry
        Layers of the cell: the name of a reference cell, such as ``hc_nvpf``, or a TOML file
        (`electrolyte_ml.cell.geometry`). Rules do not look at it.
    cycling
        How coulombic efficiency is measured, from `electrolyte_ml.data.efficiency.asked_cycling`;
        by default Aurbach's method at 0.5 mA/cm2 and 1 mAh/cm2. Rules do not look at it.

    Raises
    ------
    InputErrors
        If the anode is unknown, or a number is impossible; one line for each fault.

    Examples
    --------
    >>> Cell(anode="HC").anode
    'hard carbon'
    """

    anode: str | None = None
    cathode: str | None = None
    upper_voltage_v: float | None = None
    water_ppm: float | None = None
    geometry: str | None = None
    cycling: Cycling | None = None

    def __post_init__(self) -> None:
        faults = []
        if self.anode is not None:
            found = _anode(self.anode)
            if found is None:
                hint = did_you_mean(self.anode, list(ANODES))
                known = f"known are {', '.join(ANODES)}"
                faults.append(f"anode: unknown {self.anode!r}{hint or ';'} {known}")
            object.__setattr__(self, "anode", found)
        for name, number, most, unit in (
            (
                "upper_voltage_v",
                self.upper_voltage_v,
                _HIGHEST_V,
                "V against the metal of the salt",
            ),
            ("water_ppm", self.water_ppm, _ALL_WATER_PPM, "ppm by mass"),
        ):
            if number is not None and not (math.isfinite(number) and 0 <= number <= most):
                faults.append(f"{name}: must be between 0 and {most:g} {unit}, given {number:g}")
        if faults:
            raise InputErrors(faults)

    def to_dict(self) -> dict[str, Any]:
        """What is known, for the result."""
        known = {
            "anode": self.anode,
            "cathode": self.cathode,
            "upper_voltage_v": self.upper_voltage_v,
            "water_ppm": self.water_ppm,
            "geometry": self.geometry,
            "cycling": None if self.cycling is None else self.cycling.conditions,
        }
        return {name: value for name, value in known.items() if value is not None}

    def upper_voltage_vs_lithium(self, cation: str) -> float | None:
        """Upper voltage, V against Li/Li+, in a cell of that cation; None if none is given."""
        if self.upper_voltage_v is None:
            return None
        electrode = ELECTRODES.get(f"{cation}/{cation}+")
        return self.upper_voltage_v + (0.0 if electrode is None else electrode.above_lithium_v)


def _anode(given: str) -> str | None:
    plain = " ".join(given.lower().split())
    return next((n for n, others in ANODES.items() if plain == n or plain in others), None)
