"""How wide an interval must be for a molecule of a family that was not computed.

Errors within a family are alike: a few families are wrong together. An interval that is to hold for
the next family is therefore set by families left out, each of which counts once whatever its size,
and by the next one that may be worse than all: the pooled distribution functions of Dunn, Wasserman
and Ramdas 2023 (10.1080/01621459.2022.2060112).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.window.coverage import pooled_quantile
from electrolyte_ml.models.window.dataset import group_folds
from electrolyte_ml.models.window.gaussian import GaussianProcess


def family_factor(
    process: GaussianProcess, family: NDArray[np.str_], seed: int
) -> tuple[float, NDArray[np.float64]]:
    """Standard deviations that hold 90 % of the molecules of the next family.

    Parameters
    ----------
    process
        Fitted on n molecules.
    family
        Of each, shape (n,); a fifth of the families is left out at a time.
    seed
        Of the folds.

    Returns
    -------
    factor
        Number of standard deviations.
    spread
        Standard deviation of each molecule with its family left out, V, shape (n,).
    """
    mean, spread = process.left_out(group_folds(family, seed))
    return pooled_quantile(np.abs(mean - process.target) / spread, family), spread
