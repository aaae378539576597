"""The conductivity model adapted to a laboratory's own measurements."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from electrolyte_ml.campaign.adapted import FineTuned
from electrolyte_ml.cli.app import app
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models import predict_conductivity

RECIPES = [f"{m} M NaPF6 in EC:EMC {r} w/w" for m in (0.5, 1.0, 1.5) for r in ("3:7", "5:5")]
ROOM_K = 298.15
OFFSET = 1.3


def shipped(texts):
    recipes = [parse_recipe(text) for text in texts]
    return predict_conductivity(recipes, np.full(len(recipes), ROOM_K))


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A laboratory that reads a third more than the shipped model says."""
    path = tmp_path_factory.mktemp("lab") / "mine.csv"
    rows = [
        f"{text},25,{OFFSET * k:.6g}"
        for text, k in zip(RECIPES, shipped(RECIPES).value, strict=True)
    ]
    path.write_text("recipe,temperature_c,conductivity_ms_cm\n" + "\n".join(rows) + "\n")
    return path


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_what_a_laboratory_measured_corrects_its_own_recipes_and_not_distant_ones(table, tmp_path):
    tuned = tmp_path / "tuned.json"
    trained = run("train", "conductivity", "--finetune", table, "--out", tuned, "--json")
    report = json.loads(trained.stdout)
    assert report["mae_log10_finetuned"] < 0.5 * report["mae_log10_shipped"]
    assert report["recipes"] == len(RECIPES)

    asked = ["0.8 M NaPF6 in EC:EMC 4:6 w/w", "1 M LiPF6 in diglyme"]
    rows = json.loads(run("score", *asked, "--tuned", tuned, "--json").stdout)
    before = shipped(asked).value
    near, far = (
        row["conductivity_ms_cm"]["value"] / b for row, b in zip(rows, before, strict=True)
    )
    assert near == pytest.approx(OFFSET, rel=0.08)
    assert 1 <= far < near
    (dry,) = json.loads(run("score", "EC:EMC 3:7 w/w", "--tuned", tuned, "--json").stdout)
    assert dry["conductivity_ms_cm"]["value"] == 0


def test_a_wrong_row_is_refused_and_a_correction_that_makes_things_worse_is_told(table, tmp_path):
    mine = tmp_path / "mine.csv"
    lines = table.read_text().splitlines()
    recipe, celsius, value = lines[1].rsplit(",", 2)
    lines[1] = f"{recipe},{celsius},{float(value) / 100:g}"
    mine.write_text("\n".join(lines) + "\n")
    refused = run("train", "conductivity", "--finetune", mine, "--out", tmp_path / "tuned.json")
    assert refused.exit_code != 0
    assert "row 1 of mine.csv lies about" in str(refused.exception)
    assert not (tmp_path / "tuned.json").exists()
    accepted = run(
        *("train", "conductivity", "--finetune", mine, "--out", tmp_path / "tuned.json"),
        "--accept-unusual",
    )
    assert accepted.exit_code == 0
    assert "warning: the correction makes recipes left out worse" in accepted.stdout
    assert "use: electrolyte-ml score --tuned" in accepted.stdout


def test_a_fine_tuned_model_is_read_back_as_it_was(table, tmp_path):
    model = FineTuned.from_table(table)
    model.write(tmp_path / "tuned.json")
    again = FineTuned.read(tmp_path / "tuned.json")
    assert [f.key for f in again.formulations] == [f.key for f in model.formulations]
    assert again.conductivity_ms_cm == pytest.approx(model.conductivity_ms_cm)


def test_too_few_recipes_and_other_files_are_refused_in_words(tmp_path):
    few = tmp_path / "few.csv"
    few.write_text("recipe,temperature_c,conductivity_ms_cm\n1 M NaPF6 in PC,25,7\n")
    with pytest.raises(InputError, match="at least 3"):
        FineTuned.from_table(few)
    other = tmp_path / "other.json"
    other.write_text("{}")
    with pytest.raises(InputError, match="train conductivity --finetune"):
        FineTuned.read(other)


SLIPPED = """recipe,temperature_c,conductivity_ms_cm
1 M NaPF6 in PC,25,0.0079
0.5 M NaPF6 in PC,25,0.0066
1 M NaPF6 in DME,25,0.0120
1 M LiPF6 in EC:DMC 1:1 w/w,25,0.0107
"""


def test_a_sheet_in_another_unit_is_not_learnt_without_a_word(tmp_path):
    sheet, tuned = tmp_path / "slipped.csv", tmp_path / "tuned.json"
    sheet.write_text(SLIPPED)
    refused = run("train", "conductivity", "--finetune", sheet, "--out", tuned)
    assert refused.exit_code != 0
    assert not tuned.exists()
    with pytest.raises(InputError, match=r"times below.*in S/cm, not in mS/cm.*--accept-unusual"):
        FineTuned.from_table(sheet)
    meant = ("train", "conductivity", "--finetune", sheet, "--out", tuned, "--accept-unusual")
    report = json.loads(run(*meant, "--json").stdout)
    assert report["factor_left_out"] > 3
    asked = ["1 M NaPF6 in PC", "0.8 M NaPF6 in PC", "1 M NaPF6 in EC:PC 1:1 w/w"]
    for row in json.loads(run("score", *asked, "--tuned", tuned, "--json").stdout):
        of = row["conductivity_ms_cm"]
        assert of["high"] / of["low"] >= report["factor_left_out"] ** 2 * 0.999
