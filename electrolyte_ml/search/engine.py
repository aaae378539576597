"""The search: Optuna proposes a population of recipes at a time, and the models score it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import (
    BaseGASampler,
    BaseSampler,
    GPSampler,
    NSGAIIISampler,
    NSGAIISampler,
    TPESampler,
)
from optuna.trial import FrozenTrial, Trial, TrialState

from electrolyte_ml.errors import MissingDependencyError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search.evaluation import Evaluation, Evaluator
from electrolyte_ml.search.problem import Problem, SamplerName
from electrolyte_ml.search.space import SearchSpace
from electrolyte_ml.search.storage import (
    Plan,
    SharedStudy,
    plan_search,
    sampler_seed,
    study_in_memory,
)
from electrolyte_ml.threads import one_thread

ProgressCallback = Callable[[int, int], None]
#: Is given a function that returns the search so far.
SearchWatch = Callable[[Callable[[], "SearchResult"]], None]

# Repeats, in populations. A converged population proposes known recipes: after the first number
# random recipes fill the batch, after the second the space counts as exhausted.
_REPEATS_BORNE = 0.5
_PATIENCE = 5


def make_sampler(
    name: SamplerName, coordinates: Mapping[str, BaseDistribution], *, population: int, seed: int
) -> BaseSampler:
    """One of Optuna's samplers.

    Parameters
    ----------
    name
        Name of the sampler.
    coordinates
        Distribution of each coordinate, by name.
    population
        Recipes scored together.
    seed
        Seed of the sampler.

    Raises
    ------
    MissingDependencyError
        If the Gaussian process is asked for and torch is not installed.
    """
    if name is SamplerName.GP:
        return _gaussian_process(population, seed)
    if name is SamplerName.TPE:
        return TPESampler(seed=seed, n_startup_trials=population)
    if name is SamplerName.NSGA3:
        with _stable_enough():
            return _FixedSpaceNSGA3(coordinates, population_size=population, seed=seed)
    return _FixedSpaceNSGA2(coordinates, population_size=population, seed=seed)


class _FixedSpace(BaseGASampler):
    """Genetic sampler of Optuna with the search space and the generation cached.

    For every trial, Optuna goes through all earlier ones to find their common coordinates, the
    current generation and its parents; a search then takes time quadratic in its trials. Here all
    trials have the same coordinates, and the generation changes only when trials are finished.
    The trials drawn are the same.

    Parameters
    ----------
    coordinates
        Distribution of each coordinate, by name.
    settings
        Settings of Optuna's sampler.
    """

    def __init__(self, coordinates: Mapping[str, BaseDistribution], **settings: Any) -> None:
        super().__init__(**settings)
        self._coordinates = dict(sorted(coordinates.items()))
        self._generation: int | None = None
        self._parents: tuple[int, int, list[FrozenTrial]] = (-1, 0, [])

    @classmethod
    def _get_generation_key(cls) -> str:
        # Optuna's own key, so that stored studies continue with either class.
        base = NSGAIIISampler if issubclass(cls, NSGAIIISampler) else NSGAIISampler
        return str(base._get_generation_key())

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The coordinates, in the order in which Optuna finds them."""
        del study, trial
        return self._coordinates

    def get_trial_generation(self, study: optuna.Study, trial: FrozenTrial) -> int:
        """Generation of a trial: that of the one before, unless trials finished in between."""
        if self._generation is None:
            self._generation = super().get_trial_generation(study, trial)
        else:
            study._storage.set_trial_system_attr(
                trial._trial_id, self._get_generation_key(), self._generation
            )
        return self._generation

    def get_parent_population(self, study: optuna.Study, generation: int) -> list[FrozenTrial]:
        """Parents of a generation, in Optuna's order: by rank, then by number."""
        known, n_asked, parents = self._parents
        n_asked = n_asked if known == generation else 0
        if n_asked < 2:
            parents = super().get_parent_population(study, generation)
            self._parents = (generation, n_asked + 1, parents)
        return parents

    def after_trial(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Note that a trial finished: the next one may be of a new generation."""
        if state is TrialState.COMPLETE:
            self._generation = None
        super().after_trial(study, trial, state, values)


class _FixedSpaceNSGA2(_FixedSpace, NSGAIISampler):
    pass


class _FixedSpaceNSGA3(_FixedSpace, NSGAIIISampler):
    pass


def _gaussian_process(population: int, seed: int) -> BaseSampler:
    try:
        import torch  # noqa: F401 - Optuna imports it late and with a message of its own
    except ImportError as error:
        raise MissingDependencyError(
            "sampler 'gp' needs torch: pip install torch; 'nsga2' and 'tpe' do without"
        ) from error
    with _stable_enough():
        return GPSampler(seed=seed, n_startup_trials=2 * population, deterministic_objective=True)


@contextmanager
def _stable_enough() -> Iterator[None]:
    """Suppress Optuna's warning that a sampler is experimental; users cannot act on it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Distinct recipes of a search with their scores, in the order scored.

    Attributes
    ----------
    formulations
        Recipes, length n; no two with the same key.
    evaluation
        Objectives and constraints of the recipes, n rows.
    plan
        Settings of the search.
    n_repeats
        Proposals of recipes that were already scored.
    """

    formulations: tuple[Formulation, ...]
    evaluation: Evaluation
    plan: Plan
    n_repeats: int


@one_thread()
def run_search(
    problem: Problem,
    evaluator: Evaluator,
    *,
    n_trials: int | None = None,
    seed: int | None = None,
    storage: str | None = None,
    worker: int = 0,
    progress: ProgressCallback | None = None,
    watch: SearchWatch | None = None,
) -> SearchResult:
    """Search a problem's space.

    Parameters
    ----------
    problem
        The search problem; its settings apply where an argument is None.
    evaluator
        Scores recipes.
    n_trials
        Distinct recipes to score, those of a resumed study included.
    seed
        Same seed, same recipes.
    storage
        Path of a journal file or an Optuna storage URL; a study of the problem's name there is
        resumed, and shared with other workers. In memory if None.
    worker
        Number of this worker, another one for each that shares the storage. Several may together
        score up to a population each more than `n_trials`.
    progress
        Called as ``progress(done, total)`` after every population.
    watch
        Called before that with a function that returns the search so far; it costs nothing where
        that one is not called.

    Returns
    -------
    SearchResult
        Fewer than `n_trials` recipes only if the space holds no more.

    Raises
    ------
    RecipeFileError
        If the problem asks for a property that is not predicted.
    InputError
        If a stored study belongs to another problem, or an argument is out of range.
    """
    plan = plan_search(problem, n_trials=n_trials, seed=seed, worker=worker)
    with _quiet_optuna():
        search = _Search(problem, evaluator, plan, storage)
        search.start()
        while search.n_scored < plan.n_trials and search.advance():
            if watch is not None:
                watch(search.result)
            if progress is not None:
                progress(search.n_scored, plan.n_trials)
    return search.result()


class _UncopiedFloat(FloatDistribution):
    """Coordinate of a study in memory that is not copied, since it never changes.

    Most of the time Optuna needs to copy a finished trial goes into its distributions. Storages
    identify distributions by class name and get Optuna's own class.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> _UncopiedFloat:
        return self


class _Search:
    """State of a running search."""

    def __init__(
        self, problem: Problem, evaluator: Evaluator, plan: Plan, storage: str | None
    ) -> None:
        self.evaluator = evaluator
        self.plan = plan
        self.space = SearchSpace(problem.components, problem.limits)
        self.shared = None if storage is None else SharedStudy(problem, storage)
        distribution = _UncopiedFloat if self.shared is None else FloatDistribution
        self.coordinates: dict[str, BaseDistribution] = {
            name: distribution(0.0, 1.0) for name in self.space.names
        }
        held = [] if self.shared is None else self.shared.pull()
        seed = sampler_seed(plan, len(held))
        sampler = make_sampler(
            plan.sampler, self.coordinates, population=plan.population, seed=seed
        )
        self.study = study_in_memory(problem, sampler)
        self.random = np.random.default_rng((plan.seed, len(held), plan.worker))
        self.seen: set[str] = set()
        self.formulations: list[Formulation] = []
        self.parts: list[Evaluation] = []
        self.n_repeats = 0
        self._take(held)

    @property
    def n_scored(self) -> int:
        return len(self.formulations)

    def start(self) -> None:
        """Start a new study with a Latin hypercube; only the first worker does."""
        if self.formulations or self.plan.worker:
            return
        for point in spread_points(self.plan.population, self.space.dimension, self.plan.seed):
            self._enqueue(point)

    def advance(self) -> bool:
        """Propose and score one population; False if no new recipe was found."""
        wanted = min(self.plan.population, self.plan.n_trials - self.n_scored)
        batch = self._ask(wanted)
        if not batch:
            return False
        formulations = [f for _, f in batch]
        evaluation = self.evaluator(formulations)
        finished = self._tell([trial for trial, _ in batch], evaluation)
        self._keep(formulations, evaluation)
        if self.shared is not None:
            self.shared.push(finished)
            self._take(self.shared.pull())
        return True

    def result(self) -> SearchResult:
        return SearchResult(
            formulations=tuple(self.formulations),
            evaluation=Evaluation.concatenate(self.parts),
            plan=self.plan,
            n_repeats=self.n_repeats,
        )

    def _ask(self, wanted: int) -> list[tuple[Trial, Formulation]]:
        batch: list[tuple[Trial, Formulation]] = []
        n_repeats = 0
        while len(batch) < wanted and n_repeats < _PATIENCE * self.plan.population:
            if n_repeats >= _REPEATS_BORNE * self.plan.population:
                self._enqueue(self.random.random(self.space.dimension))
            trial = self.study.ask(self.coordinates)
            formulation = self._recipe(trial.params)
            if self._remember(formulation):
                batch.append((trial, formulation))
            else:
                # A failed trial has no place in the population, so the generation stays diverse.
                self.study.tell(trial, state=TrialState.FAIL)
                n_repeats += 1
        self.n_repeats += n_repeats
        return batch

    def _recipe(self, params: Mapping[str, float]) -> Formulation:
        return self.space.decode([params[name] for name in self.space.names])

    def _enqueue(self, point: NDArray[np.float64]) -> None:
        self.study.enqueue_trial(dict(zip(self.space.names, point.tolist(), strict=True)))

    def _remember(self, formulation: Formulation) -> bool:
        """Note a recipe; False if it is known already."""
        key = formulation.key
        is_new = key not in self.seen
        self.seen.add(key)
        return is_new

    def _tell(self, trials: Sequence[Trial], evaluation: Evaluation) -> list[FrozenTrial]:
        """Pass values to the sampler; returns the finished trials."""
        finished = []
        for row, trial in enumerate(trials):
            if not evaluation.predicted[row]:
                finished.append(self.study.tell(trial, state=TrialState.FAIL))
                continue
            misses = evaluation.violations[row].tolist()
            for name, miss in zip(self.evaluator.constraint_names, misses, strict=True):
                trial.set_constraint(name, miss)
            finished.append(self.study.tell(trial, evaluation.objectives[row].tolist()))
        return finished

    def _take(self, trials: Sequence[FrozenTrial]) -> None:
        """Add trials of other workers or earlier runs, scored anew with the current models."""
        fresh = []
        for trial in trials:
            formulation = self._recipe(trial.params)
            if self._remember(formulation):
                fresh.append(formulation)
            self.study.add_trial(trial)
        if fresh:
            self._keep(fresh, self.evaluator(fresh))

    def _keep(self, formulations: Sequence[Formulation], evaluation: Evaluation) -> None:
        self.formulations += formulations
        self.parts.append(evaluation)


def spread_points(n: int, dimension: int, seed: int) -> NDArray[np.float64]:
    """Latin hypercube in the unit cube, shape (n, dimension).

    The first population then holds every number of solvents and every component in equal shares,
    pure solvents included.
    """
    rng = np.random.default_rng(seed)
    ranks = np.array([rng.permutation(n) for _ in range(dimension)]).T
    points: NDArray[np.float64] = (ranks + rng.random((n, dimension))) / n
    return points


@contextmanager
def _quiet_optuna() -> Iterator[Any]:
    """Silence Optuna's message for every trial."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
