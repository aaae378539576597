"""Leaderboards of benchmark results, on the terminal, in Markdown and in JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from electrolyte_ml.files import make_folder, write_text
from electrolyte_ml.report.text import dump_json, output_console

if TYPE_CHECKING:
    from electrolyte_ml.benchmarks.runner import SuiteResult


_SPREAD, _ERROR = "_sd", "_se"

#: Heading of each metric, and a definition where the heading needs one.
HEADINGS: dict[str, tuple[str, str]] = {
    "n": ("n", "rows tested, or experiments of a search"),
    "n_unanswered": ("none", "rows that the model gives no value for"),
    "seeds": ("seeds", ""),
    "folds": ("folds", ""),
    "mae": ("MAE", "mean absolute error in the unit of the task"),
    "rmse": ("RMSE", "root of the mean squared error in the unit of the task"),
    "rmse_1000_shots": ("1000 shots", "RMSE with kernel values counted from 1,000 runs"),
    "rmse_above_rbf": ("over RBF", "RMSE less that of the RBF kernel on the same rows"),
    "rmse_above_rbf_se": ("+- RBF", "its standard error, of the groups left out and of the seeds"),
    "r2": ("R2", ""),
    "mae_log10": ("MAE lg", "mean absolute error of the decadic logarithm"),
    "r2_log10": ("R2 lg", ""),
    "spearman": ("rho", "Spearman's rank correlation"),
    "pairs_right": ("pairs", "share of pairs of rows that are ranked right"),
    "n_would_be_unknown": ("unknown", "rows for which a score would show no value"),
    "mae_log10_after_4": ("MAE lg 4", "MAE lg of the other half after four measurements"),
    "mae_log10_after_8": ("MAE lg 8", "the same after eight"),
    "median_ape_percent": ("med %", "median of the relative error, percent"),
    "worst_group_mae": ("worst", "MAE of the worst group held out"),
    "median_group_mae": ("med gr", "median of the groups' MAE"),
    "worst_group_mae_log10": ("worst", "MAE lg of the worst group held out"),
    "median_group_mae_log10": ("med gr", "median of the groups' MAE lg"),
    "bias": ("bias", "mean of measured - predicted"),
    "bias_log10": ("bias", "mean of lg measured - lg predicted"),
    "coverage": ("cover", "share of measurements inside the 90 % interval"),
    "width": ("width", "median width of the interval"),
    "width_log10": ("width", "median width of the interval in lg"),
    "width_percent": ("width %", "median width of the interval, percent of the value"),
    "groups_covered_80": ("gr80", "share of groups of which at least 80 % are inside"),
    "n_flagged": ("flag", "rows that the model flags as outside its domain"),
    "mae_in_domain": ("in", "MAE of the rows that are not flagged"),
    "mae_flagged": ("out", "MAE of the flagged rows"),
    "mae_log10_in_domain": ("in", "MAE lg of the rows that are not flagged"),
    "mae_log10_flagged": ("out", "MAE lg of the flagged rows"),
    "mae_log10_simulated": ("sim", "MAE lg of the rows whose anion was simulated"),
    "n_simulated": ("n sim", "rows whose anion was simulated"),
    "n_not_positive": ("<= 0", "predictions that are not positive; lg takes the lowest measured"),
    "mape_percent": ("mean %", "mean of the relative error, percent"),
    "worst_ape_percent": ("worst %", "largest relative error, percent"),
    "value": ("value", "predicted, in the unit of the task"),
    "off_range_percent": ("off %", "mean of how far values lie outside of the range, percent"),
    "within_15_percent": ("in 15 %", "share of values at most 15 % outside of the range"),
    "regret_percent": ("regret %", "how far the best recipe found is below the best there is"),
    "experiments_to_95": ("to 95 %", "experiments until 95 % of the best there is"),
    "reached_95": ("reached", "share of searches or lists that got there"),
    "chemistries": ("kinds", "distinct chemistries: salts with families of the main solvents"),
    "regret_percent_ahead": ("ahead regret", "regret that the first model of the table has less"),
    "reached_95_ahead": ("ahead reached", "share that it reaches more often"),
    "chemistries_ahead": ("ahead kinds", "chemistries that it has more"),
    "hypervolume_percent": ("HV %", "hypervolume of the trade-offs found, of the best there are"),
    "fit_cpu_s": ("fit s", "CPU seconds of one fit"),
    "gain_log10": ("gain", "MAE lg that simulations save"),
    "gain_error_log10": ("+-", "standard error of the gain, one group after the other left out"),
    "gain_groups_log10": ("gain gr", "mean over groups of the MAE lg that simulations save"),
    "gain_groups_error_log10": ("+- gr", "its standard error, by the scatter of the groups"),
    "n_simulations": ("sims", "simulations that correct the model"),
    "simulation_error_log10": ("noise", "their error bars, root mean square in lg"),
    "simulation_scatter_log10": ("scatter", "their scatter beside the error bars in lg"),
    "lg_off_diagonal_mean": ("lg mean", "lg of the mean of the kernel between different rows"),
    "lg_off_diagonal_variance": ("lg var", "lg of the variance of the kernel between them"),
    "time_of_rbf": ("time", "time of a row of the kernel matrix over that of the RBF kernel"),
    "time_of_rbf_1000_shots": ("time, shots", "the same with values counted from 1,000 runs"),
    "per_second": ("1/s", "items handled in a second"),
    "share_of_plain": ("of plain", "rate over that of plain prediction of all properties"),
    "efficiency": ("effic", "rate by worker over that of one process alone"),
    "piece_ms": ("piece ms", "milliseconds to hand out a piece of work and take it back"),
    "own_us": ("own us", "microseconds of the process that hands out the work, by row"),
    "n_different": ("differ", "parts that differ from those of one process"),
    "memory_mb": ("MB", "largest memory of the process"),
    "bytes_per_recipe": ("bytes", "size of the parts on disk, by recipe"),
    "leaders_s_per_million": ("lead s", "seconds to find the leaders, by million recipes"),
    "latency_ms": ("ms", "milliseconds for one item"),
    "n_modules": ("modules", "modules that are imported"),
    "reference_ms": ("ref ms", "milliseconds of the reference workload"),
    "speed_ratio": ("ratio", "items handled in the time of the reference workload"),
}


def shown_metrics(tasks: list[dict[str, Any]]) -> list[str]:
    """Metrics of any task, in the order of `HEADINGS`, then others."""
    held = dict.fromkeys(name for task in tasks for name in task["metrics"] if name != "seed")
    known = dict.fromkeys(
        n
        for heading in HEADINGS
        for n in (heading, heading + _SPREAD, heading + _ERROR)
        if n in held
    )
    return [*known, *(n for n in held if n not in known)]


def heading_of(metric: str) -> tuple[str, str]:
    """Heading and definition of a metric; an unknown metric keeps its name."""
    if metric in HEADINGS:
        return HEADINGS[metric]
    if metric.endswith(_ERROR) and metric.removesuffix(_ERROR) in HEADINGS:
        return "+-", "standard error of the number before it, over seeds"
    whole = metric.removesuffix(_SPREAD)
    if whole != metric and whole in HEADINGS:
        return "sd", "standard deviation over seeds of the number before it"
    return metric, ""


def cell(value: object) -> str:
    """A number of a leaderboard as text."""
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 1000 else f"{value:.0f}"
    return "-" if value is None else str(value)


def leaderboard_markdown(result: dict[str, Any]) -> str:
    """A leaderboard as Markdown: a table for each task and split, and its provenance."""
    lines = [f"# Suite `{result['suite']}`", ""]
    environment = result["environment"]
    packages = ", ".join(f"{name} {v}" for name, v in environment["packages"].items())
    lines += [
        f"electrolyte_ml {environment['electrolyte_ml']}, seed {result['seed']}; "
        f"Python {environment['python']} on {environment['platform']}; {packages}.",
        "",
    ]
    for name in dict.fromkeys((t["task"], t["split"]) for t in result["tasks"]):
        of_one = [t for t in result["tasks"] if (t["task"], t["split"]) == name]
        lines += _table(name[0], name[1], of_one, result["split_sha256"].get("; ".join(name)))
        lines += _subset_lines(of_one)
    lines += _paired(result.get("paired", []))
    named = [pair for pair in map(heading_of, shown_metrics(result["tasks"])) if pair[1]]
    lines += [f"- {heading}: {meaning}" for heading, meaning in dict.fromkeys(named)]
    lines += _skipped(result["skipped"])
    data = [f"- `{name}`: `{digest}`" for name, digest in result["data_sha256"].items()]
    lines += ["", "SHA-256 of the data files:", "", *data] if data else []
    return "\n".join(lines) + "\n"


def _table(task: str, split: str, tasks: list[dict[str, Any]], digest: str | None) -> list[str]:
    shown = shown_metrics(tasks)
    rows = [
        f"| {t['model']} | " + " | ".join(cell(t["metrics"].get(m)) for m in shown) + " |"
        for t in tasks
    ]
    return [
        f"## {split}: {task}",
        "",
        *([f"Rows: SHA-256 `{digest}`.", ""] if digest else []),
        "| model | " + " | ".join(heading_of(m)[0] for m in shown) + " |",
        "|---|" + "---:|" * len(shown),
        *rows,
        "",
    ]


def _subset_table(tasks: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of a table of parts of the tested rows: a line a part, all models beside.

    Of every model, metrics of `HEADINGS` that any part has; ``n`` is the same for all.
    """
    of_parts = [m for t in tasks for m in t.get("subsets", {}).values()]
    shown = [n for n in HEADINGS if n != "n" and any(n in metrics for metrics in of_parts)]
    columns = [
        (task, name)
        for task in tasks
        for name in shown
        if any(name in metrics for metrics in task.get("subsets", {}).values())
    ]
    parts = dict.fromkeys(part for task in tasks for part in task.get("subsets", {}))
    rows = []
    for part in parts:
        held = [task["subsets"][part] for task in tasks if part in task.get("subsets", {})]
        numbers = [cell(t.get("subsets", {}).get(part, {}).get(name)) for t, name in columns]
        rows.append([part, cell(held[0]["n"]), *numbers])
    headings = [f"{task['model']}: {heading_of(name)[0]}" for task, name in columns]
    return ["tested rows", "n", *headings], rows


