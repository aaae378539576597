"""Fitting ensembles of small networks with torch, which is imported when a fit starts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.optional import import_optional

_LARGEST_GRADIENT = 10.0
# Share of the steps in which the rate of learning rises.
_WARM_UP = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and how fast a fit learns: AdamW with a one-cycle schedule.

    Attributes
    ----------
    steps
        Of the optimiser.
    learning_rate
        The highest.
    weight_decay
        Of AdamW.
    """

    steps: int
    learning_rate: float
    weight_decay: float


@contextmanager
def single_thread() -> Iterator[Any]:
    """Torch with one thread: more do not help at this size, and would not be reproducible.

    Yields
    ------
    module
        ``torch``.

    Raises
    ------
    MissingDependencyError
        If torch is not installed.
    """
    torch = import_optional("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield torch
    finally:
        torch.set_num_threads(threads)


def minimise(
    loss: Callable[[], Any],
    parameters: Sequence[Any],
    schedule: Schedule,
    *,
    undecayed: Sequence[Any] = (),
) -> None:
    """Minimise a loss, with its gradient clipped.

    Parameters
    ----------
    loss
        Of the next batch, a tensor that holds one number.
    parameters
        Tensors to fit; their gradients are clipped together.
    schedule
        Of the fit.
    undecayed
        Tensors to fit without weight decay and without clipping.
    """
    torch = import_optional("torch")
    groups = [{"params": list(parameters), "weight_decay": schedule.weight_decay}]
    if undecayed:
        groups.append({"params": list(undecayed), "weight_decay": 0.0})
    optimiser = torch.optim.AdamW(groups, lr=schedule.learning_rate)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, schedule.learning_rate, total_steps=schedule.steps, pct_start=_WARM_UP
    )
    for _ in range(schedule.steps):
        optimiser.zero_grad()
        loss().backward()
        torch.nn.utils.clip_grad_norm_(parameters, _LARGEST_GRADIENT)
        optimiser.step()
        rate.step()


def feature_mask(
    least_share: float,
    n_members: int,
    n_features: int,
    generator: Any,
    views: NDArray[np.bool_] | None = None,
) -> Any:
    """Which features each member sees, scaled so that its inputs keep their variance.

    Members that look at different things disagree where the data do not decide, and their middle
    extrapolates better.

    Parameters
    ----------
    least_share
        Share of the features that the first member sees; it rises to all of them for the last.
    n_members, n_features
        E and f.
    generator
        Of torch's random numbers.
    views
        Which features the members of each kind may look at, shape (k, f); kinds take turns.

    Returns
    -------
    tensor, shape (E, 1, f)
    """
    torch = import_optional("torch")
    share = torch.linspace(least_share, 1.0, n_members)[:, None, None]
    drawn = torch.rand((n_members, 1, n_features), generator=generator)
    seen = (drawn < share).float()
    if views is not None:
        seen = as_tensor(views[np.arange(n_members) % len(views)])[:, None, :] * seen
    return seen / share


def start_weights(shape: tuple[int, int, int], generator: Any, gain: float = 1.0) -> Any:
    """Random weights of all members' layers, shape (E, inputs, outputs), that keep variances."""
    drawn = import_optional("torch").randn(shape, generator=generator)
    return drawn * gain / math.sqrt(shape[1])


def as_tensor(array: NDArray[Any]) -> Any:
    """A tensor of single precision."""
    return import_optional("torch").from_numpy(np.ascontiguousarray(array, dtype=np.float32))
