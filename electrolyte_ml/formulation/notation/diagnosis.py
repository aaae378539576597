"""Why a recipe could not be read: common slips, each with its remedy.

The patterns are tried only after reading has failed, so they can never reject a good recipe.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation.notation.spellings import NUMBER, SALT_UNIT_HELP
from electrolyte_ml.species import normalise_name

_UNIT = r"(?:mM|M|m|mol\w*|molal|molar|wt|vol|mass|%)"
_SLIPS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), message)
    for pattern, message in (
        (
            rf"(?<![\w.,-])[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d+)?(?=\s*(?:{_UNIT}|[μu]M)(?![a-z]{{3}}))",
            "{found!r}: is the comma a thousands separator or a decimal comma? write the number "
            "without a comma: 1000, or 1.0",
        ),
        (
            rf"(?<![\w.,-])\d+,\d+(?=\s*(?:{_UNIT}(?![a-z]{{3}})|[:/)]|[vw]\b))",
            "{found!r} has a decimal comma; write a point: 0.5, not 0,5",
        ),
        (
            rf"(?<!\w){NUMBER}\s*(?:-|to|~|\.\.+)\s*{NUMBER}\s*-?\s*{_UNIT}(?!\w)",
            "{found!r} is a range; a recipe has one amount, so write one recipe for each",
        ),
        (
            rf"{NUMBER}\s*(?:±|\+/-|\+-)\s*{NUMBER}",
            "{found!r} has an uncertainty; write the amount alone",
        ),
        (
            rf"(?:~|≈|≃|<|>|≤|≥|\b(?:ca|about|circa|approx\w*|around)\b\.?)\s*{NUMBER}",
            "{found!r} is no exact amount; write the number that was weighed",
        ),
        (r"(?i)\bnan\b|(?<!\w)inf(?:inity)?\b|∞", "{found!r} is no amount; write a number"),
        (
            rf"{NUMBER}\s*M\s*(?:/\s*|\s)(?:L|l|kg|dm)(?![A-Za-z])",
            "{found!r} divides twice: M is mol/L already; " + SALT_UNIT_HELP,
        ),
        (
            rf"{NUMBER}\s*m\s*/\s*(?:L|l|kg)(?![A-Za-z])",
            "{found!r} divides twice: m is mol/kg already; " + SALT_UNIT_HELP,
        ),
        (rf"{NUMBER}\s*N\b", "{found!r} is a normality, which depends on the reaction; write M"),
        (
            rf"{NUMBER}\s*pp[mb]\b",
            "{found!r} of what? parts by mass or by volume; write ppmw, wt% or vol% (1 ppm is "
            "0.0001 %)",
        ),
        (
            rf"(?i){NUMBER}\s*(?:mol(?:ar)?\.?\s*)?(?:equiv\w*|eq)\b\.?",
            "{found!r} of what? write the whole recipe as a mole ratio: 'NaFSI:DME 1:2 mol'",
        ),
        (
            r"(?i)\b(?:saturated|sat\.|supersaturated|dilute|diluted|concentrated|excess|traces?|"
            r"some|a few drops)(?!\w)",
            "{found!r} is no amount; " + SALT_UNIT_HELP,
        ),
        (
            rf"{NUMBER}\s*(?:k|m|µ|μ)?(?:g|L|l)\b(?!\s*/\s*mol)|{NUMBER}\s*(?:cm3|cc)\b",
            "{found!r}: masses and volumes are not read, because a recipe has no batch size; "
            + SALT_UNIT_HELP,
        ),
        (
            rf"(?<![\w.:/-])(?<![:/]\s){NUMBER}\s*m?mol(?:es?)?\b(?!\s*(?:/|%|·|\*|\.|per|L|l|dm|kg|m-?3))",
            "{found!r} of how much? " + SALT_UNIT_HELP,
        ),
        (rf"{NUMBER}\s*m\s*%", "{found!r} of what? write wt%, vol% or mol%"),
        (r"(?i)\beach\b|\brespectively\b", "{found!r}: give each component its own amount"),
        (r"(?<=\s)or(?=\s)", "{found!r} leaves a choice; write one recipe for each"),
        (
            rf"(?<=\w)\s+-\s+{NUMBER}\s*{_UNIT}(?=\s+[A-Z])",
            "{found!r}: is the dash a minus, or does it join two components? write + between them",
        ),
        (
            rf"(?:^|[\s(=:,/])-\s*{NUMBER}",
            "{found!r} is a negative amount; every amount must be positive",
        ),
        (
            rf"(?<![\w.:/-])(?<![:/]\s){NUMBER}\s*(?:wt|vol|mass|weight)\b(?!\.?\s*-?\s*(?:%|per))",
            "{found!r} has no percent sign; write wt% or vol%",
        ),
        (
            rf"(?i)(?<=wt|ol|/w|/v)\s+{NUMBER}\s*%(?!\s*-?\s*(?:w|v|mol|mass|\())\s*[A-Z]\w*",
            "{found!r}: percent of what? write + and the basis, as '+ 2 wt% FEC' (of the whole "
            "electrolyte), wt% of base, or vol%",
        ),
        (
            r"(?<=v/v|w/w|vol|mol| wt)\s*\+\s*[A-Za-z][\w-]*\s*$",
            "{found!r} has no amount; write wt% (of the whole electrolyte), wt% of base, or vol%",
        ),
        (
            rf"(?<![\w.])\d+\.\d+\.[\d.]*(?=\s*{_UNIT}(?![a-z]{{3}}))",
            "{found!r} is no number; write one point",
        ),
        (
            rf"{NUMBER}\s*;\s*{NUMBER}",
            "{found!r}: write a ratio with colons, as 1:1 v/v",
        ),
        (
            rf"=\s*{NUMBER}\s*(?![\d.:/%\s-]|mol|M|m|[Vv]ol|[Ww]t)|=\s*{NUMBER}$|=\s*{NUMBER}\s+[vw]/",
            "{found!r}: a ratio needs a number for each component, as EC:DEC = 1:1 v/v",
        ),
        (
            r"\([^()]*\sin\s+(?!vol|weight|mass|mol|an?\s)[^()]*\)",
            "{found!r}: a recipe inside a recipe is not read; write the final composition",
        ),
        (
            r"^\(?(?:mM|M|m|mol(?:/\w+)?|wt\s*%)\s+(?=[A-Z])",
            "{found!r} has no number before it; " + SALT_UNIT_HELP,
        ),
        (
            r"(?i)(?:\bat\s|[,;@]\s|\()\s*-?\d+(?:\.\d+)?\s*(?:°\s*C|degC|°|K|C)\b",
            "{found!r}: a recipe has no temperature; leave it out of the recipe",
        ),
        (r"\d·\d", "{found!r} has a dot in the middle; write a point: 0.5"),
        (
            rf"^\d+\s*[/⁄]\s*\d+\s*{_UNIT}(?!\w)",
            "{found!r} is a fraction; write a decimal number: 0.5",
        ),
        (
            rf"^\S+\s+in\s+\S.*?\s\(?(?P<amount>{NUMBER}\s*(?:M|m|mM|mol\s*/\s*\S+|mol\s*(?:L|l|kg)\S*))\)?$",
            "{found!r}: the amount stands behind the solvents; write it before the salt: "
            "'1 M SALT in ...'",
        ),
        (
            rf"^[A-Z]\w*\s+in\s+[\w:/-]+\s+\(?{NUMBER}\s*[:/]",
            "{found!r}...: the salt has no amount of its own; write it into the ratio, as "
            "NaFSI:DME 1:1.5 mol",
        ),
        (
            r"(?<=in )\((?=[^()]*[+,])[^()]*%[^()]*\)",
            "{found!r}: is the concentration that before, or after what stands there was mixed? "
            "write '... in PC + 2 wt% FEC' for before, '... in PC:FEC 98:2 w/w' for after",
        ),
        (
            r"\[\s*(?:Li|Na|K)\s*\(\w+\)\s*\d*\s*\]|\b(?:Li|Na|K)\(G\d\)\d*",
            "{found!r} is a solvate; write the salt and its solvent in moles, as NaFSI:G3 1:1 mol",
        ),
        (
            r"(?<!\w)(?:[A-Z]{2,}\d+(?:\.\d+)?){2,}(?!\w)",
            "{found!r} has its numbers between the names; write EC:DEC 30:70 v/v, w/w or mol/mol",
        ),
        (
            r"%\s*\)\s*[A-Z]\w*",
            "{found!r}: write a colon, a comma or + between two components",
        ),
    )
)
_WORD = re.compile(r"[A-Za-z][\w-]*(?:\s\d+)?")


def explain(text: str) -> str | None:
    """Common slip in a recipe that could not be read, with its remedy; None if none matches.

    Parameters
    ----------
    text
        Tidied recipe text.
    """
    foreign = _foreign_letter(text)
    if foreign is not None:
        return foreign
    for pattern, message in _SLIPS:
        match = pattern.search(text)
        if match is not None:
            return message.format(found=match.group().strip())
    for word in _WORD.findall(text):
        for name in (word, word.split(" ")[0]):
            reason = _ambiguous_names().get(normalise_name(name))
            if reason is not None:
                return f"{name!r} {reason}"
    return None


def _foreign_letter(text: str) -> str | None:
    """Letter that only looks like a Latin one, as the Cyrillic C; None if there is none.

    Small Greek letters belong to names (as of gamma-butyrolactone) and to units.
    """
    for word in () if text.isascii() else text.split():
        for letter in word:
            if letter.isascii() or not letter.isalpha():
                continue
            name = unicodedata.name(letter, "")
            if name.startswith(("CYRILLIC", "ARMENIAN", "CHEROKEE", "GREEK CAPITAL")):
                return (
                    f"{letter!r} in {word!r} is the letter {name}, which only looks like a Latin "
                    "one; type the word again"
                )
    return None


@cache
def _ambiguous_names() -> dict[str, str]:
    """Names with several meanings in the literature, and the clear ones to write instead."""
    rows = packaged_table("formulation/ambiguous_names.csv")
    return {normalise_name(row["name"]): row["reason"] for row in rows}
