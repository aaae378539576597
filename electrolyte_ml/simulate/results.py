r"""The results table of a campaign, ratios between the halves of pairs, and pooled ratios.

Many short pairs are pooled: mean and spread of log(Na/Li), also against measured ratios.

The log10 of a simulated ratio is

.. math:: y_i = \mu + u_i + e_i, \qquad u_i \sim N(0, \tau^2), \quad e_i \sim N(0, s_i^2),

with :math:`s_i` the error of the recordings of pair :math:`i` and :math:`\tau` the spread between
electrolytes. :math:`\tau` is the value at which the weighted squares are as large as expected [1]_.

References
----------
.. [1] Paule, Mandel, J. Res. Natl. Bur. Stand. 1982, 87, 377. https://doi.org/10.6028/jres.087.022
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electrolyte_ml.files import make_folder
from electrolyte_ml.files import read_table as read_cells
from electrolyte_ml.files import write_table as write_cells
from electrolyte_ml.simulate.campaign import CampaignJob
from electrolyte_ml.simulate.force_field import ForceField
from electrolyte_ml.simulate.running import waiting_lock
from electrolyte_ml.simulate.templates import TABLES

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
class CationRatio:
    """Ratio of a quantity between two cations, all else equal.

    Attributes
    ----------
    labels
        Group, recipe, temperature, cation set and charge scale, and refinement of the solvents.
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
        "platform": result.get("platform", ""),
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
    make_folder(path.parent)
    write_cells(path, columns, ([row.get(name, "") for name in columns] for row in rows))


def update_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Add rows to a table, or replace those with the same key, and keep all others.

    Shards of a campaign on several machines may share one table: each waits for the other.

    Returns
    -------
    list of str
        Keys of all rows.
    """
    make_folder(path.parent)
    with waiting_lock(path.with_name(f"{path.name}.lock")):
        held: dict[str, Mapping[str, Any]] = {row["key"]: row for row in read_table(path)}
        held |= {row["key"]: row for row in rows}
        if held:
            write_table(path, list(held.values()))
    return list(held)


def read_table(path: Path) -> list[dict[str, str]]:
    """Rows of a table, as text; none if there is no table yet."""
    return read_cells(path) if path.is_file() else []


def of_default_force_field(row: Mapping[str, str]) -> bool:
    """Whether a row is of the default force field; a table that does not say is."""
    return ForceField.of_row(row) == ForceField()


def ratios(
    rows: Iterable[Mapping[str, Any]],
    column: str,
    over: str = "Na",
    under: str = "Li",
) -> list[CationRatio]:
    """Ratio of a column between two cations, over the seeds that both have.

    Single runs are too short to be quoted, so the ratio is that of means over seeds. The scatter of
    two or three seeds is a poor estimate of the error, so the error bars of the runs come first.

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
    list of CationRatio
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
            CationRatio(
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


MEASURED = TABLES / "measured_ratios.csv"

# No electrolytes differ by a factor of ten in this ratio.
_LARGEST_SPREAD = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Mean of log10 ratios over electrolytes.

    Attributes
    ----------
    mean_log10
        Mean.
    error_log10
        Its standard error.
    spread_log10
        Standard deviation between electrolytes, beyond the errors of their recordings.
    n_pairs
        Ratios behind it.
    """

    mean_log10: float
    error_log10: float
    spread_log10: float
    n_pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRatio:
    """A ratio of two conductivities that is known from experiment.

    Attributes
    ----------
    recipe
        Recipe of the sodium half.
    log10
        log10 of sodium over lithium.
    error_log10
        Its standard error.
    """

    recipe: str
    log10: float
    error_log10: float


def pool(values_log10: Sequence[float], errors_log10: Sequence[float]) -> Pooled:
    """Mean and spread of log10 ratios.

    Parameters
    ----------
    values_log10
        log10 of each ratio.
    errors_log10
        Standard error of each, above 0.

    Returns
    -------
    Pooled
        With a spread of NaN for a single ratio.

    Raises
    ------
    ValueError
        If there is nothing to pool.
    """
    if not values_log10:
        raise ValueError("no ratios to pool")
    spread = _spread(values_log10, errors_log10)
    weights = _weights(errors_log10, spread)
    mean = sum(w * y for w, y in zip(weights, values_log10, strict=True)) / sum(weights)
    return Pooled(
        mean_log10=mean,
        error_log10=1 / math.sqrt(sum(weights)),
        spread_log10=spread if len(values_log10) > 1 else math.nan,
        n_pairs=len(values_log10),
    )


def pool_ratios(ratios: Iterable[CationRatio]) -> dict[tuple[str, str], Pooled]:
    """Pool ratios by cation set and charge scale; those without an error bar are left out."""
    grouped: dict[tuple[str, str], list[CationRatio]] = defaultdict(list)
    for ratio in ratios:
        if math.isfinite(ratio.error) and ratio.value > 0:
            grouped[_setting(ratio)].append(ratio)
    return {
        setting: pool([r.log10 for r in held], [r.error_log10 for r in held])
        for setting, held in grouped.items()
    }


def against_measured(
    ratios: Iterable[CationRatio], measured: Iterable[MeasuredRatio]
) -> dict[tuple[str, str], Pooled]:
    """Pool simulated less measured log10 ratios, by cation set and charge scale.

    Parameters
    ----------
    ratios
        Simulated ratios.
    measured
        Measured ratios; recipes without one are left out.

    Returns
    -------
    dict
        (cation set, charge scale) to the mean deviation and its spread.
    """
    known = {m.recipe: m for m in measured}
    grouped: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for ratio in ratios:
        truth = known.get(ratio.labels["recipe"])
        if truth is not None and math.isfinite(ratio.error) and ratio.value > 0:
            error = math.hypot(ratio.error_log10, truth.error_log10)
            grouped[_setting(ratio)].append((ratio.log10 - truth.log10, error))
    return {
        setting: pool([d for d, _ in held], [e for _, e in held])
        for setting, held in grouped.items()
    }


def measured_ratios(path: Path = MEASURED) -> list[MeasuredRatio]:
    """The ratios that are known; sources are in the table."""
    return [
        MeasuredRatio(
            recipe=row["recipe"],
            log10=math.log10(float(row["ratio"])),
            error_log10=float(row["error_log10"]),
        )
        for row in read_cells(path)
    ]


def _setting(ratio: CationRatio) -> tuple[str, str]:
    labels: Mapping[str, str] = ratio.labels
    return labels["cation_set"], labels["charge_scale"]


def _spread(values: Sequence[float], errors: Sequence[float]) -> float:
    """Spread at which there is no surplus; 0 if the errors explain all."""
    if len(values) < 2 or _surplus(values, errors, 0.0) <= 0:
        return 0.0
    if _surplus(values, errors, _LARGEST_SPREAD) >= 0:
        return _LARGEST_SPREAD
    from scipy.optimize import brentq

    root: float = brentq(lambda spread: _surplus(values, errors, spread), 0.0, _LARGEST_SPREAD)
    return root


def _weights(errors: Sequence[float], spread: float) -> list[float]:
    return [1 / (error**2 + spread**2) for error in errors]


def _surplus(values: Sequence[float], errors: Sequence[float], spread: float) -> float:
    """Weighted squares less their expectation; falls with the spread."""
    weights = _weights(errors, spread)
    mean = sum(w * y for w, y in zip(weights, values, strict=True)) / sum(weights)
    squares = sum(w * (y - mean) ** 2 for w, y in zip(weights, values, strict=True))
    return squares - (len(values) - 1)
