"""Reference electrodes, and the conversion of ionisation energies to potentials.

The absolute potential of the hydrogen electrode, 4.44 V, is IUPAC's (Trasatti 1986,
10.1351/pac198658070955); Li/Li+ lies 3.04 V below it in water (standard tables).
"""

from __future__ import annotations

from dataclasses import dataclass

from electrolyte_ml.errors import InputError

LITHIUM_ABSOLUTE_V = 4.44 - 3.04


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceElectrode:
    """A metal electrode as the zero of potentials.

    Attributes
    ----------
    name
        Name, such as ``Na/Na+``.
    above_lithium_v
        Potential of the electrode against Li/Li+, V. A limit against this electrode is the limit
        against Li/Li+ less this potential.
    uncertainty_v
        Uncertainty of `above_lithium_v`, which depends on the solvent, V.
    source
        Source of the number.
    """

    name: str
    above_lithium_v: float
    uncertainty_v: float
    source: str

    def from_lithium(self, potential_v: float) -> float:
        """A potential against Li/Li+, V, converted to this electrode, V."""
        return potential_v - self.above_lithium_v


ELECTRODES = {
    electrode.name: electrode
    for electrode in (
        ReferenceElectrode(
            name="Li/Li+",
            above_lithium_v=0.0,
            uncertainty_v=0.0,
            source="the scale of the computed limits",
        ),
        ReferenceElectrode(
            name="Na/Na+",
            above_lithium_v=0.3,
            uncertainty_v=0.15,
            source=(
                "0.33 V in water (standard potentials -2.71 and -3.04 V); near 0 in a "
                "chloroaluminate (10.1149/1.2221610); both move with the solvent"
            ),
        ),
        ReferenceElectrode(
            name="K/K+",
            above_lithium_v=0.11,
            uncertainty_v=0.15,
            source="in water (standard potentials -2.93 and -3.04 V); moves with the solvent",
        ),
    )
}

#: Of recipes without a salt of one of these metals.
DEFAULT_ELECTRODE = "Na/Na+"


def electrode_of(cation: str) -> ReferenceElectrode:
    """Electrode of the metal of a cation, such as ``Li``; the default for a cation of no metal."""
    return ELECTRODES.get(f"{cation}/{cation}+", ELECTRODES[DEFAULT_ELECTRODE])


def reference_electrode(name: str | ReferenceElectrode) -> ReferenceElectrode:
    """Electrode of that name; a `ReferenceElectrode` is returned as it is.

    Raises
    ------
    InputError
        If there is no such electrode.
    """
    if isinstance(name, ReferenceElectrode):
        return name
    if name not in ELECTRODES:
        raise InputError(f"unknown reference electrode {name!r}; there are {', '.join(ELECTRODES)}")
    return ELECTRODES[name]
