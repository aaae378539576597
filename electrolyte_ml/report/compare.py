"""Output of a comparison: a table with a column for each recipe, and a plot of their curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from rich.table import Table

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.comparison import RecipeComparison
from electrolyte_ml.models.curves import concentration_curves, temperature_curves
from electrolyte_ml.properties import Property
from electrolyte_ml.report.columns import coverage_text, prediction_text
from electrolyte_ml.report.plots import comparison_figure, save_figure
from electrolyte_ml.report.text import READING, difference_text, output_console
from electrolyte_ml.report.warnings import lines_by
from electrolyte_ml.text import celsius, significant
from electrolyte_ml.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Recipes that a plot of curves holds.
MOST_LINES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """A property of all recipes at one temperature.

    Attributes
    ----------
    known
        The property.
    temperature_k
        Temperature, K; None if it does not depend on it.
    predictions
        Of each recipe, in the contract's form.
    differences
        Of each recipe but the first, in the contract's form.
    """

    known: Property
    temperature_k: float | None
    predictions: tuple[Mapping[str, Any], ...]
    differences: tuple[Mapping[str, Any], ...]


def compared_rows(comparison: RecipeComparison) -> Iterator[ComparedRow]:
    """Rows of a comparison, property by property."""
    n = comparison.n_temperatures
    for known in comparison.properties:
        for at in range(n if known.at_temperature else 1):
            rows = range(at, n * len(comparison), n)
            kelvin = float(comparison.scores.temperature_k[at])
            predicted = comparison.predictions[known.name]
            beside = comparison.differences[known.name]
            yield ComparedRow(
                known=known,
                temperature_k=kelvin if known.at_temperature else None,
                predictions=tuple(predicted.record(row) for row in rows),
                differences=tuple(beside.record(row) for row in rows[1:]),
            )


def print_comparison(comparison: RecipeComparison, currency: str = "") -> None:
    """Print properties side by side, each recipe's difference from the first, and warnings."""
    console = output_console()
    letters = recipe_letters(len(comparison))
    for letter, name in zip(letters, comparison.names, strict=True):
        console.print(f"{letter}: {name}")
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("A", justify="right")
    for letter in letters[1:]:
        table.add_column(letter, justify="right")
        table.add_column(f"{letter} against A")
    # Others have no value at all, such as the efficiency of lithium for sodium recipes.
    shown = [
        row
        for row in compared_rows(comparison)
        if any(prediction["value"] is not None for prediction in row.predictions)
    ]
    for row in shown:
        table.add_row(*_cells(row, currency))
    console.print(table)
    records = list(comparison.records())
    coverage = coverage_text(
        [records[0][p.name] for p in comparison.properties if p.name in records[0]]
    )
    console.print(f"in brackets: interval that holds {coverage} of measurements. {READING}")
    references = {p["reference"] for row in shown for p in row.predictions if "reference" in p}
    if len(references) > 1:
        both = " and ".join(sorted(references))
        console.print(f"limits against {both}: differences on one scale")
    for line in (
        *_lacking(shown, letters),
        *lines_by(warnings_by_letter(comparison, records), "letter"),
    ):
        console.print(line)


def _lacking(rows: Sequence[ComparedRow], letters: Sequence[str]) -> Iterator[str]:
    """Why a recipe has no value where another one has, each reason once."""
    lines = {
        f"{letter}: no {row.known.label}: {prediction['reason']}": None
        for row in rows
        for letter, prediction in zip(letters, row.predictions, strict=True)
        if prediction["value"] is None and prediction["reason"]
    }
    yield from lines


def warnings_by_letter(
    comparison: RecipeComparison, records: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Warnings of each recipe at any temperature, each once."""
    n = comparison.n_temperatures
    return [
        {
            "letter": letter,
            "warnings": list(
                {
                    w["text"]: w
                    for record in records[i * n : (i + 1) * n]
                    for w in record["warnings"]
                }.values()
            ),
        }
        for i, letter in enumerate(recipe_letters(len(comparison)))
    ]


def comparison_plot(comparison: RecipeComparison) -> Figure:
    """Curves of the recipes with salt, at the first temperature of the comparison.

    Raises
    ------
    InputError
        If no recipe has a salt.
    """
    kelvin = float(comparison.scores.temperature_k[0])
    return recipes_plot(comparison.names, comparison.formulations, kelvin)


def recipes_plot(
    names: Sequence[str], formulations: Sequence[Formulation], temperature_k: float
) -> Figure:
    """Curves of recipes with salt, against concentration at a temperature and against temperature.

    Raises
    ------
    InputError
        If no recipe has a salt, or there are more of them than lines that can be told apart.
    """
    salted = [row for row, f in enumerate(formulations) if f.salts]
    if not salted:
        raise InputError("no recipe has a salt: without one there is no conductivity to draw")
    if len(salted) > MOST_LINES:
        raise InputError(f"at most {MOST_LINES} recipes can be drawn, given {len(salted)}")
    recipes = [formulations[row] for row in salted]
    return comparison_figure(
        [names[row] for row in salted],
        concentration_curves(recipes, temperature_k),
        temperature_curves(recipes),
    )


def write_comparison_plot(comparison: RecipeComparison, path: Path) -> None:
    """Draw the curves of recipes with salt to a file."""
    save_figure(comparison_plot(comparison), path)


def recipe_letters(n: int) -> list[str]:
    """A, B, ... and beyond Z numbers."""
    return [ascii_uppercase[i] if i < len(ascii_uppercase) else str(i + 1) for i in range(n)]


def _cells(row: ComparedRow, currency: str) -> Iterator[str]:
    known, unit = row.known, _unit(row.known, currency)
    at = "" if row.temperature_k is None else f" at {celsius(row.temperature_k)}"
    yield f"{known.label}{at}, {unit}".removesuffix(", ")
    yield _value(known, row.predictions[0])
    for prediction, difference in zip(row.predictions[1:], row.differences, strict=True):
        yield _value(known, prediction)
        yield difference_text(known, difference, unit)


def _unit(known: Property, currency: str) -> str:
    """Unit for people: degrees Celsius for temperatures, the currency for a cost."""
    if known.takes_prices:
        return currency
    return "°C" if known.unit == "K" else known.unit


def _value(known: Property, prediction: Mapping[str, Any]) -> str:
    if known.unit != "K":
        words = prediction_text(known, prediction)
        species = prediction.get("limiting_species")
        return f"{words} {species} vs {prediction['reference']}" if species else words
    ends = {name: prediction[name] for name in ("value", "low", "high")}
    shifted = {n: None if v is None else round(v - ZERO_CELSIUS_K) for n, v in ends.items()}
    if shifted["value"] is None:
        return "-"
    flag = "" if prediction["in_domain"] else " ?"
    low, high = (significant(shifted[end]) for end in ("low", "high"))
    return f"{significant(shifted['value'])} ({low} to {high}){flag}"
