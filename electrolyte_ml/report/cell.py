"""Output of limits of cells: records for JSON, and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from electrolyte_ml.cell import CellGeometry, CellLimits
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.liquid import liquid_range
from electrolyte_ml.report.text import interval, output_console
from electrolyte_ml.text import celsius

_COLUMNS = {
    "depletion_rate_c": "salt runs out at, C",
    "charge_depletion_rate_c": "on charge, C",
    "ohmic_drop_mv": "ohmic drop at 1C, mV",
    "ohmic_rate_c": "100 mV at, C",
    "profile_depth_mol_l": "depth at 1C, mol/L",
    "salt_diffusivity_1e10_m2_s": "salt D, 1e-10 m2/s",
    "transference_number": "t+",
}
_LEFT_OUT = (
    "left out: kinetics and diffusion of the electrodes, which usually limit in the cold; ageing. "
    "t+ is the diffusion fraction; its interval holds what that leaves out."
)


def limit_records(
    texts: Sequence[str],
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
    limits: CellLimits,
    geometry: CellGeometry,
) -> list[dict[str, Any]]:
    """Rows for JSON.

    Parameters
    ----------
    texts
        Recipes as written, length n.
    formulations
        The recipes.
    temperature_k
        K, shape (n,).
    limits
        Of n rows.
    geometry
        The cell.
    """
    frozen = liquid_range(formulations).frozen(temperature_k)
    return [
        {
            "recipe": text,
            "temperature_k": float(kelvin),
            "cell": geometry.name,
            **limits.record(row),
            "frozen": frozen[row],
        }
        for row, (text, kelvin) in enumerate(zip(texts, temperature_k.tolist(), strict=True))
    ]


def print_limits(records: Sequence[Mapping[str, Any]], geometry: CellGeometry) -> None:
    """Print limits, a row for each recipe and temperature, and then what they rest on."""
    console = output_console()
    console.print(f"{geometry.name}: {geometry.description}")
    grid = Table(box=None, pad_edge=False)
    for heading in ("recipe", "at", *_COLUMNS.values(), "limit"):
        grid.add_column(heading, overflow="fold")
    for record in records:
        grid.add_row(
            str(record["recipe"]),
            celsius(record["temperature_k"]),
            *(interval(record[name], 2) for name in _COLUMNS),
            record["cause"] or "-",
        )
    console.print(grid)
    for line in dict.fromkeys(_notes(records)):
        console.print(line)
    console.print(_LEFT_OUT)


def _notes(records: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for record in records:
        if record["frozen"]:
            yield f"? {record['recipe']} at {celsius(record['temperature_k'])}: {record['frozen']}"
        for name in ("depletion_rate_c", "ohmic_drop_mv"):
            if record[name]["reason"]:
                mark = "" if record[name]["in_domain"] else "? "
                yield f"{mark}{record['recipe']}: {_COLUMNS[name]}: {record[name]['reason']}"


def print_cells(cells: Sequence[CellGeometry]) -> None:
    """Print cells, a row each."""
    grid = Table(box=None, pad_edge=False)
    for heading in ("cell", "description", "separator, um", "source"):
        grid.add_column(heading, overflow="fold")
    for cell in cells:
        sources = ", ".join(cell.dois)
        grid.add_row(cell.name, cell.description, f"{cell.separator.thickness_um:g}", sources)
    output_console().print(grid)
