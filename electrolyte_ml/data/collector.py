"""Collecting the rows of a source, and counting what had to be done to them."""

from __future__ import annotations

import math

import numpy as np

from electrolyte_ml.data.cleaning import Action, CleaningNote, CleaningReport
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.properties import kind_of
from electrolyte_ml.formulation import Formulation


class Collector:
    """Turns rows into measurements of one property.

    Parameters
    ----------
    property_name
        Property with its unit.
    method
        How all values were had.
    """

    def __init__(self, property_name: str, method: str = "experiment") -> None:
        self.kind = kind_of(property_name)
        self.method = method
        self._places: dict[Formulation, int] = {}
        self._rows: list[tuple[int, float, float, str, int, str, float]] = []
        self._counts: dict[tuple[Action, str], int] = {}
        self._n_read = 0

    def take(
        self,
        formulation: Formulation,
        *,
        temperature_k: float,
        value: float,
        source: str,
        row: int,
        flag: str = "",
        uncertainty: float = math.nan,
    ) -> None:
        """Keep a row, unless its value or temperature cannot be; arguments as in `Measurements`."""
        impossible = self.kind.fault(value) or self.kind.temperature_fault(temperature_k)
        if impossible:
            self.drop(impossible)
            return
        self._n_read += 1
        if flag:
            self.count(Action.FLAGGED, flag)
        place = self._places.setdefault(formulation, len(self._places))
        self._rows.append((place, temperature_k, value, source, row, flag, uncertainty))

    def drop(self, what: str) -> None:
        """Leave a row out."""
        self._n_read += 1
        self.count(Action.DROPPED, what)

    def count(self, action: Action, what: str) -> None:
        """Put one more row on the report."""
        self._counts[action, what] = self._counts.get((action, what), 0) + 1

    def finish(self, source: str) -> tuple[Measurements, CleaningReport]:
        """All rows kept, and the report on all that were read.

        Parameters
        ----------
        source
            Name of the data set, for the report.
        """
        columns = list(zip(*self._rows, strict=True)) or [()] * 7
        uncertainty = np.array(columns[6], dtype=np.float64)
        measurements = Measurements(
            property_name=self.kind.name,
            method=self.method,
            formulations=tuple(self._places),
            formulation_index=np.array(columns[0], dtype=np.intp),
            temperature_k=np.array(columns[1], dtype=np.float64),
            value=np.array(columns[2], dtype=np.float64),
            source=np.array(columns[3], dtype=np.str_),
            source_row=np.array(columns[4], dtype=np.intp),
            flag=np.array(columns[5], dtype=np.str_),
            uncertainty=None if np.isnan(uncertainty).all() else uncertainty,
        )
        notes = tuple(
            CleaningNote(action=action, n_rows=n, what=what)
            for (action, what), n in self._counts.items()
        )
        return measurements, CleaningReport(
            source=source, n_read=self._n_read, n_kept=len(measurements), notes=notes
        )
