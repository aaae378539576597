import numpy as np
import pytest

from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.data.splits import (
    Split,
    cold_split,
    formulation_groups,
    grouped_split,
    hot_split,
    leave_one_group_out,
    ordered_split,
    random_split,
    salt_split,
    solvent_split,
    source_groups,
    source_split,
    system_groups,
)
from electrolyte_ml.formulation import parse_recipe

TEXTS = [
    "1 m LiPF6 in EC:PC 50:50 w/w",
    "1.01 m LiPF6 in EC:PC 50:50 w/w",  # read off another curve: the same bottle
    "1.5 m LiPF6 in EC:PC 50:50 w/w",
    "1 m LiPF6 in EC:PC 50.4:49.6 w/w",  # the same mixture within rounding
    "1 m NaPF6 in EC:PC 50:50 w/w",
    "1 m LiPF6 in EC:DEC 50:50 w/w",
]


def made_up(n_series=4) -> Measurements:
    n = len(TEXTS) * n_series
    return Measurements(
        property_name="conductivity_ms_cm",
        formulations=tuple(parse_recipe(t) for t in TEXTS),
        formulation_index=np.repeat(np.arange(len(TEXTS)), n_series),
        temperature_k=np.tile(np.linspace(253.15, 313.15, n_series), len(TEXTS)),
        value=np.linspace(1, 2, n),
        source=np.array(["a", "b"] * (n // 2)),
        source_row=np.arange(n),
        flag=np.full(n, ""),
    )


def of_recipes(texts) -> Measurements:
    n = len(texts)
    return Measurements(
        property_name="conductivity_ms_cm",
        formulations=tuple(parse_recipe(t) for t in texts),
        formulation_index=np.arange(n),
        temperature_k=np.full(n, 298.15),
        value=np.ones(n),
        source=np.full(n, "a"),
        source_row=np.arange(n),
        flag=np.full(n, ""),
    )


def test_concentrations_read_off_twice_are_one_formulation():
    groups = formulation_groups(made_up(1))
    assert groups[0] == groups[1] == groups[3]
    assert len(set(groups.tolist())) == 4


def test_cation_and_solvents_make_the_system():
    groups = system_groups(made_up(1))
    assert groups[0] == groups[1] == groups[2] == groups[3]
    assert len({groups[0], groups[4], groups[5]}) == 3


@pytest.mark.parametrize("group", [formulation_groups, system_groups, source_groups])
def test_no_group_is_on_both_sides(group):
    data = made_up()
    groups = group(data)
    n_folds = min(3, len(set(groups.tolist())))
    split = grouped_split("x", groups, n_folds=n_folds, seed=1)
    tested = np.concatenate([test for _, test in split.folds])
    assert sorted(tested.tolist()) == list(range(len(data)))
    for train, test in (*split.folds, *leave_one_group_out("y", groups).folds):
        assert not set(groups[train]) & set(groups[test])


def test_split_is_named_by_its_rows():
    groups = formulation_groups(made_up())
    one = grouped_split("x", groups, n_folds=3, seed=1)
    assert one.sha256 == grouped_split("x", groups, n_folds=3, seed=1).sha256
    assert one.sha256 != grouped_split("x", groups, n_folds=3, seed=2).sha256


def test_cold_and_random_splits():
    data = made_up()
    ((train, test),) = cold_split(data, 273.0).folds
    assert data.temperature_k[test].max() < 273 <= data.temperature_k[train].min()
    ((train, test),) = random_split(100, test_share=0.2, seed=3).folds
    assert (len(train), len(test)) == (80, 20)
    assert not set(train) & set(test)


def test_hot_split_is_the_mirror_of_the_cold_one():
    data = made_up()
    ((train, test),) = hot_split(data, 303.0).folds
    assert data.temperature_k[train].max() < 303 <= data.temperature_k[test].min()


def test_paper_left_out_strictly_shares_no_system_with_training():
    data = made_up(1)
    systems = system_groups(data)
    plain, strict = source_split(data), source_split(data, strict=True)
    assert plain.labels == strict.labels == ("a", "b")
    for (train, test), (fewer, same) in zip(plain.folds, strict.folds, strict=True):
        assert len(np.union1d(train, test)) == len(data)
        assert same.tolist() == test.tolist()
        assert set(fewer) <= set(train)
        assert not set(systems[fewer]) & set(systems[test])


def test_salts_are_told_apart_by_their_anions():
    texts = ["1 m LiPF6 in PC", "1 m NaPF6 in PC", "1 m LiFSI in PC", "1 m LiFSI + 1 m LiPF6 in PC"]
    split = salt_split(of_recipes(texts))
    held_out = dict(zip(split.labels, (t.tolist() for _, t in split.folds), strict=True))
    assert held_out == {"PF6": [0, 1], "FSI": [2], "FSI+PF6": [3]}


def test_everything_with_a_solvent_is_tested():
    texts = ["1 m LiPF6 in EC:DEC 1:1 w/w", "1 m LiPF6 in PC", "1 m LiPF6 in EC:PC 1:1 w/w"]
    split = solvent_split(of_recipes(texts), least_rows=2)
    held_out = dict(zip(split.labels, (t.tolist() for _, t in split.folds), strict=True))
    assert held_out == {"EC": [0, 2], "PC": [1, 2]}  # DEC is in one row only
    assert [train.tolist() for train, _ in split.folds] == [[1], [0]]
    assert split.tested.tolist() == [0, 2, 1, 2]
    assert split.fold_of_tested.tolist() == [0, 0, 1, 1]


def test_first_rows_train_and_last_are_tested():
    ((train, test),) = ordered_split("cation", 3, 2).folds
    assert (train.tolist(), test.tolist()) == ([0, 1, 2], [3, 4])


def test_impossible_splits_are_refused():
    rows = np.arange(4)
    with pytest.raises(ValueError, match="tests rows it is trained on"):
        Split(name="x", folds=((rows, rows[:1]),))
    with pytest.raises(ValueError, match="2 labels, 1 folds"):
        Split(name="x", folds=((rows[:2], rows[2:]),), labels=("a", "b"))


def test_tables_select_and_join():
    data = made_up()
    half = data.select(np.arange(len(data)) < 8)
    assert len(half.formulations) == 2
    joined = concatenate([half, data])
    assert len(joined) == 8 + len(data)
    assert [f.key for f in joined.row_formulations[8:]] == [f.key for f in data.row_formulations]


def test_impossible_values_are_refused():
    data = made_up()
    with pytest.raises(ValueError, match="positive and finite"):
        Measurements(
            property_name="conductivity_ms_cm",
            formulations=data.formulations,
            formulation_index=data.formulation_index,
            temperature_k=data.temperature_k,
            value=-data.value,
            source=data.source,
            source_row=data.source_row,
            flag=data.flag,
        )
