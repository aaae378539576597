"""The registry of properties of electrolytes.

`score`, `propose`, campaigns, imports and tables use it. A property added here, or by another
package, is scored, searched, constrained in problem files, recorded in campaigns and imported as
measured data like those that ship.

To add a property of your own, make a `Property` and register it:

>>> import numpy as np
>>> def water_ppm(formulations):
...     return np.full(len(formulations), 20.0)
>>> known = register_property(
...     Property(
...         name="water_ppm",
...         label="water",
...         unit="ppm",
...         at_temperature=False,
...         predict=water_ppm,
...     )
... )

For the command line, a package declares an entry point, whose value is a `Property`, a list of
them, or a function without arguments that returns one of these::

    [project.entry-points."electrolyte_ml.properties"]
    water = "my_package:WATER"

To add one to this package: write its model in `electrolyte_ml.models`, a function of formulations
(and temperatures, if it depends on them) that returns a `Prediction`, or plain numbers if they have
no error; add a `Property` to `_BUILT_IN` that names this function, and, if it is learned from data,
its model, training and benchmark suite.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from electrolyte_ml.arguments import kind
from electrolyte_ml.errors import ElectrolyteError, InputError, PropertyError, PropertyWarning
from electrolyte_ml.text import nearest_or_all, one_line, shown

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    import numpy as np
    from numpy.typing import NDArray

#: Group of the entry points by which packages add properties.
ENTRY_POINTS = "electrolyte_ml.properties"
#: Predictor of the whole liquid range, and the object of a score that holds it.
LIQUID_RANGE, LIQUID = "electrolyte_ml.models.liquid:liquid_range", "liquid"
#: Predictor of the solubility of the salts.
SOLUBILITY = "electrolyte_ml.models.solubility:predict_solubility"
#: Predictor of the transport numbers, and its training.
TRANSPORT = "electrolyte_ml.models.transport:predict_transport"
TRAIN_TRANSPORT = "electrolyte_ml.models.transport.train:train_transport"
#: Predictor of the limits of a recipe in a cell.
CELL_LIMITS = "electrolyte_ml.cell:predict_cell_limits"
#: Headings of columns that several properties share.
WINDOW_HEADING, LIQUID_HEADING = "window, V", "freezes / boils / flash, °C"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DOTTED = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
# Other fields of a score, and columns of sheets of results and of imported tables.
_TAKEN = frozenset(
    {"recipe", "key", "temperature_k", "temperature_c", "liquid", "warnings", "assumptions"}
    | {"id", "status", "comment", "suggestion", "why", "rank"}
    | {"property", "value", "unit", "method", "uncertainty", "source", "source_row", "flag"}
)


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

    def unscaled(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of numbers on that scale, of any shape."""
        import numpy as np

        if self.is_loss:
            return 100 * (1 - np.power(10.0, -numbers))
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


