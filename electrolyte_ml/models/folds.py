"""What members say that are fitted anew in every fold of a split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfFold:
    """Predictions of E members over the folds of a split.

    Attributes
    ----------
    tested
        Log10 conductivities of the tested rows in the order of ``split.tested``, shape (E, t).
    trained
        Of each fold, those of the r rows that it was fitted to, in their order, shape (E, r); None
        where no row that it tests is like them.
    seconds
        CPU time that a fold took to fit, on average.
    """

    tested: NDArray[np.float64]
    trained: tuple[NDArray[np.float64] | None, ...]
    seconds: float
