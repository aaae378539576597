import csv
import importlib
import re
import textwrap
import tomllib
from pathlib import Path

import pytest

from electrolyte_ml import __version__
from electrolyte_ml.data import catalog
from electrolyte_ml.data.user_table import read_user_table
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.search.bundled import check_problem
from electrolyte_ml.species.catalog import packaged_catalog

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TOML = re.compile(r"```toml\n(.*?)```", re.DOTALL)
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


def test_the_source_shown_to_contributors_reads_a_table(tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", CONTRIBUTING, re.DOTALL)
    (tmp_path / "mylab.csv").write_text(
        "recipe,temperature_c,conductivity_ms_cm,doi\n1 M NaPF6 in PC,25,8.1,10.1/x\n"
    )
    monkeypatch.setenv("ELECTROLYTE_ML_DATA", str(tmp_path))
    module = {}
    exec(textwrap.dedent(code), module)
    measurements, report = module["load"]()
    assert measurements.value.tolist() == [8.1]
    assert report.n_kept == 1


def test_the_card_shown_to_contributors_has_what_a_card_needs():
    cards = [tomllib.loads(textwrap.dedent(b)) for b in TOML.findall(CONTRIBUTING)]
    (shown,) = [card["mylab"] for card in cards if "mylab" in card]
    catalog._card("mylab", shown)
    del shown["traps"], shown["licence"]
    with pytest.raises(InputError, match=r"\[mylab\] lacks licence, traps"):
        catalog._card("mylab", shown)


def test_rows_shown_to_contributors_fit_their_tables():
    for name, folder in (("iPrOAc,propan", "solvents"), ("iPrOAc,density", "solvent_properties")):
        (row,) = re.findall(rf"^ *({name}.*)$", CONTRIBUTING, re.MULTILINE)
        table = packaged_table(f"species/tables/{folder}.csv")
        assert len(next(csv.reader([row]))) == len(table[0])


def test_notations_shown_in_the_guide_are_read():
    guide = (ROOT / "docs" / "guides" / "score.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|", guide.partition("you write")[2], re.MULTILINE)
    assert len(rows) >= 7
    for recipe in rows:
        assert parse_recipe(recipe).salts


def test_the_table_of_measurements_in_the_guide_can_be_imported(tmp_path):
    guide = (ROOT / "docs" / "guides" / "own-data.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^```\n(recipe,.*?)^```", guide, re.MULTILINE | re.DOTALL)
    (tmp_path / "lab.csv").write_text(table, encoding="utf-8")
    read = read_user_table(tmp_path / "lab.csv", "our laboratory")
    # Fine-tuning needs three recipes at least.
    assert len(read["conductivity_ms_cm"]) >= 3


def test_problems_shown_in_guides_can_be_searched(tmp_path):
    guides = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "docs" / "guides").glob("*.md"))
    problems = [block for block in TOML.findall(guides) if "[components]" in block]
    assert problems
    for text in problems:
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        check_problem(tmp_path / "mine.toml")
