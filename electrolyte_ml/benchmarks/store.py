"""Finished jobs on disk, under a hash of everything that their numbers depend on.

No job is computed twice. A job is kept under a hash of task, split, model,
seed, version of this package and of the ones it uses, data files, split, and the source code that
it names. Each file is whole or absent, so that a run may be killed at any moment.
"""

from __future__ import annotations

import hashlib
import json
import platform
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from electrolyte_ml import __version__
from electrolyte_ml.benchmarks.job import Job, JobResult
from electrolyte_ml.data.location import data_path
from electrolyte_ml.files import user_folder_of, write_atomically

# Distributions that take part in fitting and predicting; absent ones are left out.
_DISTRIBUTIONS = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "rdkit",
    "mordredcommunity",
    "torch",
    "xgboost-cpu",
    "xgboost",
    "deepchem",
    "optuna",
)


@cache
def environment() -> dict[str, object]:
    """Versions of this package, Python, the platform and the packages that numbers depend on."""
    return {
        "electrolyte_ml": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": _versions(),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def data_sha256(*names: str) -> dict[str, str]:
    """SHA-256 of data files by name.

    Raises
    ------
    DataNotFoundError
        If one is not on this machine.
    """
    return {name: _file_sha256(data_path(name)) for name in names}


def table_sha256(*names: str) -> dict[str, str]:
    """SHA-256 of tables that ship with the package by name."""
    folder = files("electrolyte_ml.data") / "tables"
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


@cache
def _file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def code_sha256(modules: Iterable[str]) -> str:
    """SHA-256 of the files of modules; of a package, of everything in its folder.

    Parameters
    ----------
    modules
        Dotted names; ones that are not installed count as absent.
    """
    digest = hashlib.sha256()
    for name in sorted(modules):
        digest.update(f"{name}\n{_module_sha256(name)}\n".encode())
    return digest.hexdigest()


@cache
def _module_sha256(name: str) -> str:
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        spec = None
    if spec is None:
        return ""
    folders = [Path(p) for p in spec.submodule_search_locations or ()]
    single = [Path(spec.origin)] if spec.origin and not folders else []
    digest = hashlib.sha256()
    for folder in folders or [p.parent for p in single]:
        files = single or [p for p in folder.rglob("*") if _decides(p)]
        for path in sorted(files, key=lambda p: p.relative_to(folder).as_posix()):
            relative = path.relative_to(folder).as_posix()
            digest.update(f"{relative} {_content_sha256(path)}\n".encode())
    return digest.hexdigest()


def _decides(path: Path) -> bool:
    # What is written about a model changes no number.
    return path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".tmp", ".md"}


def _content_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def default_folder() -> Path:
    """Where finished jobs are kept: in the user's state folder (``$XDG_STATE_HOME``)."""
    return user_folder_of("state") / "bench"


def job_key(job: Job) -> str:
    """Hash of everything the numbers of a job depend on."""
    parts = {
        "task": job.task,
        "split": job.split,
        "model": job.model,
        "seed": job.seed,
        "data": dict(job.data),
        "split_sha256": job.split_sha256,
        "code": code_sha256(job.depends_on),
        "version": job.version,
        "environment": environment(),
    }
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStore:
    """A folder of finished jobs.

    Attributes
    ----------
    folder
        Made when the first job is kept.
    """

    folder: Path

    def get(self, job: Job) -> JobResult | None:
        """Result of a job if it is kept; None if it is not, or its file cannot be read."""
        path = self._path(job)
        try:
            with np.load(path, allow_pickle=False) as held:
                record = json.loads(str(held["record"]))
                return JobResult(
                    metrics=record["metrics"],
                    measured=held["measured"],
                    predicted=held["predicted"],
                    trace=held["trace"],
                    subsets=record.get("subsets", {}),
                )
        except (FileNotFoundError, ValueError, KeyError, zipfile.BadZipFile):
            return None

    def put(self, job: Job, result: JobResult) -> None:
        """Keep the result of a job."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(job)
        record: Mapping[str, object] = {
            "task": job.task,
            "split": job.split,
            "model": job.model,
            "seed": job.seed,
            "metrics": result.metrics,
            **({"subsets": dict(result.subsets)} if result.subsets else {}),
        }

        def write(temporary: Path) -> None:
            with temporary.open("wb") as stream:
                np.savez_compressed(
                    stream,
                    record=np.array(json.dumps(record)),
                    measured=result.measured,
                    predicted=result.predicted,
                    trace=result.trace,
                )

        write_atomically(path, write)

    def _path(self, job: Job) -> Path:
        return self.folder / f"{job_key(job)[:32]}.npz"
