"""The results table of a campaign, a row a job, and the ratios between the halves of pairs."""

from __future__ import annotations

import csv
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electrolyte_ml.simulate.campaign import CampaignJob
from electrolyte_ml.simulate.force_field import ForceField

_ESTIMATES = (
    "density_g_cm3",
    "relative_permittivity",
    "nernst_einstein_ms_cm",
    "nernst_einstein_short_ms_cm",
    "einstein_helfand_ms_cm",
    "nernst_einstein_corrected_ms_cm",
)
_FRACTIONS = ("contact", "separated", "free", "aggregated", "residence_ps")
_REFINEMENTS = (
    "solvent_set",
    "solvent_charge_scale",
    "solvent_epsilon_scale",
    "solvent_sigma_scale",
)
_PAIR_KEYS = ("group", "recipe", "temperature_k", "cation_set", "charge_scale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Ratio of a quantity between two cations, all else equal.

    Attributes
    ----------
    labels
        Group, recipe, temperature, cation set and charge scale, and what refines the solvents.
    value
        Ratio of the means over seeds.
    error
        Its standard error: from the error bars of the runs where the table holds them, else from
        the scatter between seeds; NaN where there is neither.
    n_seeds
        Seeds that both halves have.
    """

    labels: Mapping[str, str]
    value: float
    error: float
    n_seeds: int

    @property
    def log10(self) -> float:
        """log10 of the ratio."""
        return math.log10(self.value)

    @property
    def error_log10(self) -> float:
        """Standard error of `log10`, to first order."""
        return self.error / self.value / math.log(10)


def result_row(entry: CampaignJob, result: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the table: inputs, realised composition, estimates with error and convergence."""
    job = entry.job
    anions = ";".join(c.name for c in job.composition.anions)
    row: dict[str, Any] = {
        "key": job.key,
        "group": entry.group,
        "recipe": entry.recipe,
        "realised": result["recipe"],
        "formulation_key": result["formulation_key"],
        "counts": " ".join(f"{c.name}:{c.count}" for c in job.composition.components),
        "cation": entry.cation,
        "anion": anions,
        "temperature_k": job.temperature_k,
        "cation_set": job.force_field.cation_set,
        "charge_scale": job.force_field.charge_scale,
        "solvent_set": job.force_field.solvent_set,
        "solvent_charge_scale": job.force_field.solvent_charge_scale,
        "solvent_epsilon_scale": job.force_field.solvent_epsilon_scale,
        "solvent_sigma_scale": job.force_field.solvent_sigma_scale,
        "seed": job.seed,
        "nvt_ps": job.protocol.nvt_ps,
        "time_step_fs": job.protocol.time_step_fs,
        "length_nm": round(result["length_nm"], 5),
        "ns_per_day": round(result["ns_per_day"], 1),
    }
    for name in _ESTIMATES:
        row |= _cells(name, result.get(name))
    pairing = result["pairing"].get(entry.cation, {})
    for name in _FRACTIONS:
        row |= _cells(f"pair_{name}", pairing.get(name))
    row["viscosity_mpa_s"] = _rounded(result["viscosity_mpa_s"])
    row["yeh_hummer_1e10_m2_s"] = _rounded(result.get("yeh_hummer_correction_1e10_m2_s"))
    for kind in ("diffusion", "diffusion_corrected"):
        row |= _diffusion_cells(kind, entry, result.get(f"{kind}_1e10_m2_s", {}))
    shells = result["coordination"].get(entry.cation, [])
    row["coordination"] = _joined(
        (f"{s['species']}.{s['element']}", s["number"]["value"]) for s in shells
    )
    row["coordination_peak_nm"] = _joined(
        (f"{s['species']}.{s['element']}", s["peak_nm"]) for s in shells
    )
    return row


def _diffusion_cells(
    kind: str, entry: CampaignJob, diffusion: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Cells of the cation, the anion and all solvents, each with its error."""
    composition = entry.job.composition
    anions = ";".join(c.name for c in composition.anions)
    row = _cells(f"{kind}_cation_1e10_m2_s", diffusion.get(entry.cation))
    row |= _cells(f"{kind}_anion_1e10_m2_s", diffusion.get(anions))
    solvents = [c.name for c in composition.solvents if c.name in diffusion]
    for column, key in (
        (f"{kind}_solvents_1e10_m2_s", "value"),
        (f"{kind}_solvents_1e10_m2_s_error", "error"),
    ):
        row[column] = _joined((name, diffusion[name][key]) for name in solvents)
    return row


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the table atomically, so that a reader never sees half of it."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    temporary = path.with_suffix(".tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(temporary, path)


def read_table(path: Path) -> list[dict[str, str]]:
    """Rows of a table, as text; none if there is no table yet."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of_default_force_field(row: Mapping[str, str]) -> bool:
    """Whether a row is of the default force field; a table that does not say is."""
    return ForceField.of_row(row) == ForceField()


def ratios(
    rows: Iterable[Mapping[str, Any]],
    column: str,
    over: str = "Na",
    under: str = "Li",
) -> list[Ratio]:
    """Ratio of a column between two cations, over the seeds that both have.

    Single runs are too short to be quoted; their mean over seeds is what the ratio is made of. Two
    or three seeds say little about their own scatter, so the error bars of the runs come first.

    Parameters
    ----------
    rows
        Rows of the table.
    column
        A positive quantity, such as ``nernst_einstein_ms_cm``.
    over, under
        Cations of numerator and denominator.

    Returns
    -------
    list of Ratio
        One for each recipe, temperature and force field that has both.
    """
    values: dict[tuple[tuple[str, str], ...], dict[str, dict[str, tuple[float, float]]]] = (
        defaultdict(lambda: defaultdict(dict))
    )
    for row in rows:
        if row.get(column) not in {None, ""}:
            labels = tuple((key, str(row[key])) for key in _PAIR_KEYS)
            labels += tuple(_refinement(row))
            error = row.get(f"{column}_error")
            values[labels][row["cation"]][str(row["seed"])] = (
                float(row[column]),
                float(error) if error not in {None, ""} else math.nan,
            )
    found = []
    for labels, cations in values.items():
        seeds = sorted(set(cations[over]) & set(cations[under]))
        if not seeds:
            continue
        top, bottom = ([cations[c][s] for s in seeds] for c in (over, under))
        value = sum(v for v, _ in top) / sum(v for v, _ in bottom)
        error = value * math.hypot(_relative_error(top), _relative_error(bottom))
        found.append(
            Ratio(
                labels=dict(labels),
                value=value,
                error=error,
                n_seeds=len(seeds),
            )
        )
    return found


def _refinement(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Columns of a row that refine its solvents; a factor of 1 refines nothing."""
    for key in _REFINEMENTS:
        held = str(row.get(key) or "")
        if held not in {"", "1", "1.0"}:
            yield key, held


def _relative_error(runs: Sequence[tuple[float, float]]) -> float:
    """Standard error of the mean of runs, by their mean."""
    n = len(runs)
    mean = sum(value for value, _ in runs) / n
    errors = [error for _, error in runs]
    if not any(math.isnan(error) for error in errors):
        return math.sqrt(sum(error**2 for error in errors)) / n / mean
    if n < 2:
        return math.nan
    variance = sum((value - mean) ** 2 for value, _ in runs) / (n - 1)
    return math.sqrt(variance / n) / mean


def _cells(name: str, estimate: Mapping[str, Any] | None) -> dict[str, Any]:
    if estimate is None:
        return {name: "", f"{name}_error": "", f"{name}_converged": ""}
    return {
        name: _rounded(estimate["value"]),
        f"{name}_error": _rounded(estimate["error"]),
        f"{name}_converged": estimate["converged"],
    }


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def _joined(pairs: Iterable[tuple[str, float | None]]) -> str:
    return " ".join(f"{name}:{_rounded(value)}" for name, value in pairs)
