"""Search problems that ship with the package, and checks that a problem can be searched."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from electrolyte_ml.arguments import path_of
from electrolyte_ml.errors import InputError, RecipeFileError
from electrolyte_ml.search.engine import spread_points
from electrolyte_ml.search.evaluation import Evaluator
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.recipe_file import load_problem
from electrolyte_ml.search.scorer import Scorer
from electrolyte_ml.search.space import SearchSpace
from electrolyte_ml.text import nearest_or_all

_PROBES = 8


def bundled_folder() -> Path:
    """Folder of the bundled problems: in the installed package, or beside it in a checkout."""
    package = Path(str(files("electrolyte_ml")))
    inside = package / "recipes"
    return inside if inside.is_dir() else package.parent / "recipes"


def bundled_problems() -> dict[str, Path]:
    """Files of the bundled problems by name, in alphabetical order."""
    return {path.stem: path for path in sorted(bundled_folder().glob("*.toml"))}


def find_problem(name: str | Path) -> Path:
    """File of a problem, given as a path or the name of a bundled one.

    Raises
    ------
    InputError
        If it is neither; close names are suggested.
    """
    path = path_of(
        name,
        "a problem is the name of a bundled one such as 'sodium_room_temperature', or a TOML file; "
        "propose also takes a Problem, which electrolyte_ml.search.read_problem makes of a dict",
    )
    if path.exists() or path.suffix == ".toml":
        return path
    bundled = bundled_problems()
    if str(name) in bundled:
        return bundled[str(name)]
    raise InputError(
        f"{name}: neither a file nor a bundled problem{nearest_or_all(str(name), bundled)}"
    )


def require_predictable(problem: Problem, scorer: Scorer | None = None) -> None:
    """Make sure that every property of a problem can be predicted for some recipe of it.

    Parameters
    ----------
    problem
        The search problem.
    scorer
        Source of predictions; by default the models that ship with the package.

    Raises
    ------
    RecipeFileError
        One line for each property that nothing predicts, with the reason.
    """
    space = SearchSpace(problem.components, problem.limits)
    points = spread_points(_PROBES, space.dimension, seed=0)
    Evaluator(problem, scorer)(space.decode_many(points))


def check_problem(path: Path) -> Problem:
    """Read a recipe file and make sure that it can be searched.

    Raises
    ------
    RecipeFileError
        With one line for each fault.
    """
    problem = load_problem(path)
    try:
        require_predictable(problem)
    except RecipeFileError as error:
        raise RecipeFileError([f"{path}: {line}" for line in error.messages]) from error
    return problem
