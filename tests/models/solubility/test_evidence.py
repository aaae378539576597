from electrolyte_ml.features.molecule import ANION_DESCRIPTORS, SOLVENT_DESCRIPTORS, tabled
from electrolyte_ml.files import packaged_table
from electrolyte_ml.models.solubility.evidence import dissolved_mixtures, solubility_evidence
from electrolyte_ml.species import default_catalog


def test_every_row_is_about_species_that_exist_and_says_where_it_is_from():
    catalog = default_catalog()
    families = {s.family for s in catalog.solvents}
    rows = packaged_table("models/solubility/tables/solubilities.csv")
    for row in rows:
        catalog.salt(row["cation"] + row["anion"])
        assert row["source"]
        assert row["verified"] in {"yes", "no"}
        assert (row["source"] == "from memory") == (row["verified"] == "no")
        for name in row["medium"].split(";"):
            assert name in families or catalog.has_solvent_named(name), name


def test_bounds_are_in_order_and_what_was_not_checked_is_no_value():
    evidence = solubility_evidence()
    assert len(evidence) > 400
    assert all(0 < held.low_mol_kg < held.high_mol_kg for held in evidence)
    assert sum(held.is_value for held in evidence) > 12
    assert not any(held.is_value and not held.verified for held in evidence)
    assert all(held.verified and held.source for held in evidence if held.is_bound)


def test_measured_mixtures_hold_salts_and_whole_solvents():
    mixtures = dissolved_mixtures()
    assert len(mixtures) > 200
    assert all(abs(held.mass_fractions.sum() - 1) < 1e-9 for held in mixtures)
    assert all(held.molality_mol_kg > 0 for held in mixtures)


def test_the_fit_needs_no_descriptor_that_is_not_in_the_shipped_tables():
    for held in solubility_evidence():
        assert held.solvent.smiles in tabled(SOLVENT_DESCRIPTORS), held.solvent.name
        assert held.salt.anion.smiles in tabled(ANION_DESCRIPTORS), held.salt.name
