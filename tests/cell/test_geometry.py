"""Cells: the layers' lengths, and files with every fault at once."""

from dataclasses import replace

import pytest

from electrolyte_ml.cell import cell_text, find_cell, reference_cells
from electrolyte_ml.cell.geometry import CellGeometry, Layer, read_cell
from electrolyte_ml.errors import InputError, InputErrors


def cell(**changes):
    layer = Layer(thickness_um=100, porosity=0.25, bruggeman=1.5)
    whole = CellGeometry(
        name="even",
        cation="Na",
        nominal_capacity_ah=1e-3,
        electrode_area_cm2=1,
        negative=layer,
        separator=layer,
        positive=layer,
    )
    return replace(whole, **changes)


def test_lengths_of_a_symmetric_cell():
    even = cell()
    # Each layer alone resists as 100 um / 0.25^1.5 = 0.8 mm; electrodes count half.
    assert even.resistance_length_m == pytest.approx(1.6e-3)
    assert even.depth_length_m == pytest.approx(0.8e-3)
    assert even.rise_length_m == pytest.approx(0.8e-3)
    assert even.current_density_1c_a_m2 == pytest.approx(10.0)


def test_without_a_porous_negative_electrode_the_profile_begins_at_the_separator():
    metal = cell(negative=None, positive=None, separator=Layer(thickness_um=100, porosity=0.25))
    assert metal.resistance_length_m == pytest.approx(0.8e-3)
    assert metal.depth_length_m == pytest.approx(0.4e-3)


def test_the_hard_carbon_cell_has_the_published_lengths():
    found = find_cell("hc_nvpf")
    assert found.resistance_length_m == pytest.approx(0.457e-3, rel=2e-3)
    assert found.depth_length_m / found.resistance_length_m == pytest.approx(0.71, abs=0.01)


@pytest.mark.parametrize("name", reference_cells())
def test_reference_cells_name_their_sources_and_come_back_from_their_dict(name):
    found = find_cell(name)
    assert found.dois
    assert all(doi.startswith("10.") for doi in found.dois)
    given = found.to_dict()
    assert read_cell(given).to_dict() == given
    assert f'name = "{name}"' in cell_text(name)


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        "name = 'mine'\ncation = 3\ncapacity = 2\nelectrode_area_cm2 = 1e-9\n"
        "[negative]\nthickness_um = 64e-6\nporosty = 0.3\n[source]\ndois = 'x'\n"
        "[simulation]\nset = 'a'\n"
    )
    with pytest.raises(InputErrors) as error:
        find_cell(path)
    lines = str(error.value).splitlines()
    assert all(line.startswith(str(path)) for line in lines)
    for words in (
        "cation: must be a text",
        "capacity: unknown key",
        "nominal_capacity_ah: is missing",
        "electrode_area_cm2: must be from",
        "negative.thickness_um: must be from 1 to 2000 um, given 6.4e-05",
        "negative.porosty: unknown key; did you mean",
        "negative.porosity: is missing",
        "separator: is missing",
        "source.dois: must be a list",
        "simulation.set: unknown key",
    ):
        assert any(words in line for line in lines), words


def test_an_unknown_cell_names_the_known_ones():
    with pytest.raises(InputError, match="did you mean 'hc_nvpf'"):
        find_cell("hc_nvp")
    with pytest.raises(InputError, match="given int 3"):
        find_cell(3)
