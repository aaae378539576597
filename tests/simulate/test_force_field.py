import csv
from dataclasses import replace

import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.simulate import SimulationJob, compose_box, molecule_template, read_campaign
from electrolyte_ml.simulate.force_field import ForceField, solvent_sets
from electrolyte_ml.simulate.templates import TABLES

# A run of the table that ships: its key must outlive every kind of refinement that is added.
PINNED = "3945c1caf3db2a56"


@pytest.fixture(scope="module")
def pairs():
    plan = read_campaign(TABLES.parent / "campaigns" / "lithium_sodium_pairs.toml")
    return {entry.job.key: entry.job for entry in plan.jobs}


def test_keys_of_finished_runs_do_not_change(pairs):
    with (TABLES / "lithium_sodium_pairs.csv").open(encoding="utf-8", newline="") as file:
        known = {row["key"] for row in csv.DictReader(file)}
    assert known <= pairs.keys()
    assert PINNED in pairs


def test_a_refinement_makes_another_key_and_is_read_back(pairs):
    job = pairs[PINNED]
    fields = [
        ForceField(solvent_charge_scale=0.9),
        ForceField(solvent_sigma_scale=0.99),
        ForceField(solvent_epsilon_scale=0.9),
        ForceField(charge_scale=0.75),
        ForceField(cation_set="aqvist"),
    ]
    changed = [replace(job, force_field=field) for field in fields]
    assert len({PINNED, *(j.key for j in changed)}) == 6
    for one in (job, *changed):
        assert SimulationJob.from_dict(one.to_dict()) == one


def test_factors_change_charges_and_diameters_of_solvents_alone():
    box = compose_box(parse_recipe("1 M NaPF6 in DME"), 300)
    plain = dict(zip(("DME", "Na", "PF6"), box.templates(ForceField()), strict=True))
    field = ForceField(
        solvent_charge_scale=0.9, solvent_epsilon_scale=0.8, solvent_sigma_scale=0.98
    )
    refined = dict(zip(("DME", "Na", "PF6"), box.templates(field), strict=True))
    assert refined["Na"] == plain["Na"]
    assert refined["PF6"] == plain["PF6"]
    (before, _), (after, _) = plain["DME"], refined["DME"]
    assert before == molecule_template("COCCOC")
    for old, new in zip(before.atoms, after.atoms, strict=True):
        assert new.charge_e == pytest.approx(0.9 * old.charge_e)
        assert new.sigma_nm == pytest.approx(0.98 * old.sigma_nm)
        assert new.epsilon_kj_mol == pytest.approx(0.8 * old.epsilon_kj_mol)
    # Atoms three bonds apart follow.
    for (*_, q, s, e), (*_, q_new, s_new, e_new) in zip(
        before.exceptions(), after.exceptions(), strict=True
    ):
        assert q_new == pytest.approx(0.81 * q)
        assert e_new == pytest.approx(0.8 * e)
        assert s_new == pytest.approx(0.98 * s) or e == 0


def test_a_named_set_holds_factors_for_each_solvent():
    with (TABLES / "solvents.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["set"] for row in rows} == set(solvent_sets())
    for held in rows:
        box = compose_box(parse_recipe(held["solvent"]), 300)
        ((plain, _),) = box.templates(ForceField())
        ((refined, _),) = box.templates(ForceField(solvent_set=held["set"]))
        expected = plain.refined(
            charge=float(held["charge_scale"]),
            epsilon=float(held["epsilon_scale"]),
            sigma=float(held["sigma_scale"]),
        )
        assert refined == expected
    unknown = compose_box(parse_recipe("DTD"), 300)
    with pytest.raises(InputError, match="no factors for DTD"):
        unknown.templates(ForceField(solvent_set=rows[0]["set"]))


@pytest.mark.parametrize(
    "impossible",
    [
        {"solvent_set": "nobody"},
        {"cation_set": "nobody"},
        {"charge_scale": 1.1},
        {"charge_scale": 0.0},
        {"solvent_charge_scale": 0.3},
        {"solvent_sigma_scale": 1.5},
        {"solvent_epsilon_scale": 0.0},
    ],
)
def test_impossible_factors_are_refused_with_what_is_allowed(impossible):
    with pytest.raises(InputError, match=r"sets:|lies above 0|must lie in"):
        ForceField(**impossible)


def test_the_label_names_what_differs_from_the_published_numbers():
    assert ForceField().label == "jensen-jorgensen x0.8"
    refined = ForceField(solvent_charge_scale=0.9, solvent_sigma_scale=0.99)
    assert refined.label.endswith("solvent charges x0.9, diameters x0.99")
