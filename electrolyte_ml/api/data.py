"""Measurements in notebooks: data sets by name, and tables of the laboratory."""

from __future__ import annotations

from pathlib import Path

from electrolyte_ml.arguments import TableLike, table_of_rows
from electrolyte_ml.data.sources import load_tables
from electrolyte_ml.data.user_table import MeasurementTables, read_user_table
from electrolyte_ml.tables import SUFFIXES

_ALLOWED = (
    "measurements are the name of a data set such as 'calisol23', a CSV, xlsx or Parquet file, or "
    "a table"
)


def read_measurements(
    table: str | Path | TableLike, *, source: str | None = None, accept_unusual: bool = False
) -> MeasurementTables:
    """Read measurements of a laboratory, or a data set.

    Parameters
    ----------
    table
        Name of a data set, such as ``calisol23``; or a CSV, xlsx or Parquet file, a data frame, a
        dict of columns or a list of dicts with columns ``recipe``; ``temperature_c`` or
        ``temperature_k``; either ``property``, ``value`` and ``unit`` or columns named after
        properties; and ``doi`` or ``source``.
    source
        Source of rows that name none.
    accept_unusual
        Take values and temperatures that no known electrolyte has.

    Returns
    -------
    MeasurementTables
        ``tables["conductivity_ms_cm"]`` are the `Measurements` of a property.

    Raises
    ------
    ElectrolyteError
        If there is no such data set or file, or rows cannot be used: all of them are listed.

    Examples
    --------
    >>> import pandas as pd
    >>> import electrolyte_ml as eml
    >>> sheet = pd.DataFrame(
    ...     {"recipe": ["1 m NaPF6 in PC"], "temperature_c": [25], "conductivity_ms_cm": [6.5]}
    ... )
    >>> eml.read_measurements(sheet, source="our laboratory")["conductivity_ms_cm"].value
    array([6.5])
    """
    if isinstance(table, str) and Path(table).suffix.lower() not in SUFFIXES:
        tables, report = load_tables(table)
        return MeasurementTables(tables=tables, report=report)
    if isinstance(table, str | Path):
        return read_user_table(Path(table), source, accept_unusual=accept_unusual)
    rows = table_of_rows(table, _ALLOWED)
    return read_user_table(rows, source, accept_unusual=accept_unusual)
