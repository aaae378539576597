"""Baselines on the union: features of any electrolyte, equivalent conductivity as target."""

import numpy as np
import pytest

from electrolyte_ml.benchmarks.union_baselines import (
    UNION_BASELINES,
    EquivalentConductivity,
    concentration_mol_l,
    electrolyte_descriptors,
)
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount, parse_recipe
from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.ionic_liquids import ionic_liquid


def molten(salt, liquid):
    catalog = default_catalog()
    solvent = ionic_liquid(catalog.salt(liquid))
    return Formulation(
        solvents=(SolventAmount(solvent=solvent, mass_fraction=1.0),),
        salts=(SaltAmount(salt=catalog.salt(salt), molality_mol_kg=0.5),) if salt else (),
    )


def rows_of(formulations, temperature_k=298.15):
    n = len(formulations)
    return Measurements(
        property_name="conductivity_ms_cm",
        formulations=tuple(formulations),
        formulation_index=np.arange(n),
        temperature_k=np.full(n, temperature_k),
        value=np.linspace(1, 2, n),
        source=np.full(n, "10.1/a"),
        source_row=np.arange(n),
        flag=np.full(n, ""),
    )


def test_concentrations_are_those_of_solutions_and_melts():
    solutions = [parse_recipe("1 M LiPF6 in PC"), parse_recipe("2 M NaTFSI in DME")]
    found = concentration_mol_l(compose([*solutions, molten("", "EMIMTFSI")]))
    # The melt has 1.52 g/cm3 and 391 g/mol.
    assert found == pytest.approx([1.0, 2.0, 3.9], rel=0.12)


def test_melts_and_unusual_ions_have_finite_descriptors():
    recipes = [
        molten("NaFSI", "Pyr13FSI"),
        molten("", "EMIMBF4"),
        parse_recipe("0.1 m Zn(OTf)2 in PC"),
        parse_recipe("1 m LiPF6 in EC:EMC 3:7 w/w"),
    ]
    found = electrolyte_descriptors(rows_of(recipes))
    assert np.isfinite(found).all()
    assert found.shape[0] == len(recipes)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1 m LiPF6 in PC", "1 m NaPF6 in PC"), ("1 m NaPF6 in PC", "1 m NaFSI in PC")],
)
def test_cations_and_anions_are_told_apart(one, other):
    first, second = electrolyte_descriptors(rows_of([parse_recipe(one), parse_recipe(other)]))
    assert np.abs(first - second).max() > 0.01


def test_the_order_of_components_is_irrelevant():
    recipes = ("1 m LiPF6 in EC:EMC 3:7 w/w", "1 m LiPF6 in EMC:EC 7:3 w/w")
    first, second = electrolyte_descriptors(rows_of([parse_recipe(r) for r in recipes]))
    assert first == pytest.approx(second)


def test_the_target_is_the_equivalent_conductivity():
    class Constant:
        def fit(self, _, target):
            self.target = target.copy()

        def predict(self, inputs):
            return np.zeros(len(inputs))

    constant = Constant()
    inputs = np.array([[-1.0, 0.3], [0.5, 0.4]])
    model = EquivalentConductivity(constant).fit(inputs, np.array([1.0, 10.0]))
    assert constant.target == pytest.approx([1.0, 0.5])
    assert model.predict(inputs) == pytest.approx([0.1, 10**0.5])


@pytest.mark.parametrize("baseline", UNION_BASELINES, ids=lambda b: b.name)
def test_baselines_learn_the_same_for_the_same_seed(baseline):
    if baseline.skipped:
        pytest.skip(baseline.skipped)
    recipes = [parse_recipe(f"{c} m LiPF6 in PC") for c in np.linspace(0.2, 2, 60).round(3)]
    measurements = rows_of(recipes)
    inputs = baseline.inputs(measurements)
    found = [
        baseline.estimator(3).fit(inputs, measurements.value).predict(inputs) for _ in range(2)
    ]
    assert found[0].tolist() == found[1].tolist()
    assert np.abs(np.log10(found[0] / measurements.value)).mean() < 0.05
