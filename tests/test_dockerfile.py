"""What the Dockerfile says exists: files, options, the variable of the token."""

import json
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import typer

from electrolyte_ml.cli.app import app

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LINES = [
    line for line in re.sub(r"\\\n\s*", "", TEXT).splitlines() if line and not line.startswith("#")
]
GUIDE = (ROOT / "docs" / "guides" / "container.md").read_text(encoding="utf-8")


def values(word):
    """What stands behind the lines that begin with a word."""
    return [line.removeprefix(f"{word} ") for line in LINES if line.startswith(f"{word} ")]


def command(words):
    """The command of the line, its options parsed."""
    root = typer.main.get_command(app)
    verb = root.get_command(typer.Context(root), words[0])
    return verb, verb.make_context(words[0], words[1:])


def ignored(path):
    """Whether the builder is not given a file: the last line of .dockerignore that fits decides."""
    found = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.lstrip("!")
        parents = [path, *(str(p) for p in Path(path).parents)]
        if line and not line.startswith("#") and any(fnmatch(p, pattern) for p in parents):
            found = not line.startswith("!")
    return found


def test_the_page_is_started_with_options_that_there_are():
    (start,) = [json.loads(one) for one in values("CMD")]
    assert json.loads(values("ENTRYPOINT")[0]) == ["electrolyte-ml"]
    verb, context = command(start)
    assert context.params["host"] == "0.0.0.0"
    assert str(context.params["port"]) in values("EXPOSE")
    (token,) = [p for p in verb.params if p.name == "token"]
    for text in (TEXT, GUIDE):
        assert f"-e {token.envvar}=" in text


def test_nobody_is_root_and_no_token_is_in_the_image():
    assert values("USER") == ["chemist"]
    assert LINES.index("USER chemist") > max(i for i, x in enumerate(LINES) if x.startswith("RUN"))
    assert not [line for line in LINES if "TOKEN" in line]


def test_what_is_copied_exists_and_reaches_the_builder():
    copied = [word for one in values("COPY") if "--from" not in one for word in one.split()[:-1]]
    assert copied
    for path in copied:
        assert (ROOT / path).exists()
        assert not ignored(path)
    assert ignored("tests")
    assert ignored("benchmarks/results")


def test_all_that_a_wheel_is_made_of_is_copied():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    targets = settings["tool"]["hatch"]["build"]["targets"]
    needed = [*targets["wheel"]["packages"], *targets["wheel"]["force-include"]]
    copied = {word for one in values("COPY") for word in one.split()[:-1]}
    for path in needed:
        assert any(path == c or path.startswith(f"{c}/") for c in copied), path
        assert not ignored(path), path


def test_commands_of_the_guide_are_commands():
    for words in re.findall(r"electrolyte-ml (score|propose) ", GUIDE):
        assert command([words, "a"])[0].name == words
