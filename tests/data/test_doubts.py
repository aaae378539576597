"""Labels that were found wrong by comparison."""

import numpy as np
import pytest

from electrolyte_ml.data.conductivities import lithium_conductivities
from electrolyte_ml.data.doubts import CONDUCTIVITY_LABELS, labelled_doubts
from electrolyte_ml.data.sources import load_source
from electrolyte_ml.data.union import conductivity_union
from electrolyte_ml.files import packaged_table

pytestmark = pytest.mark.full_data


def test_every_line_of_the_table_finds_its_rows():
    lines = packaged_table(f"data/tables/{CONDUCTIVITY_LABELS}")
    for dataset in {line["dataset"] for line in lines}:
        rows, _ = load_source(dataset, "conductivity_ms_cm")
        found = labelled_doubts(dataset, rows)
        named = [line for line in lines if line["dataset"] == dataset]
        assert len(found) == len(named)
        for doubt, line in zip(found, named, strict=True):
            assert len(doubt.rows) == int(line["last_row"]) - int(line["first_row"]) + 1
            assert doubt.reason == line["reason"]


def test_doubtful_rows_stay_in_the_union_and_count_less():
    union = conductivity_union()
    of_paper = union.measurements.source == "10.1016/j.molliq.2020.112597"
    assert of_paper.sum() == 87
    assert set(union.measurements.trust[of_paper]) == {"doubtful"}


def test_suites_and_the_union_learn_the_same_rows_of_calisol():
    own, union = lithium_conductivities(), conductivity_union()
    kept = union.measurements.source_row[union.dataset == "calisol23"]
    learnt = own.source_row[own.trusted]
    assert set(kept) <= set(learnt)
    # Copies of better documented files are all that differs.
    assert len(learnt) - len(kept) < 10
    contradicted = np.flatnonzero(~own.trusted)
    assert len(contradicted) > 200
