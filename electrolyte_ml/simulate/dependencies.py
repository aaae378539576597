"""The optional dependencies of molecular dynamics, imported late and named when absent."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import MissingDependencyError

_EXTRA = {"openmm": "md", "packmol": "md", "tidynamics": "md"}


def import_optional(name: str) -> Any:
    """Import a module of the extra ``md``.

    Parameters
    ----------
    name
        Module, such as ``openmm`` or ``openmm.app``.

    Returns
    -------
    module
        The module.

    Raises
    ------
    MissingDependencyError
        If it is not installed; the message names the ``pip install`` line.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise _missing(name.partition(".")[0]) from error


def find_program(name: str, install: str | None = None) -> Path:
    """Path of a program, looked for beside the running Python first, then on ``$PATH``.

    Parameters
    ----------
    name
        Program, such as ``packmol``.
    install
        What ``pip install`` takes to provide it; by default the extra ``md``.

    Returns
    -------
    Path
        The program.

    Raises
    ------
    MissingDependencyError
        If it is not found.
    """
    beside = shutil.which(name, path=str(Path(sys.prefix) / "bin"))
    found = beside or shutil.which(name)
    if found is None:
        raise _missing(name, install)
    return Path(found)


def _missing(name: str, install: str | None = None) -> MissingDependencyError:
    target = install or f"electrolyte_ml[{_EXTRA.get(name, 'md')}]"
    return MissingDependencyError(
        f"molecular dynamics needs {name}, which is not installed: pip install '{target}'"
    )
