"""The settings that a computed limit depends on, and the key that tells protocols apart."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from electrolyte_ml.errors import InputError

_REVISION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How limits are computed with extended tight binding.

    Attributes
    ----------
    conformers
        Conformers that are embedded for a flexible molecule; rigid ones get fewer.
    seed
        Of the embedding.
    solvent
        Of the ALPB implicit solvation, a name that tblite knows.
    ipea_shift_ev
        Empirical shift of IPEA1-xTB ionisation energies, eV (10.1039/C7SC00601B and the
        program xtb, which prints it).
    gradient_tolerance
        Largest component of the gradient of a relaxed structure, hartree/bohr.
    max_steps
        Steps of a relaxation.

    Raises
    ------
    InputError
        If a number is not positive.
    """

    conformers: int = 6
    seed: int = 7
    solvent: str = "acetonitrile"
    ipea_shift_ev: float = 4.8455
    gradient_tolerance: float = 1e-3
    max_steps: int = 200

    def __post_init__(self) -> None:
        if min(self.conformers, self.max_steps) < 1 or self.gradient_tolerance <= 0:
            raise InputError(f"numbers of a protocol must be positive, given {self}")

    @property
    def key(self) -> str:
        """Short identity of the settings; rows of a table are kept apart by it."""
        return settings_key(f"xtb-{_REVISION}", asdict(self))


def settings_key(method: str, settings: dict[str, object]) -> str:
    """``method-`` followed by eight digits of a hash of the settings."""
    canonical = json.dumps(settings, sort_keys=True)
    return f"{method}-{hashlib.sha256(canonical.encode()).hexdigest()[:8]}"
