"""What surrounds the metal ion in a recipe: the share of anions, and what it takes to leave it.

Each ligand i of n_i moles by mole of metal, with the computed binding E_i
(`electrolyte_ml.quantum.binding`), has the share

    s_i = n_i exp(-E_i / e) / sum_j n_j exp(-E_j / e)

of the first shell, with an anion counted as bound more weakly by a constant d. The numbers e = 1 eV
and d = 0.05 eV were fitted to the first shells of 40 simulations with lithium or sodium
(``simulate/tables/lithium_sodium_pairs.csv``, most of them not converged): an effective energy,
many times kT, because a full shell evens out what single ligands do. The fit leaves 0.088, where
shares vary by 0.091, and ranks agree by 0.19 for sodium and 0.10 for lithium: of recipes with as
much salt it tells next to nothing. What the share tells is the amount of salt and of what binds
none. The desolvation energy is the mean of -E_i over the shell.

Anions at the metal are what inorganic films are made of; weak desolvation lets metal plate easily.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.intervals import COVERAGE, NORMAL_QUANTILE
from electrolyte_ml.models.molecules_only import NOT_COVERED
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.quantum.binding import IONS
from electrolyte_ml.quantum.binding_table import known_bindings
from electrolyte_ml.species import Ion, Solvent

_SCALE_EV, _ANIONS_WEAKER_EV = 1.0, 0.05
# Standard deviations: of shares against simulations; of bindings of lithium by solvents with one
# donor atom against a line in their donor numbers.
_SHARE_ERROR, _BINDING_ERROR_EV = 0.088, 0.19
# What is not computed may make up this share of the molecules.
_MAY_LACK = 0.05
_NOTHING = (np.nan, np.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interphase:
    """Descriptors of the first shell of n recipes.

    Attributes
    ----------
    anion_share_of_shell
        Share of the ligands of the metal ion that are anions, 0 to 1.
    desolvation_ev
        Energy that a ligand of the shell holds the ion with, mean over the shell, eV.
    """

    anion_share_of_shell: Prediction
    desolvation_ev: Prediction

    def record(self, row: int) -> dict[str, Any]:
        """One row, for JSON."""
        return {
            "anion_share_of_shell": self.anion_share_of_shell.record(row),
            "desolvation_ev": self.desolvation_ev.record(row),
        }


def predict_interphase(formulations: Sequence[Formulation]) -> Interphase:
    """Share of anions in the first shell of lithium or sodium, and desolvation energy.

    Parameters
    ----------
    formulations
        Recipes, length n.

    Returns
    -------
    Interphase
        No values where the metal is another one, or a notable component has no computed binding;
        the reason says which, and how to compute it.
    """
    rows = [_of_recipe(f) for f in formulations]
    values = np.array([row[0] for row in rows], dtype=np.float64).reshape(-1, 2)
    reasons = tuple(row[1] for row in rows)
    share = _prediction(values[:, 0], _SHARE_ERROR, reasons, highest=1.0)
    return Interphase(
        anion_share_of_shell=share,
        desolvation_ev=_prediction(values[:, 1], _BINDING_ERROR_EV, reasons),
    )


def _prediction(
    value: NDArray[np.float64],
    error: float,
    reasons: tuple[str | None, ...],
    highest: float = np.inf,
) -> Prediction:
    half = NORMAL_QUANTILE * error
    return Prediction(
        value=value,
        low=np.maximum(value - half, 0.0),
        high=np.minimum(value + half, highest),
        coverage=COVERAGE,
        in_domain=np.isfinite(value),
        reason=reasons,
    )


def _of_recipe(formulation: Formulation) -> tuple[tuple[float, float], str | None]:
    """Share and energy, or why there are none."""
    if formulation.ionic_liquids:
        return _NOTHING, NOT_COVERED
    ions = {s.salt.cation.smiles: s.salt.cation for s in formulation.salts}
    if len(ions) != 1 or not set(ions) <= set(IONS):
        names = " and ".join(sorted(ion.name for ion in ions.values())) or "no cation"
        return _NOTHING, f"bindings are computed for one metal, Li or Na; this recipe has {names}"
    (ion,) = ions
    moles = formulation.moles_per_kg_solvent
    ligands = [_Ligand(s.solvent, moles[s.solvent.name]) for s in formulation.solvents]
    ligands += [
        _Ligand(s.salt.anion, s.molality_mol_kg * s.salt.n_anion) for s in formulation.salts
    ]
    return _of_shell(ion, ligands)


class _Ligand(NamedTuple):
    species: Solvent | Ion
    moles: float


def _of_shell(ion: str, ligands: Sequence[_Ligand]) -> tuple[tuple[float, float], str | None]:
    known, whole = known_bindings(), sum(one.moles for one in ligands)
    lacking = [one for one in ligands if (one.species.smiles, ion) not in known]
    if sum(one.moles for one in lacking) > _MAY_LACK * whole:
        names = ", ".join(one.species.name for one in lacking)
        smiles = " ".join(f"'{one.species.smiles}'" for one in lacking)
        return _NOTHING, (
            f"no binding is computed of {names}; compute it with: electrolyte-ml species bind "
            f"{smiles}"
        )
    held = [one for one in ligands if one not in lacking]
    energy = np.array([known[one.species.smiles, ion].binding_ev for one in held])
    anion = np.array([isinstance(one.species, Ion) for one in held])
    weight = np.array([one.moles for one in held])
    weight = weight * np.exp(-(energy + _ANIONS_WEAKER_EV * anion) / _SCALE_EV)
    share = weight / weight.sum()
    return (float(share[anion].sum()), float(-(share * energy).sum())), None
