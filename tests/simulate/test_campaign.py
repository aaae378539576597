from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from electrolyte_ml.errors import InputError, RecipeFileError
from electrolyte_ml.executors import Shard
from electrolyte_ml.models.transport.self_diffusion import FORCE_FIELD
from electrolyte_ml.simulate import campaign, read_campaign, run_campaign
from electrolyte_ml.simulate.campaign import Pace, open_jobs
from electrolyte_ml.simulate.force_field import ForceField
from electrolyte_ml.simulate.results import read_table
from electrolyte_ml.simulate.templates import TABLES

TEXT = """
preset = "smoke"
n_atoms = 720
[viscosity_mpa_s]
"1 M NaPF6 in DME" = 1.43
[[group]]
name = "a"
recipes = ["1 M NaPF6 in DME", "PC"]
cation_sets = ["aqvist", "jensen-jorgensen"]
solvent_charge_scales = [1.0, 0.9]
solvent_sigma_scales = [0.99]
[[group]]
name = "b"
recipes = ["1 M NaPF6 in DME"]
cations = ["Na", "Li"]
"""


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "c.toml").write_text(TEXT)
    return read_campaign(tmp_path / "c.toml")


def test_lists_of_factors_run_in_every_combination(plan):
    held = [e.job.force_field for e in plan.jobs if e.group == "a" and e.recipe != "PC"]
    assert held == [
        ForceField(cation_set=s, solvent_charge_scale=q, solvent_sigma_scale=0.99)
        for s in ("aqvist", "jensen-jorgensen")
        for q in (1.0, 0.9)
    ]


def test_a_group_may_ask_for_more_atoms(plan, tmp_path):
    (tmp_path / "d.toml").write_text(TEXT.replace("n_atoms = 720", "n_atoms = 1440"))
    larger = read_campaign(tmp_path / "d.toml")
    for small, large in zip(plan.jobs, larger.jobs, strict=True):
        ratio = large.job.layout().n_atoms / small.job.layout().n_atoms
        assert ratio == pytest.approx(2, rel=0.2)


def test_a_measured_viscosity_belongs_to_the_recipe_as_it_is_named(plan):
    given = {(e.recipe, e.cation): e.viscosity_mpa_s for e in plan.jobs}
    assert given["1 M NaPF6 in DME", "Na"] == 1.43
    assert given["1 M NaPF6 in DME", "Li"] is None
    assert given["PC", ""] is None


JUDGED_AND_TEACHING = ("conductivity_judges", "electrolytes")


def test_the_production_campaign_is_paired_and_wide_enough():
    plan = read_campaign(TABLES.parent / "campaigns" / "electrolytes.toml")
    electrolytes = {(e.recipe, e.cation) for e in plan.jobs}
    assert len(electrolytes) >= 40
    assert len({recipe for recipe, _ in electrolytes}) >= 12
    hot = {(e.recipe, e.cation) for e in plan.jobs if e.job.temperature_k > 370}
    assert hot == electrolytes
    assert {(e.recipe, e.cation) for e in plan.jobs[: len(hot)]} == hot
    anions = {e.job.composition.anions[0].name for e in plan.jobs}
    assert anions >= {"FSI", "TFSI", "PF6", "BF4", "ClO4", "OTf", "DFOB", "BOB"}
    for first, second in zip(plan.jobs[::2], plan.jobs[1::2], strict=True):
        assert (first.recipe, first.cation, second.cation) == (second.recipe, "Na", "Li")
        assert first.job.protocol.nvt_ps >= 2000
        assert 800 <= first.job.layout().n_atoms <= 1100
    assert len({e.job.force_field for e in plan.jobs}) == 1


def test_longer_glymes_which_judge_choose_nothing():
    for name in ("diffusion_validation", "diffusion_confirmation"):
        plan = read_campaign(TABLES.parent / "campaigns" / f"{name}.toml")
        solvents = {c.name for e in plan.jobs for c in e.job.composition.solvents}
        assert solvents == {"DME", "PC"}
        salty = [e.job.composition.cations[0].count for e in plan.jobs if e.cation]
        assert min(salty) >= 8
        assert len(plan.jobs) == len({e.job.key for e in plan.jobs})
    judges = read_campaign(TABLES.parent / "campaigns" / "diffusion_judges.toml")
    solvents = {c.name for e in judges.jobs for c in e.job.composition.solvents}
    assert solvents == {"diglyme", "tetraglyme"}
    assert {e.job.force_field for e in judges.jobs} == {FORCE_FIELD}


def test_solvents_that_judge_conductivity_are_simulated_as_those_that_teach():
    folder = TABLES.parent / "campaigns"
    judges, others = (read_campaign(folder / f"{name}.toml") for name in JUDGED_AND_TEACHING)
    assert len(judges.jobs) >= 20
    assert all(len(e.job.composition.solvents) == 1 for e in judges.jobs)
    places = {(e.job.composition.solvents[0].name, e.job.temperature_k) for e in judges.jobs}
    assert len(places) == len(judges.jobs)
    cool = {solvent for solvent, kelvin in places if kelvin < 340}
    assert cool == {solvent for solvent, _ in places}
    for settings in ("force_field", "protocol"):
        (alike,) = {getattr(e.job, settings) for e in judges.jobs}
        assert alike == getattr(others.jobs[0].job, settings)
    assert all(800 <= e.job.layout().n_atoms <= 1100 for e in judges.jobs)


