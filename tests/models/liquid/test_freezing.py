import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.liquid import liquid_range
from electrolyte_ml.models.scoring import score_formulations
from electrolyte_ml.species import default_catalog

SOLVENTS = ("EC", "PC", "DMC", "EMC", "DEC", "DME", "diglyme", "AN", "sulfolane", "GBL", "FEC")
shares = st.lists(st.sampled_from(SOLVENTS), min_size=1, max_size=4, unique=True).flatmap(
    lambda names: st.tuples(
        st.just(names),
        st.lists(st.integers(1, 20), min_size=len(names), max_size=len(names)),
    )
)


def celsius(recipe):
    return liquid_range([parse_recipe(recipe)]).freezes_below_k.value[0] - 273.15


def text(names, parts):
    if len(names) == 1:
        return names[0]
    return f"{':'.join(names)} {':'.join(map(str, parts))} w/w"


@given(shares)
def test_a_mixture_never_freezes_above_its_highest_melting_solvent(blend):
    names, parts = blend
    catalog = default_catalog()
    highest = max(catalog.solvent(name).value("melting_point_k") for name in names)
    point = liquid_range([parse_recipe(text(names, parts))]).freezes_below_k
    assert point.value[0] <= highest + 1e-9
    assert point.low[0] < point.value[0] < point.high[0]


@given(shares, st.floats(0.05, 3.0), st.floats(0.05, 2.0))
def test_salt_never_raises_the_freezing_point(blend, molality, more):
    names, parts = blend
    solvents = text(names, parts)
    recipes = (
        solvents,
        f"{molality:.4f} mol/kg NaPF6 in {solvents}",
        f"{molality + more:.4f} mol/kg NaPF6 in {solvents}",
    )
    points = liquid_range([parse_recipe(r) for r in recipes]).freezes_below_k.value
    assert points[0] > points[1] > points[2]


@given(shares, st.randoms(use_true_random=False))
def test_the_order_of_solvents_is_irrelevant(blend, random):
    pairs = list(zip(*blend, strict=True))
    mixed = random.sample(pairs, len(pairs))
    both = [
        liquid_range([parse_recipe("1 mol/kg NaFSI in " + text(*zip(*p, strict=True)))]).record(0)
        for p in (pairs, mixed)
    ]
    assert both[0].keys() == both[1].keys()
    for name in ("freezes_below_k", "boils_above_k", "flash_point_k"):
        assert both[0][name] == pytest.approx(both[1][name], abs=1e-6)


@pytest.mark.parametrize(
    ("recipe", "low", "high"),
    [
        ("EC", 36.0, 36.8),  # solid at room temperature
        ("DMC", 3.0, 5.5),
        ("EC:DMC 1:1 w/w", 5.0, 13.0),
        ("EC:PC 1:1 w/w", -12.0, 15.0),
        ("1 M NaPF6 in EC:DEC 1:1 v/v", -20.0, 20.0),
        ("1 M NaPF6 in diglyme", -90.0, -64.0),
        ("1 M LiTFSI in DOL:DME 1:1 v/v", -120.0, -70.0),
    ],
)
def test_known_freezing_points(recipe, low, high):
    assert low <= celsius(recipe) <= high


def test_a_eutectic_lies_below_both_solvents():
    blends = [f"EC:DMC {w}:{100 - w} w/w" for w in range(5, 100, 5)]
    points = liquid_range([parse_recipe(b) for b in blends])
    values = points.freezes_below_k.value
    lowest = int(values.argmin())
    assert 0 < lowest < len(values) - 1
    assert (np.diff(values[: lowest + 1]) < 0).all()
    assert (np.diff(values[lowest:]) > 0).all()
    assert "DMC crystallises first" in points.remarks[lowest - 1]
    assert "EC crystallises first" in points.remarks[lowest + 1]
    # LiPF6 in the eutectic starts to solidify around 260 K; here without salt, so a little above.
    assert 258 < values[lowest] < 268


def frozen(recipe, *temperatures_k):
    words = liquid_range([recipe] * len(temperatures_k)).frozen(np.array(temperatures_k))
    return words if len(words) > 1 else words[0]


def test_a_frozen_electrolyte_is_said_to_be_frozen():
    recipe = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v")
    warm, cool, cold = frozen(recipe, 313.15, 283.15, 213.15)
    assert warm is None
    assert cool.startswith("may freeze: EC crystallises below about")
    assert cold.startswith("probably frozen: EC crystallises below about")
    assert frozen(parse_recipe("EC"), 298.15).startswith("probably frozen")
    assert liquid_range([]).frozen(np.empty(0)) == ()


def test_a_frozen_electrolyte_is_out_of_the_domain_of_conductivity():
    recipe = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v")
    scored = score_formulations([recipe] * 2, np.array([298.15, 213.15]))
    conductivity = scored.predictions["conductivity_ms_cm"]
    assert conductivity.in_domain.tolist() == [True, False]
    assert "probably frozen" in conductivity.reason[1]


def test_a_solvent_of_unknown_melting_point_is_named():
    point = liquid_range([parse_recipe("TTE"), parse_recipe("1 M NaFSI in DME:TTE 1:1 v/v")])
    assert np.isnan(point.freezes_below_k.value[0])
    assert not point.freezes_below_k.in_domain.any()
    assert all("melting point of TTE unknown" in r for r in point.freezes_below_k.reason)
    assert point.record(0)["freezes_below_k"] is None
    assert frozen(parse_recipe("TTE"), 100.0) is None


def test_words_on_glass_formers_and_on_concentrated_solutions():
    points = liquid_range([parse_recipe("PC"), parse_recipe("5 mol/kg NaFSI in DME")])
    assert any("supercools" in line for line in points.remarks[0])
    assert points.freezes_below_k.in_domain.tolist() == [True, False]
    assert "concentrated" in points.freezes_below_k.reason[1]


def test_solvents_that_hardly_mix_are_flagged():
    point = liquid_range([parse_recipe("EC:HFE-7100 1:1 v/v")]).freezes_below_k
    assert "two liquids may form" in point.reason[0]
    assert point.value[0] <= default_catalog().solvent("EC").value("melting_point_k")
