"""The example below the help of each command."""

from __future__ import annotations

PROGRAM = "electrolyte-ml"


def example(arguments: str) -> str:
    """The line of an example.

    Parameters
    ----------
    arguments
        What stands behind the name of the program, with quotation marks as a shell needs them.
    """
    return f"Example: {PROGRAM} {arguments}"
