"""Frozen splits: files that say which rows of which data file are on which side.

A split is computed at run time and compared with its file, so that figures of two installations
are of the same rows or are refused. Files name rows by their numbers in the data file, never by
their place in a table that cleaning makes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.splits import Split
from electrolyte_ml.errors import InputError

#: Splits of this seed are the frozen ones; others are computed and not checked.
FROZEN_SEED = 0
MANIFEST = "manifest.json"
#: What the name of a split ends with of which the first fold alone is run.
FIRST_FOLD = ", first fold"
_FORMAT = 1


class FrozenSplitError(InputError):
    """The data at hand do not give the split that was frozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedSplit:
    """A split with the names of its rows.

    Attributes
    ----------
    suite
        Suite that it belongs to.
    split
        Its folds, over n rows.
    rows
        Row numbers in the file or paper that each row was read from, shape (n,).
    table
        Which file or paper that is, shape (n,).
    data
        SHA-256 of each data file by name.
    """

    suite: str
    split: Split
    rows: NDArray[np.intp]
    table: NDArray[np.str_]
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``suite/split``."""
        return f"{self.suite}/{self.split.name}"

    def first_fold(self) -> KeyedSplit:
        """The same with the first fold alone, under the name ``split, first fold``."""
        whole = self.split
        name = f"{whole.name}{FIRST_FOLD}"
        return replace(self, split=Split(name=name, folds=whole.folds[:1], labels=whole.labels[:1]))

    def content(self) -> dict[str, Any]:
        """All rows, and folds, by row names; others train, unless under ``neither``."""
        return {"rows": self._named(np.arange(len(self.rows))), "folds": self._folds()}

    def _folds(self) -> list[dict[str, Any]]:
        labels = self.split.labels or ("",) * len(self.split.folds)
        folds = []
        for label, (train, test) in zip(labels, self.split.folds, strict=True):
            fold: dict[str, Any] = {"test": self._named(test)}
            if label:
                fold = {"label": label, **fold}
            neither = np.setdiff1d(np.arange(len(self.rows)), np.concatenate([train, test]))
            if len(neither):
                fold["neither"] = self._named(neither)
            folds.append(fold)
        return folds

    @property
    def sha256(self) -> str:
        """Hash of all rows by name, whatever order they have in memory."""
        text = json.dumps(self.content(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _named(self, at: NDArray[np.intp]) -> dict[str, str]:
        return {
            str(table): ranges(self.rows[at][self.table[at] == table])
            for table in np.unique(self.table[at])
        }


def ranges(numbers: NDArray[np.intp]) -> str:
    """Sorted whole numbers as text: ``0-5 7 9-12``."""
    ordered = np.unique(numbers)
    if not len(ordered):
        return ""
    starts = np.r_[0, np.flatnonzero(np.diff(ordered) > 1) + 1]
    ends = np.r_[starts[1:] - 1, len(ordered) - 1]
    pairs = zip(ordered[starts].tolist(), ordered[ends].tolist(), strict=True)
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in pairs)


def frozen_folder() -> Path:
    """Folder of the frozen splits: in an installed package, or in a checkout."""
    package = Path(__file__).parent
    installed = package / "frozen_splits"
    return installed if installed.is_dir() else package.parent.parent / "benchmarks" / "splits"


def freeze(splits: Sequence[KeyedSplit], folder: Path) -> list[Path]:
    """Write splits and their manifest; the same splits give the same bytes.

    Entries of the manifest about other splits are kept.

    Parameters
    ----------
    splits
        Splits of seed `FROZEN_SEED`.
    folder
        Made if need be.

    Returns
    -------
    list of Path
        Files written.
    """
    from electrolyte_ml.files import write_atomically

    folder.mkdir(parents=True, exist_ok=True)
    entries: dict[str, Any] = dict(_manifest(folder).get("splits", {}))
    written = []
    for keyed in splits:
        path = folder / f"{keyed.name.replace('/', '-')}.json.gz"
        content = {"suite": keyed.suite, "split": keyed.split.name, **keyed.content()}
        # No time stamp: the same split is the same file.
        packed = gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0)
        write_atomically(path, partial(_write_bytes, packed))
        entries[keyed.name] = _entry(keyed, path.name, packed)
        written.append(path)
    manifest = {"format": _FORMAT, "seed": FROZEN_SEED, "splits": dict(sorted(entries.items()))}
    text = json.dumps(manifest, indent=1) + "\n"
    write_atomically(folder / MANIFEST, partial(_write_bytes, text.encode()))
    return [*written, folder / MANIFEST]


def check(keyed: KeyedSplit, *, seed: int, folder: Path | None = None) -> None:
    """Compare a split with the frozen one of its name, if there is one.

    Parameters
    ----------
    keyed
        The split as computed here.
    seed
        That it was computed with; ones of other seeds than `FROZEN_SEED` are not checked.
    folder
        Of the frozen splits; looked up by default.

    Raises
    ------
    FrozenSplitError
        If they differ; the message names both hashes.
    """
    if seed != FROZEN_SEED:
        return
    entry = _manifest(folder or frozen_folder()).get("splits", {}).get(keyed.name)
    if entry is None:
        return
    different = [
        f"{name} has SHA-256 {keyed.data.get(name, 'none: it is absent')}, frozen {frozen}"
        for name, frozen in entry["data_sha256"].items()
        if keyed.data.get(name) != frozen
    ]
    if entry["sha256"] != keyed.sha256:
        different.insert(0, f"its rows have SHA-256 {keyed.sha256}, frozen {entry['sha256']}")
    if different:
        raise FrozenSplitError(
            f"split {keyed.name}: the data here differ from the frozen ones "
            f"({'; '.join(different)}); put the frozen data in place, or pass another --seed than "
            f"{FROZEN_SEED} for splits of the data at hand, whose figures cannot be compared with "
            "published ones"
        )


def _entry(keyed: KeyedSplit, file_name: str, packed: bytes) -> dict[str, Any]:
    folds = keyed.split.folds
    return {
        "file": file_name,
        "file_sha256": hashlib.sha256(packed).hexdigest(),
        "sha256": keyed.sha256,
        "data_sha256": dict(sorted(keyed.data.items())),
        "n_rows": len(keyed.rows),
        "n_folds": len(folds),
        "n_tested": sum(len(test) for _, test in folds),
    }


@cache
def _read_manifest(path: Path, changed_ns: int) -> dict[str, Any]:
    del changed_ns  # part of the key of the cache only
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return held


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    return _read_manifest(path, path.stat().st_mtime_ns) if path.is_file() else {}


def _write_bytes(content: bytes, path: Path) -> None:
    path.write_bytes(content)
