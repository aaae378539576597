"""Recipes that are written alike, such as the rows of one file: read once, then filled in.

Two texts have one form if they differ in the digits of their amounts alone. The second recipe of a
form is read with stand-ins in the place of its numbers, which tells what each number is the amount
of; later ones are filled in without being read. A form is used only where no number can change what
the others mean: each stands for one amount, and none for a share of solvents in per cent, which
have to add up to a hundred. All else is read word by word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.formulation.amounts import AdditiveBasis, Amounts, SaltBasis
from electrolyte_ml.formulation.formulation import Formulation

# A number that is no part of a name, before the rest of a ratio or a unit.
_NUMBER = re.compile(
    r"(?<![^\s:/(])([0-9]{1,6}(?:\.[0-9]{1,12})?)"
    r"(?=$|\s*[:/)+%]|,\s"
    r"|\s*\(?(?:[mM]|mM|m?mol|molar|molal|mole|wt|vol|weight|mass|volume|by|in|[vw])(?![A-Za-z]))"
)

# Stand-ins: all different, and so small that they cannot add up to a hundred.
_WHOLE_NUMBERS = ("3", "5", "7", "9", "11", "13", "17", "19")
_DECIMALS = ("1.15", "1.25", "1.35", "1.45", "1.55", "1.65", "1.75", "1.85")
_FACTORS = (1.0, 1e-3, 1e-6)

_LONGEST = 300
_MOST_REMEMBERED = 20_000

# Composition identifiers, file names, and salts in a ratio of their own have other rules.
_NO_FORM = ("|", "_", "ppm")
_PERCENT = re.compile(r"%|percent|pct", re.IGNORECASE)
_PERCENTAGES = frozenset({*AdditiveBasis, SaltBasis.MASS_PERCENT, SaltBasis.MOLE_PERCENT})


@dataclass(frozen=True, slots=True)
class _Place:
    """Number of the text that is an amount, and the factor of its unit."""

    index: int
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A recipe without its numbers.

    Attributes
    ----------
    amounts
        The recipe with stand-ins for its numbers.
    places
        Numbers that are the amounts of base solvents, salts, additives and added salts, in this
        order.
    assumptions
        Assumptions of the conversion, which depend on no number.
    """

    amounts: Amounts
    places: tuple[_Place, ...]
    assumptions: tuple[str, ...]

    def filled(self, numbers: Sequence[str]) -> Formulation:
        """The recipe with these numbers; raises as `Formulation.from_amounts`."""
        given = iter([float(numbers[place.index]) * place.factor for place in self.places])
        form = self.amounts
        base = form.base_solvents
        solvents, salts = Amounts(
            base_solvents=base if _is_alone(form) else [(s, next(given)) for s, _ in base],
            ratio_basis=form.ratio_basis,
            salts=[(s, next(given), basis) for s, _, basis in form.salts],
            additives=[(s, next(given), basis) for s, _, basis in form.additives],
            added_salts=[(s, next(given), basis) for s, _, basis in form.added_salts],
        ).solve()
        return Formulation(solvents=solvents, salts=salts, assumptions=self.assumptions)


class Forms:
    """Forms of the recipes that were read.

    Parameters
    ----------
    read
        Reads a recipe word by word.
    """

    def __init__(self, read: Callable[[str], Amounts]) -> None:
        self._read = read
        # False for a form that was met once, None for a text that has none.
        self._forms: dict[tuple[Any, ...], Form | bool | None] = {}

    def formulation(self, text: str) -> Formulation | None:
        """The recipe, where its form is known and its amounts are possible; else None."""
        if len(text) > _LONGEST:
            return None
        pieces = _NUMBER.split(text)
        numbers = pieces[1::2]
        # Whole numbers and decimals are told apart, as the notation does in some places.
        form = self._form((*pieces[::2], *["." in number for number in numbers]), pieces)
        if form is None:
            return None
        try:
            return form.filled(numbers)
        except ElectrolyteError:
            return None

    def _form(self, key: tuple[Any, ...], pieces: Sequence[str]) -> Form | None:
        found = self._forms.get(key)
        if isinstance(found, Form):
            return found
        if key not in self._forms:
            if len(self._forms) >= _MOST_REMEMBERED:
                self._forms.clear()
            self._forms[key] = False
        elif found is False:
            self._forms[key] = found = self._made(pieces)
            return found
        return None

    def _made(self, pieces: Sequence[str]) -> Form | None:
        """The form of a text that is cut at its numbers; None if it has none."""
        stand_ins = _stand_ins(pieces[1::2])
        if stand_ins is None or any(sign in piece for piece in pieces for sign in _NO_FORM):
            return None
        text = "".join(
            part for pair in zip(pieces[::2], [*stand_ins, ""], strict=True) for part in pair
        )
        try:
            amounts = self._read(text)
        except ElectrolyteError:
            return None
        places = _places(amounts, [float(number) for number in stand_ins])
        if places is None or _has_shares(text, amounts):
            return None
        return Form(amounts=amounts, places=places, assumptions=amounts.assumptions())


def _stand_ins(numbers: Sequence[str]) -> list[str] | None:
    """A number of the same kind for each; None if there are too many."""
    if len(numbers) > len(_DECIMALS):
        return None
    return [(_DECIMALS if "." in number else _WHOLE_NUMBERS)[i] for i, number in enumerate(numbers)]


def _is_alone(amounts: Amounts) -> bool:
    """Whether there is one solvent, and no number is written for it."""
    return len(amounts.base_solvents) == 1 and amounts.base_solvents[0][1] == 1


def _given(amounts: Amounts) -> Iterator[float]:
    """Amounts in the order of `Form.places`."""
    if not _is_alone(amounts):
        yield from (part for _, part in amounts.base_solvents)
    yield from (
        amount for _, amount, _ in (*amounts.salts, *amounts.additives, *amounts.added_salts)
    )


def _places(amounts: Amounts, numbers: Sequence[float]) -> tuple[_Place, ...] | None:
    """Where each amount stands in the text; None unless each number is exactly one amount."""
    meanings = {
        number * factor: _Place(index, factor)
        for factor in reversed(_FACTORS)
        for index, number in enumerate(numbers)
    }
    places = [meanings.get(amount) for amount in _given(amounts)]
    known = [place for place in places if place is not None]
    if sorted(place.index for place in known) != list(range(len(numbers))):
        return None
    return tuple(known) if len(known) == len(places) else None


def _has_shares(text: str, amounts: Amounts) -> bool:
    """Whether there are percentages besides those of salts and additives."""
    bases = [basis for _, _, basis in (*amounts.all_salts, *amounts.additives)]
    own = sum(basis in _PERCENTAGES for basis in bases)
    return len(_PERCENT.findall(text)) != own or (own > 1 and " in " not in text)
