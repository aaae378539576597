"""CALiSol-23: measured ionic conductivity of lithium electrolytes [1]_.

References
----------
.. [1] de Blasio et al., Sci. Data 2024, 11, 750. https://doi.org/10.1038/s41597-024-03575-8
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.cleaning import Action, CleaningNote, CleaningReport
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.errors import AmountError, UnknownSpeciesError
from electrolyte_ml.formulation import Amounts, Formulation, RatioBasis, SaltBasis
from electrolyte_ml.species import Catalog, default_catalog

FILE_NAME = "calisol23.csv"
CITATION = "CALiSol-23, 10.1038/s41597-024-03575-8"
# Columns before the solvents': row, doi, k, T, c, salt, c units, solvent ratio type.
_N_HEAD = 8
_RATIO = {"w": RatioBasis.MASS, "v": RatioBasis.VOLUME, "mol": RatioBasis.MOLE}
_SALT_UNIT = {"mol/kg": SaltBasis.MOLALITY, "mol/l": SaltBasis.MOLARITY}
# Names of the data set that mean something else, or nothing, in the catalog.
_SOLVENT_NAMES = {
    "2-Glyme": "diglyme",
    "3-Glyme": "triglyme",
    "4-Glyme": "tetraglyme",
    "Ethylmonoglyme": "1,2-diethoxyethane",
    "Ethyldiglyme": "ethyl diglyme",
    "DMM": "dimethoxymethane",
    "Pseudocumeme": "1,2,4-trimethylbenzene",
    "TFP": "tris(2,2,2-trifluoroethyl) phosphate",
    "Propylsulfone": "dipropyl sulfone",
    "Freon 11": "CFC-11",
}

# Inferred from the values against every other source; the papers were not read.
_TOO_LOW_100 = "10.1007/s10008-002-0300-9"
_TOO_LOW_10 = "10.1016/S0378-7753(01)00697-8"
# There half a solvent that dissolves no salt makes 2-MeTHF conduct five times as well, and THF less
# well: the labels of 2-MeTHF and THF may have been exchanged.
_CONTRADICTORY, _CONTRADICTORY_SOLVENT = "10.1016/0378-7753(91)80004-H", "CFC-11"
_RESOLVES_LOW = "10.1021/JE020219O"
_LOWEST_READABLE_MS_CM = 0.03
_LOWEST_ANYWHERE_MS_CM = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Relabelling:
    """Rows of a paper that carry the salt of another curve.

    Attributes
    ----------
    rows
        Row numbers of the published table.
    doi
        Their paper.
    label, salt
        Salt in the table, and the one it must be.
    reason
        How that is known.
    """

    rows: range
    doi: str
    label: str
    salt: str
    reason: str


_HAN_2011 = "10.1016/j.jpowsour.2010.12.040"
_ORDER = "the abstract's order is LiFSI > LiPF6 > LiTFSI > LiClO4 > LiBF4, of 1 M in EC:EMC 3:7"
#: Labels that two different curves of one recipe in one paper prove wrong.
RELABELLED = (
    Relabelling(
        rows=range(40, 50),
        doi=_HAN_2011,
        label="LiFSI",
        salt="LiTFSI",
        reason=f"{_ORDER}; of the two curves labelled LiFSI, rows 31 to 39 have 9.89 and rows 40 "
        "to 49 have 7.69 mS/cm at 25 degC, less than LiPF6",
    ),
    Relabelling(
        rows=range(70, 80),
        doi=_HAN_2011,
        label="LiBF4",
        salt="LiClO4",
        reason=f"{_ORDER}; of the two curves labelled LiBF4, rows 60 to 69 have 3.72 and rows 70 "
        "to 79 have 6.29 mS/cm at 25 degC",
    ),
)
# The only LiClO4 in pure PC of the table, 3.9 mS/cm at 1 M and 25 degC; elsewhere 5.2 to 6.
_LOW_PERCHLORATE = ("10.1149/1.1344281", "LiClO4", "PC")

FLAG_UNIT_100 = "about 100 times below every other source"
FLAG_UNIT_10 = "about 10 times below every other source"
FLAG_CONTRADICTORY = "mixtures with CFC-11 contradict each other and their solvents"
FLAG_LOW_PERCHLORATE = "LiClO4 in PC a third below all other tables"
FLAG_UNREADABLE = "below the resolution of the digitised plot"
_TRUST = {
    FLAG_UNIT_100: Trust.UNUSABLE,
    FLAG_UNREADABLE: Trust.UNUSABLE,
    FLAG_UNIT_10: Trust.CONTRADICTED,
    FLAG_CONTRADICTORY: Trust.CONTRADICTED,
    FLAG_LOW_PERCHLORATE: Trust.DOUBTFUL,
}


def load(
    path: Path | None = None, *, as_published: bool = False
) -> tuple[Measurements, CleaningReport]:
    """Read and clean the data set.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.
    as_published
        Leave the salts as they are labelled (`RELABELLED`): splits that were frozen before the
        labels were corrected are made of them.

    Returns
    -------
    measurements
        Conductivity, mS/cm; suspicious rows are kept and flagged.
    report
        What was dropped, corrected and flagged.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    with (path or data_path(FILE_NAME)).open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    reader = _Reader(header, default_catalog(), () if as_published else RELABELLED)
    for row in rows:
        reader.take(row)
    measurements = reader.measurements()
    return measurements, CleaningReport(
        source=CITATION, n_read=len(rows), n_kept=len(measurements), notes=reader.notes()
    )


