"""A tuned model is never surer than its errors on recipes that were left out."""

import numpy as np
import pytest

from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.left_out import LeftOut
from electrolyte_ml.campaign.residual_gp import Known, Points, Residual
from electrolyte_ml.campaign.state import Result, Status
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.intervals import NORMAL_QUANTILE
from electrolyte_ml.prediction import Prediction

ROOM_K = 298.15
SIGMA = 0.2
NAME = "conductivity_ms_cm"
MEASURED = (
    "1 m NaPF6 in DME:MA 50:50 wt",
    "1 m NaPF6 in DME:EA 60:40 wt",
    "1.2 m NaPF6 in DME:AN 70:30 wt",
    "1 m NaFSI in DME:2-MeTHF 60:40 wt",
)


def points(*recipes):
    n = len(recipes)
    return Points(
        formulations=tuple(parse_recipe(r) for r in recipes),
        temperature_k=np.full(n, ROOM_K),
        value=np.ones(n),
        sigma=np.full(n, SIGMA),
    )


def spread(errors, *asked, measured=MEASURED):
    """Standard deviation of tuned predictions in units of the shipped one."""
    residual = Residual(points(*measured), np.asarray(errors, dtype=float))
    known = residual.predict(points(*asked))
    return LeftOut.of(residual).spread(known, np.full(len(asked), SIGMA)) / SIGMA


def test_no_interval_is_narrower_than_the_errors_on_what_was_left_out():
    errors = np.array([0.08, -0.15, 0.11, -0.05])
    residual = Residual(points(*MEASURED), errors)
    missed = np.abs(errors - residual.left_out().mean)
    asked = (*MEASURED, "1 m NaPF6 in DME:MA 40:60 wt", "1 m NaTFSI in sulfolane")
    half = NORMAL_QUANTILE * SIGMA * spread(errors, *asked)
    assert (half >= min(missed.max(), NORMAL_QUANTILE * SIGMA) - 1e-9).all()


def test_few_small_errors_prove_little_and_many_more():
    few = spread(np.zeros(2), MEASURED[0], measured=MEASURED[:2])[0]
    blends = [
        f"{m} m NaPF6 in DME:MA {w}:{100 - w} wt" for m in (0.6, 1) for w in range(20, 90, 10)
    ]
    many = spread(np.zeros(len(blends)), "0.8 m NaPF6 in DME:MA 45:55 wt", measured=blends)[0]
    assert few == pytest.approx(1 / np.sqrt(3))
    assert 0.2 < many < 0.3


def test_the_narrowing_fades_with_chemical_distance():
    near, aside, far = spread(
        np.zeros(4),
        "1 m NaPF6 in DME:MA 40:60 wt",
        "1 m NaPF6 in MA:AN 50:50 wt",
        "1 m NaTFSI in sulfolane",
    )
    assert near < aside <= far
    assert near < 0.6
    assert far > 0.95


def test_errors_beyond_what_is_promised_widen_every_interval():
    errors = np.array([1.5, -1.0, 1.2, -2.0])
    relative = spread(errors, MEASURED[0], "1 m NaTFSI in sulfolane")
    assert (relative > 3).all()


def test_replicates_and_temperatures_of_a_recipe_count_once():
    errors = np.array([0.02, -0.02, 0.01, -0.01])
    once = LeftOut.of(Residual(points(*MEASURED), errors))
    twice = LeftOut.of(Residual(points(*MEASURED, *MEASURED), np.tile(errors, 2), scales=None))
    assert twice.share == pytest.approx(once.share, abs=0.02)


def test_a_single_recipe_has_the_error_of_the_shipped_model_as_left_out():
    calibration = LeftOut.of(Residual(points(MEASURED[0]), np.array([0.3])))
    assert calibration.half_width == pytest.approx(0.3)
    assert calibration.distance == 0
    known = Known(mean=np.zeros(1), variance=np.zeros(1), distance=np.zeros(1))
    assert calibration.spread(known, np.full(1, SIGMA))[0] >= 0.3 / NORMAL_QUANTILE


def shipped(formulations, temperature_k):
    n = len(formulations)
    return {
        NAME: Prediction(
            value=np.full(n, 10.0),
            low=np.full(n, 5.0),
            high=np.full(n, 20.0),
            coverage=0.9,
            in_domain=np.ones(n, dtype=bool),
            reason=(None,) * n,
        )
    }


def test_pending_experiments_still_narrow_what_is_left():
    results = [
        Result(
            suggestion=None,
            formulation=parse_recipe(recipe),
            status=Status.OK,
            values={(NAME, ROOM_K): 10.0},
        )
        for recipe in MEASURED
    ]
    asked, at = [parse_recipe("1 m NaPF6 in DME:MA 40:60 wt")], np.array([ROOM_K])
    tuned = TunedScorer(shipped, results)
    after = tuned.with_pending(shipped(asked, at), asked, at)
    half = [np.log10(s(asked, at)[NAME].high / s(asked, at)[NAME].low) for s in (tuned, after)]
    assert half[1][0] < 0.7 * half[0][0]
