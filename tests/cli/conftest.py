from collections.abc import Callable
from typing import NamedTuple

import pytest

from electrolyte_ml.cli import main


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys, monkeypatch) -> Callable[..., Outcome]:
    """Run the command line in this process: exit code, standard output, standard error."""

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr("sys.argv", ["electrolyte-ml", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            main()
        captured = capsys.readouterr()
        return Outcome(int(exit_.value.code or 0), captured.out, captured.err)

    return call
