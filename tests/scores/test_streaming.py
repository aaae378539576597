"""Scoring a file part by part: the same output, and nothing half-written."""

import io
import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

from electrolyte_ml.errors import InputError, TableError
from electrolyte_ml.models.scoring import score_formulations
from electrolyte_ml.report.score import write_csv, write_json, write_parquet
from electrolyte_ml.scores import ScoreRequests, ScoreSource, score_records

SALTS = ("NaPF6", "NaFSI", "LiPF6")
# Kinds that a part alone would get wrong: missing values, and text that comes late.
ROWS = {
    "recipe": [f"{0.5 + 0.1 * i:.1f} m {SALTS[i % 3]} in EC:DEC 1:1 w/w" for i in range(9)],
    "temperature_c": [25, None, -10, 40, None, 25, 25, 25, 25],
    "number": [1, 2, 3, 4, 5, 6, 7, 8, 9],
    "gaps": [1, 2, 3, 4, 5, None, 7, 8, 9],
    "late": [None, None, None, None, None, None, None, None, 2],
    "truth": [True, False, True, True, None, None, None, None, False],
    "mixed": [1, 2, 3, 4, 5, 6, 7, 8, "x"],
    "text": ["a", None, "b, c", '"d"', "é", "f", "g", "h", "i"],
}
AT = ("25 degC", "-20 degC")


@pytest.fixture(params=[".csv", ".parquet"])
def file(request, tmp_path):
    path = tmp_path / f"candidates{request.param}"
    frame = pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in ROWS.items()})
    if request.param == ".csv":
        frame.to_csv(path, index=False)
    else:
        kinds = {
            "temperature_c": "float64", "number": "int64", "gaps": "Int64", "late": "Int64",
            "truth": "boolean", "mixed": "str", "text": "str",
        }  # fmt: skip
        frame.astype(kinds).to_parquet(path, index=False)
    return path


def scored(source):
    """Records predicted one by one: the last of seven digits depends on what is beside them."""
    for requests in source.parts():
        records = []
        for row in range(len(requests.recipes)):
            one = slice(row, row + 1)
            single = ScoreRequests(
                recipes=requests.recipes[one],
                formulations=requests.formulations[one],
                temperature_k=requests.temperature_k[one],
                extra=requests.extra[one],
                given=requests.given[one],
            )
            records += score_records(
                score_formulations(single.formulations, single.temperature_k), single
            )
        yield records


def source_of(file, rows_at_a_time, recipes=()):
    return ScoreSource(recipes, file, AT, rows_at_a_time=rows_at_a_time)


@pytest.mark.parametrize("write", [write_csv, write_json])
@pytest.mark.parametrize("recipes", [(), ("1 M NaPF6 in PC",)])
def test_parts_of_any_length_give_the_same_bytes(file, write, recipes):
    texts = set()
    for rows_at_a_time in (2, 5, 4000):
        stream = io.StringIO()
        write(scored(source_of(file, rows_at_a_time, recipes)), stream)
        texts.add(stream.getvalue())
    assert len(texts) == 1


def test_parts_of_any_length_give_the_same_parquet(file, tmp_path):
    frames = []
    for rows_at_a_time in (2, 4000):
        write_parquet(scored(source_of(file, rows_at_a_time)), tmp_path / "out.parquet")
        frames.append(pd.read_parquet(tmp_path / "out.parquet"))
    pd.testing.assert_frame_equal(*frames)
    assert len(frames[0]) == 11


def test_order_and_columns_are_those_of_the_file(file):
    source = source_of(file, 2)
    stream = io.StringIO()
    write_json(scored(source), stream)
    rows = json.loads(stream.getvalue())
    assert len(rows) == source.n_rows == 11
    assert [row["number"] for row in rows] == [1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 9]
    assert [row["text"] for row in rows[:4]] == ["a", None, None, "b, c"]
    assert [row["truth"] for row in rows[:6]] == [True, False, False, True, True, None]
    assert {row["mixed"] for row in rows} == {*"12345678x"}


