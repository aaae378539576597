r"""Similarity of molecules, and distance of recipes.

The similarity of two species is the mean of two kernels between 0 and 1. The kernel of structure is
the Tanimoto coefficient :math:`\sum_i \min(a_i, b_i) / \sum_i \max(a_i, b_i)` of counted Morgan
fragments of radius 1 [1]_. The kernel of properties is the Gaussian :math:`\exp(-|z - z'|^2 / 2)`
of a few physical properties, each in units of a step that a chemist would notice. Both kernels are
positive semi-definite, so that distances between mixtures are real.

The squared distance of two recipes is the sum of four terms,

.. math::

   d^2 = w_s (x - y)^\top K_s (x - y) + w_a (a - b)^\top K_a (a - b)
       + \frac{w_c}{2} |c - c'|^2 + \frac{(\sqrt m - \sqrt{m'})^2}{\sigma_m^2}

with mole fractions :math:`x` among the solvents, shares :math:`a` of the anions and :math:`c` of
the cations, molality :math:`m` and the similarities :math:`K`. EC:DEC is thus near EC:EMC and far
from diglyme, and blends of the same solvents in about the same amounts are near each other. The
weights rank solvents first, then the anion, the cation and the concentration; they were chosen, not
fitted.

References
----------
.. [1] Rogers and Hahn, J. Chem. Inf. Model. 2010, 50, 742. https://doi.org/10.1021/ci100050t
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition
from electrolyte_ml.features.constants import solvent_constants
from electrolyte_ml.features.molecule import ANION_DESCRIPTORS, descriptors
from electrolyte_ml.models.numeric import count_tanimoto
from electrolyte_ml.species import Ion, Solvent

_RADIUS = 1
_BITS = 1024
# Length scales of the Gaussian kernel of solvents: a factor e in viscosity and in permittivity,
# 8 kcal/mol of donor number, 40 cm3/mol of molar volume.
_SOLVENT_STEPS = (1.0, 1.0, 8.0, 40.0)
# Length scale of the Gaussian kernel of anions: their McGowan volume, cm3/mol.
_ANION_STEP = 30.0
_VOLUME = ANION_DESCRIPTORS.index("mordred.VMcGowan")
_SOLVENT_WEIGHT = 1.0
_ANION_WEIGHT = 0.3
_CATION_WEIGHT = 0.15
_ROOT_MOLALITY_STEP = 1.0


def solvent_similarity(left: Sequence[Solvent], right: Sequence[Solvent]) -> NDArray[np.float64]:
    """Similarity of solvents, 1 for the same molecule.

    Parameters
    ----------
    left, right
        Solvents, lengths a and b.

    Returns
    -------
    ndarray of float, shape (a, b)
    """
    structure = count_tanimoto(_fragments(left), _fragments(right))
    return 0.5 * (structure + _gaussian(_physics(left), _physics(right)))


def anion_similarity(left: Sequence[Ion], right: Sequence[Ion]) -> NDArray[np.float64]:
    """Similarity of anions, as `solvent_similarity`; the physical property is their size."""
    structure = count_tanimoto(_fragments(left), _fragments(right))
    return 0.5 * (structure + _gaussian(_sizes(left), _sizes(right)))


def square_distances(left: Composition, right: Composition) -> NDArray[np.float64]:
    """Squared distances of recipes.

    Parameters
    ----------
    left, right
        Recipes, of k and n rows.

    Returns
    -------
    ndarray of float, shape (k, n)
    """
    solvents, ions, molality = square_parts(left, right)
    return solvents + ions + molality


def square_distances_of_pairs(
    recipes: Composition, left: NDArray[np.intp], right: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Squared distances of many pairs, without those of all others.

    Parameters
    ----------
    recipes
        Recipes of all rows.
    left, right
        Row numbers of the pairs, shapes (p,).

    Returns
    -------
    ndarray of float, shape (p,)
    """
    pairs = recipes.index[left], recipes.index[right]
    of_kinds = (
        (
            _SOLVENT_WEIGHT,
            solvent_similarity(*[recipes.solvents] * 2),
            recipes.solvent_mole_fraction,
        ),
        (_ANION_WEIGHT, anion_similarity(*[recipes.anions] * 2), recipes.anion_fraction),
        (0.5 * _CATION_WEIGHT, np.eye(len(recipes.cations)), recipes.cation_fraction),
    )
    root = np.sqrt(recipes.molality_mol_kg)
    square = ((root[pairs[0]] - root[pairs[1]]) / _ROOT_MOLALITY_STEP) ** 2
    for weight, similarity, fractions in of_kinds:
        apart = fractions[pairs[0]] - fractions[pairs[1]]
        # Rounding leaves -1e-17 between equal recipes.
        square += weight * np.maximum(((apart @ similarity) * apart).sum(axis=1), 0.0)
    return square


