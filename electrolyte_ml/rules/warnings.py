"""Warnings of recipes: the rules of the table that speak, each with its text filled in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.rules.cell import Cell
from electrolyte_ml.rules.groups import groups_of
from electrolyte_ml.rules.table import Rule, Severity, require_rules, rules
from electrolyte_ml.units import ZERO_CELSIUS_K

# Less of an additive or a salt does nothing: below any recipe that is in use.
_FEWEST_ADDITIVE, _FEWEST_SALT_MOL_KG = 0.004, 0.02
# Water is written as percent from here on.
_MUCH_WATER_PPM = 10_000.0
# Percent; two digits would write it as 1e+02.
_ALL_BUT_ROUNDING = 99.5
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RecipeWarning:
    """What a colleague would say of a recipe before it is made.

    Attributes
    ----------
    rule
        Name of the rule, by which it is switched off.
    kind
        What it is about, such as ``hydrolysis``.
    severity
        ``danger``, ``caution`` or ``note``.
    text
        One sentence that names the components.
    source
        Where it is known from.
    verified
        Whether the source was read for this rule.
    """

    rule: str
    kind: str
    severity: Severity
    text: str
    source: str
    verified: bool

    def __repr__(self) -> str:
        return f"<RecipeWarning {self.severity}, {self.rule}>"

    def __str__(self) -> str:
        return f"{self.severity}: {self.text}"

    def to_dict(self) -> dict[str, Any]:
        """The form of the command line's contract."""
        return {
            "kind": self.kind,
            "severity": str(self.severity),
            "text": self.text,
            "source": self.source,
            "verified": self.verified,
            "rule": self.rule,
        }


