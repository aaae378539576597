"""Recipes in notebooks: reading, converting and weighing out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from electrolyte_ml.api.inputs import OneRecipe, one_formulation
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.formulation.battinfo import to_battinfo
from electrolyte_ml.formulation.exchange import to_csv
from electrolyte_ml.formulation.weigh_out import (
    BASES,
    Sheet,
    amounts_in_basis,
    batch_g,
    weigh_out_sheet,
)
from electrolyte_ml.species import Catalog, default_catalog
from electrolyte_ml.text import nearest_or_all

if TYPE_CHECKING:
    import pandas as pd

#: Forms that `convert` knows.
FORMS = ("text", "json", *BASES, "csv", "battinfo", "sheet")


def recipe(text: OneRecipe) -> Formulation:
    """Read a recipe.

    Parameters
    ----------
    text
        As papers write it; a `Formulation` is returned as it is.

    Returns
    -------
    Formulation
        The canonical form: mass fractions of solvents and molality of each salt.

    Raises
    ------
    ElectrolyteError
        If the text cannot be read; the message says how to write it.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> eml.recipe("1 mol/kg NaPF6 in EC:DEC 1:1 w/w")
    <Formulation 1 m NaPF6 in EC:DEC 50:50 wt>
    """
    return one_formulation(text)


@overload
def convert(recipe: OneRecipe, to: Literal["text", "csv"] = "text") -> str: ...
@overload
def convert(recipe: OneRecipe, to: Literal["json", "battinfo"]) -> dict[str, Any]: ...
@overload
def convert(recipe: OneRecipe, to: Literal["wt", "mol", "M"]) -> pd.Series[float]: ...
@overload
def convert(recipe: OneRecipe, to: Literal["sheet"]) -> Sheet: ...
def convert(recipe: OneRecipe, to: str = "text") -> str | dict[str, Any] | pd.Series[float] | Sheet:
    """A recipe in another basis or format.

    Parameters
    ----------
    recipe
        Text or `Formulation`.
    to
        ``text``: canonical notation; ``wt``, ``mol`` or ``M``: every component in wt%, mol% or
        mol/L; ``json`` or ``battinfo``: content of the JSON; ``csv``: a table as text; ``sheet``:
        weigh-out sheet of 100 g (`weigh_out` makes other batches).

    Returns
    -------
    str, dict, Series or Sheet
        Text for ``text`` and ``csv``; a dict for ``json`` and ``battinfo``; a series with the
        component as index and the unit as name for ``wt``, ``mol`` and ``M``.

    Raises
    ------
    ElectrolyteError
        If the recipe cannot be read or there is no such form.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> eml.convert("1 mol/kg NaPF6 in PC", to="mol").round(2).to_dict()
    {'PC': 90.74, 'NaPF6': 9.26}
    """
    formulation = one_formulation(recipe)
    if to in BASES:
        import pandas as pd

        amounts, unit = amounts_in_basis(formulation, to)
        return pd.Series(amounts, name=unit, dtype=float).rename_axis("component")
    if to == "text":
        return formulation.notation()
    if to == "json":
        return formulation.to_dict()
    if to == "csv":
        return to_csv([formulation])
    if to == "battinfo":
        return to_battinfo(formulation)[0]
    if to == "sheet":
        return weigh_out_sheet(formulation)
    raise InputError(f"unknown form {to!r}{nearest_or_all(str(to), FORMS)}")


def weigh_out(recipe: OneRecipe, batch: str = "100 g") -> Sheet:
    """Weigh-out sheet of a batch: grams and millilitres in the order of mixing.

    Parameters
    ----------
    recipe
        Text or `Formulation`.
    batch
        Mass or volume of the finished electrolyte with its unit: ``50 g``, ``20 mL``.

    Returns
    -------
    Sheet
        Shown as a table in notebooks; `Sheet.to_frame` gives it as a data frame.

    Raises
    ------
    ElectrolyteError
        If the recipe or the batch cannot be read.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> sheet = eml.weigh_out("1 mol/kg NaPF6 in PC", "50 g")
    >>> sheet.to_frame()[["component", "mass_g"]].round(2).to_dict("list")
    {'component': ['PC', 'NaPF6'], 'mass_g': [42.81, 7.19]}
    """
    formulation = one_formulation(recipe)
    return weigh_out_sheet(formulation, batch_g(batch, formulation))


def catalog() -> Catalog:
    """Catalog of solvents, additives and ions, including those added by the user.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> eml.catalog().solvent("ethylene carbonate")
    <Solvent EC, O=C1OCCO1>
    """
    return default_catalog()
