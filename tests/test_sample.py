"""The sample of measured data that ships is what its provenance says."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parent / "sample"
TOOL = Path(__file__).parents[1] / "tools" / "sample_data.py"


@pytest.fixture(scope="module")
def provenance():
    with (SAMPLE / "provenance.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_has_its_provenance_and_a_line_in_the_readme(provenance):
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in SAMPLE.glob("*.csv")} - {"provenance.csv"}
    assert {row["file"] for row in provenance} == files
    for row in provenance:
        assert f"`{row['file']}`" in readme
        held = (SAMPLE / row["file"]).read_bytes().splitlines()
        assert int(row["rows"]) == len(row["lines"].split()) == len(held) - 1
        assert row["licence"] in {"CC BY 4.0", "MIT", "MIT; NIST ThermoML"} or (
            row["licence"].startswith("facts")
        )


def test_it_is_a_small_part(provenance):
    rows = [(int(row["rows"]), int(row["of_rows"])) for row in provenance]
    assert all(taken < whole for taken, whole in rows)
    assert sum(taken for taken, _ in rows) < 400
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 100_000


@pytest.mark.full_data
def test_it_is_written_again_byte_for_byte(tmp_path):
    data = os.environ["ELECTROLYTE_ML_DATA"]
    subprocess.run([sys.executable, TOOL, data, tmp_path], check=True)
    written = list(tmp_path.iterdir())
    assert len(written) == len(list(SAMPLE.glob("*.csv")))
    for path in written:
        assert path.read_bytes() == (SAMPLE / path.name).read_bytes(), path.name
