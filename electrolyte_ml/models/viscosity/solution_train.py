"""Fit of the viscosity of solutions to measurements, and calibration of its intervals.

Where a series of viscosities is left out, the conductivities of the same species are left out too:
errors are those of solutions that nobody measured.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.copies import series_groups, species_of
from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.data.splits import grouped_split
from electrolyte_ml.models.conductivity.domain import ConductivityDomain
from electrolyte_ml.models.conductivity.reach import Reach
from electrolyte_ml.models.conductivity.residual_gp import ResidualGP
from electrolyte_ml.models.conductivity.rows import TrainingRows
from electrolyte_ml.models.conductivity.spread import centre_of
from electrolyte_ml.models.intervals import conformal_factor
from electrolyte_ml.models.viscosity.solution import (
    SOLUTION_CLASSES,
    Solutions,
    SolutionViscosity,
    species_sets,
)
from electrolyte_ml.models.viscosity.solution_fit import (
    JointRows,
    SolutionFitSettings,
    fit_solution_network,
)

_Floats = NDArray[np.float64]
#: Decadic logarithm of the viscosity of the solvents of measured solutions, mPa s.
Log10Solvents = Callable[[Measurements], _Floats]
_CALIBRATION_FOLDS = 5
_UNCALIBRATED = dict.fromkeys(SOLUTION_CLASSES, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionCalibration:
    """Calibration of the intervals on series left out.

    Attributes
    ----------
    factors
        Half width of the interval in units of the scale, by class of the solution.
    errors
        Mean absolute error in log10 and number of rows, by class.
    folds
        Number of folds.
    """

    factors: Mapping[str, float]
    errors: Mapping[str, Mapping[str, float]]
    folds: int


def fit_solutions(
    viscosities: Measurements,
    conductivities: Measurements,
    log10_solvents: Log10Solvents,
    settings: SolutionFitSettings | None = None,
    *,
    seed: int = 0,
    factors: Mapping[str, float] | None = None,
) -> SolutionViscosity:
    """The model of measured solutions.

    Parameters
    ----------
    viscosities
        Of liquids with ions, mPa s. Rows that are not trusted are not learnt from.
    conductivities
        Of electrolytes, mS/cm.
    log10_solvents
        Viscosity of the solvents alone of solutions.
    settings, seed
        Of the fit. Same seed, data and machine: same model.
    factors
        Half width of the interval in units of the scale, by class of the solution; 1 by default.

    Returns
    -------
    SolutionViscosity
        Rounded to single precision, so that a saved copy is the same.

    Raises
    ------
    MissingDependencyError
        If torch is not installed.
    """
    rows, solvents = TrainingRows.of(viscosities), log10_solvents(viscosities)
    joint = JointRows(
        viscosities=rows,
        conductivities=TrainingRows.of(conductivities),
        solvents_of_viscosities=solvents,
        solvents_of_conductivities=log10_solvents(conductivities),
    )
    bare = SolutionViscosity(
        network=fit_solution_network(joint, settings, seed=seed),
        residual=None,
        reach=_reach(joint),
        factors=factors or _UNCALIBRATED,
        domain=_domain(viscosities, conductivities),
        measured=species_sets(viscosities.select(viscosities.trusted).formulations),
    )
    predicted = centre_of(bare.members(_solutions(rows, solvents)))
    fitted = replace(bare, residual=ResidualGP.of(rows, predicted))
    single = {n: a.astype(np.float32).astype(np.float64) for n, a in fitted.arrays().items()}
    return SolutionViscosity.of_arrays(single, fitted.record())


def calibrate_solutions(
    viscosities: Measurements,
    conductivities: Measurements,
    log10_solvents: Log10Solvents,
    settings: SolutionFitSettings | None = None,
    *,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> SolutionCalibration:
    """Calibrate intervals on viscosities of series that the fits did not see.

    Parameters
    ----------
    viscosities, conductivities, log10_solvents, settings, seed
        As of `fit_solutions`. The next seed deals the series into folds, so that they are others
        than those of a benchmark with the seed.
    progress
        Called as ``progress("calibration: solutions", done, total)`` after every fold.
    """
    series = series_groups(viscosities)
    n_folds = min(_CALIBRATION_FOLDS, len(set(series.tolist())))
    split = grouped_split("calibration: solutions", series, n_folds=n_folds, seed=seed + 1)
    n = len(viscosities)
    error, scale, classes = np.empty(n), np.empty(n), np.empty(n, dtype=object)
    for number, (train, test) in enumerate(split.folds, start=1):
        left_out = viscosities.select(test)
        kept = without_species(conductivities, species_sets(left_out.row_formulations))
        model = fit_solutions(viscosities.select(train), kept, log10_solvents, settings, seed=seed)
        rows = TrainingRows.of(left_out)
        solutions = _solutions(rows, log10_solvents(left_out))
        members = model.members(solutions)
        error[test] = rows.log10_value - centre_of(members)
        scale[test], classes[test] = model.scale(members, solutions), solutions.classes()
        if progress is not None:
            progress(split.name, number, len(split.folds))
    # A class without any rows has the factor of all.
    held = {name: classes == name for name in SOLUTION_CLASSES}
    held = {name: own if own.any() else np.ones(n, np.bool_) for name, own in held.items()}
    return SolutionCalibration(
        factors={name: conformal_factor(error[own], scale[own]) for name, own in held.items()},
        errors={
            name: {"n": int(own.sum()), "mae_log10": float(np.abs(error[own]).mean())}
            for name, own in held.items()
        },
        folds=len(split.folds),
    )


def without_species(
    measurements: Measurements, left_out: Collection[frozenset[str]]
) -> Measurements:
    """Rows of other sets of species than certain ones."""
    kept = np.array([species_of(f) not in left_out for f in measurements.formulations])
    return measurements.select(kept[measurements.formulation_index])


def _solutions(rows: TrainingRows, log10_solvents: _Floats) -> Solutions:
    return Solutions(
        described=rows.described,
        index=rows.index,
        mixtures=rows.mixtures,
        temperature_k=rows.temperature_k,
        log10_solvents=log10_solvents,
    )


def _reach(joint: JointRows) -> Reach:
    """Species and concentrations that were measured for one or the other property."""
    reach, other = Reach.of(joint.viscosities), Reach.of(joint.conductivities)
    highest = {
        kind: {
            anion: max(held.highest_charge_mol_l[kind].get(anion, 0.0) for held in (reach, other))
            for anion in {**reach.highest_charge_mol_l[kind], **other.highest_charge_mol_l[kind]}
        }
        for kind in reach.highest_charge_mol_l
    }
    return Reach(
        solvents=reach.solvents | other.solvents,
        cations=reach.cations | other.cations,
        highest_charge_mol_l=highest,
    )


def _domain(viscosities: Measurements, conductivities: Measurements) -> ConductivityDomain:
    """Of electrolytes that one or the other was measured of."""
    others = replace(conductivities, property_name=viscosities.property_name)
    return ConductivityDomain.of(concatenate([viscosities, others]))
