"""Optional dependencies: late import, and an error with the line that installs them."""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from electrolyte_ml.errors import MissingDependencyError

_EXTRAS = MappingProxyType(
    {
        "MDAnalysis": "md",
        "bpx": "cell",
        "deepchem": "deep",
        "distributed": "cluster",
        "fastapi": "web",
        "grpc": "cluster",
        "openmm": "md",
        "openpyxl": "train",
        "packmol": "md",
        "pybamm": "cell",
        "pyscf": "qm",
        "python_multipart": "web",
        "tblite": "qm",
        "torch": "train",
        "torch_geometric": "deep",
        "uvicorn": "web",
    }
)
_PURPOSES = MappingProxyType(
    {
        "cell": "simulation of cells",
        "cluster": "work on a cluster",
        "deep": "the graph network",
        "md": "molecular dynamics",
        "qm": "electronic structure",
        "train": "training",
        "web": "the page",
    }
)


def import_optional(name: str, *, extra: str | None = None) -> Any:
    """Import a module that the default install does not include.

    Parameters
    ----------
    name
        Module, such as ``openmm.app`` or ``tblite.interface``.
    extra
        Extra of ``electrolyte_ml`` that includes it; by default the one known for the package.

    Returns
    -------
    module
        The module.

    Raises
    ------
    MissingDependencyError
        If it is not installed; the message names the ``pip install`` line.
    """
    package = name.partition(".")[0]
    extra = extra or _EXTRAS.get(package)
    if extra == "qm":
        # Small molecules gain nothing from threads; one process per molecule is faster.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise _missing(package, extra, None) from error


def find_program(name: str, install: str | None = None) -> Path:
    """Path of a program, looked for beside the running Python first, then on ``$PATH``.

    Parameters
    ----------
    name
        Program, such as ``packmol``.
    install
        Argument of ``pip install`` that provides it; by default the extra known for the program.

    Returns
    -------
    Path
        The program.

    Raises
    ------
    MissingDependencyError
        If it is not found; the message names the ``pip install`` line.
    """
    beside = shutil.which(name, path=str(Path(sys.prefix) / "bin"))
    found = beside or shutil.which(name)
    if found is None:
        raise _missing(name, _EXTRAS.get(name), install)
    return Path(found)


@contextmanager
def quiet_import() -> Iterator[None]:
    """Silence warnings and log lines: DeepChem reports every optional library that is missing."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _missing(package: str, extra: str | None, install: str | None) -> MissingDependencyError:
    purpose = _PURPOSES.get(extra or "", "this")
    target = install or (f"electrolyte_ml[{extra}]" if extra else package)
    return MissingDependencyError(
        f"{purpose} needs {package}, which is not installed: pip install '{target}'"
    )
