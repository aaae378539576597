"""From the cheap recipe to density functional theory: a straight line, and its error.

Extended tight binding puts the oxidation of carbon-carbon double bonds too high by most of a volt,
so that molecules which have one get a shift of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

COVERAGE = 0.9
# Deviations beyond this are outliers to the line: bonds that break in one method alone.
_OUTLIER_V = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A straight line from extended tight binding to density functional theory.

    Attributes
    ----------
    slope
        Without unit.
    intercept_v
        V against Li/Li+.
    multiple_bond_v
        Added for a molecule with a carbon-carbon double bond, V.
    half_width_v
        Half the interval that holds 90 % of molecules left out, V.
    mae_v
        Mean absolute error of molecules left out, V.
    n
        Molecules it was fitted on.
    """

    slope: float
    intercept_v: float
    multiple_bond_v: float
    half_width_v: float
    mae_v: float
    n: int

    def apply(
        self, computed_v: NDArray[np.float64], multiple_bond: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Calibrated limits, V against Li/Li+, of the shape given."""
        return self.slope * computed_v + self.intercept_v + self.multiple_bond_v * multiple_bond

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Calibration:
        """What `to_dict` gives."""
        return cls(**record)


def fit_calibration(
    computed_v: NDArray[np.float64],
    multiple_bond: NDArray[np.bool_],
    reference_v: NDArray[np.float64],
) -> Calibration:
    """Fit the line, and judge it by leaving one molecule out.

    Parameters
    ----------
    computed_v
        By extended tight binding, V against Li/Li+, shape (n,).
    multiple_bond
        Whether a molecule has a carbon-carbon double bond, shape (n,).
    reference_v
        By density functional theory, same scale and shape.
    """
    terms = np.stack([computed_v, np.ones_like(computed_v), multiple_bond.astype(float)], axis=1)
    everything = np.arange(len(reference_v))
    left_out = np.empty_like(reference_v)
    for i in everything:
        rest = everything != i
        left_out[i] = terms[i] @ _robust(terms[rest], reference_v[rest])
    errors = np.abs(left_out - reference_v)
    slope, intercept, shift = (float(value) for value in _robust(terms, reference_v))
    return Calibration(
        slope=slope,
        intercept_v=intercept,
        multiple_bond_v=shift,
        half_width_v=float(np.quantile(errors, COVERAGE, method="higher")),
        mae_v=float(errors.mean()),
        n=len(errors),
    )


def _robust(terms: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients under a soft absolute loss, from those of least squares."""
    from scipy.optimize import least_squares

    found = least_squares(
        lambda p: terms @ p - values,
        np.linalg.lstsq(terms, values, rcond=None)[0],
        loss="soft_l1",
        f_scale=_OUTLIER_V,
    )
    return np.asarray(found.x)
