"""Output of an explanation: sentences, tables and a plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.curves import ConcentrationCurve, TemperatureCurve
from electrolyte_ml.models.efficiency.explain import EfficiencyExplanation
from electrolyte_ml.models.efficiency.measured import MeasuredEfficiency
from electrolyte_ml.models.explain import Explanation, Swap
from electrolyte_ml.models.interphase import Interphase
from electrolyte_ml.models.liquid import LiquidRange
from electrolyte_ml.models.neighbours import DATA_SET, Neighbour
from electrolyte_ml.models.solubility import Solubility
from electrolyte_ml.report.plots import curves_figure, save_figure
from electrolyte_ml.report.text import interval, output_console
from electrolyte_ml.report.warnings import warning_lines
from electrolyte_ml.text import celsius, significant
from electrolyte_ml.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Temperatures of the table, degC.
_SHOWN_C = (-40, -20, 0, 25, 40, 60)
_FLAT_PERCENT = 1.0
# Of what is lost: smaller effects are not worth a word.
_TOLD_FACTOR = 1.1
_LIQUID_WORDS = {
    "freezes_below_k": "begins to freeze at about",
    "boils_above_k": "boils at about",
    "flash_point_k": "flash point about",
}


def print_explanation(explanation: Explanation, text: str) -> None:
    """Print all parts of an explanation; `text` is the recipe as written."""
    console = output_console()
    record = explanation.prediction.record(0)
    at = celsius(explanation.temperature_k)
    console.print(text)
    console.print(f"= {explanation.formulation.notation()}  ({explanation.formulation.key})")
    console.print(
        f"conductivity at {at}: {interval(record)} mS/cm; in brackets the interval that holds "
        f"{record['coverage']:.0%} of measurements"
    )
    if record["reason"]:
        console.print(f"? outside the model's domain: {record['reason']}")
    for line in warning_lines(explanation.warnings):
        console.print(line)
    console.print()
    for sentence in explanation_words(explanation):
        console.print(sentence)
    console.print(_temperature_table(explanation))
    for line in temperature_doubts(explanation.temperature):
        console.print(line)
    _print_swaps(console, explanation)
    console.print("Nearest measured recipes")
    console.print(_neighbour_table(explanation.neighbours))
    console.print(f"measured by the papers named; collected in {DATA_SET}")
    if explanation.efficiency is not None:
        _print_efficiency(console, explanation.efficiency)
    for line in explanation.formulation.assumptions:
        console.print(f"assumed: {line}")


def explanation_words(explanation: Explanation) -> Iterator[str]:
    """What an explanation says in sentences, before its tables."""
    yield from liquid_words(explanation.liquid)
    yield from solubility_words(explanation.solubility)
    yield from concentration_words(explanation.formulation, explanation.concentration)
    yield from temperature_words(explanation.temperature)
    yield from interphase_words(explanation.interphase)


def concentration_words(formulation: Formulation, curve: ConcentrationCurve) -> Iterator[str]:
    """Concentration of highest conductivity, and the concentration of this recipe."""
    own = formulation.molality_mol_kg
    own_m = sum(formulation.molarities_mol_l().values())
    # As recipes are written, the molality is by kg of solvents without additives.
    additives = any(s.role == "additive" for s in formulation.solvents)
    of = " of solvents and additives" if additives else ""
    here = f"this recipe has {own:.2f} mol/kg{of} ({own_m:.2f} M)"
    at = celsius(curve.temperature_k)
    if curve.maximum is None:
        end = curve.molality_mol_kg[-1]
        yield (
            f"Concentration: at {at} it still rises at {end:.2g} mol/kg, where the curve ends; "
            f"{here}."
        )
        return
    if curve.maximum == 0:
        # In an ionic liquid, which conducts without the salt.
        start = curve.molality_mol_kg[0]
        yield f"Concentration: at {at} it falls from the lowest, {start:.2g} mol/kg, on; {here}."
        return
    best = curve.prediction.record(curve.maximum)
    molality = curve.molality_mol_kg[curve.maximum]
    molarity = curve.molarity_mol_l[curve.maximum]
    here_value = curve.prediction.value[np.argmin(np.abs(curve.molality_mol_kg - own))]
    missing = 100 * (1 - here_value / best["value"])
    standing = "at the maximum"
    if missing >= _FLAT_PERCENT:
        standing = f"{missing:.0f} % below the maximum"
    yield (
        f"Concentration: at {at} it peaks at {molality:.2f} mol/kg ({molarity:.2f} M at 25 °C) "
        f"with {interval(best)} mS/cm; {here}, {standing}."
    )
    if not best["in_domain"]:
        yield f"  ? the maximum is outside the model's domain: {best['reason']}"


def temperature_words(curve: TemperatureCurve) -> Iterator[str]:
    """Activation energy at three temperatures."""
    (cold, at_cold), (room, at_room), (hot, at_hot) = curve.activation_kj_mol.items()
    words = (
        f"Temperature: local activation energy {at_room:.1f} kJ/mol at {celsius(room)} "
        f"({at_cold:.1f} at {celsius(cold)}, {at_hot:.1f} at {celsius(hot)})"
    )
    if at_cold > at_room > at_hot:
        words += (
            "; it grows in the cold as Vogel, Fulcher and Tammann found, so that one Arrhenius "
            "line does not serve the whole range"
        )
    yield f"{words}."


def liquid_words(liquid: LiquidRange, row: int = 0) -> Iterator[str]:
    """Liquid range of a recipe, and notes on the solubility of its salt."""
    record = liquid.record(row)
    words = [
        f"{verb} {round(record[name] - ZERO_CELSIUS_K)} °C{_bounds(record[f'{name}_interval'])}"
        for name, verb in _LIQUID_WORDS.items()
        if record[name] is not None
    ]
    if words:
        yield f"Liquid: {', '.join(words)}."
    yield from (f"  {note}" for note in record["notes"])


def solubility_words(solubility: Solubility, row: int = 0) -> Iterator[str]:
    """At which molality the salt of a recipe is saturated, and how sure that is."""
    limit = solubility.solubility_mol_kg.record(row)
    if limit["value"] is None:
        yield f"Solubility: {limit['reason']}."
        return
    value, low, high = (significant(limit[end], 2) for end in ("value", "low", "high"))
    times = significant(solubility.solubility_margin.record(row)["value"], 2)
    why = f"; {limit['reason']}" if limit["reason"] else ""
    yield (
        f"Solubility: saturated at about {value} mol/kg ({low} to {high}), {times} times what it "
        f"holds{why}."
    )


def _bounds(kelvin: Sequence[float] | None) -> str:
    if kelvin is None:
        return ""
    low, high = (f"{round(k - ZERO_CELSIUS_K)}" for k in kelvin)
    return f" ({low} to {high})"


def swap_words(swap: Swap) -> str:
    """Change of a swap, such as ``+14 %``."""
    return f"{swap.change_percent:+.0f} %"


def neighbour_words(neighbour: Neighbour) -> str:
    """Measured conductivity with its temperature, such as ``8.73 mS/cm at 25 °C``."""
    how = ", interpolated" if neighbour.interpolated else ""
    value = significant(neighbour.conductivity_ms_cm)
    return f"{value} mS/cm at {_rounded_celsius(neighbour.temperature_k)}{how}"


def neighbour_range(neighbour: Neighbour) -> str:
    """Measured temperatures, such as ``-20 to 60 °C, 7 points``."""
    cold, hot = (_rounded_celsius(t) for t in (neighbour.coldest_k, neighbour.hottest_k))
    if neighbour.n_points == 1:
        return f"{cold}, 1 point"
    span = cold if cold == hot else f"{cold.removesuffix(' °C')} to {hot}"
    return f"{span}, {neighbour.n_points} points"


def explanation_plot(explanation: Explanation, title: str) -> Figure:
    """Both curves of an explanation, titled with the recipe as written."""
    figure = curves_figure(
        explanation.concentration,
        explanation.temperature,
        molality_mol_kg=explanation.formulation.molality_mol_kg,
    )
    figure.suptitle(title, fontsize=9, parse_math=False)
    return figure


def write_plot(explanation: Explanation, text: str, path: Path) -> None:
    """Write both curves to an .svg, .png or .pdf file, titled with the recipe as written."""
    save_figure(explanation_plot(explanation, text), path)


def _rounded_celsius(temperature_k: float) -> str:
    return f"{round(temperature_k - ZERO_CELSIUS_K)} °C"


def temperature_rows(curve: TemperatureCurve) -> list[tuple[float, dict[str, Any]]]:
    """Temperatures of the table, K, each with its prediction in the contract's form."""
    return [
        (kelvin, curve.prediction.record(row))
        for row, kelvin in enumerate(curve.temperature_k.tolist())
        if round(kelvin - ZERO_CELSIUS_K, 6) in _SHOWN_C
    ]


