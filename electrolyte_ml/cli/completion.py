"""Names that shells complete: bundled problems, species, data sets, suites, properties, cells.

Each function takes what was typed so far and gives the names that begin with it. They are called
by the shell at every press of the tab key, so none of them loads a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path


def _beginning(names: Iterable[str], typed: str) -> list[str]:
    """Names that begin with what was typed, small letters or capitals."""
    start = typed.lower()
    return [name for name in names if name.lower().startswith(start)]


def _files(typed: str, suffix: str) -> Iterator[str]:
    """Files of a suffix, and folders, whose path begins with what was typed."""
    folder = Path(typed).parent if not typed.endswith("/") else Path(typed)
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield f"{path}/"
        elif path.suffix == suffix:
            yield str(path)


def problems(incomplete: str) -> list[str]:
    """Bundled problems, and TOML files."""
    from electrolyte_ml.search.bundled import bundled_problems

    return _beginning([*bundled_problems(), *_files(incomplete, ".toml")], incomplete)


def species(incomplete: str) -> list[str]:
    """Names of solvents and ions; aliases are left out."""
    from electrolyte_ml.species import default_catalog

    catalog = default_catalog()
    held = (*catalog.solvents, *catalog.cations, *catalog.anions)
    return _beginning([one.name for one in held], incomplete)


def data_sets(incomplete: str) -> list[str]:
    """Data sets, those of this user as well, and ``all``."""
    from electrolyte_ml.data.catalog import all_cards

    return _beginning([*all_cards(), "all"], incomplete)


def suites(incomplete: str) -> list[str]:
    """Suites of benchmarks."""
    from electrolyte_ml.benchmarks.registry import suite_names

    return _beginning(suite_names(), incomplete)


def properties(incomplete: str) -> list[str]:
    """Registered properties."""
    from electrolyte_ml.properties import properties as registered

    return _beginning(registered(), incomplete)


def columns(incomplete: str) -> list[str]:
    """Columns by which scores are sorted; a minus in front turns the order around."""
    minus = "-" if incomplete.startswith("-") else ""
    return [minus + name for name in properties(incomplete.removeprefix("-"))]


def cells(incomplete: str) -> list[str]:
    """Reference cells, and TOML files."""
    from electrolyte_ml.cell import reference_cells

    return _beginning([*reference_cells(), *_files(incomplete, ".toml")], incomplete)


def rules(incomplete: str) -> list[str]:
    """Rules behind warnings."""
    from electrolyte_ml.rules import rules as all_rules

    return _beginning(all_rules(), incomplete)
