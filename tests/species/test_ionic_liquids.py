"""Ionic liquids: which salts are of the kind, their names, and their density."""

from __future__ import annotations

import numpy as np
import pytest

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.formulation.density import density_g_cm3
from electrolyte_ml.species import Salt, default_catalog
from electrolyte_ml.species.chemistry import fragments, molar_mass_g_mol, molecule_of
from electrolyte_ml.species.estimates import ionic_liquid_density_g_cm3, mcgowan_volume_cm3_mol
from electrolyte_ml.species.ionic_liquids import FAMILY, ionic_liquid, ions_of, pair_of
from electrolyte_ml.species.tables import read_ionic_liquids


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("EMIMTFSI", "EMIMTFSI"),
        ("EMImFSI", "EMIMFSI"),
        ("EMIFSI", "EMIMFSI"),
        ("EMI-TFSI", "EMIMTFSI"),
        ("C2mimFSI", "EMIMFSI"),
        ("[EMIM][FSI]", "EMIMFSI"),
        ("[EMIm]FSI", "EMIMFSI"),
        ("[EMIM+][FSI-]", "EMIMFSI"),
        ("[C2C1im][NTf2]", "EMIMTFSI"),
        ("Pyr14 TFSI", "Pyr14TFSI"),
        ("PYR14TFSI", "Pyr14TFSI"),
        ("[C4mpyr][TFSI]", "Pyr14TFSI"),
        ("Py13FSI", "Pyr13FSI"),
        ("P13FSI", "Pyr13FSI"),
        ("Pyr1,3FSI", "Pyr13FSI"),
        ("[C3C1pyrr][FSA]", "Pyr13FSI"),
        ("BMIMBF4", "BMIMBF4"),
        ("BMIMI", "BMIMI"),
        ("N1222FSI", "TEMAFSI"),
        ("1-ethyl-3-methylimidazolium bis(fluorosulfonyl)imide", "EMIMFSI"),
        ("1-Ethyl-3-methyl-imidazolium bis(trifluoromethanesulfonyl)imide", "EMIMTFSI"),
        ("N-propyl-N-methyl pyrrolidinium bis(fluorosulfonyl)imide", "Pyr13FSI"),
        ("CCn1cc[n+](C)c1.F[B-](F)(F)F", "EMIMBF4"),
        ("F[B-](F)(F)F.CCn1cc[n+](C)c1", "EMIMBF4"),
    ],
)
def test_names_as_papers_write_them(written: str, name: str) -> None:
    liquid = default_catalog().written_solvent(written)
    assert (liquid.name, liquid.family, liquid.in_catalog) == (name, FAMILY, True)


@pytest.mark.parametrize("name", ["NaFSI", "NH4PF6", "TEABF4", "TBAPF6", "SBPBF4", "EMIM", "PC"])
def test_other_names_are_of_no_ionic_liquid(name: str) -> None:
    assert not default_catalog().is_ionic_liquid(name)


def test_every_pair_of_ions_is_read_by_its_own_name_and_smiles() -> None:
    catalog = default_catalog()
    for cation in catalog.cations:
        for anion in catalog.anions:
            salt = Salt(cation=cation, anion=anion)
            if catalog.is_ionic_liquid(salt.name):
                liquid = catalog.solvent(salt.name)
                assert catalog.solvent(liquid.smiles) == liquid == ionic_liquid(salt)
                assert ions_of(liquid) == (cation.smiles, anion.smiles)


def test_an_ion_outside_the_catalog_is_written_as_smiles() -> None:
    liquid = default_catalog().solvent("CCC(=O)[O-].CC[n+]1ccn(C)c1")
    assert liquid.name == liquid.smiles == "CC[n+]1ccn(C)c1.CCC(=O)[O-]"
    assert not liquid.in_catalog
    assert default_catalog().solvent(liquid.name) == liquid


def test_an_ionic_liquid_is_a_pair_and_a_molecule_is_none() -> None:
    catalog = default_catalog()
    pair = pair_of(catalog.solvent("EMIMTFSI"))
    assert pair is not None
    assert pair.molar_mass_g_mol == pytest.approx(catalog.salt("EMIMTFSI").molar_mass_g_mol)
    assert pair_of(catalog.solvent("PC")) is None


def test_a_misspelt_ionic_liquid_is_suggested() -> None:
    with pytest.raises(ElectrolyteError, match="did you mean 'EMIMFSI'"):
        default_catalog().written_solvent("EMIMFSO")


def test_measured_density_is_taken_with_its_slope() -> None:
    liquid = default_catalog().solvent("Pyr13FSI")
    # 10.1021/acs.jpcc.7b06523
    assert density_g_cm3(liquid, 278.0).value == pytest.approx(1.3553, abs=0.001)
    assert density_g_cm3(liquid, 333.0).value == pytest.approx(1.3114, abs=0.001)
    assert not density_g_cm3(liquid).assumption


def test_unmeasured_density_is_estimated_and_said() -> None:
    found = density_g_cm3(default_catalog().solvent("Pyr14TFSI"))
    assert found.value == pytest.approx(1.39, abs=0.01)
    assert "density of Pyr14TFSI estimated from the volumes of its ions" in found.assumption


def test_estimated_density_is_the_fit_to_the_measured_ones_and_holds_for_those_left_out() -> None:
    measured = {s: values["density_g_cm3"].value for s, values in read_ionic_liquids().items()}
    volume = np.array([molar_mass_g_mol(s) / density for s, density in measured.items()])
    terms = np.array(
        [
            (
                sum(map(mcgowan_volume_cm3_mol, fragments(s))),
                sum(atom.GetAtomicNum() == 9 for atom in molecule_of(s).GetAtoms()),
                1.0,
            )
            for s in measured
        ]
    )
    fitted = np.linalg.lstsq(terms, volume)[0]
    estimated = [molar_mass_g_mol(s) / ionic_liquid_density_g_cm3(s) for s in measured]
    assert terms @ fitted == pytest.approx(estimated, rel=2e-3)
    errors = [
        terms[i] @ np.linalg.lstsq(np.delete(terms, i, 0), np.delete(volume, i))[0] / volume[i] - 1
        for i in range(len(volume))
    ]
    assert np.mean(np.abs(errors)) < 0.01
    assert np.max(np.abs(errors)) < 0.02
