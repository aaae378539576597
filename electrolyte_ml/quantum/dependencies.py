"""The optional dependencies of electronic structure, imported late and named when absent."""

from __future__ import annotations

import importlib
import os
from typing import Any

from electrolyte_ml.errors import MissingDependencyError


def import_optional(name: str) -> Any:
    """Import a module of the extra ``qm``.

    Parameters
    ----------
    name
        Module, such as ``tblite.interface`` or ``pyscf.dft``.

    Returns
    -------
    module
        The module.

    Raises
    ------
    MissingDependencyError
        If it is not installed; the message names the ``pip install`` line.
    """
    # Molecules of twenty atoms are too small for threads; one molecule a process is faster.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise MissingDependencyError(
            f"electronic structure needs {package}, which is not installed: "
            "pip install 'electrolyte_ml[qm]'"
        ) from error
