import numpy as np
import pytest

from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.estimates import ion_volume_cm3_mol, liquid_density_g_cm3


def test_density_estimate_agrees_with_the_catalog():
    pairs = [
        (liquid_density_g_cm3(s.smiles), s.value("density_g_cm3"))
        for s in default_catalog().solvents
        if s.value("density_g_cm3") is not None
    ]
    estimated, known = np.array(pairs).T
    error = np.abs(estimated / known - 1)
    assert len(pairs) > 100
    assert error.mean() < 0.06
    assert np.quantile(error, 0.9) < 0.11


@pytest.mark.parametrize("name", ["PF6", "OTf", "TFSI"])
def test_ion_volume_estimate_agrees_with_measured_solutions(name):
    ion = default_catalog().ion(name)
    known = ion.value("partial_molar_volume_cm3_mol")
    assert ion_volume_cm3_mol(ion.smiles) == pytest.approx(known, rel=0.03)
