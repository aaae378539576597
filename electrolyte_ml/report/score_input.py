"""Reading what is to be scored: recipes from arguments and files, with all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from electrolyte_ml.errors import ElectrolyteError, InputError, TableError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.text import first_line, one_line
from electrolyte_ml.units import ROOM_TEMPERATURE_K, ZERO_CELSIUS_K, temperature_k

RECIPE_COLUMN = "recipe"
_TEMPERATURE_COLUMNS = {"temperature_k": 0.0, "temperature_c": ZERO_CELSIUS_K}
_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": pd.read_csv,
    ".parquet": pd.read_parquet,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequests:
    """Rows to score.

    Attributes
    ----------
    recipes
        Recipe text as written, length n.
    formulations
        The same, parsed, length n.
    temperature_k
        Temperatures, K, shape (n,).
    extra
        Other columns of the user's file, n rows; they are carried through.
    """

    recipes: Sequence[str]
    formulations: Sequence[Formulation]
    temperature_k: NDArray[np.float64]
    extra: pd.DataFrame


def read_requests(recipes: Sequence[str], file: Path | None, at: Sequence[str]) -> ScoreRequests:
    """Collect rows to score from recipe texts and from a file.

    Parameters
    ----------
    recipes
        Recipe texts.
    file
        CSV or Parquet with a column ``recipe`` and, if it has one, ``temperature_k`` or
        ``temperature_c``.
    at
        Temperatures with units for rows that have none of their own; 25 degC if empty.

    Returns
    -------
    ScoreRequests
        Rows in the order given, each repeated for every temperature of `at`.

    Raises
    ------
    TableError
        With one line for every recipe or temperature that cannot be used.
    InputError
        If there is nothing to score, or the file cannot be read.
    """
    if not recipes and file is None:
        raise InputError("nothing to score: give a RECIPE or --file")
    temperatures = [temperature_k(text) for text in at] or [ROOM_TEMPERATURE_K]
    frame = pd.DataFrame({RECIPE_COLUMN: list(recipes)}, dtype=object)
    places = [f"recipe {text!r}" for text in recipes]
    if file is not None:
        from_file = _read_file(file)
        places += [f"{file}, row {i}" for i in range(1, len(from_file) + 1)]
        frame = from_file if not recipes else pd.concat([frame, from_file], ignore_index=True)
    faults: list[str] = []
    own = _own_temperatures(frame, places, faults)
    formulations = _parse_all(frame[RECIPE_COLUMN].tolist(), places, faults)
    if faults:
        raise TableError(faults)
    repeats = np.where(np.isnan(own), len(temperatures), 1)
    rows = np.repeat(np.arange(len(frame)), repeats)
    filled = [
        temperature
        for row in range(len(frame))
        for temperature in (temperatures if np.isnan(own[row]) else [own[row]])
    ]
    texts = frame[RECIPE_COLUMN].astype(str).tolist()
    extra = frame.drop(columns=[RECIPE_COLUMN, *(_TEMPERATURE_COLUMNS.keys() & set(frame.columns))])
    return ScoreRequests(
        recipes=[texts[r] for r in rows],
        formulations=[formulations[r] for r in rows],
        temperature_k=np.array(filled),
        extra=extra.iloc[rows].reset_index(drop=True),
    )


def _read_file(path: Path) -> pd.DataFrame:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{path}: cannot read {path.suffix or 'a file without suffix'!r}; "
            f"use {' or '.join(_READERS)}"
        )
    try:
        frame = reader(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (ValueError, OSError) as error:
        raise InputError(first_line(f"{path}: cannot be read: {error}")) from error
    if RECIPE_COLUMN not in frame:
        raise InputError(
            f"{path}: no column {RECIPE_COLUMN!r}; it has {', '.join(map(str, frame.columns))}"
        )
    if frame.empty:
        raise InputError(f"{path}: no rows")
    if all(column in frame for column in _TEMPERATURE_COLUMNS):
        raise InputError(f"{path}: give temperature_k or temperature_c, not both")
    return frame


def _own_temperatures(
    frame: pd.DataFrame, places: Sequence[str], faults: list[str]
) -> NDArray[np.float64]:
    """Temperatures of the rows themselves, K, NaN where a row has none."""
    column = next((c for c in _TEMPERATURE_COLUMNS if c in frame), None)
    if column is None:
        return np.full(len(frame), np.nan)
    given = frame[column]
    numbers = pd.to_numeric(given, errors="coerce").to_numpy(dtype=np.float64)
    kelvin: NDArray[np.float64] = numbers + _TEMPERATURE_COLUMNS[column]
    blank = given.isna().to_numpy() | (given.astype(str).str.strip() == "").to_numpy()
    for row in np.flatnonzero(~blank & ~(np.isfinite(kelvin) & (kelvin > 0))).tolist():
        faults.append(
            f"{places[row]}: {column} is {given.iloc[row]!r}; give a number "
            "above absolute zero, or leave it empty"
        )
    return np.where(blank, np.nan, kelvin)


def _parse_all(
    texts: Sequence[object], places: Sequence[str], faults: list[str]
) -> list[Formulation]:
    parsed: dict[object, Formulation | str] = {}
    formulations = []
    for text, place in zip(texts, places, strict=True):
        if text not in parsed:
            try:
                parsed[text] = parse_recipe("" if pd.isna(text) else str(text))  # type: ignore[call-overload]
            except ElectrolyteError as error:
                parsed[text] = one_line(error)
        result = parsed[text]
        if isinstance(result, str):
            shown = place if place.startswith("recipe ") else f"{place}, recipe {text!r}"
            faults.append(f"{shown}: {result}")
        else:
            formulations.append(result)
    return formulations
