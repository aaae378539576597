import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.quantum.electrodes import ELECTRODES, ReferenceElectrode, reference_electrode


def test_sodium_lies_above_lithium_so_that_potentials_against_it_are_lower():
    assert ELECTRODES["Na/Na+"].from_lithium(5.0) == pytest.approx(4.7)
    assert ELECTRODES["Li/Li+"].from_lithium(5.0) == 5.0


def test_an_electrode_of_ones_own_is_passed_through():
    own = ReferenceElectrode(name="K/K+", above_lithium_v=0.1, uncertainty_v=0.2, source="test")
    assert reference_electrode(own) is own


def test_unknown_electrode_names_the_known_ones():
    with pytest.raises(InputError, match=r"Li/Li\+, Na/Na\+"):
        reference_electrode("SHE")
