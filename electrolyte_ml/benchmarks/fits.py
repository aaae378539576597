"""Cache on disk of conductivity models fitted to folds, under a hash of all inputs of the fit.

Suites share fits: a model that one suite has fitted is not fitted again by another. A kept fit is
the two files of a model, arrays and JSON; reading them runs no code.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from electrolyte_ml.benchmarks.evaluation import content_sha256
from electrolyte_ml.benchmarks.store import code_sha256, environment
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.files import user_folder_of
from electrolyte_ml.models.conductivity import ConductivityModel, fit
from electrolyte_ml.models.conductivity.ensemble import EnsembleSettings

#: Source and files that decide the predictions of a fitted model, with its calibration factor and
#: the pre-trained encoder of graphs.
FIT_CODE = (
    "electrolyte_ml.benchmarks.fits",
    "electrolyte_ml.data.splits",
    "electrolyte_ml.features",
    "electrolyte_ml.models.artefacts.conductivity",
    "electrolyte_ml.models.artefacts.encoder",
    "electrolyte_ml.models.conductivity",
    "electrolyte_ml.models.domain",
    "electrolyte_ml.models.ensemble_fit",
    "electrolyte_ml.models.intervals",
    "electrolyte_ml.models.numeric",
)
#: Packages for fitting networks on graphs; those on descriptors need the first alone.
PACKAGES = ("torch", "deepchem", "torch_geometric")
_SECONDS = "cpu_seconds"


def lacking(packages: tuple[str, ...] = PACKAGES) -> str | None:
    """Missing packages, with the command that installs them; None if nothing is missing."""
    missing = [name for name in packages if find_spec(name) is None]
    return f"needs {', '.join(missing)}: pip install 'electrolyte_ml[deep]'" if missing else None


def default_folder() -> Path:
    """Where fits are kept: in the user's cache folder (``$XDG_CACHE_HOME``); it may be emptied."""
    return user_folder_of("cache") / "fits"


def fit_conductivity(
    measurements: Measurements,
    settings: EnsembleSettings | None = None,
    *,
    seed: int = 0,
    folder: Path | None = None,
) -> ConductivityModel:
    """The model of conductivity as it ships, fitted to the rows of a fold.

    Intervals have the calibration factors of the model that ships, which were calibrated on series
    left out of all rows (`electrolyte_ml.models.conductivity.model.calibrate`): to calibrate anew
    in each of some hundred folds would take five fits more for each. Suites therefore judge whether
    those factors hold.

    Parameters
    ----------
    measurements
        Rows of the fold.
    settings
        Of the fit; those of the model that ships by default.
    seed
        Of the fit.
    folder
        Where fits are kept; `default_folder` by default.
    """
    settings, factors = settings or EnsembleSettings(), ConductivityModel.load().factors
    place = (folder or default_folder()) / _key(measurements, settings, seed)
    try:
        return ConductivityModel.load(place)
    except ArtefactError:
        start = time.process_time()
    model = fit(measurements, settings, seed=seed, factors=factors)
    model.save({"seed": seed, _SECONDS: time.process_time() - start}, place)
    return model


def fit_seconds(
    measurements: Measurements,
    settings: EnsembleSettings | None = None,
    *,
    seed: int = 0,
    folder: Path | None = None,
) -> float:
    """CPU seconds that a kept fit took; parameters as of `fit_conductivity`."""
    key = _key(measurements, settings or EnsembleSettings(), seed)
    record = ConductivityModel.FILES.read_record((folder or default_folder()) / key)
    return float(record["training"][_SECONDS])


def _key(measurements: Measurements, settings: EnsembleSettings, seed: int) -> str:
    parts = {
        "content": content_sha256(measurements),
        "settings": asdict(settings),
        "seed": seed,
        "code": code_sha256(FIT_CODE),
        "environment": environment(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