def temperature_doubts(curve: TemperatureCurve) -> list[str]:
    """Reasons to doubt rows of the table, each with the hottest row it applies to."""
    doubts = {
        record["reason"] or "": kelvin
        for kelvin, record in temperature_rows(curve)
        if not record["in_domain"]
    }
    return [f"? up to {celsius(hottest)}: {reason}" for reason, hottest in doubts.items()]


def _temperature_table(explanation: Explanation) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("T", justify="right")
    table.add_column("conductivity, mS/cm", justify="right")
    for kelvin, record in temperature_rows(explanation.temperature):
        table.add_row(celsius(kelvin), interval(record))
    return table


def _print_swaps(console: Console, explanation: Explanation) -> None:
    at = celsius(explanation.temperature_k)
    console.print()
    if explanation.cations:
        console.print(f"The same with another cation, at {at}")
        console.print(_swap_table(explanation.cations))
        console.print()
    console.print(f"One component swapped for a similar one, at {at}")
    console.print(_swap_table(explanation.swaps))
    console.print("same wt% of a solvent, same mol/kg of a salt; changes are of best estimates")
    notes = {s.replacement: s.prediction["reason"] for s in explanation.swaps}
    for name, reason in notes.items():
        if reason:
            console.print(f"? {name}: {reason}")
    console.print()


