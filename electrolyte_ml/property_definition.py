"""A property of electrolytes: its name and unit, its predictor, and its display."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from electrolyte_ml.errors import ElectrolyteError, InputError, PropertyError
from electrolyte_ml.text import one_line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Loss that a percentage of two decimals cannot tell from none, as a share.
_LEAST_LOSS = 5e-5
_DOTTED = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A property: its name and unit, its predictor, and its display.

    Attributes
    ----------
    name
        With its unit, as in results and problem files, such as ``conductivity_ms_cm``.
    label
        Name for people.
    description
        Longer explanation; the label if empty.
    unit
        Unit for people; empty for none.
    pint_unit
        Unit for pint; `unit` if empty.
    lowest, highest
        Measured values outside these limits are refused as a mistake of the unit.
    mistaken_units
        Units, a power of ten or so away, that measured values are often in by mistake. Refusals
        name them, and checks of whole tables look for them.
    usual_lowest, usual_highest
        No known electrolyte has values outside these limits: they need a confirmation.
    positive
        Whether zero is refused too.
    is_logarithmic
        Whether its error is a factor rather than a difference. Intervals are then normal, and
        measurements correct predictions, on the logarithmic scale.
    is_loss
        Whether its error is a factor of what is missing to 100, as for an efficiency in percent:
        its scale is then -log10(1 - value / 100).
    at_temperature
        Whether it depends on temperature.
    is_measurable
        Whether an experiment measures it (not so for arithmetic on the recipe).
    better
        ``higher`` or ``lower``, if one is better: the default direction of an objective.
    predict
        Function of n formulations, and of n temperatures in K if `at_temperature`, that returns a
        `Prediction` or n numbers without error; or its dotted name, ``package.module:function``,
        imported on first use. None for a property that is measured and not predicted.
    part
        Attribute of the result of `predict`, if one function predicts several properties; it is
        then called once for all of them.
    model
        Name of the model behind it, as in ``electrolyte-ml train NAME``; empty for arithmetic.
        Properties of one model share it.
    train
        Training of that model as ``package.module:function``: takes ``seed``, ``out`` and
        ``progress``, writes the model and returns the record. Empty if nothing is trained.
    suite
        Benchmark suite that judges it: a module of `electrolyte_ml.benchmarks.suites`, or the
        dotted name of another package's module with ``jobs(*, quick, splits, seed)``.
    takes_prices
        Whether `predict` takes the prices of the problem, by kilogram and component, as ``prices``.
    takes_cell
        Whether `predict` takes the geometry of the cell as ``cell``; None without one.
    takes_cycling
        Whether `predict` takes how efficiency is measured as ``cycling``
        (`electrolyte_ml.data.efficiency.Cycling`); None without a wish.
    needs_liquid
        Whether it is a property of a liquid: predictions note where the recipe may be frozen.
    is_scored
        Whether `score` shows it; otherwise only problems that name it.
    nested_in
        Object of a score that holds it; empty for a field of its own.
    heading
        Heading of its column in tables; `label` and `unit` if empty. Properties with the same
        heading share a column.
    digits
        Significant digits in tables.
    shows_interval
        Whether tables show its interval.
    is_rough
        Whether intervals of more than a factor of four are usual: tables then show the number all
        the same.
    shows_nothing
        Whether tables have its column, and say why there is no value, where no row has one.
    reference
        Electrode that measured potentials are kept against; a prediction names its own.
    origin
        Distribution that added it; empty for this package and for `register_property`.

    Raises
    ------
    InputError
        If these contradict each other.
    PropertyError
        By `predictor`, if `predict` names nothing.
    """

    name: str
    label: str
    at_temperature: bool
    description: str = ""
    unit: str = ""
    pint_unit: str = ""
    lowest: float = -math.inf
    highest: float = math.inf
    usual_lowest: float = -math.inf
    usual_highest: float = math.inf
    mistaken_units: tuple[str, ...] = ()
    positive: bool = False
    is_logarithmic: bool = False
    is_loss: bool = False
    is_measurable: bool = True
    better: Literal["higher", "lower"] | None = None
    predict: Callable[..., Any] | str | None = None
    part: str = ""
    model: str = ""
    train: str = ""
    suite: str = ""
    takes_prices: bool = False
    takes_cell: bool = False
    takes_cycling: bool = False
    needs_liquid: bool = False
    is_scored: bool = True
    nested_in: str = ""
    heading: str = ""
    digits: int = 3
    shows_interval: bool = True
    is_rough: bool = False
    shows_nothing: bool = True
    reference: str = ""
    origin: str = ""

    def __post_init__(self) -> None:
        faults = []
        if not self.lowest < self.highest:
            faults.append(f"lowest {self.lowest:g} is not below highest {self.highest:g}")
        if not self.usual_lowest < self.usual_highest:
            faults.append(
                f"usual_lowest {self.usual_lowest:g} is not below usual_highest "
                f"{self.usual_highest:g}"
            )
        if self.better not in (None, "higher", "lower"):
            faults.append(f"better is 'higher', 'lower' or None, given {self.better!r}")
        if isinstance(self.predict, str) and not _DOTTED.fullmatch(self.predict):
            faults.append(f"predict is 'package.module:function', given {self.predict!r}")
        elif not (self.predict is None or isinstance(self.predict, str) or callable(self.predict)):
            faults.append(f"predict is a function or its dotted name, given {self.predict!r}")
        if self.train and not (self.model and _DOTTED.fullmatch(self.train)):
            faults.append(
                f"train is 'package.module:function' of a named model, given {self.train!r} "
                f"for the model {self.model!r}"
            )
        if self.needs_liquid and not self.at_temperature:
            faults.append("needs_liquid is for properties at a temperature")
        if self.digits < 1:
            faults.append(f"digits is at least 1, given {self.digits}")
        if faults:
            raise InputError(f"property {self.name!r}: {'; '.join(faults)}")

    @property
    def title(self) -> str:
        """Its name and the distribution that added it, for messages."""
        return f"property {self.name!r}" + (f" (from {self.origin})" if self.origin else "")

    @property
    def column_heading(self) -> str:
        """Heading of its column, which it may share with others."""
        return self.heading or self.own_heading

    @property
    def own_heading(self) -> str:
        """Heading of a column that shows nothing else, such as ``oxidation limit, V``."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    @property
    def is_exact(self) -> bool:
        """Whether it follows from the recipe without error, such as a cost."""
        return not (self.is_measurable or self.is_logarithmic)

    @property
    def measured_unit(self) -> str:
        """Unit of measured values, such as ``V vs Li/Li+``."""
        return f"{self.unit} vs {self.reference}" if self.reference else self.unit

    def predictor(self) -> Callable[..., Any] | None:
        """The function that predicts it, imported if need be; None if nothing does."""
        if not isinstance(self.predict, str):
            return self.predict
        module, _, path = self.predict.partition(":")
        try:
            found: Any = import_module(module)
            for attribute in path.split("."):
                found = getattr(found, attribute)
        except ElectrolyteError:
            raise
        except (Exception, SystemExit) as error:  # code of others may fail in any way
            raise PropertyError(
                f"{self.title}: its function {self.predict!r} cannot be loaded "
                f"({one_line(error)}); predict is a function, or 'package.module:function' of an "
                "installed package"
            ) from error
        function: Callable[..., Any] = found
        return function

    def scaled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values on the scale on which their errors are even, of any shape."""
        import numpy as np

        with np.errstate(divide="ignore", invalid="ignore"):
            if self.is_loss:
                return -np.log10(1 - values / 100)
            return np.log10(values) if self.is_logarithmic else values

    def scaled_measured(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Measured values on that scale; a percentage without any loss has as little as is seen."""
        import numpy as np

        return self.scaled(np.minimum(values, 100 * (1 - _LEAST_LOSS)) if self.is_loss else values)

    def unscaled(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of numbers on that scale, of any shape."""
        import numpy as np

        if self.is_loss:
            return np.maximum(100 * (1 - np.power(10.0, -numbers)), self.lowest)
        return np.power(10.0, numbers) if self.is_logarithmic else numbers

    @property
    def scale_unit(self) -> str:
        """Unit of errors on that scale, in words."""
        if self.is_loss:
            return "log10 of what is missing to 100"
        return "log10" if self.is_logarithmic else self.unit or "no unit"

    def fault(self, value: float) -> str | None:
        """Why a measured `value` cannot be of this property; None if it can."""
        if not math.isfinite(value):
            return f"{self.name} is {value}, not a finite number"
        if self.positive and value <= 0:
            return f"{self.name} is {value:g}; it must be positive and finite"
        if not self.lowest <= value <= self.highest:
            return (
                f"{self.name} is {value:g} {self.measured_unit}, outside of {self.lowest:g} to "
                f"{self.highest:g}; check the unit{self._mistaken}"
            )
        return None

    @property
    def _mistaken(self) -> str:
        return f" (is it in {' or '.join(self.mistaken_units)}?)" if self.mistaken_units else ""

    def unusual(self, value: float) -> str | None:
        """Why a measured `value` needs a confirmation; None if electrolytes have such values."""
        if self.usual_lowest <= value <= self.usual_highest:
            return None
        beyond = (
            f"above {self.usual_highest:g}"
            if value > self.usual_highest
            else f"below {self.usual_lowest:g}"
        )
        return (
            f"{self.name} is {value:g} {self.measured_unit}, and no known electrolyte has one "
            f"{beyond}: is it in another unit?"
        )

    def temperature_fault(self, kelvin: float) -> str | None:
        """Why `kelvin` cannot be the temperature of a measurement; NaN stands for none."""
        if math.isnan(kelvin):
            return f"{self.name} needs a temperature" if self.at_temperature else None
        if not (math.isfinite(kelvin) and kelvin > 0):
            return f"temperature_k is {kelvin:g}; it must be positive and finite"
        return None
