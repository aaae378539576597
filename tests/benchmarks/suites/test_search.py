from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.benchmarks.suites.search import (
    BATCH,
    N_BATCHES,
    OURS,
    SPLITS,
    STRATEGIES,
    campaign_figures,
    hypervolume,
    jobs,
    run_campaign,
    share_found,
)
from electrolyte_ml.benchmarks.suites.search.models import IndependentFractions
from electrolyte_ml.benchmarks.suites.search.worlds import (
    SimulatedLaboratory,
    World,
    nearest_of_pool,
)
from electrolyte_ml.errors import InputError
from electrolyte_ml.search import Components, Limits, SearchSpace
from electrolyte_ml.search.check_recipe import violations
from electrolyte_ml.species import default_catalog

_NAMES = ("EC", "PC", "DMC", "EMC", "DME")


@pytest.fixture(scope="module")
def space():
    catalog = default_catalog()
    components = Components(
        solvents=tuple(catalog.solvent(name) for name in _NAMES),
        salts=(catalog.salt("LiPF6"), catalog.salt("LiTFSI")),
    )
    limits = Limits(salt_molality_mol_kg=(0.5, 1.5), max_solvents=3, max_fraction={"EC": 0.4})
    return SearchSpace(components, limits)


def _truth(recipes):
    """More DME is better, and 1 mol/kg of salt is best."""
    dme = np.array([f.mass_fractions.get("DME", 0.0) for f in recipes])
    salt = np.array([sum(f.molalities_mol_kg.values()) for f in recipes])
    value = (1 + 9 * dme) * np.exp(-3 * (salt - 1) ** 2)
    return np.stack([value, 12 - value], axis=1)


@pytest.fixture(scope="module")
def world(space):
    return World(
        space=space,
        nature=lambda recipes: _truth(recipes)[:, :1],
        belief=lambda recipes: np.zeros((len(recipes), 1)),
        belief_half_width=0.5,
        pool=(),
        n_objectives=1,
        relative_noise=0.0,
        seed=3,
    )


def test_laboratory_measures_the_truth_within_its_noise(space):
    recipes = space.decode_many(np.random.default_rng(0).random((400, space.dimension)))
    exact = SimulatedLaboratory(_truth, relative_noise=0.0)
    assert exact.measure(recipes) == pytest.approx(_truth(recipes))
    noisy = SimulatedLaboratory(_truth, relative_noise=0.1, seed=1)
    ratio = noisy.measure(recipes) / _truth(recipes)
    assert np.log(ratio).std() == pytest.approx(np.log1p(0.1), rel=0.1)
    assert noisy.n_measured == 400
    again = SimulatedLaboratory(_truth, relative_noise=0.1, seed=1)
    assert again.measure(recipes) / _truth(recipes) == pytest.approx(ratio)
    with pytest.raises(InputError, match="relative_noise"):
        SimulatedLaboratory(_truth, relative_noise=-0.1)


@given(
    st.lists(
        st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)), min_size=1, max_size=12, unique=True
    )
)
def test_hypervolume_is_the_area_that_is_dominated(points):
    values = np.array(points)
    edges = [np.unique(np.append(values[:, j], 0.0)) for j in range(2)]
    area = sum(
        (x1 - x0) * (y1 - y0)
        for x0, x1 in zip(edges[0][:-1], edges[0][1:], strict=True)
        for y0, y1 in zip(edges[1][:-1], edges[1][1:], strict=True)
        if np.any((values[:, 0] >= x1) & (values[:, 1] >= y1))
    )
    assert hypervolume(values) == pytest.approx(area)


def test_figures_of_a_known_campaign(world):
    best = world.pool_truth.max()
    assert best == pytest.approx(10.0, rel=0.02)
    truth = np.array([[0.5], [0.9], [0.96], [0.99]]) * best
    figures = campaign_figures(world, truth)
    assert figures["regret_percent"] == pytest.approx(1.0)
    assert (figures["experiments_to_95"], figures["reached_95"]) == (3.0, 1.0)
    found = share_found(world, truth[[1, 0, 3, 2]])
    assert found == pytest.approx([90, 90, 99, 99])
    missed = campaign_figures(world, truth[:2])
    assert (missed["experiments_to_95"], missed["reached_95"]) == (2.0, 0.0)


def test_hypervolume_found_only_grows(world):
    two = replace(world, nature=_truth, n_objectives=2)
    recipes = two.space.decode_many(np.random.default_rng(1).random((20, two.space.dimension)))
    found = share_found(two, _truth(recipes))
    assert np.all(np.diff(found) >= 0)
    assert 0 < found[-1] <= 100
    figures = campaign_figures(two, _truth(recipes))
    assert figures["hypervolume_percent"] == pytest.approx(found[-1])


@given(point=st.lists(st.floats(0, 1), min_size=7, max_size=7), uniform=st.booleans())
def test_rival_encodings_give_legal_recipes_or_none(space, point, uniform):
    recipe = IndependentFractions(space, uniform=uniform).decode(point)
    if recipe is not None:
        assert not violations(recipe, space.components, space.limits)


@pytest.mark.parametrize("uniform", [False, True])
def test_rival_encodings_reach_some_recipes(space, uniform):
    encoding = IndependentFractions(space, uniform=uniform)
    points = np.random.default_rng(0).random((200, 7))
    recipes = [encoding.decode(point.tolist()) for point in points]
    assert sum(recipe is not None for recipe in recipes) > 10


def test_pool_is_measured_once(space):
    pool = space.decode_many(np.random.default_rng(0).random((6, space.dimension)))
    free = np.ones(6, dtype=bool)
    taken = nearest_of_pool([pool[2]] * 4, pool, free)
    assert taken[0] == 2
    assert len(set(taken)) == 4
    assert free.sum() == 2


@pytest.mark.parametrize("name", [n for n in STRATEGIES if "BayBE" not in n])
def test_strategies_never_measure_twice_and_repeat_with_the_seed(world, name):
    keys = []
    for _ in range(2):
        strategy, laboratory = STRATEGIES[name](world, 4), world.laboratory()
        asked = []
        for _ in range(3):
            recipes = strategy.ask(4)
            strategy.tell(laboratory.measure(recipes))
            asked += [f.key for f in recipes]
        keys.append(asked)
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 12


def test_learning_beats_chance_in_a_simple_world(world):
    guided = run_campaign(world, STRATEGIES[OURS], 0)
    chance = run_campaign(world, STRATEGIES["random legal recipes (Sobol)"], 0)
    assert guided.shape == (BATCH * N_BATCHES, 1)
    assert guided[-40:].mean() > 2 * chance[-40:].mean()
    assert guided.max() > 0.97 * world.pool_truth.max()


def test_jobs_of_the_suite(sample):
    full, quick = (jobs(quick=q, splits=None, seed=0) for q in (False, True))
    assert {job.split for job in full} == set(SPLITS)
    assert len(quick) < len(full)
    assert OURS in {job.model for job in quick}
    assert {job.version for job in quick} == {"3 seeds"}
    with pytest.raises(InputError, match="there are laboratory"):
        jobs(quick=True, splits=("kitchen",), seed=0)
