"""A Gaussian process of -log10(1 - CE), with conformal intervals by family of solvents.

The covariance of two recipes is ``a m(d / l)``, m Matern's function of order 3/2 and d the distance
between their standardised inputs; rows of equal recipes differ by a noise [1]_.

What the model says holds for lithium metal on copper. It has no value for other metals, for
families of solvents and for anions that no measurement stands behind.

References
----------
.. [1] Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equations 2.25, 2.26
   and 4.17 (no DOI).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.efficiency import DEFAULT_CYCLING, Cycling, percent_of
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.base import StoredModel
from electrolyte_ml.models.efficiency.features import INPUTS, family_of, features
from electrolyte_ml.models.files import Arrays, ModelFiles, Record
from electrolyte_ml.models.intervals import COVERAGE
from electrolyte_ml.models.molecules_only import NOT_COVERED
from electrolyte_ml.models.numeric import squared_distance
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.species import default_catalog

#: What an efficiency is of.
OF = "lithium metal on copper"
LITHIUM = "[Li+]"
NO_SALT = "no salt"
# Shares of cations other than lithium, and of anions never measured, that a model may overlook.
_OTHER_CATIONS, _OTHER_ANIONS = 0.05, 0.1
# Of the prior's spread: beyond this, nothing alike was measured.
_FAR = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class EfficiencyPrediction(Prediction):
    """Coulombic efficiencies of n recipes, percent.

    Attributes
    ----------
    of
        What they are efficiencies of.
    cycling
        How they would be measured, length n.
    """

    of: str
    cycling: tuple[Cycling, ...]

    def record(self, row: int) -> dict[str, Any]:
        """One row as the command line's contract writes it; NaN becomes None."""
        # No zero-argument super: a dataclass with slots is not the class this was written in.
        record = Prediction.record(self, row)
        return {**record, "of": self.of, **self.cycling[row].conditions}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EfficiencyModel(StoredModel):
    """The fitted process, k rows behind it.

    Attributes
    ----------
    inputs
        Standardised inputs of the rows, shape (k, p).
    centre, scale
        Of the inputs, shapes (p,); the scale of an input that never varies is infinite.
    values
        Standardised values, shape (k,).
    mean, spread
        Of the values, -log10(1 - CE).
    variance, length, noise
        Of the kernel, standardised.
    factors
        Half width of an interval by the standard deviation of the process, by family; that of
        families that have none of their own under an empty name.
    families, anions
        Rows of each family, and of each anion by SMILES.
    least_rows
        Rows of a family or an anion below which there is no value.
    inverse, weights
        Inverse covariance, noise included, shape (k, k), and its product with the values.
    """

    inputs: NDArray[np.float64]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    values: NDArray[np.float64]
    mean: float
    spread: float
    variance: float
    length: float
    noise: float
    factors: Mapping[str, float]
    families: Mapping[str, int]
    anions: Mapping[str, int]
    least_rows: int
    inverse: NDArray[np.float64] = field(init=False, repr=False)
    weights: NDArray[np.float64] = field(init=False, repr=False)

    FILES: ClassVar[ModelFiles] = ModelFiles(
        name="efficiency", version=1, made_for={"inputs": list(INPUTS)}
    )

    def __post_init__(self) -> None:
        covariance = matern(self.inputs, self.inputs, self.variance, self.length)
        covariance[np.diag_indices_from(covariance)] += self.noise
        inverse = np.linalg.inv(covariance)
        object.__setattr__(self, "inverse", inverse)
        object.__setattr__(self, "weights", inverse @ self.values)

    def arrays(self) -> Arrays:
        """Arrays of the process."""
        names = ("inputs", "centre", "scale", "values")
        return {name: getattr(self, name) for name in names}

    def record(self) -> Record:
        """Numbers of the process, and what it knows."""
        names = ("mean", "spread", "variance", "length", "noise", "least_rows")
        return {
            **{name: getattr(self, name) for name in names},
            **{name: dict(getattr(self, name)) for name in ("factors", "families", "anions")},
        }

    @classmethod
    def of_files(cls, arrays: Arrays, record: Record) -> EfficiencyModel:
        """The model from `arrays` and `record`."""
        names = ("mean", "spread", "variance", "length", "noise", "least_rows")
        held: dict[str, Any] = {
            **arrays,
            **{name: record[name] for name in (*names, "factors", "families", "anions")},
        }
        return cls(**held)

    def predict(
        self,
        formulations: Sequence[Formulation],
        cycling: Cycling | Sequence[Cycling] | None = None,
    ) -> EfficiencyPrediction:
        """Efficiencies of recipes; none for those that nothing measured stands behind.

        Parameters
        ----------
        formulations
            Recipes, length n.
        cycling
            How all would be measured, or each, length n; `DEFAULT_CYCLING` by default.
        """
        asked = DEFAULT_CYCLING if cycling is None else cycling
        how = tuple([asked] * len(formulations) if isinstance(asked, Cycling) else asked)
        unknown = [self.unknown(f) for f in formulations]
        value, half, far = (np.full(len(how), np.nan) for _ in range(3))
        known = [row for row, why in enumerate(unknown) if why is None]
        if known:
            chosen = [formulations[row] for row in known], [how[row] for row in known]
            value[known], half[known], far[known] = self.lce(*chosen)
        alone = far > _FAR
        return EfficiencyPrediction(
            value=percent_of(value),
            low=percent_of(value - half),
            high=percent_of(value + half),
            coverage=COVERAGE,
            in_domain=np.isfinite(value) & ~alone,
            reason=tuple(
                why or ("nothing alike was measured" if is_alone else None)
                for why, is_alone in zip(unknown, alone.tolist(), strict=True)
            ),
            of=OF,
            cycling=how,
        )

    def lce(
        self, formulations: Sequence[Formulation], cycling: Sequence[Cycling]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """-log10(1 - CE) of recipes with salt, whatever is known of them.

        Parameters
        ----------
        formulations, cycling
            Recipes, and how each would be measured, lengths n.

        Returns
        -------
        value, half_width
            Best estimate and half the interval, shapes (n,).
        distance
            Spread of the process by that of its prior, 0 to 1, shape (n,).
        """
        value, latent = self.process(self.scaled(formulations, cycling))
        factor = [self.factors.get(family_of(f), self.factors[""]) for f in formulations]
        half = np.array(factor) * self.spread * np.sqrt(latent + self.noise)
        return value, half, np.sqrt(latent / self.variance)

    def scaled(
        self, formulations: Sequence[Formulation], cycling: Sequence[Cycling]
    ) -> NDArray[np.float64]:
        """Standardised inputs of recipes with salt, shape (n, p)."""
        inputs: NDArray[np.float64] = (features(formulations, cycling) - self.centre) / self.scale
        return inputs

    def process(
        self, scaled: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """-log10(1 - CE) of standardised inputs, and its standardised variance, shapes (n,)."""
        value, latent = np.empty(len(scaled)), np.empty(len(scaled))
        # Row by row: the last digits of a row must not depend on what stands beside it.
        for row, inputs in enumerate(scaled):
            cross = matern(inputs[None], self.inputs, self.variance, self.length)[0]
            value[row] = cross @ self.weights
            latent[row] = self.variance - cross @ self.inverse @ cross
        return self.mean + self.spread * value, np.maximum(latent, 0.0)

    def unknown(self, formulation: Formulation) -> str | None:
        """Why there is no value of a recipe; None if there is one."""
        if formulation.ionic_liquids:
            return NOT_COVERED
        if not formulation.salts:
            return NO_SALT
        metals = {s.salt.cation for s in formulation.salts}
        cations = _shares(
            (s.salt.cation.smiles, s.molality_mol_kg * s.salt.n_cation) for s in formulation.salts
        )
        if 1 - cations.get(LITHIUM, 0.0) > _OTHER_CATIONS:
            names = ", ".join(sorted(m.name for m in metals if m.smiles != LITHIUM))
            return (
                f"measured for {OF} alone, which says too little of {names}: measure it in a "
                "campaign"
            )
        family = family_of(formulation)
        if self.families.get(family, 0) < self.least_rows:
            return f"solvents of this family ({family}) are hardly measured"
        anions = _shares(
            (s.salt.anion.smiles, s.molality_mol_kg * s.salt.n_anion) for s in formulation.salts
        )
        rare = [
            smiles
            for smiles, share in anions.items()
            if share > _OTHER_ANIONS and self.anions.get(smiles, 0) < self.least_rows
        ]
        if rare:
            names = ", ".join(sorted(default_catalog().ion(s).name for s in rare))
            return f"{names} is hardly measured"
        return None


def matern(
    left: NDArray[np.float64], right: NDArray[np.float64], variance: float, length: float
) -> NDArray[np.float64]:
    """Covariances of Matern's kernel of order 3/2, shape (n, m)."""
    scaled = np.sqrt(3 * np.maximum(squared_distance(left, right), 0.0)) / length
    covariance: NDArray[np.float64] = variance * (1 + scaled) * np.exp(-scaled)
    return covariance


def _shares(amounts: Any) -> dict[str, float]:
    """Share of each name of pairs of names and amounts."""
    held: dict[str, float] = {}
    for name, amount in amounts:
        held[name] = held.get(name, 0.0) + amount
    total = sum(held.values())
    return {name: amount / total for name, amount in held.items()}


def predict_efficiency(
    formulations: Sequence[Formulation],
    cycling: Cycling | Sequence[Cycling] | None = None,
    folder: Path | None = None,
) -> EfficiencyPrediction:
    """Coulombic efficiency of lithium metal on copper in recipes, percent.

    Parameters
    ----------
    formulations
        Recipes, length n.
    cycling
        How all would be measured, or each, length n; by default `DEFAULT_CYCLING`, Aurbach's
        method with ten cycles at 0.5 mA/cm2 and 1 mAh/cm2.
    folder
        Folder of another model than the one that ships with the package.

    Returns
    -------
    EfficiencyPrediction
        Of n rows; no value where the metal, the family of solvents or the anion is not one that
        was measured.

    Raises
    ------
    ArtefactError
        If the model files are missing or damaged, or were made by another version.
    """
    return EfficiencyModel.load(folder).predict(formulations, cycling)
