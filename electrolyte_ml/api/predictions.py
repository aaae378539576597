"""Predictions in notebooks: scores of tables, single properties, windows, explanations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from electrolyte_ml.api.inputs import (
    Kelvins,
    OneRecipe,
    Recipes,
    Temperatures,
    kelvin_of,
    one_formulation,
    source_of,
)
from electrolyte_ml.arguments import kind, path_of
from electrolyte_ml.errors import InputError
from electrolyte_ml.models.comparison import RecipeComparison, compare_formulations
from electrolyte_ml.models.explain import Explanation
from electrolyte_ml.models.explain import explain as explain_formulation
from electrolyte_ml.models.scoring import Answers, ScoreTable, score_formulations
from electrolyte_ml.models.window import predict_window
from electrolyte_ml.prediction import Prediction, flat_record
from electrolyte_ml.properties import registered_property
from electrolyte_ml.report.window import window_records
from electrolyte_ml.rules import Cell, RecipeWarning, require_rules
from electrolyte_ml.scores import scores_frame
from electrolyte_ml.scores.columns import READ_COLUMNS
from electrolyte_ml.scores.rows import carried_names
from electrolyte_ml.units import ROOM_TEMPERATURE_K

if TYPE_CHECKING:
    import pandas as pd

#: Default reference electrodes of windows.
ELECTRODES = ("Na/Na+", "Li/Li+")


def score(
    recipes: Recipes,
    at: Temperatures | None = None,
    *,
    at_k: Kelvins | None = None,
    tuned: str | Path | None = None,
    cell: Cell | None = None,
    without: Sequence[str] = (),
    accept_unusual: bool = False,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Predict every property of recipes, each with its interval and domain flag.

    Parameters
    ----------
    recipes
        Text, `Formulation` or an object with one (such as a proposal); one or several, a series, a
        dict of them by name, or a data frame or file (CSV, xlsx or Parquet) with a column
        ``recipe``. Its column ``temperature_c`` or ``temperature_k`` (or ``T / K`` and the like) is
        used where it is filled in; its other columns are carried through.
    at
        Temperatures with units, ``"25 degC"`` or several; 25 degC if none is given.
    at_k
        Temperatures in K, instead of `at`.
    tuned
        Fine-tuned model, from ``train conductivity --finetune`` of the command line.
    cell
        The cell that the recipes are for: warnings look at its electrodes and its water.
    without
        Names of rules that are switched off.
    accept_unusual
        Take temperatures of a table at which no electrolyte is used, such as 298 degC.
    executor
        Where parts of long tables are scored, such as a process pool; here by default. The result
        is the same.

    Returns
    -------
    DataFrame
        One line per recipe and temperature, in the order given, with the columns of the command
        line's CSV. The index is that of the series or frame, repeated for several temperatures.

    Raises
    ------
    ElectrolyteError
        If any recipe or temperature cannot be used: one line for each row, with its index.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> scores = eml.score(["1 M NaPF6 in PC", "1 M NaFSI in DME"], at=["25 degC", "-20 degC"])
    >>> scores["temperature_k"].tolist()
    [298.15, 253.15, 298.15, 253.15]
    >>> bool((scores["conductivity_ms_cm.low"] < scores["conductivity_ms_cm.value"]).all())
    True
    """
    source, table = source_of(recipes, at, at_k, accept_unusual=accept_unusual)
    frame, given = scores_frame(
        source,
        None if tuned is None else _adapted(tuned),
        cell=cell,
        off=require_rules(without),
        executor=executor,
    )
    if table is None:
        return frame
    frame.index = table.index.take(given)
    carried = table.drop(columns=[c for c in READ_COLUMNS if c in table]).iloc[given]
    names = carried_names(map(str, carried), map(str, frame))
    taken = {name: new for name in carried if (new := names[str(name)]) != str(name)}
    return _beside(frame, carried.rename(columns=taken))


