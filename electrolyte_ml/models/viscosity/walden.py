"""Fit of the law of salts to conductivities, by Walden's rule.

Conductivities are those of the package's own model at recipes inside its domain, where it follows
CALiSol-23 closely, because measured series rarely share molalities and temperatures. Only solvents
that dissociate salts well are used. In others, ion pairs break up as the concentration rises, the
molar conductivity falls less, and the viscosity would come out too low.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.conductivity import predict_conductivity
from electrolyte_ml.models.viscosity.salt import SaltLaw
from electrolyte_ml.species.catalog import packaged_catalog

SOLVENTS = (
    "PC",
    "EC:PC 1:1 w/w",
    "EC:DMC 1:1 w/w",
    "EC:DEC 1:1 w/w",
    "EC:EMC 1:1 w/w",
    "EC:EMC 3:7 w/w",
    "GBL",
    "AN",
    "DMSO",
    "sulfolane",
)
SALTS = ("LiPF6", "LiBF4", "LiClO4", "LiAsF6", "LiBOB", "LiTFSI", "LiFSI", "LiOTf")
MOLALITIES = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
TEMPERATURES_K = (253.15, 273.15, 298.15, 318.15, 333.15)
# Prior standard deviation of an anion's deviation, kg/mol, and of one slope around the law.
_ANION_SD, _SLOPE_SD = 0.3, 0.3
_COOLING_GRID = np.linspace(0.0, 1.0, 41)

LnViscosity = Callable[[list[Formulation], NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slopes:
    """Falls of the molar conductivity, n of them.

    Attributes
    ----------
    slope
        Minus the change of its natural logarithm with molality, kg/mol, shape (n,).
    molality
        Middle of the step, mol/kg, shape (n,).
    ln_solvent, ln_solvent_298
        Natural logarithm of the solvents' viscosity in mPa s, at the temperature and at 298.15 K.
    anion, solvent
        SMILES and recipe, length n.
    """

    slope: NDArray[np.float64]
    molality: NDArray[np.float64]
    ln_solvent: NDArray[np.float64]
    ln_solvent_298: NDArray[np.float64]
    anion: tuple[str, ...]
    solvent: tuple[str, ...]


def read_slopes(ln_viscosity: LnViscosity) -> Slopes:
    """Slopes of the molar conductivity inside the conductivity model's domain.

    Parameters
    ----------
    ln_viscosity
        Natural logarithm of the viscosity in mPa s of solvents at temperatures.
    """
    rows: list[tuple[float, ...]] = []
    anions, solvents = [], []
    catalog = packaged_catalog()
    cases = list(product(SOLVENTS, SALTS, TEMPERATURES_K))
    recipes = {
        (s, salt): [parse_recipe(f"{m} mol/kg {salt} in {s}", catalog) for m in MOLALITIES]
        for s, salt in product(SOLVENTS, SALTS)
    }
    flat = [f for s, salt, _ in cases for f in recipes[s, salt]]
    at_k = np.repeat([t for *_, t in cases], len(MOLALITIES))
    conductivity = predict_conductivity(flat, at_k)
    molarity = np.array([sum(f.molarities_mol_l().values()) for f in flat])
    ln_molar = np.log(conductivity.value / molarity).reshape(len(cases), -1)
    inside = conductivity.in_domain.reshape(len(cases), -1)
    pure = [parse_recipe(s, catalog) for s, *_ in cases]
    warm = ln_viscosity(pure, np.full(len(cases), 298.15))
    here = ln_viscosity(pure, np.array([t for *_, t in cases]))
    for case, (solvent, salt, _) in enumerate(cases):
        for k in range(len(MOLALITIES) - 1):
            if inside[case, k] and inside[case, k + 1]:
                step = MOLALITIES[k + 1] - MOLALITIES[k]
                fall = (ln_molar[case, k] - ln_molar[case, k + 1]) / step
                rows.append((fall, MOLALITIES[k] + step / 2, here[case], warm[case]))
                anions.append(recipes[solvent, salt][0].salts[0].salt.anion.smiles)
                solvents.append(solvent)
    slope, molality, ln_here, ln_warm = np.array(rows).T
    return Slopes(
        slope=slope,
        molality=molality,
        ln_solvent=ln_here,
        ln_solvent_298=ln_warm,
        anion=tuple(anions),
        solvent=tuple(solvents),
    )


def fit_salt_law(slopes: Slopes) -> SaltLaw:
    """Least squares for the coefficients, with a prior on the anions' deviations.

    The exponent of cooling is tried on a grid; the other coefficients follow linearly.
    """
    fits = [_fit(slopes, float(cooling)) for cooling in _COOLING_GRID]
    return min(fits, key=lambda fit: fit[0])[1]


def _fit(slopes: Slopes, cooling: float) -> tuple[float, SaltLaw]:
    """Cost and coefficients at a given exponent of cooling."""
    anions = sorted(set(slopes.anion))
    chosen = np.array([[a == b for b in anions] for a in slopes.anion], dtype=np.float64)
    thickened = np.exp(cooling * (slopes.ln_solvent - slopes.ln_solvent_298))
    # The slope of m [k + c m] is k + 2 c m.
    terms = np.column_stack(
        [
            np.ones(len(slopes.slope)),
            np.tanh(slopes.ln_solvent_298),
            2 * slopes.molality,
            chosen,
        ]
    )
    # One solvent and anion counts once, however many temperatures and molalities it was read at.
    pairs = Counter(zip(slopes.anion, slopes.solvent, strict=True))
    count = [pairs[pair] for pair in zip(slopes.anion, slopes.solvent, strict=True)]
    root = 1.0 / (np.sqrt(count) * _SLOPE_SD * thickened)
    prior = np.diag([0.0, 0.0, 0.0, *np.full(len(anions), 1 / _ANION_SD)])
    matrix = np.vstack([terms * (root * thickened)[:, None], prior])
    target = np.concatenate([slopes.slope * root, np.zeros(len(prior))])
    found = np.linalg.lstsq(matrix, target, rcond=None)[0]
    if found[2] < 0:  # the law must not turn down at high concentration
        matrix[:, 2] = 0.0
        found = np.linalg.lstsq(matrix, target, rcond=None)[0]
        found[2] = 0.0
    weight = 1.0 / np.array(count)
    error = slopes.slope / thickened - terms @ found
    law = SaltLaw(
        base=float(found[0]),
        per_solvent=float(found[1]),
        curvature=float(found[2]),
        cooling=cooling,
        anions=dict(zip(anions, found[3:].tolist(), strict=True)),
        sd=float(np.sqrt((weight * error**2).sum() / weight.sum())),
    )
    # Errors as they are, not by the thickening: else the largest exponent would always win.
    left_over = error * thickened
    return float((weight * left_over**2).sum()), law
