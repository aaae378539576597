"""Fit of the density model: volumes of ions and of mixing, and intervals from held-out papers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.copies import copies_of, series_groups
from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.data.splits import grouped_split, leave_one_group_out, source_groups
from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation import Formulation, SolventAmount
from electrolyte_ml.models.density.excess import at_temperature, excess_terms, prior_of_excess
from electrolyte_ml.models.density.linear import LinearLaw
from electrolyte_ml.models.density.model import DensityModel
from electrolyte_ml.models.density.volumes import (
    Medium,
    ions_mol_kg,
    mcgowan_of,
    molecular_volume_cm3_kg,
    prior_of,
)
from electrolyte_ml.models.intervals import COVERAGE, conformal_quantile
from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.ionic_liquids import ionic_liquid

#: Pure ionic liquids of ions that solutions alone tell apart badly.
QUOTED = "models/density/tables/ionic_liquids.csv"
# Relative errors of a measured density: of a row, and what all rows of a series share, which in
# molecules holds the error of the pure solvent.
_ROW, _IONIC_SERIES, _MOLECULAR_SERIES = 0.001, 0.003, 0.008
_MIXTURE = 0.0006
_G_PER_KG = 1000.0


def fit_density(
    solutions: Measurements | None, mixtures: Measurements | None, *, calibrated: bool = True
) -> DensityModel:
    """The density model of measured solutions and of mixtures of two solvents.

    Parameters
    ----------
    solutions
        Densities of liquids with ions, g/cm3; None for none.
    mixtures
        Densities of mixtures without ions, g/cm3; None for none.
    calibrated
        Whether factors of the intervals come from papers and pairs left out in turn; else they are
        1.
    """
    measured = solutions
    if solutions is not None:
        solutions = concatenate([solutions, quoted_ionic_liquids()])
    sizes = _sizes(solutions)
    model = DensityModel(
        volumes=_volumes(solutions, sizes),
        excess=_excess(mixtures),
        sizes=sizes,
        factors=(1.0, 1.0),
    )
    if not calibrated:
        return model
    mixed = 1.0 if mixtures is None else conformal_quantile(pairs_left_out(mixtures).needed)
    solved = 1.0 if measured is None else quantile_of_papers(papers_left_out(measured))
    return replace(model, factors=(mixed, solved))


@cache
def quoted_ionic_liquids() -> Measurements:
    """Densities of pure ionic liquids as many papers have them, near 25 degC, g/cm3."""
    rows = packaged_table(QUOTED)
    catalog = default_catalog()
    liquids = [ionic_liquid(catalog.salt(row["smiles"])) for row in rows]
    return Measurements(
        property_name="density_g_cm3",
        formulations=tuple(
            Formulation(solvents=(SolventAmount(solvent=liquid, mass_fraction=1.0),), salts=())
            for liquid in liquids
        ),
        formulation_index=np.arange(len(rows)),
        temperature_k=np.array([float(row["temperature_k"]) for row in rows]),
        value=np.array([float(row["density_g_cm3"]) for row in rows]),
        source=np.array([f"{row['source']}: {row['smiles']}" for row in rows]),
        source_row=np.arange(len(rows)),
        flag=np.full(len(rows), ""),
    )


def _sizes(solutions: Measurements | None) -> dict[str, float]:
    formulations = () if solutions is None else solutions.formulations
    ions = sorted({ion for f in formulations for ion in ions_mol_kg(f)})
    return {ion: mcgowan_of(ion, {}) for ion in ions}


def _volumes(solutions: Measurements | None, sizes: dict[str, float]) -> LinearLaw:
    prior = partial(prior_of, sizes=sizes)
    if solutions is None:
        return LinearLaw.fit([], np.empty(0), np.empty((0, 0)), prior)
    media = [Medium.of(f, sizes) for f in solutions.formulations]
    index, kelvin = solutions.formulation_index, solutions.temperature_k.tolist()
    total = _volume_cm3_kg(solutions)
    rows = [media[i].at(t) for i, t in zip(index.tolist(), kelvin, strict=True)]
    molecular = np.array([m.molecular_share > 0 for m in media])[index]
    of_series = total * np.where(molecular, _MOLECULAR_SERIES, _IONIC_SERIES)
    group = np.column_stack([source_groups(solutions), series_groups(solutions)])
    same = (group[:, None] == group[None]).all(axis=2)
    noise = np.outer(of_series, of_series) * same + np.diag((_ROW * total) ** 2)
    return LinearLaw.fit(rows, total - _ideal_cm3_kg(solutions), noise, prior)


def _excess(mixtures: Measurements | None) -> LinearLaw:
    if mixtures is None:
        return LinearLaw.fit([], np.empty(0), np.empty((0, 0)), prior_of_excess)
    terms = [excess_terms(f) for f in mixtures.formulations]
    rows = [
        at_temperature(terms[i], t)
        for i, t in zip(
            mixtures.formulation_index.tolist(), mixtures.temperature_k.tolist(), strict=True
        )
    ]
    total = _volume_cm3_kg(mixtures)
    noise = np.diag((_MIXTURE * total) ** 2)
    return LinearLaw.fit(rows, total - _ideal_cm3_kg(mixtures), noise, prior_of_excess)


def _volume_cm3_kg(measurements: Measurements) -> NDArray[np.float64]:
    mass = np.array(
        [_G_PER_KG * (1 + f.salt_mass_per_kg_solvent) for f in measurements.formulations]
    )
    volume: NDArray[np.float64] = mass[measurements.formulation_index] / measurements.value
    return volume


def _ideal_cm3_kg(measurements: Measurements) -> NDArray[np.float64]:
    pairs = zip(measurements.row_formulations, measurements.temperature_k.tolist(), strict=True)
    return np.array([molecular_volume_cm3_kg(f, t) for f, t in pairs], dtype=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Densities predicted by fits that did not see their paper or pair of solvents.

    Attributes
    ----------
    error
        Relative error, shape (n,).
    needed
        Factor of the law's uncertainty that just holds each row, shape (n,).
    group
        Paper of each row, shape (n,).
    """

    error: NDArray[np.float64]
    needed: NDArray[np.float64]
    group: NDArray[np.str_]