_BUILT_IN = (
    Property(
        name="conductivity_ms_cm",
        label="conductivity",
        description="ionic conductivity",
        unit="mS/cm",
        lowest=0,
        highest=5000,
        usual_highest=1000,
        mistaken_units=("S/cm", "S/m", "µS/cm", "mS/m"),
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        better="higher",
        predict="electrolyte_ml.models.conductivity:predict_conductivity",
        model="conductivity",
        train="electrolyte_ml.models.conductivity.train:train_conductivity",
        suite="conductivity",
        needs_liquid=True,
    ),
    Property(
        name="density_g_cm3",
        label="density",
        unit="g/cm3",
        pint_unit="g/cm**3",
        lowest=0.3,
        highest=5,
        mistaken_units=("kg/m3",),
        positive=True,
        at_temperature=True,
        predict="electrolyte_ml.models.density:predict_density",
        model="density",
        train="electrolyte_ml.models.density.train:train_density",
        suite="density",
        digits=4,
        shows_interval=False,
    ),
    Property(
        name="viscosity_mpa_s",
        label="viscosity",
        description="dynamic viscosity",
        unit="mPa s",
        pint_unit="mPa*s",
        lowest=0,
        highest=1e9,
        usual_lowest=0.05,
        usual_highest=1e6,
        mistaken_units=("Pa s", "P", "µPa s"),
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        better="lower",
        predict="electrolyte_ml.models.viscosity:predict_viscosity",
        model="viscosity",
        train="electrolyte_ml.models.viscosity.train:train_viscosity",
        suite="viscosity",
    ),
    Property(
        name="oxidation_limit_v",
        label="oxidation limit",
        description="potential at which oxidation begins",
        unit="V",
        lowest=-5,
        highest=15,
        at_temperature=False,
        better="higher",
        predict="electrolyte_ml.models.window:predict_window",
        model="window",
        train="electrolyte_ml.models.window.train:train_window",
        suite="window",
        part="oxidation_limit_v",
        heading=WINDOW_HEADING,
        reference="Li/Li+",
    ),
    Property(
        name="reduction_limit_v",
        label="reduction limit",
        description="potential at which reduction begins",
        unit="V",
        lowest=-5,
        highest=15,
        at_temperature=False,
        better="lower",
        predict="electrolyte_ml.models.window:predict_window",
        model="window",
        train="electrolyte_ml.models.window.train:train_window",
        suite="window",
        part="reduction_limit_v",
        heading=WINDOW_HEADING,
        reference="Li/Li+",
    ),
    Property(
        name="freezes_below_k",
        label="freezing point",
        unit="K",
        lowest=50,
        highest=700,
        positive=True,
        at_temperature=False,
        better="lower",
        predict=LIQUID_RANGE,
        part="freezes_below_k",
        nested_in=LIQUID,
        heading=LIQUID_HEADING,
    ),
    Property(
        name="boils_above_k",
        label="boiling point",
        unit="K",
        lowest=200,
        highest=1000,
        positive=True,
        at_temperature=False,
        better="higher",
        predict=LIQUID_RANGE,
        part="boils_above_k",
        nested_in=LIQUID,
        heading=LIQUID_HEADING,
    ),
    Property(
        name="flash_point_k",
        label="flash point",
        unit="K",
        lowest=180,
        highest=700,
        positive=True,
        at_temperature=False,
        better="higher",
        predict=LIQUID_RANGE,
        part="flash_point_or_never_k",
        nested_in=LIQUID,
        heading=LIQUID_HEADING,
    ),
    Property(
        name="solubility_doubts",
        label="reasons why the salt may not dissolve",
        lowest=0,
        at_temperature=False,
        is_measurable=False,
        better="lower",
        predict=LIQUID_RANGE,
        part="solubility_doubts",
        is_scored=False,
    ),
    Property(
        name="phase_separation_doubt",
        label="whether two liquids form",
        description="0 miscible, 1 unknown, 2 may separate, 3 separates, at 25 °C",
        lowest=0,
        highest=3,
        at_temperature=False,
        is_measurable=False,
        better="lower",
        predict=LIQUID_RANGE,
        part="phase_separation_doubt",
        is_scored=False,
    ),
    Property(
        name="solubility_mol_kg",
        label="solubility",
        description="molality of all salts together at which the first of them is saturated",
        unit="mol/kg",
        pint_unit="mol/kg",
        lowest=0,
        highest=100,
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        better="higher",
        predict=SOLUBILITY,
        part="solubility_mol_kg",
        digits=2,
        is_rough=True,
    ),
    Property(
        name="solubility_margin",
        label="solubility by the molality of the recipe",
        lowest=0,
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        is_measurable=False,
        better="higher",
        predict=SOLUBILITY,
        part="solubility_margin",
        is_rough=True,
        is_scored=False,
    ),
    Property(
        name="coulombic_efficiency_percent",
        label="coulombic efficiency",
        description="coulombic efficiency of the metal of the salt, plated and stripped on copper; "
        "predicted for lithium alone",
        unit="%",
        pint_unit="percent",
        lowest=0,
        highest=100,
        is_loss=True,
        at_temperature=False,
        better="higher",
        predict="electrolyte_ml.models.efficiency:predict_efficiency",
        model="efficiency",
        train="electrolyte_ml.models.efficiency.train:train_efficiency",
        suite="efficiency",
        digits=4,
        shows_nothing=False,
    ),
    Property(
        name="anion_share_of_shell",
        label="anions at the metal ion, share of its shell",
        description="share of the first shell of lithium or sodium that are anions, estimated",
        lowest=0,
        highest=1,
        at_temperature=False,
        is_measurable=False,
        better="higher",
        predict="electrolyte_ml.models.interphase:predict_interphase",
        part="anion_share_of_shell",
        is_scored=False,
        digits=2,
        is_rough=True,
    ),
    Property(
        name="desolvation_ev",
        label="desolvation energy",
        description="computed energy that a ligand holds lithium or sodium with, mean of the shell",
        unit="eV",
        lowest=0,
        highest=10,
        at_temperature=False,
        is_measurable=False,
        better="lower",
        predict="electrolyte_ml.models.interphase:predict_interphase",
        part="desolvation_ev",
        is_scored=False,
    ),
    Property(
        name="fluorine_mass_fraction",
        label="fluorine content, share of the mass",
        lowest=0,
        highest=1,
        at_temperature=False,
        is_measurable=False,
        better="lower",
        predict="electrolyte_ml.models.recipe_properties:fluorine_mass_fraction",
        is_scored=False,
    ),
    Property(
        name="solvents_per_salt_mol",
        label="moles of solvent by mole of salt",
        lowest=0,
        at_temperature=False,
        is_measurable=False,
        predict="electrolyte_ml.models.recipe_properties:solvents_per_salt_mol",
        is_scored=False,
    ),
    Property(
        name="cost_per_kg",
        label="cost by kilogram",
        lowest=0,
        at_temperature=False,
        is_measurable=False,
        better="lower",
        predict="electrolyte_ml.models.recipe_properties:cost_per_kg",
        takes_prices=True,
        is_scored=False,
    ),
    Property(
        name="working_voltage_v",
        label="working voltage",
        description="cell voltage that a paper reports for an electrolyte of this solvent",
        unit="V",
        lowest=0,
        highest=15,
        positive=True,
        at_temperature=False,
    ),
    Property(
        name="ionisation_energy_ev",
        label="ionisation energy",
        description="energy to take one electron away",
        unit="eV",
        lowest=0,
        highest=30,
        positive=True,
        at_temperature=False,
    ),
    Property(
        name="electron_affinity_ev",
        label="electron affinity",
        description="energy of taking up one electron",
        unit="eV",
        lowest=-20,
        highest=20,
        at_temperature=False,
    ),
    Property(
        name="oxidation_free_energy_ev",
        label="free energy of oxidation",
        unit="eV",
        lowest=-20,
        highest=20,
        at_temperature=False,
    ),
    Property(
        name="reduction_free_energy_ev",
        label="free energy of reduction",
        unit="eV",
        lowest=-20,
        highest=20,
        at_temperature=False,
    ),
    Property(
        name="diffusion_cation_1e10_m2_s",
        label="diffusion of the cation",
        description="self-diffusion coefficient of the cation",
        unit="1e-10 m2/s",
        pint_unit="1e-10*m**2/s",
        lowest=0,
        highest=1000,
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        better="higher",
        predict=TRANSPORT,
        part="diffusion_cation_1e10_m2_s",
        model="transport",
        train=TRAIN_TRANSPORT,
        suite="transport",
        needs_liquid=True,
        is_scored=False,
    ),
    Property(
        name="diffusion_anion_1e10_m2_s",
        label="diffusion of the anion",
        description="self-diffusion coefficient of the anion",
        unit="1e-10 m2/s",
        pint_unit="1e-10*m**2/s",
        lowest=0,
        highest=1000,
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        better="higher",
        predict=TRANSPORT,
        part="diffusion_anion_1e10_m2_s",
        model="transport",
        train=TRAIN_TRANSPORT,
        suite="transport",
        needs_liquid=True,
        is_scored=False,
    ),
    Property(
        name="diffusion_solvent_1e10_m2_s",
        label="diffusion of the solvent",
        description="self-diffusion coefficient of the solvent",
        unit="1e-10 m2/s",
        pint_unit="1e-10*m**2/s",
        lowest=0,
        highest=1000,
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        better="higher",
        predict=TRANSPORT,
        part="diffusion_solvent_1e10_m2_s",
        model="transport",
        train=TRAIN_TRANSPORT,
        suite="transport",
        needs_liquid=True,
        is_scored=False,
    ),
    Property(
        name="salt_diffusivity_1e10_m2_s",
        label="salt diffusivity",
        description="diffusion coefficient of the salt, as cell models take it",
        unit="1e-10 m2/s",
        pint_unit="1e-10*m**2/s",
        lowest=0,
        highest=1000,
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        better="higher",
        predict=TRANSPORT,
        part="salt_diffusivity_1e10_m2_s",
        model="transport",
        train=TRAIN_TRANSPORT,
        suite="transport",
        needs_liquid=True,
        is_scored=False,
    ),
    Property(
        name="transference_number",
        label="transference number",
        description="transference number of the cation, predicted as the diffusion fraction",
        lowest=-5,
        highest=1,
        at_temperature=True,
        better="higher",
        predict=TRANSPORT,
        part="transference_number",
        model="transport",
        train=TRAIN_TRANSPORT,
        suite="transport",
        needs_liquid=True,
        is_scored=False,
    ),
    Property(
        name="thermodynamic_factor",
        label="thermodynamic factor",
        description="thermodynamic factor of the salt, 1 + d ln f / d ln c",
        lowest=0,
        highest=100,
        positive=True,
        at_temperature=True,
        predict=TRANSPORT,
        part="thermodynamic_factor",
        model="transport",
        train=TRAIN_TRANSPORT,
        suite="transport",
        is_scored=False,
    ),
    Property(
        name="depletion_rate_c",
        label="depletion rate",
        description="C rate at which the salt of a cell runs out on discharge",
        unit="C",
        pint_unit="1/hour",
        lowest=0,
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        is_measurable=False,
        better="higher",
        predict=CELL_LIMITS,
        part="depletion_rate_c",
        takes_cell=True,
        needs_liquid=True,
        is_scored=False,
    ),
    Property(
        name="charge_depletion_rate_c",
        label="depletion rate on charge",
        description="C rate at which the salt of a cell runs out on charge",
        unit="C",
        pint_unit="1/hour",
        lowest=0,
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        is_measurable=False,
        better="higher",
        predict=CELL_LIMITS,
        part="charge_depletion_rate_c",
        takes_cell=True,
        needs_liquid=True,
        is_scored=False,
    ),
    Property(
        name="ohmic_drop_mv",
        label="ohmic drop",
        description="ohmic drop in the electrolyte of a cell at 1C",
        unit="mV",
        lowest=0,
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        is_measurable=False,
        better="lower",
        predict=CELL_LIMITS,
        part="ohmic_drop_mv",
        takes_cell=True,
        needs_liquid=True,
        is_scored=False,
    ),
    Property(
        name="profile_depth_mol_l",
        label="depth of the concentration profile",
        description="fall of the concentration below its mean in a cell discharged at 1C",
        unit="mol/L",
        lowest=0,
        positive=True,
        is_logarithmic=True,
        at_temperature=True,
        is_measurable=False,
        better="lower",
        predict=CELL_LIMITS,
        part="profile_depth_mol_l",
        takes_cell=True,
        needs_liquid=True,
        is_scored=False,
    ),
)


