"""Measured viscosities and densities of solutions: salts and ionic liquids, each value once.

A *solution* here is any liquid with ions: a salt in a solvent, a salt in an ionic liquid, an ionic
liquid with a solvent or alone. Rows are trusted less, or are left out, where something speaks
against them:

- two curves of one recipe in one paper contradict each other
  (`electrolyte_ml.data.contradictions`);
- the viscosity rises with temperature or falls with salt (`electrolyte_ml.data.impossible`); what
  the same paper has on other solutions is then doubtful;
- the label was found wrong by comparison (`electrolyte_ml.data.doubts`).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from electrolyte_ml.data.copies import ions_in
from electrolyte_ml.data.doubts import LabelDoubt, labelled_doubts, trusted_as
from electrolyte_ml.data.impossible import VISCOSITY, find_impossible
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.data.sources import load_source
from electrolyte_ml.data.union import MeasuredUnion, union_of
from electrolyte_ml.errors import InputError

DENSITY = "density_g_cm3"
#: Data sets with solutions by property, the best documented first.
FILES = {
    VISCOSITY: ("mlffdistill_transport", "ilthermo_alkali_salts", "il_in_battery_solvents"),
    DENSITY: ("kumar2026_density", "mlffdistill_transport", "ilthermo_alkali_salts"),
}
BINARIES = "battery_solvent_binaries"
_IMPOSSIBLE_ELSEWHERE = "another series of the paper is impossible"


@cache
def solution_union(property_name: str) -> MeasuredUnion:
    """All measured values of a property of solutions.

    Parameters
    ----------
    property_name
        ``viscosity_mpa_s`` or ``density_g_cm3``.

    Raises
    ------
    InputError
        If there is no such table.
    DataNotFoundError
        If a file is not on this machine.
    """
    if property_name not in FILES:
        raise InputError(f"no table of {property_name!r} of solutions; use {', '.join(FILES)}")
    read = {name: load_source(name, property_name) for name in FILES[property_name]}
    return union_of(
        {name: _weighed(name, _with_ions(table)) for name, (table, _) in read.items()},
        {name: report.n_read for name, (_, report) in read.items()},
        files=FILES[property_name],
    )


@cache
def binary_densities() -> Measurements:
    """Densities of mixtures of two battery solvents, without rows of wrong labels, g/cm3.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    table, _ = load_source(BINARIES, DENSITY)
    mixed = np.array([len(f.solvents) > 1 for f in table.formulations])
    table = trusted_as(table, doubts_of(BINARIES, table))
    return table.select(mixed[table.formulation_index] & table.trusted)


def doubts_of(dataset: str, measurements: Measurements) -> tuple[LabelDoubt, ...]:
    """What speaks against rows of a data set, contradicting curves aside.

    Parameters
    ----------
    dataset
        Name of the data set.
    measurements
        Its rows on one property.
    """
    found = [
        LabelDoubt(
            dataset=dataset,
            source=s.source,
            rows=s.rows,
            trust=Trust.CONTRADICTED,
            reason=s.reason,
        )
        for s in find_impossible(measurements)
    ]
    contradicted = {row for doubt in found for row in doubt.rows}
    for source in sorted({doubt.source for doubt in found}):
        of_paper = measurements.source_row[measurements.source == source].tolist()
        others = tuple(sorted(set(of_paper) - contradicted))
        if others:
            found.append(
                LabelDoubt(
                    dataset=dataset,
                    source=source,
                    rows=others,
                    trust=Trust.DOUBTFUL,
                    reason=_IMPOSSIBLE_ELSEWHERE,
                )
            )
    return (*found, *labelled_doubts(dataset, measurements))


def _weighed(dataset: str, measurements: Measurements) -> Measurements:
    return trusted_as(measurements, doubts_of(dataset, measurements))


def _with_ions(measurements: Measurements) -> Measurements:
    held = np.array([bool(ions_in(f)) for f in measurements.formulations], dtype=np.bool_)
    return measurements.select(held[measurements.formulation_index])
