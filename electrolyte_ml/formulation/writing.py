"""Writing a formulation: canonical notation, and the sheet to weigh it out."""

from __future__ import annotations

import math
from collections.abc import Mapping

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation.amounts import AdditiveBasis, Amounts, RatioBasis, SaltBasis
from electrolyte_ml.formulation.formulation import Formulation
from electrolyte_ml.species import Salt, Solvent

_FEWEST_DIGITS = 4
_MOST_DIGITS = 15


def canonical_notation(formulation: Formulation) -> str:
    """Recipe text in mol/kg and mass ratios, with the fewest digits that keep the key.

    It follows the grammar of the `unilyte` package wherever that can express the recipe: ``m`` for
    mol/kg of solvents, ``wt`` for a mass ratio, additives joined to the base electrolyte by ``+``.

    Parameters
    ----------
    formulation
        What to write.

    Returns
    -------
    str
        Such as ``1 m NaPF6 in EC:DEC 50:50 wt + 2 wt% FEC``.
    """
    return write(canonical_amounts(formulation))


def canonical_amounts(formulation: Formulation) -> Amounts:
    """The amounts of the canonical notation: molalities, a mass ratio that sums to 100, wt%."""
    amounts = _shortest(formulation, formulation.key)
    # A number rounded once can round further where the exact one could not; what is written must
    # be what is written again after reading it.
    while (shorter := _shortest(amounts.formulation(), formulation.key)) != amounts:
        amounts = shorter
    return amounts


def _shortest(formulation: Formulation, key: str) -> Amounts:
    """The recipe in the fewest digits that keep `key`."""
    for digits in range(_FEWEST_DIGITS, _MOST_DIGITS):
        rounded = _rounded(formulation, digits)
        try:
            if rounded.formulation().key == key:
                return rounded
        except AmountError:
            # Too few digits can round a trace to nothing; more digits follow.
            continue
    return _rounded(formulation, _MOST_DIGITS)


def _rounded(formulation: Formulation, digits: int) -> Amounts:
    """The same recipe with its numbers in `digits` significant digits."""
    base = [s for s in formulation.solvents if s.role != "additive"] or list(formulation.solvents)
    additives = [s for s in formulation.solvents if s not in base]
    solution = 1 + formulation.salt_mass_per_kg_solvent
    total = sum(s.mass_fraction for s in base)
    parts = _percentages([s.mass_fraction / total for s in base], digits - 2)
    return Amounts(
        blend=[(s.solvent, part) for s, part in zip(base, parts, strict=True)],
        ratio_basis=RatioBasis.MASS,
        salts=[
            (s.salt, float(f"{s.molality_mol_kg / total:.{digits}g}"), SaltBasis.MOLALITY)
            for s in formulation.salts
        ],
        additives=[
            (
                s.solvent,
                float(f"{100 * s.mass_fraction / solution:.{digits}g}"),
                AdditiveBasis.MASS_PERCENT,
            )
            for s in additives
        ],
    )


def _percentages(shares: list[float], decimals: int) -> list[float]:
    """Shares of 1 as percentages that sum to 100 exactly, by largest remainders."""
    steps = 10**decimals
    ideal = [100 * share * steps for share in shares]
    whole = [math.floor(x) for x in ideal]
    missing = 100 * steps - sum(whole)
    by_remainder = sorted(range(len(shares)), key=lambda i: whole[i] - ideal[i])
    for i in by_remainder[:missing]:
        whole[i] += 1
    return [x / steps for x in whole]


def write(
    amounts: Amounts, *, names: Mapping[str, str] | None = None, brackets: bool = False
) -> str:
    """Text of amounts that are in the bases of the canonical notation.

    Parameters
    ----------
    amounts
        What `canonical_amounts` gives.
    names
        Other names to write, by name of the catalog.
    brackets
        Whether the base electrolyte is put in brackets where something is added to it.
    """
    names = names or {}

    def called(species: Solvent | Salt) -> str:
        return names.get(species.name, species.name)

    salts = " + ".join(f"{_plain(m)} {basis} {called(s)}" for s, m, basis in amounts.salts)
    text = ":".join(called(solvent) for solvent, _ in amounts.blend)
    if len(amounts.blend) > 1:
        shares = ":".join(_plain(part) for _, part in amounts.blend)
        text += f" {shares} {amounts.ratio_basis}"
    text = f"{salts} in {text}" if salts else text
    if brackets and salts and amounts.additives:
        text = f"({text})"
    return " + ".join(
        [text, *(f"{_plain(x)} {basis} {called(s)}" for s, x, basis in amounts.additives)]
    )


def _plain(number: float) -> str:
    """Shortest text without an exponent that reads back as the same number."""
    text = repr(number)
    return f"{number:.20f}".rstrip("0").rstrip(".") if "e" in text else text.removesuffix(".0")


def weigh_out_g(formulation: Formulation, batch_g: float = 100.0) -> dict[str, float]:
    """Mass of each component to weigh for a batch.

    Parameters
    ----------
    formulation
        The recipe.
    batch_g
        Mass of finished electrolyte, g.

    Returns
    -------
    dict of str to float
        Grams by name; solvents first, then salts. They sum to `batch_g`.
    """
    per_kg = {s.solvent.name: s.mass_fraction for s in formulation.solvents}
    per_kg |= {
        s.salt.name: s.molality_mol_kg * s.salt.molar_mass_g_mol / 1000 for s in formulation.salts
    }
    scale = batch_g / (1 + formulation.salt_mass_per_kg_solvent)
    return {name: mass * scale for name, mass in per_kg.items()}


def in_basis(formulation: Formulation, basis: str) -> str:
    """Every component in one basis, a line each.

    Parameters
    ----------
    formulation
        The recipe.
    basis
        ``wt``: wt% of the whole; ``mol``: mol% of everything, a salt as one formula unit;
        ``M``: mol by litre of solution at 298.15 K.

    Returns
    -------
    str
        Lines of name, amount and unit.

    Raises
    ------
    AmountError
        If the basis is none of these.
    """
    if basis == "wt":
        amounts, unit = weigh_out_g(formulation, 100.0), "wt%"
    elif basis == "mol":
        amounts = {name: 100 * x for name, x in formulation.mole_fractions.items()}
        unit = "mol%"
    elif basis == "M":
        volume = formulation.volume_l_per_kg_solvent()
        moles = formulation.moles_per_kg_solvent
        amounts, unit = {name: n / volume for name, n in moles.items()}, "mol/L"
    else:
        raise AmountError(f"unknown basis {basis!r}; use wt, mol or M")
    return "\n".join(f"{name}  {amount:.6g} {unit}" for name, amount in amounts.items())