def _subset_lines(tasks: list[dict[str, Any]]) -> list[str]:
    headings, rows = _subset_table(tasks)
    if not rows:
        return []
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(headings)} |", "|---|" + "---:|" * (len(headings) - 1), *lines, ""]


def _paired(rows: list[dict[str, Any]]) -> list[str]:
    """Paired comparisons of strategies in the same simulated laboratories, a line each."""
    if not rows:
        return []
    lines = [
        f"| {r['split']} | {r['rival']} | {r['ahead']:.1f} +- {r['ahead_se']:.1f} "
        f"| {r['ahead_all_along']:.1f} +- {r['ahead_all_along_se']:.1f} "
        f"| {r['won']} / {r['lost']} | {'-' if r['p'] is None else format(r['p'], '.3f')} |"
        for r in rows
    ]
    return [
        "## In the same worlds",
        "",
        f"How far {rows[0]['model']} is ahead of each other strategy, percent of what there is",
        f"to find, seed by seed ({rows[0]['seeds']} seeds): mean and its standard error, in the",
        "end and over all experiments; seeds won and lost in the end; one-sided p of Wilcoxon's",
        "signed-rank test.",
        "",
        "| split | against | in the end | all along | won / lost | p |",
        "|---|---|---:|---:|---:|---:|",
        *lines,
        "",
    ]


