"""Pages of the documentation that are made from the package: cards, leaderboards, reference.

MkDocs runs this file while it builds the site (`make docs`), so that a figure stands in one place,
where a command wrote it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mkdocs_gen_files
import typer
from typer.cli import get_docs_for_click

import electrolyte_ml
from electrolyte_ml.benchmarks.submissions import beside, read_submission
from electrolyte_ml.cli.app import app
from electrolyte_ml.models.window.shells import summary
from electrolyte_ml.report.shells import (
    ORDER_HEADINGS,
    SHIFT_HEADINGS,
    independence_text,
    order_rows,
    order_text,
    shift_rows,
    verdict_text,
)
from electrolyte_ml.simulate.shells import read_shells

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # MkDocs runs this file by its path
from tools import scale_figures  # noqa: E402

CARDS = ROOT / "electrolyte_ml" / "models" / "artefacts"
RESULTS = ROOT / "benchmarks" / "results"
REPOSITORY_FILES = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
# Figures by their names in the results: heading, and how they are written.
_COLUMNS = {
    "n": ("n", "{:,.0f}"),
    "folds": ("folds", "{:.0f}"),
    "mae_log10": ("mean error, log10", "{:.3f}"),
    "median_ape_percent": ("median error, %", "{:.0f}"),
    "mape_percent": ("mean error, %", "{:.2f}"),
    "mae": ("mean error in its unit", "{:.2f}"),
    "rmse": ("root mean square error", "{:.3f}"),
    "rmse_1000_shots": ("with 1,000 shots", "{:.3f}"),
    "rmse_above_rbf": ("over RBF", "{:+.3f}"),
    "lg_off_diagonal_mean": ("lg of the mean", "{:.2f}"),
    "lg_off_diagonal_variance": ("lg of the variance", "{:.2f}"),
    "time_of_rbf": ("time, RBF = 1", "{:.1f}"),
    "time_of_rbf_1000_shots": ("with 1,000 shots, RBF = 1", "{:.0f}"),
    "pairs_right": ("pairs ranked right", "{:.2f}"),
    "coverage": ("coverage", "{:.2f}"),
}
# Links in files of the repository that lead to other places in the site.
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)]+)\)")


def write(path: str, text: str) -> None:
    """Add a page to the site."""
    with mkdocs_gen_files.open(path, "w") as page:
        page.write(text)


def without_links(text: str) -> str:
    """Text whose links within the repository are plain words."""
    return _LINK.sub(r"\1", text)


def model_cards() -> list[str]:
    """One page for each trained model; their titles and paths as lines of the navigation."""
    lines = []
    for card in sorted(CARDS.glob("*/MODEL_CARD.md")):
        text = card.read_text(encoding="utf-8")
        path = f"models/{card.parent.name}.md"
        write(path, without_links(text))
        title = re.search(r"^# (.*)$", text, re.MULTILINE)
        lines.append(f"    - [{title[1] if title else card.parent.name}]({path})")
    return lines


def leaderboards() -> list[str]:
    """One page for each suite with results; lines of the navigation."""
    write("benchmarks/index.md", without_links((ROOT / "benchmarks" / "README.md").read_text()))
    lines = []
    for board in sorted(RESULTS.glob("*.md")):
        path = f"benchmarks/{board.name}"
        text = board.read_text(encoding="utf-8")
        for picture in re.findall(r"\(([\w.-]+\.png)\)", text):
            with mkdocs_gen_files.open(f"benchmarks/{picture}", "wb") as copy:
                copy.write((RESULTS / picture).read_bytes())
        write(path, text)
        lines.append(f"    - [Suite {board.stem}]({path})")
    return lines


def outside() -> list[str]:
    """The page of results that were handed in, beside ours; lines of the navigation."""
    lines = [
        "# Results from outside",
        "",
        "Models that were handed in, beside ours and the usual baselines on the same frozen "
        "splits. [Hand in data or results](../guides/hand-in.md) says how.",
    ]
    for folder in sorted((ROOT / "benchmarks" / "submissions").iterdir()):
        submission = read_submission(folder)
        about = submission.about
        lines += ["", f"## {submission.title}", "", about["description"], ""]
        who = f"{', '.join(about['authors'])}, {about['date']}"
        lines += [
            f"- by {who}; code: {about['code']} ({about['licence']})",
            f"- learnt from: {about['learnt_from']}; settings chosen on: {about['chosen_on']}",
        ]
        for suite in submission.results:
            ours = json.loads((RESULTS / f"{suite}.json").read_text())
            rows = beside(ours, [submission])
            for split in dict.fromkeys(row["split"] for row in rows):
                lines += ["", f"Suite {suite}, split {split}:", ""]
                of_split = [row for row in rows if row["split"] == split]
                names = [r["model"] for r in of_split]
                names = [f"**{n}**" if n == submission.title else n for n in names]
                shown = list(zip(names, (r["metrics"] for r in of_split), strict=True))
                lines.append(_table("model", shown, f"{suite}, {split}"))
    write("benchmarks/outside.md", "\n".join(lines) + "\n")
    return ["    - [Results from outside](benchmarks/outside.md)"]


def figures() -> None:
    """Pages with figures of the results in place of their comments."""
    for name in ("models.md", "quantum_kernels.md"):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        text = re.sub(r"<!-- figures: (.*?) / (.*?) / (.*?)(?: / (.*?))? -->", _figures, text)
        text = re.sub(r"<!-- across: (.*?) / (.*?) / (.*?) / (.*?) -->", _across, text)
        write(name, re.sub(r"<!-- parts: (.*?) / (.*?) / (.*?) / (.*?) -->", _parts, text))


def _across(asked: re.Match[str]) -> str:
    """A table of one figure, a line a split and a column a model, with its error."""
    suite, metric, splits, models = asked.groups()
    known = {(task["split"], task["model"]): task["metrics"] for task in _tasks(suite)}
    columns, written = models.split(", "), _COLUMNS[metric][1]
    lines = [f"| | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    for split in splits.split(", "):
        cells = []
        for model in columns:
            numbers = known.get((split, model), {})
            errors = [numbers[metric + e] for e in ("_se", "_sd") if metric + e in numbers]
            cell = written.format(numbers[metric]) if metric in numbers else ""
            cells.append(f"{cell} ± {errors[0]:.3f}" if cell and errors else cell)
        if not any(cells):
            raise SystemExit(f"no results for {suite}, {split}: run the suite and commit them")
        lines.append(f"| {split} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _figures(asked: re.Match[str]) -> str:
    """A table of models on a split of a suite, of all figures or of those named."""
    suite, split, models, columns = asked.groups()
    wanted = None if models == "*" else models.split(", ")
    found = [
        (task["model"], task["task"], task["metrics"])
        for task in _tasks(suite)
        if task["split"] == split and (wanted is None or task["model"] in wanted)
    ]
    several = len({task for _, task, _ in found}) > 1
    rows = [(f"{m}, {t}" if several else m, numbers) for m, t, numbers in found]
    if columns is not None:
        rows = [
            (m, {name: numbers[name] for name in columns.split(", ") if name in numbers})
            for m, numbers in rows
        ]
    return _table("model", rows, f"{suite}, {split}, {models}")


def _parts(asked: re.Match[str]) -> str:
    """A table of parts of the rows that one model is tested on."""
    suite, split, model, parts = asked.groups()
    (found,) = [t for t in _tasks(suite) if (t["split"], t["model"]) == (split, model)]
    rows = [(part, found["subsets"][part]) for part in parts.split(", ")]
    return _table("tested rows", rows, f"{suite}, {split}")


def _tasks(suite: str) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = json.loads((RESULTS / f"{suite}.json").read_text())["tasks"]
    return tasks


def _table(head: str, rows: list[tuple[str, dict[str, float]]], asked: str) -> str:
    """A table in Markdown of the figures that any of the rows has."""
    if not rows:
        raise SystemExit(f"no results for {asked}: run the suite and commit what it writes")
    held = [name for name in _COLUMNS if any(name in numbers for _, numbers in rows)]
    if {"mae_log10", "mape_percent"} & set(held):
        held = [name for name in held if name != "mae"]
    lines = [
        f"| {head} | {' | '.join(_COLUMNS[name][0] for name in held)} |",
        f"|---|{'---:|' * len(held)}",
    ]
    for title, numbers in rows:
        cells = [_COLUMNS[n][1].format(numbers[n]) if n in numbers else "" for n in held]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def scale() -> None:
    """The guide to screening with the figures of the results."""
    guide = scale_figures.GUIDE
    write(f"guides/{guide.name}", scale_figures.filled(guide.read_text(encoding="utf-8")))


def windows() -> None:
    """The guide to windows with the table of first shells."""
    guide = ROOT / "docs" / "guides" / "windows.md"
    record = summary(read_shells())
    parts = [
        _plain_table(SHIFT_HEADINGS, shift_rows(record["electrolytes"])),
        f"{independence_text(record)}.",
    ]
    for order in record["orders"]:
        parts += [f"{order_text(order)}.", _plain_table(ORDER_HEADINGS, order_rows(order))]
    parts.append(f"{verdict_text(record)}.")
    text = guide.read_text(encoding="utf-8").replace("<!-- shells -->", "\n\n".join(parts))
    write(f"guides/{guide.name}", text)


def _plain_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def notebooks() -> list[str]:
    """One page for each notebook, without outputs; lines of the navigation."""
    lines = []
    for path in sorted((ROOT / "examples" / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n\n".join(
            "".join(c["source"])
            if c["cell_type"] == "markdown"
            else f"```python\n{''.join(c['source'])}\n```"
            for c in cells
        )
        write(f"notebooks/{path.stem}.md", text)
        title = re.search(r"^# (.*)$", text, re.MULTILINE)
        lines.append(f"    - [{title[1] if title else path.stem}](notebooks/{path.stem}.md)")
    return lines


def decisions() -> None:
    """The index of decisions: number, title and status of each."""
    index = ROOT / "docs" / "decisions" / "index.md"
    lines = ["| | decision | status |", "|---:|---|---|"]
    for page in sorted(index.parent.glob("[0-9]*.md")):
        text = page.read_text(encoding="utf-8")
        title = re.search(r"^# (\d+)\. (.*)$", text, re.MULTILINE)
        status = re.search(r"^Status: (.*)$", text, re.MULTILINE)
        if title is None or status is None:
            raise SystemExit(f"{page}: a decision begins with '# NUMBER. TITLE' and 'Status: ...'")
        lines.append(f"| {title[1]} | [{title[2]}]({page.name}) | {status[1]} |")
    text = index.read_text(encoding="utf-8")
    write("decisions/index.md", text.replace("<!-- decisions -->", "\n".join(lines)))


def commands() -> None:
    """Help of every command, as Typer writes it; examples as code."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="electrolyte-ml")
    text = get_docs_for_click(obj=command, ctx=context, name="electrolyte-ml")
    text = re.sub(r"^Example: (.*)$", r"Example:\n\n```\n\1\n```", text, flags=re.MULTILINE)
    write("reference/commands.md", text)


def interface() -> None:
    """Everything that the package offers to Python."""
    names = [f"::: electrolyte_ml.{name}\n" for name in sorted(electrolyte_ml.__all__)]
    head = "# Python\n\nEverything that `import electrolyte_ml as eml` offers.\n\n"
    write("reference/python.md", head + "\n".join(names))


def main() -> None:
    """Write all pages, and the navigation with the pages that stand in ``docs``."""
    parts = {
        "cards": model_cards(),
        "leaderboards": leaderboards(),
        "outside": outside(),
        "notebooks": notebooks(),
    }
    figures()
    scale()
    windows()
    decisions()
    commands()
    interface()
    for name, path in REPOSITORY_FILES.items():
        if (ROOT / name).exists():
            write(path, without_links((ROOT / name).read_text(encoding="utf-8")))
    navigation = (ROOT / "docs" / "navigation.md").read_text(encoding="utf-8")
    for name, lines in parts.items():
        navigation = navigation.replace(f"{{{{{name}}}}}", "\n".join(lines))
    write("SUMMARY.md", navigation)


main()
