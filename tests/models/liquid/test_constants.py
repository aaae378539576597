import numpy as np
import pytest

from electrolyte_ml.models.liquid.constants import (
    FLASH_FROM_BOILING,
    FUSION_ENTROPY,
    VAPORISATION_ENTROPY,
    VAPORISATION_HEAT_CAPACITY_J_MOL_K,
    phase_constants,
    turning_bonds,
    without_flash_point,
)
from electrolyte_ml.species import default_catalog

# Below this a crystal has already melted half, into a plastic phase.
PLASTIC_J_MOL_K = 20.0


def solvents_with(*names):
    found = []
    for solvent in default_catalog().solvents:
        values = [solvent.value(name) for name in names]
        if None not in values:
            found.append((solvent, *values))
    return found


def test_entropy_of_fusion_follows_from_the_bonds_that_turn():
    # Of the table of measured values alone: estimates and memory would fit themselves.
    rows = [
        (turning_bonds(s.smiles), 1000 * heat / melting)
        for s, heat, melting in solvents_with("fusion_enthalpy_kj_mol", "melting_point_k")
        if s.properties["fusion_enthalpy_kj_mol"].source == "chemicals 1.5.2: CRC"
    ]
    bonds, entropy = np.array([r for r in rows if r[1] > PLASTIC_J_MOL_K]).T
    offset, slope = FUSION_ENTROPY
    fitted = np.polyfit(bonds, entropy, 1)
    assert fitted == pytest.approx([slope, offset], abs=0.2)
    assert np.std(entropy - offset - slope * bonds) < 9


def test_entropy_of_vaporisation_follows_from_the_boiling_point():
    rows = solvents_with("vaporisation_enthalpy_kj_mol", "boiling_point_k")
    heat, boiling = np.array([row[1:] for row in rows]).T
    at_boiling = 1000 * heat + VAPORISATION_HEAT_CAPACITY_J_MOL_K * (boiling - 298.15)
    entropy = at_boiling / boiling
    offset, slope = VAPORISATION_ENTROPY
    error = entropy - offset - slope * np.log(boiling)
    assert abs(error.mean()) < 1
    assert error.std() < 8


def test_flash_points_follow_from_boiling_points():
    rows = [r for r in solvents_with("flash_point_k", "boiling_point_k") if "F" not in r[0].smiles]
    flash, boiling = np.array([row[1:] for row in rows]).T
    offset, slope = FLASH_FROM_BOILING
    error = np.abs(flash - offset - slope * boiling)
    assert error.mean() < 13
    assert np.quantile(error, 0.9) < 22


def test_what_is_unknown_is_estimated_and_said_to_be():
    catalog = default_catalog()
    c = phase_constants([catalog.solvent("EC"), catalog.solvent("diglyme"), catalog.solvent("CCO")])
    assert c.fusion_is_estimated.tolist() == [False, True, False]
    assert 10e3 < c.fusion_j_mol[1] < 25e3
    assert c.is_protic.tolist() == [False, False, True]
    assert 28 < c.solubility_parameter_mpa05[0] < 32


def test_a_molecule_known_by_smiles_only_has_nothing_but_a_density():
    c = phase_constants([default_catalog().solvent("CCOCCCCOCC")])
    assert np.isnan([c.melting_k[0], c.boiling_k[0], c.flash_k[0]]).all()
    assert c.molar_volume_cm3_mol[0] > 100


def test_solvents_without_a_flash_point_are_in_the_catalog():
    known = {s.smiles: s for s in default_catalog().solvents}
    assert without_flash_point() <= known.keys()
    assert all(known[s].value("flash_point_k") is None for s in without_flash_point())
