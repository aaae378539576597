"""Normalising recipe text: one spelling, no markup, no second names in brackets."""

from __future__ import annotations

import re
import unicodedata

from electrolyte_ml.errors import ElectrolyteError, RecipeSyntaxError
from electrolyte_ml.species import Catalog
from electrolyte_ml.species.chemistry import explicit_smiles, is_smiles

LONGEST_RECIPE = 500

_ENDLESS_NUMBER = re.compile(r"\d{40}")

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")

_RATIO_SIGNS = dict.fromkeys(map(ord, "∶：꞉"), ":")

_DOTS = dict.fromkeys(map(ord, "⋅•∙●‧・"), "·")

# Soft hyphen, zero-width spaces and joiners, byte order mark: invisible, and left by copying.
_INVISIBLE = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))

_SPELLINGS = _DASHES | _RATIO_SIGNS | _DOTS | _INVISIBLE

# Sub- and superscripts of HTML, and the LaTeX of formulas (LiPF$_6$, L$^{-1}$).
_HTML_SCRIPT = re.compile(r"</?su[bp]>", re.IGNORECASE)

_LATEX_DOT = re.compile(r"\\cdot\s*")

_LATEX = re.compile(r"\\[a-zA-Z]+|\\[,;:! ]|[${}]|_(?=\{?\d)")

_MASS_PPM = re.compile(
    r"(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*(?:ppm\s*-?w\b|ppm\s*\(?\s*(?:by\s+(?:weight|mass|wt)|w\s*/\s*w)\b\.?\s*\)?"
    r"|ppm\s*\(\s*(?:weight|mass|wt|w)\.?\s*\)|(?:wt|mass|weight)\.?\s*-?ppm\b"
    r"|mg\s*(?:/|per|·)?\s*kg(?:\s*\^?\s*\(?-\s*1\)?)?(?![A-Za-z]))"
)

# Up to the next separator outside the SMILES' own square brackets.
_GIVEN_SMILES = re.compile(r"smiles:\s*(?P<smiles>(?:\[[^\[\]\s]*\]|[^\s:,;+|\[\]])+)", re.I)

_LEADING_NOISE = re.compile(
    r"^(?:(?:an?|the)\s+)?(?:electrolytes?|solutions?)\s*(?:of\s+|[:=]\s*)", re.IGNORECASE
)

_TRAILING_NOISE = re.compile(r"\b(?:mixed\s+)?(?:electrolytes?|solutions?)$", re.IGNORECASE)

_STOPS = " .,;"

_GRADE = re.compile(
    r"(?<![\w-])(?:anhydrous|dry|neat|pure|battery[\s-]grade)\s+(?=[A-Za-z])", re.IGNORECASE
)

_IN_WATER = re.compile(
    r"\s+in\s+(?:an?\s+)?aqueous(?:\s+(?:solution|electrolyte|medium))?\s*$", re.IGNORECASE
)

_AQUEOUS = re.compile(r"\s*\((?:aq\.?|aqueous)\)|(?<![\w-])aqueous(?![\w-])|\saq\.?$", re.I)

_HAS_IN = re.compile(r"\s(?:in|dissolved)\s", re.IGNORECASE)

_NAME_START = re.compile(r"(?:^|(?<=[\s:/+,|-]))(?=[^\s:/+,|-])")

_SQUARE = re.compile(r"\[([^\[\]]+)\]")

# "2 MeTHF"; "1-ethyl-3-methylimidazolium FSI" begins with a locant.
_AMOUNT_FIRST = re.compile(r"\d[^\s-]*\s")

_MOST_WORDS = 8

# Pieces of text that are remembered; bounded for services that run for months.
_MOST_REMEMBERED = 20_000


