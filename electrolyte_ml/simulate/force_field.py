"""Choices made of a force field: cation parameters, and factors on published numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from electrolyte_ml.errors import InputError
from electrolyte_ml.simulate.ions import DEFAULT_CATION_SET, DEFAULT_CHARGE_SCALE, cation_sets
from electrolyte_ml.simulate.templates import Template

# Factors of the solvents beyond these leave what the published force field describes.
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
    solvent_charge_scale
        Factor on the partial charges of solvents: less than 1 weakens what holds the liquid
        together, and makes it more mobile and less polar.
    solvent_epsilon_scale
        Factor on the depths of the Lennard-Jones wells of solvents.
    solvent_sigma_scale
        Factor on the Lennard-Jones diameters of solvents: it moves the density.
    """

    cation_set: str = DEFAULT_CATION_SET
    charge_scale: float = DEFAULT_CHARGE_SCALE
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
        _check_range("solvent_charge_scale", self.solvent_charge_scale, _CHARGE_RANGE)
        _check_range("solvent_epsilon_scale", self.solvent_epsilon_scale, _DEPTH_RANGE)
        _check_range("solvent_sigma_scale", self.solvent_sigma_scale, _DIAMETER_RANGE)

    @property
    def of_solvents(self) -> tuple[float, float, float]:
        """What of it changes solvents: the factors on their charges, wells and diameters."""
        return self.solvent_charge_scale, self.solvent_epsilon_scale, self.solvent_sigma_scale

    @property
    def label(self) -> str:
        """Short words for it: ``jensen-jorgensen x0.8, solvent charges x0.9``."""
        words = [f"{self.cation_set} x{self.charge_scale:g}"]
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
        return template.refined(
            charge=self.solvent_charge_scale,
            epsilon=self.solvent_epsilon_scale,
            sigma=self.solvent_sigma_scale,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON form: the cation set and the charge scale of ions, and the factors that are not 1.

        Factors of 1 are left out, so that a force field without a refinement keeps its key when
        another kind of refinement is added.
        """
        return {
            name: value
            for name, value in asdict(self).items()
            if name in {"cation_set", "charge_scale"} or value != 1
        }

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> ForceField:
        """Force field of its JSON form."""
        return cls(**{f.name: held[f.name] for f in fields(cls) if f.name in held})


def _check_range(name: str, value: float, allowed: tuple[float, float]) -> None:
    if not allowed[0] <= value <= allowed[1]:
        raise InputError(f"{name} must lie in {allowed[0]:g}-{allowed[1]:g}, given {value:g}")
