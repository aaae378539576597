"""Typed reading of one table of a TOML file, with faults collected instead of raised."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from electrolyte_ml.errors import InputError
from electrolyte_ml.text import nearest_or_all
from electrolyte_ml.units import temperature_k

_E = TypeVar("_E", bound=StrEnum)
# Liquid electrolytes exist well inside this range; outside it a unit was most likely mixed up.
_COLDEST_K, _HOTTEST_K = 150.0, 500.0


class TomlTable:
    """A table of a recipe file.

    Parameters
    ----------
    data
        The table as `tomllib` read it; anything else is a fault.
    path
        Dotted name of the table, empty for the file itself.
    faults
        Where faults are appended, each as ``path.key: what is wrong``.
    """

    def __init__(self, data: Any, path: str, faults: list[str]) -> None:
        self.path = path
        self.faults = faults
        if not isinstance(data, Mapping):
            faults.append(f"{path}: must be a table, given {data!r}")
            data = {}
        self.data: dict[str, Any] = dict(data)

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def fault(self, key: str, message: str) -> None:
        """Record a fault of a key."""
        self.faults.append(f"{self.where(key)}: {message}")

    def where(self, key: str) -> str:
        """Dotted name of a key."""
        return f"{self.path}.{key}" if self.path else key

    def allow(self, *known: str) -> None:
        """Every other key is a fault."""
        for key in self.data:
            if key not in known:
                self.fault(key, f"unknown key{nearest_or_all(key, known)}")

    def table(self, key: str) -> TomlTable:
        """A table inside this one; an empty one if there is none."""
        return TomlTable(self.data.get(key, {}), self.where(key), self.faults)

    def tables(self, key: str) -> list[TomlTable]:
        """Tables of an array of tables (``[[key]]``)."""
        items = self.data.get(key, [])
        if not isinstance(items, list):
            self.fault(key, f"write it with two brackets, [[{key}]]")
            return []
        return [
            TomlTable(item, f"{self.where(key)}[{i}]", self.faults)
            for i, item in enumerate(items, start=1)
        ]

    def text(self, key: str, default: str | None = None) -> str:
        """A text; a fault without it if there is no default."""
        value = self.data.get(key, default)
        if isinstance(value, str) and (value.strip() or default is not None):
            return value
        self.fault(
            key, f"must be a text in quotes, given {value!r}" if key in self else "is missing"
        )
        return default or ""

    def number(
        self, key: str, default: float, *, low: float = -math.inf, high: float = math.inf
    ) -> float:
        """A finite number between `low` and `high`, or `default`."""
        value = self.data.get(key, default)
        if _is_number(value) and low <= value <= high:
            return float(value)
        self.fault(key, f"must be a number{_span(low, high)}, given {value!r}")
        return default

    def optional_number(self, key: str) -> float | None:
        """A finite number, or None where the key is absent."""
        return self.number(key, 0.0) if key in self else None

    def integer(self, key: str, default: int, *, low: int) -> int:
        """A whole number of at least `low`, or `default`."""
        value = self.data.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and value >= low:
            return value
        self.fault(key, f"must be a whole number of at least {low}, given {value!r}")
        return default

    def choice(self, key: str, default: _E) -> _E:
        """A word of an enumeration, or `default`."""
        value = self.data.get(key, str(default))
        words = [str(member) for member in type(default)]
        if value in words:
            return type(default)(value)
        self.fault(key, f"must be {' or '.join(map(repr, words))}, given {value!r}")
        return default

    def temperature(self, key: str = "temperature") -> float | None:
        """A temperature in kelvin, written with its unit."""
        if key not in self:
            self.fault(key, "is missing; write it with its unit, such as '25 degC'")
            return None
        try:
            kelvin = temperature_k(self.data[key])
        except InputError as error:
            self.fault(key, str(error))
            return None
        if not _COLDEST_K <= kelvin <= _HOTTEST_K:
            self.fault(
                key,
                f"{self.data[key]!r} is {kelvin:g} K, outside {_COLDEST_K:g} to {_HOTTEST_K:g} K",
            )
        return kelvin

    def pair(self, key: str) -> tuple[float, float] | None:
        """Lowest and highest, written ``[low, high]``."""
        value = self.data.get(key)
        if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)):
            return float(value[0]), float(value[1])
        given = f", given {value!r}" if key in self else "; it is missing"
        self.fault(key, f"must be two numbers, [lowest, highest]{given}")
        return None

    def names(self, key: str) -> list[str]:
        """A list of texts; empty where the key is absent."""
        value = self.data.get(key, [])
        if isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value):
            return list(value)
        self.fault(key, f"must be a list of names in quotes, given {value!r}")
        return []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _span(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return ""
    return f" of at least {low:g}" if math.isinf(high) else f" from {low:g} to {high:g}"
