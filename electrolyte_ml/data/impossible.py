"""Series of viscosities that no liquid has: rising with temperature, or falling with salt.

The viscosity of a liquid falls when it is heated, and rises when salt is dissolved in it. Single
steps the wrong way are scatter. A series, a paper's rows on one salt in one solvent, in which they
are common was not measured on what its labels say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.copies import series_groups
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.formulation import Formulation

VISCOSITY = "viscosity_mpa_s"
# A step the wrong way is larger than this, in the natural logarithm; scatter is not.
_RISE, _FALL = 0.02, 0.03
# Steps shorter than this tell nothing.
_STEP_K, _STEP_MOL_KG = 2.0, 0.05
# Rows at one temperature, and of one concentration.
_SAME_KELVIN, _SAME_MOLALITY = 0.6, 0.03
# So many steps the wrong way, and this share of all, make a series impossible.
_FEWEST_STEPS, _SHARE = 3, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpossibleSeries:
    """Rows of one paper on one set of species whose viscosity goes the wrong way.

    Attributes
    ----------
    source
        The paper.
    recipe
        One of its recipes.
    rows
        Row numbers in the file.
    reason
        What speaks against them.
    """

    source: str
    recipe: str
    rows: tuple[int, ...]
    reason: str


def find_impossible(measurements: Measurements) -> tuple[ImpossibleSeries, ...]:
    """Series of a table of viscosities that cannot be, in the order of the file.

    Parameters
    ----------
    measurements
        Viscosities; a table of another property has none.
    """
    if measurements.property_name != VISCOSITY or not len(measurements):
        return ()
    per_formulation = np.array([f.molality_mol_kg for f in measurements.formulations])
    molality = per_formulation[measurements.formulation_index]
    blends = np.array([_blend(f) for f in measurements.formulations])
    blend = blends[measurements.formulation_index]
    series = series_groups(measurements)
    found = []
    for source in np.unique(measurements.source).tolist():
        of_paper = measurements.source == source
        for number in np.unique(series[of_paper]).tolist():
            rows = np.flatnonzero(of_paper & (series == number))
            parts = [rows[blend[rows] == b] for b in np.unique(blend[rows]).tolist()]
            heated = [s for part in parts for s in _heated(measurements, molality, part)]
            salted = [s for part in parts for s in _salted(measurements, molality, part)]
            for steps, words in ((heated, "rises with temperature"), (salted, "falls with salt")):
                wrong = sum(steps)
                if wrong >= _FEWEST_STEPS and wrong >= _SHARE * len(steps):
                    reason = f"viscosity {words} in {wrong} of {len(steps)} steps"
                    found.append(_series(measurements, rows, reason))
                    break
    return tuple(sorted(found, key=lambda s: s.rows))


def _series(measurements: Measurements, rows: NDArray[np.intp], reason: str) -> ImpossibleSeries:
    return ImpossibleSeries(
        source=str(measurements.source[rows[0]]),
        recipe=measurements.formulations[measurements.formulation_index[rows[0]]].notation(),
        rows=tuple(sorted(measurements.source_row[rows].tolist())),
        reason=reason,
    )


def _heated(
    measurements: Measurements, molality: NDArray[np.float64], rows: NDArray[np.intp]
) -> list[bool]:
    """Whether the viscosity rises in each step of temperature."""
    kelvin, ln = measurements.temperature_k, np.log(measurements.value)
    rises: list[bool] = []
    for same in _runs(rows, molality, _SAME_MOLALITY * np.maximum(molality, _STEP_MOL_KG)):
        ordered = same[np.argsort(kelvin[same], kind="stable")]
        far = np.diff(kelvin[ordered]) >= _STEP_K
        rises += (np.diff(ln[ordered])[far] > _RISE).tolist()
    return rises


def _salted(
    measurements: Measurements, molality: NDArray[np.float64], rows: NDArray[np.intp]
) -> list[bool]:
    """Whether the viscosity falls in each step of concentration."""
    kelvin, ln = measurements.temperature_k, np.log(measurements.value)
    falls: list[bool] = []
    for same in _runs(rows, kelvin, np.full(len(kelvin), _SAME_KELVIN)):
        ordered = same[np.argsort(molality[same], kind="stable")]
        far = np.diff(molality[ordered]) >= _STEP_MOL_KG
        falls += (np.diff(ln[ordered])[far] < -_FALL).tolist()
    return falls


def _runs(
    rows: NDArray[np.intp], scale: NDArray[np.float64], gap: NDArray[np.float64]
) -> Iterator[NDArray[np.intp]]:
    """Rows in groups that a gap on a scale separates."""
    ordered = rows[np.argsort(scale[rows], kind="stable")]
    apart = np.diff(scale[ordered]) > gap[ordered[:-1]]
    yield from np.split(ordered, np.flatnonzero(apart) + 1)


def _blend(formulation: Formulation) -> str:
    return "|".join(
        sorted(f"{s.solvent.smiles}={s.mass_fraction:.3f}" for s in formulation.solvents)
    )
