"""How limits of single species are written for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from electrolyte_ml.models.window.coverage import COVERAGE
from electrolyte_ml.models.window.prediction import SpeciesLimit, SpeciesWindow
from electrolyte_ml.models.window.species_limits import NO_ANION_REDUCTION
from electrolyte_ml.quantum.electrodes import ReferenceElectrode
from electrolyte_ml.quantum.table import LimitRow
from electrolyte_ml.report.text import output_console
from electrolyte_ml.report.window import caveat, interval_text


def species_records(
    windows: Sequence[SpeciesWindow], electrode: ReferenceElectrode
) -> list[dict[str, Any]]:
    """One record a molecule or ion, potentials counted from an electrode."""

    def side(limit: SpeciesLimit | None) -> dict[str, Any] | None:
        if limit is None:
            return None
        value, low, high = limit.against(electrode)
        return {
            "value": value,
            "low": low,
            "high": high,
            "coverage": COVERAGE,
            "in_domain": limit.in_domain,
            "reason": limit.reason,
            "tier": limit.tier,
        }

    return [
        {
            "smiles": window.smiles,
            "oxidation_limit_v": side(window.oxidation),
            "reduction_limit_v": side(window.reduction),
            "missing": window.missing,
            "reference": electrode.name,
        }
        for window in windows
    ]


def print_species(records: Sequence[Mapping[str, Any]]) -> None:
    """Print limits of molecules and ions, and what they mean."""
    console = output_console()
    table = Table(box=None, pad_edge=False)
    for heading in ("species", "against", "reduction limit, V", "oxidation limit, V", "remarks"):
        table.add_column(heading, overflow="fold")
    for record in records:
        sides = [record["reduction_limit_v"], record["oxidation_limit_v"]]
        remarks = dict.fromkeys(side["reason"] for side in sides if side and side["reason"])
        table.add_row(
            record["smiles"],
            record["reference"],
            *("-" if side is None else f"{interval_text(side)}, {side['tier']}" for side in sides),
            "; ".join([*remarks, *([record["missing"]] if record["missing"] else [])]),
        )
    console.print(table)
    console.print(caveat())


def limit_records(rows: Sequence[LimitRow]) -> list[dict[str, Any]]:
    """Rows of a table of computed limits as JSON has them."""
    return [
        {
            "smiles": row.smiles,
            "inchikey": row.inchikey,
            "protocol": row.protocol,
            "oxidation_limit_v": row.oxidation_limit_v,
            "reduction_limit_v": row.reduction_limit_v,
            "reference": "Li/Li+",
            "oxidation_bonds": list(row.oxidation_bonds),
            "reduction_bonds": list(row.reduction_bonds),
            "failure": row.failure or None,
        }
        for row in rows
    ]


def print_limits(rows: Sequence[LimitRow]) -> None:
    """Print computed limits of molecules."""
    console = output_console()
    table = Table(box=None, pad_edge=False)
    for heading in ("molecule", "oxidation, V vs Li/Li+", "reduction, V vs Li/Li+", "remarks"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        remarks = [row.failure] if row.failure else []
        remarks += [f"oxidised: {b}" for b in row.oxidation_bonds]
        remarks += [f"reduced: {b}" for b in row.reduction_bonds]
        remarks += [NO_ANION_REDUCTION] if row.charge < 0 and not row.failure else []
        table.add_row(
            row.smiles,
            *(
                "-" if value is None else f"{value:.2f}"
                for value in (row.oxidation_limit_v, row.reduction_limit_v)
            ),
            "; ".join(remarks),
        )
    console.print(table)
    if not all(row.protocol.startswith("dft") for row in rows):
        console.print("as computed, before calibration against density functional theory")
    console.print(caveat())
