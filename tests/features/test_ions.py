"""Descriptors of cations, and sizes of ions."""

import numpy as np
import pytest

from electrolyte_ml.features.ions import (
    CATION_DESCRIPTORS,
    cation_descriptors,
    ion_volume_cm3_mol,
    ionic_radius_a,
    is_monatomic,
)
from electrolyte_ml.species.catalog import packaged_catalog

METALS = ("[Li+]", "[Na+]", "[K+]", "[Rb+]", "[Cs+]")


def column(smiles, name):
    return cation_descriptors(smiles)[CATION_DESCRIPTORS.index(name)]


def test_radii_grow_down_the_group():
    assert (np.diff([ionic_radius_a(s) for s in METALS]) > 0).all()
    assert (np.diff([column(s, "inverse_radius") for s in METALS]) < 0).all()


def test_a_bare_ion_is_told_from_one_with_hydrogen():
    assert is_monatomic("[Mg+2]")
    assert not is_monatomic("[NH4+]")
    assert column("[Mg+2]", "charge") == 2
    assert column("[NH4+]", "acidic_hydrogen") == 4


def test_longer_chains_are_larger_and_more_flexible():
    short, long = "CC[n+]1ccn(C)c1", "CCCCCC[n+]1ccn(C)c1"
    assert ion_volume_cm3_mol(long) > ion_volume_cm3_mol(short)
    assert column(long, "rotatable_bonds") == column(short, "rotatable_bonds") + 4
    assert column(short, "aromatic_rings") == 1


@pytest.mark.parametrize("role", ["cations", "anions"])
def test_every_ion_of_the_catalog_has_a_size(role):
    for ion in getattr(packaged_catalog(), role):
        assert 0.5 < ionic_radius_a(ion.smiles) < 7.0
    for cation in packaged_catalog().cations:
        assert np.isfinite(cation_descriptors(cation.smiles)).all()
