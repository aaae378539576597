"""The model card of the graph network, made with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from electrolyte_ml.files import write_atomically
from electrolyte_ml.models.deep.network import GraphNetwork

CARD = "MODEL_CARD.md"


def write_card(network: GraphNetwork, record: Mapping[str, Any], folder: Path) -> None:
    """Write the card beside the model files, whole or not at all.

    Parameters
    ----------
    network
        The fitted network.
    record
        Record of its training.
    folder
        Where the model files are.
    """
    n_weights = sum(w.size for w in network.weights.values())
    text = f"""\
# Graph network of conductivity

- **Is** what `map` draws: vectors of mixtures, fitted to ionic conductivity of lithium and sodium
  electrolytes. Networks like it, fitted to lithium alone, are a third of the conductivity model.
- **Made of** a message-passing encoder on DeepChem's graphs (`encoder.safetensors`) and
  {network.n_members} mixture networks of {n_weights:,} weights in all, with embeddings of
  {len(network.smiles)} species (`graph.npz`, `graph.json`). Loading runs no code; prediction needs
  numpy alone, and DeepChem for species that have no embedding.
- **Pre-trained on** {record["encoder"]["data"]}.
- **Fitted to** {record["data"]}; the encoder stays as it was pre-trained. Mean error of the fit
  itself {record["fitted_mae_log10"]:.3f} in log10, which says nothing of what was not measured: for
  that see `electrolyte-ml bench graph`.
- **Made again** by `electrolyte-ml train graph`, the same files for the same seed
  ({record["seed"]}) on one machine; `--checkpoints FOLDER` survives a kill.
- **Not for** numbers: those are the conductivity model's.
"""

    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    write_atomically(folder / CARD, write)
