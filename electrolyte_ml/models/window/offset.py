"""From tight binding to density functional theory where species are too few for a form: anions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.window.coverage import conformal_quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """What is added to limits of too few species for a form, and how good that is.

    Attributes
    ----------
    shift_v
        Median of density functional theory less extended tight binding, V.
    half_width_v
        Half the interval that holds 90 % of species left out, V.
    mae_v
        Mean absolute error of species left out, V.
    n
        Species it was taken from.
    """

    shift_v: float
    half_width_v: float
    mae_v: float
    n: int

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return asdict(self)


def fit_offset(computed_v: NDArray[np.float64], reference_v: NDArray[np.float64]) -> Offset:
    """Median difference, judged by leaving one out.

    Parameters
    ----------
    computed_v, reference_v
        Limits by extended tight binding and by density functional theory, V, shapes (n,).
    """
    shifts = reference_v - computed_v
    everything = np.arange(len(shifts))
    left_out = np.array([np.median(shifts[everything != i]) for i in everything])
    errors = np.abs(left_out - shifts)
    return Offset(
        shift_v=float(np.median(shifts)),
        half_width_v=conformal_quantile(errors),
        mae_v=float(errors.mean()),
        n=len(shifts),
    )
