"""The README is short, and its table is that of the results."""

import re
from pathlib import Path

from tools import readme

TEXT = readme.README.read_text(encoding="utf-8")
MOST_WORDS = 1200


def test_table_is_that_of_the_results():
    assert readme.filled(TEXT, {"table": readme.table()}) == TEXT


def test_it_can_be_read_at_one_sitting():
    assert len(TEXT.split()) <= MOST_WORDS


def test_examples_are_the_commands_that_are_shown():
    for command, _ in readme.EXAMPLES.values():
        assert f"$ {command}\n" in TEXT


def test_links_lead_somewhere():
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", TEXT):
        assert (Path(readme.ROOT) / link).exists(), link