def compare(
    recipes: Recipes,
    at: Temperatures | None = None,
    *,
    at_k: Kelvins | None = None,
    prices: Mapping[str, float] | None = None,
    cell: Cell | None = None,
    without: Sequence[str] = (),
) -> RecipeComparison:
    """Compare recipes with the first: what each has more or less, with the interval of that.

    Parameters
    ----------
    recipes
        At least two, as in `score`.
    at, at_k, cell, without
        As in `score`.
    prices
        Price by kilogram of each component by name, to compare costs.

    Returns
    -------
    RecipeComparison
        Its ``to_frame`` gives a line per recipe and temperature; differences of properties whose
        error is a factor are ratios.

    Raises
    ------
    ElectrolyteError
        If a recipe or temperature cannot be used, or there is one recipe only.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> both = eml.compare(["1 M NaPF6 in EC:DEC 1:1 v/v", "1 M NaPF6 in EC:DMC 1:1 v/v"])
    >>> ratio = both.differences["conductivity_ms_cm"]
    >>> bool(ratio.low[1] < ratio.value[1] < ratio.high[1])
    True
    """
    source, _ = source_of(recipes, at, at_k)
    parts = list(source.parts())
    rows = [f for part in parts for f in part.formulations]
    kelvin = np.concatenate([part.temperature_k for part in parts])
    given = np.concatenate([part.given for part in parts])
    n = max(1, int((given == given[0]).sum()))
    if len(kelvin) % n or (kelvin.reshape(-1, n) != kelvin[:n]).any():
        raise InputError("compare needs all recipes at the same temperatures; name them with at")
    names = [text for part in parts for text in part.recipes][::n]
    return compare_formulations(
        rows[::n],
        kelvin[:n],
        names=[t if isinstance(t, str) else t.notation() for t in names],
        cell=cell,
        off=require_rules(without),
        prices=prices,
    )


def _adapted(tuned: str | Path) -> Callable[[ScoreTable], ScoreTable]:
    # Campaigns import Optuna, which takes longer than scoring many recipes.
    from electrolyte_ml.campaign.adapted import FineTuned

    file = path_of(tuned, "tuned is the file of a fine-tuned model, such as 'lab.tuned.json'")
    return FineTuned.read(file).apply


def _beside(frame: pd.DataFrame, carried: pd.DataFrame) -> pd.DataFrame:
    """Both tables side by side; rows keep their order even if labels repeat."""
    import pandas as pd

    if carried.columns.empty:
        return frame
    index = frame.index
    both = [frame.reset_index(drop=True), carried.reset_index(drop=True)]
    return pd.concat(both, axis="columns").set_axis(index)


def predict(
    recipes: Recipes,
    property_name: str,
    at: Temperatures | None = None,
    *,
    at_k: Kelvins | None = None,
    prices: Mapping[str, float] | None = None,
    cell: Cell | None = None,
    accept_unusual: bool = False,
) -> Prediction:
    """Predict one property of recipes; only its own model runs.

    Parameters
    ----------
    recipes
        As in `score`.
    property_name
        Name with its unit, such as ``viscosity_mpa_s``.
    at, at_k
        Temperatures as in `score`, for properties that have one.
    prices
        Price by kilogram of each component by name, for ``cost_per_kg``.
    cell
        The cell that limits such as ``depletion_rate_c`` are of, with its ``geometry``, and how
        coulombic efficiency is measured, its ``cycling``.
    accept_unusual
        As in `score`.

    Returns
    -------
    Prediction
        One row per recipe and temperature; `Prediction.to_frame` gives it as a data frame.

    Raises
    ------
    ElectrolyteError
        If a recipe or temperature cannot be used, or nothing predicts such a property.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> prediction = eml.predict("1 M NaPF6 in PC", "viscosity_mpa_s", at_k=[298.15, 253.15])
    >>> len(prediction), bool(prediction.value[1] > prediction.value[0])
    (2, True)
    """
    known = registered_property(property_name)
    if not (prices is None or isinstance(prices, Mapping)):
        raise InputError(
            f"prices are a dict of the price by kilogram of each component, such as "
            f"{{'PC': 3.0}}; given {kind(prices)}"
        )
    if not known.at_temperature and not (at is None and at_k is None):
        raise InputError(f"{property_name} has no temperature; leave out at and at_k")
    parts = list(source_of(recipes, at, at_k, accept_unusual=accept_unusual)[0].parts())
    formulations = [f for part in parts for f in part.formulations]
    temperatures = np.concatenate([part.temperature_k for part in parts])
    return Answers(formulations, temperatures, prices, cell).predict(known)


