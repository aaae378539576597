"""Propose, score and benchmark liquid battery electrolytes, sodium first."""

__version__ = "0.1.0"
