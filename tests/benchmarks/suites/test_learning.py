import numpy as np
import pytest

from electrolyte_ml.benchmarks.suites.learning import (
    LEARN,
    NOTHING,
    RANDOM,
    UNCERTAIN,
    Replay,
    _errors,
)
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.prediction import Prediction


@pytest.fixture
def replay():
    """A laboratory that reads everything twice as high as the model says."""
    texts = [f"{m} m NaPF6 in {s}" for m in (0.6, 0.9, 1.2) for s in ("PC", "EC", "DME", "DMC")]
    recipes = tuple(map(parse_recipe, texts))
    value = np.full(len(recipes), 4.0)
    return Replay(
        recipes=recipes,
        n_first=10,
        measured=2 * value,
        shipped=Prediction(
            value=value,
            low=value / 2.5,
            high=value * 2.5,
            coverage=0.9,
            in_domain=np.ones(len(recipes), dtype=bool),
            reason=(None,) * len(recipes),
        ),
    )


@pytest.mark.parametrize("model", [LEARN, UNCERTAIN, RANDOM])
def test_measuring_teaches_and_only_the_first_half_is_measured(replay, model):
    nothing = _errors(replay, NOTHING, np.random.default_rng(0))
    assert nothing == pytest.approx([np.log10(2)] * 2)
    after_four, after_eight = _errors(replay, model, np.random.default_rng(0))
    assert after_eight <= after_four + 1e-3
    assert after_four < 0.6 * nothing[0]
