"""The force field: which published parameters are taken, and the factors applied to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import read_table
from electrolyte_ml.simulate.ions import DEFAULT_CATION_SET, cation_sets
from electrolyte_ml.simulate.templates import TABLES, Template

DEFAULT_CHARGE_SCALE = 0.8

# Range of the solvents' factors: beyond it the published force field is no longer a description.
_CHARGE_RANGE = (0.5, 1.2)

_DEPTH_RANGE = (0.5, 1.5)

_DIAMETER_RANGE = (0.9, 1.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceField:
    """Which published parameters are taken, and by which factors they are refined.

    Attributes
    ----------
    cation_set
        Published parameters of the cations.
    charge_scale
        Factor on the charges of ions, above 0 and at most 1.
    solvent_set
        Named refinement of solvents in ``tables/solvents.csv``, factors for each of them; empty
        for the published numbers. The three factors that follow come on top.
    solvent_charge_scale
        Factor on the partial charges of solvents: less than 1 weakens the cohesion of the liquid,
        and makes it more mobile and less polar.
    solvent_epsilon_scale
        Factor on the depths of the Lennard-Jones wells of solvents.
    solvent_sigma_scale
        Factor on the Lennard-Jones diameters of solvents: it moves the density.
    """

    cation_set: str = DEFAULT_CATION_SET
    charge_scale: float = DEFAULT_CHARGE_SCALE
    solvent_set: str = ""
    solvent_charge_scale: float = 1.0
    solvent_epsilon_scale: float = 1.0
    solvent_sigma_scale: float = 1.0

    def __post_init__(self) -> None:
        if self.cation_set not in cation_sets():
            raise InputError(f"no cation set {self.cation_set!r}; sets: {', '.join(cation_sets())}")
        if not 0 < self.charge_scale <= 1:
            raise InputError(
                f"a charge scale lies above 0 and is at most 1, given {self.charge_scale}"
            )
        if self.solvent_set and self.solvent_set not in solvent_sets():
            raise InputError(
                f"no solvent set {self.solvent_set!r}; sets: {', '.join(solvent_sets())}"
            )
        _check_range("solvent_charge_scale", self.solvent_charge_scale, _CHARGE_RANGE)
        _check_range("solvent_epsilon_scale", self.solvent_epsilon_scale, _DEPTH_RANGE)
        _check_range("solvent_sigma_scale", self.solvent_sigma_scale, _DIAMETER_RANGE)

    @property
    def of_solvents(self) -> tuple[str, float, float, float]:
        """Settings of solvents: their set, and factors on charges, well depths and diameters."""
        return (
            self.solvent_set,
            self.solvent_charge_scale,
            self.solvent_epsilon_scale,
            self.solvent_sigma_scale,
        )

    @property
    def label(self) -> str:
        """Short words for it: ``jensen-jorgensen x0.8, solvent charges x0.9``."""
        words = [f"{self.cation_set} x{self.charge_scale:g}"]
        if self.solvent_set:
            words.append(f"solvents {self.solvent_set}")
        if self.solvent_charge_scale != 1:
            words.append(f"solvent charges x{self.solvent_charge_scale:g}")
        if self.solvent_epsilon_scale != 1:
            words.append(f"wells x{self.solvent_epsilon_scale:g}")
        if self.solvent_sigma_scale != 1:
            words.append(f"diameters x{self.solvent_sigma_scale:g}")
        return ", ".join(words)

    def applied(self, template: Template) -> Template:
        """The template of a solvent or an ion with the factors on its numbers."""
        if template.formal_charge:
            return template.scaled(self.charge_scale)
        own = _solvent_factors(self.solvent_set, template.name)
        return template.refined(
            charge=own.charge * self.solvent_charge_scale,
            epsilon=own.epsilon * self.solvent_epsilon_scale,
            sigma=own.sigma * self.solvent_sigma_scale,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON form: the cation set, the charge scale of ions, and whatever refines solvents.

        A refinement that is not made is left out, so that a force field keeps its key when another
        kind of refinement is added.
        """
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if not f.name.startswith("solvent_") or getattr(self, f.name) != f.default
        }

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> ForceField:
        """Force field of its JSON form."""
        return cls(**{f.name: held[f.name] for f in fields(cls) if f.name in held})

    @classmethod
    def of_row(cls, row: Mapping[str, str]) -> ForceField:
        """Force field of a row of a results table; defaults for missing columns."""
        held: dict[str, Any] = {
            f.name: row[f.name] if f.name.endswith("_set") else float(row[f.name])
            for f in fields(cls)
            if row.get(f.name) not in {None, ""}
        }
        return cls(**held)


def solvent_sets() -> tuple[str, ...]:
    """Names of the refinements of solvents that ship."""
    return tuple(dict.fromkeys(name for name, _ in _solvent_table()))


@dataclass(frozen=True, slots=True)
class _SolventFactors:
    """Factors on the published numbers of one solvent."""

    charge: float = 1.0
    epsilon: float = 1.0
    sigma: float = 1.0


def _solvent_factors(solvent_set: str, solvent: str) -> _SolventFactors:
    if not solvent_set:
        return _SolventFactors()
    table = _solvent_table()
    if (solvent_set, solvent) not in table:
        known = sorted(name for held, name in table if held == solvent_set)
        raise InputError(
            f"the solvent set {solvent_set!r} has no factors for {solvent}; it has "
            f"{', '.join(known)}. Make them with python tools/solvent_diameters.py"
        )
    return table[solvent_set, solvent]


@cache
def _solvent_table() -> dict[tuple[str, str], _SolventFactors]:
    return {
        (row["set"], row["solvent"]): _SolventFactors(
            float(row["charge_scale"]), float(row["epsilon_scale"]), float(row["sigma_scale"])
        )
        for row in read_table(TABLES / "solvents.csv")
    }


def _check_range(name: str, value: float, allowed: tuple[float, float]) -> None:
    if not allowed[0] <= value <= allowed[1]:
        raise InputError(f"{name} must lie in {allowed[0]:g}-{allowed[1]:g}, given {value:g}")
