"""How windows are written for people, with what they leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from rich.table import Table

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.window import RecipeWindows
from electrolyte_ml.models.window.artefact import read_record
from electrolyte_ml.models.window.species_limits import NO_ANION_REDUCTION
from electrolyte_ml.quantum.table import LimitRow
from electrolyte_ml.report.text import output_console

WINDOW_HEADING = "window, V vs Na/Na+"


def window_text(record: Mapping[str, Any]) -> str:
    """Both limits of a scored recipe with the components that set them: ``-0.8 EC to 6.2 DEC``."""
    sides = [record["reduction_limit_v"], record["oxidation_limit_v"]]
    return " to ".join(_limit_text(side) for side in sides)


def _limit_text(side: Mapping[str, Any]) -> str:
    if side["value"] is None:
        return "-"
    flag = "" if side["in_domain"] else " ?"
    return f"{side['value']:.1f} {side['limiting_species']}{flag}"


@cache
def caveat() -> str:
    """What a printed window means, with how far such limits were from experiments."""
    rows = {
        (row["reference"], row["tier"]): row for row in read_record()["training"]["comparisons"]
    }
    carbon = rows["measured on glassy carbon", "table"]
    cells = rows["reported in cells", "table"]
    return (
        "windows are one-electron limits of single molecules; cells usually tolerate less: "
        f"oxidation limits lay {cells['bias_v']:.1f} V above the voltages that {cells['n']} "
        f"solvents were reported to work at in cells, and {carbon['mae_v']:.1f} V from limits "
        f"measured on glassy carbon (mean absolute error, {carbon['n']} solvents, rank correlation "
        f"{carbon['spearman']:.2f}); a film on the electrode is not part of them"
    )


def window_records(
    formulations: Sequence[Formulation], windows: Iterable[RecipeWindows]
) -> list[dict[str, Any]]:
    """One record a recipe and reference electrode."""
    return [
        {
            "recipe": formulation.notation(),
            "key": formulation.key,
            "oxidation_limit_v": window.oxidation_limit_v.record(row),
            "reduction_limit_v": window.reduction_limit_v.record(row),
            "not_limiting": list(window.not_limiting[row]),
            "passivation": [
                {
                    "species": film.name,
                    "electrode": film.electrode,
                    "film": film.film,
                    "source": film.source,
                    "verified": film.verified,
                }
                for film in window.passivation[row]
            ],
        }
        for window in windows
        for row, formulation in enumerate(formulations)
    ]


def print_windows(records: Sequence[Mapping[str, Any]]) -> None:
    """Print windows, the species that set them, and what is known of films."""
    console = output_console()
    table = Table(box=None, pad_edge=False)
    for heading in ("recipe", "against", "reduction limit, V", "oxidation limit, V"):
        table.add_column(heading, overflow="fold")
    notes: dict[str, None] = {}
    for record in records:
        sides = [record["reduction_limit_v"], record["oxidation_limit_v"]]
        table.add_row(record["recipe"], sides[0]["reference"], *map(_interval_text, sides))
        for name, side in zip(("reduction", "oxidation"), sides, strict=True):
            if side["reason"]:
                notes[f"{record['recipe']}, {name}: {side['reason']}"] = None
        for name in record["not_limiting"]:
            notes[f"{record['recipe']}: {name} reacts first, too little of it to limit"] = None
        for film in record["passivation"]:
            checked = "" if film["verified"] else ", unchecked"
            notes[
                f"{record['recipe']}: {film['species']} is known to form a film on the "
                f"{_ELECTRODES[film['electrode']]} ({film['film']}; {film['source']}{checked})"
            ] = None
    console.print(table)
    coverage = sides[0]["coverage"]
    console.print(
        f"in brackets: interval that holds {coverage:.0%} of limits by density functional theory, "
        "wider by the anion and the electrode's scale"
    )
    console.print(f"no limit of an anion's reduction: {NO_ANION_REDUCTION}")
    for note in notes:
        console.print(note)
    console.print(caveat())


_ELECTRODES = {
    "negative": "negative electrode",
    "positive": "positive electrode",
    "both": "both electrodes",
}


def _interval_text(side: Mapping[str, Any]) -> str:
    if side["value"] is None:
        return "-"
    flag = "" if side["in_domain"] else " ?"
    return (
        f"{side['value']:.2f} ({side['low']:.2f} to {side['high']:.2f}){flag} "
        f"{side['limiting_species']}, {side['tier']}"
    )


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
    console.print("as computed, before calibration against density functional theory")
    console.print(caveat())
