"""What a chemist checks before ordering: one table of rules, and its warnings of recipes."""

from __future__ import annotations

from electrolyte_ml.rules.cell import ANODES, Cell
from electrolyte_ml.rules.film_formers import FilmFormer, film_formers, passivation
from electrolyte_ml.rules.settings import RuleSettings
from electrolyte_ml.rules.table import Rule, Severity, require_rules, rules
from electrolyte_ml.rules.warnings import RecipeWarning, recipe_warnings

__all__ = [
    "ANODES",
    "Cell",
    "FilmFormer",
    "RecipeWarning",
    "Rule",
    "RuleSettings",
    "Severity",
    "film_formers",
    "passivation",
    "recipe_warnings",
    "require_rules",
    "rules",
]
