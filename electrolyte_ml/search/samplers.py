"""Optuna's samplers, set up for the unit cube of a search space."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.samplers import BaseSampler, GPSampler, NSGAIIISampler, NSGAIISampler, TPESampler

from electrolyte_ml.errors import MissingDependencyError
from electrolyte_ml.search.problem import SamplerName


def make_sampler(name: SamplerName, *, population: int, seed: int) -> BaseSampler:
    """One of Optuna's samplers.

    Parameters
    ----------
    name
        Which one.
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
            return NSGAIIISampler(population_size=population, seed=seed)
    return NSGAIISampler(population_size=population, seed=seed)


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
