"""Run every command that documents show in ``console`` blocks; stop at the first that fails.

    python .ci/readme_commands.py README.md docs

Of a folder, all documents in it are meant. A command that several show is run once.

A line that starts with ``$`` is a command. A block that follows ``<!-- needs: data -->`` runs only
where ELECTROLYTE_ML_DATA is set, one that follows ``<!-- needs: md -->`` where OpenMM is installed,
one that follows ``<!-- needs: cell -->`` where PyBaMM is, one that follows
``<!-- needs: gromacs -->`` where OpenMM and GROMACS are.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

BLOCK = re.compile(r"(?:<!-- needs: (data|md|cell|gromacs) -->\s*)?```console\n(.*?)```", re.DOTALL)


def main(places: list[Path]) -> int:
    """Run the commands of documents from the root; the exit code of the first failure, or 0."""
    root = Path(__file__).resolve().parent.parent
    environment = dict(os.environ)
    environment["PATH"] = f"{root / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
    missing = missing_here(environment)
    ran: set[str] = set()
    with tempfile.TemporaryDirectory() as scratch:
        environment["OUT"] = scratch
        for document in documents(places):
            print(f"# {document}", flush=True)
            for line in commands(document, missing):
                code = 0 if line in ran else run(line, root, environment)
                if code != 0:
                    return code
                ran.add(line)
    if not ran:
        print(f"no command in {', '.join(map(str, places))}", file=sys.stderr)
        return 1
    return 0


def missing_here(environment: dict[str, str]) -> dict[str, str]:
    """What blocks may need and is not there, with the reason."""
    missing = {}
    if not environment.get("ELECTROLYTE_ML_DATA"):
        missing["data"] = "ELECTROLYTE_ML_DATA is not set"
    if find_spec("openmm") is None:
        missing["md"] = "OpenMM is not installed"
    if find_spec("openmm") is None or shutil.which("gmx") is None:
        missing["gromacs"] = "OpenMM or GROMACS is not installed"
    if find_spec("pybamm") is None:
        missing["cell"] = "PyBaMM is not installed"
    return missing


def commands(document: Path, missing: dict[str, str]) -> Iterator[str]:
    """Commands of a document, without blocks that need what is missing."""
    for needs, block in BLOCK.findall(document.read_text(encoding="utf-8")):
        if needs in missing:
            print(f"skipped ({missing[needs]}):\n" + block)
            continue
        yield from re.findall(r"^ *\$ (.*(?:\\\n.*)*)", block, re.MULTILINE)


def documents(places: list[Path]) -> list[Path]:
    """The documents themselves, and those in folders, in alphabetical order."""
    return [
        document
        for place in places
        for document in (sorted(place.rglob("*.md")) if place.is_dir() else [place])
    ]


def run(line: str, root: Path, environment: dict[str, str]) -> int:
    """Run one command and say how long it took; its exit code."""
    print(f"$ {line}", flush=True)
    start = time.monotonic()
    code = subprocess.run(line, shell=True, cwd=root, env=environment, check=False).returncode
    print(f"# exit code {code}, {time.monotonic() - start:.1f} s", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main([Path(place) for place in sys.argv[1:]]))
