r"""Change of volume when solvents are mixed.

By mole of molecules it is the sum over pairs

.. math:: x_i x_j \left[c + k (\ln\varepsilon_i - \ln\varepsilon_j)^2 + u_i + u_j + A_{ij}
          + B_{ij} (x_i - x_j) + C_{ij} (T - T_0)\right]

(Redlich and Kister [1]_), where the last three are of pairs that were measured. Liquids of unlike
permittivity contract most: the first four terms predict pairs that were not.

References
----------
.. [1] Redlich, Kister, Ind. Eng. Chem. 1948, 40, 345. https://doi.org/10.1021/ie50458a036
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import combinations

from electrolyte_ml.features.constants import solvent_constants
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.species import Solvent
from electrolyte_ml.species.ionic_liquids import ions_of
from electrolyte_ml.units import ROOM_TEMPERATURE_K

_GRAMS = 1000.0
# Beyond this difference of ln(permittivity), squared, no pair was measured.
_MOST_UNLIKE = 11.0
_PRIORS: Mapping[str, tuple[float, float]] = {
    "mixing": (0.0, 1.0),
    "permittivity": (0.0, 1.0),
    "molecule": (0.0, 0.5),
    "pair": (0.0, 0.5),
    "skew": (0.0, 0.3),
    "slope": (0.0, 0.005),
}


def excess_terms(formulation: Formulation) -> tuple[dict[str, float], dict[str, float]]:
    """Factors of the coefficients at 298.15 K, and by kelvin from there; cm3 by kg of solvents.

    Returns
    -------
    terms, slope_terms
        Empty for a single molecule.
    """
    parts = sorted(
        (s for s in formulation.solvents if not ions_of(s.solvent)), key=lambda s: s.solvent.smiles
    )
    moles = [_GRAMS * s.mass_fraction / s.solvent.molar_mass_g_mol for s in parts]
    total = sum(moles)
    terms: dict[str, float] = {}
    slopes: dict[str, float] = {}
    for i, j in combinations(range(len(parts)), 2):
        first, second = parts[i].solvent, parts[j].solvent
        weight = moles[i] * moles[j] / total
        unlike = (_ln_permittivity(first) - _ln_permittivity(second)) ** 2
        pair = f"{first.smiles}|{second.smiles}"
        for name, factor in (
            ("mixing", weight),
            ("permittivity", weight * min(unlike, _MOST_UNLIKE)),
            (f"molecule {first.smiles}", weight),
            (f"molecule {second.smiles}", weight),
            (f"pair {pair}", weight),
            (f"skew {pair}", weight * (moles[i] - moles[j]) / total),
        ):
            terms[name] = terms.get(name, 0.0) + factor
        slopes[f"slope {pair}"] = weight
    return terms, slopes


@cache
def _ln_permittivity(solvent: Solvent) -> float:
    return solvent_constants(solvent).ln_permittivity


def at_temperature(
    mixing: tuple[Mapping[str, float], Mapping[str, float]], temperature_k: float
) -> dict[str, float]:
    """Factors of all coefficients at a temperature, of what `excess_terms` gives."""
    terms, slopes = mixing
    kelvin = temperature_k - ROOM_TEMPERATURE_K
    return {**terms, **{name: factor * kelvin for name, factor in slopes.items()}}


def prior_of_excess(name: str) -> tuple[float, float]:
    """Mean and standard deviation of a coefficient before anything is measured."""
    return _PRIORS[name.partition(" ")[0]]