class _Additions:
    """Properties that do not ship with the package, by name."""

    def __init__(self) -> None:
        self.registered: dict[str, Property] = {}
        self._loaded: dict[str, Property] | None = None

    @property
    def loaded(self) -> Mapping[str, Property]:
        """Those of entry points, which are loaded once."""
        if self._loaded is None:
            # Takes as long to import as all else of this module.
            from importlib.metadata import entry_points

            # Set first: a module that is being loaded may ask for properties itself.
            self._loaded = {}
            points = entry_points(group=ENTRY_POINTS)
            for point in sorted(points, key=lambda p: (_distribution(p), p.name)):
                self._loaded |= {known.name: known for known in _load(point, self._loaded)}
        return self._loaded


_SHIPPED = {known.name: known for known in _BUILT_IN}
_ADDITIONS = _Additions()


def properties() -> Mapping[str, Property]:
    """Every property by name: those of this package, of other packages, and registered ones."""
    return MappingProxyType({**_SHIPPED, **_ADDITIONS.loaded, **_ADDITIONS.registered})


def scored_properties() -> tuple[Property, ...]:
    """Properties that `score` shows, in the order of its columns."""
    return tuple(p for p in properties().values() if p.is_scored and p.predict is not None)


def measurable_properties() -> Mapping[str, Property]:
    """Properties that an experiment or a calculation can find, by name."""
    return {name: known for name, known in properties().items() if known.is_measurable}


