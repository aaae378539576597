"""Recipes in machine-made identifiers: CompositionIDs and file names.

A *CompositionID* lists solvents, their mass percentages, salts and their molalities:
``DMC_EC|50_50|LiPF6|2`` (data of Clio [1]_). A file name lists salts, solvents with their ratio,
concentrations and additives: ``NaPF6-NaFSI_DME_0p8M-0p2M``, ``NaFSI_DME-TTE_r-1-2p25-3`` (``p`` for
the decimal point, ``r`` for a ratio of moles), ``NaPF6_PC_1M_FEC2wt``.

References
----------
.. [1] Dave et al., Nature Communications 2022, 13, 5454.
   https://doi.org/10.1038/s41467-022-32938-1
"""

from __future__ import annotations

import re
from collections.abc import Callable

from electrolyte_ml.errors import AmountError, RecipeSyntaxError
from electrolyte_ml.formulation.amounts import AdditiveBasis, RatioBasis, SaltBasis
from electrolyte_ml.formulation.notation.parsed import NamedAmount, ParsedRecipe
from electrolyte_ml.formulation.notation.solvents import SolventRatio, solvent_ratio
from electrolyte_ml.formulation.notation.spellings import ADDITIVE_UNIT_HELP

_COMPOSITION_ID = re.compile(
    r"^(?P<solvents>[^|\s]+)\|(?P<shares>[\d._]+)(?:\|(?P<salts>[^|\s]+)\|(?P<molalities>[\d._]+))?$"
)
_LOOKS_LIKE_ID = re.compile(r"_[^|]*\||\|[\d._]+(?:\||$)")
_EXTENSION = re.compile(r"\.[a-z]{3,4}$")
_NUMBER = r"\d+(?:[p.]\d+)?"
_CONCENTRATIONS = re.compile(rf"^{_NUMBER}[Mm](?:-{_NUMBER}[Mm])*(?:-r\d+)?$")
_MOLE_RATIO = re.compile(rf"^r(?:-{_NUMBER})+$")
_SOLVENTS_AND_RATIO = re.compile(
    rf"^(?P<names>.*?)(?P<ratio>(?:-{_NUMBER})*)(?:-?(?P<basis>vol|wt|mol|v|w))?$"
)
_ADDITIVE = re.compile(rf"^(?P<name>.*?\D)(?P<amount>{_NUMBER})(?P<unit>[a-z%]*)$")
_ADDITIVE_UNITS = {
    "wt": AdditiveBasis.MASS_PERCENT,
    "wtpct": AdditiveBasis.MASS_PERCENT,
    "vol": AdditiveBasis.VOLUME_PERCENT,
    "volpct": AdditiveBasis.VOLUME_PERCENT,
}


def read_identifier(text: str, is_known: Callable[[str], bool]) -> ParsedRecipe | None:
    """Read a composition identifier or a file name; None if `text` is neither.

    Raises
    ------
    RecipeSyntaxError
        If counts of names and numbers differ.
    AmountError
        If shares do not add up, a ratio has no basis, or an additive has no unit.
    """
    if " " in text:
        return None
    if "|" in text:
        match = _COMPOSITION_ID.match(text)
        if match is None and _LOOKS_LIKE_ID.search(text):
            raise RecipeSyntaxError(
                f"{text!r} is no whole composition identifier; write solvents|mass percentages or "
                "solvents|mass percentages|salts|molalities, as DMC_EC|50_50|LiPF6|2"
            )
        return None if match is None else _composition_id(match)
    if "_" not in text:
        return None
    fields = _EXTENSION.sub("", text).split("_")
    if len(fields) < 3 or not (_CONCENTRATIONS.match(fields[2]) or _MOLE_RATIO.match(fields[2])):
        return None
    return _file_name(fields, is_known)


