r"""Energies of mixing of pairs of solvents: regular solutions, and pairs that are known.

A liquid has a cohesive energy by volume :math:`\delta^2`, of which dipoles make
:math:`\delta_p^2` and the rest :math:`\delta_r^2 = \delta^2 - \delta_p^2`. Two liquids mix with

.. math:: A_{ij} = k \left[ (\delta_{r,i} - \delta_{r,j})^2
    + b (\delta_{p,i} - \delta_{p,j})^2 \right]

joules by cubic centimetre. Dipoles follow from the permittivity by Onsager's equation, and
:math:`\delta_p = 37.4\, \mu / V^{1/2}` (Beerbower, in debye and cm3/mol) [1]_; so that no table of
parameters is needed, which lacks most fluorinated ethers. :math:`k` and :math:`b` are fitted to the
666 pairs of aprotic liquids that Godfrey's miscibility numbers [2]_ judge: none of the 63 that
separate is missed, 86 % of the others are below the critical energy, the rest up to 2.8 times above
(aromatic liquids and ethers with strong dipoles). Two liquids separate where
:math:`A_{ij}` exceeds the critical :math:`\tfrac{RT}{2} (V_i^{-1/2} + V_j^{-1/2})^2`.

References
----------
.. [1] Hansen, Hansen Solubility Parameters, 2nd ed., CRC Press 2007, chapter 1.
.. [2] Godfrey, Chemtech 1972, 2, 359.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features.constants import solvent_constants
from electrolyte_ml.files import packaged_table
from electrolyte_ml.models.liquid.constants import PhaseConstants, phase_constants
from electrolyte_ml.models.solubility.evidence import dissolved_mixtures
from electrolyte_ml.species import Solvent
from electrolyte_ml.species.catalog import packaged_catalog
from electrolyte_ml.units import GAS_CONSTANT_J_MOL_K, ROOM_TEMPERATURE_K

MISCIBLE, PARTLY, SEPARATES = "miscible", "partly", "separates"
#: Fitted to the pairs of Godfrey's numbers.
STRENGTH, POLAR_SHARE = 0.75, 0.35
# Square of the refractive index of usual solvents; the dipoles depend on it weakly.
_INDEX_SQUARED = 1.95
_BEERBOWER = 37.4
# Debye squared by cm3/mol times kelvin of 9 kT eps0 / N_A: units of Onsager's equation.
_ONSAGER = 9 * 1.380649e-23 * 8.8541878128e-12 * 1e-6 / 6.02214076e23 / (3.33564e-30) ** 2
# Bounds of the energy of a known pair, times the critical one.
_KNOWN = {MISCIBLE: (0.0, 0.6), PARTLY: (1.05, 1.5), SEPARATES: (1.3, 3.0)}
# Errors of energies that are estimated, as factors.
_ESTIMATED = (0.36, 1.25)
# Two solvents mix that a measured solution held with at least these shares of the mass.
_BLENDED = 0.1
# What mixes of one such solvent does not tell of the next: dilution by fluorine or alkyl.
_OF_ITS_OWN = frozenset({"fluorinated ether", "alkane", ""})
# Differences of Godfrey's numbers: above 16 two liquids separate, at 16 near room temperature.
_CRITICAL_DIFFERENCE = 16
_TABLES = "models/liquid/tables"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegularSolutions:
    """Solvents as regular solutions.

    Attributes
    ----------
    solvents
        Length s.
    volume_cm3_mol
        Molar volumes, shape (s,).
    least_j_cm3, most_j_cm3
        Bounds of the energies of mixing, shape (s, s); symmetric, zero where both are the same.
    critical_j_cm3
        Energy above which a pair separates, shape (s, s).
    is_known
        Whether a pair is known rather than estimated, shape (s, s).
    is_protic
        Whether hydrogen on oxygen or nitrogen makes estimates void, shape (s,).
    """

    solvents: tuple[Solvent, ...]
    volume_cm3_mol: NDArray[np.float64]
    least_j_cm3: NDArray[np.float64]
    most_j_cm3: NDArray[np.float64]
    critical_j_cm3: NDArray[np.float64]
    is_known: NDArray[np.bool_]
    is_protic: NDArray[np.bool_]

    @classmethod
    def of(cls, solvents: Sequence[Solvent], *, use_known: bool = True) -> RegularSolutions:
        """Solvents in their order; length s.

        Parameters
        ----------
        solvents
            Molecules, length s.
        use_known
            Whether pairs that are known take the place of estimates.
        """
        constants = phase_constants(solvents)
        volume = constants.molar_volume_cm3_mol
        energy = estimated_energy(*_cohesion(solvents, constants))
        known = np.zeros(energy.shape, dtype=np.bool_)
        critical = critical_energy(volume)
        least, most = (factor * energy for factor in _ESTIMATED)
        for i, j, word in _known_among(solvents) if use_known else ():
            known[i, j] = known[j, i] = True
            low, high = _KNOWN[word]
            least[i, j] = least[j, i] = low * critical[i, j]
            most[i, j] = most[j, i] = high * critical[i, j]
        return cls(
            solvents=tuple(solvents),
            volume_cm3_mol=volume,
            least_j_cm3=least,
            most_j_cm3=most,
            critical_j_cm3=critical,
            is_known=known,
            is_protic=constants.is_protic,
        )


def estimated_energy(rest: NDArray[np.float64], polar: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energies of mixing of all pairs, J/cm3, shape (s, s), from solubility parameters, MPa^0.5."""
    first, second = (np.subtract.outer(x, x) ** 2 for x in (rest, polar))
    return np.asarray(STRENGTH * (first + POLAR_SHARE * second))