def property_of(name: str) -> Property:
    """The property of a name; for one that is not registered, a positive one at a temperature."""
    found = properties().get(name)
    return found or Property(name=name, label=name, lowest=0, positive=True, at_temperature=True)


def registered_property(name: str) -> Property:
    """The registered property of a name.

    Raises
    ------
    InputError
        If there is none; the message says which there are.
    """
    if not isinstance(name, str):
        raise InputError(
            f"a property is given by its name, one at a time, such as 'density_g_cm3'; given "
            f"{kind(name)}"
        )
    known = properties()
    if name not in known:
        raise InputError(
            f"unknown property {shown(name)}{nearest_or_all(name, known)}; or the package that "
            "adds it is not installed"
        )
    return known[name]


def register_property(known: Property) -> Property:
    """Add a property for as long as this process runs.

    Parameters
    ----------
    known
        The property; one of the same name that was added before is replaced, so that a cell of a
        notebook can be run again. Properties that ship with the package stay as they are.

    Returns
    -------
    Property
        The same.

    Raises
    ------
    InputError
        If its name cannot be taken.
    """
    if not isinstance(known, Property):
        raise InputError(
            f"what is registered is a Property(name=..., label=..., at_temperature=..., "
            f"predict=...), given {kind(known)}"
        )
    _require_free(known, ())
    _ADDITIONS.registered[known.name] = known
    return known


