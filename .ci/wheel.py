"""Build the sdist and the wheel, install the wheel in a fresh environment, and run it there.

    python .ci/wheel.py [--with-dependencies] [--keep FOLDER]

What is needed from elsewhere is that of the environment which runs this; `--with-dependencies`
installs it anew, as a person would. The package itself always comes from the wheel. `--keep` copies
both files.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "electrolyte_ml"
#: A wheel that grows beyond this holds something that it should not.
MOST_MB = 20
_NOT_SHIPPED = ("__pycache__", ".pyc")
_START_S = 120


def main() -> None:
    """Build, look inside, install, run."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--with-dependencies", action="store_true")
    asked.add_argument("--keep", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        fresh = folder / "fresh"
        call(sys.executable, "-m", "venv", fresh)
        python = fresh / "bin" / "python"
        call(python, "-m", "pip", "install", "--quiet", "hatchling>=1.25")
        call(python, "-m", "hatchling", "build", "-d", folder / "dist", cwd=ROOT)
        (wheel,), (source,) = (sorted((folder / "dist").glob(f"*{end}")) for end in (".whl", ".gz"))
        check_contents(wheel, source)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            for path in (wheel, source):
                shutil.copy(path, options.keep)
        what = f"{wheel}[web]" if options.with_dependencies else wheel
        call(python, "-m", "pip", "install", "--quiet", *dependencies(options), what)
        run_installed(fresh, folder, borrowed=not options.with_dependencies)


def dependencies(options: argparse.Namespace) -> list[str]:
    """Options of pip that leave out what is borrowed."""
    return [] if options.with_dependencies else ["--no-deps"]


def shipped() -> Iterator[str]:
    """Files of the repository that a wheel must hold, by their names there."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    further = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for folder, inside in {PACKAGE: PACKAGE, **further}.items():
        if (ROOT / folder).is_file():
            yield inside
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not any(part in str(path) for part in _NOT_SHIPPED):
                yield f"{inside}/{path.relative_to(ROOT / folder)}"


def check_contents(wheel: Path, source: Path) -> None:
    """Stop unless everything is in both files, and nothing else in the wheel; say their sizes."""
    with zipfile.ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    wanted = set(shipped())
    faults = [f"the wheel lacks {name}" for name in sorted(wanted - names)]
    faults += [f"the wheel holds {name}" for name in sorted(names - wanted)]
    if f"{PACKAGE}/py.typed" not in names:
        faults.append("the wheel has no py.typed, so that type checkers ignore its types")
    with tarfile.open(source) as file:
        sources = {name.partition("/")[2] for name in file.getnames()}
    needed = (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CITATION.cff",
        "CHANGELOG.md",
        "docs/index.md",
    )
    faults += [f"the sdist lacks {name}" for name in needed if name not in sources]
    sizes = {path.name: path.stat().st_size / 1e6 for path in (wheel, source)}
    if sizes[wheel.name] > MOST_MB:
        faults.append(f"the wheel has {sizes[wheel.name]:.1f} MB, more than {MOST_MB}")
    if faults:
        sys.exit("\n".join(faults))
    for name, size in sizes.items():
        print(f"{name}: {size:.1f} MB")


def run_installed(fresh: Path, folder: Path, *, borrowed: bool) -> None:
    """Score, propose and open the page with what was installed, away from the repository."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    if borrowed:
        environment["PYTHONPATH"] = sysconfig.get_path("purelib")
    away = folder / "away"
    away.mkdir()
    where = f"import {PACKAGE} as p; print(p.__file__)"
    found = call(fresh / "bin" / "python", "-c", where, cwd=away, env=environment)
    if not Path(found.strip()).resolve().is_relative_to(fresh.resolve()):
        sys.exit(f"the package is not that of the wheel: {found}")
    program = fresh / "bin" / "electrolyte-ml"
    call(program, "score", "1 M NaPF6 in EC:DEC 1:1 v/v", cwd=away, env=environment)
    asked = ("sodium_room_temperature", "--trials", "200", "--n", "2", "--quiet", "--out", "list")
    call(program, "propose", *asked, cwd=away, env=environment)
    if not (away / "list" / "report.html").is_file():
        sys.exit("propose wrote no report")
    if borrowed and find_spec("fastapi") is None:
        print("the page is not opened: FastAPI is not installed")
        return
    open_page(program, away, environment)


def open_page(program: Path, away: Path, environment: Mapping[str, str]) -> None:
    """Start the page as the image of the Dockerfile does, and ask it for its first page."""
    token = "a-token-for-this-check"
    port = "18321"
    told = environment | {"ELECTROLYTE_ML_WEB_TOKEN": token}
    page = subprocess.Popen(
        [program, "web", "--host", "0.0.0.0", "--port", port, "--folder", "page"],
        cwd=away,
        env=told,
    )
    try:
        end = time.monotonic() + _START_S
        while True:
            try:
                address = f"http://127.0.0.1:{port}/?token={token}"
                opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
                with opener.open(address, timeout=30) as answer:
                    if "electrolyte" not in answer.read().decode().lower():
                        sys.exit(f"the page answers with something else: {answer.url}")
                print(f"the page answers at {answer.url}: {answer.status}")
                return
            except urllib.error.HTTPError as error:
                sys.exit(f"the page refuses its own token: {error}")
            except OSError:
                if time.monotonic() > end or page.poll() is not None:
                    sys.exit("the page does not start")
                time.sleep(0.5)
    finally:
        page.terminate()
        page.wait(timeout=30)


def call(*command: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a command; its output. Stop if it fails."""
    words = [str(word) for word in command]
    start = time.monotonic()
    done = subprocess.run(words, cwd=cwd, env=env, check=False, capture_output=True, text=True)
    print(f"# {' '.join(words[:6])}: {time.monotonic() - start:.1f} s", flush=True)
    if done.returncode != 0:
        sys.exit(f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
