"""Options that say what cell a recipe is for, and which rules are switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from electrolyte_ml.cli import completion

if TYPE_CHECKING:
    from electrolyte_ml.rules import Cell

Anode = Annotated[
    str | None,
    typer.Option(help="Negative electrode, such as 'hard carbon' or sodium; for warnings."),
]
UpperVoltage = Annotated[
    float | None,
    typer.Option(help="Highest potential of the cathode, V against the metal of the salt."),
]
WaterPpm = Annotated[
    float | None, typer.Option(help="Water in the electrolyte by mass, ppm, for warnings.")
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RULE",
        help="Switch a rule off by its name; may be repeated.",
        autocompletion=completion.rules,
    ),
]


CeMethod = Annotated[
    str | None,
    typer.Option(
        metavar="METHOD",
        help="How coulombic efficiency is measured: aurbach (the default) or cycling.",
    ),
]
CeCurrent = Annotated[
    float | None,
    typer.Option(metavar="MA/CM2", help="Current density of that, mA/cm2; 0.5 by default."),
]
CeCapacity = Annotated[
    float | None,
    typer.Option(metavar="MAH/CM2", help="Capacity of its half cycles, mAh/cm2; 1 by default."),
]


def cell_of(
    anode: str | None,
    upper_voltage: float | None,
    water_ppm: float | None,
    cycling: tuple[str | None, float | None, float | None],
) -> Cell:
    """The cell that the options describe; `cycling` is method, current and capacity."""
    from electrolyte_ml.data.efficiency import asked_cycling
    from electrolyte_ml.rules import Cell

    return Cell(
        anode=anode,
        upper_voltage_v=upper_voltage,
        water_ppm=water_ppm,
        cycling=asked_cycling(*cycling) if any(x is not None for x in cycling) else None,
    )
