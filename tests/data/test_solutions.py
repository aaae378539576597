"""The tables of viscosities and densities of solutions."""

import numpy as np
import pytest

from electrolyte_ml.data import solutions
from electrolyte_ml.data.copies import ions_in
from electrolyte_ml.data.doubts import trusted_as
from electrolyte_ml.data.measurements import Trust
from electrolyte_ml.data.solutions import (
    DENSITY,
    FILES,
    binary_densities,
    doubts_of,
    solution_union,
)
from electrolyte_ml.errors import InputError


@pytest.fixture
def thickening(make_measurements):
    """A paper with one series that thickens when heated, and one that does not; another paper."""
    kelvin = (290.0, 300.0, 310.0, 320.0)
    rows = [("1 m LiTFSI in PC", t, t / 100, "10.1/a") for t in kelvin]
    rows += [("1 m LiTFSI in DME", t, 400 / t, "10.1/a") for t in kelvin]
    rows += [("1 m LiTFSI in GBL", t, 400 / t, "10.1/b") for t in kelvin]
    return make_measurements(rows, property_name="viscosity_mpa_s")


def test_an_impossible_series_makes_the_rest_of_its_paper_doubtful(thickening):
    contradicted, doubtful = doubts_of("some", thickening)
    assert (contradicted.rows, contradicted.trust) == ((0, 1, 2, 3), Trust.CONTRADICTED)
    assert (doubtful.rows, doubtful.trust) == ((4, 5, 6, 7), Trust.DOUBTFUL)
    assert str(contradicted) == (
        "10.1/a: 4 rows contradicted: viscosity rises with temperature in 3 of 3 steps"
    )


def test_reasons_stand_with_the_rows(thickening):
    marked = trusted_as(thickening, doubts_of("some", thickening))
    assert marked.trust.tolist() == ["contradicted"] * 4 + ["doubtful"] * 4 + ["full"] * 4
    assert marked.flag[0].startswith("viscosity rises")
    assert marked.flag[8] == ""


def test_labels_of_the_table_name_rows_of_a_data_set(make_measurements):
    rows = [("AN:DMSO 1:1 v/v", 333.15, 0.9, "10.1/a")] * 12
    table = make_measurements(rows, property_name="density_g_cm3")
    table.source_row[:] = np.arange(330, 342)
    (doubt,) = doubts_of("battery_solvent_binaries", table)
    assert doubt.rows == tuple(range(330, 341))
    assert "50 degC" in doubt.reason
    assert doubts_of("kumar2026_density", table) == ()


def test_only_two_properties_have_a_table():
    with pytest.raises(InputError, match="no table of 'conductivity_ms_cm' of solutions; use visc"):
        solution_union("conductivity_ms_cm")


@pytest.mark.full_data
@pytest.mark.parametrize(("name", "n"), [("viscosity_mpa_s", 4719), (DENSITY, 512)])
def test_the_tables_of_the_real_files(name, n):
    union = solution_union(name)
    assert len(union) == n
    assert [c.name for c in union.counts] == list(FILES[name])
    measurements = union.measurements
    assert all(ions_in(f) for f in measurements.formulations)
    assert (measurements.usable & measurements.trusted).all()
    doubtful = measurements.trust == Trust.DOUBTFUL
    assert (measurements.flag[doubtful] != "").all()
    identity = np.char.add(union.dataset, measurements.source_row.astype(str))
    assert len(set(identity.tolist())) == n


@pytest.mark.full_data
def test_copies_and_wrong_labels_of_the_real_files_are_out():
    density = solution_union(DENSITY)
    counts = {c.name: c for c in density.counts}
    # One laboratory, by way of two tables.
    assert dict(counts["mlffdistill_transport"].copies) == {"kumar2026_density": 5}
    assert not (density.measurements.source == "10.1016/j.molliq.2020.114495").any()
    viscosity = solution_union(solutions.VISCOSITY).measurements
    assert not (viscosity.source == "10.1021/je100671v").any()
    # A density that stands in the place of a viscosity.
    diglyme = [f.notation() for f in viscosity.formulations if "NaPF6 in diglyme" in f.notation()]
    assert diglyme == []
    binaries = binary_densities()
    assert len(binaries) == 573
    assert all(len(f.solvents) == 2 and not f.salts for f in binaries.formulations)
