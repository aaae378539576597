import json

import pytest

from electrolyte_ml.errors import InputError, RecipeFileError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.simulate import SimulationJob, compose_box, preset, read_campaign
from electrolyte_ml.simulate.box import BoxComposition, Component
from electrolyte_ml.simulate.force_field import ForceField
from electrolyte_ml.species import default_catalog


def job(recipe="1 M NaPF6 in PC", **changes):
    protocol, n_atoms = preset("smoke")
    held = {"composition": compose_box(parse_recipe(recipe), n_atoms), "protocol": protocol}
    return SimulationJob(**{**held, "temperature_k": 298.15, **changes})


@pytest.mark.parametrize(
    "recipe",
    [
        "1 M NaPF6 in EC:DMC 1:1 w/w",
        "2 m NaFSI in DME",
        "0.6 M NaPF6 + 0.4 M NaFSI in EC:PC 1:1 v/v",
        "PC",
    ],
)
def test_the_box_is_close_to_the_recipe_and_knows_what_it_is(recipe):
    asked = parse_recipe(recipe)
    box = compose_box(asked, 3000)
    realised = box.formulation()
    for name, fraction in asked.mass_fractions.items():
        assert realised.mass_fractions[name] == pytest.approx(fraction, abs=0.02)
    for name, molality in asked.molalities_mol_kg.items():
        assert realised.molalities_mol_kg[name] == pytest.approx(molality, rel=0.08)


@pytest.mark.parametrize(
    "recipe",
    [
        "1 m NaFSI in Pyr13FSI",
        "1 m NaTFSI in Pyr13FSI",
        "1 m NaFSI in Pyr13FSI:DME 1:1 w/w",
        "Pyr13FSI",
        "LiFSI:DMC 1:1.1 mol",
        "4 m NaFSI in DME",
        "NaFSI:DME:TTE 1:1.2:3 mol",
    ],
)
def test_ionic_liquids_and_concentrates_become_boxes_that_know_what_they_are(recipe):
    asked = parse_recipe(recipe)
    box = compose_box(asked, 3000)
    realised = box.formulation()
    assert realised.mass_fractions == pytest.approx(asked.mass_fractions, abs=0.02)
    assert realised.molalities_mol_kg == pytest.approx(asked.molalities_mol_kg, rel=0.08)
    one = job(recipe)
    assert SimulationJob.from_dict(json.loads(json.dumps(one.to_dict()))) == one


def test_the_metal_of_a_solution_in_an_ionic_liquid_is_exchanged_and_its_cation_stays():
    box = compose_box(parse_recipe("1 m NaFSI in Pyr13FSI"), 1000)
    assert [c.name for c in box.cations] == ["Na", "Pyr13"]
    assert [c.name for c in box.salt_cations] == [c.name for c in box.metal_cations] == ["Na"]
    lithium = box.with_cation(default_catalog().ion("Li"))
    assert list(lithium.formulation().molalities_mol_kg) == ["LiFSI"]
    assert lithium.formulation().ionic_liquids == ("Pyr13FSI",)


def test_an_ion_without_parameters_is_told_with_what_makes_them():
    with pytest.raises(InputError, match=r"no force-field template for the cation Pyr16 .*shipped"):
        compose_box(parse_recipe("1 m NaFSI in Pyr16FSI"), 1000)


def test_the_halves_of_a_pair_differ_in_the_cation_only():
    sodium = compose_box(parse_recipe("1 M NaPF6 in EC:DMC 1:1 w/w"), 1000)
    lithium = sodium.with_cation(default_catalog().ion("Li"))
    assert [c.count for c in sodium.components] == [c.count for c in lithium.components]
    assert list(lithium.formulation().molalities_mol_kg) == ["LiPF6"]
    assert lithium.with_cation(default_catalog().ion("Na")) == sodium


def test_a_charged_box_is_refused():
    ion = Component(name="Na", smiles="[Na+]", charge=1, count=2)
    with pytest.raises(InputError, match="neutral"):
        BoxComposition(components=(ion,))


def test_a_job_round_trips_through_json_with_its_key():
    one = job()
    again = SimulationJob.from_dict(json.loads(json.dumps(one.to_dict())))
    assert again == one
    assert again.key == one.key


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"temperature_k": 310.0},
        {"force_field": ForceField(charge_scale=0.75)},
        {"force_field": ForceField(cation_set="joung-cheatham")},
        {"force_field": ForceField(solvent_charge_scale=0.9)},
        {"force_field": ForceField(solvent_sigma_scale=0.99)},
        {"force_field": ForceField(solvent_epsilon_scale=0.9)},
        {"recipe": "1 M NaClO4 in PC"},
    ],
)
def test_the_key_changes_with_every_input(change):
    assert job(**change).key != job().key


def test_how_often_is_saved_is_not_part_of_the_key():
    from dataclasses import replace

    one = job()
    other = replace(one, protocol=replace(one.protocol, checkpoint_s=1.0))
    assert other.key == one.key


CAMPAIGN = """
name = "pairs"
preset = "smoke"
temperature_k = 373.15
cations = ["Na", "Li"]
[[group]]
name = "sets"
recipes = ["1 M NaPF6 in PC", "1 M NaClO4 in PC"]
cation_sets = ["aqvist", "joung-cheatham"]
seeds = [1, 2]
"""


def test_a_campaign_lists_every_job_once_and_pairs_side_by_side(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text(CAMPAIGN + CAMPAIGN[CAMPAIGN.index("[[group]]") :])
    campaign = read_campaign(path)
    assert len(campaign.jobs) == 2 * 2 * 2 * 2
    assert [e.cation for e in campaign.jobs[:2]] == ["Na", "Li"]
    first, second = (e.job.composition for e in campaign.jobs[:2])
    assert [c.count for c in first.components] == [c.count for c in second.components]


def test_all_faults_of_a_campaign_are_listed(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text(
        'colour = 1\n[[group]]\nname = "a"\nrecipes = ["1 M NaPF6 in mud"]\n'
        '[[group]]\nname = "b"\nrecipes = ["PC"]\nspeed = 2\n'
    )
    with pytest.raises(RecipeFileError) as caught:
        read_campaign(path)
    assert len(caught.value.messages) == 3


def test_the_shipped_campaign_can_be_read():
    from pathlib import Path

    import electrolyte_ml.simulate as room

    folder = Path(room.__file__).parent / "campaigns"
    campaign = read_campaign(folder / "lithium_sodium_pairs.toml")
    pairs = {(e.recipe, e.job.force_field.cation_set) for e in campaign.jobs if e.group == "pairs"}
    assert len(pairs) >= 16


def test_a_box_that_would_be_too_small_for_the_cutoff_takes_more_molecules():
    recipe = parse_recipe("diglyme")
    small = compose_box(recipe, 600)
    larger = compose_box(recipe, 600, least_length_nm=1.85)
    assert small.estimated_length_nm(298.15) < 1.85 <= larger.estimated_length_nm(298.15)
    assert larger.components[0].count - small.components[0].count <= 2
    # Warmer liquids are thinner: nothing is added where nothing is needed.
    assert compose_box(recipe, 600, least_length_nm=1.8, temperature_k=373.15) == small
