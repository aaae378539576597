"""Tables that people give: one reader of files, headings, units and numbers for all verbs."""

from __future__ import annotations

from electrolyte_ml.tables.dialect import note, read_lines
from electrolyte_ml.tables.headings import (
    TEMPERATURE_COLUMNS,
    Heading,
    kelvin_of_cell,
    looks_like_a_quantity,
    looks_like_temperature,
    plain_heading,
    read_quantity,
    read_temperature,
)
from electrolyte_ml.tables.numbers import (
    ACCEPT_UNUSUAL,
    read_number,
    to_be_confirmed,
    unusual_temperature,
    unusual_value,
)
from electrolyte_ml.tables.reading import SUFFIXES, Row, TableFile

__all__ = [
    "ACCEPT_UNUSUAL",
    "SUFFIXES",
    "TEMPERATURE_COLUMNS",
    "Heading",
    "Row",
    "TableFile",
    "kelvin_of_cell",
    "looks_like_a_quantity",
    "looks_like_temperature",
    "note",
    "plain_heading",
    "read_lines",
    "read_number",
    "read_quantity",
    "read_temperature",
    "to_be_confirmed",
    "unusual_temperature",
    "unusual_value",
]
