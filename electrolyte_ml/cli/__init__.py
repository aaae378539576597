"""The command line: one small module a verb."""

from __future__ import annotations

from electrolyte_ml.cli.app import main

__all__ = ["main"]
