"""Fill the README: outputs of its examples, and its table of errors from the results of benchmarks.

    python tools/readme.py

Each part stands between ``<!-- NAME -->`` and ``<!-- end of NAME -->``. A test compares the table
with the results.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"
_WIDTH = "100"
_PHYSICS = "physics ensemble"
#: What is left out; suite, split, our model; the split of the baselines where it is another one.
ROWS = (
    ("conductivity, any cation: ions and solvents", "chemistry", "series", "our model", None),
    (
        "conductivity, lithium: formulations",
        "conductivity",
        "formulation",
        "physics ensemble",
        None,
    ),
    (
        "conductivity, lithium: ions and solvents",
        "conductivity",
        "system",
        "physics ensemble",
        None,
    ),
    ("conductivity, lithium: anions", "conductivity", "salt", _PHYSICS, None),
    ("conductivity, lithium: below 0 °C", "conductivity", "cold", _PHYSICS, None),
    (
        "conductivity, sodium: papers",
        "sodium",
        "source",
        "trained on all cations and the other papers",
        "cation",
    ),
)
#: Examples whose output is shown, with the most lines of it.
EXAMPLES = {
    "score": (
        'electrolyte-ml score "1 M NaPF6 in EC:DEC 1:1 v/v" "1 m NaFSI in diglyme" --at "25 degC"',
        9,
    ),
    "compare": ('electrolyte-ml compare "1 M NaPF6 in EC:PC 1:1 v/v" "1 M NaPF6 in diglyme"', 6),
    "propose": ("electrolyte-ml propose recipes/sodium_room_temperature.toml --n 3", 9),
    "explain": ('electrolyte-ml explain "1 M NaPF6 in EC:DEC 1:1 v/v"', 4),
}
_OURS = re.compile("our model|physics ensemble|trained on")


def table() -> str:
    """The table of errors, Markdown."""
    lines = [
        "| property: what was left out | n | this model | its interval holds | best baseline |",
        "|---|---:|---:|---:|---|",
    ]
    for title, suite, split, model, other in ROWS:
        tasks = json.loads((RESULTS / f"{suite}.json").read_text(encoding="utf-8"))["tasks"]
        (own,) = [t for t in tasks if (t["split"], t["model"]) == (split, model)]
        best = min(
            (t for t in tasks if t["split"] == (other or split) and not _OURS.match(t["model"])),
            key=lambda t: float(t["metrics"]["mae_log10"]),
        )
        lines.append(_row(title, own["metrics"], best))
    return "\n".join(lines)


def _row(title: str, own: dict[str, float], best: dict[str, Any]) -> str:
    found = best["metrics"]["mae_log10"]
    return (
        f"| {title} | {own['n']:,} | {own['mae_log10']:.3f} | {100 * own['coverage']:.0f} % "
        f"| {found:.3f} ({best['model']}) |"
    )


def output(command: str) -> str:
    """What a command prints, without colours."""
    environment = os.environ | {"COLUMNS": _WIDTH, "NO_COLOR": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        command, shell=True, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()).strip("\n")


def filled(text: str, parts: dict[str, str]) -> str:
    """Text with what stands between the marks of each part replaced."""
    for name, content in parts.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        head, rest = text.split(begin)
        text = f"{head}{begin}\n{content}\n\n{end}{rest.split(end)[1]}"
    return text


def main() -> None:
    """Run the examples and write the README."""
    parts = {"table": table()}
    for name, (command, most) in EXAMPLES.items():
        lines = output(command).splitlines()
        shown = lines if len(lines) <= most else [*lines[:most], "..."]
        parts[name] = "\n".join(["```text", *shown, "```"])
    README.write_text(filled(README.read_text(encoding="utf-8"), parts), encoding="utf-8")


if __name__ == "__main__":
    main()
