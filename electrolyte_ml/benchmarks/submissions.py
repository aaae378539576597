"""Results of models from outside: what is handed in, checked, and shown beside ours.

A submission is a folder with ``submission.toml``, which says who made the model and what it learnt
from, and the JSON that ``electrolyte-ml bench SUITE --model MODULE:CLASS --out FOLDER`` writes, one
file a suite. Its figures count only if they are of the rows of ours: the hashes of splits and of
data files must agree, and so must the number of tested rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from electrolyte_ml.benchmarks.compare import read_result
from electrolyte_ml.errors import InputError, InputErrors
from electrolyte_ml.files import read_toml
from electrolyte_ml.text import counted, did_you_mean, shown

MANIFEST = "submission.toml"
#: What a manifest holds, and what is written there.
FIELDS: dict[str, tuple[type, str]] = {
    "title": (str, "name of the model in tables"),
    "authors": (list, "list of names"),
    "date": (date, "date such as 2026-11-30, without quotation marks"),
    "description": (str, "what the model is, in a sentence or two"),
    "code": (str, "where its code can be read: an address, or a path in this repository"),
    "licence": (str, "terms of the code"),
    "learnt_from": (
        str,
        "everything it learnt from besides the rows for training, or 'nothing else'",
    ),
    "chosen_on": (str, "on which rows its settings were chosen, or 'nothing'"),
}
_FIGURES = ("mae_log10", "mae")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A model from outside with its results.

    Attributes
    ----------
    folder
        Where it is.
    about
        The manifest: the keys are `FIELDS`.
    results
        Results of suites by their names, as ``bench`` writes them.
    """

    folder: Path
    about: Mapping[str, Any]
    results: Mapping[str, dict[str, Any]]

    @property
    def title(self) -> str:
        """Name of the model in tables."""
        return str(self.about["title"])


def read_submission(folder: Path) -> Submission:
    """A submission from its folder.

    Raises
    ------
    InputErrors
        If the manifest or a result is at fault; all faults are named.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; a submission is a folder with {MANIFEST}")
    about, faults = _about(folder / MANIFEST)
    results: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            result = read_result(path)
        except InputError as error:
            faults += str(error).splitlines()
            continue
        faults += [f"{path}: {fault}" for fault in _result_faults(result)]
        results[str(result.get("suite"))] = result
    if not results and not faults:
        faults.append(
            f"{folder} holds no result; 'electrolyte-ml bench SUITE --model MODULE:CLASS --out "
            "FOLDER' writes SUITE.json"
        )
    if faults:
        raise InputErrors(faults)
    return Submission(folder=folder, about=about, results=results)


def _about(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Content of a manifest, and its faults."""
    try:
        about = read_toml(path)
    except InputError as error:
        return {}, [str(error)]
    faults = [
        f"{path}: there is no key {name!r}{did_you_mean(name, list(FIELDS))}"
        for name in about
        if name not in FIELDS
    ]
    for name, (kind, words) in FIELDS.items():
        given = about.get(name)
        if name not in about:
            faults.append(f"{path}: {name} is missing: {words}")
        elif not isinstance(given, kind) or not given:
            faults.append(f"{path}: {name} is {shown(given)}, but should be {words}")
    return about, faults


def _result_faults(result: Mapping[str, Any]) -> Iterator[str]:
    """What a result of one suite lacks."""
    for name in ("suite", "environment", "split_sha256", "data_sha256"):
        if not result.get(name):
            yield f"{name} is missing; was it written by 'electrolyte-ml bench --out'?"
    models = {task["model"] for task in result["tasks"]}
    if len(models) > 1:
        yield f"holds {counted(len(models), 'model')}: {', '.join(sorted(models))}; hand in one"
    for task in result["tasks"]:
        place = f"{task['task']}; {task['split']}"
        numbers = task["metrics"]
        if not any(name in numbers for name in _FIGURES):
            yield f"{place}: has none of {', '.join(_FIGURES)}"
        for name in ("n", "seed"):
            if name not in numbers:
                yield f"{place}: {name} is missing"
        for name, number in numbers.items():
            is_number = isinstance(number, int | float) and not isinstance(number, bool)
            if number is not None and not (is_number and math.isfinite(number)):
                yield f"{place}: {name} is {shown(number)}, but should be a finite number"


def beside(ours: Mapping[str, Any], submissions: Sequence[Submission]) -> list[dict[str, Any]]:
    """Our results on the splits of submissions, and theirs, the smallest error first.

    Parameters
    ----------
    ours
        Result of a suite.
    submissions
        Submissions; those without a result of this suite are left out.

    Returns
    -------
    list of dict
        Tasks as in a result, with the titles of submissions as names of models.

    Raises
    ------
    InputErrors
        If results are not of the same rows; all differences are named.
    """
    suite = str(ours.get("suite"))
    theirs: list[dict[str, Any]] = []
    faults: list[str] = []
    for submission in submissions:
        result = submission.results.get(suite)
        if result is None:
            continue
        faults += [f"{submission.folder}: {one}" for one in _differences(ours, result)]
        theirs += [{**task, "model": submission.title} for task in result["tasks"]]
    if not theirs and not faults:
        faults.append(f"no result of the suite {suite!r} was handed in")
    if faults:
        raise InputErrors(faults)
    places = {(task["task"], task["split"]) for task in theirs}
    held = [task for task in ours["tasks"] if (task["task"], task["split"]) in places]
    return sorted(
        [*held, *theirs], key=lambda task: (task["task"], task["split"], _error(task["metrics"]))
    )


def _differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    """Why two results are not of the same rows."""
    for name, digest in theirs["data_sha256"].items():
        known = ours.get("data_sha256", {}).get(name)
        if known != digest:
            yield f"{name} is another file than that of our results; fetch it again ('data fetch')"
    rows = {(t["task"], t["split"]): t["metrics"].get("n") for t in ours["tasks"]}
    for task in theirs["tasks"]:
        place = task["task"], task["split"]
        words = "; ".join(place)
        if place not in rows:
            splits = ", ".join(sorted({split for _, split in rows}))
            yield f"{words}: our results have no such split; they have {splits}"
        elif theirs["split_sha256"].get(words) != ours.get("split_sha256", {}).get(words):
            yield f"{words}: other rows are tested than in ours; use seed 0 and our splits"
        elif task["metrics"].get("n") != rows[place]:
            n = task["metrics"].get("n")
            yield f"{words}: {n} rows are tested, in ours {rows[place]}"


def _error(metrics: Mapping[str, float]) -> float:
    return next((float(metrics[name]) for name in _FIGURES if name in metrics), math.inf)
