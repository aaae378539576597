"""What is said of a liquid range in words: whether it can be trusted, and why not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.liquid.freezing import Freezing
from electrolyte_ml.models.liquid.mixture import Solution
from electrolyte_ml.models.liquid.vapour import Threshold

# Shares below this hardly move the result.
_NOTABLE_SHARE = 0.05
# Formula units by molecule of solvent: beyond one in four, hardly any solvent is free and the
# ions are not particles among it.
_CONCENTRATED = 0.25
# PC forms a glass near 156 K (Fujimori and Oguni, J. Chem. Thermodyn.).
_GLASS_FORMERS = frozenset({"PC"})

#: For each row, whether it is in the domain and what to say of it.
Reasons = list[tuple[bool, str | None]]


def freezing_reasons(solution: Solution, frozen: Freezing) -> Reasons:
    """Whether each freezing point is in the domain, and what to say of it."""
    c = solution.constants
    faults = _common_faults(solution)
    _add(
        faults,
        np.isnan(c.melting_k) & _notable(solution.among_solvents),
        c.names,
        "melting point of {} unknown: it may freeze earlier",
    )
    hints: dict[int, list[str]] = {}
    for row in np.flatnonzero(frozen.separates):
        faults.setdefault(int(row), []).append("two liquids may form")
    first = np.zeros(solution.among_solvents.shape, dtype=np.bool_)
    first[np.arange(len(first)), frozen.first] = ~np.isnan(frozen.value)
    _add(hints, first & c.fusion_is_estimated, c.names, "enthalpy of fusion of {} estimated")
    return _reasons(len(first), faults, hints)


def freezing_remarks(solution: Solution, frozen: Freezing) -> list[tuple[str, ...]]:
    """Which solvent crystallises first, where there are several, and whether it does so readily."""
    several = np.count_nonzero(solution.among_solvents, axis=1) > 1
    remarks: list[tuple[str, ...]] = []
    for row, value in enumerate(frozen.value):
        if np.isnan(value):
            remarks.append(())
            continue
        name = solution.constants.names[int(frozen.first[row])]
        lines = [f"{name} crystallises first"] if several[row] else []
        if name in _GLASS_FORMERS:
            lines.append(f"{name} supercools and rarely crystallises; it forms a glass instead")
        remarks.append(tuple(lines))
    return remarks


def boiling_reasons(solution: Solution, boils: Threshold) -> Reasons:
    """Whether each boiling point is in the domain, and what to say of it."""
    c = solution.constants
    faults = _common_faults(solution)
    _add(
        faults,
        np.isnan(c.boiling_k) & _notable(solution.among_solvents),
        c.names,
        "boiling point of {} unknown: counted as not volatile",
    )
    hints: dict[int, list[str]] = {}
    _add(
        hints,
        c.vaporisation_is_estimated & _notable(boils.share),
        c.names,
        "enthalpy of vaporisation of {} estimated",
    )
    return _reasons(len(boils.value), faults, hints)


def flash_reasons(solution: Solution, burns: Threshold) -> Reasons:
    """Whether each flash point is in the domain, and what to say of it."""
    c = solution.constants
    none = np.isnan(burns.value)
    faults: dict[int, list[str]] = {}
    _add(
        faults,
        np.isnan(c.flash_k) & c.burns & _notable(solution.among_solvents),
        c.names,
        "flash point of {} unknown: counted as not burning",
    )
    _add(
        faults,
        c.flash_is_estimated & _notable(burns.share) & ~none[:, None],
        c.names,
        "flash point of {} estimated from its boiling point",
    )
    hints = {
        int(row): ["no flash point below the boiling point"]
        for row in np.flatnonzero(none)
        if int(row) not in faults
    }
    inert = ~c.burns & (solution.among_solvents > 0)
    _add(hints, inert, c.names, "{} without a flash point of its own")
    return _reasons(len(none), faults, hints)


def _common_faults(solution: Solution) -> dict[int, list[str]]:
    """What puts recipes outside of the laws of dilute, aprotic solutions, by row."""
    faults: dict[int, list[str]] = {}
    units = solution.units_by_solvent
    for row in np.flatnonzero(units > _CONCENTRATED):
        faults[int(row)] = [f"concentrated: {1 / units[row]:.2g} molecules of solvent by salt"]
    protic = solution.among_solvents @ solution.constants.is_protic.astype(np.float64)
    for row in np.flatnonzero(protic > _NOTABLE_SHARE):
        faults.setdefault(int(row), []).append("hydrogen-bonded solvents mix far from ideally")
    return faults


def _notable(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    return share > _NOTABLE_SHARE


def _add(
    lines: dict[int, list[str]], where: NDArray[np.bool_], names: tuple[str, ...], words: str
) -> None:
    """Add a line that names the solvents to every row that has some of them."""
    for row in np.flatnonzero(where.any(axis=1)):
        named = ", ".join(names[i] for i in np.flatnonzero(where[row]))
        lines.setdefault(int(row), []).append(words.format(named))


def _reasons(count: int, faults: dict[int, list[str]], hints: dict[int, list[str]]) -> Reasons:
    return [
        (row not in faults, "; ".join([*faults.get(row, ()), *hints.get(row, ())]) or None)
        for row in range(count)
    ]
