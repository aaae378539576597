"""Which rules are on, and which of them a search obeys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from electrolyte_ml.errors import InputErrors
from electrolyte_ml.rules.cell import Cell
from electrolyte_ml.rules.groups import groups_of
from electrolyte_ml.rules.table import Rule, Severity, require_rules, rules
from electrolyte_ml.rules.warnings import RecipeWarning
from electrolyte_ml.species import Salt, Solvent

# Of a cell whose anode is named, a search asks for the film former that the anode needs.
_WITH_ANODE = "reduction"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """Rules of a problem.

    Attributes
    ----------
    off
        Names of rules that are switched off.
    forbid
        Severities, kinds or names of rules: a search proposes no recipe that such a rule speaks
        of. None for the default: whatever is a danger, and, where the cell names its anode,
        whatever lacks the film former that this anode needs.

    Raises
    ------
    InputErrors
        If a word is none of these, or names rules that rest on a prediction; one line for each.

    Examples
    --------
    >>> RuleSettings().words(Cell(anode="hard carbon"))
    ('danger', 'reduction')
    """

    off: tuple[str, ...] = ()
    forbid: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        require_rules(self.off)
        kinds = {rule.kind for rule in rules().values()}
        require_rules(self.forbid or (), also=[*map(str, Severity), *sorted(kinds)])
        faults = [
            f"{word!r} rests on a prediction and cannot be forbidden; set a limit on the property "
            "under [[constraints]]"
            for word in self.forbid or ()
            if word not in list(Severity) and not any(r.is_of_structure for r in _named(word))
        ]
        if faults:
            raise InputErrors(faults)

    def words(self, cell: Cell) -> tuple[str, ...]:
        """Severities, kinds and names that are forbidden in a cell."""
        if self.forbid is not None:
            return self.forbid
        return (str(Severity.DANGER), *((_WITH_ANODE,) if cell.anode else ()))

    def forbids(self, warning: RecipeWarning, cell: Cell) -> bool:
        """Whether no recipe with this warning is proposed."""
        words = self.words(cell)
        return any(w in words for w in (str(warning.severity), warning.kind, warning.rule))

    def pairs(
        self, salts: Iterable[Salt], solvents: Iterable[Solvent], cell: Cell
    ) -> Iterator[tuple[str, str, str]]:
        """Salts and solvents that must not share a bottle, whatever the amounts, and the rule.

        Parameters
        ----------
        salts, solvents
            Components of a problem.
        cell
            The cell they are for.

        Yields
        ------
        tuple of str
            Names of the salt, the solvent and the rule.
        """
        words = self.words(cell)
        asked = [
            rule
            for rule in rules().values()
            if rule.is_of_pairs
            and rule.name not in self.off
            and any(w in words for w in (str(rule.severity), rule.kind, rule.name))
        ]
        of_solvents = [(s.name, groups_of(s)) for s in solvents]
        for salt in salts:
            of_anion = groups_of(salt.anion)
            for name, of_solvent in of_solvents:
                for rule in asked:
                    if of_anion.intersection(rule.anions) and of_solvent.intersection(
                        rule.solvents
                    ):
                        yield salt.name, name, rule.name
                        break


def _named(word: str) -> list[Rule]:
    """The rules of that name or kind."""
    return [rule for rule in rules().values() if word in (rule.name, rule.kind)]