def _composition_id(match: re.Match[str]) -> ParsedRecipe:
    solvents = _paired(match["solvents"], match["shares"])
    salts = _paired(match["salts"] or "", match["molalities"] or "")
    total = sum(share for _, share in solvents)
    # Shares are whole numbers, rounded one by one, of 100 or, with more digits, of 1000.
    if not any(abs(total - whole) <= len(solvents) for whole in (100, 1000)):
        raise AmountError(
            f"mass percentages in {match.group()!r} must sum to 100, they sum to {total:g}"
        )
    return ParsedRecipe(
        salts=tuple(NamedAmount(name, m, SaltBasis.MOLALITY) for name, m in salts if m != 0),
        solvents=SolventRatio(
            tuple(name for name, _ in solvents),
            tuple(share for _, share in solvents),
            RatioBasis.MASS,
        ),
    )


def _paired(names: str, numbers: str) -> list[tuple[str, float]]:
    if not names:
        return []
    names_list, numbers_list = names.split("_"), numbers.split("_")
    if len(names_list) != len(numbers_list) or not all(map(_is_number, numbers_list)):
        raise RecipeSyntaxError(
            f"{names!r} and {numbers!r} of a composition identifier must have one number a name"
        )
    return [(name, float(n)) for name, n in zip(names_list, numbers_list, strict=True)]


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(?:\.\d*)?", text) is not None


def _file_name(fields: list[str], is_known: Callable[[str], bool]) -> ParsedRecipe:
    salts, solvents, amounts = fields[0].split("-"), fields[1], fields[2]
    additives = tuple(_additive(field) for field in fields[3:])
    if _MOLE_RATIO.match(amounts):
        names = [*salts, *_names(solvents, is_known)]
        numbers = [_decimal(n) for n in amounts.split("-")[1:]]
        _check_counts(names, numbers, amounts)
        return ParsedRecipe((), solvent_ratio(names, numbers, "mol"), additives)
    concentrations = [c for c in amounts.split("-") if not c.startswith("r")]
    _check_counts(salts, concentrations, amounts)
    return ParsedRecipe(
        salts=tuple(
            NamedAmount(
                salt,
                _decimal(c[:-1]),
                SaltBasis.MOLARITY if c[-1] == "M" else SaltBasis.MOLALITY,
            )
            for salt, c in zip(salts, concentrations, strict=True)
        ),
        solvents=_solvents(solvents, is_known),
        additives=additives,
    )


def _solvents(text: str, is_known: Callable[[str], bool]) -> SolventRatio:
    if is_known(text):
        return SolventRatio((text,), (1.0,), None)
    match = _SOLVENTS_AND_RATIO.match(text)
    if match is None or not match["ratio"]:
        return SolventRatio((text,), (1.0,), None)
    numbers = [_decimal(n) for n in match["ratio"].split("-")[1:]]
    names = _names(match["names"], is_known)
    _check_counts(names, numbers, text)
    return solvent_ratio(names, numbers, match["basis"] or "")


def _names(text: str, is_known: Callable[[str], bool]) -> list[str]:
    """Cut names at hyphens, and join those that are parts of one name, as in ``2-MeTHF``."""
    names: list[str] = []
    for piece in text.split("-"):
        if names and is_known(f"{names[-1]}-{piece}"):
            names[-1] += f"-{piece}"
        else:
            names.append(piece)
    return names


def _additive(text: str) -> NamedAmount:
    match = _ADDITIVE.match(text)
    basis = _ADDITIVE_UNITS.get(match["unit"]) if match else None
    if match is None or basis is None:
        raise AmountError(f"additive {text!r} of a file name: {ADDITIVE_UNIT_HELP}, as FEC2wt")
    return NamedAmount(match["name"], _decimal(match["amount"]), basis)


def _check_counts(names: list[str], numbers: list[float] | list[str], text: str) -> None:
    if len(names) != len(numbers):
        raise RecipeSyntaxError(
            f"{text!r} has {len(numbers)} numbers for {len(names)} names: {', '.join(names)}"
        )


def _decimal(text: str) -> float:
    return float(text.replace("p", "."))
