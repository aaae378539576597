import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount, parse_recipe
from electrolyte_ml.search.shortlist import (
    Picking,
    distance_to_front,
    dominated_samples,
    fronts,
    main_set,
    nearly_same,
    scaled,
    shortlist,
)

_GAINS = arrays(
    float,
    st.tuples(st.integers(1, 30), st.integers(1, 3)),
    elements=st.integers(0, 5).map(float),
)


def _dominates(a, b):
    return bool(np.all(a >= b) and np.any(a > b))


@given(_GAINS)
def test_fronts_partition_the_rows_and_peel_like_an_onion(gains):
    layers = list(fronts(gains))
    assert sorted(np.concatenate(layers)) == list(range(len(gains)))
    left = set(range(len(gains)))
    for front in layers:
        best = {i for i in left if not any(_dominates(gains[j], gains[i]) for j in left)}
        assert set(front.tolist()) == best
        left -= best


@given(_GAINS)
def test_trailing_is_zero_on_the_front_only_up_to_ties(gains):
    scaled_gains = scaled(gains)
    assert scaled_gains.min() >= 0
    assert scaled_gains.max() <= 1
    front = next(fronts(scaled_gains))
    behind = distance_to_front(scaled_gains, front)
    assert np.all(behind[front] == 0)
    assert np.all(behind >= 0)


def test_coverage_is_the_hypervolume():
    covered = dominated_samples(np.array([[1.0, 0.5], [0.5, 1.0]]))
    assert abs(covered[0].mean() - 0.5) < 0.03
    assert abs(covered.any(axis=0).mean() - 0.75) < 0.03


@pytest.fixture
def mix(catalog):
    def make(salt="NaPF6", molality=1.0, **fractions):
        names = {"MeTHF": "2-MeTHF"}
        return Formulation(
            solvents=tuple(
                SolventAmount(solvent=catalog.solvent(names.get(n, n)), mass_fraction=x / 100)
                for n, x in fractions.items()
            ),
            salts=(SaltAmount(salt=catalog.salt(salt), molality_mol_kg=molality),),
        )

    return make


def _chosen(recipes, gains, n, weights=(1.0, 1.0)):
    gains = np.asarray(gains, dtype=float).reshape(len(recipes), -1)
    return shortlist(recipes, gains, weights[: gains.shape[1]], n)


def test_nearly_same_needs_the_same_components_and_close_amounts(mix):
    recipe = mix(EC=50, DME=50)
    assert nearly_same(recipe, mix(EC=46, DME=54, molality=1.05))
    assert not nearly_same(recipe, mix(EC=45, DME=55))
    assert not nearly_same(recipe, mix(EC=50, DME=50, molality=1.1))
    assert not nearly_same(recipe, mix(EC=50, THF=50))
    assert not nearly_same(recipe, mix(EC=50, DME=50, salt="NaFSI"))


def test_best_first_then_different_ones(mix):
    shades = [mix(EC=50 - i, DME=50 + i) for i in range(10)]
    others = [mix(PC=100), mix(THF=100), mix(EC=30, diglyme=70)]
    recipes = shades + others
    gains = [10 - 0.01 * i for i in range(10)] + [9.9, 9.8, 9.7]
    rows = _chosen([*recipes, mix(DMC=100)], [*gains, 0.0], 4, weights=(1.0,))
    assert rows[0] == 0
    assert set(rows) == {0, 10, 11, 12}
    assert rows == sorted(rows)


def test_both_extremes_and_the_compromise_are_chosen(mix):
    recipes = [mix(EC=100), mix(PC=100), mix(DME=100), mix(THF=100), mix(DOL=100)]
    gains = [[1.0, 0.0], [0.0, 1.0], [0.7, 0.7], [0.1, 0.1], [0.0, 0.0]]
    assert _chosen(recipes, gains, 3) == [2, *sorted([0, 1], key=lambda i: recipes[i].key)]
    assert _chosen(recipes, gains, 1) == [2]


def test_weights_shift_the_order_and_not_the_front(mix):
    recipes = [mix(EC=100), mix(PC=100), mix(DME=100)]
    gains = [[1.0, 0.0], [0.0, 1.0], [0.6, 0.6]]
    assert _chosen(recipes, gains, 3, weights=(10.0, 1.0))[0] == 0
    assert _chosen(recipes, gains, 3, weights=(1.0, 10.0))[0] == 1


def test_next_fronts_fill_up_and_stand_behind(mix):
    recipes = [mix(EC=100), mix(PC=100), mix(DME=100), mix(THF=100)]
    gains = [[1.0, 1.0], [0.9, 0.5], [0.5, 0.9], [0.0, 0.0]]
    rows = _chosen(recipes, gains, 3)
    assert rows[0] == 0
    assert set(rows) == {0, 1, 2}


def test_near_repeats_come_only_where_nothing_else_is_left(mix):
    recipes = [mix(EC=50 - i, DME=50 + i) for i in range(4)] + [mix(THF=100)]
    rows = _chosen(recipes, [5.0, 4.0, 3.0, 2.0, 1.0], 3, weights=(1.0,))
    assert rows == [0, 1, 4]
    assert len(_chosen(recipes, [5.0, 4.0, 3.0, 2.0, 1.0], 9, weights=(1.0,))) == 5