def added_properties() -> tuple[Property, ...]:
    """Properties that this process has added by `register_property`."""
    return tuple(_ADDITIONS.registered.values())


def _require_free(known: Property, others: Iterable[str]) -> None:
    if not _NAME.fullmatch(known.name):
        raise InputError(
            f"property {known.name!r}: a name is of small letters, digits and underscores and "
            "ends with its unit, such as 'price_eur_l'"
        )
    if known.name in _TAKEN or known.name in _SHIPPED or known.name in others:
        raise InputError(f"property {known.name!r}: the name is taken; choose another one")
    if known.nested_in:
        raise InputError(f"property {known.name!r}: nested_in is for the liquid range alone")


def _load(point: EntryPoint, others: Iterable[str]) -> list[Property]:
    """Usable properties of an entry point, with a warning for others."""
    origin = _distribution(point)
    found: list[Property] = []
    try:
        value = point.load()
        value = value() if callable(value) else value
        for known in [value] if isinstance(value, Property) else value:
            if not isinstance(known, Property):
                raise InputError(f"it holds {known!r}, which is no Property")
            _require_free(known, [*others, *(p.name for p in found)])
            found.append(replace(known, origin=origin))
    except (Exception, SystemExit) as error:  # code of others may fail in any way
        kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
        warnings.warn(
            f"the property {point.name!r} of {origin} cannot be used: {kind}{one_line(error)}; "
            f"mend or remove that package (entry point {point.value!r})",
            PropertyWarning,
            stacklevel=2,
        )
    return found


def _distribution(point: EntryPoint) -> str:
    """Name and version of the distribution that an entry point is of."""
    return "an unknown package" if point.dist is None else f"{point.dist.name} {point.dist.version}"
