import pytest

from electrolyte_ml.errors import InfeasibleError, InputError
from electrolyte_ml.scores.choosing import Condition, chosen, sorted_records


def _record(name, conductivity, freezing, **more):
    return {
        "recipe": f"1 M {name}",
        "temperature_k": 298.15,
        "conductivity_ms_cm": {"value": conductivity, "low": 1.0, "high": 20.0},
        "viscosity_mpa_s": {"value": 10.0 - (conductivity or 0)},
        "liquid": {"freezes_below_k": freezing},
        **more,
    }


RECORDS = [
    _record("NaPF6 in PC", 7.0, 220.0, lab="b", batch=2),
    _record("NaPF6 in DME", 9.0, 200.0, lab="a", batch=10),
    _record("NaFSI in X", None, None, lab=None, batch=None),
]


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("conductivity_ms_cm > 8", [1]),
        ("conductivity_ms_cm.value >= 7", [0, 1]),
        ("conductivity_ms_cm.low < 5 and freezes_below_c < -60", [1]),
        ("liquid.freezes_below_k < 210 or lab == 'b'", [0, 1]),
        ("200 <= freezes_below_k < 210", [1]),
        ("liquid.freezes_below_c < -60", [1]),
        ("temperature_c == 25", [0, 1, 2]),
        ("not conductivity_ms_cm > 8", [0, 2]),
        ("'DME' in recipe", [1]),
        ("'DME' not in recipe and batch > 1", [0]),
        ("(lab == 'a' or lab == 'b') and batch != 2", [1]),
        ("-1 < batch", [0, 1]),
    ],
)
def test_a_condition_keeps_rows(condition, rows):
    held = Condition.parse(condition)
    assert [i for i, record in enumerate(RECORDS) if held.holds(record)] == rows


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "conductivity_ms_cm",
        "conductivity_ms_cm > open('x')",
        "conductivity_ms_cm > 2 ** 9",
        "[x for x in (1,)]",
        "batch is 2",
        "lab == b'a'",
        "(lambda: 1)() > 0",
        "1 if batch > 2 else 0",
        "batch > 'a'.__class__",
        "conductivity_ms_cm >",
        "((" * 2000,
        "",
    ],
)
def test_what_is_no_condition_is_refused_before_anything_runs(text):
    with pytest.raises(InputError, match="--where"):
        Condition.parse(text)


def test_unknown_columns_are_named_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'conductivity_ms_cm'"):
        Condition.parse("conductivity_mscm > 1").holds(RECORDS[0])


def test_a_text_is_not_compared_with_a_number():
    with pytest.raises(InputError, match="a text with a number"):
        Condition.parse("lab > 3").holds(RECORDS[0])


@pytest.mark.parametrize(
    ("column", "order"),
    [
        ("conductivity_ms_cm", [1, 0, 2]),
        ("-conductivity_ms_cm", [0, 1, 2]),
        ("viscosity_mpa_s", [1, 0, 2]),
        ("freezes_below_c", [1, 0, 2]),
        ("batch", [0, 1, 2]),
        ("-lab", [0, 1, 2]),
        ("recipe", [2, 1, 0]),
    ],
)
def test_the_better_comes_first_and_what_has_no_value_last(column, order):
    expected = [RECORDS[i] for i in order]
    assert sorted_records(RECORDS, column) == expected


def test_parts_are_chosen_one_by_one_and_sorted_together():
    condition = Condition.parse("conductivity_ms_cm > 1")
    assert [len(part) for part in chosen([RECORDS[:1], RECORDS[1:]], condition, None)] == [1, 1]
    (part,) = chosen([RECORDS[:1], RECORDS[1:]], condition, "conductivity_ms_cm")
    assert part == [RECORDS[1], RECORDS[0]]
    with pytest.raises(InfeasibleError, match="none of 3 rows"):
        list(chosen([RECORDS], Condition.parse("batch > 99"), None))
