import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from electrolyte_ml.benchmarks.metrics import linear_metrics, log_metrics, positive_metrics

logs = hnp.arrays(float, st.integers(2, 30), elements=st.floats(-3, 2))


def test_metrics_of_a_known_case():
    measured = np.log10([1.0, 10.0, 10.0, 1.0])
    predicted = np.log10([1.0, 10.0, 20.0, 1.0])
    half_width = np.array([0.1, 0.1, 0.1, 0.1])
    known = np.array([True, True, False, True])
    metrics = log_metrics(measured, predicted, np.array([0, 0, 1, 1]), half_width, known)
    assert metrics["n"] == 4
    assert metrics["mae"] == pytest.approx(2.5)
    assert metrics["mae_log10"] == pytest.approx(np.log10(2) / 4)
    assert metrics["r2"] == pytest.approx(1 - 100 / 81)
    assert metrics["worst_group_mae_log10"] == pytest.approx(np.log10(2) / 2)
    assert metrics["median_group_mae_log10"] == pytest.approx(np.log10(2) / 4)
    assert metrics["coverage"] == pytest.approx(0.75)
    assert metrics["groups_covered_80"] == pytest.approx(0.5)
    assert metrics["n_flagged"] == 1
    assert metrics["mae_log10_flagged"] == pytest.approx(np.log10(2))
    assert metrics["mae_log10_in_domain"] == pytest.approx(0)


@given(logs, st.randoms())
def test_order_of_rows_does_not_matter(measured, random):
    order = list(range(len(measured)))
    random.shuffle(order)
    predicted, groups = measured[::-1].copy(), np.arange(len(measured)) % 3
    one = log_metrics(measured, predicted, groups)
    other = log_metrics(measured[order], predicted[order], groups[order])
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert other[name] == pytest.approx(value, rel=1e-6, abs=1e-9)


@given(logs)
def test_a_perfect_model_has_no_error(measured):
    metrics = log_metrics(measured, measured, np.zeros(len(measured), dtype=int))
    assert metrics["mae"] == metrics["mae_log10"] == metrics["median_ape_percent"] == 0
    assert all(metrics.get(name, 1.0) == pytest.approx(1.0) for name in ("r2", "spearman"))


@given(logs)
def test_positive_and_logarithmic_forms_agree(measured):
    measured = measured.round(3)
    assume(np.ptp(measured) > 0)
    predicted, groups = measured + 0.1, np.arange(len(measured)) % 2
    one = log_metrics(measured, predicted, groups)
    other = positive_metrics(10.0**measured, 10.0**predicted, groups)
    assert other == pytest.approx(one, rel=1e-6, abs=1e-9)


def test_predictions_that_are_not_positive_are_counted():
    measured, groups = np.array([1.0, 10.0]), np.array([0, 1])
    metrics = positive_metrics(measured, np.array([-1.0, 10.0]), groups)
    assert metrics["n_not_positive"] == 1
    assert metrics["mae"] == pytest.approx(1.0)
    assert metrics["mae_log10"] == 0  # as if it were the lowest measured value
    interval = (np.array([-2.0, 9.0]), np.array([2.0, 9.5]))
    covered = positive_metrics(measured, measured, groups, interval)
    assert covered["coverage"] == 0.5
    assert "n_not_positive" not in covered


def test_undefined_numbers_are_left_out():
    same = np.full(3, 0.5)
    metrics = log_metrics(same, np.array([0.4, 0.5, 0.6]), np.zeros(3, dtype=int))
    assert not {"r2", "r2_log10", "spearman"} & metrics.keys()
    assert all(np.isfinite(list(metrics.values())))


def test_linear_metrics_of_a_known_case():
    measured, predicted = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0])
    groups, half_width = np.array([0, 0, 1]), np.full(3, 0.5)
    metrics = linear_metrics(measured, predicted, groups, half_width)
    assert metrics["mae"] == pytest.approx(1 / 3)
    assert metrics["bias"] == pytest.approx(-1 / 3)
    assert metrics["coverage"] == pytest.approx(2 / 3)
    assert metrics["worst_group_mae"] == 1
    assert metrics["width"] == 1
