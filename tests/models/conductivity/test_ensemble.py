"""All kinds of members as one ensemble."""

import numpy as np
import pytest

from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity import ConductivityModel
from electrolyte_ml.models.conductivity.ensemble import joined
from electrolyte_ml.models.conductivity.rows import Described, MixtureRows
from electrolyte_ml.models.conductivity.spread import centre_of

ROOM_K = 298.15
# Networks predict in single precision, and not in the same order in every batch.
SINGLE = 1e-5
MEASURED = "1 M LiPF6 in EC:DMC 1:1 w/w"
# No graph of it was embedded; networks on descriptors know no coordinates of it.
NEW = "1 m LiPF6 in EC:CCCCOCCOC(C)=O 1:1 w/w"


def members(*texts, rows=None, ensemble=None):
    composition = compose([parse_recipe(t) for t in texts])
    rows = np.arange(len(texts)) if rows is None else rows
    ensemble = ensemble or ConductivityModel.load().ensemble
    return ensemble.members(
        Described.of(composition),
        composition.index[rows],
        MixtureRows.of(composition).select(rows),
        np.full(len(rows), ROOM_K),
    )


def test_all_kinds_have_the_same_weight_and_predict_alike_what_was_measured():
    kinds = np.split(members(MEASURED), 3)
    ensemble = ConductivityModel.load().ensemble
    held = (ensemble.network, ensemble.pooled, ensemble.graph)
    assert tuple(len(np.unique(kind)) for kind in kinds) == tuple(k.n_members for k in held)
    medians = [np.median(kind) for kind in kinds]
    assert np.ptp(medians) < 0.05
    assert np.abs(np.subtract.outer(medians, medians))[np.triu_indices(3, 1)].min() > 1e-4


def test_an_anion_that_was_not_measured_is_told_of_by_all_kinds():
    kinds = np.split(members("1 m LiDFBOP in EC:DMC 1:1 w/w"), 3)
    ensemble = ConductivityModel.load().ensemble
    assert len(np.unique(kinds[1])) == ensemble.pooled.n_members
    assert len(np.unique(kinds[2])) == ensemble.graph.n_members
    assert not np.isin(kinds[2], kinds[0]).any()


def test_the_spread_grows_from_what_was_measured_to_what_was_not():
    # Measured by many; a solvent and an anion that nobody measured.
    measured, new = members(MEASURED, "1 m LiDFBOP in VEC").T
    assert new.std() > 3.0 * measured.std()


def test_joined_members_are_repeated_and_gaps_are_filled():
    described, graphed = np.arange(8.0).reshape(4, 2), np.array([[9.0, np.nan], [8.0, np.nan]])
    assert joined([described, graphed, np.array([[5.0, 6.0]])]).tolist() == [
        *described.tolist(),
        *([9.0, 1.0], [9.0, 3.0], [8.0, 5.0], [8.0, 7.0]),
        *([5.0, 6.0],) * 4,
    ]


def test_what_has_no_graph_is_left_to_descriptors_and_moves_no_other_row():
    together, alone = members(MEASURED, NEW, MEASURED), members(MEASURED)
    assert together[:, [0]] == pytest.approx(alone, abs=SINGLE)
    assert together[:, [2]] == pytest.approx(alone, abs=SINGLE)
    described, pooled, graphed = np.split(together[:, 1], 3)
    assert np.array_equal(described, graphed)
    # Networks that pool descriptors of species take any of them.
    pooled_kind = ConductivityModel.load().ensemble.only(pooled=True)
    own = members(NEW, ensemble=pooled_kind)[:, 0]
    assert np.unique(pooled) == pytest.approx(np.sort(own), abs=SINGLE)


def test_a_trace_of_a_new_species_is_no_step():
    """Graph members cannot see it; those that stand for them say much the same."""
    without, trace = members(MEASURED, "1 m LiPF6 in EC:DMC:CCCCOCCOC(C)=O 50:50:0.01 w/w").T
    assert centre_of(trace[:, None]) == pytest.approx(centre_of(without[:, None]), abs=0.03)


def test_kinds_alone_are_parts_of_the_whole_before_residuals():
    ensemble = ConductivityModel.load().ensemble
    texts = (MEASURED, "1 m NaFSI in Pyr13FSI", "EMIMFSI")
    kinds = [
        members(*texts, ensemble=ensemble.only(**{name: True}))
        for name in ("networks", "pooled", "graphs")
    ]
    composition = compose([parse_recipe(t) for t in texts])
    correction = ensemble.residual.correction(*rows_of(composition), np.full(3, ROOM_K))
    assert members(*texts) == pytest.approx(joined(kinds) + correction, abs=SINGLE)


def rows_of(composition):
    from electrolyte_ml.models.conductivity.rows import Described, RowContent

    content = RowContent.of(Described.of(composition), composition.index)
    return MixtureRows.of(composition), content


def test_rows_are_those_asked_for():
    texts = ("1 m LiPF6 in PC", "EC:DMC 1:1 w/w", "1 m LiTFSI in DME")
    some = members(*texts, rows=np.array([2, 0, 2]))
    expected = members(texts[2], texts[0], texts[2])
    assert some == pytest.approx(expected, abs=SINGLE)


def test_order_of_components_and_of_recipes_changes_nothing():
    texts = (
        "0.8 m NaPF6 + 0.2 m NaFSI in EC:DEC:DMC 1:2:3 w/w",
        "0.2 m NaFSI + 0.8 m NaPF6 in DMC:EC:DEC 3:1:2 w/w",
    )
    there, back = members(*texts), members(*texts[::-1])
    assert there[:, 0] == pytest.approx(there[:, 1], abs=SINGLE)
    assert there == pytest.approx(back[:, ::-1], abs=SINGLE)


TEXTS = ("1 m LiPF6 in EC:DMC 1:1 w/w", "1 m LiPF6 in EC", "1 m LiTFSI in EC:DMC 99:1 mol")


def mixture_rows():
    return MixtureRows.of(compose([parse_recipe(t) for t in TEXTS]))


def test_shares_of_other_species_and_mixtures_without_them():
    mixtures = mixture_rows()
    pf6 = next(s for s in mixtures.anions if "P" in s)
    ec = next(s for s in mixtures.solvents if s.startswith("O=C1"))
    kept = {pf6, ec, "[Li+]"}
    foreign = mixtures.foreign_share(kept)
    assert foreign[0] == pytest.approx(0.4943, abs=1e-4)
    assert foreign[1:].tolist() == [0.0, 1.0]
    alone = mixtures.select(np.array([1])).of_species(kept)
    assert (alone.solvents, alone.anions) == ((ec,), (pf6,))
    assert alone.solvent_share[alone.index].tolist() == [[1.0]]
