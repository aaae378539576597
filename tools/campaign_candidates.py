"""Which electrolytes a campaign of simulations should cover: those that the model knows worst.

The recipes of the group ``chosen by uncertainty`` of ``campaigns/electrolytes.toml`` come from ::

    python -m tools.campaign_candidates list candidates.csv
    electrolyte-ml score --file candidates.csv --json > scores.json
    python -m tools.campaign_candidates choose scores.json

Candidates are all anions with all solvents of the field that have force-field parameters, as sodium
and as lithium salt, at 1 and 2 mol/kg. A pair of twins is taken in the order of the mean width of
their two intervals of conductivity, if both are expected to dissolve, and while its anion and its
solvent have not been taken twice and the same solution at another concentration not at all.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from electrolyte_ml.files import read_toml, write_table
from electrolyte_ml.simulate.templates import TABLES

CAMPAIGN = TABLES.parent / "campaigns" / "electrolytes.toml"
GROUP = "chosen by uncertainty"
ANIONS = ("FSI", "TFSI", "PF6", "BF4", "ClO4", "OTf", "DFOB", "BOB")
SOLVENTS = (
    "DME",
    "diglyme",
    "tetraglyme",
    "2-MeTHF",
    "THF",
    "PC",
    "EC:DMC 1:1 w/w",
    "EC:PC 1:1 w/w",
    "DMC",
    "TMP",
    "TEP",
    "AN",
    "GBL",
    "sulfolane",
)
MOLALITIES = (1, 2)
_MOST_OF_A_KIND = 2


def candidates() -> Iterator[tuple[str, str, str, int]]:
    """Recipe, anion, solvent and molality of every candidate, sodium before its lithium twin."""
    for anion, solvent, molality in product(ANIONS, SOLVENTS, MOLALITIES):
        for cation in ("Na", "Li"):
            yield f"{molality} m {cation}{anion} in {solvent}", anion, solvent, molality


def chosen(
    scores: Sequence[Mapping[str, Any]], n: int, known: Collection[str] = ()
) -> list[tuple[str, float]]:
    """Sodium recipes of the `n` pairs known worst, and the mean width of their intervals.

    Parameters
    ----------
    scores
        Scores of `candidates`, in their order.
    n
        How many pairs.
    known
        Recipes that a campaign covers anyway.

    Returns
    -------
    list of (recipe, width)
        Width is log10 of the upper by the lower end.
    """
    pairs = []
    listed = list(candidates())
    for index in range(0, len(listed), 2):
        recipe, anion, solvent, molality = listed[index]
        twins = scores[index : index + 2]
        widths = [_width(s["conductivity_ms_cm"]) for s in twins]
        wanted = recipe not in known and all(_dissolves(s, molality) for s in twins)
        if wanted and all(map(math.isfinite, widths)):
            pairs.append((sum(widths) / 2, recipe, anion, solvent))
    taken: Counter[str] = Counter()
    found: list[tuple[str, float]] = []
    for width, recipe, anion, solvent in sorted(pairs, reverse=True):
        both = f"{anion} in {solvent}"
        free = taken[anion] < _MOST_OF_A_KIND and taken[solvent] < _MOST_OF_A_KIND
        if free and not taken[both] and len(found) < n:
            taken.update((anion, solvent, both))
            found.append((recipe, width))
    return found


def covered() -> set[str]:
    """Recipes of the campaign that were not chosen here."""
    groups = read_toml(CAMPAIGN)["group"]
    return {r for g in groups if g["name"] != GROUP for r in g["recipes"]}


def _width(interval: Mapping[str, float | None]) -> float:
    low, high = interval["low"], interval["high"]
    return math.log10(high / low) if low and high else math.nan


def _dissolves(score: Mapping[str, Any], molality_mol_kg: float) -> bool:
    solubility = score["solubility_mol_kg"]["value"]
    return solubility is not None and solubility >= molality_mol_kg


def main(arguments: Sequence[str]) -> None:
    """Write the candidates, or choose among scored ones."""
    what, path = arguments[0], Path(arguments[1])
    if what == "list":
        write_table(path, ["recipe"], ([recipe] for recipe, *_ in candidates()))
        return
    n = int(arguments[2]) if len(arguments) > 2 else 10
    scores = json.loads(path.read_text(encoding="utf-8"))
    for recipe, width in chosen(scores, n, covered()):
        print(f'  "{recipe}",  # interval of a factor of {10**width:.2g}')


if __name__ == "__main__":
    main(sys.argv[1:])
