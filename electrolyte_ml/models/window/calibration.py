"""Calibration of tight-binding limits to density functional theory, by cross-validation.

Extended tight binding puts the oxidation of carbon-carbon double bonds, amines and sulfides too
high by most of a volt, that of silanes and sulfones too low, and has no diffuse functions for an
electron that is hardly bound. A linear form in groups and quantities of the same calculation
corrects for this. The form is chosen by leave-one-molecule-out cross-validation within the
calibration set: the simplest one that is not clearly worse than the best, by the
one-standard-error rule of Breiman et al. 1984 (10.1201/9781315139470) applied to the difference
between the two.

Two theories are fitted together. Ours has another solvent, a smaller basis and structures of tight
binding. Its offset from the published theory is fitted together with every form, and limits are
given on the scale of the published theory.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.models.intervals import conformal_quantile
from electrolyte_ml.models.window.features import has_double_bond, has_soft_lone_pair
from electrolyte_ml.models.window.limits import OXIDATION
from electrolyte_ml.quantum.table import LimitRow

# Deviations beyond this are outliers to the fit: bonds that break in one method alone.
_OUTLIER_V = 0.3
_OWN = "own theory"
# In molecules that would say that a term is nothing; and how often weights are worked out.
_RIDGE, _REPEATS = 0.1, 30
TERMS = (
    "computed",
    "constant",
    "double bond",
    "lone pair",
    "silicon",
    "sulfonyl",
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
    "line, groups": ("computed", "double bond", "lone pair", "silicon", "sulfonyl"),
    "all": tuple(name for name in TERMS if name != "constant"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCalibration:
    """A linear form from extended tight binding to density functional theory.

    Attributes
    ----------
    form
        Name from `FORMS`.
    coefficients
        By name from `TERMS`; V for terms that are 0 or 1, without unit otherwise.
    half_width_v
        Half width of the 90 % interval, from leave-one-molecule-out errors, V.
    mae_v
        Leave-one-molecule-out mean absolute error, V.
    n
        Molecules it was fitted on.
    compared
        Leave-one-molecule-out mean absolute error by form, V.
    own_theory_v
        Offset of our own theory from the published one, V.
    """

    form: str
    coefficients: Mapping[str, float]
    half_width_v: float
    mae_v: float
    n: int
    compared: Mapping[str, float]
    own_theory_v: float

    def apply(self, terms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Limits on the scale of the published theory, V against Li/Li+, shape (n,)."""
        return terms @ np.array([self.coefficients.get(name, 0.0) for name in TERMS])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> LimitCalibration:
        """From the result of `to_dict`."""
        return cls(**record)


def terms_of(rows: Sequence[LimitRow], axis: str) -> NDArray[np.float64]:
    """Terms of the calibration, from rows computed with extended tight binding.

    Parameters
    ----------
    rows
        Of neutral molecules with both limits, length n.
    axis
        ``oxidation_limit_v`` or ``reduction_limit_v``.

    Returns
    -------
    array
        `TERMS`, shape (n, 9): the limit, V; 1; whether two carbons share a double bond that no
        group beside it takes electrons from; whether there is an amine, amide, sulfide or
        sulfoxide; silicon; a sulfonyl group; whether a bond changes as the ion relaxes; what
        relaxation of the cation changes or the limit before the anion relaxes, V; the highest
        occupied or lowest empty orbital, eV.
    """
    return np.array([_terms(row, axis) for row in rows]).reshape(-1, len(TERMS))


def _terms(row: LimitRow, axis: str) -> list[float]:
    oxidation, molecule = axis == OXIDATION, Chem.MolFromSmiles(row.smiles)
    return [
        _number(getattr(row, axis)),
        1.0,
        float(has_double_bond(molecule)),
        float(has_soft_lone_pair(molecule)),
        float(any(atom.GetAtomicNum() == 14 for atom in molecule.GetAtoms())),
        float(molecule.HasSubstructMatch(_sulfonyl())),
        float(bool(row.oxidation_bonds if oxidation else row.reduction_bonds)),
        _number(row.relaxation_ev if oxidation else row.vertical_reduction_v),
        _number(row.highest_occupied_ev if oxidation else row.lowest_empty_ev),
    ]


