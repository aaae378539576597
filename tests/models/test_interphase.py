"""Descriptors of the shell of a metal ion."""

import numpy as np
import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.interphase import predict_interphase
from electrolyte_ml.properties import registered_property


def _of(*recipes):
    return predict_interphase([parse_recipe(r) for r in recipes])


def test_anions_enter_the_shell_with_salt_and_with_a_diluent():
    found = _of("1 M LiFSI in DME", "4 M LiFSI in DME")
    share = found.anion_share_of_shell
    assert 0 < share.value[0] < share.value[1] < 1
    assert np.all((share.low <= share.value) & (share.value <= share.high))
    assert np.all((share.low >= 0) & (share.high <= 1))


def test_a_chelate_holds_the_ion_more_strongly():
    energy = _of("1 M NaFSI in diglyme", "1 M NaFSI in DMC").desolvation_ev
    assert energy.value[0] > energy.value[1] > 0


def test_the_order_of_components_changes_nothing():
    one, two = "1 m NaFSI in EC:DMC 1:2 w/w", "1 m NaFSI in DMC:EC 2:1 w/w"
    assert _of(one).desolvation_ev.value == pytest.approx(_of(two).desolvation_ev.value)


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        ("1 M KPF6 in DME", "Li or Na"),
        ("DME", "no cation"),
        ("1 M LiFSI in CCOC(C)(C)CCOC(C)(C)C", "species bind"),
        ("1 m NaFSI in Pyr13FSI", "ionic liquids"),
    ],
)
def test_what_is_not_computed_is_said(recipe, why):
    found = _of(recipe).anion_share_of_shell
    assert np.isnan(found.value[0])
    assert not found.in_domain[0]
    assert why in found.reason[0]


def test_searches_may_name_both():
    for name in ("anion_share_of_shell", "desolvation_ev"):
        known = registered_property(name)
        assert known.predictor() is predict_interphase
        assert not known.is_scored
