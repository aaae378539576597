import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.formulation import weigh_out_g
from electrolyte_ml.search import SearchSpace
from electrolyte_ml.search.weighing import weigh_out_per_100g


@pytest.fixture(scope="module")
def capped(make_problem):
    problem = make_problem(
        limits={
            "max_fraction": {"EC": 0.5, "PC": 0.35},
            "min_fraction": {"DME": 0.25},
            "max_molality_mol_kg": {"NaFSI": 1.35},
        }
    )
    return SearchSpace(problem.components, problem.limits)


@given(data=st.data())
def test_grams_sum_to_the_batch_and_obey_every_limit(capped, data):
    # Ends of the cube are where recipes lie at their limits.
    point = data.draw(
        st.lists(
            st.sampled_from([0.0, 0.3, 0.7, 1.0]),
            min_size=capped.dimension,
            max_size=capped.dimension,
        )
    )
    recipe = capped.decode(point)
    grams = weigh_out_per_100g(recipe, capped.components, capped.limits)
    ideal = weigh_out_g(recipe)
    assert sum(round(100 * g) for g in grams.values()) == 10_000
    assert list(grams) == list(ideal)
    assert all(abs(grams[n] - ideal[n]) < 0.03 for n in ideal)
    solvents = sum(grams[s.solvent.name] for s in recipe.solvents)
    for name, cap in (("EC", 0.5), ("PC", 0.35)):
        assert grams.get(name, 0.0) <= cap * solvents + 1e-9
    assert grams["DME"] >= 0.25 * solvents - 1e-9
    ((salt, molar_mass),) = [(s.salt.name, s.salt.molar_mass_g_mol) for s in recipe.salts]
    molality = 1000 * grams[salt] / molar_mass / solvents
    assert 0.3 - 1e-9 <= molality <= (1.35 if salt == "NaFSI" else 2.0) + 1e-9


def test_grams_have_two_decimals(capped):
    for recipe in capped.decode_many(np.random.default_rng(0).random((50, capped.dimension))):
        for grams in weigh_out_per_100g(recipe, capped.components, capped.limits).values():
            assert grams == round(grams, 2) > 0