def test_order_of_the_recipes_given_does_not_matter(mix):
    rng = np.random.default_rng(0)
    recipes = [
        mix(EC=int(x), DME=100 - int(x), molality=1 + 0.1 * k)
        for x in range(10, 60, 7)
        for k in range(5)
    ]
    gains = rng.integers(0, 6, (len(recipes), 2)).astype(float)
    picked = [recipes[i].key for i in _chosen(recipes, gains, 6)]
    order = rng.permutation(len(recipes))
    shuffled = [recipes[i] for i in order]
    again = [shuffled[i].key for i in _chosen(shuffled, gains[order], 6)]
    assert again == picked
    assert len(set(picked)) == 6


def test_equal_objectives_are_no_obstacle(mix):
    recipes = [mix(EC=100), mix(PC=100)]
    assert sorted(_chosen(recipes, [1.0, 1.0], 2, weights=(1.0,))) == [0, 1]


def test_a_dash_of_another_solvent_makes_no_other_recipe(mix):
    dashes = [mix(DME=95, **{other: 5}) for other in ("EC", "PC", "THF", "DOL", "DMC", "DEC")]
    others = [mix(EC=40, DME=60), mix(PC=100), mix(THF=50, DOL=50), mix(diglyme=100)]
    gains = [10 - 0.01 * i for i in range(7)] + [9.5, 9.4, 9.3, 9.2]
    rows = _chosen([mix(DME=100), *dashes, *others], gains, 6, weights=(1.0,))
    assert {7, 8, 9, 10} <= set(rows)
    assert rows[0] == 0


def test_of_equally_good_recipes_another_chemistry_is_chosen(mix):
    recipes = [mix(EC=100), mix(PC=100), mix(DME=100)]
    # As far apart in amounts; PC is a cyclic carbonate like EC, DME is not.
    assert set(_chosen(recipes, [[1.0, 1.0], [0.95, 0.95], [0.95, 0.95]], 2)) == {0, 2}


def test_a_solvent_that_fills_one_recipe_does_not_fill_all(mix):
    recipes = [mix(DME=70, EC=30), mix(DME=70, diglyme=30), mix(diglyme=70, DME=30), mix(EC=100)]
    # As alike in components as in gains; the second is mostly DME again.
    assert set(_chosen(recipes, [[1.0], [0.95], [0.95], [0.0]], 2)) == {0, 2}


def test_the_best_of_two_objectives_are_not_two_amounts_of_one_blend(mix):
    recipes = [mix(DME=60, EC=40), mix(DME=50, EC=50), mix(PC=100)]
    assert set(_chosen(recipes, [[1.0, 0.9], [0.9, 1.0], [0.9, 0.9]], 2)) in ({0, 2}, {1, 2})


def test_one_solvent_is_not_in_all_picks_while_there_are_others(mix):
    partners = ("EC", "PC", "DMC", "DEC", "THF", "DOL", "EMC", "diglyme")
    with_dme = [mix(DME=50, **{other: 50}) for other in partners]
    worse = [mix(EC=50, DMC=50), mix(PC=100)]
    recipes, gains = [*with_dme, *worse], [10 - 0.1 * i for i in range(8)] + [6.0, 5.0]
    free = shortlist(
        recipes, np.array(gains)[:, None], [1.0], 5, rule=Picking(most_with_one_solvent=1.0)
    )
    assert sum(row < 8 for row in free) > 3
    rows = _chosen(recipes, gains, 5)
    assert sum(row < 8 for row in rows) == 3
    assert {8, 9} <= set(rows)
    # A list of eight may hold five, and takes more where nothing else is left.
    assert len(_chosen(recipes[:8], gains[:8], 6)) == 6


def test_a_solvent_that_the_problem_asks_for_may_be_in_all_picks(mix):
    partners = ("DMC", "EMC", "DEC", "PC", "DME", "THF")
    recipes = [mix(EC=30, **{other: 70}) for other in partners]
    rows = _chosen(recipes, [6.0, 5.0, 4.0, 3.0, 2.0, 1.0], 5)
    assert rows[0] == 0
    assert len(rows) == 5


def test_additives_do_not_thin_the_main_solvents(catalog):
    shares = [
        main_set(parse_recipe(f"1 m NaPF6 in EC:DMC:DME 45:45:10 wt{more}", catalog))
        for more in ("", " + 5 wt% FEC", " + 12 wt% FEC")
    ]
    assert set(shares) == {frozenset({"EC", "DMC", "DME", "NaPF6"})}


def test_a_list_of_eight_holds_a_set_of_components_once_while_there_are_others(mix):
    twice = [mix(DME=100, molality=m) for m in (1.5, 1.3, 1.1)]
    solvents = ("EC", "PC", "DMC", "DEC", "THF", "EMC", "diglyme")
    others = [mix(**{name: 100}) for name in solvents]
    rows = _chosen([*twice, *others], [10.0, 9.9, 9.8, *(5.0 - 0.1 * i for i in range(7))], 8)
    assert sorted(rows) == [0, *range(3, 10)]
