"""The registry of properties of electrolytes.

`score`, `propose`, campaigns, imports and tables use it. A property added here, or by another
package, is scored, searched, constrained in problem files, recorded in campaigns and imported as
measured data like those that ship.

To add a property of your own, make a `Property` and register it:

>>> import numpy as np
>>> def water_ppm(formulations):
...     return np.full(len(formulations), 20.0)
>>> known = register_property(
...     Property(
...         name="water_ppm",
...         label="water",
...         unit="ppm",
...         at_temperature=False,
...         predict=water_ppm,
...     )
... )

For the command line, a package declares an entry point, whose value is a `Property`, a list of
them, or a function without arguments that returns one of these::

    [project.entry-points."electrolyte_ml.properties"]
    water = "my_package:WATER"

To add one to this package: write its model in `electrolyte_ml.models`, a function of formulations
(and temperatures, if it depends on them) that returns a `Prediction`, or plain numbers if they have
no error; add a `Property` that names this function to `electrolyte_ml.shipped_properties.SHIPPED`,
and, if it is learned from data, its model, training and benchmark suite.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from electrolyte_ml.arguments import kind
from electrolyte_ml.errors import InputError, PropertyWarning
from electrolyte_ml.property_definition import Property
from electrolyte_ml.shipped_properties import SHIPPED
from electrolyte_ml.text import nearest_or_all, one_line, shown

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "ENTRY_POINTS",
    "Property",
    "added_properties",
    "measurable_properties",
    "properties",
    "property_of",
    "register_property",
    "registered_property",
    "scored_properties",
]

#: Group of the entry points by which packages add properties.
ENTRY_POINTS = "electrolyte_ml.properties"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# Other fields of a score, and columns of sheets of results and of imported tables.
_TAKEN = frozenset(
    {"recipe", "key", "temperature_k", "temperature_c", "liquid", "warnings", "assumptions"}
    | {"id", "status", "comment", "suggestion", "why", "rank"}
    | {"property", "value", "unit", "method", "uncertainty", "source", "source_row", "flag"}
)


class _Additions:
    """Properties that do not ship with the package, by name."""

    def __init__(self) -> None:
        self.registered: dict[str, Property] = {}
        self._loaded: dict[str, Property] | None = None

    @property
    def loaded(self) -> Mapping[str, Property]:
        """Those of entry points, which are loaded once."""
        if self._loaded is None:
            # Takes as long to import as all else of this module.
            from importlib.metadata import entry_points

            # Set first: a module that is being loaded may ask for properties itself.
            self._loaded = {}
            points = entry_points(group=ENTRY_POINTS)
            for point in sorted(points, key=lambda p: (_distribution(p), p.name)):
                self._loaded |= {known.name: known for known in _load(point, self._loaded)}
        return self._loaded


_SHIPPED = {known.name: known for known in SHIPPED}
_ADDITIONS = _Additions()


def properties() -> Mapping[str, Property]:
    """Every property by name: those of this package, of other packages, and registered ones."""
    return MappingProxyType({**_SHIPPED, **_ADDITIONS.loaded, **_ADDITIONS.registered})


def scored_properties() -> tuple[Property, ...]:
    """Properties that `score` shows, in the order of its columns."""
    return tuple(p for p in properties().values() if p.is_scored and p.predict is not None)


def measurable_properties() -> Mapping[str, Property]:
    """Properties that an experiment or a calculation can find, by name."""
    return {name: known for name, known in properties().items() if known.is_measurable}


def property_of(name: str) -> Property:
    """The property of a name; for one that is not registered, a positive one at a temperature."""
    found = properties().get(name)
    return found or Property(name=name, label=name, lowest=0, positive=True, at_temperature=True)


def registered_property(name: str) -> Property:
    """The registered property of a name.

    Raises
    ------
    InputError
        If there is none; the message says which there are.
    """
    if not isinstance(name, str):
        raise InputError(
            f"a property is given by its name, one at a time, such as 'density_g_cm3'; given "
            f"{kind(name)}"
        )
    known = properties()
    if name not in known:
        raise InputError(
            f"unknown property {shown(name)}{nearest_or_all(name, known)}; or the package that "
            "adds it is not installed"
        )
    return known[name]


def register_property(known: Property) -> Property:
    """Add a property for as long as this process runs.

    Parameters
    ----------
    known
        The property; one of the same name that was added before is replaced, so that a cell of a
        notebook can be run again. Properties that ship with the package stay as they are.

    Returns
    -------
    Property
        The same.

    Raises
    ------
    InputError
        If its name cannot be taken.
    """
    if not isinstance(known, Property):
        raise InputError(
            f"what is registered is a Property(name=..., label=..., at_temperature=..., "
            f"predict=...), given {kind(known)}"
        )
    _require_free(known, ())
    _ADDITIONS.registered[known.name] = known
    return known


def added_properties() -> tuple[Property, ...]:
    """Properties that this process has added by `register_property`."""
    return tuple(_ADDITIONS.registered.values())


def _require_free(known: Property, others: Iterable[str]) -> None:
    if not _NAME.fullmatch(known.name):
        raise InputError(
            f"property {known.name!r}: a name is of small letters, digits and underscores and "
            "ends with its unit, such as 'price_eur_l'"
        )
    if known.name in _TAKEN or known.name in _SHIPPED or known.name in others:
        raise InputError(f"property {known.name!r}: the name is taken; choose another one")
    if known.nested_in:
        raise InputError(f"property {known.name!r}: nested_in is for the liquid range alone")


def _load(point: EntryPoint, others: Iterable[str]) -> list[Property]:
    """Usable properties of an entry point, with a warning for others."""
    origin = _distribution(point)
    found: list[Property] = []
    try:
        value = point.load()
        value = value() if callable(value) else value
        for known in [value] if isinstance(value, Property) else value:
            if not isinstance(known, Property):
                raise InputError(f"it holds {known!r}, which is no Property")
            _require_free(known, [*others, *(p.name for p in found)])
            found.append(replace(known, origin=origin))
    except (Exception, SystemExit) as error:  # code of others may fail in any way
        kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
        warnings.warn(
            f"the property {point.name!r} of {origin} cannot be used: {kind}{one_line(error)}; "
            f"mend or remove that package (entry point {point.value!r})",
            PropertyWarning,
            stacklevel=2,
        )
    return found


def _distribution(point: EntryPoint) -> str:
    """Name and version of the distribution that an entry point is of."""
    return "an unknown package" if point.dist is None else f"{point.dist.name} {point.dist.version}"
