import numpy as np
import pytest

from electrolyte_ml.data.catalog import card_of
from electrolyte_ml.data.copies import copies_of
from electrolyte_ml.data.measurements import Trust
from electrolyte_ml.data.union import FILES, conductivity_union, union_of
from electrolyte_ml.errors import InputError

FULL, DOUBTFUL = Trust.FULL, Trust.DOUBTFUL


@pytest.fixture
def union(make_measurements):
    own = make_measurements(
        [
            ("1 M LiPF6 in PC", 298.15, 5.8, "10.1/a"),
            ("1 M LiPF6 in PC", 298.15, 0.058, "10.1/b"),
            ("1 M LiPF6 in PC", 298.15, 0.58, "10.1/b"),
            ("1 M LiClO4 in PC", 298.15, 3.9, "10.1/c"),
        ],
        trust=np.array([t.value for t in (FULL, Trust.UNUSABLE, Trust.CONTRADICTED, DOUBTFUL)]),
    )
    compiled = make_measurements(
        [
            ("1 M LiPF6 in PC", 298.15, 5.81, "edb"),
            ("1 M LiPF6 in PC", 298.15, 5.81, "edb"),
            ("1 M LiPF6 in DME", 298.15, 16.0, "edb"),
            ("1 M LiPF6 in PC", 298.15, 0.58, "edb"),
        ],
        trust=np.full(4, Trust.COMPILED.value),
    )
    return union_of({"edb1": compiled, "calisol23": own}, {"edb1": 5, "calisol23": 4})


def test_a_union_has_trust_licence_and_identity_of_each_row(union):
    assert union.dataset.tolist() == ["calisol23", "calisol23", "edb1"]
    assert union.measurements.source_row.tolist() == [0, 3, 2]
    assert union.measurements.trust.tolist() == ["full", "doubtful", "compiled"]
    assert union.licence[0] == card_of("calisol23").licence
    assert "facts" in union.licence[2]


def test_counts_say_what_became_of_each_row(union):
    calisol, edb = union.counts
    assert (calisol.n_read, calisol.n_usable, calisol.n_kept) == (4, 2, 2)
    # One of them copies a row that others contradict.
    assert dict(edb.copies) == {"calisol23": 3}
    assert str(edb) == "edb1: 5 rows read, 4 usable, copies 3 of calisol23, 1 kept"
    assert sum(c.n_kept for c in union.counts) == len(union)


def test_only_known_data_sets_have_a_place(make_measurements):
    with pytest.raises(InputError, match="no place in the union for molsets"):
        union_of({"molsets": make_measurements([("1 M LiFSI in DME", 298.15, 1.0, "a")])})


@pytest.mark.full_data
def test_the_union_of_the_real_files():
    union = conductivity_union()
    kept = {c.name: c.n_kept for c in union.counts}
    assert list(kept) == list(FILES)
    assert len(union) == 23228
    assert kept["calisol23"] == 12608
    assert kept["edb1"] == 5849
    edb = next(c for c in union.counts if c.name == "edb1")
    assert edb.copies["calisol23"] == 2894
    assert (union.measurements.usable & union.measurements.trusted).all()
    identity = np.char.add(union.dataset, union.measurements.source_row.astype(str))
    assert len(set(identity.tolist())) == len(union)
    some = union.measurements.select(np.arange(0, len(union), 50))
    held = copies_of(some, union.measurements)
    assert held[np.arange(0, len(union), 50)].all()
