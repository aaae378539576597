"""Training of the models that ship with the package, one way for all of them.

A room that can be trained has a module ``train`` with a function ``train``, which takes ``seed``,
``progress`` and its own options, and returns a `Trained`. A model that is added to `TRAINABLE` is a
verb of ``electrolyte-ml train``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from electrolyte_ml.errors import InputError

if TYPE_CHECKING:
    from electrolyte_ml.models.base import StoredModel

#: Called as ``progress(what, done, total)``.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model, fresh from its training.

    Attributes
    ----------
    model
        The model.
    training
        Record of the training: data, seed, settings, measured errors; plain numbers and text.
    card
        The model card, Markdown; None for a model without one.
    """

    model: StoredModel
    training: dict[str, Any]
    card: str | None = None

    def write(self, folder: Path | None = None) -> Path:
        """Write model files and card; into the package by default. Gives the folder."""
        written = self.model.save(self.training, folder)
        if self.card is not None:
            self.model.FILES.write_card(self.card, written)
        return written


@dataclass(frozen=True, slots=True, kw_only=True)
class Trainable:
    """A model that ships with the package and can be trained again.

    Attributes
    ----------
    name
        As in ``electrolyte-ml train NAME``.
    summary
        What it is trained on, one line.
    module
        Where its function ``train`` is; imported when it is called.
    """

    name: str
    summary: str
    module: str

    def train(
        self,
        *,
        seed: int = 0,
        out: Path | None = None,
        progress: Progress | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Train on all data, and write the model with its card.

        Parameters
        ----------
        seed
            Same seed, data and machine: same files.
        out
            Folder for the model; the package's own by default.
        progress
            Called as ``progress(what, done, total)``.
        options
            Of this model alone.

        Returns
        -------
        dict
            Record of the training, as it stands in the model file.

        Raises
        ------
        DataNotFoundError
            If a data set is not on this machine.
        MissingDependencyError
            If a library that only training needs is not installed.
        ArtefactError
            If a model that this one is trained on is missing.
        """
        trained: Trained = import_module(self.module).train(seed=seed, progress=progress, **options)
        trained.write(out)
        return trained.training


TRAINABLE = (
    Trainable(
        name="viscosity",
        summary="Train the viscosity model on pure and binary liquids and on the conductivity "
        "model.",
        module="electrolyte_ml.models.viscosity.train",
    ),
    Trainable(
        name="window",
        summary="Train the model of stability windows on the package's table of computed limits.",
        module="electrolyte_ml.models.window.train",
    ),
)


def trainable(name: str) -> Trainable:
    """The model of a name.

    Raises
    ------
    InputError
        If no such model can be trained.
    """
    named = {model.name: model for model in TRAINABLE}
    if name not in named:
        raise InputError(f"no model {name!r} can be trained; there are {', '.join(named)}")
    return named[name]
