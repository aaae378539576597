import copy
import pickle

import numpy as np
import pytest

from electrolyte_ml.prediction import Prediction


@pytest.fixture
def prediction():
    return Prediction(
        value=np.array([1.0, 2.0, np.nan, 4.0]),
        low=np.array([0.5, 1.5, np.nan, 3.5]),
        high=np.array([1.5, 2.5, np.nan, 4.5]),
        coverage=0.9,
        in_domain=np.array([True, True, False, True]),
        reason=(None, None, "strange", None),
    )


def test_rows_are_chosen_by_number_slice_and_mask(prediction):
    assert prediction[1].value == pytest.approx([2.0])
    assert prediction[-2].reason == ("strange",)
    assert prediction[1:3].reason == (None, "strange")
    assert prediction.select([3, 0]).low == pytest.approx([3.5, 0.5])
    assert prediction.select(prediction.in_domain).value == pytest.approx([1.0, 2.0, 4.0])
    assert len(prediction.select([])) == 0
    assert [len(row) for row in prediction] == [1, 1, 1, 1]
    with pytest.raises(IndexError, match="row 4 of a prediction of 4 rows"):
        prediction[4]


def test_frame_has_the_columns_of_the_records(prediction):
    frame = prediction.to_frame()
    assert list(frame.columns) == list(prediction.record(0))
    assert frame["value"].tolist()[:2] == [1.0, 2.0]
    assert frame["reason"].tolist() == [None, None, "strange", None]


def test_repr_is_short_and_names_what_is_outside(prediction):
    text = repr(prediction)
    assert text == (
        "<Prediction, 4 rows: 1 (0.5 to 1.5), 2 (1.5 to 2.5), none, ...; 1 outside the domain>"
    )
    assert "<table" in prediction._repr_html_()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_survives_being_copied(prediction, copied):
    again = copied(prediction)
    np.testing.assert_array_equal(again.value, prediction.value)
    assert again.reason == prediction.reason


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="one shape"):
        Prediction(
            value=np.zeros(2),
            low=np.zeros(2),
            high=np.zeros(3),
            coverage=0.9,
            in_domain=np.ones(2, dtype=bool),
            reason=(None, None),
        )


def test_unavailable_has_a_reason_and_no_number():
    record = Prediction.unavailable(3, "no model").record(1)
    assert record == {
        "value": None,
        "low": None,
        "high": None,
        "coverage": None,
        "in_domain": False,
        "reason": "no model",
    }