def _skipped(skipped: list[dict[str, Any]]) -> list[str]:
    if not skipped:
        return []
    reasons: dict[tuple[str, str], list[str]] = {}
    for job in skipped:
        reasons.setdefault((job["model"], job["reason"]), []).append(job["split"])
    lines = [
        f"- {model} ({', '.join(splits)}): {reason}" for (model, reason), splits in reasons.items()
    ]
    return ["", "Skipped:", "", *lines]


def write_results(result: SuiteResult, folder: Path) -> list[Path]:
    """Write ``SUITE.json``, ``SUITE.md`` and for each split a plot: parity or search progress.

    Parameters
    ----------
    result
        Result of a run.
    folder
        Folder; created if missing.

    Returns
    -------
    list of Path
        Files written; no plots if matplotlib is not installed.
    """
    from electrolyte_ml.report.benchmark_plots import parity_plots, trace_plots

    make_folder(folder)
    content = result.to_dict()
    texts = {
        folder / f"{result.suite}.json": dump_json(content) + "\n",
        folder / f"{result.suite}.md": leaderboard_markdown(content),
    }
    for path, text in texts.items():
        write_text(path, text)
    return [*texts, *parity_plots(result, folder), *trace_plots(result, folder)]


def print_leaderboard(result: dict[str, Any]) -> None:
    """Print a table for each task, one row per split and model, and the skipped jobs."""
    console = output_console()
    tasks = result["tasks"]
    for name in dict.fromkeys(task["task"] for task in tasks):
        of_task = [task for task in tasks if task["task"] == name]
        seeds = ", ".join(str(s) for s in sorted({task["metrics"]["seed"] for task in of_task}))
        console.print(f"{name}; seed {seeds}")
        console.print(_leaderboard(of_task))
    for split in dict.fromkeys(task["split"] for task in tasks if "subsets" in task):
        console.print(_parts(split, [task for task in tasks if task["split"] == split]))
    for metric in shown_metrics(tasks):
        heading, meaning = heading_of(metric)
        if meaning:
            console.print(f"{heading}: {meaning}")
    for job in result.get("skipped", []):
        console.print(f"skipped: {job['split']}, {job['model']}: {job['reason']}")


def _parts(split: str, tasks: list[dict[str, Any]]) -> Table:
    headings, rows = _subset_table(tasks)
    table = Table(title=split, title_justify="left", box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _leaderboard(tasks: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("split")
    table.add_column("model")
    shown = shown_metrics(tasks)
    for name in shown:
        table.add_column(heading_of(name)[0], justify="right", overflow="fold")
    for task in tasks:
        values = [cell(task["metrics"].get(name)) for name in shown]
        table.add_row(task["split"], task["model"], *values)
    return table
