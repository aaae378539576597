"""The model card, made with the model: what it is, how good, and what it says of known recipes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity.intervals import COVERAGE
from electrolyte_ml.models.conductivity.model import ConductivityModel

CARD = "MODEL_CARD.md"
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


def write_card(model: ConductivityModel, record: Mapping[str, Any], folder: Path) -> None:
    """Write the card beside the model files.

    Parameters
    ----------
    model
        The trained model.
    record
        Record of its training.
    folder
        Where the model files are.
    """
    text = "\n\n".join([_head(model, record), _errors(record), _known_recipes(model)]) + "\n"
    (folder / f"{CARD}.tmp").write_text(text, encoding="utf-8")
    (folder / f"{CARD}.tmp").replace(folder / CARD)


def _head(model: ConductivityModel, record: Mapping[str, Any]) -> str:
    settings, ensemble = record["settings"], model.ensemble
    described = (
        f"{ensemble.network.n_members} networks (2 x {settings['descriptors']['width']} units)"
    )
    graphed = f"{ensemble.graph.n_members} (2 x {settings['graphs']['hidden']})"
    remembered = len(ensemble.memory.weights) if ensemble.memory else 0
    return f"""\
# Conductivity model

- **Predicts** ionic conductivity (mS/cm) of a liquid electrolyte from its recipe and temperature,
  with a {100 * COVERAGE:.0f} % interval and a domain flag.
- **Made of** three kinds of members with the same weight, which give the parameters of a physical
  law: {described} on descriptors, {graphed} on embeddings of
  molecular graphs, and Gaussian processes on descriptors; the mean of the middle half of them all.
  Networks on descriptors see anions by structure or by size and computed surface potential in
  turn, processes both ways. A Gaussian process of what they leave of {remembered} measured
  mixtures, bounded and faded out beside them; another for the shift from lithium to sodium; one
  conformal factor. Species outside the catalog have no embedding: there networks on descriptors
  stand for those on graphs.
  Weights and measured sodium points: `conductivity.npz`; everything else, with seed, settings and
  data: `conductivity.json`. Neither runs code when loaded.
- **Trained on** {record["data"]}.
  Rows that contradict every other source are judged, not learnt. Made again, byte
  for byte on one machine, by `electrolyte-ml train conductivity`.
- **Meant for** ranking and sizing recipes near what was measured. **Not for** other cations than
  lithium and sodium, unmeasured pairs of anion and solvent, ionic liquids, water: the flag says so.
- **Known weakness**: sodium. Most of its points in ethers are of one laboratory, those in
  open-chain carbonates are quoted second-hand, and nothing was measured with a diluent: localized
  high concentration may come out several times too high."""


def _errors(record: Mapping[str, Any]) -> str:
    return "\n".join(
        [
            "## Errors on the folds that calibrate the intervals",
            "",
            f"On {record['calibration']}, the MAE in log10 is",
            f"{record['held_out_source_mae_log10']:.4f} and the factor on the compressed spread",
            f"{record['factor']:.2f}. Fresh folds, baselines and coverage: `electrolyte-ml bench",
            "conductivity` and `electrolyte-ml bench sodium`.",
        ]
    )


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
