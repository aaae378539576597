"""Run every command that the README shows in a ``console`` block; stop at the first that fails.

A line that starts with ``$`` is a command. A block that follows ``<!-- needs: data -->`` runs only
where ELECTROLYTE_ML_DATA is set, one that follows ``<!-- needs: md -->`` where OpenMM is installed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

BLOCK = re.compile(r"(?:<!-- needs: (data|md) -->\s*)?```console\n(.*?)```", re.DOTALL)


def main(readme: Path) -> int:
    """Run the commands of `readme` from its folder; the exit code of the first failure, or 0."""
    root = readme.resolve().parent
    environment = dict(os.environ)
    environment["PATH"] = f"{root / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
    ran = 0
    with tempfile.TemporaryDirectory() as scratch:
        environment["OUT"] = scratch
        missing = {}
        if not environment.get("ELECTROLYTE_ML_DATA"):
            missing["data"] = "ELECTROLYTE_ML_DATA is not set"
        if find_spec("openmm") is None:
            missing["md"] = "OpenMM is not installed"
        for needs, block in BLOCK.findall(readme.read_text(encoding="utf-8")):
            if needs in missing:
                print(f"skipped ({missing[needs]}):\n" + block)
                continue
            for line in re.findall(r"^\$ (.*(?:\\\n.*)*)", block, re.MULTILINE):
                print(f"$ {line}", flush=True)
                start = time.monotonic()
                code = subprocess.run(
                    line, shell=True, cwd=root, env=environment, check=False
                ).returncode
                print(f"# exit code {code}, {time.monotonic() - start:.1f} s", flush=True)
                if code != 0:
                    return code
                ran += 1
    if ran == 0:
        print(f"{readme} shows no command", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
