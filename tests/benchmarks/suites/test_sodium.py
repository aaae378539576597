"""Suite ``sodium``: what each model may learn from, and that every point is judged once."""

import numpy as np
import pytest

from electrolyte_ml.benchmarks.registry import jobs_of
from electrolyte_ml.benchmarks.suites import sodium
from electrolyte_ml.data.conductivities import single_cations, sodium_conductivities
from electrolyte_ml.data.copies import copies_of
from electrolyte_ml.data.measurements import concatenate
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.prediction import Prediction

# Of splits of the data at hand, which are not the frozen ones.
SEED = 1
pytestmark = pytest.mark.usefixtures("module_sample")


@pytest.fixture
def fitted(monkeypatch):
    """A model that answers with the median of its rows, and the rows that each fit was given."""
    given = []

    class Median:
        def __init__(self, rows):
            self.value = float(np.median(rows.value))

        def predict(self, _, temperature_k):
            value = np.full(len(temperature_k), self.value)
            return Prediction(
                value=value,
                low=value / 2,
                high=value * 2,
                coverage=0.9,
                in_domain=np.ones(len(value), dtype=bool),
                reason=(None,) * len(value),
            )

    def fit(rows, *, seed):
        given.append(rows)
        return Median(rows)

    monkeypatch.setattr(sodium, "fit_conductivity", fit)
    sodium.predicted.cache_clear()
    yield given
    sodium.predicted.cache_clear()


def further_rows():
    """What other files might hold: lithium, sodium, ionic liquids, and copies of points."""
    points = sodium_conductivities()
    texts = ("1 m LiPF6 in PC", "1 m NaPF6 in PC", "1 m LiTFSI in EMIMTFSI", "EMIMTFSI")
    copied = points.select(np.arange(2))
    others = points.select(np.arange(len(texts)))
    others = type(points)(
        property_name=points.property_name,
        formulations=tuple(parse_recipe(t) for t in texts),
        formulation_index=np.arange(len(texts)),
        temperature_k=np.full(len(texts), 298.15),
        value=np.array([5.5, 123.0, 8.0, 9.0]),
        source=np.full(len(texts), "another file"),
        source_row=np.arange(len(texts)),
        flag=np.full(len(texts), ""),
    )
    return concatenate([others, copied])


@pytest.fixture
def union(monkeypatch):
    rows = further_rows()
    monkeypatch.setattr(sodium, "_union", lambda: rows)
    return rows


def test_models_stand_for_all_points_and_for_those_of_an_anion():
    jobs = jobs_of("sodium", quick=True, splits=sodium.SPLITS, seed=SEED)
    whole = [(job.split, job.model) for job in jobs if "," not in job.model.replace(", but", "")]
    assert whole == [
        ("cation", sodium.LITHIUM_ALONE),
        ("cation", sodium.ALL_CATIONS),
        ("source", sodium.OTHER_PAPERS),
    ]
    assert any(job.model == f"{sodium.OTHER_PAPERS}, PF6" for job in jobs)


def test_lithium_alone_has_seen_no_other_cation(fitted, union):
    sodium.predicted(sodium.LITHIUM_ALONE, 0)
    (rows,) = fitted
    assert set(single_cations(rows).tolist()) == {sodium.LITHIUM}
    # The pure lithium row of the other files is there.
    assert 5.5 in rows.value


def test_no_tested_point_and_no_copy_of_one_is_learnt_from(fitted, union):
    points = sodium_conductivities()
    found = sodium.predicted(sodium.ALL_CATIONS, 0)
    (rows,) = fitted
    assert not copies_of(points, rows).any()
    assert {5.5, 123.0, 8.0, 9.0} <= set(rows.value.tolist())
    assert len(found.value) == len(points)


def test_a_paper_is_predicted_by_a_model_that_has_the_others(fitted, union):
    points = sodium_conductivities()
    found = sodium.predicted(sodium.OTHER_PAPERS, 0)
    papers = np.unique(points.source)
    assert len(fitted) == len(papers)
    for paper, rows in zip(papers, fitted, strict=True):
        left_out, own = points.select(points.source == paper), points.source != paper
        # The rows of the other papers come first; two laboratories may agree within 1 %.
        assert rows.value[: own.sum()].tolist() == points.value[own].tolist()
        of_files = rows.select(np.arange(own.sum(), len(rows)))
        assert not copies_of(left_out, of_files).any()
    # In the order of the points, each with the median of its own model.
    medians = {p: float(np.median(r.value)) for p, r in zip(papers, fitted, strict=True)}
    assert found.value.tolist() == [medians[p] for p in points.source.tolist()]


def test_figures_are_of_the_points_of_an_anion(fitted, union):
    points = sodium_conductivities()
    jobs = {j.model: j for j in jobs_of("sodium", quick=True, splits=sodium.SPLITS, seed=SEED)}
    every = jobs[sodium.OTHER_PAPERS].run(None)
    some = jobs[f"{sodium.OTHER_PAPERS}, PF6"].run(None)
    assert every.metrics["n"] == len(points) > some.metrics["n"]
    bias = np.log10(points.value / every.predicted).mean()
    assert every.metrics["bias_log10"] == pytest.approx(bias)
