"""`Campaign`: a folder that suggests recipes to measure and learns from the results."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from electrolyte_ml.arguments import path_of, whole_number
from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.efficiency_prior import EfficiencyPrior
from electrolyte_ml.campaign.failures import Failures
from electrolyte_ml.campaign.log import CampaignLog
from electrolyte_ml.campaign.recorded import Recorded, doubts_about, recognise
from electrolyte_ml.campaign.results import ResultsSource, ResultsTable, read_results
from electrolyte_ml.campaign.sheets import NO_RESULTS, measured_rows, write_measured, write_sheet
from electrolyte_ml.campaign.standing import status_record, write_report
from electrolyte_ml.campaign.state import (
    CampaignState,
    Goal,
    Suggestion,
    Suggestions,
    next_ids,
    replay,
)
from electrolyte_ml.campaign.suggest import choose, choose_to_learn
from electrolyte_ml.data.efficiency import EFFICIENCY
from electrolyte_ml.errors import InputError, UnwritableError
from electrolyte_ml.files import read_toml, reading, sha256_of, writing
from electrolyte_ml.notebook import html_table
from electrolyte_ml.search.bundled import find_problem, require_predictable
from electrolyte_ml.search.engine import ProgressCallback
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.recipe_file import load_problem, read_problem
from electrolyte_ml.search.scorer import ModelScorer, Scorer
from electrolyte_ml.tables.writing import CSV, WORKBOOK
from electrolyte_ml.text import counted, shown
from electrolyte_ml.threads import one_thread

if TYPE_CHECKING:
    import pandas as pd

README = """\
This folder is a campaign of electrolyte-ml: suggest, measure, record, and suggest again.

  problem.toml     the search problem; a copy that must stay as it is
  round_001.xlsx   recipes to measure, with empty columns for what you find; the same as
  round_001.csv    round_001.csv. Fill in one of the two with any spreadsheet and record it:
                   electrolyte-ml campaign record FOLDER round_001.xlsx
                   - a second row of the same id is a replicate
                   - write `failed` under status if an experiment gave no number (not dissolved,
                     two phases, froze) and why under comment; `skipped` if it will not be done
                   - if you made something else than suggested, change the recipe in the row
                   - recipes of your own: leave id empty and write the recipe
                   - half-filled sheets can be recorded, and again when they have grown: rows
                     recorded before are recognised and left out
                   - a number was wrong: mend it in its row and record with --correct
  measured.csv     everything recorded so far, written anew every time
  log.jsonl        all actions, line by line. Do not edit it: each line holds a hash of the one
                   before, and log.head and .log.seal hold that of the last. This finds accidents;
                   it does not keep anybody from making all three anew. The sheets and
                   measured.csv can be made again from the log

