"""A graph network of DeepChem, beside the model of windows.

Directed message passing between bonds (Yang et al. 2019, 10.1021/acs.jcim.9b00237), without
descriptors: what a network makes of the same few thousand molecules on its own. Its settings were
not tuned.
"""

from __future__ import annotations

import tempfile
import warnings
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.window.dataset import TrainingSet

NAME = "graph network (DeepChem)"
# Narrower than the 300 of DeepChem, and few epochs: one of all folds takes half a minute.
_EPOCHS, _BATCH, _WIDTH = 6, 32, 128
_PACKAGES = ("torch", "deepchem", "torch_geometric")

_Floats = NDArray[np.float64]


def skipped() -> str | None:
    """Why the network cannot run here, None if it can."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    return f"needs {', '.join(missing)}: pip install 'electrolyte_ml[deep]'" if missing else None


def graph_network(data: TrainingSet, folds: NDArray[np.intp], seed: int) -> dict[str, _Floats]:
    """Predictions of each row by a network that has not seen its fold; one network for both limits.

    Parameters
    ----------
    data
        The molecules, n of them.
    folds
        Fold of each row, shape (n,).
    seed
        Of weights and batches.

    Returns
    -------
    dict
        By axis, V against Li/Li+, shapes (n,).
    """
    with warnings.catch_warnings():
        # DeepChem warns of every library that it could use and that is not there.
        warnings.simplefilter("ignore")
        import deepchem
        import torch

    graphs = deepchem.feat.DMPNNFeaturizer().featurize(list(data.smiles))
    target = np.stack(list(data.limits.values()), axis=1)
    value = np.empty_like(target)
    for fold in np.unique(folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        centre, scale = target[train].mean(axis=0), target[train].std(axis=0)
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - DeepChem draws its batches from this generator
        with tempfile.TemporaryDirectory() as folder:
            model = deepchem.models.torch_models.DMPNNModel(
                n_tasks=target.shape[1],
                enc_hidden=_WIDTH,
                ffn_hidden=_WIDTH,
                batch_size=_BATCH,
                model_dir=folder,
            )
            known = deepchem.data.NumpyDataset(X=graphs[train], y=(target[train] - centre) / scale)
            model.fit(known, nb_epoch=_EPOCHS, checkpoint_interval=0)
            found = model.predict(deepchem.data.NumpyDataset(X=graphs[test]))
        value[test] = np.reshape(found, (len(test), -1)) * scale + centre
    return dict(zip(data.limits, value.T, strict=True))
