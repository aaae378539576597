"""Concentration of the ions, from nothing to a molten salt."""

import numpy as np
import pytest

from electrolyte_ml.features import FEATURE_NAMES, compose, ion_content_of, mixture_features
from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount, parse_recipe
from electrolyte_ml.species import default_catalog


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


def test_an_ionic_liquid_is_the_same_written_as_a_solvent_or_as_a_salt():
    catalog = default_catalog()
    liquid, pc = catalog.solvent("EMIMFSI"), catalog.solvent("PC")
    salt = catalog.salt("EMIMFSI")
    mass = 2.0 * salt.molar_mass_g_mol / 1000.0  # in a kilogram of PC
    as_salt = Formulation(
        solvents=(SolventAmount(solvent=pc, mass_fraction=1.0),),
        salts=(SaltAmount(salt=salt, molality_mol_kg=2.0),),
    )
    as_solvent = Formulation(
        solvents=(
            SolventAmount(solvent=pc, mass_fraction=1.0 / (1.0 + mass)),
            SolventAmount(solvent=liquid, mass_fraction=mass / (1.0 + mass)),
        ),
        salts=(),
    )
    one = compose([as_salt, as_solvent])
    for amounts in (one.molality_mol_kg, one.molecules_mol_kg, one.charge_by_molecules_mol_kg):
        assert amounts[0] == pytest.approx(amounts[1], rel=1e-6)
    assert one.charge_by_molecules_mol_kg[0] == pytest.approx(2.0)
    features = mixture_features(one)
    assert features[0] == pytest.approx(features[1], rel=1e-6, abs=1e-9)
    assert [ion.name for ion in (*one.cations, *one.anions)] == ["EMIM", "FSI"]


def test_partners_of_ions_do_not_count():
    first = parse_recipe("NaFSI:NaTFSI:EMIMFSI 0.5:0.5:1 mol")
    again = parse_recipe("NaFSI:EMIMTFSI:EMIMFSI 1:0.5:0.5 mol")
    composition = compose([first, again])
    assert composition.molality_mol_kg[0] == pytest.approx(composition.molality_mol_kg[1])
    assert composition.solute_mol_kg[0] == pytest.approx(composition.solute_mol_kg[1])


def test_solutes_are_what_is_no_liquid():
    texts = ("1 m NaFSI in Pyr13FSI", "Pyr13FSI", "1 m TEABF4 in PC", "0.5 m LiPF6 in PC", "EC")
    composition = compose([parse_recipe(t) for t in texts])
    assert composition.solute_mol_kg == pytest.approx([1.0, 0.0, 1.0, 0.5, 0.0])
    assert composition.charge_by_molecules_mol_kg == pytest.approx([np.inf, np.inf, 1.0, 0.5, 0.0])
