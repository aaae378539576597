from types import SimpleNamespace

import numpy as np
import pytest

from electrolyte_ml.features import FEATURE_NAMES, compose, constants, mixture_features
from electrolyte_ml.features.constants import solvent_constants
from electrolyte_ml.features.molecule import (
    ANION_DESCRIPTORS,
    ANION_TABLE,
    SOLVENT_DESCRIPTORS,
    SOLVENT_TABLE,
    calculate,
    descriptors,
)
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.species import PropertyValue, Solvent, default_catalog
from electrolyte_ml.species.catalog import packaged_catalog
from tools.rebuild_features import MISSING_RATES, TABLES, rebuild


def features(*recipes):
    return mixture_features(compose(list(recipes)))


def test_vectors_are_finite_and_named():
    matrix = features(parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC"))
    assert matrix.shape == (1, len(FEATURE_NAMES))
    assert np.isfinite(matrix).all()
    assert len(set(FEATURE_NAMES)) == len(FEATURE_NAMES)


def test_order_of_components_changes_nothing():
    recipe = parse_recipe("0.5 M NaPF6 + 0.5 M LiFSI in EC:DEC:TTE 1:2:3 v/v")
    turned = Formulation(solvents=recipe.solvents[::-1], salts=recipe.salts[::-1])
    assert features(recipe) == pytest.approx(features(turned), abs=1e-12)


def test_means_are_by_mole_fraction():
    column = FEATURE_NAMES.index("solvent.rdkit.TPSA")
    ec, dec = (
        descriptors(default_catalog().solvent(n).smiles, SOLVENT_DESCRIPTORS)[0]
        for n in ("EC", "DEC")
    )
    mixed = features(parse_recipe("1 m NaPF6 in EC:DEC 3:1 mol"))[0, column]
    assert mixed == pytest.approx(0.75 * ec + 0.25 * dec)


def test_amounts_of_ions():
    composition = compose([parse_recipe("0.3 m NaPF6 + 0.6 m LiFSI in PC"), parse_recipe("PC")])
    shares = dict(
        zip([c.name for c in composition.cations], composition.cation_fraction[0], strict=True)
    )
    assert shares == pytest.approx({"Li": 2 / 3, "Na": 1 / 3})
    assert composition.molality_mol_kg == pytest.approx([0.9, 0.0])
    assert composition.anion_fraction[1].sum() == 0


def test_unknown_constants_are_estimated_and_said():
    known = solvent_constants(default_catalog().solvent("PC"))
    assert known.estimated == ()
    unknown = solvent_constants(default_catalog().solvent("CCCOC(=O)OCCC(F)(F)F"))
    assert {"viscosity", "permittivity", "density"} <= set(unknown.estimated)
    assert np.isfinite([unknown.ln_viscosity, unknown.ln_permittivity]).all()


@pytest.mark.parametrize("name", ["EC", "diglyme", "TMP", "sulfolane"])
def test_shipped_descriptors_are_what_the_libraries_calculate(name):
    smiles = default_catalog().solvent(name).smiles
    shipped = descriptors(smiles, SOLVENT_DESCRIPTORS)
    assert shipped == pytest.approx(calculate(smiles, SOLVENT_DESCRIPTORS), rel=1e-6, nan_ok=True)


def test_shipped_anion_descriptors_are_what_the_libraries_calculate():
    for name in ("PF6", "TFSI", "BOB", "ClO4"):
        smiles = default_catalog().ion(name).smiles
        shipped = descriptors(smiles, ANION_DESCRIPTORS)
        assert shipped == pytest.approx(calculate(smiles, ANION_DESCRIPTORS), rel=1e-6, nan_ok=True)


def test_tables_are_rebuilt_as_they_ship(tmp_path):
    # A species that was added to the catalog may wait for the next rebuild of the tables.
    rebuild(tmp_path)
    for table in (SOLVENT_TABLE, ANION_TABLE, MISSING_RATES):
        made, shipped = ((folder / table).read_text().splitlines() for folder in (tmp_path, TABLES))
        if table == MISSING_RATES:
            made, shipped = ([line.rpartition(",")[0] for line in t] for t in (made, shipped))
        assert set(shipped) <= set(made), table


def test_a_solvent_more_in_the_catalog_moves_no_estimate(monkeypatch):
    new = Solvent(
        name="new",
        smiles="CCCCCC(=O)OCC",
        properties={
            name: PropertyValue(value=value, temperature_k=298.15, source="test", verified=False)
            for name, value in (("viscosity_mpa_s", 90.0), ("relative_permittivity", 90.0))
        },
    )
    unknown = Solvent(name="unknown", smiles="CCCCC(=O)OCC")
    before = solvent_constants(unknown)
    solvents = (*packaged_catalog().solvents, new)
    monkeypatch.setattr(constants, "packaged_catalog", lambda: SimpleNamespace(solvents=solvents))
    constants._estimator.cache_clear()
    constants._constants.cache_clear()
    assert solvent_constants(unknown) == before
