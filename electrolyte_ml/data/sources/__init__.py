"""Data sets, one module each, with ``load() -> (Measurements, CleaningReport)``."""

from __future__ import annotations

from importlib import import_module

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import InputError

SOURCES = ("calisol23", "chayambuka2022", "na_literature", "sodium_table")


def load_source(name: str) -> tuple[Measurements, CleaningReport]:
    """Read a data set by the name of its module.

    Parameters
    ----------
    name
        One of `SOURCES`.

    Raises
    ------
    InputError
        If there is no such data set.
    DataNotFoundError
        If its file is not on this machine.
    """
    if name not in SOURCES:
        raise InputError(f"unknown data set {name!r}; there are {', '.join(SOURCES)}")
    measurements, report = import_module(f"{__name__}.{name}").load()
    return measurements, report
