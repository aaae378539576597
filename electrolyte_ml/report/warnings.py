"""Warnings and rules as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from electrolyte_ml.report.text import output_console
from electrolyte_ml.rules import RecipeWarning, Severity

Record = Mapping[str, Any]
_SEVERITIES = [str(severity) for severity in Severity]
_PAIRS_SHOWN = 4


def warning_text(warning: Record) -> str:
    """A warning in one line, with the name of its rule: ``danger: ... [perchlorate_ether]``."""
    return f"{warning['severity']}: {warning['text']} [{warning['rule']}]"


def warning_lines(warnings: Iterable[RecipeWarning]) -> list[str]:
    """Warnings of one recipe, a line each."""
    return [warning_text(warning.to_dict()) for warning in warnings]


def lines_of_records(records: Iterable[Record]) -> Iterator[str]:
    """Warnings of scores, each recipe's once and named by the recipe, the gravest first."""
    weight: dict[str, int] = {}
    for record in records:
        for warning in record["warnings"]:
            line = f"{record['recipe']}: {warning_text(warning)}"
            weight[line] = _SEVERITIES.index(warning["severity"])
    yield from sorted(weight, key=lambda line: weight[line])


def dangers_of(records: Iterable[Record]) -> list[str]:
    """Dangers among the warnings of scores, each recipe's once and named by the recipe."""
    dangers = (
        {**record, "warnings": [w for w in record["warnings"] if w["severity"] == Severity.DANGER]}
        for record in records
    )
    return list(lines_of_records(dangers))


def said_by(records: Iterable[Record]) -> set[str]:
    """What warnings of scores say, which need not be said again below a table."""
    return {warning["text"] for record in records for warning in record["warnings"]}


def lines_by(records: Sequence[Record], name: str) -> Iterator[str]:
    """Warnings of several recipes, each once with those that it is about, the gravest first.

    Parameters
    ----------
    records
        Recipes with their ``warnings``.
    name
        Field that names a recipe, such as ``rank``.
    """
    about: dict[str, list[str]] = {}
    weight: dict[str, int] = {}
    for record in records:
        for warning in record["warnings"]:
            line = warning_text(warning)
            about.setdefault(line, []).append(str(record[name]))
            weight[line] = _SEVERITIES.index(warning["severity"])
    for line in sorted(about, key=lambda line: weight[line]):
        yield f"{', '.join(about[line])}: {line}"


def obeyed_words(study: Record) -> str:
    """What rules left out of a search, in one sentence; empty where they forbid nothing."""
    rules = study["rules"]
    if not rules["forbid"]:
        return ""
    pairs = [f"{first} with {second}" for first, second, _ in rules["kept_apart"]]
    more = f" and {len(pairs) - _PAIRS_SHOWN} more pairs" if len(pairs) > _PAIRS_SHOWN else ""
    words = f"Rules forbid what is {' or '.join(map(_meaning, rules['forbid']))}"
    if pairs:
        words += f"; kept apart: {', '.join(pairs[:_PAIRS_SHOWN])}{more}"
    if rules["n_forbidden"]:
        words += f"; {rules['n_forbidden']} recipes tried were left out"
    if rules["off"]:
        words += f"; switched off: {', '.join(rules['off'])}"
    return words + ". [rules] in the problem changes that."


def _meaning(word: str) -> str:
    return {"danger": "a danger", "reduction": "without a film former that the anode needs"}.get(
        word, word
    )


def print_rules(rows: Sequence[Record]) -> None:
    """Print the rules, with sources; those that were not read are marked."""
    table = Table(box=None, pad_edge=False)
    for heading in ("rule", "kind", "severity", "what it says", "source"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        source = row["source"] if row["verified"] else f"{row['source']} (not checked)"
        table.add_row(row["rule"], row["kind"], row["severity"], row["text"], source)
    output_console().print(table)