def _swap_table(swaps: Sequence[Swap]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("instead of", "take", "change", "mS/cm", ""):
        table.add_column(heading, justify="right" if heading in ("change", "mS/cm") else "left")
    for swap in swaps:
        cells = (swap.component, swap.replacement, swap_words(swap), interval(swap.prediction))
        table.add_row(*cells, swap.note)
    return table


def _print_efficiency(console: Console, efficiency: EfficiencyExplanation) -> None:
    console.print()
    for sentence in efficiency_words(efficiency):
        console.print(sentence)
    table = Table(box=None, pad_edge=False)
    for heading in ("distance", "recipe", "measured", "how", "paper", ""):
        table.add_column(heading, overflow="fold")
    for one in efficiency.measured:
        words = (one.recipe, f"{one.percent:.4g} %", cycling_words(one), one.source, one.doubt)
        table.add_row(f"{one.distance:.2f}", *words)
    console.print(table)


def interphase_words(interphase: Interphase | None) -> Iterator[str]:
    """Anions at the metal ion, and how strongly it is held; nothing where it is not known."""
    if interphase is None:
        return
    share, energy = (
        p.record(0) for p in (interphase.anion_share_of_shell, interphase.desolvation_ev)
    )
    if share["value"] is None:
        return
    yield (
        f"First shell of the metal ion, estimated: {interval(share, 2)} of it anions; its ligands "
        f"hold it by {interval(energy)} eV in the mean."
    )


def cycling_words(measured: MeasuredEfficiency) -> str:
    """How an efficiency was measured."""
    told = measured.method or "untold"
    if measured.current_ma_cm2 is not None and measured.capacity_mah_cm2 is not None:
        told += f", {measured.current_ma_cm2:g} mA/cm2, {measured.capacity_mah_cm2:g} mAh/cm2"
    return told


def efficiency_words(efficiency: EfficiencyExplanation) -> Iterator[str]:
    """The efficiency, how it would be measured, and what drives it."""
    record = efficiency.prediction.record(0)
    yield (
        f"Coulombic efficiency of {record['of']}: {interval(record, 4)} % by the method "
        f"{record['method']} at {record['current_ma_cm2']:g} mA/cm2 and "
        f"{record['capacity_mah_cm2']:g} mAh/cm2."
    )
    if record["reason"]:
        yield f"? outside the model's domain: {record['reason']}"
    told = [
        f"{_driver(name, efficiency)}, {max(factor, 1 / factor):.1f} times "
        f"{'less' if factor > 1 else 'more'} lost"
        for name, factor in efficiency.drivers.items()
        if abs(np.log(factor)) > np.log(_TOLD_FACTOR)
    ]
    if told:
        yield f"  against the mean of measured recipes: {'; '.join(told)}"


def _driver(name: str, efficiency: EfficiencyExplanation) -> str:
    """What drives an efficiency, of an amount whether there is more or less of it."""
    if name not in efficiency.above_mean:
        return name
    more = "more" if efficiency.above_mean[name] else "less"
    return f"{more} {name.removeprefix('amount of ')}"


def _neighbour_table(neighbours: Sequence[Neighbour]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("distance", "recipe", "measured", "range", "DOI", ""):
        table.add_column(heading, overflow="fold")
    for n in neighbours:
        words = (n.recipe, neighbour_words(n), neighbour_range(n), n.doi, n.doubt)
        table.add_row(f"{n.distance:.2f}", *words)
    return table
