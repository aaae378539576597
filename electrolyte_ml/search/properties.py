"""Every property that a problem may ask for: its name, unit, temperature, and where it comes from.

To let problems ask for one more property, add one row to `PROPERTIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search import recipe_properties as arithmetic

if TYPE_CHECKING:
    from electrolyte_ml.models.scoring import Answers


@dataclass(frozen=True, kw_only=True)
class Request:
    """Rows that a property is asked of.

    Attributes
    ----------
    formulations
        Recipes, length n.
    temperature_k
        Temperatures, K, shape (n,).
    prices
        Price by kilogram of each component by name.
    """

    formulations: Sequence[Formulation]
    temperature_k: NDArray[np.float64]
    prices: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def answers(self) -> Answers:
        """What the shipped models say of these rows; properties share what they have in common."""
        from electrolyte_ml.models.scoring import Answers

        return Answers(self.formulations, self.temperature_k)


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A property that objectives and constraints may name.

    Attributes
    ----------
    name
        With its unit, as in results.
    words
        What people call it.
    unit
        For people; empty where the name says it all.
    at_temperature
        Whether it needs a temperature.
    is_logarithmic
        Whether its error is a factor rather than a difference: the scale on which an interval is
        taken as normal.
    is_measurable
        Whether it is found by experiment, and not by arithmetic on the recipe.
    predict
        Predictions of the n rows at a temperature, else of the u distinct recipes.
    """

    name: str
    words: str
    unit: str
    at_temperature: bool
    predict: Callable[[Request], Prediction]
    is_logarithmic: bool = False
    is_measurable: bool = True


def _of_liquid(name: str) -> Callable[[Request], Prediction]:
    """A temperature of the liquid range."""

    def predict(request: Request) -> Prediction:
        found: Prediction = getattr(request.answers.liquid, name)
        return found

    return predict


def _flash_point(request: Request) -> Prediction:
    """Flash points; infinite where the vapour is known not to burn, which obeys every minimum."""
    found = request.answers.liquid.flash_point_k
    never = np.isnan(found.value) & found.in_domain
    value, low, high = (
        np.where(never, np.inf, ends) for ends in (found.value, found.low, found.high)
    )
    return replace(found, value=value, low=low, high=high)


def _solubility_doubts(request: Request) -> Prediction:
    notes = request.answers.liquid.solubility_notes
    doubts = np.array([float(len(lines)) for lines in notes])
    return arithmetic.certain(doubts, (None,) * len(doubts))


#: Properties that results show together, under ``liquid``.
LIQUID_RANGE = frozenset({"freezes_below_k", "boils_above_k", "flash_point_k"})
_MODELLED = (
    Property(
        name="conductivity_ms_cm",
        words="conductivity",
        unit="mS/cm",
        at_temperature=True,
        is_logarithmic=True,
        predict=lambda request: request.answers.conductivity,
    ),
    Property(
        name="viscosity_mpa_s",
        words="viscosity",
        unit="mPa s",
        at_temperature=True,
        is_logarithmic=True,
        predict=lambda request: request.answers.viscosity,
    ),
    Property(
        name="density_g_cm3",
        words="density",
        unit="g/cm3",
        at_temperature=True,
        predict=lambda request: request.answers.density,
    ),
    Property(
        name="oxidation_limit_v",
        words="oxidation limit",
        unit="V",
        at_temperature=False,
        predict=lambda request: request.answers.window.oxidation_limit_v,
    ),
    Property(
        name="reduction_limit_v",
        words="reduction limit",
        unit="V",
        at_temperature=False,
        predict=lambda request: request.answers.window.reduction_limit_v,
    ),
    Property(
        name="freezes_below_k",
        words="freezing point",
        unit="K",
        at_temperature=False,
        predict=_of_liquid("freezes_below_k"),
    ),
    Property(
        name="boils_above_k",
        words="boiling point",
        unit="K",
        at_temperature=False,
        predict=_of_liquid("boils_above_k"),
    ),
    Property(
        name="flash_point_k",
        words="flash point",
        unit="K",
        at_temperature=False,
        predict=_flash_point,
    ),
)
_ARITHMETIC = (
    Property(
        name="solubility_doubts",
        words="reasons why the salt may not dissolve",
        unit="",
        at_temperature=False,
        is_measurable=False,
        predict=_solubility_doubts,
    ),
    Property(
        name="fluorine_mass_fraction",
        words="fluorine content, share of the mass",
        unit="",
        at_temperature=False,
        is_measurable=False,
        predict=lambda request: arithmetic.fluorine_mass_fraction(request.answers.distinct),
    ),
    Property(
        name="solvents_per_salt_mol",
        words="moles of solvent by mole of salt",
        unit="",
        at_temperature=False,
        is_measurable=False,
        predict=lambda request: arithmetic.solvents_per_salt_mol(request.answers.distinct),
    ),
    Property(
        name="cost_per_kg",
        words="cost by kilogram",
        unit="",
        at_temperature=False,
        is_measurable=False,
        predict=lambda request: arithmetic.cost_per_kg(request.answers.distinct, request.prices),
    ),
)
#: Properties by name.
PROPERTIES: Mapping[str, Property] = MappingProxyType({p.name: p for p in _MODELLED + _ARITHMETIC})


def property_words(name: str) -> tuple[str, str]:
    """What people call a property, and its unit (empty if the name is not known)."""
    known = PROPERTIES.get(name)
    return (name, "") if known is None else (known.words, known.unit)


def needs_temperature(name: str) -> bool:
    """Whether a property is one at a temperature; one that is not in the table is taken to be."""
    known = PROPERTIES.get(name)
    return known is None or known.at_temperature
