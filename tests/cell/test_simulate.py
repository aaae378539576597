"""Discharges by PyBaMM: what was published comes out, and salt that runs out is told."""

import json
from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.cell import find_cell
from electrolyte_ml.cell.curves import Curve, electrolyte_curves
from electrolyte_ml.cell.runs import DischargeJob, run_jobs_of_cell
from electrolyte_ml.cell.simulate import Draw, Simulator, draws
from electrolyte_ml.errors import InputError, MissingDependencyError
from electrolyte_ml.formulation import parse_recipe

RECIPE = "1 M NaPF6 in EC:PC 1:1 w/w"
ROOM_K = 298.15


@pytest.fixture(scope="module")
def electrolyte():
    return electrolyte_curves(parse_recipe(RECIPE), [ROOM_K])[0]


def test_without_the_extra_one_line_says_how_to_install_it(monkeypatch, electrolyte):
    monkeypatch.setitem(__import__("sys").modules, "pybamm", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'electrolyte_ml\[cell\]'"):
        Simulator(find_cell("hc_nvpf"), electrolyte)


def test_draws_begin_with_the_best_estimate_and_are_those_of_the_seed():
    first, again, other = draws(20, 0), draws(20, 0), draws(20, 1)
    assert first[0] == Draw()
    assert first == again
    assert first != other
    z = np.array([[d.diffusivity, d.transference, d.conductivity] for d in draws(2000, 0)[1:]])
    assert np.mean(np.abs(z) < 1) == pytest.approx(0.9, abs=0.02)


def test_few_samples_are_refused(tmp_path, electrolyte):
    job = DischargeJob(
        text=RECIPE,
        cell=find_cell("hc_nvpf"),
        electrolyte=electrolyte,
        rate_c=1,
        samples=5,
        seed=0,
    )
    with pytest.raises(InputError, match="at least 20 samples, given 5"):
        run_jobs_of_cell([job], tmp_path)


@pytest.fixture(scope="module")
def pybamm():
    return pytest.importorskip("pybamm", reason="PyBaMM (extra 'cell') is not installed")


@pytest.fixture(scope="module")
def source(pybamm):
    return Simulator(find_cell("hc_nvpf"))


@pytest.mark.slow
def test_the_source_s_own_electrolyte_gives_its_capacities(source):
    one = source.discharge(1.0)
    assert one.capacity_ah * 1e3 == pytest.approx(2.113, rel=0.005)
    assert one.model == "DFN"
    five = source.discharge(5.0)
    assert five.capacity_ah * 1e3 == pytest.approx(0.331, rel=0.01)
    assert five.note.startswith("salt runs out after")


@pytest.mark.slow
def test_our_interpolants_of_the_source_s_functions_give_its_capacity(source, electrolyte):
    from electrolyte_ml.cell.simulate import parameter_values

    pybamm = pytest.importorskip("pybamm")
    own = parameter_values(find_cell("hc_nvpf"))
    c = np.concatenate([[0.0], np.linspace(20, 8000, 100)])

    def tabulated(key):
        function = own[key]
        values = function(pybamm.Vector(np.maximum(c, 1.0)), pybamm.Scalar(ROOM_K)).evaluate()
        flat = np.maximum(np.ravel(values), 1e-14)
        return Curve(value=flat, low=flat, high=flat)

    even = Curve(value=np.full(len(c), 0.45), low=np.full(len(c), 0.45), high=np.full(len(c), 0.45))
    same = replace(
        electrolyte,
        concentration_mol_m3=c,
        conductivity_s_m=tabulated("Electrolyte conductivity [S.m-1]"),
        diffusivity_m2_s=tabulated("Electrolyte diffusivity [m2.s-1]"),
        transference_number=even,
    )
    found = Simulator(find_cell("hc_nvpf"), same).discharge(1.0)
    assert found.capacity_ah * 1e3 == pytest.approx(2.113, rel=0.005)
    assert found.lowest_concentration_mol_m3 == pytest.approx(140, abs=10)


@pytest.mark.slow
def test_our_conductivity_gives_the_discharge_of_the_source_s(source, electrolyte):
    from electrolyte_ml.cell.simulate import parameter_values

    own = parameter_values(find_cell("hc_nvpf"))
    with_ours = Simulator(find_cell("hc_nvpf"), electrolyte)
    ours = with_ours._values["Electrolyte conductivity [S.m-1]"]
    with_ours._values = own
    own["Electrolyte conductivity [S.m-1]"] = ours
    found = with_ours.discharge(5.0)
    assert found.capacity_ah == pytest.approx(source.discharge(5.0).capacity_ah, rel=0.03)


@pytest.mark.slow
def test_capacity_follows_the_draw_and_a_half_cell_runs(pybamm, electrolyte):
    cell = find_cell("anode_free_na")
    simulator = Simulator(cell, electrolyte)
    low, best = simulator.discharge(4.0, Draw(diffusivity=-1.0)), simulator.discharge(4.0)
    assert low.capacity_ah < best.capacity_ah
    assert low.lowest_concentration_mol_m3 < best.lowest_concentration_mol_m3
    assert np.all(np.diff(best.charge_ah) > 0)


@pytest.mark.slow
def test_the_lithium_pouch_starts_full(pybamm):
    curves = electrolyte_curves(parse_recipe("1 M LiPF6 in EC:EMC 3:7 w/w"), [ROOM_K])[0]
    assert curves.knows_activity
    found = Simulator(find_cell("graphite_nmc_pouch"), curves).discharge(1.0)
    assert found.capacity_ah == pytest.approx(4.85, abs=0.15)


BPX = {
    "Header": {"BPX": "1.1.0", "Model": "DFN"},
    "Parameterisation": {
        "Cell": {
            "Electrode area [m2]": 0.1,
            "External surface area [m2]": 0.41,
            "Volume [m3]": 4e-5,
            "Number of electrode pairs connected in parallel to make a cell": 2,
            "Lower voltage cut-off [V]": 2.8,
            "Upper voltage cut-off [V]": 4.2,
            "Nominal cell capacity [A.h]": 5.0,
            "Reference temperature [K]": 298.15,
        },
        "Electrolyte": {
            "Cation transference number": 0.38,
            "Conductivity [S.m-1]": 1.3,
            "Diffusivity [m2.s-1]": 5e-10,
        },
        "Separator": {"Thickness [m]": 1.2e-5, "Porosity": 0.4, "Transport efficiency": 0.253},
        **{
            name: {
                "Porosity": 0.3,
                "Transport efficiency": 0.3**1.5,
                "Conductivity [S.m-1]": 100.0,
                "Diffusivity [m2.s-1]": 5e-15,
                "Reaction rate constant [mol.m-2.s-1]": 2e-5,
                "Entropic change coefficient [V.K-1]": 0.0,
                **own,
            }
            for name, own in {
                "Negative electrode": {
                    "Thickness [m]": 6.2e-5,
                    "Particle radius [m]": 2.5e-6,
                    "Surface area per unit volume [m-1]": 7.3e5,
                    "Maximum concentration [mol.m-3]": 28746,
                    "Minimum stoichiometry": 0.005,
                    "Maximum stoichiometry": 0.83,
                    "OCP [V]": "0.063 + 0.8 * exp(-75 * (x + 0.001))",
                },
                "Positive electrode": {
                    "Thickness [m]": 6.7e-5,
                    "Particle radius [m]": 3.5e-6,
                    "Surface area per unit volume [m-1]": 5.7e5,
                    "Maximum concentration [mol.m-3]": 35380,
                    "Minimum stoichiometry": 0.25,
                    "Maximum stoichiometry": 0.9,
                    "OCP [V]": "4.3 - 0.9 * x",
                },
            }.items()
        },
    },
    "State": {
        "Initial conditions": {
            "Initial electrolyte concentration [mol.m-3]": 1000,
            "Initial state-of-charge": 1.0,
        }
    },
}


@pytest.mark.slow
def test_a_cell_of_a_bpx_file_is_imported_and_discharged(pybamm, tmp_path):
    from electrolyte_ml.cell.exchange import cell_of_bpx, electrolyte_text, toml_of

    path = tmp_path / "pouch.json"
    path.write_text(json.dumps(BPX))
    cell = cell_of_bpx(path)
    assert cell.electrode_area_cm2 == pytest.approx(2000)
    assert cell.positive.bruggeman == pytest.approx(1.5)
    (tmp_path / "pouch.toml").write_text(toml_of(cell))
    recipe = parse_recipe("1 M LiPF6 in EC:EMC 3:7 w/w")
    (curves,) = electrolyte_curves(recipe, [ROOM_K])
    found = Simulator(find_cell(tmp_path / "pouch.toml"), curves).discharge(1.0)
    assert found.model == "DFN"
    assert found.capacity_ah == pytest.approx(5.7, abs=0.3)
    # The file with our electrolyte is one that bpx takes, too.
    assert json.loads(electrolyte_text(recipe, "bpx", [273.15, 313.15], ROOM_K, path))


@pytest.mark.slow
def test_jobs_are_kept_and_not_run_again(pybamm, tmp_path, electrolyte, monkeypatch):
    job = DischargeJob(
        text=RECIPE,
        cell=find_cell("hc_nvpf"),
        electrolyte=electrolyte,
        rate_c=5.0,
        samples=20,
        seed=0,
    )
    (first,) = run_jobs_of_cell([job], tmp_path)
    assert (
        first["capacity_ah"]["low"] < first["capacity_ah"]["value"] <= first["capacity_ah"]["high"]
    )
    assert first["samples_where_salt_runs_out"] > 0
    assert len(first["samples"]) == 21
    monkeypatch.setattr(Simulator, "discharge", None)
    told = []
    (again,) = run_jobs_of_cell([job], tmp_path, progress=told.append)
    assert json.dumps(again) == json.dumps(first)
    assert told == [job]
    assert replace(job, seed=1).key != job.key


def test_a_cell_without_a_parameter_set_says_what_to_name(pybamm, electrolyte):
    bare = replace(find_cell("hc_nvpf"), simulation={})
    with pytest.raises(InputError, match="neither parameter_set"):
        Simulator(bare, electrolyte)
    other = replace(bare, simulation={"parameter_set": "Chayambuka"})
    with pytest.raises(InputError, match="Chayambuka2022"):
        Simulator(other, electrolyte)
