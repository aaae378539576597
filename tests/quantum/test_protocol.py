from dataclasses import replace

import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.quantum.protocol import Protocol


@pytest.mark.parametrize(
    "change", [{"conformers": 3}, {"seed": 8}, {"solvent": "water"}, {"max_steps": 10}]
)
def test_every_setting_changes_the_key(change):
    assert replace(Protocol(), **change).key != Protocol().key


def test_key_is_stable():
    # Rows of tables that exist are found by it.
    assert Protocol().key == Protocol().key
    assert Protocol().key.startswith("xtb-1-")


def test_numbers_must_be_positive():
    with pytest.raises(InputError, match="positive"):
        Protocol(conformers=0)
