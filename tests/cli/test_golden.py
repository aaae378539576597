"""``score --json`` on fixed recipes must not change by accident.

After a model was retrained on purpose, write the new file with
``electrolyte-ml score RECIPE... --at "25 degC" --at "-20 degC" --json``.
"""

import json
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden_score.json"


def assert_same(got, expected, path="$"):
    if isinstance(expected, dict):
        assert got.keys() == expected.keys(), path
        for key in expected:
            assert_same(got[key], expected[key], f"{path}.{key}")
    elif isinstance(expected, list):
        assert len(got) == len(expected), path
        for i, pair in enumerate(zip(got, expected, strict=True)):
            assert_same(*pair, f"{path}[{i}]")
    elif isinstance(expected, float):
        assert got == pytest.approx(expected, rel=1e-6), path
    else:
        assert got == expected, path


def test_score_is_what_it_was(run):
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    recipes = list(dict.fromkeys(row["recipe"] for row in expected))
    outcome = run("score", *recipes, "--at", "25 degC", "--at", "-20 degC", "--json")
    assert_same(json.loads(outcome.out), expected)
