"""The search: Optuna asks, the models score a whole population at once, Optuna is told."""

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


def make_sampler(
    name: SamplerName, coordinates: Mapping[str, BaseDistribution], *, population: int, seed: int
) -> BaseSampler:
    """One of Optuna's samplers.

    Parameters
    ----------
    name
        Which one.
    coordinates
        Of every trial, by name.
    population
        Recipes scored together.
    seed
        Its seed.

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
    """Spares a genetic sampler of Optuna what it finds out anew for every trial it makes.

    To make a trial, Optuna goes through all earlier ones: which coordinates they share, which
    generation is under way and who its parents are, so that a search takes time in the square of
    its trials. Here all trials have the same coordinates, and the generation changes only when
    trials are told. The trials that are drawn stay the same.

    Parameters
    ----------
    coordinates
        Of every trial, by name.
    settings
        Of Optuna's sampler.
    """

    def __init__(self, coordinates: Mapping[str, BaseDistribution], **settings: Any) -> None:
        super().__init__(**settings)
        self._coordinates = dict(sorted(coordinates.items()))
        self._generation: int | None = None
        self._parents: tuple[int, int, list[FrozenTrial]] = (-1, 0, [])

    @classmethod
    def _get_generation_key(cls) -> str:
        # Optuna's own, so that stored studies go on whichever class has begun them.
        base = NSGAIIISampler if issubclass(cls, NSGAIIISampler) else NSGAIISampler
        return str(base._get_generation_key())

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The coordinates, in the order in which Optuna finds them."""
        del study, trial
        return self._coordinates

    def get_trial_generation(self, study: optuna.Study, trial: FrozenTrial) -> int:
        """Generation of a trial: that of the one before, unless trials were told in between."""
        if self._generation is None:
            self._generation = super().get_trial_generation(study, trial)
        else:
            study._storage.set_trial_system_attr(
                trial._trial_id, self._get_generation_key(), self._generation
            )
        return self._generation

    def get_parent_population(self, study: optuna.Study, generation: int) -> list[FrozenTrial]:
        """Parents of a generation, in Optuna's order: chosen ones first by rank, then by number."""
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
        """A trial has its values: the next one may be of a new generation."""
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
    """Without Optuna's word that a sampler is experimental: users can do nothing about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


ProgressCallback = Callable[[int, int], None]

# Shares of the population. A population that has converged asks for what it knows already: after
# so many repeats random recipes fill the batch, and after so many more the space is exhausted.
_REPEATS_BORNE = 0.5

_PATIENCE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Everything a search scored: distinct recipes in the order they were scored.

    Attributes
    ----------
    formulations
        Recipes, length n; no two with the same key.
    evaluation
        Their numbers, n rows.
    plan
        How the search was run.
    n_repeats
        Recipes asked for again and not scored twice.
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
) -> SearchResult:
    """Search a problem's space.

    Parameters
    ----------
    problem
        What to search, and the settings used where an argument is None.
    evaluator
        Scores recipes.
    n_trials
        Distinct recipes to have scored in the end; those of a resumed study count.
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
            if progress is not None:
                progress(search.n_scored, plan.n_trials)
    return search.result()


class _UncopiedFloat(FloatDistribution):
    """A coordinate of a study in memory, which need not be copied: nobody changes it.

    Optuna copies each finished trial deeply, nearly all of it the distributions. Storages know
    distributions by the name of their class and get Optuna's own.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> _UncopiedFloat:
        return self


class _Search:
    """One study under way."""

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
        """Open a new study with a spread; the first worker does."""
        if self.formulations or self.plan.worker:
            return
        for point in spread_points(self.plan.population, self.space.dimension, self.plan.seed):
            self._enqueue(point)

    def advance(self) -> bool:
        """Ask, score and tell one population; False if there is nothing new to be found."""
        wanted = min(self.plan.population, self.plan.n_trials - self.n_scored)
        batch = self._ask(wanted)
        if not batch:
            return False
        formulations = [f for _, f in batch]
        evaluation = self.evaluator(formulations)
        told = self._tell([trial for trial, _ in batch], evaluation)
        self._keep(formulations, evaluation)
        if self.shared is not None:
            self.shared.push(told)
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
        """Note that a recipe was met; False if it was met before."""
        key = formulation.key
        is_new = key not in self.seen
        self.seen.add(key)
        return is_new

    def _tell(self, trials: Sequence[Trial], evaluation: Evaluation) -> list[FrozenTrial]:
        """Tell the sampler, and return the trials as they are stored."""
        told = []
        for row, trial in enumerate(trials):
            if not evaluation.predicted[row]:
                told.append(self.study.tell(trial, state=TrialState.FAIL))
                continue
            misses = evaluation.violations[row].tolist()
            for name, miss in zip(self.evaluator.constraint_names, misses, strict=True):
                trial.set_constraint(name, miss)
            told.append(self.study.tell(trial, evaluation.objectives[row].tolist()))
        return told

    def _take(self, trials: Sequence[FrozenTrial]) -> None:
        """Learn from trials of other workers and other days, scored with today's models."""
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
    """Latin hypercube: every coordinate is spread evenly over its range, shape (n, dimension).

    The first population then holds every number of solvents and every component in equal shares,
    pure solvents included.
    """
    rng = np.random.default_rng(seed)
    ranks = np.array([rng.permutation(n) for _ in range(dimension)]).T
    points: NDArray[np.float64] = (ranks + rng.random((n, dimension))) / n
    return points


@contextmanager
def _quiet_optuna() -> Iterator[Any]:
    """Without Optuna's line for every trial, which would drown standard error."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
