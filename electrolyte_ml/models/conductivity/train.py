"""Training the conductivity model that ships: data, calibration, fit, model files and card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.data.conductivities import learnt_conductivities, learnt_sources
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features.ions import is_monatomic
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.conductivity.descriptors import DescriptorNetwork
from electrolyte_ml.models.conductivity.ensemble import EnsembleSettings
from electrolyte_ml.models.conductivity.graph.network import GraphNetwork
from electrolyte_ml.models.conductivity.model import ConductivityModel, calibrate, fit
from electrolyte_ml.models.intervals import COVERAGE
from electrolyte_ml.models.train import Progress, Trained
from electrolyte_ml.species.ionic_liquids import pair_of

_ROOM_K = 298.15
_RECIPES = (
    "1 M LiPF6 in EC:DMC 1:1 w/w",
    "1 M LiPF6 in EC:EMC 3:7 w/w",
    "1 M LiPF6 in PC",
    "1 M NaPF6 in EC:DEC 1:1 v/v",
    "1 M NaPF6 in EC:PC 1:1 v/v",
    "1 M NaPF6 in PC",
    "1 M NaPF6 in DME",
    "1 M NaPF6 in diglyme",
    "1 M NaClO4 in EC:PC 1:1 v/v",
    "1 M NaOTf in diglyme",
    "1 M NaFSI in DME",
    "NaFSI:DME:TTE 1:1.2:1 mol",
)


def train_conductivity(
    *,
    seed: int = 0,
    out: Path | None = None,
    settings: EnsembleSettings | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Fit to all data, calibrate on held-out series, and write the model with its card.

    Parameters
    ----------
    seed
        Same seed, data and machine: same files.
    out
        Folder for the model; the package's own by default.
    settings
        Of the fits.
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
    MissingDependencyError
        If torch or DeepChem is not installed.
    """
    settings = settings or EnsembleSettings()
    measurements = learnt_conductivities()
    calibration = calibrate(measurements, settings, seed=seed, progress=progress)
    model = fit(measurements, settings, seed=seed, factors=calibration.factors)
    record = {
        "data": _described(measurements),
        "seed": seed,
        "settings": settings.to_dict(),
        "calibration": f"{calibration.folds} folds of unseen series, n = {calibration.n}",
        "factors": dict(calibration.factors),
        "coverage_target": COVERAGE,
        "held_out_series_mae_log10": calibration.mae_log10,
    }
    return Trained(model=model, training=record, card=card(model, record)).write(out)


def _described(measurements: Measurements) -> str:
    """Description of the training data."""
    kinds = np.array([_kind_of(f) for f in measurements.formulations])
    of_rows = kinds[measurements.formulation_index]
    counts = [f"{int((of_rows == kind).sum()):,} of {kind}" for kind in _KINDS]
    papers = len(set(measurements.source.tolist()))
    return f"{', '.join(learnt_sources())}: {', '.join(counts)}; {papers} sources"


#: What rows are counted by: the first of these cations that an electrolyte holds.
_KINDS = ("sodium", "potassium", "lithium", "other metals", "organic cations")
_METALS = {"[Na+]": "sodium", "[K+]": "potassium", "[Li+]": "lithium"}


def _kind_of(formulation: Formulation) -> str:
    pairs = [pair_of(part.solvent) for part in formulation.solvents]
    cations = [part.salt.cation.smiles for part in formulation.salts]
    cations += [pair.cation.smiles for pair in pairs if pair is not None]
    for smiles, kind in _METALS.items():
        if smiles in cations:
            return kind
    return "other metals" if any(map(is_monatomic, cations)) else "organic cations"


def card(model: ConductivityModel, record: Mapping[str, Any]) -> str:
    """The model card in Markdown: description, errors, and predictions of known recipes.

    Parameters
    ----------
    model
        The trained model.
    record
        Record of its training.
    """
    return "\n\n".join([_head(model, record), _errors(record), _known_recipes(model)])


def _head(model: ConductivityModel, record: Mapping[str, Any]) -> str:
    settings, ensemble = record["settings"], model.ensemble
    described = _counted(ensemble.network, settings["descriptors"], "width")
    pooled = _counted(ensemble.pooled, settings["pooled"], "hidden")
    graphed = _counted(ensemble.graph, settings["graphs"], "hidden")
    n_residual = len(ensemble.residual.weights) if ensemble.residual else 0
    return f"""\
# Conductivity model

- **Predicts** ionic conductivity (mS/cm) of a liquid electrolyte from its recipe and temperature,
  with a {100 * COVERAGE:.0f} % interval and a domain flag; dilute to molten, whatever the cation.
- **Made of** three kinds of members with the same weight, which give the parameters of a physical
  law in temperature and concentration: {described} on means of descriptors over the mixture,
  {pooled} that pool descriptors of the species, and {graphed} that
  pool embeddings of their molecular graphs, both with attention of the ions to the solvents; the
  interquartile mean of them all. Cations enter by computed descriptors. All kinds learn a few
  coordinates of each measured species. A Gaussian process of the residuals of {n_residual} measured
  mixtures, bounded and faded out beside them; one conformal factor for each class of cations.
  Species outside the catalog have no embedding: there networks on descriptors stand for the others.
  Weights: `conductivity.npz`; everything else, with seed, settings and data: `conductivity.json`.
  Neither runs code when loaded.
- **Trained on** {record["data"]}.
  Rows that contradict every other source are judged, not learnt. Made again, byte for byte on one
  machine, by `electrolyte-ml train conductivity`.
- **Meant for** ranking and sizing recipes near what was measured. **Not for** unmeasured pairs of
  anion and solvent, water: the flag says so.
- **Known weakness**: sodium in molecular solvents has some forty measured points; most in ethers
  are of one laboratory. Half of the rows are compiled without naming their papers, and some of them
  contradict each other."""


def _errors(record: Mapping[str, Any]) -> str:
    factors = ", ".join(f"{name} {factor:.2f}" for name, factor in record["factors"].items())
    return "\n".join(
        [
            "## Errors on the folds that calibrate the intervals",
            "",
            f"On {record['calibration']}, the MAE in log10 is",
            f"{record['held_out_series_mae_log10']:.4f}. Factors on the spread:",
            f"{factors}. Fresh folds, baselines and coverage: `electrolyte-ml bench chemistry`,",
            "`electrolyte-ml bench conductivity` and `electrolyte-ml bench sodium`.",
        ]
    )


def _counted(networks: DescriptorNetwork | GraphNetwork | None, settings: Any, width: str) -> str:
    if networks is None:
        return "none"
    return f"{networks.n_members} networks (2 x {settings[width]} units)"


def _known_recipes(model: ConductivityModel) -> str:
    recipes = [parse_recipe(text) for text in _RECIPES]
    p = model.predict(recipes, np.full(len(recipes), _ROOM_K))
    lines = [
        f"| {text} | {value:.3g} | {low:.3g} to {high:.3g} | {reason or 'yes'} |"
        for text, value, low, high, reason in zip(
            _RECIPES, p.value, p.low, p.high, p.reason, strict=True
        )
    ]
    head = "| recipe | mS/cm at 25 degC | interval | in the domain |\n|---|---|---|---|"
    return "\n".join(["## Familiar recipes", "", head, *lines])
