import gzip
import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.benchmarks.frozen import (
    FROZEN_SEED,
    FrozenSplitError,
    KeyedSplit,
    check,
    freeze,
    frozen_folder,
    ranges,
)
from electrolyte_ml.benchmarks.registry import splits_to_freeze
from electrolyte_ml.benchmarks.suites.conductivity import SPLITS, case_of, keyed_split
from electrolyte_ml.data.splits import Split


def made_up(n=10, data="a" * 64, n_train=6) -> KeyedSplit:
    rows = np.arange(n)
    folds = ((rows[:n_train], rows[n_train + 1 :]),)
    return KeyedSplit(
        suite="made-up",
        split=Split(name="halves", folds=folds, labels=("second",)),
        rows=rows * 3 + 1,
        table=np.full(n, "table.csv"),
        data={"table.csv": data},
    )


def numbers_of(text: str) -> np.ndarray:
    """The numbers that `ranges` wrote."""
    parts = [part.split("-") for part in text.split()]
    spans = [np.arange(int(part[0]), int(part[-1]) + 1) for part in parts]
    return np.concatenate(spans).astype(np.intp) if spans else np.empty(0, dtype=np.intp)


@given(st.lists(st.integers(0, 500)))
def test_row_numbers_survive_as_text(numbers):
    text = ranges(np.array(numbers, dtype=np.intp))
    assert numbers_of(text).tolist() == sorted(set(numbers))


def test_ranges_are_short():
    assert ranges(np.array([5, 0, 1, 2, 9])) == "0-2 5 9"


def test_same_split_is_the_same_file(tmp_path):
    for folder in ("a", "b"):
        freeze([made_up()], tmp_path / folder)
    written = list((tmp_path / "a").iterdir())
    assert len(written) == 2
    for path in written:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_files_hold_the_rows_and_the_manifest_their_hash(tmp_path):
    keyed = made_up()
    path, manifest = freeze([keyed], tmp_path)
    content = json.loads(gzip.decompress(path.read_bytes()))
    (fold,) = content["folds"]
    everything = set(numbers_of(content["rows"]["table.csv"]).tolist())
    tested = set(numbers_of(fold["test"]["table.csv"]).tolist())
    neither = set(numbers_of(fold["neither"]["table.csv"]).tolist())
    train, test = keyed.split.folds[0]
    assert tested == set(keyed.rows[test].tolist())
    assert everything - tested - neither == set(keyed.rows[train].tolist())
    assert fold["label"] == "second"
    entry = json.loads(manifest.read_text())["splits"]["made-up/halves"]
    assert entry["file_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_freezing_one_suite_keeps_the_others(tmp_path):
    freeze([made_up()], tmp_path)
    other = made_up()
    manifest = freeze(
        [KeyedSplit(suite="other", split=other.split, rows=other.rows, table=other.table)], tmp_path
    )[-1]
    assert json.loads(manifest.read_text())["splits"].keys() == {"made-up/halves", "other/halves"}


def test_order_in_memory_does_not_change_the_hash():
    keyed = made_up()
    back = np.arange(10)[::-1]
    place = np.argsort(back)
    folds = tuple((place[train], place[test]) for train, test in keyed.split.folds)
    turned = KeyedSplit(
        suite="made-up",
        split=Split(name="halves", folds=folds, labels=("second",)),
        rows=keyed.rows[back],
        table=keyed.table[back],
        data=keyed.data,
    )
    assert turned.sha256 == keyed.sha256


@pytest.mark.parametrize("other", [made_up(n=11), made_up(n_train=5), made_up(data="b" * 64)])
def test_other_data_are_refused_with_both_hashes(tmp_path, other):
    freeze([made_up()], tmp_path)
    check(made_up(), seed=FROZEN_SEED, folder=tmp_path)
    with pytest.raises(FrozenSplitError, match="differ from the frozen ones") as refused:
        check(other, seed=FROZEN_SEED, folder=tmp_path)
    if other.sha256 != made_up().sha256:
        assert other.sha256 in str(refused.value)
        assert made_up().sha256 in str(refused.value)
    else:
        assert "a" * 64 in str(refused.value)
        assert "b" * 64 in str(refused.value)
    check(other, seed=FROZEN_SEED + 1, folder=tmp_path)


@pytest.mark.full_data
@pytest.mark.parametrize("suite", ["conductivity", "sodium"])
def test_frozen_splits_are_those_of_the_data(suite, tmp_path):
    """``electrolyte-ml bench freeze`` makes them again after a change that is meant."""
    for path in freeze(splits_to_freeze([suite]), tmp_path)[:-1]:
        assert path.read_bytes() == (frozen_folder() / path.name).read_bytes(), path.name


def test_manifest_lists_what_is_there():
    folder = frozen_folder()
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, entry in manifest["splits"].items():
        content = (folder / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["file_sha256"], name
        assert len(content) < 200_000, name


def test_other_rows_than_the_frozen_ones_are_refused_and_split_with_another_seed(sample):
    with pytest.raises(FrozenSplitError, match="pass another --seed"):
        case_of("formulation", FROZEN_SEED)
    case = case_of("formulation", FROZEN_SEED + 1)
    assert case.data.keys() == {"calisol23.csv"}
    assert len(case.split.folds) == 5


@pytest.mark.parametrize("name", SPLITS)
def test_splits_of_the_conductivity_suite_do_not_leak(sample, name):
    split = keyed_split(name, FROZEN_SEED + 1).split
    for train, test in split.folds:
        assert len(train)
        assert len(test)
        assert not set(train.tolist()) & set(test.tolist())


def test_a_first_fold_is_the_first_of_the_whole_split_and_another_split(sample):
    whole, first = (case_of(name, FROZEN_SEED + 1) for name in ("salt", "salt, first fold"))
    (fold,) = first.split.folds
    assert fold[1].tolist() == whole.split.folds[0][1].tolist()
    assert first.split.labels == whole.split.labels[:1]
    assert first.split_sha256 != whole.split_sha256
    assert set(first.groups.tolist()) == {0}
