"""Reading the recipes and temperatures that Python users pass."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, Union

import numpy as np

from electrolyte_ml.arguments import kind
from electrolyte_ml.errors import InputError, InputErrors
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.scores import ScoreSource
from electrolyte_ml.scores.columns import READ_COLUMNS, RECIPE_COLUMN, columns_read
from electrolyte_ml.tables import SUFFIXES
from electrolyte_ml.units import celsius_text, temperature_k

if TYPE_CHECKING:
    import pandas as pd


class HasFormulation(Protocol):
    """Object with a formulation: a proposal, a suggestion of a campaign, a swap."""

    @property
    def formulation(self) -> Formulation:
        """The recipe."""


#: One recipe: text as in papers, a formulation, or an object with one.
OneRecipe: TypeAlias = str | Formulation | HasFormulation
#: One recipe, several, a table with a column ``recipe``, or a file of one.
Recipes: TypeAlias = Union[
    OneRecipe, Path, Iterable[OneRecipe], Mapping[Any, OneRecipe], "pd.Series[Any]", "pd.DataFrame"
]
#: One temperature with its unit, or several.
Temperatures: TypeAlias = str | Iterable[str]
#: One temperature in K, or several.
Kelvins: TypeAlias = float | Iterable[float]

_RECIPE_HELP = "A recipe is text such as '1 M NaPF6 in PC', or a Formulation"


def one_formulation(recipe: OneRecipe) -> Formulation:
    """The formulation of one recipe.

    Raises
    ------
    InputError
        If it cannot be read, or several are given.
    """
    recipe = _unwrapped(recipe)
    if isinstance(recipe, Formulation):
        return recipe
    if isinstance(recipe, str):
        return parse_recipe(recipe)
    given = f"given {kind(recipe)}"
    if isinstance(recipe, Iterable):
        raise InputError(f"one recipe at a time, {given}; loop over several. {_RECIPE_HELP}")
    raise InputError(f"{given}. {_RECIPE_HELP}")


def table_of(recipes: Recipes) -> pd.DataFrame:
    """Recipes as a table with a column ``recipe``, whose index names the rows.

    Raises
    ------
    InputError
        If these are no recipes.
    """
    import pandas as pd

    if isinstance(recipes, pd.DataFrame):
        return _named_plainly(recipes)
    if isinstance(recipes, Mapping) and RECIPE_COLUMN in recipes:
        raise InputError(
            "a dict holds recipes by their names, such as {'mine': '1 M NaPF6 in PC'}; for a table "
            "with a column 'recipe' give pd.DataFrame(...)"
        )
    if isinstance(recipes, pd.Series | Mapping):
        held: Any = recipes
    elif isinstance(recipes, Iterable):
        held = _several(recipes)
    else:
        raise InputError(f"no recipe is given but {kind(recipes)}. {_RECIPE_HELP}")
    if not len(held):
        raise InputError(f"no recipe is given. {_RECIPE_HELP}")
    return pd.Series(held, dtype=object).map(_unwrapped).to_frame(RECIPE_COLUMN)


def source_of(
    recipes: Recipes,
    at: Temperatures | None,
    at_k: Kelvins | None,
    *,
    accept_unusual: bool = False,
) -> tuple[ScoreSource, pd.DataFrame | None]:
    """Source to score, and the table it was given as; None for one recipe or a file.

    Raises
    ------
    InputError
        If nothing is given, or a recipe or temperature cannot be used; all faults are listed.
    """
    kelvins = _kelvins(at, at_k)
    one = _unwrapped(recipes)
    if isinstance(one, str) and Path(one).suffix.lower() in SUFFIXES:
        one = Path(one)
    if isinstance(one, Path):
        return ScoreSource(table=one, at_k=kelvins, accept_unusual=accept_unusual), None
    if isinstance(one, str | Formulation):
        return ScoreSource([one], at_k=kelvins, accept_unusual=accept_unusual), None
    table = table_of(recipes)
    read = [c for c in table.columns if c in READ_COLUMNS]
    source = ScoreSource(table=table[read], at_k=kelvins, accept_unusual=accept_unusual)
    return source, table


def kelvin_of(at: str | None, at_k: float | None) -> float | None:
    """One temperature, K; None if none is given."""
    found = _kelvins(at, at_k)
    if len(found) > 1:
        raise InputError(f"one temperature at a time, given {len(found)}")
    return found[0] if found else None


def _kelvins(at: Temperatures | None, at_k: Kelvins | None) -> list[float]:
    """Temperatures given with their units or in K; none if none is given.

    Raises
    ------
    InputErrors
        With a line for each that is no temperature.
    """
    if at is not None and at_k is not None:
        raise InputError(
            "temperatures are given twice, as at and as at_k; give all of them as at with their "
            "units, such as at=['25 degC', '253.15 K']"
        )
    name, given = ("at", _several(at)) if at_k is None else ("at_k", _several(at_k))
    if not given and (at is not None or at_k is not None):
        raise InputError(f"{name} holds no temperature; leave it out for 25 degC")
    find = _fault_of_text if at_k is None else _fault_of_kelvin
    faults = [fault for fault in map(find, given) if fault]
    if faults:
        raise InputErrors(list(dict.fromkeys(faults)))
    return [temperature_k(t) if at_k is None else float(t) for t in given]


def _fault_of_text(text: object) -> str | None:
    if isinstance(text, Real):
        return (
            f"temperature {text!r} has no unit; write it with its unit, such as '25 degC' or "
            "'298.15 K', or give kelvin as at_k"
        )
    try:
        temperature_k(text)
    except InputError as error:
        return str(error)
    return None


def _fault_of_kelvin(number: object) -> str | None:
    kelvin = float(number) if isinstance(number, Real) else math.nan
    if not 0 < kelvin < math.inf:
        return (
            f"at_k takes temperatures in K, above absolute zero, given {number!r}; "
            "a text with a unit such as '25 degC' is given as at"
        )
    if kelvin < _COLDEST_K:
        return (
            f"at_k={kelvin:g} is {celsius_text(kelvin)}, colder than any liquid electrolyte; "
            f"for {kelvin:g} degC write at='{kelvin:g} degC'"
        )
    return None


# No electrolyte is liquid below; such a number was most likely meant in degC.
_COLDEST_K = 100.0


def _several(given: Any) -> list[Any]:
    if given is None:
        return []
    if isinstance(given, str) or not isinstance(given, Iterable):
        return [given]
    return [given.item()] if isinstance(given, np.ndarray) and not given.ndim else [*given]


def _unwrapped(recipe: Any) -> Any:
    """The formulation of an object with one; anything else as it is."""
    held = getattr(recipe, "formulation", None)
    return held if isinstance(held, Formulation) else recipe


def _named_plainly(table: pd.DataFrame) -> pd.DataFrame:
    """The table, whose columns that are read have the names of `READ_COLUMNS`."""
    twice = table.columns[table.columns.duplicated()].unique().tolist()
    if twice:
        raise InputError(f"columns stand twice in the table: {', '.join(map(str, twice))}")
    found = columns_read("the table", list(table.columns))
    return table.rename(columns={table.columns[n]: meaning for n, meaning in found.items()})
