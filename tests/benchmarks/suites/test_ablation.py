import numpy as np
import pytest

# Of splits of the data at hand, which are not the frozen ones.
SEED = 1
pytestmark = pytest.mark.usefixtures("module_sample")


@pytest.fixture(scope="module")
def case(module_sample):
    from electrolyte_ml.benchmarks.suites.conductivity import case_of

    return case_of("salt", SEED)


def test_variants_are_the_views_and_permutations_on_unseen_anions():
    from electrolyte_ml.benchmarks import jobs_of

    models = [job.model for job in jobs_of("ablation", seed=SEED)]
    assert {job.split for job in jobs_of("ablation", seed=SEED)} == {"salt"}
    views = ["both views", "structure alone", "potential and size alone"]
    assert models[:3] == [f"networks, {view}" for view in views]
    assert len(models) == 10
    assert sum("simulations" in model for model in models) == 4
    quick = jobs_of("ablation", quick=True, seed=SEED)
    assert all("short" in job.model for job in quick)
    assert {job.split for job in quick} == {"salt, first fold"}


def test_permuted_potentials_move_their_columns_and_no_other(case):
    from electrolyte_ml.benchmarks.suites import ablation
    from electrolyte_ml.features import FEATURE_NAMES

    plain, permuted = ablation._both(case), ablation._permuted(1, case)
    moved = [
        name
        for name, a, b in zip(
            FEATURE_NAMES, *(r.described.features.T for r in (plain, permuted)), strict=True
        )
        if not np.array_equal(a, b)
    ]
    assert moved == [name for name in FEATURE_NAMES if "potential" in name]
    column = FEATURE_NAMES.index("anion.lowest_potential_v")
    before, after = (set(r.described.features[:, column].round(4)) for r in (plain, permuted))
    assert len(before & after) > 5  # the same numbers, on other anions


def test_a_view_alone_hides_the_other(case):
    from electrolyte_ml.benchmarks.suites import ablation

    structure, potential = (ablation._one_view(view, case) for view in (0, 1))
    assert structure.views.shape[0] == potential.views.shape[0] == 1
    assert (structure.views != potential.views).any()


def test_simulated_numbers_are_a_column_more_and_permuted_among_what_was_simulated(case):
    from electrolyte_ml.benchmarks.suites import ablation

    known = ablation.simulated_conductivity()
    assert len(known) == 6
    assert all(0.5 < value < 2.0 for value in known.values())
    plain, simulated = ablation._both(case), ablation._simulated(None, case)
    permuted = ablation._simulated(2, case)
    assert np.array_equal(simulated.described.features[:, :-1], plain.described.features)
    assert simulated.views[:, -1].all()
    column, other = (rows.described.features[rows.index, -1] for rows in (simulated, permuted))
    share = ablation._simulated_share(case)
    alone = share == 1.0
    assert set(column[alone].round(6)) <= set(np.round(list(known.values()), 6))
    assert set(column[alone].round(6)) == set(other[alone].round(6))
    assert not np.array_equal(column, other)
    # An anion that was not simulated brings the mean, whatever the permutation.
    assert np.allclose(column[share == 0.0], np.mean(list(known.values())))
    assert np.allclose(other[share == 0.0], np.mean(list(known.values())))


def test_a_variant_is_fitted_and_judged_on_the_rows_of_the_folds(case, monkeypatch):
    """Networks know nothing of what is tested, and read the widened features of a variant."""
    from electrolyte_ml.benchmarks.suites import ablation

    seen = []

    class Constant:
        def __init__(self, rows):
            self.level = rows.log10_value.mean()

        def log10_conductivity(self, described, index, _):
            seen.append(described.features.shape[1])
            return np.full((2, len(index)), self.level)

    result = ablation._evaluate(case, lambda c: ablation._simulated(None, c), Constant, None)
    plain = ablation._both(case)
    assert set(seen) == {plain.described.features.shape[1] + 1}
    measured = plain.log10_value
    expected = [measured[train].mean() for train, test in case.split.folds for _ in test]
    assert np.log10(result.predicted) == pytest.approx(expected)
    error = np.abs(expected - measured[case.split.tested]).mean()
    assert result.metrics["mae_log10"] == pytest.approx(error)
