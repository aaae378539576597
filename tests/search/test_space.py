import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from electrolyte_ml.errors import InputErrors
from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount, parse_recipe
from electrolyte_ml.search import AdditiveRange, Components, Limits, SearchSpace
from electrolyte_ml.search.check_limits import limit_faults
from electrolyte_ml.search.check_recipe import violations, written_amounts
from electrolyte_ml.search.limits import Ratio

_NAMES = (
    "EC PC DMC EMC DEC DME diglyme triglyme tetraglyme DOL THF 2-MeTHF".split()  # noqa: SIM905
)


@pytest.fixture(scope="module")
def draw_problem(catalog):
    """Random components and limits that do not contradict each other."""

    @st.composite
    def problems(draw):
        solvents = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=12, unique=True))
        salts = draw(
            st.lists(st.sampled_from(["NaPF6", "NaFSI", "NaClO4"]), min_size=1, unique=True)
        )
        additives = draw(st.lists(st.sampled_from(["FEC", "VC"]), max_size=2, unique=True))
        lows = draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=2, max_size=2))
        components = Components(
            solvents=tuple(map(catalog.solvent, solvents)),
            salts=tuple(map(catalog.salt, salts)),
            additives=tuple(
                AdditiveRange(
                    additive=catalog.solvent(name), low_wt_percent=low, high_wt_percent=2.5 * low
                )
                for name, low in zip(additives, lows, strict=False)
            ),
        )
        capped = draw(st.lists(st.sampled_from(solvents), max_size=3, unique=True))
        required = draw(st.lists(st.sampled_from(solvents), max_size=1))
        names = components.names
        pairs = draw(st.lists(st.tuples(*[st.sampled_from(names)] * 2), max_size=6))
        ratios = draw(
            st.lists(
                st.builds(
                    Ratio,
                    of=st.sampled_from(solvents).map(lambda n: (n,)),
                    to=st.lists(st.sampled_from(solvents), max_size=2, unique=True).map(tuple),
                    low=st.sampled_from([None, 0.2, 0.5]),
                    high=st.sampled_from([0.75, 2.0]),
                ),
                max_size=2,
            )
        )
        lowest = draw(st.sampled_from([0.05, 0.3, 0.35]))
        fewest = draw(st.integers(1, min(3, len(solvents))))
        limits = Limits(
            min_solvents=fewest,
            max_solvents=draw(st.integers(fewest, 12)),
            max_salts=draw(st.integers(1, 3)),
            max_additives=draw(st.integers(0, 2)),
            salt_molality_mol_kg=(lowest, draw(st.sampled_from([0.5, 1.1, 2.0]))),
            smallest_fraction=draw(st.sampled_from([0.01, 0.05, 0.2])),
            fraction_step=draw(st.sampled_from([0.01, 0.005])),
            molality_step=draw(st.sampled_from([0.05, 0.1])),
            max_fraction={n: draw(st.sampled_from([0.3, 0.35, 0.5, 0.7])) for n in capped},
            min_fraction={n: draw(st.sampled_from([0.1, 0.15])) for n in required},
            max_molality_mol_kg={salts[0]: draw(st.sampled_from([0.35, 0.7, 1.5]))},
            forbidden_pairs=tuple(pairs),
            ratios=tuple(ratios),
        )
        assume(not limit_faults(components, limits))
        return SearchSpace(components, limits)

    return problems


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_point_is_a_legal_recipe_and_comes_back(draw_problem, data):
    space = data.draw(draw_problem())
    for seed in range(10):
        point = np.random.default_rng(seed).random(space.dimension)
        if seed == 0:
            point = np.array(
                data.draw(
                    st.lists(st.sampled_from([0.0, 1.0]), min_size=len(point), max_size=len(point))
                )
            )
        recipe = space.decode(point)
        assert violations(recipe, space.components, space.limits) == []
        assert round(sum(recipe.mass_fractions.values()), 12) == 1.0
        again = space.decode(space.encode(recipe))
        assert again == recipe
        assert again.key == recipe.key


def test_order_in_the_bottle_does_not_matter_to_encode(make_problem, catalog):
    problem = make_problem()
    space = SearchSpace(problem.components, problem.limits)
    recipe = parse_recipe("1.25 mol/kg NaFSI in diglyme:EC:PC 20:50:30 w/w", catalog)
    assert recipe.solvents[0].solvent.name == "diglyme"
    assert space.decode(space.encode(recipe)).key == recipe.key


