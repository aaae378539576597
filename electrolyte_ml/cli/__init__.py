"""The command line: one small module per verb."""

from __future__ import annotations

from electrolyte_ml.cli.app import main

__all__ = ["main"]