def square_parts(
    left: Composition, right: Composition
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Terms of the squared distances of recipes: solvents, ions and molality.

    Parameters
    ----------
    left, right
        Recipes, of k and n rows.

    Returns
    -------
    tuple of ndarray
        Three of shape (k, n).
    """
    solvents = (*left.solvents, *right.solvents)
    anions = (*left.anions, *right.anions)
    cations = [c.smiles for c in (*left.cations, *right.cations)]
    same = np.array([[a == b for b in cations] for a in cations], dtype=np.float64)
    root = np.sqrt(left.molality_mol_kg)[:, None] - np.sqrt(right.molality_mol_kg)[None, :]
    of_solvents = _SOLVENT_WEIGHT * _mean_distances(
        solvent_similarity(solvents, solvents),
        left.solvent_mole_fraction,
        right.solvent_mole_fraction,
    )
    of_anions = _ANION_WEIGHT * _mean_distances(
        anion_similarity(anions, anions), left.anion_fraction, right.anion_fraction
    )
    of_cations = (
        0.5 * _CATION_WEIGHT * _mean_distances(same, left.cation_fraction, right.cation_fraction)
    )
    rows = np.ix_(left.index, right.index)
    of_molality = (root / _ROOT_MOLALITY_STEP) ** 2
    return of_solvents[rows], (of_anions + of_cations)[rows], of_molality[rows]


def _mean_distances(
    similarity: NDArray[np.float64], left: NDArray[np.float64], right: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``(x - y)' K (x - y)`` for all pairs of rows, K over the species of both sides."""
    a = left.shape[1]
    # Without species, as of salts in pure solvents, there is no distance.
    similarity = similarity.reshape(a + right.shape[1], a + right.shape[1])
    square = (
        np.einsum("ki,ij,kj->k", left, similarity[:a, :a], left)[:, None]
        + np.einsum("ui,ij,uj->u", right, similarity[a:, a:], right)[None, :]
        - 2 * left @ similarity[:a, a:] @ right.T
    )
    # Rounding leaves -1e-17 between equal recipes.
    return np.maximum(square, 0.0)


def _physics(solvents: Sequence[Solvent]) -> NDArray[np.float64]:
    rows = [
        (c.ln_viscosity, c.ln_permittivity, c.donor_number_kcal_mol, c.molar_volume_cm3_mol)
        for c in map(solvent_constants, solvents)
    ]
    return np.array(rows).reshape(len(rows), len(_SOLVENT_STEPS)) / np.array(_SOLVENT_STEPS)


def _sizes(anions: Sequence[Ion]) -> NDArray[np.float64]:
    sizes = [descriptors(ion.smiles, ANION_DESCRIPTORS)[_VOLUME] for ion in anions]
    return np.array(sizes).reshape(-1, 1) / _ANION_STEP


def _fragments(species: Sequence[Solvent] | Sequence[Ion]) -> NDArray[np.float64]:
    return np.array([_fragment_counts(s.smiles) for s in species]).reshape(-1, _BITS)


@cache
def _fragment_counts(smiles: str) -> NDArray[np.float64]:
    from rdkit import Chem
    from rdkit.Chem import rdFingerprintGenerator

    generator = rdFingerprintGenerator.GetMorganGenerator(radius=_RADIUS, fpSize=_BITS)
    counts: NDArray[np.float64] = generator.GetCountFingerprintAsNumPy(
        Chem.MolFromSmiles(smiles)
    ).astype(np.float64)
    return counts


def _gaussian(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    square = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)
    kernel: NDArray[np.float64] = np.exp(-0.5 * square)
    return kernel
