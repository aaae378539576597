r"""From lithium to other cations: what the training data cannot tell, as a prior that data update.

CALiSol-23 holds lithium alone, so nothing about the cation can be learnt there. A sodium
electrolyte is predicted as its lithium twin times :math:`10^\delta`,

.. math:: \delta = \beta_0 + \beta_1 (m - 1) + \beta_2 x_\mathrm{lc},

with molality :math:`m` in mol/kg and the mole fraction :math:`x_\mathrm{lc}` of open-chain
carbonates among the solvents. Na+ is larger and less solvated than Li+, moves more freely, and the
more so the more concentrated the solution is; but it binds open-chain carbonates weakly, pairs
there with the anion, and loses that advantage. :math:`\beta` has a Gaussian prior, centred at the
10 to 20 % by which NaClO4 conducts better than LiClO4 in PC and GBL at 0.5 to 2 mol/L [1]_.
Measured sodium points update it by Bayesian linear regression; points of one system share an error
(the system's own, and the model's for its lithium twin), so that many points of one electrolyte do
not count as many electrolytes.

References
----------
.. [1] Kuratani et al., J. Power Sources 2013, 223, 175.
   https://doi.org/10.1016/j.jpowsour.2012.09.039
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.features import Composition
from electrolyte_ml.species.chemistry import molecule_of

_PRIOR_MEAN = np.array([0.06, 0.0, 0.0])
_PRIOR_SD = np.array([0.08, 0.05, 0.20])
# Spread of delta from system to system that the three terms do not describe, log10; with it the
# interval holds 90 % of the sodium points of a paper that is left out.
SYSTEM_SD = 0.12
# Spread of one reading, log10: numbers taken from running text and small plots.
READING_SD = 0.05
# Share of the lithium twin's variance that points of a system have in common; the rest is the
# error of the twin's curve against concentration and temperature.
_SHARED = 0.5
# A cation without measured points: what is known of sodium says little about it.
UNKNOWN_CATION_SD = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class CationShift:
    """Posterior of the coefficients of delta.

    Attributes
    ----------
    mean
        Shape (3,).
    covariance
        Shape (3, 3).
    n_points, n_sources
        Measured points and papers that updated the prior.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    n_points: int = 0
    n_sources: int = 0

    def predict(
        self, molality: NDArray[np.float64], chain_carbonate: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Delta and its standard deviation in log10, shapes (n,).

        Parameters
        ----------
        molality
            mol/kg, shape (n,).
        chain_carbonate
            From `chain_carbonate_share`, shape (n,).
        """
        terms = shift_terms(molality, chain_carbonate)
        variance = np.einsum("ni,ij,nj->n", terms, self.covariance, terms)
        return terms @ self.mean, np.sqrt(variance + SYSTEM_SD**2)


def chain_carbonate_share(composition: Composition) -> NDArray[np.float64]:
    """Mole fraction of open-chain carbonates among the solvents, shape (u,)."""
    is_one = [
        molecule_of(s.smiles).HasSubstructMatch(_chain_carbonate()) for s in composition.solvents
    ]
    return composition.solvent_mole_fraction @ np.array(is_one, dtype=np.float64)


@cache
def _chain_carbonate() -> Chem.Mol:
    return Chem.MolFromSmarts("[#6][O;!R]C(=O)[O;!R][#6]")


def prior() -> CationShift:
    """What is believed before any sodium point."""
    return CationShift(mean=_PRIOR_MEAN.copy(), covariance=np.diag(_PRIOR_SD**2))


def shift_terms(
    molality: NDArray[np.float64], chain_carbonate: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The three terms of delta, shape (n, 3); molality held within the range of electrolytes."""
    return np.column_stack(
        [np.ones(len(molality)), np.clip(molality, 0.0, 3.0) - 1.0, chain_carbonate]
    )


def update(
    molality: NDArray[np.float64],
    chain_carbonate: NDArray[np.float64],
    delta: NDArray[np.float64],
    twin_sd: NDArray[np.float64],
    system: NDArray[np.intp],
    *,
    n_sources: int = 0,
) -> CationShift:
    """Update the prior with measured points.

    Parameters
    ----------
    molality, chain_carbonate
        Of the points, shape (n,).
    delta
        log10 of measured conductivity over that predicted for the lithium twin, shape (n,).
    twin_sd
        Standard deviation of the prediction for the twin, log10, shape (n,).
    system
        Number of each point's system (ions and solvents), shape (n,): points of one system share
        the error of that system and of its lithium twin.
    n_sources
        Papers behind the points, for the record.

    Returns
    -------
    CationShift
        The posterior.
    """
    terms = shift_terms(molality, chain_carbonate)
    same = system[:, None] == system[None, :]
    shared = SYSTEM_SD**2 + _SHARED * np.outer(twin_sd, twin_sd)
    noise = same * shared + np.diag((1 - _SHARED) * twin_sd**2 + READING_SD**2)
    weight = np.linalg.solve(noise, np.column_stack([terms, delta]))
    precision = np.diag(_PRIOR_SD**-2.0) + terms.T @ weight[:, :3]
    covariance: NDArray[np.float64] = np.asarray(np.linalg.inv(precision), dtype=np.float64)
    mean = covariance @ (_PRIOR_MEAN / _PRIOR_SD**2 + terms.T @ weight[:, 3])
    return CationShift(mean=mean, covariance=covariance, n_points=len(delta), n_sources=n_sources)
