"""Data sets, one module each, with ``load() -> (Measurements, CleaningReport)``."""