def tidy(text: str) -> str:
    """Recipe text in one spelling: plain digits and dashes, single spaces, no markup.

    Raises
    ------
    RecipeSyntaxError
        If `text` is not a string, empty, too long, or holds control characters.
    """
    if not isinstance(text, str):
        raise RecipeSyntaxError(f"a recipe is text, given {type(text).__name__}")
    _check_length(text)
    plain = unicodedata.normalize("NFKC", _without_markup(text)).translate(_SPELLINGS)
    plain = " ".join(plain.split())
    # Again: normalising can expand one Unicode character to eighteen.
    _check_length(plain)
    if not plain:
        raise RecipeSyntaxError(
            "the recipe is empty; write for example '1 M NaPF6 in EC:DEC 1:1 v/v'"
        )
    if not plain.isprintable():
        raise RecipeSyntaxError(f"recipe holds control characters: {plain!r}")
    if _ENDLESS_NUMBER.search(plain):
        raise RecipeSyntaxError("a number of the recipe has more than 40 digits")
    if plain[0] == "-":
        raise RecipeSyntaxError(f"a recipe cannot start with a negative amount: {plain!r}")
    if [plain.count(b) for b in "(["] != [plain.count(b) for b in ")]"]:
        raise RecipeSyntaxError(f"a bracket is not closed, or closed twice, in {plain!r}")
    if "ppm" in plain or "mg" in plain:
        plain = _MASS_PPM.sub(_as_mass_percent, plain)
    while "smiles:" in plain.casefold() and _GIVEN_SMILES.search(plain):
        plain = _GIVEN_SMILES.sub(_in_brackets, plain)
    plain = _GRADE.sub("", _LEADING_NOISE.sub("", _aqueous(plain)))
    return _without_outer_brackets(_without_trailing_noise(plain)) or plain


def _as_mass_percent(match: re.Match[str]) -> str:
    """``200 ppmw`` and ``200 mg/kg`` as ``0.02 wt%``."""
    return f"{float(match['number']) / 1e4:.15g} wt%"


def _in_brackets(match: re.Match[str]) -> str:
    """``smiles:CCO`` as ``[CH3][CH2][OH]``, which is no name; brackets around it stay."""
    smiles, closing = match["smiles"], ""
    while smiles.endswith(")") and smiles.count(")") > smiles.count("("):
        smiles, closing = smiles[:-1], closing + ")"
    # A slash is a bond of the SMILES where that can be read, else it parts two names.
    cuts = [len(smiles), *(i for i in reversed(range(len(smiles))) if smiles[i] == "/")]
    for cut in cuts:
        if is_smiles(smiles[:cut]):
            return explicit_smiles(smiles[:cut]) + smiles[cut:] + closing
    return explicit_smiles(smiles)  # raises: nothing of it can be read


def _check_length(text: str) -> None:
    if len(text) > LONGEST_RECIPE:
        raise RecipeSyntaxError(
            f"recipe has {len(text)} characters, at most {LONGEST_RECIPE} are read"
        )


def _without_markup(text: str) -> str:
    if "<" in text:
        text = _HTML_SCRIPT.sub("", text)
    # A backslash alone is a bond of a SMILES.
    if "$" in text or "{" in text:
        text = _LATEX.sub("", _LATEX_DOT.sub("·", text))
    return text


def _without_trailing_noise(text: str) -> str:
    return _TRAILING_NOISE.sub("", text.rstrip(_STOPS)).rstrip(_STOPS)


def _aqueous(text: str) -> str:
    """Add ``in water`` to a recipe that is only called aqueous."""
    text = _IN_WATER.sub(" in water", text)
    if _AQUEOUS.search(text) and not _HAS_IN.search(text):
        without = " ".join(_AQUEOUS.sub(" ", text).split())
        return _without_trailing_noise(without) + " in water"
    return text


def _without_outer_brackets(text: str) -> str:
    """``(1 M NaPF6 in PC) + 2 wt% FEC`` without its brackets: "in" binds tighter than "+"."""
    if not text.startswith("("):
        return text
    level = depths(text)
    close = next((i for i, c in enumerate(text) if c == ")" and level[i] == 1), None)
    if close is None or not re.search(r"\s(?:in|dissolved)\s", text[:close]):
        return text
    return (text[1:close] + text[close + 1 :]).strip()


