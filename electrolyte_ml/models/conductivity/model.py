"""The model of ionic conductivity: prediction, and its fit to measurements.

Predicting needs numpy alone. `fit` makes the object that ships; benchmarks call the same function
on the training rows of each fold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.splits import grouped_split
from electrolyte_ml.features import FEATURE_NAMES, Composition, compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.base import PropertyModel
from electrolyte_ml.models.conductivity.descriptors import DescriptorNetwork
from electrolyte_ml.models.conductivity.domain import ConductivityDomain
from electrolyte_ml.models.conductivity.ensemble import Ensemble, EnsembleSettings, fit_ensemble
from electrolyte_ml.models.conductivity.graph.network import GraphNetwork
from electrolyte_ml.models.conductivity.reach import Reach
from electrolyte_ml.models.conductivity.residual_gp import ResidualGP
from electrolyte_ml.models.conductivity.rows import (
    CATION_CLASSES,
    Described,
    MixtureRows,
    TrainingRows,
)
from electrolyte_ml.models.conductivity.spread import centre_of, factors_of, scale_of
from electrolyte_ml.models.domain import row_faults
from electrolyte_ml.models.files import Arrays, ModelFiles, Record
from electrolyte_ml.models.intervals import COVERAGE, conformal_factor
from electrolyte_ml.models.numeric import power_of_ten
from electrolyte_ml.prediction import Prediction, join_faults
from electrolyte_ml.threads import one_thread

NO_SALT = "no salt, no ionic conduction"
_CALIBRATION_FOLDS = 5
# A class of cations with fewer rows has no factor of its own.
_FEWEST_OF_CLASS = 50
_Floats = NDArray[np.float64]
_Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConductivityModel(PropertyModel):
    """An ensemble for all cations, intervals and a domain.

    Attributes
    ----------
    ensemble
        Conductivity of electrolytes, whatever their cations.
    factors
        Half width of the interval in units of the ensemble's scale, by class of the cations, see
        `MixtureRows.cation_classes`.
    reach
        What was measured, beyond which intervals widen.
    domain
        Applicability domain: range of the training data.
    """

    FILES: ClassVar[ModelFiles] = ModelFiles(
        name="conductivity", version=12, made_for={"features": list(FEATURE_NAMES)}
    )

    ensemble: Ensemble
    factors: Mapping[str, float]
    reach: Reach
    domain: ConductivityDomain

    @one_thread()
    def predict(self, formulations: Sequence[Formulation], temperature_k: _Floats) -> Prediction:
        """Ionic conductivity of recipes, each at its temperature.

        Parameters
        ----------
        formulations
            Recipes, length n; the same object may stand in many rows and costs little more.
        temperature_k
            Temperatures, K, shape (n,).

        Returns
        -------
        Prediction
            Conductivity, mS/cm, shape (n,). Zero, exactly, without salt.
        """
        temperature = np.asarray(temperature_k, dtype=np.float64)
        composition = compose(formulations)
        log10 = np.full(len(temperature), -np.inf)
        half_width = np.zeros(len(temperature))
        salted = composition.molality_mol_kg[composition.index] > 0
        if salted.any():
            log10[salted], half_width[salted] = self._log10(composition, temperature, salted)
        reason = self._reasons(composition, temperature, half_width, salted)
        return Prediction(
            value=power_of_ten(log10),
            low=power_of_ten(log10 - half_width),
            high=power_of_ten(log10 + half_width),
            coverage=COVERAGE,
            in_domain=np.array([r is None or r == NO_SALT for r in reason], dtype=bool),
            reason=reason,
        )

    def _log10(
        self, composition: Composition, temperature: _Floats, rows: NDArray[np.bool_]
    ) -> tuple[_Floats, _Floats]:
        """Logarithm of the conductivity and half width of its interval, for rows with salt."""
        at_rows = np.flatnonzero(rows)
        described, index = Described.of(composition), composition.index[at_rows]
        mixtures = MixtureRows.of(composition).select(at_rows)
        members = self.ensemble.members(described, index, mixtures, temperature[at_rows])
        beyond = self.reach.beyond(mixtures, described.ln_charge[index])
        factor = factors_of(mixtures.cation_classes(), self.factors)
        return centre_of(members), factor * scale_of(members, beyond)

    def _reasons(
        self,
        composition: Composition,
        temperature: _Floats,
        half_width: _Floats,
        salted: NDArray[np.bool_],
    ) -> tuple[str | None, ...]:
        faults = row_faults(
            composition.index,
            half_width,
            of_recipe=self.domain.faults(composition),
            of_temperature=self.domain.temperature_faults(composition, temperature),
        )
        return tuple(
            join_faults(of_row) if has_salt else NO_SALT
            for of_row, has_salt in zip(faults, salted.tolist(), strict=True)
        )

    def arrays(self) -> Arrays:
        """Arrays of the model by name, in single precision."""
        ensemble = self.ensemble
        held: dict[str, _Floats] = {}
        if ensemble.network is not None:
            held |= _named("descriptors", ensemble.network.arrays())
        if ensemble.graph is not None:
            held |= _named("graph", ensemble.graph.arrays())
        if ensemble.pooled is not None:
            held |= _named("pooled", ensemble.pooled.arrays())
        if ensemble.residual is not None:
            held |= _named("residual", ensemble.residual.arrays())
        return {name: array.astype(np.float32) for name, array in held.items()}

    def record(self) -> Record:
        """Everything else of the model, plain numbers and text."""
        ensemble, residual = self.ensemble, self.ensemble.residual
        return {
            "species": {
                "descriptors": list(ensemble.network.species) if ensemble.network else [],
                "pooled": list(ensemble.pooled.smiles) if ensemble.pooled else [],
                "graph": list(ensemble.graph.smiles) if ensemble.graph else [],
            },
            "residual_species": {
                role: list(getattr(residual, role)) for role in ("solvents", "cations", "anions")
            }
            if residual
            else {},
            "factors": dict(self.factors),
            "reach": self.reach.to_dict(),
            "domain": self.domain.to_dict(),
        }

    @classmethod
    def of_files(cls, arrays: Arrays, record: Record) -> Self:
        """The model from `arrays` and `record`."""
        double = {name: array.astype(np.float64) for name, array in arrays.items()}
        return cls(
            ensemble=_ensemble_from(double, record),
            factors={name: float(factor) for name, factor in record["factors"].items()},
            reach=Reach.from_dict(record["reach"]),
            domain=ConductivityDomain.from_dict(record["domain"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadCalibration:
    """Calibration of the intervals on out-of-fold predictions.

    Attributes
    ----------
    factors
        Half width of the interval in units of the ensemble's scale, by class of the cations.
    mae_log10
        Mean absolute error of the out-of-fold predictions.
    n
        Number of predictions.
    folds
        Number of folds.
    """

    factors: Mapping[str, float]
    mae_log10: float
    n: int
    folds: int


def fit(
    measurements: Measurements,
    settings: EnsembleSettings | None = None,
    *,
    seed: int = 0,
    factors: Mapping[str, float] | None = None,
    progress: _Progress | None = None,
) -> ConductivityModel:
    """Fit the model to measurements: members, intervals and domain.

    Without `factors`, intervals are calibrated on out-of-fold predictions, with whole series held
    out (`calibrate`), which costs five more fits. A benchmark that fits a model in each of many
    folds may pass the factors of the model that ships instead. Coverage then judges those factors,
    not ones calibrated on the fold.

    Parameters
    ----------
    measurements
        Conductivities, mS/cm, of electrolytes of any cations. Rows that are not trusted are not
        learnt from.
    settings
        Which kinds of members, and how they are fitted.
    seed
        Same seed, data and machine: same model.
    factors
        Half width of the interval in units of the ensemble's scale, by class of the cations;
        calibrated by default.
    progress
        Called as ``progress(what, done, total)`` while intervals are calibrated.

    Returns
    -------
    ConductivityModel
        Rounded to single precision, so that a saved copy is the same.

    Raises
    ------
    MissingDependencyError
        If torch or DeepChem is not installed and a kind of members needs it.
    """
    if factors is None:
        factors = calibrate(measurements, settings, seed=seed, progress=progress).factors
    rows = TrainingRows.of(measurements)
    model = ConductivityModel(
        ensemble=fit_ensemble(rows, settings, seed=seed),
        factors=factors,
        reach=Reach.of(rows),
        domain=ConductivityDomain.of(measurements),
    )
    return ConductivityModel.of_files(model.arrays(), model.record())


def calibrate(
    measurements: Measurements,
    settings: EnsembleSettings | None = None,
    *,
    seed: int = 0,
    progress: _Progress | None = None,
) -> SpreadCalibration:
    """Calibrate intervals on predictions of rows by ensembles that did not see their series.

    Parameters
    ----------
    measurements
        Conductivities, mS/cm, of at least two series (sets of species).
    settings, seed
        Of the fits; the seed also deals the series into folds.
    progress
        Called as ``progress("calibration", done, total)`` after every fold.
    """
    rows = TrainingRows.of(measurements)
    groups = rows.series
    n_folds = min(_CALIBRATION_FOLDS, len(set(groups.tolist())))
    split = grouped_split("calibration", groups, n_folds=n_folds, seed=seed)
    error, scale = np.empty(len(rows)), np.empty(len(rows))
    for number, (train, test) in enumerate(split.folds, start=1):
        left_out, learnt = rows.select(test), rows.select(train)
        members = fit_ensemble(learnt, settings, seed=seed).of_rows(left_out)
        error[test] = left_out.log10_value - centre_of(members)
        beyond = Reach.of(learnt).beyond(left_out.mixtures, left_out.ln_charge)
        scale[test] = scale_of(members, beyond)
        if progress is not None:
            progress(split.name, number, len(split.folds))
    return SpreadCalibration(
        factors=_factors(error, scale, rows.mixtures.cation_classes()),
        mae_log10=float(np.abs(error).mean()),
        n=len(error),
        folds=len(split.folds),
    )


def _factors(error: _Floats, scale: _Floats, classes: NDArray[np.str_]) -> dict[str, float]:
    """Conformal factors by class of the cations; that of all rows where a class has few."""
    factors = {}
    for name in CATION_CLASSES:
        own = classes == name
        which = own if own.sum() >= _FEWEST_OF_CLASS else np.ones_like(own)
        factors[name] = conformal_factor(error[which], scale[which])
    return factors


def _named(part: str, arrays: Mapping[str, _Floats]) -> dict[str, _Floats]:
    return {f"{part}.{name}": array for name, array in arrays.items()}


def _part(part: str, arrays: Mapping[str, _Floats]) -> dict[str, _Floats]:
    """Arrays of a part of the model; empty if it has no such part."""
    head = f"{part}."
    return {n.removeprefix(head): array for n, array in arrays.items() if n.startswith(head)}


def _ensemble_from(arrays: Mapping[str, _Floats], record: Record) -> Ensemble:
    parts: dict[str, Any] = {
        name: _part(name, arrays) for name in ("descriptors", "pooled", "graph", "residual")
    }
    species = record["species"]
    pooled, graph = (
        GraphNetwork.of_arrays(parts[name], species[name]) if parts[name] else None
        for name in ("pooled", "graph")
    )
    return Ensemble(
        network=DescriptorNetwork.of_arrays(parts["descriptors"], species["descriptors"])
        if parts["descriptors"]
        else None,
        pooled=pooled,
        graph=graph,
        residual=ResidualGP.of_arrays(parts["residual"], record["residual_species"])
        if parts["residual"]
        else None,
    )
