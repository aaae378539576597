"""Training of the density model that ships, and its card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.copies import molecules_in
from electrolyte_ml.data.solutions import BINARIES, DENSITY, FILES, binary_densities, solution_union
from electrolyte_ml.models.density.fit import (
    HeldOut,
    fit_density,
    pairs_left_out,
    papers_left_out,
    quoted_ionic_liquids,
)
from electrolyte_ml.models.density.model import DensityModel
from electrolyte_ml.models.density.volumes import catalog_ion, volume_of_ion
from electrolyte_ml.models.train import Progress, Trained


def train_density(
    *, seed: int = 0, out: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Fit to all data, calibrate on papers and pairs left out, and write the model with its card.

    Parameters
    ----------
    seed
        Named in the record; nothing is drawn.
    out
        Folder for the model; the package's own by default.
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    dict
        Record of the training, as it stands in the model file.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    """
    solutions, mixtures = solution_union(DENSITY).measurements, binary_densities()
    model = fit_density(solutions, mixtures)
    if progress is not None:
        progress("density: fit", 1, 2)
    left_out, pairs = papers_left_out(solutions), pairs_left_out(mixtures)
    molecular = _molecular(left_out, solutions.source, solutions.row_formulations)
    training = {
        "data": [
            f"{len(solutions)} densities of solutions ({', '.join(FILES[DENSITY])}), "
            f"{len(np.unique(solutions.source))} papers",
            f"{len(mixtures)} densities of mixtures of two solvents ({BINARIES})",
            f"{len(quoted_ionic_liquids())} densities of pure ionic liquids, from memory",
        ],
        "seed": seed,
        "errors": {
            "papers left out, in molecular solvents": _errors(left_out, molecular),
            "papers left out, ionic liquids alone": _errors(left_out, ~molecular),
            "pairs of solvents left out": _errors(pairs, np.ones(len(pairs.error), dtype=bool)),
        },
    }
    if progress is not None:
        progress("density: papers left out", 2, 2)
    return Trained(model=model, training=training, card=card(model, training)).write(out)


def _molecular(
    left_out: HeldOut, source: NDArray[np.str_], formulations: list[Any]
) -> NDArray[np.bool_]:
    """Which held-out rows are in molecular solvents: they stand in the order of the papers."""
    order = np.concatenate([np.flatnonzero(source == paper) for paper in np.unique(source)])
    molecular = np.array([bool(molecules_in(f)) for f in formulations])[order]
    if len(molecular) != len(left_out.error):
        raise ValueError("held-out rows are not those of the table")
    return molecular


def _errors(held_out: HeldOut, rows: NDArray[np.bool_]) -> dict[str, float]:
    error = 100 * np.abs(held_out.error[rows])
    return {
        "n": int(rows.sum()),
        "papers": len(np.unique(held_out.group[rows])),
        "mean_percent": float(error.mean()),
        "worst_percent": float(error.max()),
    }


def card(model: DensityModel, training: Mapping[str, Any]) -> str:
    """The card, Markdown.

    Parameters
    ----------
    model
        The trained model.
    training
        Record of its training.
    """
    lines = [
        "# Density",
        "",
        "Volumes of pure solvents at their densities, the change of volume when they are mixed,",
        "and volumes of ions; small cations draw their surroundings together. Both laws are linear",
        "with normal priors, so that what was not measured has a wider interval.",
        "",
        "Learnt from:",
        "",
        *(f"- {line}" for line in training["data"]),
        "",
        "| predicted without them | n | papers | mean error, % | worst, % |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {e['n']} | {e['papers']} | {e['mean_percent']:.2f} "
            f"| {e['worst_percent']:.2f} |"
            for name, e in training["errors"].items()
        ),
        "",
        "Intervals are meant to hold 90 %. Priors were chosen on the papers left out, of a dozen",
        "that were tried.",
        "",
        "Volumes of ions as they are in ionic liquids, cm3/mol at 25 degC; among molecules those",
        "of metal ions are smaller, most of all in solvents that are easily compressed.",
        "",
        "| ion | volume | standard deviation |",
        "|---|---:|---:|",
        *_ions(model),
    ]
    return "\n".join(lines) + "\n"


def _ions(model: DensityModel) -> list[str]:
    lines = []
    for ion in sorted(model.sizes, key=lambda smiles: catalog_ion(smiles).name):
        volume, sd = volume_of_ion(ion, model.volumes, model.sizes)
        lines.append(f"| {catalog_ion(ion).name} | {volume:.1f} | {sd:.1f} |")
    return lines
