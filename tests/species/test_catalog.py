import pytest

from electrolyte_ml.errors import (
    CatalogError,
    ChargeBalanceError,
    ElectrolyteError,
    SmilesError,
    UnknownSpeciesError,
)
from electrolyte_ml.species import Catalog, Ion, Salt, Solvent, default_catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return default_catalog()


@pytest.mark.parametrize(
    ("alias", "smiles"),
    [
        ("diglyme", "COCCOCCOC"),
        ("2G", "COCCOCCOC"),
        ("G2", "COCCOCCOC"),
        ("2-Glyme", "COCCOCCOC"),
        ("DEGDME", "COCCOCCOC"),
        ("DME", "COCCOC"),  # never dimethyl ether
        ("ethylene carbonate", "O=C1OCCO1"),
        ("propylene  Carbonate", "CC1COC(=O)O1"),
        ("Ethylmonoglyme", "CCOCCOCC"),
        ("C1COC(=O)O1", "O=C1OCCO1"),
    ],
)
def test_solvents_are_found_by_any_of_their_names(catalog, alias, smiles):
    assert catalog.solvent(alias).smiles == smiles


@pytest.mark.parametrize(
    ("name", "canonical", "counts"),
    [
        ("NaPF6", "NaPF6", (1, 1)),
        ("napf6", "NaPF6", (1, 1)),
        ("LiN(CF3SO2)2", "LiTFSI", (1, 1)),
        ("NaFSA", "NaFSI", (1, 1)),
        ("Mg(TFSI)2", "Mg(TFSI)2", (1, 2)),
        ("MgTFSI", "Mg(TFSI)2", (1, 2)),
        ("[Na+].F[P-](F)(F)(F)(F)F", "NaPF6", (1, 1)),
        ("F[B-](F)(F)F.[K+]", "KBF4", (1, 1)),
    ],
)
def test_salts_are_a_cation_and_an_anion(catalog, name, canonical, counts):
    salt = catalog.salt(name)
    assert salt.name == canonical
    assert (salt.n_cation, salt.n_anion) == counts


def test_sodium_and_lithium_salts_differ(catalog):
    sodium, lithium = catalog.salt("NaPF6"), catalog.salt("LiPF6")
    assert sodium != lithium
    assert sodium.molar_mass_g_mol == pytest.approx(167.95, abs=0.01)
    assert lithium.molar_mass_g_mol == pytest.approx(151.91, abs=0.01)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("NaPF", UnknownSpeciesError, "did you mean 'NaPF6'"),
        ("Na2PF6", ChargeBalanceError, "write NaPF6"),
        ("[Na+].[Na+].F[P-](F)(F)(F)(F)F", ChargeBalanceError, "net charge of +1"),
        ("[Na+]", ChargeBalanceError, "net charge of +1"),
        ("[Na+].[Cl", SmilesError, "cannot parse"),
        ("[Na+].[Li+].[Cl-].[Cl-]", SmilesError, "one kind of cation"),
        ("O=C1OCCO1", SmilesError, "one kind of cation"),
    ],
)
def test_bad_salts_are_refused_with_the_reason(catalog, name, error, words):
    with pytest.raises(error) as caught:
        catalog.salt(name)
    assert words in str(caught.value)
    assert isinstance(caught.value, ElectrolyteError)


def test_unknown_solvent_suggests_a_name(catalog):
    with pytest.raises(UnknownSpeciesError) as caught:
        catalog.solvent("diglime")
    assert "did you mean 'diglyme'" in str(caught.value)
    assert isinstance(caught.value, KeyError)


def test_charged_solvent_is_refused(catalog):
    with pytest.raises(SmilesError, match="carries a charge"):
        catalog.solvent("[Na+]")


def test_clashing_names_are_all_reported():
    one = Solvent(name="A", smiles="CO", aliases=("x", "y"))
    other = Solvent(name="B", smiles="CCO", aliases=("X", "y"))
    with pytest.raises(CatalogError) as caught:
        Catalog([one, other], [])
    assert len(caught.value.messages) == 2


def test_salt_needs_ions_of_opposite_charge():
    sodium = Ion(name="Na", smiles="[Na+]")
    with pytest.raises(ChargeBalanceError):
        Salt(cation=sodium, anion=sodium)


def test_catalog_is_wide_enough_and_every_value_has_a_source(catalog):
    assert len(catalog.solvents) >= 90
    assert len(catalog.anions) >= 16
    for species in (*catalog.solvents, *catalog.ions):
        assert all(value.source for value in species.properties.values())


def test_catalog_values_are_physical(catalog):
    for solvent in catalog.solvents:
        limits = {
            "density_g_cm3": (0.6, 2.2),
            "density_slope_g_cm3_k": (-0.006, 0.0),
            "relative_permittivity": (1.5, 200),
            "viscosity_mpa_s": (0.1, 1000),
            "melting_point_k": (80, 480),
            "boiling_point_k": (250, 800),
        }
        for name, (low, high) in limits.items():
            value = solvent.value(name)
            assert value is None or low <= value <= high, (solvent.name, name, value)
        melting, boiling = solvent.value("melting_point_k"), solvent.value("boiling_point_k")
        if melting is not None and boiling is not None:
            assert melting < boiling, solvent.name


def test_diluent_is_known_as_one(catalog):
    assert catalog.solvent("TTE").role == "diluent"