def warnings(
    recipe: OneRecipe,
    at: str | None = None,
    *,
    at_k: float | None = None,
    cell: Cell | None = None,
    without: Sequence[str] = (),
) -> tuple[RecipeWarning, ...]:
    """What a colleague would say of a recipe before it is made, the gravest first.

    Parameters
    ----------
    recipe
        Text or `Formulation`.
    at, at_k
        Temperature of use; 25 degC if none is given.
    cell
        The cell that the recipe is for.
    without
        Names of rules that are switched off.

    Returns
    -------
    tuple of RecipeWarning
        Each with its severity, text, source and the name of its rule.

    Raises
    ------
    ElectrolyteError
        If the recipe cannot be read, or there is no such rule.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> [str(w) for w in eml.warnings("1 M NaClO4 in PC")][0].partition(":")[0]
    'caution'
    >>> [w.rule for w in eml.warnings("1 M NaPF6 in DOL") if w.severity == "danger"]
    ['dioxolane_polymerises']
    >>> eml.warnings("1 M NaPF6 in EC:PC 1:1 wt", cell=eml.Cell(anode="hard carbon"))
    ()
    """
    kelvin = kelvin_of(at, at_k)
    rows = np.array([ROOM_TEMPERATURE_K if kelvin is None else kelvin])
    off = require_rules(without)
    return score_formulations([one_formulation(recipe)], rows, cell=cell, off=off).warnings[0]


def window(
    recipes: Recipes, against: str | Iterable[str] = ELECTRODES, *, minimum_share: float = 0.05
) -> pd.DataFrame:
    """Electrochemical stability windows of recipes, and the species that limit them.

    Windows are one-electron limits of isolated molecules; ``attrs["caveat"]`` of the result says
    how far they lie from theory, experiment and cells.

    Parameters
    ----------
    recipes
        As in `score`.
    against
        Reference electrode, or several.
    minimum_share
        Mole fraction below which a component sets no limit.

    Returns
    -------
    DataFrame
        One line per recipe and reference electrode, indexed as in `score`; potentials in V against
        the electrode.

    Raises
    ------
    ElectrolyteError
        If a recipe cannot be used, or there is no such electrode.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> limits = eml.window("1 M NaPF6 in PC", against="Na/Na+")
    >>> limits["reduction_limit_v.limiting_species"].tolist()
    ['PC']
    """
    import pandas as pd

    source, table = source_of(recipes, None, None, accept_unusual=True)
    parts = list(source.parts())
    formulations = [f for part in parts for f in part.formulations]
    electrodes = _electrodes(against)
    if not isinstance(minimum_share, Real) or not 0 <= minimum_share <= 1:
        raise InputError(
            f"minimum_share is a mole fraction from 0 to 1, given {kind(minimum_share)}"
        )
    windows = [predict_window(formulations, name, minimum_share) for name in electrodes]
    records = window_records(formulations, windows)
    # All electrodes of a recipe stand together.
    n = len(formulations)
    ordered = [records[e * n + row] for row in range(n) for e in range(len(electrodes))]
    frame = pd.DataFrame([_flat_window(record) for record in ordered])
    frame.attrs["caveat"] = records[0]["caveat"] if records else ""
    if table is not None:
        frame.index = table.index.repeat(len(electrodes))
    return frame


def _electrodes(against: str | Iterable[str]) -> list[str]:
    """Names of reference electrodes, at least one."""
    names = [against] if isinstance(against, str) else against
    found = list(names) if isinstance(names, Iterable) else []
    if not found:
        raise InputError(
            f"against is the name of a reference electrode such as {ELECTRODES[0]!r}, or several; "
            f"given {kind(against)}"
        )
    return found


def _flat_window(record: Mapping[str, Any]) -> dict[str, Any]:
    films = [
        f"{film['species']}: {film['film']} on the {film['electrode']} electrode"
        for film in record["passivation"]
    ]
    rest = {name: value for name, value in record.items() if name != "caveat"}
    return flat_record({**rest, "passivation": films})


def explain(
    recipe: OneRecipe,
    at: str | None = None,
    *,
    at_k: float | None = None,
    cell: Cell | None = None,
    without: Sequence[str] = (),
) -> Explanation:
    """Explain the conductivity of a recipe: curves, swaps, and the nearest measured recipes.

    Parameters
    ----------
    recipe
        Text or `Formulation`, with a salt.
    at
        Temperature with its unit; 25 degC if none is given.
    at_k
        The same in K.
    cell, without
        As in `score`.

    Returns
    -------
    Explanation
        Shown as a table of swaps in notebooks; ``concentration`` and ``temperature`` are curves
        with a ``to_frame`` of their own.

    Raises
    ------
    ElectrolyteError
        If the recipe cannot be read or holds no salt.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> explanation = eml.explain("1 M NaPF6 in PC", at="0 degC")
    >>> explanation.temperature_k, explanation.swaps[0].component
    (273.15, 'PC')
    """
    kelvin = kelvin_of(at, at_k)
    return explain_formulation(
        one_formulation(recipe),
        ROOM_TEMPERATURE_K if kelvin is None else kelvin,
        cell=cell,
        off=require_rules(without),
    )
