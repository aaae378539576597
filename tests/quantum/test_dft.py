from dataclasses import replace

import pytest

from electrolyte_ml.quantum.dft import DftProtocol, dft_row
from electrolyte_ml.quantum.geometry import molecule
from electrolyte_ml.quantum.protocol import Protocol


def test_key_depends_on_the_functional_and_on_the_structures():
    base = DftProtocol()
    other = replace(base, structures=replace(Protocol(), seed=8))
    keys = {base.key, replace(base, functional="b3lyp").key, other.key}
    assert len(keys) == 3
    assert Protocol().key not in keys


@pytest.mark.slow
def test_water_is_hard_to_oxidise_and_to_reduce():
    pytest.importorskip("tblite", reason="tblite is not installed")
    pytest.importorskip("pyscf", reason="PySCF is not installed")
    row = dft_row(molecule("O"), DftProtocol())
    assert row.failure == ""
    assert row.oxidation_limit_v == pytest.approx(8.1, abs=0.6)
    assert row.reduction_limit_v < 0
