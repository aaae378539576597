"""Concentration of the ions, from nothing to a molten salt."""

import numpy as np
import pytest

from electrolyte_ml.features import FEATURE_NAMES, compose, ion_content_of, mixture_features
from electrolyte_ml.formulation import parse_recipe


def content(*texts):
    return ion_content_of(compose([parse_recipe(t) for t in texts]))


@pytest.mark.parametrize(
    "text", ["1 M NaPF6 in PC", "1 M LiTFSI in DME", "0.1 M LiPF6 in EC:DMC 1:1 w/w"]
)
def test_volumes_of_salts_and_solvents_add_up_to_the_nominal_concentration(text):
    nominal = float(text.split()[0])
    assert content(text).charge_mol_l[0] == pytest.approx(nominal, rel=0.06)


def test_a_molten_salt_is_the_end_of_the_scale():
    neat, salted, half = (
        content(t) for t in ("EMIMFSI", "1 m NaFSI in EMIMFSI", "EMIMFSI:PC 50:50 w/w")
    )
    assert neat.ion_volume_fraction[0] == pytest.approx(1.0)
    assert neat.molecule_fraction[0] == 0.0
    # Molar mass 291 g/mol, density near 1.44 g/cm3.
    assert neat.charge_mol_l[0] == pytest.approx(4.9, rel=0.08)
    assert salted.charge_mol_l[0] > neat.charge_mol_l[0] > half.charge_mol_l[0]


def test_without_salt_everything_stays_finite():
    composition = compose([parse_recipe("EC:DEC 1:1 w/w"), parse_recipe("EMIMFSI")])
    assert np.isfinite(mixture_features(composition)).all()
    assert mixture_features(composition).shape == (2, len(FEATURE_NAMES))
    assert content("EC").charge_mol_l[0] == 0.0
    assert np.isfinite(content("EC").ln_charge).all()


def test_an_ion_is_the_same_whether_it_comes_with_a_salt_or_a_liquid():
    """EMIMFSI with NaTFSI, and EMIMTFSI with NaFSI, at equal amounts of ions."""
    first = parse_recipe("1 m NaTFSI in EMIMFSI")
    other = parse_recipe("NaFSI:NaTFSI:EMIMFSI 0.5:0.5:1 mol")
    again = parse_recipe("NaFSI:EMIMTFSI:EMIMFSI 1:0.5:0.5 mol")
    features = mixture_features(compose([first, other, again]))
    assert features[1] == pytest.approx(features[2], rel=1e-9)
    assert features[0] != pytest.approx(features[1], rel=1e-3)
