"""Reading the notation that people write: ``1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC``.

The grammar is tolerant in spelling and strict in meaning: a number without a unit, a ratio without
a basis and a bare ``%`` are refused, never guessed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from electrolyte_ml.errors import AmountError, ElectrolyteError, RecipeSyntaxError
from electrolyte_ml.formulation.amounts import (
    AdditiveBasis,
    Amounts,
    RatioBasis,
    SaltBasis,
    adds_up_to_hundred,
)
from electrolyte_ml.formulation.formulation import Formulation
from electrolyte_ml.formulation.notation.diagnosis import explain
from electrolyte_ml.formulation.notation.forms import Forms
from electrolyte_ml.formulation.notation.identifiers import read_identifier
from electrolyte_ml.formulation.notation.normalise import (
    KnownNames,
    depths,
    split_outside_brackets,
    tidy,
)
from electrolyte_ml.formulation.notation.parsed import (
    NamedAmount,
    ParsedRecipe,
    amounts_of,
    read_percentages,
    read_share,
    spread_basis,
)
from electrolyte_ml.formulation.notation.salts import read_salts
from electrolyte_ml.formulation.notation.solvents import (
    RATIO,
    SolventRatio,
    read_coefficients,
    read_solvents,
)
from electrolyte_ml.formulation.notation.spellings import ADDITIVE_UNIT_HELP, NUMBER
from electrolyte_ml.species import Catalog, default_catalog

# The "in" between salts and solvents; not that of "in volume" or "in a 1:1 volume ratio".
_IN = re.compile(
    r"\s+(?:(?:is|are)\s+)?(?:dissolved\s+)?in(?:to)?\s+"
    r"(?!(?:vol|weight|mass|mol(?:e|ar)?\b)"
    r"|an?\s+[\d.:/ ]*\(?(?:vol|weight|wt|mass|mol|[vw]/)\S*\s+ratio)",
    re.IGNORECASE,
)
# Joins additives to the base electrolyte, and solvents to each other.
_JOINT = re.compile(
    r"\s*\+\s*|\s+(?:with|and|containing|plus)\s+|\s+w/\s*(?=\d)|\s*[,;]\s+(?:and\s+|with\s+)?"
    r"|\s*;\s*|\s*&\s*",
    re.IGNORECASE,
)
_MASS_PERCENT = re.compile(r"(?:wt|weight|mass|w)\.?\s*-?%|%\s*\(?\s*(?:by\s+)?(?:w|mass)", re.I)
_ADDING = re.compile(r"\s+(?:with|containing)\s+", re.IGNORECASE)
_NUMBER_ALONE = re.compile(rf"^{NUMBER}\s+[A-Za-z]")
# A salt with its concentration behind the solvents: "EC:DEC 1:1 v/v 1 M NaPF6".
_LATE_SALT = re.compile(
    rf"(?<![+,;&])(?<!\band)(?<!\bwith)\s+(?={NUMBER}\s*(?:mM|M|m|mol\s*(?:/|L|l|kg|dm)\S*)\s+[A-Z\[])"
)
_SLASH = re.compile(r"\s*[/:|]\s*")


def parse_recipe(text: str, catalog: Catalog | None = None) -> Formulation:
    """Read a recipe as chemists write it.

    Parameters
    ----------
    text
        ``1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC``, ``0.8 M NaPF6 + 0.2 M NaFSI in DME``,
        ``NaFSI:DME:TTE 1:1.2:1 mol``, ``17 m NaClO4 (aq)``, ``DMC_EC|50_50|LiPF6|2``... Species
        are catalog names, aliases or SMILES. An ionic liquid, written as a cation with its anion,
        is a solvent where a solvent stands (``1 m NaFSI in Pyr13FSI``), and a salt where it has
        the amount of one (``1 m EMIMBF4 in PC``).
    catalog
        Species to look up; by default the one that ships with the package.

    Returns
    -------
    Formulation
        In canonical amounts; `Formulation.assumptions` lists assumptions of the conversion.

    Raises
    ------
    RecipeSyntaxError
        If the text does not follow the notation.
    AmountError
        If an amount, a unit or the basis of a ratio is missing or impossible.
    UnknownSpeciesError
        If a name is unknown; close names are suggested.
    InputErrors
        If several of these are wrong; one line for each.

    Examples
    --------
    >>> recipe = parse_recipe("1 mol/kg NaPF6 in EC:DEC 1:1 w/w")
    >>> recipe.mass_fractions
    {'EC': 0.5, 'DEC': 0.5}
    """
    return _reader(catalog or default_catalog()).formulation(text)


@lru_cache(maxsize=8)
def _reader(catalog: Catalog) -> _Reader:
    return _Reader(catalog)


class _Reader:
    """Reader of recipes; it remembers which names are known, and how recipes are written."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._names = KnownNames(catalog)
        self._forms = Forms(self._amounts)

    def formulation(self, text: str) -> Formulation:
        """The recipe; raises as `parse_recipe`."""
        known = self._forms.formulation(text) if isinstance(text, str) else None
        if known is not None:
            return known
        plain = tidy(text)
        try:
            return Formulation.from_amounts(self._amounts_of_plain(plain))
        except ElectrolyteError as error:
            reason = explain(plain)
            if reason is None:
                raise
            raise AmountError(reason) from error

    def _amounts(self, text: str) -> Amounts:
        return self._amounts_of_plain(tidy(text))

    def _amounts_of_plain(self, plain: str) -> Amounts:
        return amounts_of(_read(plain, self._names), self._catalog)


