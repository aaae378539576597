"""What one simulation is, and the key that its inputs hash to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from electrolyte_ml.errors import InputError
from electrolyte_ml.simulate.composition import BoxComposition, Component
from electrolyte_ml.simulate.force_field import ForceField
from electrolyte_ml.simulate.protocol import Protocol
from electrolyte_ml.simulate.system import Layout, SystemOptions

# Raised when the meaning of a stored state changes, so that no old state is continued.
STATE_VERSION = 1
# How often a job looks up to write a checkpoint does not change what it computes.
_NOT_PHYSICS = ("checkpoint_s",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationJob:
    """One box at one temperature with one seed: the unit of work that is run and resumed.

    Attributes
    ----------
    composition
        Molecules in the box.
    temperature_k
        Temperature, K.
    force_field
        Parameters of the cations, and factors on charges and diameters.
    protocol
        Stages and numerical choices.
    seed
        Seed of packing, velocities and thermostat.
    """

    composition: BoxComposition
    temperature_k: float
    force_field: ForceField = field(default_factory=ForceField)
    protocol: Protocol = field(default_factory=Protocol)
    seed: int = 1

    def __post_init__(self) -> None:
        if not 150 <= self.temperature_k <= 600:
            raise InputError(f"temperature must lie in 150-600 K, given {self.temperature_k}")
        if self.seed < 1:
            raise InputError(f"a seed is a positive whole number, given {self.seed}")

    @property
    def key(self) -> str:
        """Hash of everything that decides the result: 16 hexadecimal digits.

        It covers the force-field numbers themselves, so that a corrected table makes a new key.
        """
        inputs = self.to_dict() | {
            "version": STATE_VERSION,
            "force_field": [
                (t.atoms, t.bonds, t.angles, t.torsions, t.one_four)
                for t, _ in self.composition.templates(self.force_field)
            ],
        }
        for name in _NOT_PHYSICS:
            del inputs["protocol"][name]
        text = json.dumps(inputs, sort_keys=True, default=asdict)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def layout(self) -> Layout:
        """Molecules with scaled charges, in the order of the box."""
        return Layout.of(self.composition.templates(self.force_field))

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {
            "composition": asdict(self.composition),
            "temperature_k": self.temperature_k,
            **self.force_field.to_dict(),
            "protocol": asdict(self.protocol),
            "seed": self.seed,
        }

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> SimulationJob:
        """Job of its JSON form."""
        protocol = dict(held["protocol"])
        options = SystemOptions(**protocol.pop("options"))
        components = tuple(Component(**c) for c in held["composition"]["components"])
        return cls(
            composition=BoxComposition(components=components),
            temperature_k=held["temperature_k"],
            force_field=ForceField.from_dict(held),
            protocol=Protocol(**protocol, options=options),
            seed=held["seed"],
        )
