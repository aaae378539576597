"""Fitting the process of efficiencies, and its intervals."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.copies import molecules_in
from electrolyte_ml.data.efficiency import EfficiencyTable
from electrolyte_ml.models.efficiency.features import family_of, features
from electrolyte_ml.models.efficiency.model import EfficiencyModel, matern
from electrolyte_ml.models.intervals import conformal_factor

# Start of variance, length and noise, all of standardised quantities.
_START = np.log([1.0, 8.0, 0.3])
_BOUNDS = [(-3.0, 4.0), (0.0, 5.0), (-4.0, 1.0)]
# A family of fewer rows has the factor of all; fewer rows than this are not worth a value.
_OWN_FACTOR, _LEAST_ROWS = 30, 5


def fit_efficiency(table: EfficiencyTable) -> EfficiencyModel:
    """The process of measured efficiencies.

    Parameters
    ----------
    table
        At least some ten rows.

    Returns
    -------
    EfficiencyModel
        Its intervals are calibrated on sets of solvents that are left out.
    """
    formulations = table.measurements.row_formulations
    raw, value = features(formulations, table.cycling), table.lce
    centre, scale = raw.mean(axis=0), raw.std(axis=0)
    scale[scale < 1e-9] = np.inf
    inputs = (raw - centre) / scale
    mean, spread = float(value.mean()), float(value.std())
    standard = (value - mean) / spread
    variance, length, noise = np.exp(_hyperparameters(inputs, standard))
    families = np.array([family_of(f) for f in formulations])
    model = EfficiencyModel(
        inputs=inputs,
        centre=centre,
        scale=scale,
        values=standard,
        mean=mean,
        spread=spread,
        variance=float(variance),
        length=float(length),
        noise=float(noise),
        factors={"": 1.0},
        families=dict(sorted(Counter(families.tolist()).items())),
        anions=dict(
            sorted(Counter(s.salt.anion.smiles for f in formulations for s in f.salts).items())
        ),
        least_rows=_LEAST_ROWS,
    )
    error, sigma = _left_out(model, solvent_sets(table))
    return replace(model, factors=_factors(error, sigma, families))


def solvent_sets(table: EfficiencyTable) -> NDArray[np.intp]:
    """Number of the set of molecules of each row, shape (n,)."""
    names = ["|".join(sorted(molecules_in(f))) for f in table.measurements.row_formulations]
    return np.unique(names, return_inverse=True)[1].ravel().astype(np.intp)


def _covariance(
    inputs: NDArray[np.float64], variance: float, length: float, noise: float
) -> NDArray[np.float64]:
    covariance = matern(inputs, inputs, variance, length)
    covariance[np.diag_indices_from(covariance)] += noise
    return covariance


def _hyperparameters(
    inputs: NDArray[np.float64], standard: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Logarithms of variance, length and noise of the largest marginal likelihood."""
    from scipy.linalg import cho_solve, cholesky
    from scipy.optimize import minimize

    def negative_log_likelihood(logarithms: NDArray[np.float64]) -> float:
        factor = cholesky(_covariance(inputs, *np.exp(logarithms)), lower=True)
        fit = 0.5 * standard @ cho_solve((factor, True), standard)
        return float(fit + np.log(np.diag(factor)).sum())

    found = minimize(negative_log_likelihood, _START, method="L-BFGS-B", bounds=_BOUNDS)
    best: NDArray[np.float64] = found.x
    return best


def _left_out(
    model: EfficiencyModel, groups: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Errors of rows whose group is left out, and standard deviations, noise included.

    From blocks of the inverse covariance (Rasmussen and Williams 2006, equations 5.10 to 5.12 for
    one row), with the hyperparameters of all rows.
    """
    error, sigma = np.empty(len(model.values)), np.empty(len(model.values))
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        covariance = np.linalg.inv(model.inverse[np.ix_(rows, rows)])
        error[rows] = covariance @ model.weights[rows]
        sigma[rows] = np.sqrt(np.diag(covariance))
    return error, sigma


def _factors(
    error: NDArray[np.float64], sigma: NDArray[np.float64], families: NDArray[np.str_]
) -> dict[str, float]:
    factors = {"": conformal_factor(error, sigma)}
    for family in np.unique(families):
        rows = families == family
        if rows.sum() >= _OWN_FACTOR:
            factors[str(family)] = conformal_factor(error[rows], sigma[rows])
    return factors