Next recipes:      electrolyte-ml campaign suggest FOLDER -n 8
Where it stands:   electrolyte-ml campaign status FOLDER
A report:          electrolyte-ml campaign report FOLDER
"""


_FOLDER = "the folder of a campaign is text or a path, such as 'my_campaign'"
PROBLEM, LOG, MEASURED = "problem.toml", "log.jsonl", "measured.csv"
# The folder of a file of prices whose name one of the campaign's own files bears.
PRICES = "prices"
_OWN_FILES = re.compile(
    r"(problem\.toml|readme\.txt|measured\.csv|report\.(md|xlsx|svg)|round_\d+\.(csv|xlsx)|\.?log\..*)$",
    re.IGNORECASE,
)


class Campaign:
    """A campaign in its folder.

    Parameters
    ----------
    folder
        Folder that `create` made.
    scorer
        Source of predictions; by default the models that ship with the package.

    Attributes
    ----------
    problem
        The search problem.
    state
        Suggestions and results so far.

    Raises
    ------
    InputError
        If there is no campaign in the folder, or its problem was changed.
    CampaignLogError
        If its log was changed.
    """

    def __init__(self, folder: str | Path, scorer: Scorer | None = None) -> None:
        folder = self.folder = path_of(folder, _FOLDER)
        if not (folder / LOG).is_file():
            raise InputError(
                f"{folder}: no campaign is here; begin one with "
                f"'electrolyte-ml campaign new {folder} --problem FILE.toml', in Python with "
                f"Campaign.create({str(folder)!r}, PROBLEM)"
            )
        self._log = CampaignLog(folder / LOG)
        events = self._log.read()
        files = events[0].data.get("files") if events and events[0].kind == "created" else None
        if not isinstance(files, dict):
            raise InputError(f"{folder / LOG}: the campaign was never begun; make a new one")
        for name, digest in files.items():
            if _sha256(folder / name) != digest:
                raise InputError(
                    f"{folder / name}: was changed since the campaign began, so that its recipes "
                    "and results would mean something else; restore it, or begin a new campaign"
                )
        apart = any(name.startswith(f"{PRICES}/") for name in files)
        self.problem: Problem = (
            read_problem(
                read_toml(folder / PROBLEM), file=str(folder / PROBLEM), folder=folder / PRICES
            )
            if apart
            else load_problem(folder / PROBLEM)
        )
        self._scorer = scorer
        self.state: CampaignState = replay(events, str(folder / LOG))
        # A campaign is also read where nothing can be written.
        with suppress(UnwritableError):
            self._write_missing_files()

    @classmethod
    def create(
        cls, folder: str | Path, problem: str | Path, scorer: Scorer | None = None
    ) -> Campaign:
        """Begin a campaign.

        Parameters
        ----------
        folder
            New or empty.
        problem
            A TOML file, or the name of a bundled one; it is copied, with its file of
            prices if it has one.
        scorer
            Source of predictions.

        Raises
        ------
        InputError
            If the folder holds something, or there is no such problem.
        RecipeFileError
            If the problem cannot be used; one line for each fault.
        UnwritableError
            If the folder cannot be made.
        """
        folder, file = path_of(folder, _FOLDER), find_problem(problem)
        asked = load_problem(file)
        require_predictable(asked, scorer or _models(asked, asked.scored_names))
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder}: is not empty; name a new folder for the campaign")
        names = {PROBLEM: file}
        prices = read_toml(file).get("prices", {}).get("file")
        if prices is not None:
            if Path(prices).name != prices:
                raise InputError(
                    f"{file}: prices.file must lie beside the file to be taken along, given "
                    f"{prices!r}"
                )
            # A name of the campaign's own files is no reason to write over the prices.
            taken = _OWN_FILES.match(prices) is not None
            names[f"{PRICES}/{prices}" if taken else prices] = file.parent / prices
        with writing(folder):
            _fill(folder, names)
        return cls(folder, scorer)

    @one_thread()
    def suggest(
        self,
        n: int = 8,
        *,
        goal: Goal | str = Goal.BEST,
        n_trials: int | None = None,
        seed: int | None = None,
        progress: ProgressCallback | None = None,
    ) -> Suggestions:
        """Ask for recipes to measure next, and keep them as pending.

        Parameters
        ----------
        n
            Number of recipes.
        goal
            ``best``: recipes that could be the best. ``learn``: recipes that tell most of all
            others of the problem, whatever their own value; ``gain`` of the suggestions says what
            is to be gained.
        n_trials, progress
            As in `propose`; ``learn`` makes no trials.
        seed
            By default that of the problem plus the number of rounds so far.

        Raises
        ------
        InfeasibleError
            If no recipe that is new satisfies every constraint.
        InputError
            If another process is suggesting or recording there.
        """
        n = whole_number(n, "n, the number of suggestions,")
        goal = _goal(goal)
        with self._alone():
            number = self.state.n_rounds + 1
            known = self.state.known_formulations
            details: dict[str, Any] = {
                "pending": [s.formulation for s in self.state.pending],
                "failures": Failures.of(self.state.results),
                "seed": self.problem.settings.seed + number - 1 if seed is None else seed,
                "progress": progress,
            }
            gain = None
            if goal is Goal.LEARN:
                choices, gain = choose_to_learn(self.problem, self.tuned(), known, n, **details)
            else:
                choices = choose(self.problem, self.tuned(), known, n, n_trials=n_trials, **details)
            ids = next_ids(self.state.suggestions, len(choices))
            fresh = Suggestions(
                Suggestion(
                    id=name,
                    round=number,
                    formulation=choice.formulation,
                    predictions=choice.predictions,
                    why=choice.why,
                )
                for name, choice in zip(ids, choices, strict=True)
            )
            fresh.gain = gain
            self._log.append("suggested", {"suggestions": [s.to_dict() for s in fresh]})
            self._replay()
        return fresh

    def record(
        self,
        results: ResultsSource,
        *,
        again: bool = False,
        correct: bool = False,
        accept_unusual: bool = False,
    ) -> Recorded:
        """Record a table of results: all that is new, or nothing if any row is at fault.

        Rows that were recorded before are recognised by recipe and values and left out, so that
        a sheet can be recorded each time it has grown.

        Parameters
        ----------
        results
            File (CSV with any separator, xlsx), data frame, a dict of one row or of columns, or a
            list of dicts, one a row; see `read_results` for the columns.
        again
            Record every row, although the same recipe with the same values was recorded before.
        correct
            A row of a recipe that was recorded replaces what was recorded of it; cells that are
            empty keep their values. The log keeps both.
        accept_unusual
            Record values and temperatures that no known electrolyte has, too.

        Returns
        -------
        Recorded
            The new results, the rows left out, those that repeat a measurement, and what speaks
            against them as a whole.

        Raises
        ------
        TableError
            With a line for every fault of every row, also for rows that look like recorded ones
            with a number changed.
        InputError
            If both `again` and `correct` are given, or the table cannot be read, holds nothing
            new, or another process is at work there.
        """
        if again and correct:
            raise InputError("give --again (another measurement) or --correct, not both")
        table = ResultsTable.of(results)
        with self._alone():
            rows = read_results(table, self.state, accept_unusual=accept_unusual)
            found = recognise(rows, self.state.results, again=again, correct=correct)
            if not found:
                held = self.state.files.get(table.sha256)
                what = "every result was recorded before"
                if held is not None:
                    what = "exactly this was recorded before"
                    what += f" (as {held})" if held != Path(table.name).name else ""
                raise InputError(
                    f"{table.name}: {what}; nothing is recorded. Give --again (again=True in "
                    "Python) if the same numbers were measured twice"
                )
            if not accept_unusual:
                # Before anything is written: a model that fails must not leave half a record.
                doubts = doubts_about(found, Path(table.name).name)
                found = Recorded(found, found.n_known, found.n_replicates, doubts, found.replaces)
            self._log.append(
                "recorded",
                {
                    "file": Path(table.name).name,
                    "sha256": table.sha256,
                    "results": [
                        {**r.to_dict(), "replaces": None if n is None else self.state.numbers[n]}
                        for r, n in zip(found, found.replaces, strict=True)
                    ],
                },
            )
            self._replay()
        return found

    def status(self) -> dict[str, Any]:
        """Counts of rounds and results, pending suggestions, and the best measured so far."""
        return status_record(self)

    def report(self) -> Path:
        """Write ``report.md`` into the folder: results beside predictions, what the models learned.

        Returns
        -------
        Path
            The file.
        """
        return write_report(self)

    def __repr__(self) -> str:
        state = self.state
        return (
            f"<Campaign {self.problem.name} in {self.folder}: {counted(state.n_rounds, 'round')}, "
            f"{len(state.pending)} pending, {len(state.measured)} measured>"
        )

    def _repr_html_(self) -> str:
        pending = [f"pending {s.id}: {s.formulation.notation()}" for s in self.state.pending]
        return html_table(repr(self).strip("<>"), self.to_frame(), pending)

    def to_frame(self) -> pd.DataFrame:
        """All results so far, one line each."""
        import pandas as pd

        rows = measured_rows(self.state)
        return pd.DataFrame(rows) if rows else pd.DataFrame(columns=NO_RESULTS)

    def tuned(self) -> TunedScorer:
        """The scorer, fine-tuned on all measurements so far."""
        measured = {name for r in self.state.measured for name in r.property_names}
        names = [*self.problem.scored_names, *sorted(measured)]
        return TunedScorer(self._scorer or _models(self.problem, names), self.state.measured)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes out, with the state as the last of them left it."""
        with self._log.alone():
            self.state = self._read_state()
            yield

    def _read_state(self) -> CampaignState:
        return replay(self._log.read(), str(self._log.path))

    def _replay(self) -> None:
        """Read the log again and write the files for people; all of them follow from it."""
        self.state = self._read_state()
        write_measured(self.folder / MEASURED, self.state)
        self._write_missing_files()

    def _write_missing_files(self) -> None:
        """Write files for people that are not there; somebody may be filling in the others."""
        for number in range(1, self.state.n_rounds + 1):
            suggested = [s for s in self.state.suggestions if s.round == number]
            for suffix in (CSV, WORKBOOK):
                sheet = self.folder / f"round_{number:03d}{suffix}"
                if not sheet.exists():
                    write_sheet(sheet, self.problem, suggested)
        if not (self.folder / MEASURED).exists():
            write_measured(self.folder / MEASURED, self.state)


