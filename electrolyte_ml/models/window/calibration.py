"""From the cheap recipe to density functional theory: a linear form chosen by leaving one out.

Extended tight binding puts the oxidation of carbon-carbon double bonds, amines and sulfides too
high by most of a volt, that of silanes too low, and has no diffuse functions for an electron that
is hardly bound. Which groups and quantities of the same
calculation correct for it is decided by molecules left out of the fit, within the calibration set:
the simplest form that is not clearly worse than the best, after the rule of Breiman et al. 1984
(10.1201/9781315139470) with two standard errors of the difference between the two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.models.window.coverage import conformal_quantile
from electrolyte_ml.models.window.families import has_multiple_bond, has_soft_lone_pair
from electrolyte_ml.models.window.prediction import OXIDATION
from electrolyte_ml.quantum.table import LimitRow

# Deviations beyond this are outliers to the fit: bonds that break in one method alone.
_OUTLIER_V = 0.3
TERMS = (
    "computed",
    "constant",
    "double bond",
    "lone pair",
    "silicon",
    "bond change",
    "ion",
    "orbital",
)
#: Forms by name; each the terms that are fitted, besides a constant.
FORMS: Mapping[str, tuple[str, ...]] = {
    "shift": (),
    "line": ("computed",),
    "line, double bond": ("computed", "double bond"),
    "line, double bond, bond change": ("computed", "double bond", "bond change"),
    "line, double bond, ion": ("computed", "double bond", "ion"),
    "line, double bond, orbital": ("computed", "double bond", "orbital"),
    "line, double bond, lone pair": ("computed", "double bond", "lone pair"),
    "line, groups": ("computed", "double bond", "lone pair", "silicon"),
    "all": tuple(name for name in TERMS if name != "constant"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A linear form from extended tight binding to density functional theory.

    Attributes
    ----------
    form
        Name from `FORMS`.
    coefficients
        By name from `TERMS`; V for terms that are 0 or 1, without unit otherwise.
    half_width_v
        Half the interval that holds 90 % of molecules left out, V.
    mae_v
        Mean absolute error of molecules left out, V.
    n
        Molecules it was fitted on.
    compared
        Mean absolute error of molecules left out by form, V.
    """

    form: str
    coefficients: Mapping[str, float]
    half_width_v: float
    mae_v: float
    n: int
    compared: Mapping[str, float]

    def apply(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrated limits, V against Li/Li+, shape (n,), from `terms_of`."""
        return terms @ np.array([self.coefficients.get(name, 0.0) for name in TERMS])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Calibration:
        """What `to_dict` gives."""
        return cls(**record)


def terms_of(rows: Sequence[LimitRow], axis: str) -> NDArray[np.float64]:
    """What a calibration may use of rows computed with extended tight binding.

    Parameters
    ----------
    rows
        Of neutral molecules with both limits, length n.
    axis
        ``oxidation_limit_v`` or ``reduction_limit_v``.

    Returns
    -------
    array
        `TERMS`, shape (n, 8): the limit, V; 1; whether two carbons share a double bond; whether
        there is an amine, amide, sulfide or sulfoxide; whether there is silicon; whether a bond
        changes as the ion relaxes; what relaxation of the cation changes or the limit before
        the anion relaxes, V; the highest occupied or lowest empty orbital, eV.
    """
    return np.array([_terms(row, axis) for row in rows]).reshape(-1, len(TERMS))


def _terms(row: LimitRow, axis: str) -> list[float]:
    oxidation, molecule = axis == OXIDATION, Chem.MolFromSmiles(row.smiles)
    return [
        _number(getattr(row, axis)),
        1.0,
        float(has_multiple_bond(molecule)),
        float(has_soft_lone_pair(molecule)),
        float(any(atom.GetAtomicNum() == 14 for atom in molecule.GetAtoms())),
        float(bool(row.oxidation_bonds if oxidation else row.reduction_bonds)),
        _number(row.relaxation_ev if oxidation else row.vertical_reduction_v),
        _number(row.highest_occupied_ev if oxidation else row.lowest_empty_ev),
    ]


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def fit_calibration(
    terms: NDArray[np.float64],
    reference_v: NDArray[np.float64],
    molecule: Sequence[str],
) -> Calibration:
    """Choose a form and fit it, and judge it by leaving one molecule out.

    Parameters
    ----------
    terms
        Of `terms_of`, shape (n, 8).
    reference_v
        By density functional theory, V against Li/Li+, shape (n,).
    molecule
        Name of the molecule of each row, length n; rows of one are left out together.
    """
    errors = {
        name: np.abs(_left_out(_design(terms, form), reference_v, molecule))
        for name, form in FORMS.items()
    }
    means = {name: float(values.mean()) for name, values in errors.items()}
    chosen = _simplest(errors)
    names, design, fixed = _design(terms, FORMS[chosen])
    fitted = _robust(design, reference_v - fixed).tolist()
    return Calibration(
        form=chosen,
        coefficients={"computed": 1.0} | dict(zip(names, fitted, strict=True)),
        half_width_v=conformal_quantile(errors[chosen]),
        mae_v=means[chosen],
        n=len(set(molecule)),
        compared=means,
    )


def _simplest(errors: Mapping[str, NDArray[np.float64]]) -> str:
    """The form of fewest terms that is worse than the best by two standard errors at most."""
    best = min(errors, key=lambda name: float(errors[name].mean()))

    def clearly_worse(name: str) -> bool:
        # Differences by molecule: an outlier is one for all forms, and says nothing of them.
        worse = errors[name] - errors[best]
        return bool(worse.mean() > 2 * worse.std(ddof=1) / math.sqrt(len(worse)))

    return min(
        (name for name in errors if not clearly_worse(name)),
        key=lambda name: (len(FORMS[name]), float(errors[name].mean())),
    )


_Design = tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]


def _design(terms: NDArray[np.float64], form: tuple[str, ...]) -> _Design:
    """Names and columns that are fitted, and what is added to them as it is."""
    names = ("constant", *form)
    columns = terms[:, [TERMS.index(name) for name in names]]
    fixed = np.zeros(len(terms)) if "computed" in form else terms[:, TERMS.index("computed")]
    return names, columns, fixed


def _left_out(
    design: _Design,
    reference_v: NDArray[np.float64],
    molecule: Sequence[str],
) -> NDArray[np.float64]:
    _, columns, fixed = design
    names = np.array(molecule)
    errors = np.empty_like(reference_v)
    for name in np.unique(names):
        out, rest = names == name, names != name
        fitted = _robust(columns[rest], (reference_v - fixed)[rest])
        errors[out] = columns[out] @ fitted + fixed[out] - reference_v[out]
    return errors


def _robust(terms: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients under a soft absolute loss, from those of least squares."""
    from scipy.optimize import least_squares

    found = least_squares(
        lambda p: terms @ p - values,
        np.linalg.lstsq(terms, values, rcond=None)[0],
        jac=lambda _: terms,
        loss="soft_l1",
        f_scale=_OUTLIER_V,
    )
    return np.asarray(found.x)