def test_the_table_that_ships_belongs_to_the_campaign():
    plan = read_campaign(TABLES.parent / "campaigns" / "diffusion_validation.toml")
    jobs = {e.job.key: e for e in plan.jobs}
    rows = read_table(TABLES / "diffusion_validation.csv")
    assert len(rows) >= 7
    for row in rows:
        entry = jobs[row["key"]]
        assert (entry.recipe, entry.job.force_field) == (row["recipe"], ForceField.of_row(row))
        # The correction for the box stands between the two columns.
        missing = float(row["yeh_hummer_1e10_m2_s"])
        box, corrected = (
            float(row[f"{kind}_solvents_1e10_m2_s"].split(":")[1])
            for kind in ("diffusion", "diffusion_corrected")
        )
        assert corrected - box == pytest.approx(missing, rel=0.01)
        assert float(row["viscosity_mpa_s"]) > 0


def test_shards_divide_the_jobs_and_stay_the_same(plan):
    parts = [plan.shard(Shard(number=n, of=3)) for n in (1, 2, 3)]
    keys = [e.job.key for part in parts for e in part.jobs]
    assert sorted(keys) == sorted(e.job.key for e in plan.jobs)
    assert plan.shard(Shard(number=2, of=3)) == parts[1]
    assert plan.shard(Shard()) == plan
    fewer = replace(plan, jobs=plan.jobs[1:]).shard(Shard(number=2, of=3))
    assert fewer.jobs == tuple(e for e in parts[1].jobs if e != plan.jobs[0])


def test_an_impossible_factor_is_told_with_its_group(tmp_path):
    (tmp_path / "c.toml").write_text(TEXT.replace("[0.99]", "[2.0]"))
    with pytest.raises(RecipeFileError, match=r"group 'a': solvent_sigma_scale must lie in"):
        read_campaign(tmp_path / "c.toml")


def test_time_left_follows_the_work_done(plan):
    pace = Pace(plan.jobs)
    assert pace.left_s(10.0) is None
    first, *rest = plan.jobs
    pace.finish(first)
    work = [e.job.layout().n_atoms * e.job.protocol.total_ps for e in plan.jobs]
    assert pace.left_s(60.0) == pytest.approx(60.0 * sum(work[1:]) / work[0])
    for entry in rest:
        pace.finish(entry)
    assert pace.left_s(99.0) == 0
    assert open_jobs(plan.jobs, {first.job.key}) == rest


def test_jobs_of_an_executor_are_those_that_run_here(plan, tmp_path, monkeypatch):
    def simulated(job, folder, progress=None, *, viscosity_mpa_s=None, platform=""):
        if viscosity_mpa_s is None:
            raise InputError("no viscosity")
        return {"key": job.key, "folder": folder, "viscosity": viscosity_mpa_s, "on": platform}

    monkeypatch.setattr(campaign, "run_job", simulated)
    told: dict[str, dict] = {"here": {}, "there": {}}
    with ThreadPoolExecutor(2) as threads:
        for where, executor in (("here", None), ("there", threads)):
            run_campaign(
                plan,
                tmp_path,
                executor=executor,
                after_each=lambda e, *outcome, to=told[where]: to.update({e.job.key: outcome}),
                skip={plan.jobs[0].job.key},
            )
    assert told["there"] == told["here"]
    assert told["here"].keys() == {e.job.key for e in plan.jobs[1:]}
    assert {error for _, error in told["here"].values()} == {"", "no viscosity"}


def test_all_faults_of_a_campaign_file_are_told_in_words(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        "temprature_k = 300\n"
        '[[group]]\nname = "g"\nrecipes = ["1 m NaPF6 in PCX", "1 NaPF6 in PC"]\n'
        'temperature_k = "25 degC"\nseeds = 2\ncharge_scales = ["a"]\ncation_sets = ["aqvst"]\n'
        '[[group]]\nname = "letters"\nrecipes = "1 m NaPF6 in PC"\n'
        '[[group]]\nname = "empty"\nrecipes = []\n'
        '[[group]]\nname = "none"\n'
        '[[group]]\nname = "strong"\nrecipes = ["1 m NaFSI in DME"]\ncharge_scales = [8]\n'
    )
    with pytest.raises(RecipeFileError) as raised:
        read_campaign(path)
    told = raised.value.messages
    expected = [
        "unknown key 'temprature_k'; did you mean 'temperature_k'",
        "group 'g': temperature_k must be a number in K, such as 298.15, given '25 degC'",
        "group 'g': seeds must be a list of whole numbers",
        "group 'g': charge_scales must be a list of factors",
        "unknown solvent 'PCX'",
        "amount 1 of 'NaPF6' has no unit",
        "no cation set 'aqvst'",
        "group 'letters': recipes must be a list of recipes",
        "group 'empty': recipes must be a list of recipes",
        "group 'none': recipes is missing",
        "group 'strong': a charge scale lies above 0",
    ]
    assert len(told) == len(expected)
    for words, line in zip(expected, told, strict=True):
        assert words in line
        assert str(path) in line
