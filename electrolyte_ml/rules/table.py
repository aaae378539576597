"""The table of rules: what a colleague would say of a recipe, each with its severity and source."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from electrolyte_ml.errors import InputErrors
from electrolyte_ml.files import packaged_file
from electrolyte_ml.rules.cell import ANODES
from electrolyte_ml.rules.groups import groups
from electrolyte_ml.text import did_you_mean, nearest_or_all

_TABLE = "rules/tables/rules.toml"


class Severity(StrEnum):
    """How much a warning weighs, the gravest first.

    ``danger``: it may hurt somebody, or is no liquid electrolyte. ``caution``: it works only with a
    measure, or not for long. ``note``: good to know.
    """

    DANGER = "danger"
    CAUTION = "caution"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Rule:
    """A rule; all conditions that are given must hold. The table's head explains each.

    Attributes
    ----------
    name
        By which it is switched off.
    kind
        What it is about, such as ``hydrolysis``.
    severity
        Severity of its warning.
    text
        The warning, with names and amounts to fill in.
    source, verified
        DOI, handbook or safety data, and whether it was read for this rule.
    anions, solvents, with_solvents, without
        Names of groups.
    cations
        Names of cations.
    share, with_share, at_most
        Mass fractions of all solvents.
    only_free
        Mol of solvent by mol of salt below which the rule is silent; None if it never is.
    anodes, unnamed
        Negative electrodes; severity where the cell is not named, None for silence.
    voltage_above
        Upper voltage of the cell, V against Li/Li+.
    water_ppm_above, water_ppm_below
        Water by mass, ppm.
    predicted, above, below
        Name of a predicted property, and the range of its value.
    said
        Key of sentences of another model.
    replaces
        Rules that are silent where this one speaks.
    """

    name: str
    kind: str
    severity: Severity
    text: str
    source: str
    verified: bool
    anions: tuple[str, ...] = ()
    cations: tuple[str, ...] = ()
    solvents: tuple[str, ...] = ()
    with_solvents: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    share: float = 0.001
    with_share: float = 0.001
    at_most: float | None = None
    only_free: float | None = None
    anodes: tuple[str, ...] = ()
    unnamed: Severity | None = None
    voltage_above: float | None = None
    water_ppm_above: float | None = None
    water_ppm_below: float | None = None
    predicted: str = ""
    above: float | None = None
    below: float | None = None
    said: str = ""
    replaces: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Rule {self.name}, {self.severity}>"

    @property
    def is_of_structure(self) -> bool:
        """Whether the recipe and the cell alone decide, without any prediction."""
        return not (self.predicted or self.said)

    @property
    def is_of_pairs(self) -> bool:
        """Whether it speaks as soon as a salt and a solvent share a bottle, whatever else is in."""
        return bool(
            self.anions
            and self.solvents
            and self.is_of_structure
            and not (self.cations or self.with_solvents or self.without or self.anodes)
            and all(
                limit is None
                for limit in (
                    self.at_most,
                    self.only_free,
                    self.voltage_above,
                    self.water_ppm_above,
                    self.water_ppm_below,
                )
            )
        )

    def to_dict(self) -> dict[str, Any]:
        """The form of the command line's contract."""
        return {
            "rule": self.name,
            "kind": self.kind,
            "severity": str(self.severity),
            "text": self.text,
            "source": self.source,
            "verified": self.verified,
        }


@cache
def rules() -> Mapping[str, Rule]:
    """The rules by name, in the order of the table."""
    rows = tomllib.loads(packaged_file(_TABLE).read_text(encoding="utf-8"))
    found = {name: _rule(name, row) for name, row in rows.items()}
    faults = [fault for rule in found.values() for fault in _faults(rule, found)]
    if faults:
        raise InputErrors([f"{_TABLE}: {fault}" for fault in faults])
    return found


def _rule(name: str, row: Mapping[str, Any]) -> Rule:
    given: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}
    severity, unnamed = Severity(given.pop("severity")), given.pop("unnamed", None)
    return Rule(
        name=name,
        severity=severity,
        unnamed=None if unnamed is None else Severity(unnamed),
        **given,
    )


def _faults(rule: Rule, known: Mapping[str, Rule]) -> Iterable[str]:
    used = (*rule.anions, *rule.solvents, *rule.with_solvents, *rule.without)
    for name in used:
        if name not in groups():
            yield f"{rule.name}: unknown group {name!r}{nearest_or_all(name, groups())}"
    for name in rule.anodes:
        if name not in ANODES:
            yield f"{rule.name}: unknown anode {name!r}{nearest_or_all(name, ANODES)}"
    for name in rule.replaces:
        if name not in known:
            yield f"{rule.name}: replaces {name!r}, which is no rule"
    if not rule.source:
        yield f"{rule.name}: a rule without a source"


def require_rules(names: Iterable[str], *, also: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of rules, each once.

    Parameters
    ----------
    names
        As somebody gave them.
    also
        Other words that are allowed.

    Raises
    ------
    InputErrors
        If one is no rule; one line for each, with the nearest name.
    """
    found = tuple(dict.fromkeys(names))
    known = (*also, *rules())
    unknown = [name for name in found if name not in known]
    if unknown:
        raise InputErrors(
            [
                f"no rule is named {name!r}{did_you_mean(name, known)}; 'electrolyte-ml rules' "
                "lists all"
                for name in unknown
            ]
        )
    return found
