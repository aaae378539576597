"""Two curves of one recipe in one paper, and which of them is odd."""

import pytest

from electrolyte_ml.data.contradictions import find_contradictions
from electrolyte_ml.data.sources import calisol23
from electrolyte_ml.data.union import weighed

KELVIN = (273.15, 283.15, 293.15, 303.15, 313.15)


def curve(recipe, height, source="10.1/a", kelvin=KELVIN):
    return [(recipe, t, height * 1.02 ** (t - 298.15), source) for t in kelvin]


def test_two_different_curves_of_one_recipe_are_found(make_measurements):
    table = make_measurements(
        [
            *curve("1 M LiFSI in PC", 8.0),
            *curve("1 M LiFSI in PC", 6.0, kelvin=KELVIN[::-1]),
            *curve("1 M LiPF6 in PC", 5.8),
            *curve("1 M LiPF6 in PC", 5.7),
            *curve("1 M LiPF6 in PC", 9.0, source="10.1/other"),
        ]
    )
    (found,) = find_contradictions(table)
    assert (found.first_rows, found.second_rows) == ((0, 4), (5, 9))
    assert found.first_value == pytest.approx(8.0, rel=0.01)
    assert found.second_value == pytest.approx(6.0, rel=0.01)
    assert found.odd_rows == ()
    assert "10.1/a" in str(found)
    assert "rows 0-4 with 8" in str(found)
    assert "one of them is mislabelled" in str(found)
    assert weighed("some", table).trust.tolist() == ["doubtful"] * 10 + ["full"] * 15


def test_other_curves_of_the_paper_tell_which_is_odd(make_measurements):
    table = make_measurements(
        [
            *curve("0.8 m LiBF4 in PC", 3.1),
            *curve("0.8 m LiBF4 in PC", 0.4),
            *curve("0.9 m LiBF4 in PC", 3.0),
            *curve("1.1 m LiBF4 in PC", 2.9),
        ]
    )
    (found,) = find_contradictions(table)
    assert found.odd_rows == (5, 6, 7, 8, 9)
    assert "rows 5-9 contradict others of the paper" in str(found)
    assert found.to_dict()["odd_rows"] == [5, 6, 7, 8, 9]
    assert (
        weighed("some", table).trust.tolist() == ["full"] * 5 + ["contradicted"] * 5 + ["full"] * 10
    )


def test_compilations_short_curves_and_other_properties_have_none(make_measurements):
    table = make_measurements(
        [
            *curve("1 M LiFSI in PC", 8.0, source="a compilation"),
            *curve("1 M LiFSI in PC", 6.0, source="a compilation"),
            *curve("1 M LiTFSI in PC", 6.0, kelvin=KELVIN[:2]),
            *curve("1 M LiTFSI in PC", 3.0, kelvin=KELVIN[:2]),
        ]
    )
    assert find_contradictions(table) == ()
    assert find_contradictions(table.select(table.value < 0)) == ()


@pytest.mark.full_data
def test_corrected_labels_contradict_nothing_any_more():
    published, corrected = (calisol23.load(as_published=p)[0] for p in (True, False))
    before, after = (find_contradictions(m) for m in (published, corrected))
    paper = calisol23.RELABELLED[0].doi
    assert [c.second_rows for c in before if c.source == paper] == [(40, 49), (70, 79)]
    assert not [c for c in after if c.source == paper]
    # Rows at the end of a curve that carry the temperatures of its other end.
    assert len({row for c in after for row in c.odd_rows}) == 149
    assert (published.source_row == corrected.source_row).all()
