"""Papers that are a factor off, and duplicates."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from electrolyte_ml.data.duplicates import find_duplicates
from electrolyte_ml.data.paper_curves import Likeness
from electrolyte_ml.data.source_offsets import source_offsets
from electrolyte_ml.data.sources import load_source

MIXTURE = "1 m LiPF6 in EC:DMC 1:1 w/w"


def curve(recipe, source, factor, kelvins=(273.15, 283.15, 293.15, 303.15, 313.15)):
    """A temperature series as a VFT law has it, off by a factor."""
    return [(recipe, t, factor * 100 * math.exp(-700 / (t - 150)), source) for t in kelvins]


def papers(factors):
    """One series a paper, at temperatures of its own."""
    return [
        row
        for i, (source, factor) in enumerate(factors.items())
        for row in curve(MIXTURE, source, factor, tuple(np.arange(273.15, 320, 6) + 0.7 * i))
    ]


def suspected(measurements):
    return {o.source: round(o.offset_log10) for o in source_offsets(measurements) if o.suspected}


@pytest.mark.parametrize(("factor", "decade"), [(0.1, -1), (0.01, -2), (10, 1), (1000, 3)])
def test_a_slip_of_units_is_found_and_nobody_else_is_blamed(make_measurements, factor, decade):
    table = make_measurements(papers({"a": 1.0, "b": 1.05, "c": factor, "d": 0.97}))
    assert suspected(table) == {"c": decade}


@given(scatter=st.lists(st.floats(0.6, 1.6), min_size=3, max_size=5))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_papers_that_scatter_are_not_suspected(make_measurements, scatter):
    table = make_measurements(papers({f"p{i}": factor for i, factor in enumerate(scatter)}))
    assert suspected(table) == {}


def test_of_two_papers_that_differ_both_are_suspected(make_measurements):
    table = make_measurements(papers({"a": 1.0, "b": 0.1}))
    assert suspected(table) == {"a": 1, "b": -1}


def test_two_slips_do_not_hide_each_other(make_measurements):
    table = make_measurements(papers({"a": 1, "b": 1, "c": 1, "d": 0.1, "e": 0.01}))
    assert suspected(table) == {"d": -1, "e": -2}


def test_similar_mixtures_speak_where_the_same_is_missing(make_measurements):
    rows = papers({"a": 1.0, "b": 1.1})
    rows += curve("1 m LiPF6 in EC:DEC 1:1 w/w", "c", 0.1)
    (worst, *others) = source_offsets(make_measurements(rows))
    assert (worst.source, worst.suspected, worst.likeness) == ("c", True, Likeness.SAME_SALT)
    assert worst.n_others == 2
    assert not any(o.suspected for o in others)


def test_nothing_is_said_without_a_neighbour(make_measurements):
    rows = papers({"a": 1.0}) + curve("1 m NaPF6 in AN", "b", 0.01)
    assert source_offsets(make_measurements(rows)) == ()
    assert source_offsets(make_measurements(papers({"a": 1.0}))) == ()


def test_far_concentrations_and_temperatures_are_no_neighbours(make_measurements):
    rows = curve("1 m LiPF6 in EC:DMC 1:1 w/w", "a", 1.0, kelvins=(280, 290, 300))
    rows += curve("2 m LiPF6 in EC:DMC 1:1 w/w", "b", 0.1, kelvins=(280, 290, 300))
    rows += curve("1 m LiPF6 in EC:DMC 1:1 w/w", "c", 0.1, kelvins=(350, 360, 370))
    assert source_offsets(make_measurements(rows)) == ()


def test_duplicates_are_told_apart(make_measurements):
    recipe = "1 m LiPF6 in PC"
    table = make_measurements(
        [
            (recipe, 298.15, 5.0, "a"),
            (recipe, 298.15, 5.0, "a"),  # twice the same
            (recipe, 298.15, 5.5, "a"),  # 10 % apart
            (recipe, 308.15, 6.0, "a"),  # another temperature
            (recipe, 298.15, 5.05, "b"),  # 1 % from the median of the other paper's rows
        ]
    )
    found = find_duplicates(table)
    assert found.exact == 1
    assert found.repeats.n_pairs == 1
    assert found.repeats.median == pytest.approx(np.log10(1.1))
    assert found.across.n_papers == 1


def test_agreement_of_papers_is_that_of_their_curves(make_measurements):
    table = make_measurements(papers({"a": 1.0, "b": 1.04}))
    across = find_duplicates(table).across
    assert across.per_pair_median == pytest.approx(np.log10(1.04), abs=2e-4)
    assert across.to_dict()["median_percent"] == pytest.approx(4, abs=0.1)
    flagged = [(*row, "doubtful") for row in papers({"a": 1.0, "b": 1.04})]
    assert find_duplicates(make_measurements(flagged)).across is None


def test_potentials_have_duplicates_in_volts(make_measurements):
    rows = [("1 m NaPF6 in PC", float("nan"), v, "a") for v in (4.1, 4.3)]
    found = find_duplicates(make_measurements(rows, "oxidation_limit_v"))
    assert found.repeats.to_dict() == {"n_pairs": 1, "median": pytest.approx(0.2)}
    assert found.across is None


@pytest.mark.full_data
def test_known_slips_of_calisol23_are_found_and_no_others():
    measurements, _ = load_source("calisol23")
    assert suspected(measurements) == {
        "10.1007/s10008-002-0300-9": -2,
        "10.1016/S0378-7753(01)00697-8": -1,
    }
    across = find_duplicates(measurements).across
    assert across.per_pair_median == pytest.approx(0.0175, abs=0.003)