def test_pure_and_mixed_solvents_come_in_equal_shares(make_problem):
    problem = make_problem()
    space = SearchSpace(problem.components, problem.limits)
    points = np.random.default_rng(0).random((3000, space.dimension))
    counts = Counter(len(f.solvents) for f in space.decode_many(points))
    assert set(counts) == {1, 2, 3}
    assert min(counts.values()) > 900


def test_a_capped_solvent_never_stands_alone(make_problem):
    problem = make_problem()
    space = SearchSpace(problem.components, problem.limits)
    points = np.random.default_rng(0).random((3000, space.dimension))
    with_ec = [f for f in space.decode_many(points) if "EC" in f.mass_fractions]
    assert max(f.mass_fractions["EC"] for f in with_ec) == 0.5
    assert min(len(f.solvents) for f in with_ec) == 2


def test_a_required_solvent_is_always_there(make_problem):
    problem = make_problem(limits={"min_fraction": {"DME": 0.2}})
    space = SearchSpace(problem.components, problem.limits)
    points = np.random.default_rng(0).random((500, space.dimension))
    assert min(f.mass_fractions["DME"] for f in space.decode_many(points)) >= 0.2


def test_forbidden_pairs_never_meet_even_if_that_leaves_one_way_out(make_problem):
    pairs = [["EC", name] for name in ("PC", "DMC", "DME")] + [["NaPF6", "diglyme"]]
    problem = make_problem(limits={"forbidden_pairs": pairs})
    space = SearchSpace(problem.components, problem.limits)
    recipes = space.decode_many(np.random.default_rng(0).random((2000, space.dimension)))
    for recipe in recipes:
        present = {*recipe.mass_fractions, *recipe.molalities_mol_kg}
        assert not any(set(pair) <= present for pair in pairs)
    ec = [r for r in recipes if "EC" in r.mass_fractions]
    assert {frozenset(r.mass_fractions) for r in ec} == {frozenset({"EC", "diglyme"})}


def test_additives_are_optional_and_within_their_range(make_problem):
    problem = make_problem(
        components={"additives": {"FEC": [1, 5], "VC": [1, 2]}}, limits={"max_additives": 2}
    )
    space = SearchSpace(problem.components, problem.limits)
    recipes = space.decode_many(np.random.default_rng(0).random((2000, space.dimension)))
    additives = [[s for s in r.solvents if s.role == "additive"] for r in recipes]
    assert {len(a) for a in additives} == {0, 1, 2}
    written = [written_amounts(r, problem.components).additives_wt_percent for r in recipes]
    assert {w["FEC"] for w in written if "FEC" in w} == {1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5}
    for recipe in (r for r, w in zip(recipes[:60], written, strict=False) if w):
        text = recipe.notation()
        numbers = [float(x) for x in re.findall(r"[\d.]+(?= wt%)", text)]
        assert all(number % 0.5 == 0 for number in numbers), text
        assert (20 * float(text.split()[0])) % 1 == pytest.approx(0), text


def test_recipes_outside_the_space_are_named_with_reasons(make_problem, catalog):
    problem = make_problem()
    space = SearchSpace(problem.components, problem.limits)
    recipe = Formulation(
        solvents=(
            SolventAmount(solvent=catalog.solvent("EC"), mass_fraction=0.667),
            SolventAmount(solvent=catalog.solvent("THF"), mass_fraction=0.333),
        ),
        salts=(SaltAmount(salt=catalog.salt("NaPF6"), molality_mol_kg=3.0),),
    )
    with pytest.raises(InputErrors) as caught:
        space.encode(recipe)
    reported = str(caught.value)
    for word in ("THF is not a component", "max_fraction.EC", "salt_molality_mol_kg", "0.667"):
        assert word in reported


def test_decoding_a_recipe_takes_a_few_hundred_calls(catalog, count_calls):
    components = Components(
        solvents=tuple(map(catalog.solvent, _NAMES)),
        salts=(catalog.salt("NaPF6"), catalog.salt("NaFSI")),
    )
    space = SearchSpace(components, Limits(salt_molality_mol_kg=(0.3, 2.0), max_solvents=4))
    points = np.random.default_rng(0).random((1000, space.dimension))
    with count_calls() as count:
        space.decode_many(points)
    assert count.calls < 500 * len(points)