class _Reader:
    """Turns rows of text into measurements and counts what it had to do to them."""

    def __init__(
        self, header: list[str], catalog: Catalog, relabelled: Sequence[Relabelling]
    ) -> None:
        self.catalog = catalog
        self.relabelled = {(n, r.doi, r.label): r for r in relabelled for n in r.rows}
        self.solvents = [catalog.solvent(_SOLVENT_NAMES.get(n, n)) for n in header[_N_HEAD:]]
        self.names = header[_N_HEAD:]
        self.recipes: dict[tuple[str, ...], tuple[int, tuple[str, ...]]] = {}
        self.formulations: list[Formulation] = []
        self.kept: list[tuple[int, float, float, str, int]] = []
        self.counts: dict[tuple[Action, str], int] = {}

    def take(self, row: list[str]) -> None:
        number, doi, k, temperature, concentration = row[:5]
        fault = _fault(k, temperature, concentration)
        if fault:
            return self._count(Action.DROPPED, fault)
        wrong = self.relabelled.get((int(number), doi, row[5].strip()))
        if wrong is not None:
            row = [*row[:5], wrong.salt, *row[6:]]
            self._count(
                Action.CORRECTED,
                f"{wrong.label} of {doi} is {wrong.salt}: {wrong.reason}",
            )
        try:
            index, corrections = self._formulation(tuple(row[4:]))
        except (AmountError, UnknownSpeciesError) as error:
            return self._count(Action.DROPPED, str(error))
        for what in corrections:
            self._count(Action.CORRECTED, what)
        self.kept.append((index, float(temperature), float(k), doi, int(number)))
        return None

    def _formulation(self, recipe: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
        """Number of a recipe's formulation, and what had to be done to read it."""
        if recipe not in self.recipes:
            made = self._read_recipe(recipe)
            self.recipes[recipe] = len(self.formulations), tuple(self._corrections(recipe))
            self.formulations.append(made)
        return self.recipes[recipe]

    def _corrections(self, recipe: tuple[str, ...]) -> Iterator[str]:
        _concentration, salt, unit, ratio_type = recipe[:4]
        parts = [max(float(x), 0.0) for x in recipe[4:]]
        if salt != salt.strip():
            yield "salt name with a space around it"
        known = self.catalog.salt(salt.strip()).name
        if known != salt.strip():
            yield f"salt {salt.strip()} read as {known}"
        if _SALT_UNIT[unit] is SaltBasis.MOLARITY:
            yield "concentration by litre converted to molality with the density model"
        if abs(sum(parts) - 1) > 1e-6:
            yield "solvent fractions scaled so that they sum to 1"
        present = [
            (name, s.name) for name, s, x in zip(self.names, self.solvents, parts, strict=True) if x
        ]
        if len(present) > 1 and _RATIO[ratio_type] is not RatioBasis.MASS:
            yield f"solvent ratio by {_RATIO[ratio_type].name.lower()} converted to mass"
        for name, read_as in present:
            if name in _SOLVENT_NAMES and name != read_as:
                yield f"solvent {name} read as {read_as}"

    def _read_recipe(self, recipe: tuple[str, ...]) -> Formulation:
        concentration, salt, unit, ratio_type = recipe[:4]
        parts = [float(x) for x in recipe[4:]]
        return Formulation.from_amounts(
            Amounts(
                base_solvents=[(s, p) for s, p in zip(self.solvents, parts, strict=True) if p > 0],
                ratio_basis=_RATIO[ratio_type],
                salts=[(self.catalog.salt(salt.strip()), float(concentration), _SALT_UNIT[unit])],
            )
        )

    def _count(self, action: Action, what: str) -> None:
        self.counts[action, what] = self.counts.get((action, what), 0) + 1

    def measurements(self) -> Measurements:
        index, temperature, value, source, row = zip(*self.kept, strict=True)
        odd = [
            any(p.solvent.name == _CONTRADICTORY_SOLVENT for p in formulation.solvents)
            for formulation in self.formulations
        ]
        low = [self._is_low_perchlorate(formulation) for formulation in self.formulations]
        of_row = list(index)
        flag = _flags(
            np.array(value), np.array(source), np.array(odd)[of_row], np.array(low)[of_row]
        )
        for what, n in zip(*np.unique(flag[flag != ""], return_counts=True), strict=True):
            self.counts[Action.FLAGGED, str(what)] = int(n)
        return Measurements(
            property_name="conductivity_ms_cm",
            formulations=tuple(self.formulations),
            formulation_index=np.array(index, dtype=np.intp),
            temperature_k=np.array(temperature),
            value=np.array(value),
            source=np.array(source),
            source_row=np.array(row, dtype=np.intp),
            flag=flag,
            trust=np.array([_TRUST.get(what, Trust.FULL).value for what in flag.tolist()]),
        )

    @staticmethod
    def _is_low_perchlorate(formulation: Formulation) -> bool:
        _doi, salt, solvent = _LOW_PERCHLORATE
        solvents = [s.solvent.name for s in formulation.solvents]
        return solvents == [solvent] and [s.salt.name for s in formulation.salts] == [salt]

    def notes(self) -> tuple[CleaningNote, ...]:
        return tuple(
            CleaningNote(action=action, n_rows=n, what=what)
            for (action, what), n in self.counts.items()
        )


def _fault(k: str, temperature: str, concentration: str) -> str | None:
    """Why a row cannot be a measurement; None if it can."""
    if not k.strip():
        return "no conductivity"
    if not float(k) > 0:
        return "conductivity is not positive"
    if not (temperature.strip() and float(temperature) > 0):
        return "no temperature"
    if not (concentration.strip() and float(concentration) > 0):
        return "concentration is not positive"
    return None


def _flags(
    value: NDArray[np.float64],
    source: NDArray[np.str_],
    odd: NDArray[np.bool_],
    low: NDArray[np.bool_],
) -> NDArray[np.str_]:
    unreadable = (value < _LOWEST_READABLE_MS_CM) & (source != _RESOLVES_LOW)
    unreadable |= value < _LOWEST_ANYWHERE_MS_CM
    cases = {
        FLAG_UNIT_100: source == _TOO_LOW_100,
        FLAG_UNIT_10: source == _TOO_LOW_10,
        FLAG_CONTRADICTORY: (source == _CONTRADICTORY) & odd,
        FLAG_UNREADABLE: unreadable,
        FLAG_LOW_PERCHLORATE: (source == _LOW_PERCHLORATE[0]) & low,
    }
    return np.select(list(cases.values()), list(cases), default="")
