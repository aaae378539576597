"""Electrolytes for BPX, PyBaMM and tables; cells from BPX files."""

import csv
import io
import json
from importlib.util import find_spec

import numpy as np
import pytest

from electrolyte_ml.cell import find_cell, read_cell
from electrolyte_ml.cell.curves import at_molarity, electrolyte_curves
from electrolyte_ml.cell.exchange import (
    arrhenius_fit,
    cell_of_bpx,
    electrolyte_text,
    require_bpx,
    toml_of,
)
from electrolyte_ml.errors import InputError, InputErrors
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity import predict_conductivity

RECIPE = parse_recipe("1 M NaPF6 in EC:PC 1:1 w/w")
ROOM_K = 298.15


@pytest.fixture(scope="module")
def room():
    return electrolyte_curves(RECIPE, [ROOM_K])[0]


def test_curves_go_through_the_models_at_their_concentration(room):
    assert room.initial_concentration_mol_m3 == pytest.approx(1000.0)
    half = at_molarity(RECIPE, 0.5)
    assert sum(half.molarities_mol_l().values()) == pytest.approx(0.5)
    predicted = predict_conductivity([half], np.array([ROOM_K])).value[0] / 10
    at = room.concentration_mol_m3.tolist().index(500.0)
    assert room.conductivity_s_m.value[at] == pytest.approx(predicted)


def test_curves_reach_from_no_salt_to_far_above_the_recipe(room):
    assert room.concentration_mol_m3[[0, -1]].tolist() == [0.0, 8000.0]
    assert room.conductivity_s_m.value[0] == 0
    beyond = room.concentration_mol_m3 > 3000
    assert not room.predicted[beyond].any()
    for curve in (room.conductivity_s_m, room.diffusivity_m2_s):
        assert np.all(curve.value[1:] > 0)
        assert np.all(np.diff(curve.value[beyond]) <= 0)
        assert np.all((curve.low <= curve.value) & (curve.value <= curve.high))
    assert not room.knows_activity
    assert np.all(room.thermodynamic_factor.value == 1)


def test_a_recipe_that_may_be_frozen_says_so():
    (cold,) = electrolyte_curves(RECIPE, [243.15])
    assert any("fr" in note for note in cold.notes)


def test_no_curves_without_salt():
    with pytest.raises(InputError, match="without salt"):
        electrolyte_curves(parse_recipe("PC"), [ROOM_K])


def test_bpx_of_an_electrolyte():
    made = json.loads(electrolyte_text(RECIPE, "bpx", [273.15, ROOM_K, 323.15], ROOM_K))
    held = made["Parameterisation"]["Electrolyte"]
    assert made["Header"]["Model"] == "Partial"
    assert 0.3 < held["Cation transference number"] < 0.6
    table = held["Conductivity [S.m-1]"]
    assert np.interp(1000, table["x"], table["y"]) == pytest.approx(0.9, abs=0.05)
    assert 5e3 < held["Conductivity activation energy [J.mol-1]"] < 4e4
    initial = made["State"]["Initial conditions"]
    assert initial["Initial electrolyte concentration [mol.m-3]"] == pytest.approx(1000)
    described = made["Header"]["Description"]
    assert "273 to 323 K" in described
    (curves,) = electrolyte_curves(RECIPE, [ROOM_K])
    t = curves.transference_number
    low, high = (np.interp(1000, curves.concentration_mol_m3, end) for end in (t.low, t.high))
    assert f"transference number {low:.2g} to {high:.2g}." in described
    assert require_bpx(made) == (find_spec("bpx") is not None)


def test_the_activation_energy_of_an_arrhenius_law_is_found(room):
    from dataclasses import replace

    def heated(kelvin):
        factor = np.exp(20e3 / 8.314462618 * (1 / ROOM_K - 1 / kelvin))
        curve = room.conductivity_s_m
        return replace(
            room, temperature_k=kelvin, conductivity_s_m=replace(curve, value=curve.value * factor)
        )

    found = arrhenius_fit([heated(t) for t in (273.15, 323.15)], room, "conductivity_s_m")
    assert found.energy_j_mol == pytest.approx(20e3)
    assert found.worst_factor == pytest.approx(1.0)
    assert (found.coldest_k, found.hottest_k) == (273.15, 323.15)


