"""Writing a formulation in canonical notation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation.amounts import (
    Amounts,
    SaltAmount,
    SolventAmount,
    as_written,
    composition_key,
    largest_remainders,
)
from electrolyte_ml.species import Salt, Solvent

_FEWEST_DIGITS = 4
_MOST_DIGITS = 15


def canonical_notation(solvents: Sequence[SolventAmount], salts: Sequence[SaltAmount]) -> str:
    """Recipe text in mol/kg and mass ratios, with the fewest digits that keep the key.

    It follows the grammar of the `unilyte` package wherever that can express the recipe: ``m`` for
    mol/kg of solvents, ``wt`` for a mass ratio, additives joined to the base electrolyte by ``+``.

    Parameters
    ----------
    solvents, salts
        Solvents and salts of one formulation.

    Returns
    -------
    str
        Recipe text, such as ``1 m NaPF6 in EC:DEC 50:50 wt + 2 wt% FEC``.
    """
    return write(canonical_amounts(solvents, salts))


def canonical_amounts(solvents: Sequence[SolventAmount], salts: Sequence[SaltAmount]) -> Amounts:
    """The amounts of the canonical notation: molalities, a mass ratio that sums to 100, wt%."""
    key = composition_key(solvents, salts)
    amounts = _shortest(solvents, salts, key)
    # A rounded number can sometimes be rounded further than the exact one. Repeat until nothing
    # changes, so that text read back is written the same.
    while (shorter := _shortest(*amounts.solve(), key)) != amounts:
        amounts = shorter
    return amounts


def _shortest(solvents: Sequence[SolventAmount], salts: Sequence[SaltAmount], key: str) -> Amounts:
    """The recipe in the fewest digits that keep `key`."""
    for digits in range(_FEWEST_DIGITS, _MOST_DIGITS):
        rounded = _rounded(solvents, salts, digits)
        try:
            if composition_key(*rounded.solve()) == key:
                return rounded
        except AmountError:
            # Too few digits round a trace to zero; the loop goes on with more.
            continue
    return _rounded(solvents, salts, _MOST_DIGITS)


def _rounded(
    solvents: Sequence[SolventAmount], salts: Sequence[SaltAmount], digits: int
) -> Amounts:
    """The same recipe with its numbers in `digits` significant digits."""
    alone = all(s.role == "additive" for s in solvents)
    exact = as_written(solvents, salts, lambda s: s.role == "additive" and not alone)
    parts = _percentages([share for _, share in exact.base_solvents], digits - 2)
    return replace(
        exact,
        base_solvents=[
            (solvent, part) for (solvent, _), part in zip(exact.base_solvents, parts, strict=True)
        ],
        salts=[(salt, _short(m, digits), basis) for salt, m, basis in exact.salts],
        additives=[(s, _short(percent, digits), basis) for s, percent, basis in exact.additives],
    )


def _short(number: float, digits: int) -> float:
    return float(f"{number:.{digits}g}")


def _percentages(shares: list[float], decimals: int) -> list[float]:
    """Shares of 1 as percentages that sum to 100 exactly, by largest remainders."""
    steps = 10**decimals
    ideal = [100 * share * steps for share in shares]
    return [x / steps for x in largest_remainders(ideal, 100 * steps)]


def write(
    amounts: Amounts, *, names: Mapping[str, str] | None = None, brackets: bool = False
) -> str:
    """Text of amounts that are in the bases of the canonical notation.

    Parameters
    ----------
    amounts
        Amounts from `canonical_amounts`.
    names
        Other names to write, by name of the catalog.
    brackets
        Whether to put the base electrolyte in brackets where additives follow.
    """
    names = names or {}

    def called(species: Solvent | Salt) -> str:
        return names.get(species.name, species.name)

    salts = " + ".join(f"{_plain(m)} {basis} {called(s)}" for s, m, basis in amounts.salts)
    text = ":".join(called(solvent) for solvent, _ in amounts.base_solvents)
    if len(amounts.base_solvents) > 1:
        shares = ":".join(_plain(part) for _, part in amounts.base_solvents)
        text += f" {shares} {amounts.ratio_basis}"
    text = f"{salts} in {text}" if salts else text
    if brackets and salts and amounts.additives:
        text = f"({text})"
    return " + ".join(
        [text, *(f"{_plain(x)} {basis} {called(s)}" for s, x, basis in amounts.additives)]
    )


def _plain(number: float) -> str:
    """Shortest text without an exponent that reads back as the same number."""
    return f"{Decimal(repr(number)):f}".removesuffix(".0")