def papers_left_out(solutions: Measurements) -> HeldOut:
    """Solutions of every paper, predicted by the other papers without copies of its rows."""
    papers = leave_one_group_out("papers", source_groups(solutions))
    parts = []
    for train, test in papers.folds:
        tested, learnt = solutions.select(test), solutions.select(train)
        learnt = learnt.select(~copies_of(tested, learnt))
        parts.append(_held_out(fit_density(learnt, None, calibrated=False), tested))
    return _joined(parts)


def pairs_left_out(mixtures: Measurements) -> HeldOut:
    """Mixtures of a fifth of the pairs of solvents at a time, predicted by the others."""
    pairs = grouped_split("pairs", series_groups(mixtures))
    return _joined(
        [
            _held_out(
                fit_density(None, mixtures.select(train), calibrated=False), mixtures.select(test)
            )
            for train, test in pairs.folds
        ]
    )


def _held_out(model: DensityModel, tested: Measurements) -> HeldOut:
    recipes, kelvin = tested.row_formulations, tested.temperature_k
    return HeldOut(
        error=model.predict(recipes, kelvin).value / tested.value - 1,
        needed=model.needed_factor(recipes, kelvin, tested.value),
        group=tested.source,
    )


def _joined(parts: Sequence[HeldOut]) -> HeldOut:
    return HeldOut(
        error=np.concatenate([p.error for p in parts]),
        needed=np.concatenate([p.needed for p in parts]),
        group=np.concatenate([p.group for p in parts]),
    )


def quantile_of_papers(held_out: HeldOut) -> float:
    """Quantile of needed factors in which n rows of a paper count as the square root of n.

    Rows of a paper are alike, so that each for itself they would speak for one large paper; but a
    paper of one row is not worth as much as one of a hundred.
    """
    scores = held_out.needed
    _, index, sizes = np.unique(held_out.group, return_inverse=True, return_counts=True)
    weights = 1.0 / np.sqrt(sizes[index.ravel()])
    order = np.argsort(scores)
    held = np.cumsum(weights[order]) / weights.sum()
    return float(scores[order][min(int(np.searchsorted(held, COVERAGE)), len(scores) - 1)])
