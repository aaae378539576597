"""Base classes of models: saving, loading and predicting.

A model is a frozen object that predicts. The ``fit_...`` function of its package makes it from rows
of measurements; `electrolyte_ml.models.train` trains the models that ship. Predicting imports
nothing that only training needs. Every model has an applicability domain
(`electrolyte_ml.models.domain`) and conformal intervals (`electrolyte_ml.models.intervals`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, ParamSpec, Protocol, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.files import Arrays, ModelFiles, Record
from electrolyte_ml.models.molecules_only import predict_of_molecules
from electrolyte_ml.prediction import Prediction

_P = ParamSpec("_P")
_T = TypeVar("_T")
_KEPT: list[Callable[[], None]] = []


class StoredModel(ABC):
    """A model kept in two files; a subclass defines their content.

    Attributes
    ----------
    FILES
        Their name and version.
    """

    __slots__ = ()
    FILES: ClassVar[ModelFiles]

    @abstractmethod
    def arrays(self) -> Arrays:
        """Arrays of the model by name, in the precision that they are kept in."""

    @abstractmethod
    def record(self) -> Record:
        """Everything else of the model, plain numbers and text."""

    @classmethod
    @abstractmethod
    def of_files(cls, arrays: Arrays, record: Record) -> Self:
        """The model from `arrays` and `record`."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, version {self.FILES.version} of its files>"

    def save(self, training: Mapping[str, Any], folder: Path | None = None) -> Path:
        """Write the model files.

        Parameters
        ----------
        training
            Data, seed, settings and measured errors, as plain numbers and text.
        folder
            Made if need be; the package's own by default.

        Returns
        -------
        Path
            The folder.
        """
        record = {**self.record(), "training": dict(training)}
        written = self.FILES.write(self.arrays(), record, folder)
        forget_shipped()
        return written

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Read a model.

        Parameters
        ----------
        folder
            Where its files are; by default the model that ships with the package, which is read
            once.

        Raises
        ------
        ArtefactError
            If files are missing or damaged, or were made by another version.
        """
        return cast(Self, _shipped(cls)) if folder is None else cls._read(folder)

    @classmethod
    def _read(cls, folder: Path) -> Self:
        arrays, record = cls.FILES.read(folder)
        try:
            return cls.of_files(arrays, record)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            why = f"{type(error).__name__} {error}"
            raise cls.FILES.damaged(folder, why) from error


class PropertyModel(StoredModel):
    """A model of one property of recipes."""

    __slots__ = ()

    @abstractmethod
    def predict(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
    ) -> Prediction:
        """The property of recipes, each at its temperature.

        Parameters
        ----------
        formulations
            Recipes, length n; the same object may stand in many rows and costs little more.
        temperature_k
            Temperatures, K, shape (n,).

        Returns
        -------
        Prediction
            Shape (n,).
        """


class Predictor(Protocol):
    """A function that predicts a property of recipes with a model that ships or another one."""

    def __call__(
        self,
        formulations: Sequence[Formulation],
        temperature_k: NDArray[np.float64],
        folder: Path | None = None,
    ) -> Prediction:
        """Predict, as `PropertyModel.predict`; `folder` is that of another model."""


def predictor(
    model: type[PropertyModel], name: str, what: str, *, ionic_liquids: bool = False
) -> Predictor:
    """The function ``predict_...`` of a model.

    Parameters
    ----------
    model
        Whose `PropertyModel.predict` is called.
    name
        Of the function.
    what
        The first line of its documentation, and the unit of the result.
    ionic_liquids
        Whether the model covers recipes with an ionic liquid; else it has no value for them.
    """

    def predict(
        formulations: Sequence[Formulation],
        temperature_k: NDArray[np.float64],
        folder: Path | None = None,
    ) -> Prediction:
        found = model.load(folder)
        if ionic_liquids:
            return found.predict(formulations, temperature_k)
        return predict_of_molecules(found.predict, formulations, temperature_k)

    # Where the room exports it, so that process pools find it.
    predict.__module__ = model.__module__.rpartition(".")[0]
    predict.__name__ = predict.__qualname__ = name
    predict.__doc__ = _PREDICTOR_DOC.format(what=what)
    return predict


_PREDICTOR_DOC = """{what}

Parameters
----------
formulations
    Recipes, length n; the same object may stand in many rows and costs little more.
temperature_k
    Temperatures, K, shape (n,).
folder
    Folder of another model than the one that ships with the package.

Returns
-------
Prediction
    Shape (n,).

Raises
------
ArtefactError
    If the model files are missing or damaged, or were made by another version.
"""


def kept_with_models(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Keep the results of a function that reads a shipped model until one of them changes."""
    kept = cache(function)
    _KEPT.append(kept.cache_clear)
    return cast(Callable[_P, _T], kept)


def forget_shipped() -> None:
    """Clear the cache of shipped models and of results computed with them."""
    for forget in _KEPT:
        forget()


@kept_with_models
def _shipped(model: type[StoredModel]) -> StoredModel:
    return model._read(model.FILES.folder)
