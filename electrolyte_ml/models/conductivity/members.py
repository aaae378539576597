"""Members of the ensemble on descriptors: what networks and processes have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import FEATURE_NAMES
from electrolyte_ml.models.conductivity_law import TRENDING, ln_conductivity
from electrolyte_ml.models.numeric import LN10

#: Columns of the features that the law has a trend with.
TREND_COLUMNS = [FEATURE_NAMES.index(f"solvent.{name}") for name in TRENDING]


class Members(ABC):
    """E members, each of which gives the parameters of `electrolyte_ml.models.conductivity_law`."""

    __slots__ = ()

    @abstractmethod
    def parameters(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Parameters of the law, shape (E, u, 7), of features of shape (u, f)."""

    def log10_conductivity(
        self,
        features: NDArray[np.float64],
        index: NDArray[np.intp],
        molality: NDArray[np.float64],
        temperature_k: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Every member's prediction.

        Parameters
        ----------
        features
            Of u distinct compositions, shape (u, f).
        index
            Which of them each row is about, shape (n,).
        molality
            mol/kg, positive, shape (n,).
        temperature_k
            K, shape (n,).

        Returns
        -------
        ndarray of float, shape (E, n)
            Decadic logarithm of the conductivity in mS/cm.
        """
        parameters = self.parameters(features)
        out = np.empty((len(parameters), len(index)))
        for member, of_compositions in enumerate(parameters):
            out[member] = (
                ln_conductivity(of_compositions[index], molality, temperature_k, np) / LN10
            )
        return out