def test_tables_have_units_and_intervals():
    text = electrolyte_text(RECIPE, "csv", [273.15, ROOM_K], ROOM_K)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {float(row["temperature_k"]) for row in rows} == {273.15, ROOM_K}
    row = next(
        r for r in rows if (r["temperature_k"], r["concentration_mol_m3"]) == ("298.15", "1000")
    )
    assert float(row["diffusivity_m2_s_low"]) < 2.5e-11 < float(row["diffusivity_m2_s_high"])


def test_the_module_for_pybamm_compiles_and_holds_the_curves(room, monkeypatch):
    text = electrolyte_text(RECIPE, "pybamm", [ROOM_K], ROOM_K)
    monkeypatch.setitem(__import__("sys").modules, "pybamm", object())
    names: dict = {}
    exec(compile(text, "electrolyte.py", "exec"), names)
    c, kappa, *_ = names["CURVES"][ROOM_K]
    assert np.interp(1000, c, kappa) == pytest.approx(0.9, abs=0.05)
    for kelvin in (ROOM_K, ROOM_K + 1e-9):
        made = names["parameters"](kelvin)
        assert made["Initial concentration in electrolyte [mol.m-3]"] == 1000
    with pytest.raises(ValueError, match=r"no curves at 300 K, only at \[298.15\] K"):
        names["parameters"](300)


BPX_CELL = {
    "Header": {"BPX": "1.1.0", "Model": "Partial"},
    "Parameterisation": {
        "Cell": {
            "Electrode area [m2]": 0.01,
            "External surface area [m2]": 0.02,
            "Volume [m3]": 1e-5,
            "Number of electrode pairs connected in parallel to make a cell": 3,
            "Lower voltage cut-off [V]": 2.5,
            "Upper voltage cut-off [V]": 4.2,
            "Nominal cell capacity [A.h]": 0.6,
            "Reference temperature [K]": 298.15,
        },
        "Separator": {"Thickness [m]": 2e-5, "Porosity": 0.5, "Transport efficiency": 0.25},
        "Electrolyte": {
            "Cation transference number": 0.3,
            "Conductivity [S.m-1]": 1.0,
            "Diffusivity [m2.s-1]": 1e-10,
        },
    },
}


def test_layers_of_a_bpx_file(tmp_path):
    import copy
    import tomllib

    content = copy.deepcopy(BPX_CELL)
    content["Parameterisation"] |= {"Negative electrode": {}, "Positive electrode": {}}
    path = tmp_path / "pouch.json"
    electrode = {"Thickness [m]": 6e-5, "Porosity": 0.3, "Transport efficiency": 0.3**1.5}
    for name in ("Negative electrode", "Positive electrode"):
        content["Parameterisation"][name] = electrode
    path.write_text(json.dumps(content))
    if find_spec("bpx") is None:
        found = cell_of_bpx(path, cation="Na")
        assert found.electrode_area_cm2 == pytest.approx(300)
        assert found.separator.bruggeman == pytest.approx(2.0)
        assert found.positive.bruggeman == pytest.approx(1.5)
        assert read_cell(tomllib.loads(toml_of(found))) == found
    else:  # electrodes lack what a simulation needs
        with pytest.raises(InputError, match="no BPX"):
            cell_of_bpx(path)


def test_an_electrolyte_goes_into_the_file_of_a_cell(tmp_path):
    path = tmp_path / "cell.json"
    path.write_text(json.dumps(BPX_CELL))
    made = json.loads(electrolyte_text(RECIPE, "bpx", [273.15, 313.15], ROOM_K, path))
    assert made["Parameterisation"]["Cell"] == BPX_CELL["Parameterisation"]["Cell"]
    assert made["Parameterisation"]["Electrolyte"]["Cation transference number"] != 0.3


@pytest.mark.parametrize(
    ("text", "words"), [("{", "is no JSON"), ("[1]", "no table 'Parameterisation'")]
)
def test_what_is_no_bpx_file(tmp_path, text, words):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        cell_of_bpx(path)


def test_what_a_bpx_file_lacks_is_told_at_once(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(
        json.dumps({"Header": {"BPX": "1.1.0", "Model": "Partial"}, "Parameterisation": {}})
    )
    with pytest.raises(InputErrors) as error:
        cell_of_bpx(path)
    assert "separator: is missing" in str(error.value)
    assert "nominal_capacity_ah: is missing" in str(error.value)


def test_the_toml_of_a_reference_cell_is_read_back():
    import tomllib

    cell = find_cell("anode_free_na")
    assert read_cell(tomllib.loads(toml_of(cell))) == cell
