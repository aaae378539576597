import importlib
import re
from pathlib import Path

import pytest

from electrolyte_ml import __version__
from electrolyte_ml.species.catalog import packaged_catalog

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
# Pages of the site that are made when it is built (`tools/docs_pages.py`).
_MADE = re.compile(
    r"(?:\.\./)?(?:models/\w+|benchmarks/\w+|reference/\w+|contributing|changelog)\.md"
)
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
_PATH = re.compile(r"(?<![\w/.~])(?:electrolyte_ml|tests|tools|recipes|examples)/[\w/.-]*[\w/]")
_MODULE = re.compile(r"(?<![\w/])electrolyte_ml(?:\.[A-Za-z_]\w*)+")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_paths_and_modules_that_documents_name_exist(document):
    text = document.read_text(encoding="utf-8")
    named = [ROOT / path for path in _PATH.findall(text) if "NAME" not in path]
    links = [link for link in _LINK.findall(text) if not _MADE.fullmatch(link)]
    linked = [document.parent / link for link in links]
    assert [str(path) for path in (*named, *linked) if not path.exists()] == []
    assert [name for name in _MODULE.findall(text) if not _importable(name)] == []


def test_the_numbers_of_species_in_the_readme_are_those_of_the_catalog():
    catalog = packaged_catalog()
    n_ions = len(catalog.cations) + len(catalog.anions)
    told = f"{len(catalog.solvents)} solvents, diluents and additives and {n_ions} ions"
    assert told in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_version_is_the_same_everywhere():
    def found(pattern, name):
        return re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)[1]

    versions = {
        found(r'^version = "(.*)"$', "pyproject.toml"),
        found(r"^version: (.*)$", "CITATION.cff"),
        found(r"^## (\S+)", "CHANGELOG.md"),
        __version__,
    }
    assert len(versions) == 1


def _importable(name: str) -> bool:
    """Whether a name is a module, or something in one, or a placeholder."""
    if "NAME" in name:
        return True
    parent, _, last = name.rpartition(".")
    if hasattr(importlib.import_module(parent), last):
        return True
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return False
    return True
