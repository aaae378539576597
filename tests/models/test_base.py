import numpy as np
import pytest

from electrolyte_ml.models import Prediction


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
