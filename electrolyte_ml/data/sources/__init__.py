"""Data sets, one module each, with ``load() -> (Measurements, CleaningReport)``.

A module whose file holds several properties takes ``property_name``. Which sets there are stands in
``data/tables/datasets.toml``; a module is imported only when its set is asked for.
"""

from __future__ import annotations

from importlib import import_module

from electrolyte_ml.data.catalog import card_of, load_imported, shipped_cards
from electrolyte_ml.data.cleaning import CleaningReport, joined_report
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import InputError

#: Names of the data sets that the package can read.
SOURCES = tuple(shipped_cards())


def load_source(name: str, property_name: str | None = None) -> tuple[Measurements, CleaningReport]:
    """Read one property of a data set.

    Parameters
    ----------
    name
        One of `SOURCES`, or a set the user imported.
    property_name
        Needed where the set holds several properties.

    Raises
    ------
    InputError
        If there is no such data set or property, or it holds several and none is named.
    DataNotFoundError
        If its file is not on this machine.
    """
    held = card_of(name).properties
    if property_name is None and len(held) > 1:
        raise InputError(f"{name} holds several properties; name one of {', '.join(held)}")
    wanted = property_name or held[0]
    if wanted not in held:
        raise InputError(f"{name} has no {wanted!r}; it has {', '.join(held)}")
    if name in shipped_cards():
        return _load(name, wanted, several=len(held) > 1)
    tables, report = load_tables(name)
    (measurements,) = (m for m in tables if m.property_name == wanted)
    return measurements, report


def load_tables(name: str) -> tuple[tuple[Measurements, ...], CleaningReport]:
    """Read every property of a data set.

    Returns
    -------
    measurements
        One table for each property, in the order of its card.
    report
        What was done to all of them.

    Raises
    ------
    InputError
        If there is no such data set.
    DataNotFoundError
        If its file is not on this machine.
    """
    card = card_of(name)
    if card.imported:
        return load_imported(name)
    loaded = {p: _load(name, p, several=len(card.properties) > 1) for p in card.properties}
    report = joined_report({p: report for p, (_, report) in loaded.items()})
    return tuple(measurements for measurements, _ in loaded.values()), report


def _load(name: str, wanted: str, *, several: bool) -> tuple[Measurements, CleaningReport]:
    module = import_module(f"{__name__}.{name}")
    measurements, report = module.load(property_name=wanted) if several else module.load()
    return measurements, report