def critical_energy(volume_cm3_mol: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy of mixing above which pairs separate at 25 °C, J/cm3, shape (s, s)."""
    root = 1 / np.sqrt(volume_cm3_mol)
    return 0.5 * GAS_CONSTANT_J_MOL_K * ROOM_TEMPERATURE_K * np.add.outer(root, root) ** 2


def _cohesion(
    solvents: Sequence[Solvent], constants: PhaseConstants
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Solubility parameters of all but the dipoles, and of the dipoles, MPa^0.5, shapes (s,)."""
    volume, total = constants.molar_volume_cm3_mol, constants.solubility_parameter_mpa05
    permittivity = np.exp([solvent_constants(s).ln_permittivity for s in solvents])
    index = _INDEX_SQUARED
    excess = np.maximum(permittivity - index, 0.0)
    shape = (2 * permittivity + index) / (permittivity * (index + 2) ** 2)
    dipole_squared = _ONSAGER * ROOM_TEMPERATURE_K * volume * excess * shape
    polar_squared = np.minimum(_BEERBOWER**2 * dipole_squared / volume, 0.75 * total**2)
    return np.sqrt(total**2 - polar_squared), np.sqrt(polar_squared)


def _known_among(solvents: Sequence[Solvent]) -> Iterator[tuple[int, int, str]]:
    """Pairs of the solvents that are known, by their places."""
    for i, first in enumerate(solvents):
        for j, second in enumerate(solvents[:i]):
            word = known_word(first, second)
            if word:
                yield i, j, word


def known_word(first: Solvent, second: Solvent) -> str | None:
    """What is known of two solvents: the table of pairs, Godfrey's numbers, measured solutions."""
    key = frozenset({first.smiles, second.smiles})
    if key in _pairs():
        return _pairs()[key]
    numbers = _numbers()
    if first.smiles in numbers and second.smiles in numbers:
        return _by_numbers(numbers[first.smiles], numbers[second.smiles])
    families = {first.family, second.family}
    if key in _blended():
        return MISCIBLE
    if not families & _OF_ITS_OWN and (len(families) == 1 or families in _blended_families()):
        return MISCIBLE
    return None


def _by_numbers(first: tuple[int, int], second: tuple[int, int]) -> str:
    """What Godfrey's numbers say of a pair, each against lipophilic and hydrophilic liquids."""
    upper, lower = sorted((first, second), key=sum, reverse=True)
    difference = upper[1] - lower[0]
    if difference < _CRITICAL_DIFFERENCE:
        return MISCIBLE
    return PARTLY if difference == _CRITICAL_DIFFERENCE else SEPARATES


@cache
def _numbers() -> dict[str, tuple[int, int]]:
    catalog = packaged_catalog()
    return {
        catalog.solvent(row["solvent"]).smiles: (int(row["lipophilic"]), int(row["hydrophilic"]))
        for row in packaged_table(f"{_TABLES}/miscibility_numbers.csv")
    }


@cache
def _blended() -> frozenset[frozenset[str]]:
    """Pairs of SMILES that a measured solution held."""
    return frozenset(frozenset({a.smiles, b.smiles}) for a, b in _held_together())


@cache
def _blended_families() -> frozenset[frozenset[str]]:
    """Pairs of families of which a measured solution held members."""
    return frozenset(frozenset({a.family, b.family}) for a, b in _held_together())


@cache
def _held_together() -> tuple[tuple[Solvent, Solvent], ...]:
    found = []
    for held in dissolved_mixtures():
        parts = zip(held.solvents, held.mass_fractions, strict=True)
        most = [solvent for solvent, share in parts if share >= _BLENDED]
        found += list(combinations(most, 2))
    return tuple(found)


@cache
def _pairs() -> dict[frozenset[str], str]:
    found = {}
    for row in packaged_table(f"{_TABLES}/miscible_pairs.csv"):
        for first in _members(row["first"]):
            for second in _members(row["second"]):
                found[frozenset({first, second})] = row["word"]
    return found


def _members(text: str) -> list[str]:
    """SMILES of the solvents of a list of names and families."""
    catalog = packaged_catalog()
    wanted = text.split(";")
    named = [catalog.solvent(n).smiles for n in wanted if catalog.has_solvent_named(n)]
    return [*named, *(s.smiles for s in catalog.solvents if s.family in wanted)]
