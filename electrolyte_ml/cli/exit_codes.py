"""Exit codes of the command line, the same for all verbs."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a verb tells the program that called it."""

    DONE = 0
    #: A number got worse: ``bench compare`` alone.
    REGRESSION = 1
    #: All faults are told, a line each, and nothing is written.
    BAD_INPUT = 2
    #: No recipe meets all limits of a search.
    INFEASIBLE = 3
    #: Done for all rows but the bad ones, which ``--skip-bad`` wrote to a file with their reasons.
    SKIPPED_ROWS = 4
    #: What shells report for Ctrl-C: the same command continues the work where it is stored.
    INTERRUPTED = 130


HELP = (
    "Exit codes: 0 done; 1 a number got worse (bench compare alone); 2 bad input: all faults are "
    "named and nothing is written; 3 no feasible recipe; 4 done, but bad rows were skipped as "
    "--skip-bad asked, into a file that is named; 130 interrupted, and the same command continues "
    "where the work is stored."
)
