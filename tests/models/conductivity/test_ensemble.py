"""All kinds of members as one ensemble."""

import numpy as np
import pytest

from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity import ConductivityModel
from electrolyte_ml.models.conductivity.ensemble import joined, lithium_twins

ROOM_K = 298.15
# Networks predict in single precision, and not in the same order in every batch.
SINGLE = 1e-5


def members(*texts, rows=None):
    composition = compose([parse_recipe(t) for t in texts])
    n = len(texts) if rows is None else len(rows)
    return ConductivityModel.load().ensemble.log10_conductivity(
        composition, np.full(n, ROOM_K), rows
    )


def test_all_kinds_have_the_same_weight_and_predict_alike_what_was_measured():
    kinds = np.split(members("1 M LiPF6 in EC:DMC 1:1 w/w"), 3)
    ensemble = ConductivityModel.load().ensemble
    n_members = ensemble.network.n_members, ensemble.graph.n_members, 1
    assert tuple(len(np.unique(kind)) for kind in kinds) == n_members
    medians = [np.median(kind) for kind in kinds]
    assert np.ptp(medians) < 0.05
    assert np.abs(np.subtract.outer(medians, medians))[np.triu_indices(3, 1)].min() > 1e-4


def test_an_anion_that_was_not_measured_is_told_of_by_all_kinds():
    described, graphed, processed = np.split(members("1 m LiNO3 in EC:DMC 1:1 w/w"), 3)
    assert len(np.unique(graphed)) == ConductivityModel.load().ensemble.graph.n_members
    assert not np.isin(processed, described).any()


def test_joined_members_are_repeated_and_gaps_are_filled():
    described, graphed = np.arange(8.0).reshape(4, 2), np.array([[9.0, np.nan], [8.0, np.nan]])
    assert joined([described, graphed, np.array([[5.0, 6.0]])]).tolist() == [
        *described.tolist(),
        *([9.0, 1.0], [9.0, 3.0], [8.0, 5.0], [8.0, 7.0]),
        *([5.0, 6.0],) * 4,
    ]


def test_a_sodium_recipe_is_its_lithium_twin():
    sodium, lithium = members("1.2 m NaPF6 in EC:PC 1:1 w/w", "1.2 m LiPF6 in EC:PC 1:1 w/w").T
    assert sodium == pytest.approx(lithium, abs=SINGLE)


def test_what_has_no_graph_is_left_to_descriptors_and_moves_no_other_row():
    known, new = "1 m LiPF6 in EC:DMC 1:1 w/w", "1 m LiPF6 in EC:CCCCOCCOC(C)=O 1:1 w/w"
    together, alone = members(known, new, known), members(known)
    assert together[:, [0]] == pytest.approx(alone, abs=SINGLE)
    assert together[:, [2]] == pytest.approx(alone, abs=SINGLE)
    described, graphed, _ = np.split(together[:, 1], 3)
    assert np.array_equal(described, graphed)


def test_rows_are_those_asked_for():
    texts = ("1 m LiPF6 in PC", "EC:DMC 1:1 w/w", "1 m LiTFSI in DME")
    some = members(*texts, rows=np.array([2, 0, 2]))
    expected = members(texts[2], texts[0], texts[2])
    assert some == pytest.approx(expected, abs=SINGLE)


TEXTS = ("1 m LiPF6 in EC:DMC 1:1 w/w", "1 m LiPF6 in EC", "1 m LiTFSI in EC:DMC 99:1 mol")


def twins():
    return lithium_twins(compose([parse_recipe(t) for t in TEXTS]))


def test_shares_of_other_species_and_mixtures_without_them():
    mixtures = twins()
    pf6 = next(s for s in mixtures.anions if "P" in s)
    ec = next(s for s in mixtures.solvents if s.startswith("O=C1"))
    kept = {pf6, ec, "[Li+]"}
    foreign = mixtures.foreign_share(kept)
    assert foreign[0] == pytest.approx(0.4943, abs=1e-4)
    assert foreign[1:].tolist() == [0.0, 1.0]
    alone = mixtures.select(np.array([1])).of_species(kept)
    assert (alone.solvents, alone.anions) == ((ec,), (pf6,))
    assert alone.solvent_share[alone.index].tolist() == [[1.0]]


def test_species_count_as_measured_in_notable_amounts_alone():
    mixtures = twins()
    dmc = next(s for s in mixtures.solvents if s.startswith("COC"))
    assert dmc in mixtures.notable_species(np.array([0, 1]))
    assert dmc not in mixtures.notable_species(np.array([1, 2]))


def test_new_species_are_left_to_the_fit_that_was_stopped_early():
    pair = ConductivityModel.load().ensemble.graph
    # Nothing was measured with the diluent; a dash of it makes no recipe new.
    texts = ("1 m LiFSI in DME:TTE 1:1 mol", "1 m LiPF6 in PC", "1 m LiPF6 in PC:TTE 99:1 mol")
    mixtures = lithium_twins(compose([parse_recipe(t) for t in texts]))
    at = np.full(len(texts), ROOM_K)
    found = pair.log10_conductivity(mixtures, at)
    early, settled = (n.log10_conductivity(mixtures, at) for n in (pair.early, pair.settled))
    assert np.array_equal(found[:, 0], early[:, 0])
    assert np.array_equal(found[:, 1:], settled[:, 1:])
    assert not np.allclose(early, settled)
