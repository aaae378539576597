import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.neighbours import MeasuredRecipes, nearest_measured
from electrolyte_ml.models.similarity import solvent_similarity, square_distances
from electrolyte_ml.species import default_catalog
from tools import rebuild_neighbours

_SOLVENTS = ("EC", "PC", "DMC", "EMC", "DEC", "DME", "diglyme", "THF")
_SALTS = ("LiPF6", "NaPF6", "NaFSI", "LiTFSI")


@st.composite
def recipes(draw):
    names = draw(st.lists(st.sampled_from(_SOLVENTS), min_size=1, max_size=3, unique=True))
    parts = draw(st.lists(st.integers(1, 9), min_size=len(names), max_size=len(names)))
    salt, molality = draw(st.sampled_from(_SALTS)), draw(st.integers(1, 30)) / 10
    ratio = f" {':'.join(map(str, parts))} wt" if len(names) > 1 else ""
    return parse_recipe(f"{molality} m {salt} in {':'.join(names)}{ratio}")


def distance(a, b):
    return float(np.sqrt(square_distances(compose([a]), compose([b]))[0, 0]))


@given(recipes(), recipes(), recipes())
def test_distance_is_a_metric(a, b, c):
    assert distance(a, a) == pytest.approx(0.0, abs=1e-6)
    assert distance(a, b) == pytest.approx(distance(b, a), abs=1e-9)
    assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-6


def test_a_chemist_agrees_on_what_is_alike():
    catalog = default_catalog()
    named = [catalog.solvent(n) for n in ("DEC", "EMC", "EC", "diglyme")]
    to_dec = solvent_similarity(named[:1], named)[0]
    assert to_dec[0] == pytest.approx(1.0)
    assert to_dec[1] > to_dec[3] > to_dec[2]
    carbonate = parse_recipe("1 m NaPF6 in EC:DEC 1:1 wt")
    lithium = parse_recipe("1 m LiPF6 in EC:DEC 1:1 wt")
    other_blend = parse_recipe("1 m NaPF6 in EC:EMC 1:1 wt")
    ether = parse_recipe("1 m NaPF6 in diglyme")
    assert distance(carbonate, lithium) < distance(carbonate, ether)
    assert distance(carbonate, other_blend) < distance(carbonate, ether)


def test_a_measured_recipe_finds_itself_with_its_paper():
    (first, *others) = nearest_measured([parse_recipe("0.967 m LiPF6 in EC:EMC 3:7 wt")], 4)[0]
    assert first.distance < 0.02
    assert first.doi.startswith("10.")
    assert first.conductivity_ms_cm == pytest.approx(9, abs=1)
    assert [n.distance for n in others] == sorted(n.distance for n in others)
    blends = {(n.doi, n.recipe.partition(" m ")[2]) for n in (first, *others)}
    assert len(blends) == 4


def test_many_recipes_at_once_are_as_one_by_one():
    asked = [parse_recipe(r) for r in ("1 M NaPF6 in diglyme", "1 M LiBF4 in PC")]
    together = nearest_measured(asked, 3)
    assert together == [nearest_measured([recipe], 3)[0] for recipe in asked]


def test_table_is_small():
    shipped = MeasuredRecipes.FILES.folder
    assert sum(path.stat().st_size for path in shipped.iterdir()) < 300_000


@pytest.mark.full_data
def test_table_is_made_again_byte_for_byte(tmp_path):
    made = rebuild_neighbours.rebuild(tmp_path)
    assert made.record()["papers"] > 30
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (MeasuredRecipes.FILES.folder / path.name).read_bytes()
