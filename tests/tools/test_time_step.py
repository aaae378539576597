import pytest

from electrolyte_ml.errors import UnknownSpeciesError
from tools.time_step import write_check


def test_a_solvent_that_is_unknown_leaves_the_table_as_it_was(tmp_path):
    table = tmp_path / "time_step.csv"
    table.write_text("held", encoding="utf-8")
    with pytest.raises(UnknownSpeciesError, match="--force"):
        write_check(table, ["--force"], 400.0)
    assert table.read_text(encoding="utf-8") == "held"
