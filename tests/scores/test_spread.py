"""Scores that are spread over workers or machines are those of one process."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

import electrolyte_ml as eml
from electrolyte_ml.executors import Shard, open_executor
from electrolyte_ml.models.window.screening import screened_windows
from electrolyte_ml.scores import ScoreSource, scored_parts

TEXTS = [f"{m / 10:g} m NaPF6 in EC:DEC {p}:{100 - p} w/w" for m in (5, 9) for p in (20, 35, 50)]


def records(**how):
    source = ScoreSource(table=pd.DataFrame({"recipe": TEXTS}), rows_at_a_time=2)
    return [record for part in scored_parts(source, **how) for record in part.records]


def test_scores_are_the_same_and_in_order_with_workers():
    with open_executor(2) as executor:
        assert records(executor=executor) == records()


def test_shards_score_each_part_once():
    whole = records()
    shares = [records(shard=Shard(number=number, of=2)) for number in (1, 2)]
    assert [r["recipe"] for r in shares[0]] == [whole[i]["recipe"] for i in (0, 1, 4, 5)]
    assert sorted(r["recipe"] for share in shares for r in share) == sorted(
        r["recipe"] for r in whole
    )


def test_the_notebook_function_takes_an_executor():
    with ThreadPoolExecutor(2) as executor:
        pd.testing.assert_frame_equal(eml.score(TEXTS, executor=executor), eml.score(TEXTS))


def test_windows_are_screened_in_pieces(monkeypatch):
    monkeypatch.setattr("electrolyte_ml.models.window.screening._AT_A_TIME", 2)
    smiles = ["COCCOC", "O=C1OCCO1", "CCCCCCC(=O)OC", "COC(=O)OCCF", "F[P-](F)(F)(F)(F)F"]
    here = screened_windows(smiles)
    with ThreadPoolExecutor(2) as executor:
        assert screened_windows(smiles, executor) == here
    assert [window.smiles for window in here] == smiles


@pytest.mark.parametrize("shard", ["1/2", "2/2"])
def test_the_verb_scores_its_share_of_a_file(tmp_path, shard):
    from typer.testing import CliRunner

    from electrolyte_ml.cli.app import app

    table, out = tmp_path / "recipes.csv", tmp_path / "scores.csv"
    pd.DataFrame({"recipe": TEXTS}).to_csv(table, index=False)
    options = ["score", "--file", str(table), "--shard", shard, "--out", str(out)]
    done = CliRunner().invoke(app, options)
    assert done.exit_code == 0, done.output
    n_rows = len(TEXTS) if shard == "1/2" else 0  # so short a file is one part
    assert f"{n_rows} rows written" in done.output
