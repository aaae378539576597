"""A model from outside on our splits: any class with ``fit(X, y)`` and ``predict(X)``.

``X`` is a pandas data frame, one row a measurement, with the columns of `COLUMNS`; ``y`` is an
array of the measured values in the unit of the task. ``predict`` returns an array of shape (n,) in
that unit. A class that also has ``predict_interval(X)``, returning the lower and upper ends of 90 %
intervals as two arrays of shape (n,), has its coverage judged.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.text import first_line, shown

if TYPE_CHECKING:
    import pandas as pd

#: Columns of ``X`` and what is in them.
COLUMNS: dict[str, str] = {
    "recipe": "canonical notation, str",
    "temperature_k": "temperature, K, float",
    "molality_mol_kg": "moles of all salts by kilogram of solvents, float",
    "solvents": "names, list of str",
    "solvent_smiles": "in the same order, list of str",
    "solvent_mass_fraction": "in the same order, summing to 1, list of float",
    "solvent_mole_fraction": "in the same order, summing to 1, list of float",
    "salts": "names, list of str",
    "cation_smiles": "of each salt, list of str",
    "anion_smiles": "of each salt, list of str",
    "salt_molality_mol_kg": "of each salt, list of float",
}


def feature_frame(measurements: Measurements) -> pd.DataFrame:
    """Measurements as inputs of a user's model, without values and sources.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, n rows.
    """
    import pandas as pd

    of_formulation = [_row(f) for f in measurements.formulations]
    frame = pd.DataFrame([of_formulation[i] for i in measurements.formulation_index])
    frame["temperature_k"] = measurements.temperature_k
    return frame[list(COLUMNS)]


def _row(formulation: Formulation) -> dict[str, object]:
    solvents, salts = formulation.solvents, formulation.salts
    return {
        "recipe": formulation.notation(),
        "temperature_k": 0.0,
        "molality_mol_kg": formulation.molality_mol_kg,
        "solvents": [s.solvent.name for s in solvents],
        "solvent_smiles": [s.solvent.smiles for s in solvents],
        "solvent_mass_fraction": [s.mass_fraction for s in solvents],
        "solvent_mole_fraction": list(formulation.solvent_mole_fractions.values()),
        "salts": [s.salt.name for s in salts],
        "cation_smiles": [s.salt.cation.smiles for s in salts],
        "anion_smiles": [s.salt.anion.smiles for s in salts],
        "salt_molality_mol_kg": [s.molality_mol_kg for s in salts],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class UserModel:
    """A class from outside.

    Attributes
    ----------
    name
        ``module:Class``.
    make
        The class.
    version
        SHA-256 of the file it is in.
    """

    name: str
    make: Callable[[], Any]
    version: str

    def new(self) -> Checked:
        """An unfitted model whose answers are checked.

        Raises
        ------
        InputError
            If it cannot be made without arguments, or lacks ``fit`` or ``predict``.
        """
        model = _call(f"{self.name}()", self.make)
        names = ("fit", "predict", "predict_interval")
        has = _call(self.name, lambda: {n: callable(getattr(model, n, None)) for n in names})
        missing = [n for n in names[:2] if not has[n]]
        if missing:
            raise InputError(
                f"{self.name} has no method {' and no method '.join(missing)}; a model needs "
                "fit(X, y) and predict(X)"
            )
        return (
            CheckedWithInterval(self.name, model)
            if has["predict_interval"]
            else Checked(self.name, model)
        )


class Checked:
    """A user's model whose faults raise errors in plain words.

    Parameters
    ----------
    name
        For messages.
    model
        With ``fit`` and ``predict``.
    """

    def __init__(self, name: str, model: Any) -> None:
        self.name, self.model = name, model

    def fit(self, x: pd.DataFrame, y: NDArray[np.float64]) -> None:
        """Fit to a copy of the rows."""
        _call(f"{self.name}.fit", lambda: self.model.fit(x.reset_index(drop=True), y.copy()))

    def predict(self, x: pd.DataFrame) -> NDArray[np.float64]:
        """Predictions, shape (n,).

        Raises
        ------
        InputError
            If they are not n finite numbers.
        """
        what = f"{self.name}.predict"
        answer = _call(what, lambda: self.model.predict(x.reset_index(drop=True)))
        return _numbers(what, answer, len(x))


class CheckedWithInterval(Checked):
    """The same with intervals."""

    def predict_interval(self, x: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ends of the intervals, shapes (n,).

        Raises
        ------
        InputError
            If they are not two times n finite numbers in order.
        """
        what = f"{self.name}.predict_interval"
        ends = _call(what, lambda: self.model.predict_interval(x.reset_index(drop=True)))
        try:
            first, second = ends
        except Exception:  # whatever the answer's own code raises
            raise InputError(
                f"{what} must return two arrays (low, high) of shape ({len(x)},), "
                f"not {_described(ends)}"
            ) from None
        low, high = _numbers(what, first, len(x)), _numbers(what, second, len(x))
        if (low > high).any():
            raise InputError(f"{what}: low is above high in {int((low > high).sum())} rows")
        return low, high


def load_user_model(text: str) -> UserModel:
    """Find a class by ``module:Class``; modules in the current folder are found too.

    Raises
    ------
    InputError
        If the text is not of this form, or there is no such module or class.
    """
    module_name, colon, class_name = text.partition(":")
    if not (colon and module_name and class_name.isidentifier()):
        raise InputError(f"--model takes MODULE:CLASS, such as my_module:MyModel, not {text!r}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    module = _import(module_name)
    make = getattr(module, class_name, None)
    if make is None:
        known = [n for n, v in vars(module).items() if isinstance(v, type) and n[0] != "_"]
        raise InputError(
            f"module {module_name!r} has no {class_name!r}; classes in it: "
            f"{', '.join(sorted(known)) or 'none'}"
        )
    if not callable(make):
        raise InputError(f"{text} is not a class but {_described(make)}")
    model = UserModel(name=text, make=make, version=_version(module))
    model.new()
    return model


def _import(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and name.split(".", maxsplit=1)[0] == error.name.split(".")[0]:
            raise InputError(
                f"no module {name!r}: it is neither installed nor in {Path.cwd()}"
            ) from None
        raise InputError(f"module {name!r} needs {error.name!r}, which is not installed") from error
    except (Exception, SystemExit) as error:
        raise InputError(f"module {name!r} cannot be imported: {_where(error)}") from error


def _version(module: Any) -> str:
    origin = getattr(module, "__file__", None)
    return hashlib.sha256(Path(origin).read_bytes()).hexdigest() if origin else ""


def _call(what: str, function: Callable[[], Any]) -> Any:
    try:
        return function()
    except (Exception, SystemExit) as error:
        raise InputError(f"{what} failed: {_where(error)}") from error


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    place = f"{Path(last.filename).name}, line {last.lineno}"
    return f"{type(error).__name__}: {first_line(error)} ({place})"


def _numbers(what: str, answer: Any, n: int) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(answer, dtype=np.float64)
    except Exception:  # whatever the answer's own code raises
        raise InputError(f"{what} must return numbers, not {_described(answer)}") from None
    if numbers.shape == (n, 1):
        numbers = numbers[:, 0]
    if numbers.shape != (n,):
        raise InputError(f"{what} must return shape ({n},), not {numbers.shape}")
    if not np.isfinite(numbers).all():
        raise InputError(f"{what} returned {int((~np.isfinite(numbers)).sum())} of {n} not finite")
    return numbers


def _described(answer: Any) -> str:
    shape = getattr(answer, "shape", None)
    return f"{type(answer).__name__} of shape {shape}" if shape is not None else shown(answer)