def split_outside_brackets(text: str, separator: re.Pattern[str]) -> list[str]:
    """Cut `text` at every match of `separator` outside brackets.

    Returns
    -------
    list of str
        Pieces and the separators between them, alternating, as `re.split` gives with a group.
    """
    depth = depths(text)
    pieces: list[str] = []
    start = 0
    for match in separator.finditer(text):
        if match.end() > match.start() and depth[match.start()] == 0 and match.start() >= start:
            pieces += [text[start : match.start()], match.group()]
            start = match.end()
    return [*pieces, text[start:]]


def depths(text: str) -> list[int]:
    """Number of open brackets at each character; a bracket counts as inside itself."""
    if "(" not in text and "[" not in text:
        return [0] * len(text)
    level = 0
    levels = []
    for character in text:
        if character in "([":
            level += 1
        levels.append(level)
        if character in ")]":
            level = max(level - 1, 0)
    return levels


class KnownNames:
    """Names of a catalog, recognised in pieces of recipe text.

    Parameters
    ----------
    catalog
        Species to look up.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._known: dict[str, bool] = {}

    def is_known(self, text: str) -> bool:
        """Whether `text` is a solvent or a salt, by name or SMILES."""
        if text not in self._known:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[text] = self.catalog.is_solvent(text) or self.catalog.is_salt(text)
        return self._known[text]

    def is_salt(self, text: str) -> bool:
        """Whether `text` is written as a salt."""
        return self.catalog.is_salt(text)

    def is_dissolved(self, text: str) -> bool:
        """Whether `text` is a salt that cannot stand in the place of a solvent."""
        return self.is_salt(text) and not self.catalog.is_ionic_liquid(text)

    def plain(self, text: str) -> str:
        """`text` without second names: ``ethylene carbonate (EC)`` becomes ``ethylene carbonate``.

        A name alone in brackets, as in ``1 M (NaPF6) in PC`` or ``[NaFSI]:[DME]``, loses them.

        Raises
        ------
        RecipeSyntaxError
            If the name in brackets belongs to another species than the one before it.
        """
        if "[" in text:
            text = _SQUARE.sub(lambda m: m[1] if self._identity(m[1]) else m[0], text)
        if "(" not in text:
            return text
        for start, end in reversed(_top_level_brackets(text)):
            inside = text[start + 1 : end].strip()
            # NaB(hfip)4 is one formula.
            in_formula = text[start - 1 : start].isalnum() and text[end + 1 : end + 2].isdigit()
            identity = None if in_formula else self._identity(inside)
            if identity is None:
                continue
            before = text[:start].rstrip()
            long_name = self._name_at_end(before)
            if long_name is None:
                joint = " " if before and before[-1].isalnum() else ""
                text = f"{before}{joint}{inside}{text[end + 1 :]}"
            elif self._identity(long_name) == identity:
                text = before + text[end + 1 :]
            else:
                raise RecipeSyntaxError(
                    f"'{long_name} ({inside})' names two species, {identity} and "
                    f"{self._identity(long_name)}; write one of them, or both with their ratio"
                )
        return text

    def _identity(self, name: str) -> str | None:
        """Catalog name of the species `name`; None for a SMILES or an unknown name."""
        if not name or _AMOUNT_FIRST.match(name):
            return None
        if self.catalog.has_solvent_named(name):
            return self.catalog.solvent(name).name
        try:
            return self.catalog.salt(name).name if self.catalog.has_salt_named(name) else None
        except ElectrolyteError:
            return None

    def _name_at_end(self, text: str) -> str | None:
        """Longest name of the catalog that `text` ends with."""
        starts = [m.start() for m in _NAME_START.finditer(text)][-_MOST_WORDS:]
        return next((text[s:] for s in starts if self._identity(text[s:]) is not None), None)


def _top_level_brackets(text: str) -> list[tuple[int, int]]:
    """Positions of each ``(`` and its ``)`` outside other brackets."""
    level = depths(text)
    opened = [i for i, c in enumerate(text) if c == "(" and level[i] == 1]
    closed = [i for i, c in enumerate(text) if c == ")" and level[i] == 1]
    return list(zip(opened, closed, strict=False))