def _goal(given: Goal | str) -> Goal:
    try:
        return Goal(given)
    except ValueError as error:
        raise InputError(
            f"goal is {' or '.join(repr(str(g)) for g in Goal)}, given {shown(given)}"
        ) from error


def _models(problem: Problem, names: Sequence[str]) -> Scorer:
    """The models of the package, with a prior of the efficiency of other metals than lithium."""
    models = ModelScorer(names, problem.prices, problem.cell)
    if EFFICIENCY not in names:
        return models
    return EfficiencyPrior(models, lithium=problem.lithium_prior, cycling=problem.cell.cycling)


def _fill(folder: Path, files: Mapping[str, Path]) -> None:
    """Make the folder of a campaign from copies of `files`, each by its name there."""
    folder.resolve().parent.mkdir(parents=True, exist_ok=True)
    # Made beside its place and moved there, so that a killed process leaves no half campaign.
    with tempfile.TemporaryDirectory(dir=folder.resolve().parent) as temporary:
        new = Path(temporary) / "campaign"
        new.mkdir()
        for name, source in files.items():
            (new / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source, new / name)
        (new / "README.txt").write_text(README, encoding="utf-8")
        (new / LOG).touch()
        digests = {name: _sha256(new / name) for name in files}
        data = {"source": files[PROBLEM].name, "files": digests, "sealed": True}
        CampaignLog(new / LOG).append("created", data)
        new.replace(folder)


def _sha256(path: Path) -> str:
    with reading(path):
        return sha256_of(path)