def recipe_warnings(
    formulations: Sequence[Formulation],
    *,
    cell: Cell | None = None,
    off: Sequence[str] = (),
    predictions: Mapping[str, Prediction] | None = None,
    said: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> tuple[tuple[RecipeWarning, ...], ...]:
    """Warnings of recipes, the gravest first.

    Parameters
    ----------
    formulations
        Recipes, length n; the same object may stand in many rows.
    cell
        The cell they are for; nothing is known of it by default.
    off
        Names of rules that are switched off.
    predictions
        Predicted properties by name, n rows; rules of a property that is not here are silent.
    said
        Sentences of other models by the key of a rule, n rows each.

    Returns
    -------
    tuple of tuple of RecipeWarning
        Length n.

    Raises
    ------
    InputErrors
        If no rule has a name in `off`.
    """
    checker = _checker(cell or Cell(), require_rules(off))
    distinct = {id(f): f for f in formulations}
    of_recipe = {key: checker.of_structure(f) for key, f in distinct.items()}
    more = checker.of_predictions(len(formulations), predictions or {}, said or {})
    plain = {key: _in_order(spoken) for key, spoken in of_recipe.items()}
    return tuple(
        _in_order({**of_recipe[id(formulation)], **more[row]})
        if row in more
        else plain[id(formulation)]
        for row, formulation in enumerate(formulations)
    )


#: Warnings of one recipe by the name of the rule.
_Spoken = dict[str, RecipeWarning]


def _in_order(spoken: _Spoken) -> tuple[RecipeWarning, ...]:
    """Warnings without those that a graver one replaces, the gravest first."""
    if not spoken:
        return ()
    table = rules()
    silent = {other for w in spoken.values() for other in table[w.rule].replaces}
    kept = [w for w in spoken.values() if w.rule not in silent]
    return tuple(sorted(kept, key=lambda w: _RANK[w.severity]))


@dataclass(frozen=True, slots=True)
class _Components:
    """Components of a recipe without their amounts: names, and groups of solvents and anions."""

    solvents: tuple[str, ...]
    salts: tuple[str, ...]
    cations: tuple[str, ...]
    of_solvents: tuple[frozenset[str], ...]
    of_anions: tuple[frozenset[str], ...]


def _components(formulation: Formulation) -> _Components:
    salts = [s.salt for s in formulation.salts]
    return _Components(
        tuple(s.solvent.name for s in formulation.solvents),
        tuple(salt.name for salt in salts),
        tuple(salt.cation.name for salt in salts),
        tuple(groups_of(s.solvent) for s in formulation.solvents),
        tuple(groups_of(salt.anion) for salt in salts),
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A rule that the components of a recipe may break, with their places in the recipe.

    `words` fill in its text, all but the amounts; `warning` is whole where no amount is in it.
    """

    rule: Rule
    severity: Severity
    solvents: tuple[int, ...]
    with_solvents: tuple[int, ...]
    stopping_solvents: tuple[int, ...]
    stopping_salts: tuple[int, ...]
    words: Mapping[str, str]
    warning: RecipeWarning | None


class _Checker:
    """Rules that are on, for one cell. What the components decide is worked out once a set."""

    def __init__(self, cell: Cell, off: tuple[str, ...]) -> None:
        self.cell = cell
        on = [rule for rule in rules().values() if rule.name not in off]
        self.of_cell = [
            (rule, severity)
            for rule in on
            if rule.is_of_structure and (severity := self._severity(rule)) is not None
        ]
        self.predicted = [rule for rule in on if not rule.is_of_structure]
        self.candidates = lru_cache(maxsize=65536)(self._candidates)

    def of_structure(self, formulation: Formulation) -> _Spoken:
        """Warnings that the recipe and the cell alone decide."""
        components = _components(formulation)
        water_ppm = self._water_ppm(formulation, components)
        return {
            found.rule.name: found.warning or _with_amounts(found, formulation, water_ppm)
            for found in self.candidates(components)
            if _holds(found, formulation, water_ppm)
        }

    def of_predictions(
        self,
        n_rows: int,
        predictions: Mapping[str, Prediction],
        said: Mapping[str, Sequence[Sequence[str]]],
    ) -> dict[int, _Spoken]:
        """Warnings that follow from predictions, by row."""
        found: dict[int, _Spoken] = {}
        for rule in self.predicted:
            if rule.predicted in predictions:
                values = np.asarray(predictions[rule.predicted].value, dtype=np.float64)
                low = -np.inf if rule.above is None else rule.above
                high = np.inf if rule.below is None else rule.below
                for row in np.flatnonzero((values >= low) & (values < high)).tolist():
                    value = values[row] - ZERO_CELSIUS_K * rule.predicted.endswith("_k")
                    warning = _filled(rule, rule.severity, {"value": f"{value:.0f}"})
                    found.setdefault(row, {})[rule.name] = warning
            for row, sentences in enumerate(said.get(rule.said, ()) if rule.said else ()):
                for number, sentence in enumerate(sentences):
                    warning = _filled(rule, rule.severity, {"said": sentence})
                    found.setdefault(row, {})[f"{rule.name}:{number}"] = warning
        return {row: spoken for row, spoken in found.items() if row < n_rows}

    def _severity(self, rule: Rule) -> Severity | None:
        """Severity for this cell; None where the rule is not about it."""
        if rule.anodes:
            if self.cell.anode is None:
                return rule.unnamed
            if self.cell.anode not in rule.anodes:
                return None
        if rule.voltage_above is not None and self.cell.upper_voltage_v is None:
            return rule.unnamed
        return rule.severity

    def _candidates(self, components: _Components) -> tuple[_Candidate, ...]:
        """Rules that these components may break, whatever their amounts."""
        found = (
            self._candidate(rule, severity, components)
            for rule, severity in self.of_cell
            if self._charged(rule, components.cations)
        )
        return tuple(candidate for candidate in found if candidate is not None)

    def _candidate(
        self, rule: Rule, severity: Severity, components: _Components
    ) -> _Candidate | None:
        of = components.of_solvents
        solvents, beside = _places(of, rule.solvents), _places(of, rule.with_solvents)
        salts = _places(components.of_anions, rule.anions)
        cations = tuple(dict.fromkeys(c for c in components.cations if c in rule.cations))
        asked = (
            (rule.solvents and rule.at_most is None, solvents),
            (rule.with_solvents, beside),
            (rule.anions, salts),
            (rule.cations, cations),
        )
        if not all(present for wanted, present in asked if wanted):
            return None
        words = {
            "salts": ", ".join(components.salts[i] for i in salts),
            "solvents": ", ".join(components.solvents[i] for i in solvents),
            "with_solvents": ", ".join(components.solvents[i] for i in beside),
            "cations": ", ".join(cations),
            "anode": self.cell.anode or "",
            "voltage": _voltage_words(self.cell, components.cations),
        }
        has_amounts = "{share}" in rule.text or "{water}" in rule.text
        return _Candidate(
            rule=rule,
            severity=severity,
            solvents=solvents,
            with_solvents=beside,
            stopping_solvents=_places(of, rule.without),
            stopping_salts=_places(components.of_anions, rule.without),
            words=words,
            warning=None if has_amounts else _filled(rule, severity, words),
        )

    def _charged(self, rule: Rule, cations: tuple[str, ...]) -> bool:
        """Whether the cell is charged far enough for the rule, or its voltage is not known."""
        if rule.voltage_above is None or self.cell.upper_voltage_v is None:
            return True
        volts = [self.cell.upper_voltage_vs_lithium(name) for name in cations or ("Li",)]
        return max(v for v in volts if v is not None) > rule.voltage_above

    def _water_ppm(self, formulation: Formulation, components: _Components) -> float:
        """Water of the recipe and of the cell, ppm by mass of the electrolyte."""
        given = self.cell.water_ppm or 0.0
        places = _places(components.of_solvents, ("water",))
        if not places:
            return given
        own = _share(formulation, places) / (1 + formulation.salt_mass_per_kg_solvent)
        return 1e6 * own + given


@lru_cache(maxsize=64)
def _checker(cell: Cell, off: tuple[str, ...]) -> _Checker:
    return _Checker(cell, off)


def _places(of: Sequence[frozenset[str]], wanted: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(i for i, held in enumerate(of) if not held.isdisjoint(wanted))


def _share(formulation: Formulation, places: tuple[int, ...]) -> float:
    return sum(formulation.solvents[i].mass_fraction for i in places)


def _holds(found: _Candidate, formulation: Formulation, water_ppm: float) -> bool:
    """Whether the amounts of a recipe break a rule."""
    rule = found.rule
    if rule.at_most is not None:
        if _share(formulation, found.solvents) > rule.at_most:
            return False
    elif found.solvents and _share(formulation, found.solvents) < rule.share:
        return False
    if found.with_solvents and _share(formulation, found.with_solvents) < rule.with_share:
        return False
    if rule.water_ppm_above is not None and water_ppm < rule.water_ppm_above:
        return False
    if rule.water_ppm_below is not None and water_ppm >= rule.water_ppm_below:
        return False
    if rule.without and _stopped(found, formulation):
        return False
    return rule.only_free is None or _free(formulation) >= rule.only_free


def _stopped(found: _Candidate, formulation: Formulation) -> bool:
    """Whether enough of what makes the rule needless is in the bottle."""
    return any(
        formulation.solvents[i].mass_fraction >= _FEWEST_ADDITIVE for i in found.stopping_solvents
    ) or any(
        formulation.salts[i].molality_mol_kg >= _FEWEST_SALT_MOL_KG for i in found.stopping_salts
    )


def _free(formulation: Formulation) -> float:
    """Mol of solvents that are no diluents by mol of salt; infinite without salt."""
    salts = formulation.molality_mol_kg
    moles = sum(s.moles_per_kg for s in formulation.solvents if s.role != "diluent")
    return moles / salts if salts else float("inf")


def _with_amounts(found: _Candidate, formulation: Formulation, water_ppm: float) -> RecipeWarning:
    share = 100 * _share(formulation, found.solvents)
    much = water_ppm >= _MUCH_WATER_PPM
    amounts = {
        "share": f"{share:.2g}" if share < _ALL_BUT_ROUNDING else "100",
        "water": f"{water_ppm / 1e4:.2g} %" if much else f"{water_ppm:.3g} ppm",
    }
    return _filled(found.rule, found.severity, {**found.words, **amounts})


def _voltage_words(cell: Cell, cations: Sequence[str]) -> str:
    """Upper voltage of a cell, of other metals than lithium also against Li/Li+."""
    if cell.upper_voltage_v is None:
        return "more"
    metal = next(iter(cations), "Li")
    own = f"{cell.upper_voltage_v:g} V"
    against_lithium = cell.upper_voltage_vs_lithium(metal)
    if against_lithium is None or math.isclose(against_lithium, cell.upper_voltage_v):
        return own
    return f"{own} against {metal}/{metal}+, about {against_lithium:.1f} V against Li/Li+"


def _filled(rule: Rule, severity: Severity, words: Mapping[str, str]) -> RecipeWarning:
    return RecipeWarning(
        rule=rule.name,
        kind=rule.kind,
        severity=severity,
        text=rule.text.format(**words),
        source=rule.source,
        verified=rule.verified,
    )