def test_predictions_of_a_part_are_those_of_the_whole(file):
    values = [
        np.concatenate(
            [
                score_formulations(r.formulations, r.temperature_k).predictions[name].value
                for r in source_of(file, n).parts()
                for name in ("conductivity_ms_cm", "viscosity_mpa_s")
            ]
        )
        for n in (1, 4000)
    ]
    np.testing.assert_allclose(np.sort(values[0]), np.sort(values[1]), rtol=1e-5)


def test_no_more_rows_than_asked_are_held_together(file):
    assert max(len(requests.recipes) for requests in source_of(file, 4).parts()) <= 4


def test_faults_of_all_parts_are_reported_together(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("recipe,temperature_k\n" + "1 m NaPF6 in EC,-3\n1 m NaPF6 in ECC,300\n" * 4)
    with pytest.raises(TableError) as caught:
        ScoreSource((), path, (), rows_at_a_time=3)
    lines = str(caught.value).splitlines()
    assert len(lines) == 8
    assert all(any(f"row {n}" in line for line in lines) for n in range(1, 9))


def test_very_many_faults_are_counted(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("recipe\n" + "1 m NaPF6 in ECC\n" * 37)
    with pytest.raises(TableError) as caught:
        ScoreSource((), path, (), rows_at_a_time=4)
    assert str(caught.value).splitlines()[20:] == [
        f"and 17 more with faults like {path}, row 1; the last is {path}, row 37",
        "37 bad rows in all",
    ]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_without_rows_is_refused(tmp_path, suffix):
    path = tmp_path / f"empty{suffix}"
    frame = pd.DataFrame({"recipe": pd.Series([], dtype="str")})
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    with pytest.raises(InputError, match="no rows"):
        ScoreSource((), path, ())


def test_a_broken_line_is_named(tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text("recipe,note\n1 m NaPF6 in EC,a\n1 m NaPF6 in EC,b,c,d\n")
    with pytest.raises(InputError, match=r"row 2: has 4 cells, the header 2"):
        ScoreSource((), path, (), rows_at_a_time=1)


def test_a_killed_run_leaves_the_former_output(file, tmp_path):
    out = tmp_path / "scores.csv"
    out.write_text("former\n")
    code = f"""
        import os, signal, sys
        from electrolyte_ml.scores import rows as scoring
        from electrolyte_ml.scores import source as score_source
        score_source.ROWS_AT_A_TIME = 2
        score_source.ScoreSource.__init__.__kwdefaults__["rows_at_a_time"] = 2
        score, parts = scoring.score_formulations, []
        def killed(*arguments, **more):
            parts.append(1)
            if len(parts) == 3:
                os.kill(os.getpid(), signal.SIGTERM)
            return score(*arguments, **more)
        scoring.score_formulations = killed
        sys.argv = ["electrolyte-ml", "score", "--file", {str(file)!r}, "--out", {str(out)!r}]
        from electrolyte_ml.cli import main
        main()
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        check=False,
        env=dict(os.environ),
    )
    assert run.returncode == -signal.SIGTERM
    assert out.read_text() == "former\n"


@pytest.mark.filterwarnings("ignore::electrolyte_ml.errors.TableNote")
def test_a_german_sheet_keeps_its_carried_numbers(tmp_path):
    path = tmp_path / "german.csv"
    rows = "1 M NaPF6 in PC;-20,5;1,25;A\n1 M NaPF6 in PC;;2;B\n;;;\n"
    path.write_bytes(f"Recipe;T / °C;mass;Prüfer\n{rows}".encode("cp1252"))
    for n in (1, 10):
        parts = list(ScoreSource(table=path, rows_at_a_time=n).parts())
        kelvin = np.concatenate([part.temperature_k for part in parts])
        assert kelvin.tolist() == pytest.approx([252.65, 298.15])
        extra = [row for part in parts for row in part.extra]
        assert extra == [{"mass": 1.25, "Prüfer": "A"}, {"mass": 2.0, "Prüfer": "B"}]
