"""Output of stability windows of recipes and of limits of species."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from rich.table import Table

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.intervals import COVERAGE
from electrolyte_ml.models.window import RecipeWindows, WindowModel
from electrolyte_ml.models.window.limits import (
    MODEL,
    OXIDATION,
    REDUCTION,
    TABLE,
    SpeciesLimit,
    SpeciesWindow,
)
from electrolyte_ml.models.window.species import NO_ANION_REDUCTION
from electrolyte_ml.quantum.electrodes import ReferenceElectrode
from electrolyte_ml.quantum.table import LimitRow
from electrolyte_ml.report.text import output_console

_ELECTRODES = {
    "negative": "negative electrode",
    "positive": "positive electrode",
    "both": "both electrodes",
}


_NONE = "-"


def window_text(record: Mapping[str, Any]) -> str:
    """Both limits of a scored recipe with the components that set them, and their reference.

    Such as ``-0.8 EC to 6.2 DEC vs Na/Na+``.
    """
    sides = [record["reduction_limit_v"], record["oxidation_limit_v"]]
    lower, upper = (_limit_text(side) for side in sides)
    if lower == upper == _NONE:
        return _NONE
    return f"{lower} to {upper} vs {sides[0]['reference']}"


def _limit_text(side: Mapping[str, Any]) -> str:
    if side["value"] is None:
        return _NONE
    flag = "" if side["in_domain"] else " ?"
    return f"{side['value']:z.1f} {side['limiting_species']}{flag}"


def caveat() -> str:
    """One line below every printed window."""
    cells = _comparisons()["reported in cells", OXIDATION, TABLE]
    return (
        "window: one-electron limits of isolated molecules; cells usually tolerate about "
        f"{cells['bias_v']:.0f} V less. Details: electrolyte-ml window show --help"
    )


@cache
def validation() -> str:
    """Meaning of limits, and their errors against theory and experiment, from the model file."""
    rows = _comparisons()
    reference = "wB97X, species of the catalog"
    oxidation, reduction = (rows[reference, axis, TABLE] for axis in (OXIDATION, REDUCTION))
    learned = [rows[reference, axis, MODEL] for axis in (OXIDATION, REDUCTION)]
    carbon = rows["measured on glassy carbon", OXIDATION, TABLE]
    cells = rows["reported in cells", OXIDATION, TABLE]
    support = _training()["practical_support"]["reported in cells"]
    return (
        "Limits are one-electron limits of isolated molecules; films on electrodes are not part of "
        "them. Mean absolute errors against density functional theory on "
        f"{oxidation['n']} solvents left out: oxidation {oxidation['mae_v']:.2f} V and reduction "
        f"{reduction['mae_v']:.2f} V "
        f"where computed (table), {learned[0]['mae_v']:.2f} V and {learned[1]['mae_v']:.2f} V "
        f"where learned (model); {oxidation['shift_v']:.2f} V, the difference of this theory to a "
        "published one, are subtracted from oxidation limits first. Intervals are of this theory "
        "and not of measurements. Oxidation limits differ from those measured on glassy carbon by "
        f"{carbon['mae_v']:.1f} V (mean absolute error of {carbon['n']} solvents, rank correlation "
        f"{carbon['spearman']:.2f}); intervals hold {carbon['coverage']:.0%} of them. They lie "
        f"{cells['bias_v']:.1f} V above the voltages at which {cells['n']} solvents were reported "
        "to work in cells: cells usually tolerate less. A line through limits predicts those "
        f"voltages with an error of {support['line_mae_v']:.2f} V, their mean alone with "
        f"{support['mean_mae_v']:.2f} V, so no limit of cells is predicted."
    )


def _training() -> dict[str, Any]:
    record: dict[str, Any] = WindowModel.FILES.read_record()["training"]
    return record


def _comparisons() -> dict[tuple[str, str, str], dict[str, Any]]:
    """Errors of the window model by reference, limit and tier."""
    return {(r["reference"], r["axis"], r["tier"]): r for r in _training()["comparisons"]}


def window_records(
    formulations: Sequence[Formulation], windows: Iterable[RecipeWindows]
) -> list[dict[str, Any]]:
    """One record per recipe and reference electrode."""
    return [
        {
            "recipe": formulation.notation(),
            "key": formulation.key,
            "oxidation_limit_v": window.oxidation_limit_v.record(row),
            "reduction_limit_v": window.reduction_limit_v.record(row),
            "reference": _scale(window.references[row]),
            "anion_band_v": window.anion_band_v[row],
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
            "caveat": validation(),
        }
        for window in windows
        for row, formulation in enumerate(formulations)
    ]


def _scale(electrode: ReferenceElectrode) -> dict[str, Any]:
    return {
        "name": electrode.name,
        "above_lithium_v": electrode.above_lithium_v,
        "uncertainty_v": electrode.uncertainty_v,
        "source": electrode.source,
    }


def print_windows(records: Sequence[Mapping[str, Any]]) -> None:
    """Print windows, the species that set them, and known film formers."""
    console = output_console()
    table = Table(box=None, pad_edge=False)
    for heading in ("recipe", "against", "reduction limit, V", "oxidation limit, V"):
        table.add_column(heading, overflow="fold")
    notes: dict[str, None] = {}
    several = len({record["recipe"] for record in records}) > 1
    for record in records:
        of = f"{record['recipe']}: " if several else ""
        sides = [record["reduction_limit_v"], record["oxidation_limit_v"]]
        table.add_row(record["recipe"], sides[0]["reference"], *map(_side_text, sides))
        for name, side in zip(("reduction", "oxidation"), sides, strict=True):
            if side["reason"]:
                notes[f"{of}{name}: {side['reason']}"] = None
        for name in record["not_limiting"]:
            notes[f"{of}{name} reacts first, too little of it to limit"] = None
        for film in record["passivation"]:
            checked = "" if film["verified"] else ", unchecked"
            notes[
                f"{of}{film['species']} is known to form a film on the "
                f"{_ELECTRODES[film['electrode']]} ({film['film']}; {film['source']}{checked})"
            ] = None
    console.print(table)
    console.print(
        f"in brackets: interval that holds {sides[0]['coverage']:.0%} of limits by density "
        "functional theory, wider by the electrode's scale"
        + "".join(f"; {text}" for text in _widened(records))
    )
    if any(record["anion_band_v"] for record in records):
        console.print(NO_ANION_REDUCTION)
    for note in notes:
        console.print(note)
    console.print(caveat())


def _widened(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Reasons why intervals are wider, in words."""
    scales = {r["reference"]["name"]: r["reference"] for r in records}
    texts = [
        f"{name} lies {scale['above_lithium_v']:.2f} +- {scale['uncertainty_v']:.2f} V above Li/Li+"
        for name, scale in scales.items()
        if scale["above_lithium_v"] or scale["uncertainty_v"]
    ]
    band = max(record["anion_band_v"] for record in records)
    if band:
        texts.append(f"oxidation reaches {band:.1f} V further down for an anion beside the solvent")
    return texts


def interval_text(side: Mapping[str, Any]) -> str:
    """A limit with its interval, and ``?`` outside the domain."""
    flag = "" if side["in_domain"] else " ?"
    return f"{side['value']:.2f} ({side['low']:.2f} to {side['high']:.2f}){flag}"


def _side_text(side: Mapping[str, Any]) -> str:
    if side["value"] is None:
        return "-"
    return f"{interval_text(side)} {side['limiting_species']}, {side['tier']}"


def species_records(
    windows: Sequence[SpeciesWindow], electrode: ReferenceElectrode, given: Sequence[str]
) -> list[dict[str, Any]]:
    """One record per molecule or ion as it was `given`; potentials against `electrode`."""

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
            "given": text,
            "smiles": window.smiles,
            "oxidation_limit_v": side(window.oxidation),
            "reduction_limit_v": side(window.reduction),
            "missing": window.missing,
            "reference": electrode.name,
        }
        for text, window in zip(given, windows, strict=True)
    ]


def print_species(records: Sequence[Mapping[str, Any]]) -> None:
    """Print limits of molecules and ions."""
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
    """Rows of a table of computed limits, for JSON."""
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
