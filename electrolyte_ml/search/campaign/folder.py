"""A campaign: a folder that asks for recipes to measure and learns from what is recorded."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import tomllib
from pathlib import Path

from electrolyte_ml.errors import InputError
from electrolyte_ml.search.campaign.choice import choose
from electrolyte_ml.search.campaign.log import CampaignLog
from electrolyte_ml.search.campaign.results_file import read_results
from electrolyte_ml.search.campaign.sheets import README, write_measured, write_sheet
from electrolyte_ml.search.campaign.state import Result, State, Suggestion, next_ids, replay
from electrolyte_ml.search.campaign.tuning import TunedScorer
from electrolyte_ml.search.engine import ProgressCallback
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.properties import PROPERTIES
from electrolyte_ml.search.reading import load_problem
from electrolyte_ml.search.ready import require_predictable
from electrolyte_ml.search.scoring import ModelScorer, Scorer

PROBLEM, LOG = "problem.toml", "log.jsonl"


class Campaign:
    """A campaign in its folder.

    Parameters
    ----------
    folder
        What `create` made.
    scorer
        Where predictions come from; by default the models that ship with the package.

    Attributes
    ----------
    problem
        What is sought.
    state
        What was suggested and recorded.

    Raises
    ------
    InputError
        If there is no campaign in the folder, or its problem was changed.
    CampaignLogError
        If its log was changed.
    """

    def __init__(self, folder: Path, scorer: Scorer | None = None) -> None:
        self.folder = folder
        if not (folder / LOG).is_file():
            raise InputError(
                f"{folder}: no campaign is here; begin one with "
                f"'electrolyte-ml campaign new {folder} --recipe FILE.toml'"
            )
        self._log = CampaignLog(folder / LOG)
        events = self._log.read()
        if not events or events[0].kind != "created":
            raise InputError(f"{folder / LOG}: the campaign was never begun; make a new one")
        for name, digest in events[0].data["files"].items():
            if _sha256(folder / name) != digest:
                raise InputError(
                    f"{folder / name}: was changed since the campaign began, so that its recipes "
                    "and results would mean something else; restore it, or begin a new campaign"
                )
        self.problem: Problem = load_problem(folder / PROBLEM)
        self._scorer = scorer
        self.state: State = replay(events)
        self._write_files()

    @classmethod
    def create(cls, folder: Path, recipe: Path, scorer: Scorer | None = None) -> Campaign:
        """Begin a campaign.

        Parameters
        ----------
        folder
            New or empty.
        recipe
            The problem (TOML); it is copied, with its file of prices if it has one.
        scorer
            Where predictions come from.

        Raises
        ------
        InputError
            If the folder holds something.
        RecipeFileError
            If the problem cannot be used; one line for each fault.
        """
        require_predictable(load_problem(recipe), scorer)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder}: is not empty; name a new folder for the campaign")
        names = {PROBLEM: recipe}
        prices = tomllib.loads(recipe.read_text(encoding="utf-8")).get("prices", {}).get("file")
        if prices is not None:
            if Path(prices).name != prices:
                raise InputError(
                    f"{recipe}: prices.file must lie beside the file to be taken along, given "
                    f"{prices!r}"
                )
            names[prices] = recipe.parent / prices
        folder.resolve().parent.mkdir(parents=True, exist_ok=True)
        # Made beside its place and moved there whole: a kill leaves no half a campaign.
        with tempfile.TemporaryDirectory(dir=folder.resolve().parent) as temporary:
            new = Path(temporary) / "campaign"
            new.mkdir()
            for name, source in names.items():
                shutil.copyfile(source, new / name)
            (new / "README.txt").write_text(README, encoding="utf-8")
            (new / LOG).touch()
            digests = {name: _sha256(new / name) for name in names}
            CampaignLog(new / LOG).append("created", {"source": recipe.name, "files": digests})
            new.replace(folder)
        return cls(folder, scorer)

    def suggest(
        self,
        n: int = 8,
        *,
        n_trials: int | None = None,
        seed: int | None = None,
        progress: ProgressCallback | None = None,
    ) -> tuple[Suggestion, ...]:
        """Ask for recipes to measure next, and keep them as pending.

        Parameters
        ----------
        n
            How many.
        n_trials, progress
            As in `propose`.
        seed
            By default that of the problem plus the number of rounds so far.

        Raises
        ------
        InfeasibleError
            If no recipe that is new satisfies every constraint.
        """
        if n < 1:
            raise InputError(f"the number of suggestions must be at least 1, given {n}")
        number = self.state.n_rounds + 1
        choices = choose(
            self.problem,
            self.tuned(),
            self.state.known_formulations,
            n,
            pending=[s.formulation for s in self.state.pending],
            seed=self.problem.settings.seed + number - 1 if seed is None else seed,
            n_trials=n_trials,
            progress=progress,
        )
        ids = next_ids(self.state.suggestions, len(choices))
        fresh = tuple(
            Suggestion(
                id=name,
                round=number,
                formulation=choice.formulation,
                predictions=choice.predictions,
                why=choice.why,
            )
            for name, choice in zip(ids, choices, strict=True)
        )
        self._log.append("suggested", {"suggestions": [s.to_dict() for s in fresh]})
        self._replay()
        return fresh

    def record(self, path: Path, *, again: bool = False) -> list[Result]:
        """Record a file of results: all of it, or nothing if any row is at fault.

        Parameters
        ----------
        path
            CSV; see `read_results`.
        again
            Record a file although the very same one was recorded before.

        Raises
        ------
        TableError
            With a line for every fault of every row.
        InputError
            If the file cannot be read, holds no result, or was recorded before.
        """
        results = read_results(path, self.state)
        digest = _sha256(path)
        if digest in self.state.files and not again:
            raise InputError(
                f"{path}: this very file was recorded before (as {self.state.files[digest]}); "
                "nothing is recorded. Give --again if the same numbers were measured twice"
            )
        self._log.append(
            "recorded",
            {"file": path.name, "sha256": digest, "results": [r.to_dict() for r in results]},
        )
        self._replay()
        return results

    def tuned(self) -> TunedScorer:
        """The scorer, fine-tuned on everything measured so far."""
        measured = {name for r in self.state.measured for name, _ in r.values}
        names = [*self.problem.property_names, *(n for n in sorted(measured) if n in PROPERTIES)]
        base = self._scorer or ModelScorer(names, self.problem.prices)
        return TunedScorer(base, self.state.measured)

    def _replay(self) -> None:
        self.state = replay(self._log.read())
        self._write_files()

    def _write_files(self) -> None:
        """Files for people; all of them follow from the log, so a kill before this costs nothing.

        A sheet that is there is left alone: somebody may be filling it in.
        """
        for number in range(1, self.state.n_rounds + 1):
            sheet = self.folder / f"round_{number:03d}.csv"
            if not sheet.exists():
                write_sheet(
                    sheet, self.problem, [s for s in self.state.suggestions if s.round == number]
                )
        write_measured(self.folder / "measured.csv", self.state)


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
