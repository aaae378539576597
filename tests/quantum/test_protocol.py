from dataclasses import replace

import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.quantum.shipped import shipped_rows
from electrolyte_ml.quantum.table import XtbProtocol


@pytest.mark.parametrize(
    "change", [{"conformers": 3}, {"seed": 8}, {"solvent": "water"}, {"max_steps": 10}]
)
def test_every_setting_changes_the_key(change):
    assert replace(XtbProtocol(), **change).key != XtbProtocol().key


def test_key_is_that_of_the_rows_that_ship():
    # A change that gives another key orphans them: it is a revision, whose rows are computed anew.
    assert XtbProtocol().key == "xtb-1-c2138a4e"
    assert len(shipped_rows()) > 1000


def test_numbers_must_be_positive():
    with pytest.raises(InputError, match="positive"):
        XtbProtocol(conformers=0)
