"""Limits in closed form, against full simulations and as objective of a search."""

import json

import numpy as np
import pytest

import electrolyte_ml as eml
from electrolyte_ml.cell import cell_limits, find_cell
from electrolyte_ml.cell.limits import concentration_fall_mol_m3
from electrolyte_ml.errors import InputError, RecipeFileError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.search import load_problem, propose

ROOM_K = 298.15

# Depth of the lowest concentration in simulations of PyBaMM 26.10 (DFN, 25 degC) with a constant
# salt diffusivity, m2/s, and the transference number of the cell's parameter set; mol/m3. The first
# has the diffusivity of its source, which is the one given at the mean concentration.
SIMULATED = [
    ("hc_nvpf", 1, 2.506e-11, 0.45, 860),
    ("hc_nvpf", 1, 1e-10, 0.45, 235),
    ("hc_nvpf", 2, 1e-10, 0.45, 474),
    ("graphite_nmc_pouch", 1, 2e-10, 0.38, 175),
    ("graphite_nmc_pouch", 2, 2e-10, 0.38, 355),
    ("anode_free_na", 1, 1e-10, 0.45, 156),
    ("anode_free_na", 2, 1e-10, 0.45, 314),
]


def limits(*recipes, cell="hc_nvpf", kelvin=ROOM_K):
    formulations = [parse_recipe(r) for r in recipes]
    return cell_limits(formulations, np.full(len(recipes), kelvin), cell)


@pytest.mark.parametrize(("name", "rate", "diffusivity", "transference", "depth"), SIMULATED)
def test_depth_is_that_of_full_simulations(name, rate, diffusivity, transference, depth):
    cell = find_cell(name)
    found = rate * concentration_fall_mol_m3(
        cell, cell.depth_length_m, np.array([diffusivity]), np.array([transference])
    )
    assert found[0] == pytest.approx(depth, rel=0.1)


def test_limits_follow_from_transport_numbers_at_half_and_whole_concentration():
    found = limits("1 M NaPF6 in EC:PC 1:1 w/w")
    cell = find_cell("hc_nvpf")
    d = found.transport.salt_diffusivity_1e10_m2_s.value * 1e-10
    t = found.transport.transference_number.value
    depth = concentration_fall_mol_m3(cell, cell.depth_length_m, d, t) / 1000
    assert found.profile_depth_mol_l.value == pytest.approx(depth)
    # Faster diffusion at lower concentration: salt lasts longer than the depth at 1C says.
    assert found.depletion_rate_c.value[0] > 1 / depth[0]
    ohmic = 11.811 * cell.resistance_length_m / (0.1 * found.conductivity_ms_cm.value) * 1000
    assert found.ohmic_drop_mv.value == pytest.approx(ohmic, rel=1e-3)
    assert found.ohmic_rate_c.value == pytest.approx(100 / ohmic, rel=1e-3)


def test_the_interval_holds_the_rate_of_the_published_diffusivity():
    # 1.2C with the published salt diffusivity of this electrolyte, 5.4C with Nernst-Einstein.
    found = limits("1 M NaPF6 in EC:PC 1:1 w/w").depletion_rate_c
    assert found.low[0] < 1.4
    assert found.low[0] < 5.4 < found.high[0]


def test_intervals_are_ordered_and_cold_is_worse():
    recipes = ("1 M NaPF6 in EC:PC 1:1 w/w", "1 M NaPF6 in diglyme")
    warm, cold = limits(*recipes), limits(*recipes, kelvin=253.15)
    for name in (
        "depletion_rate_c",
        "charge_depletion_rate_c",
        "ohmic_drop_mv",
        "profile_depth_mol_l",
    ):
        found = getattr(warm, name)
        assert np.all((found.low < found.value) & (found.value < found.high)), name
    assert np.all(cold.depletion_rate_c.value < warm.depletion_rate_c.value)
    assert np.all(cold.ohmic_drop_mv.value > warm.ohmic_drop_mv.value)


def test_a_recipe_for_another_cation_or_without_salt_is_said_so():
    found = limits("1 M LiPF6 in EC:EMC 3:7 w/w", "PC")
    assert not found.depletion_rate_c.in_domain.any()
    assert "is for Na, the recipe has Li" in found.depletion_rate_c.reason[0]
    assert np.isnan(found.depletion_rate_c.value[1])
    assert found.cause[1] == ""


def test_the_cause_is_sure_only_where_intervals_do_not_meet():
    found = limits("1 M NaPF6 in EC:PC 1:1 w/w", "1 M NaPF6 in diglyme")
    assert found.cause == ("salt runs out", "ohmic drop first, by the best estimate")


def test_limits_are_shown_short_and_as_a_frame():
    found = limits("1 M NaPF6 in EC:PC 1:1 w/w", "1 M NaPF6 in diglyme")
    assert repr(found).startswith("<CellLimits of 2 rows, salt runs out at C rates 6")
    frame = found.to_frame()
    assert frame["depletion_rate_c.value"].tolist() == found.depletion_rate_c.value.tolist()
    assert frame["cause"][0] == "salt runs out"


def test_predict_takes_the_cell():
    recipe = "1 M NaPF6 in diglyme"
    found = eml.predict(recipe, "depletion_rate_c", cell=eml.Cell(geometry="hc_nvpf"))
    assert found.value == pytest.approx(limits(recipe).depletion_rate_c.value)
    with pytest.raises(InputError, match="geometry='hc_nvpf'"):
        eml.predict(recipe, "depletion_rate_c")


PROBLEM = """
name = "fast"
[components]
solvents = ["PC", "DMC", "diglyme"]
salts = ["NaPF6"]
[limits]
salt_molality_mol_kg = [0.5, 1.5]
max_solvents = 2
fraction_step = 0.1
molality_step = 0.5
[[objectives]]
property = "ohmic_drop_mv"
temperature = "25 degC"
[[constraints]]
property = "depletion_rate_c"
temperature = "25 degC"
min = 8
on = "value"
[cell]
geometry = "mine.toml"
[search]
n_trials = 20
"""


def test_limits_are_objective_and_constraint_of_a_search(tmp_path):
    from electrolyte_ml.cell import cell_text

    (tmp_path / "mine.toml").write_text(cell_text("hc_nvpf"))
    (tmp_path / "problem.toml").write_text(PROBLEM)
    found = propose(load_problem(tmp_path / "problem.toml"), n=2)
    text = json.dumps(found.to_dict())
    assert "depletion_rate_c at 25 degC >= 8" in text
    recipes = [p.formulation for p in found.proposals]
    rates = cell_limits(recipes, np.full(len(recipes), ROOM_K), "hc_nvpf").depletion_rate_c.value
    assert np.all(rates >= 8)


@pytest.mark.parametrize(
    ("line", "words"),
    [("", "cell.geometry: is missing, but ohmic_drop_mv"), ('geometry = "hc"', "no cell 'hc'")],
)
def test_a_problem_without_its_cell_is_refused(tmp_path, line, words):
    path = tmp_path / "problem.toml"
    path.write_text(PROBLEM.replace('geometry = "mine.toml"', line))
    with pytest.raises(RecipeFileError, match=words):
        load_problem(path)
