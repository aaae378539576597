"""Computed descriptors of ions: the tables hold all ions of the data, with values in order."""

from itertools import pairwise

import pytest

from electrolyte_ml.data.union import conductivity_union
from electrolyte_ml.features import anion_potential
from electrolyte_ml.files import packaged_table
from electrolyte_ml.species.catalog import packaged_catalog
from electrolyte_ml.species.chemistry import formal_charge
from electrolyte_ml.species.ionic_liquids import ions_of

CATIONS, ANIONS = "cation_descriptors.csv", "anion_computed_descriptors.csv"
ALKALI = ("[Li+]", "[Na+]", "[K+]", "[Rb+]", "[Cs+]")
ALKALINE_EARTH = ("[Mg+2]", "[Ca+2]", "[Ba+2]")


def table(name):
    return {row["smiles"]: row for row in packaged_table(f"features/tables/{name}")}


def column(name, ions, descriptor):
    rows = table(name)
    return [float(rows[ion][descriptor]) for ion in ions]


def increases(values):
    return all(a < b for a, b in pairwise(values))


@pytest.mark.parametrize("ions", [ALKALI, ALKALINE_EARTH])
def test_a_smaller_metal_ion_is_harder_and_more_strongly_solvated(ions):
    assert increases(column(CATIONS, ions, "radius_a"))
    assert increases(column(CATIONS, ions, "volume_a3"))
    assert increases(column(CATIONS, ions, "polarizability_a3"))
    assert increases(column(CATIONS, ions, "solvation_kj_mol"))  # all negative
    assert increases([-v for v in column(CATIONS, ions, "extreme_v")])


def test_a_longer_chain_makes_a_larger_ion_that_attracts_less():
    chains = ("Cn1cc[n+](C)c1", "CC[n+]1ccn(C)c1", "CCCC[n+]1ccn(C)c1", "CCCCCCCC[n+]1ccn(C)c1")
    for descriptor in ("radius_a", "volume_a3", "polarizability_a3", "spread_v"):
        assert increases(column(CATIONS, chains, descriptor)), descriptor
    assert increases([-v for v in column(CATIONS, chains, "mean_v")])
    assert column(CATIONS, chains, "hbond_donors") == [1, 1, 1, 1]
    assert column(CATIONS, ("CC[N+](C)(CC)CCOC",), "ether_oxygens") == [1]


def test_halides_and_fluorides_come_in_order():
    for ions in (("[Cl-]", "[Br-]", "[I-]"), ("F[B-](F)(F)F", "F[P-](F)(F)(F)(F)F")):
        for descriptor in ("radius_a", "polarizability_a3", "extreme_v"):
            assert increases(column(ANIONS, ions, descriptor)), (ions, descriptor)


@pytest.mark.parametrize(("name", "sign"), [(CATIONS, 1), (ANIONS, -1)])
def test_every_value_is_there_and_sane(name, sign):
    for smiles, row in table(name).items():
        assert int(row["charge"]) == formal_charge(smiles)
        assert int(row["charge"]) * sign > 0
        assert 0.5 < float(row["radius_a"]) < 6.0
        assert 0.0 <= float(row["polarizability_a3"]) < 60.0
        assert float(row["solvation_kj_mol"]) < 0.0
        assert sign * float(row["extreme_v"]) >= sign * float(row["mean_v"]) > 0.0


def test_a_further_anion_in_the_table_moves_no_estimate(monkeypatch):
    unknown = "O=C([O-])C(F)(F)C(F)(F)F"
    before = anion_potential.lowest_potential_v(unknown)
    known = anion_potential._table() | {"O=C([O-])CC(F)(F)F": -20.0}
    monkeypatch.setattr(anion_potential, "_table", lambda: known)
    anion_potential._size_line.cache_clear()
    assert anion_potential.lowest_potential_v("O=C([O-])CC(F)(F)F") == -20.0
    assert anion_potential.lowest_potential_v(unknown) == before


def test_all_ions_of_the_catalog_are_there():
    catalog = packaged_catalog()
    assert {ion.smiles for ion in catalog.cations} <= table(CATIONS).keys()
    assert {ion.smiles for ion in catalog.anions} <= table(ANIONS).keys()


@pytest.mark.full_data
def test_all_ions_of_the_measured_conductivities_are_there():
    known = table(CATIONS).keys() | table(ANIONS).keys()
    for formulation in conductivity_union().measurements.formulations:
        for salt in (item.salt for item in formulation.salts):
            assert {salt.cation.smiles, salt.anion.smiles} <= known
        for solvent in formulation.solvents:
            assert set(ions_of(solvent.solvent)) <= known
