"""Measured oxidation limits on glassy carbon, and first reduction peaks [1]_.

Oxidation: linear sweep in 0.65 M tetraethylammonium tetrafluoroborate, cut at 1 mA/cm2, which is
optimistic for the porous electrodes of cells. Reduction: first peak of dQ/dV of a whole
electrolyte. The table was transcribed second-hand.

References
----------
.. [1] Okoshi et al. 2015, after Ue et al. https://doi.org/10.1149/2.0051509eel
"""

from __future__ import annotations

import re
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.units import ZERO_CELSIUS_K

FILE_NAME = "oxidation_reduction_limits_measured.csv"
CITATION = "measured limits, 10.1149/2.0051509eel and US DOE reports"
_AXES = {"oxidation_limit_v": "oxidation", "reduction_limit_v": "reduction"}
_SALT_ALONE = re.compile(r"^(?P<molarity>[\d.]+)\s*M\s+(?P<salt>\S+)$")
_WHOLE = re.compile(
    r"^(?P<salt>[\d.]+\s*M\s+\S+)\s+(?P<names>\S+/\S+)\s+(?P<ratio>[\d.]+/[\d.]+)"
    r"(?P<added>\s*\+.*)?$"
)
FLAG_SECOND_HAND = "second-hand transcription"
FLAG_BASIS = "second-hand; peak of one component; ratio of solvents taken by mass"
NOT_READ = "supporting electrolyte not read"


def load(
    path: Path | None = None, property_name: str = "oxidation_limit_v"
) -> tuple[Measurements, CleaningReport]:
    """Read one side of the window.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.
    property_name
        ``oxidation_limit_v`` or ``reduction_limit_v``.

    Returns
    -------
    measurements
        Potentials, V against Li/Li+; the formulation holds the supporting electrolyte.
    report
        Every row is flagged as second-hand.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    InputError
        If there is no such property.
    """
    if property_name not in _AXES:
        raise InputError(f"{FILE_NAME} has no {property_name!r}; it has {', '.join(_AXES)}")
    rows = read_table(path or data_path(FILE_NAME))
    collector = Collector(property_name)
    for number, row in enumerate(rows):
        if row["axis"] != _AXES[property_name]:
            continue
        recipe = _recipe(row)
        if recipe is None:
            collector.drop(NOT_READ)
            continue
        collector.take(
            recipe,
            temperature_k=float(row["T_C"]) + ZERO_CELSIUS_K,
            value=float(row["potential_V_vs_Li"]),
            source=row["tabulation_source_doi"] or row["primary_source"],
            row=number,
            flag=FLAG_SECOND_HAND if row["axis"] == "oxidation" else FLAG_BASIS,
        )
    return collector.finish(CITATION)


def _recipe(row: dict[str, str]) -> Formulation | None:
    text = row["supporting_electrolyte"].strip()
    alone = _SALT_ALONE.match(text)
    if alone:
        return parse_recipe(f"{alone['molarity']} M {alone['salt']} in {row['smiles']}")
    whole = _WHOLE.match(text)
    if whole is None:
        return None
    ratio = whole["ratio"].replace("/", ":")
    names = whole["names"].replace("/", ":")
    return parse_recipe(f"{whole['salt']} in {names} {ratio} w/w{whole['added'] or ''}")