@cache
def _sulfonyl() -> Chem.Mol:
    return Chem.MolFromSmarts("[#16](=O)=O")


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def fit_calibration(
    terms: NDArray[np.float64],
    reference_v: NDArray[np.float64],
    molecule: Sequence[str],
    own_theory: NDArray[np.bool_] | None = None,
) -> LimitCalibration:
    """Choose and fit a form by leave-one-molecule-out cross-validation.

    Parameters
    ----------
    terms
        Of `terms_of`, shape (n, 9).
    reference_v
        By density functional theory, V against Li/Li+, shape (n,).
    molecule
        Name of the molecule of each row, length n; rows of one are left out together.
    own_theory
        Whether a reference is of our own theory, shape (n,); none is by default.
    """
    own = np.zeros(len(terms), dtype=bool) if own_theory is None else own_theory
    errors = {
        name: np.abs(_out_of_fold_errors(_design(terms, form, own), reference_v, molecule))
        for name, form in FORMS.items()
    }
    means = {name: float(values.mean()) for name, values in errors.items()}
    chosen = _simplest(errors)
    names, design, fixed = _design(terms, FORMS[chosen], own)
    fitted = dict(zip(names, _robust(design, reference_v - fixed).tolist(), strict=True))
    return LimitCalibration(
        form=chosen,
        own_theory_v=fitted.pop(_OWN),
        coefficients={"computed": 1.0} | fitted,
        half_width_v=conformal_quantile(errors[chosen]),
        mae_v=means[chosen],
        n=len(set(molecule)),
        compared=means,
    )


def _simplest(errors: Mapping[str, NDArray[np.float64]]) -> str:
    """The form of fewest terms that is worse than the best by one standard error at most."""
    best = min(errors, key=lambda name: float(errors[name].mean()))

    def clearly_worse(name: str) -> bool:
        # Paired differences by molecule: an outlier is one for all forms.
        worse = errors[name] - errors[best]
        return bool(worse.mean() > worse.std(ddof=1) / math.sqrt(len(worse)))

    return min(
        (name for name in errors if not clearly_worse(name)),
        key=lambda name: (len(FORMS[name]), float(errors[name].mean())),
    )


_Design = tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]


def _design(terms: NDArray[np.float64], form: tuple[str, ...], own: NDArray[np.bool_]) -> _Design:
    """Names and columns of the fitted terms, and the term with a coefficient of 1."""
    names = ("constant", *form)
    columns = np.column_stack([terms[:, [TERMS.index(name) for name in names]], own])
    fixed = np.zeros(len(terms)) if "computed" in form else terms[:, TERMS.index("computed")]
    return (*names, _OWN), columns, fixed


def _out_of_fold_errors(
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
    """Coefficients under a soft absolute loss with a ridge penalty.

    Iteratively reweighted least squares. Without the penalty the term of a group that occurs in one
    molecule would be undetermined when that molecule is held out.
    """
    ridge = _RIDGE * np.eye(terms.shape[1])
    weights, found = np.ones(len(values)), np.zeros(terms.shape[1])
    for _ in range(_REPEATS):
        weighted = terms * weights[:, None]
        found[:] = np.linalg.solve(weighted.T @ terms + ridge, weighted.T @ values)
        weights = 1 / np.sqrt(1 + ((terms @ found - values) / _OUTLIER_V) ** 2)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """Constant offset of limits of too few species for a form, and its error.

    Attributes
    ----------
    shift_v
        Median of density functional theory less extended tight binding, V.
    half_width_v
        Half width of the 90 % interval, from leave-one-out errors, V.
    mae_v
        Leave-one-out mean absolute error, V.
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
    """Median difference, with leave-one-out errors.

    Parameters
    ----------
    computed_v, reference_v
        Limits by extended tight binding and by density functional theory, V, shapes (n,).
    """
    shifts = reference_v - computed_v
    everything = np.arange(len(shifts))
    out_of_fold = np.array([np.median(shifts[everything != i]) for i in everything])
    errors = np.abs(out_of_fold - shifts)
    return Offset(
        shift_v=float(np.median(shifts)),
        half_width_v=conformal_quantile(errors),
        mae_v=float(errors.mean()),
        n=len(shifts),
    )
