r"""Gaussian processes of the parameters of the law; numpy only.

Each of the seven numbers that make a conductivity by `electrolyte_ml.models.conductivity_law` is a
Gaussian process over the standardised features :math:`z` of a composition, with the same
covariance, the mean over views :math:`v` of a mixture (see `electrolyte_ml.features`) of

.. math::

   k_v(z, z') = 1 + 0.12\, \overline{z z'} + (1 + d)\, e^{-d}, \qquad
   d^2 = \frac{3\, \overline{(z - z')^2}}{2.5^2} ,

where the bars are means over the features of the view: what all electrolytes share, what goes with
a feature everywhere, and what like ones share (Matern's of order 3/2 [1]_). To the covariance of
the first two numbers :math:`0.25\,z_t \cdot z_t'` is added, with the features :math:`z_t` that the
law has a trend with: processes learn its slopes. A basis of powers of concentration and temperature
in the place of the law would fit as well and run away beyond what was measured.

References
----------
.. [1] Rasmussen, Williams, Gaussian Processes for Machine Learning, MIT Press 2006, eq. 4.17.
   https://doi.org/10.7551/mitpress/3206.001.0001
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.conductivity.members import TREND_COLUMNS, Members
from electrolyte_ml.models.conductivity_law import N_PARAMETERS, N_TRENDS

_Floats = NDArray[np.float64]

# Standardised features are held within this, so that an odd species is not far from all others.
_CLIP = 3.0
_COMMON, _LINEAR, _ALIKE, _TREND = 1.0, 0.12, 1.0, 0.25
# Root mean square distance of standardised features at which electrolytes are unlike.
_LENGTH = 2.5
# Compositions at a time: what a processor holds near.
_CHUNK = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class LawProcess(Members):
    """What the processes have seen.

    Attributes
    ----------
    centre, scale
        Standardisation of the f features, shape (f,).
    known
        Standardised features of the p compositions that it was fitted to, shape (p, f).
    weights
        Of the covariance with each of them, shape (p, 7).
    views
        Which features each part of the covariance looks at, shape (k, f).
    """

    centre: _Floats
    scale: _Floats
    known: _Floats
    weights: _Floats
    views: NDArray[np.bool_]

    def parameters(self, features: _Floats) -> _Floats:
        """Parameters of the law of the one member, shape (1, u, 7), of features (u, f)."""
        out = np.empty((1, len(features), N_PARAMETERS))
        for start in range(0, len(features), _CHUNK):
            rows = slice(start, start + _CHUNK)
            z = standardised(features[rows], self.centre, self.scale)
            out[0, rows] = covariance(z, self.known, self.views) @ self.weights
            out[0, rows, :N_TRENDS] += trend(z, self.known) @ self.weights[:, :N_TRENDS]
        return out


def standardised(features: _Floats, centre: _Floats, scale: _Floats) -> _Floats:
    """Features as the processes see them, shape (u, f)."""
    held: _Floats = np.clip((features - centre) / scale, -_CLIP, _CLIP)
    return held


def covariance(first: _Floats, second: _Floats, views: NDArray[np.bool_]) -> _Floats:
    """Covariance of a parameter; shapes (u, f), (p, f), (k, f) to (u, p)."""
    total = np.zeros((len(first), len(second)))
    for view in views:
        a, b, n = first[:, view], second[:, view], view.sum()
        product = a @ b.T
        squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * product
        distance = np.sqrt(np.maximum(squared, 0.0) * (3.0 / n)) / _LENGTH
        total += _LINEAR / n * product + _ALIKE * (1.0 + distance) * np.exp(-distance)
    mean: _Floats = _COMMON + total / len(views)
    return mean


def trend(first: _Floats, second: _Floats) -> _Floats:
    """What is added to it for the first parameters; shapes (u, f), (p, f) to (u, p)."""
    added: _Floats = _TREND * first[:, TREND_COLUMNS] @ second[:, TREND_COLUMNS].T
    return added
