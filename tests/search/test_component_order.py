from itertools import pairwise

import numpy as np
import pytest

from electrolyte_ml.models.similarity import solvent_similarity
from electrolyte_ml.search.component_order import salts_by_similarity, solvents_by_similarity
from electrolyte_ml.species import default_catalog

_SOLVENTS = ("diglyme", "EC", "DMC", "triglyme", "PC", "DEC", "DME", "EMC")


@pytest.fixture(scope="module")
def solvents():
    return [default_catalog().solvent(name) for name in _SOLVENTS]


def test_families_stand_together(solvents):
    names = [s.name for s in solvents_by_similarity(solvents)]
    for family in ({"EC", "PC"}, {"DMC", "EMC", "DEC"}, {"DME", "diglyme", "triglyme"}):
        places = sorted(names.index(n) for n in family)
        assert places[-1] - places[0] == len(family) - 1


def test_order_depends_on_the_solvents_alone(solvents):
    forwards = [s.name for s in solvents_by_similarity(solvents)]
    assert forwards == [s.name for s in solvents_by_similarity(solvents[::-1])]
    assert sorted(forwards) == sorted(_SOLVENTS)


def test_neighbours_are_more_alike_than_chance(solvents):
    def unlikeness(order):
        return sum(1 - solvent_similarity([a], [b])[0, 0] for a, b in pairwise(order))

    rng = np.random.default_rng(0)
    chance = [unlikeness([solvents[i] for i in rng.permutation(len(solvents))]) for _ in range(50)]
    assert unlikeness(solvents_by_similarity(solvents)) <= min(chance)


def test_alike_anions_stand_together():
    names = ("NaPF6", "NaTFSI", "NaBF4", "NaFSI", "NaOTf")
    ordered = salts_by_similarity([default_catalog().salt(name) for name in names])
    places = [s.name for s in ordered]
    assert sorted(places) == sorted(names)
    assert abs(places.index("NaFSI") - places.index("NaTFSI")) == 1
    assert abs(places.index("NaPF6") - places.index("NaBF4")) == 1
    assert len(salts_by_similarity(ordered[:2])) == 2
