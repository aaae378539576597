import pytest

from electrolyte_ml.report.text import interval, value_text
from electrolyte_ml.text import significant


def _prediction(value, low, high, *, in_domain=True):
    return {"value": value, "low": low, "high": high, "in_domain": in_domain}


@pytest.mark.parametrize(
    ("prediction", "text"),
    [
        (_prediction(6.414, 4.9, 8.31), "6.41 (4.9-8.31)"),
        (_prediction(6.4, 4.9, 8.3, in_domain=False), "6.4 (4.9-8.3) ?"),
        # A factor of five each way is no answer; just below four is one.
        (_prediction(23.8, 4.59, 124.0, in_domain=False), "unknown (4.59-124) ?"),
        (_prediction(4.0, 1.01, 16.0), "4 (1.01-16)"),
        (_prediction(0.0, 0.0, 0.0), "0 (0-0)"),
        (_prediction(-0.1, -0.8, 0.6), "-0.1 (-0.8 to 0.6)"),
        (_prediction(None, None, None), "-"),
        # The upper bound is too large for a number.
        (_prediction(1e14, 0.0, None, in_domain=False), "unknown (0-?) ?"),
    ],
)
def test_intervals_as_people_read_them(prediction, text):
    assert interval(prediction) == text


def test_a_value_without_an_interval_stands():
    assert value_text({"value": 1.25, "low": None, "high": None}) == significant(1.25) == "1.25"
