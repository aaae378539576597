import csv
import io
import json

import pandas as pd
from typer.testing import CliRunner

from electrolyte_ml.cli.app import app

RECIPES = ("1 M NaPF6 in EC:DEC 1:1 v/v", "1 M NaFSI in TEP:HFE-347 1:1 v/v")


def score(*arguments):
    outcome = CliRunner().invoke(app, ["score", *RECIPES, *arguments])
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def test_json_holds_numbers_intervals_and_notes():
    liquid, without_flash = (row["liquid"] for row in json.loads(score("--json")))
    assert isinstance(liquid["freezes_below_k"], float)
    low, high = liquid["flash_point_k_interval"]
    assert low < liquid["flash_point_k"] < high
    assert without_flash["flash_point_k"] is None
    assert without_flash["flash_point_k_interval"] is None
    assert any("no flash point" in line for line in without_flash["notes"])


def test_csv_and_parquet_have_a_column_for_each_bound(tmp_path):
    rows = list(csv.DictReader(io.StringIO(score("--csv"))))
    low, value, high = (
        float(rows[0][f"liquid.boils_above_k{end}"])
        for end in ("_interval.low", "", "_interval.high")
    )
    assert low < value < high
    assert rows[1]["liquid.flash_point_k"] == ""
    score("--out", str(tmp_path / "scores.parquet"))
    frame = pd.read_parquet(tmp_path / "scores.parquet")
    assert frame["liquid.freezes_below_k_interval.low"].lt(frame["liquid.freezes_below_k"]).all()
    assert "crystallises first" in frame["liquid.notes"][0]


def test_table_shows_degrees_celsius():
    out = score()
    assert "freezes / boils / flash, °C" in out
    assert "EC crystallises first" in out
