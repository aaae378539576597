"""Training of the models that ship with the package, one way for all of them.

A room that can be trained has a function which fits its model, writes it and gives the record of
the training. A `Property` names that function; every such model is a verb of
``electrolyte-ml train``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from electrolyte_ml.errors import InputError
from electrolyte_ml.properties import properties

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

    def write(self, folder: Path | None = None) -> dict[str, Any]:
        """Write model files and card, into the package by default; gives the record."""
        written = self.model.save(self.training, folder)
        if self.card is not None:
            self.model.FILES.write_card(self.card, written)
        return self.training


@dataclass(frozen=True, slots=True, kw_only=True)
class Trainable:
    """A model that ships with the package and can be trained again.

    Attributes
    ----------
    name
        As in ``electrolyte-ml train NAME``.
    summary
        One line for the help of the command.
    function
        Its training as ``module:function``, imported when it is called: takes ``seed``, ``out``,
        ``progress`` and options of its own, writes the model, and gives the record.
    """

    name: str
    summary: str
    function: str

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
        module, _, function = self.function.partition(":")
        run = getattr(import_module(module), function)
        record: dict[str, Any] = run(seed=seed, out=out, progress=progress, **options)
        return record


# Learned on molecules for the conductivity model: no property of its own.
_ENCODER = Trainable(
    name="encoder",
    summary="Pre-train the encoder of species on viscosity and windows (extra `deep`).",
    function="electrolyte_ml.models.pretraining:train_encoder",
)


def trainable_models() -> dict[str, Trainable]:
    """Models that can be trained, by name: those of the registered properties, and the encoder."""
    labels: dict[str, list[str]] = {}
    functions: dict[str, str] = {}
    for known in properties().values():
        if known.train:
            functions.setdefault(known.model, known.train)
            labels.setdefault(known.model, []).append(known.label)
    models = {
        name: Trainable(
            name=name,
            summary=f"Train the model of {_listed(labels[name])}.",
            function=function,
        )
        for name, function in functions.items()
    }
    return {**models, _ENCODER.name: _ENCODER}


def trainable(name: str) -> Trainable:
    """The model of a name.

    Raises
    ------
    InputError
        If no such model can be trained.
    """
    models = trainable_models()
    if name not in models:
        raise InputError(f"no model {name!r} can be trained; there are {', '.join(models)}")
    return models[name]


def _listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
