import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.simulate import read_campaign
from electrolyte_ml.simulate.densities import CAMPAIGN, agreement, measured_density, shipped
from electrolyte_ml.species import default_catalog


def row(group, recipe, deviation):
    return {"group": group, "recipe": recipe, "deviation_percent": str(deviation)}


def test_agreement_counts_both_directions():
    rows = [row("a", "x", -4.0), row("a", "y", 2.0), row("b", "z", 9.0)]
    found = agreement(rows, "a")
    assert (found.n, found.mean_percent, found.bias_percent) == (2, 3.0, -1.0)
    assert (found.worst, found.worst_percent) == ("x", 4.0)
    assert agreement(rows).n == 3
    with pytest.raises(InputError, match="group 'c'"):
        agreement(rows, "c")


def test_pure_solvents_of_the_campaign_have_a_measured_density():
    catalog = default_catalog()
    solvents = [e.recipe for e in read_campaign(CAMPAIGN).jobs if e.group == "pure solvents"]
    assert len(solvents) >= 10
    for name in solvents:
        assert "memory" not in catalog.solvent(name).properties["density_g_cm3"].source
        assert 0.5 < measured_density(name)[0] < 2


def test_solutions_of_the_campaign_are_measured(sample):
    solutions = [e.recipe for e in read_campaign(CAMPAIGN).jobs if e.group == "sodium solutions"]
    assert len(solutions) >= 8
    for recipe in solutions:
        assert 0.8 < measured_density(recipe)[0] < 1.4
    assert measured_density("1 M NaPF6 in PC")[0] == 1.291
    with pytest.raises(InputError, match="no measured density"):
        measured_density("2 M NaPF6 in PC")


def test_the_table_that_ships_belongs_to_the_campaign_and_agrees_with_experiment():
    plan = read_campaign(CAMPAIGN)
    rows = shipped()
    assert {r["key"] for r in rows} <= {e.job.key for e in plan.jobs}
    assert agreement(rows).mean_percent <= 3
    for held in rows:
        simulated, measured = float(held["simulated_g_cm3"]), float(held["measured_g_cm3"])
        deviation = 100 * (simulated / measured - 1)
        assert float(held["deviation_percent"]) == pytest.approx(deviation, abs=0.02)
