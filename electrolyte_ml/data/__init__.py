"""Measurements: one long table, a module for each source, a report of the cleaning, splits."""

from electrolyte_ml.data.cleaning import Action, CleaningNote, CleaningReport
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements, concatenate

__all__ = [
    "Action",
    "CleaningNote",
    "CleaningReport",
    "Measurements",
    "concatenate",
    "data_path",
]