def _read(text: str, names: KnownNames) -> ParsedRecipe:
    made = read_identifier(text, names.is_known)
    if made is not None:
        return made
    if "_" in text and " " not in text:
        text = text.replace("_", " ")
    text = names.plain(text)
    whole = _whole_in_mass_percent(text, names)
    if whole is not None:
        return whole
    match = next((m for m in _IN.finditer(text) if depths(text)[m.start()] == 0), None)
    if match is not None:
        salts, rest = read_salts(text[: match.start()], names, must=True)
        if rest:
            raise RecipeSyntaxError(f"cannot read {rest!r} before 'in'")
        tail = text[match.end() :]
    else:
        salts, tail = read_salts(text, names, must=False)
        if not salts:
            tail = _LATE_SALT.sub(" + ", tail)
    if not tail or tail.casefold() == "in":
        raise RecipeSyntaxError(f"{text!r} names no solvent; write '... in SOLVENT'")
    solvents, additives = _solvents_and_additives(tail, names)
    if not salts and not additives and solvents.basis is RatioBasis.MASS:
        return _salts_apart(solvents, names)
    return ParsedRecipe(tuple(salts), solvents, tuple(additives))


def _whole_in_mass_percent(text: str, names: KnownNames) -> ParsedRecipe | None:
    """Read ``12.5 wt% NaPF6 + 43.75 wt% EC + 43.75 wt% DEC``; None where `text` is not that."""
    if text.count("%") < 2 or _IN.search(text):
        return None
    pieces = split_outside_brackets(text, _JOINT)[::2]
    if len(pieces) < 2 or not all(_MASS_PERCENT.search(piece) for piece in pieces):
        return None
    shares = [read_share(piece, names.is_known) for piece in pieces]
    mass = [s for s in shares if s is not None and s.basis is AdditiveBasis.MASS_PERCENT]
    salts = [names.is_salt(s.name) for s in mass]
    # A bare salt and its solvents: all are named, and nothing is left out of the hundred.
    if len(mass) < len(pieces) or not any(salts):
        return None
    if all(salts) and all(names.is_dissolved(s.name) for s in mass):
        return None
    if not adds_up_to_hundred([s.amount for s in mass]):
        return None
    return _salts_apart(
        SolventRatio(tuple(s.name for s in mass), tuple(s.amount for s in mass), RatioBasis.MASS),
        names,
    )


def _salts_apart(ratio: SolventRatio, names: KnownNames) -> ParsedRecipe:
    """A mass ratio with salts among its names: the salts in wt% of the whole."""
    pairs = list(zip(ratio.names, ratio.parts, strict=True))
    solvents = [pair for pair in pairs if not names.is_dissolved(pair[0])]
    total = sum(ratio.parts)
    if len(solvents) in (0, len(pairs)) or total <= 0:
        return ParsedRecipe((), ratio)
    return ParsedRecipe(
        tuple(
            NamedAmount(name, 100 * part / total, SaltBasis.MASS_PERCENT)
            for name, part in pairs
            if part > 0 and names.is_dissolved(name)
        ),
        SolventRatio(
            tuple(name for name, _ in solvents),
            tuple(part for _, part in solvents),
            RatioBasis.MASS,
        ),
    )


def _solvents_and_additives(text: str, names: KnownNames) -> tuple[SolventRatio, list[NamedAmount]]:
    text = spread_basis(text)
    pieces = split_outside_brackets(text, _JOINT)
    slashed = split_outside_brackets(text, _SLASH) if pieces[0].count("%") > 1 else []
    if len(slashed) > 1 and all(read_share(p, names.is_known) for p in slashed[::2]):
        return read_percentages(slashed, names.is_known)[0], []
    if read_share(pieces[0], names.is_known) is not None:
        solvents, pieces = read_percentages(pieces, names.is_known)
        return solvents, _additives(pieces, names)
    count = _count_of_solvents(pieces, names)
    solvent_text = "".join(pieces[: 2 * count - 1])
    solvents = read_coefficients(solvent_text, names.is_known) or read_solvents(
        solvent_text, names.is_known
    )
    return solvents, _additives(pieces[2 * count :], names)


def _count_of_solvents(pieces: list[str], names: KnownNames) -> int:
    """Number of pieces that are base solvents: all before the first share.

    In ``EC and DEC (1:1 v/v) and 2 wt% FEC`` that is two.
    """
    for i, piece in enumerate(pieces[::2]):
        if read_share(piece, names.is_known):
            return i
        if i and _NUMBER_ALONE.match(piece):
            raise AmountError(f"{piece!r} has no unit that is known; {ADDITIVE_UNIT_HELP}")
        if i and _ADDING.fullmatch(pieces[2 * i - 1]) and not RATIO.search(piece):
            return i
    return len(pieces[::2])


def _additives(pieces: list[str], names: KnownNames) -> list[NamedAmount]:
    additives = []
    for piece in pieces[::2]:
        share = read_share(piece, names.is_known)
        if share is None:
            raise AmountError(f"additive {piece!r} has no amount; {ADDITIVE_UNIT_HELP}")
        additives.append(share)
    return additives
