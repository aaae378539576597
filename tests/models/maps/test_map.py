import sys

import numpy as np
import pytest

from electrolyte_ml.errors import InputError, MissingDependencyError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.maps import electrolyte_map
from electrolyte_ml.models.maps.clusters import Traits, cluster_names, ward_clusters
from electrolyte_ml.report.map import clusters_of, typical


@pytest.fixture(scope="module")
def found():
    recipes = [
        parse_recipe("0.7 M LiPF6 in EC:DEC 1:1 v/v"),
        parse_recipe("2 M LiPF6 in DEC:EC 1:1 v/v"),
        parse_recipe("1 m LiAsF6 in 2-MeTHF"),
    ]
    return electrolyte_map(recipes)


def test_every_known_blend_has_one_place_and_a_named_cluster(found):
    assert len(found.known) > 200
    assert len({b.recipe for b in found.known}) == len(found.known)
    assert all(np.isfinite((b.x, b.y)).all() for b in found.known)
    assert len({b.cluster for b in found.known}) == 10
    assert all(b.dois and b.n_points > 0 for b in found.known)
    assert {b.traits.cation for b in found.known} == {"Li", "Na"}
    first, second = found.variance
    assert 1 > first > second > 0


def test_concentration_and_order_do_not_move_a_recipe(found):
    one, two, ether = found.asked
    assert abs(one.x - two.x) < 1e-3
    assert abs(one.y - two.y) < 1e-3
    assert one.cluster == two.cluster != ether.cluster
    assert "AsF6" in ether.nearest[0]
    assert ether.traits == Traits(cation="Li", anion="AsF6", solvent_family="cyclic ether")


def test_neighbours_on_the_map_are_alike(found):
    places = np.array([(b.x, b.y) for b in found.known])
    families = np.array([b.traits.solvent_family for b in found.known])
    away = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(away, np.inf)
    by_chance = (families[:, None] == families[None]).mean()
    assert by_chance < 0.3
    assert (families == families[away.argmin(axis=1)]).mean() > 0.5


def test_what_nothing_on_the_map_is_like_is_told_so():
    recipes = ["1 m NaFSI in Pyr13FSI", "1 M LiCl in DMSO", "1 M NaPF6 in PC"]
    liquid, chloride, usual = electrolyte_map([parse_recipe(r) for r in recipes]).asked
    assert liquid.note == "nothing on the map is like it: no blend there is mostly ionic liquid"
    assert chloride.note.startswith("no blend on the map has mostly Cl")
    assert usual.note == ""


def test_a_cluster_is_shown_by_a_blend_with_the_traits_that_name_it(found):
    for name, members in clusters_of(found).items():
        shown = typical(name, members).traits
        if any(b.traits.solvent_family in name for b in members):
            assert shown.solvent_family in name


def test_asking_does_not_move_the_known(found):
    alone = electrolyte_map()
    assert np.allclose([b.x for b in alone.known], [b.x for b in found.known])
    assert alone.asked == ()


def test_what_cannot_be_mapped_is_refused():
    with pytest.raises(InputError, match="unknown method 'tsne'; there are pca, umap"):
        electrolyte_map(method="tsne")
    for number in (1, 10_000):
        with pytest.raises(InputError, match="clusters must be 2 to"):
            electrolyte_map(n_clusters=number)
    with pytest.raises(InputError, match="without a salt"):
        electrolyte_map([parse_recipe("EC:DEC 1:1 w/w")])


def test_a_species_without_embedding_is_placed_like_the_most_similar_one(monkeypatch):
    def not_installed(*_):
        raise MissingDependencyError("no DeepChem")

    monkeypatch.setattr("electrolyte_ml.models.maps.map.with_species", not_installed)
    new, known = (f"1 m NaPF6 in {s}" for s in ("CCCOC(=O)OCC", "EC"))
    placed, plain = electrolyte_map([parse_recipe(new), parse_recipe(known)]).asked
    assert "is placed like" in placed.note
    assert "electrolyte_ml[deep]" in placed.note
    assert placed.traits.anion == "PF6"
    assert np.isfinite((placed.x, placed.y)).all()
    assert plain.note == ""


def test_umap_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingDependencyError, match="pip install umap-learn"):
        electrolyte_map(method="umap")


def test_umap_keeps_alike_blends_together_and_tells_the_same_clusters(found):
    pytest.importorskip("umap")
    drawn = electrolyte_map([parse_recipe("0.7 M LiPF6 in EC:DEC 1:1 v/v")], method="umap")
    assert drawn.variance == ()
    assert [b.cluster for b in drawn.known] == [b.cluster for b in found.known]
    places = np.array([(b.x, b.y) for b in drawn.known])
    families = np.array([b.traits.solvent_family for b in drawn.known])
    away = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(away, np.inf)
    assert (families == families[away.argmin(axis=1)]).mean() > 0.5
    (asked,) = drawn.asked
    beside = np.linalg.norm(places - (asked.x, asked.y), axis=1).argsort()[:10]
    assert asked.cluster in {drawn.known[i].cluster for i in beside}


def test_clusters_are_named_by_their_majority():
    def blends(n, anion, family):
        return [Traits(cation="Li", anion=anion, solvent_family=family)] * n

    traits = [
        *blends(3, "PF6", "linear carbonate"),
        *blends(2, "PF6", "linear carbonate"),
        *blends(2, "AsF6", "cyclic ether"),
        *blends(2, "BF4", "glyme"),
    ]
    labels = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    names = cluster_names(labels, traits)
    assert names[0] == "PF6 in linear carbonate"
    assert names[1] == "PF6 in linear carbonate (2)"
    assert names[2] == "AsF6 and BF4 in cyclic ether and glyme"
    mixed = [t for a in "abcdef" for t in blends(1, a, a)]
    assert cluster_names(np.zeros(6, int), mixed)[0] == "mixed anions in mixed solvents"


def test_ward_finds_what_lies_apart():
    places = np.array([[0.0, 0], [0.1, 0], [5, 5], [5, 5.1], [9, 0]])
    labels = ward_clusters(places, 3)
    assert labels[0] == labels[1] != labels[2] == labels[3] != labels[4]
    assert set(labels.tolist()) == {0, 1, 2}
