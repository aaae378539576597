"""Screenings: the same recipes however they are cut and run, nothing lost, and the true best."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import electrolyte_ml as eml
from electrolyte_ml.errors import InfeasibleError, InputError
from electrolyte_ml.executors import Shard, open_executor
from electrolyte_ml.models.scoring import Answers, score_formulations
from electrolyte_ml.search.check_recipe import violations
from electrolyte_ml.search.leaders import find_leaders
from electrolyte_ml.search.objectives import Constraint
from electrolyte_ml.search.sampling import SampledSpace, Sampling, grid_of
from electrolyte_ml.search.screen_table import formulations_of_table
from electrolyte_ml.search.screening import Screening, part_of, parts_in, run_screening
from electrolyte_ml.search.shortlist import chemistry

NAME = "sodium_metal_glyme"


@pytest.fixture(scope="module")
def problem():
    return eml.load_problem(NAME)


@pytest.fixture(scope="module")
def screening(problem):
    return Screening(problem=problem, n=240, chunk=60)


@pytest.fixture(scope="module")
def parts(screening, tmp_path_factory):
    """Folder of the finished screening."""
    folder = tmp_path_factory.mktemp("parts")
    assert run_screening(screening, folder) == []
    return folder


def held(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def whole(folder, screening):
    return pa.concat_tables([pq.read_table(p) for p in parts_in(folder, screening)])


@pytest.mark.parametrize("sampling", list(Sampling))
def test_recipes_do_not_depend_on_how_they_are_cut(problem, sampling):
    space = SampledSpace(problem.components, problem.limits, sampling, n=200, seed=3)
    numbers, recipes = space.recipes(0, 200)
    found = {}
    for start in range(0, 200, 50):
        found |= zip(*space.recipes(start, start + 50), strict=True)
    assert {number: found[number].key for number in numbers} == {
        number: recipe.key for number, recipe in zip(numbers, recipes, strict=True)
    }
    assert not any(violations(f, problem.components, problem.limits) for f in recipes)


def test_the_grid_holds_every_legal_recipe_once(problem):
    fewer = replace(problem.limits, fraction_step=0.25, smallest_fraction=0.25, molality_step=0.5)
    grid = grid_of(problem.components, fewer)
    space = SampledSpace(problem.components, fewer, Sampling.GRID, n=10**9, seed=0)
    _, recipes = space.recipes(0, space.n_points)
    assert space.n_points == grid.n_recipes
    keys = {recipe.key for recipe in recipes}
    assert len(keys) == len(recipes)
    sampled = SampledSpace(problem.components, fewer, Sampling.SOBOL, n=4000, seed=0)
    assert {recipe.key for recipe in sampled.recipes(0, 4000)[1]} <= keys


def test_a_grid_of_too_many_sets_is_refused():
    problem = eml.load_problem("sodium_wide_open")
    with pytest.raises(InputError, match="sets of components, too many"):
        grid_of(problem.components, problem.limits)


def test_numbers_are_those_of_scores(problem, screening, parts):
    table = whole(parts, screening).slice(0, 20)
    recipes = formulations_of_table(problem.components, table)
    assert [recipe.key for recipe in recipes] == table["key"].to_pylist()
    for kelvin, words in ((298.15, "25 degC"), (253.15, "-20 degC")):
        scores = score_formulations(recipes, np.full(20, kelvin), cell=problem.cell)
        for name in ("conductivity_ms_cm", "viscosity_mpa_s"):
            column = table[f"{name} at {words}.low"].to_numpy()
            np.testing.assert_allclose(column, scores.predictions[name].low, rtol=1e-5)
        for said, warnings in zip(table["warnings"].to_pylist(), scores.warnings, strict=True):
            assert {w.rule for w in warnings} <= set(said.split("; "))


@pytest.mark.parametrize(
    "where", ["threads", "processes", pytest.param("dask", marks=pytest.mark.slow)]
)
def test_parts_are_the_same_wherever_they_are_made(screening, parts, tmp_path, where):
    if where == "dask":
        pytest.importorskip("distributed", reason="Dask is not installed")
    done = []
    if where == "threads":
        with ThreadPoolExecutor(2) as executor:
            run_screening(
                screening, tmp_path, executor=executor, progress=lambda *n: done.append(n)
            )
    else:
        with open_executor(2, "local" if where == "dask" else None) as executor:
            run_screening(
                screening, tmp_path, executor=executor, progress=lambda *n: done.append(n)
            )
    assert held(tmp_path) == held(parts)
    assert done == [(n, 4) for n in range(5)]


def test_parts_that_are_there_are_not_made_again(screening, parts, tmp_path, monkeypatch):
    for name, content in held(parts).items():
        (tmp_path / name).write_bytes(content)
    part_of(tmp_path, 2).unlink()
    made = []
    score = Screening.score
    monkeypatch.setattr(Screening, "score", lambda s, i: made.append(i) or score(s, i))
    run_screening(screening, tmp_path)
    assert made == [2]
    assert held(tmp_path) == held(parts)


def test_shards_make_each_part_once(screening, parts, tmp_path):
    for number in (1, 2, 3):
        run_screening(screening, tmp_path, shard=Shard(number=number, of=3))
        assert len(parts_in(tmp_path, screening)) == (2, 3, 4)[number - 1]
    assert held(tmp_path) == held(parts)


def test_a_folder_holds_one_screening(screening, parts):
    with pytest.raises(InputError, match="another screening: its seed differ"):
        run_screening(replace(screening, seed=1), parts)


def test_a_recipe_at_which_a_model_fails_is_recorded(problem, tmp_path, monkeypatch):
    def predict(self, known):
        if any("DOL" in f.mass_fractions for f in self.formulations):
            raise ZeroDivisionError("of a model")
        return plain(self, known)

    plain = Answers.predict
    monkeypatch.setattr(Answers, "predict", predict)
    screening = Screening(problem=problem, n=40, chunk=40)
    assert run_screening(screening, tmp_path) == []
    table = whole(tmp_path, screening)
    with_dol = table["mass_fraction.DOL"].to_numpy() > 0
    assert 0 < with_dol.sum() < len(with_dol)
    failed = [why is not None for why in table["failure"].to_pylist()]
    assert failed == with_dol.tolist()
    assert "ZeroDivisionError: of a model" in table["failure"].to_pylist()
    assert find_leaders(problem, parts_in(tmp_path, screening)).n_failed == with_dol.sum()


def test_a_chunk_that_cannot_be_scored_is_told_and_tried_again(screening, tmp_path, monkeypatch):
    score = Screening.score

    def fails(self, number):
        if number == 1:
            raise MemoryError("too little")
        return score(self, number)

    monkeypatch.setattr(Screening, "score", fails)
    assert run_screening(screening, tmp_path) == ["chunk 1: MemoryError: too little"]
    assert len(parts_in(tmp_path, screening)) == 3
    monkeypatch.setattr(Screening, "score", score)
    assert run_screening(screening, tmp_path) == []


def test_leaders_are_the_best_of_all_parts(problem, screening, parts):
    found = find_leaders(problem, parts_in(parts, screening), n=5, top=7)
    table = whole(parts, screening)
    table = table.filter(table["feasible"])
    columns = [f"objective.{o.label}" for o in problem.objectives]
    first = np.unique(table["key"].to_pylist(), return_index=True)[1]
    gains = np.column_stack([table[name].to_numpy() for name in columns])[first]
    for column, rows in zip(gains.T, found.top, strict=True):
        best = np.sort(column)[::-1][:7]
        place = found.top.index(rows)
        assert found.objectives[list(rows), place].tolist() == best.tolist()
    beaten = [(np.all(gains >= g, axis=1) & np.any(gains > g, axis=1)).any() for g in gains]
    front = found.objectives[list(found.trade_offs)]
    assert sorted(map(tuple, front)) == sorted(map(tuple, gains[~np.array(beaten)]))
    kinds = [chemistry(found.formulations[row]) for row in found.different]
    assert len(set(kinds)) == len(kinds) == 5
    assert found.n_feasible == table.num_rows


def test_limits_of_the_cell_of_a_problem_are_screened(problem, tmp_path):
    limit = Constraint(property_name="ohmic_drop_mv", limit=1e6, is_minimum=False)
    cell = replace(problem.cell, geometry="hc_nvpf")
    screening = Screening(problem=replace(problem, constraints=(limit,), cell=cell), n=10)
    run_screening(screening, tmp_path)
    columns = whole(tmp_path, screening).column_names
    assert any(name.startswith("ohmic_drop_mv") for name in columns)


def test_nothing_feasible_says_which_limit_fails(problem, tmp_path):
    limit = Constraint(property_name="flash_point_k", limit=900.0, is_minimum=True)
    hard = Screening(problem=replace(problem, constraints=(limit,)), n=30)
    run_screening(hard, tmp_path)
    with pytest.raises(InfeasibleError, match=r"flash_point_k >= 900: fails in \d+%"):
        find_leaders(hard.problem, parts_in(tmp_path, hard))


def test_the_notebook_function_gives_the_leaders(parts):
    found = eml.screen(NAME, 240, parts, chunk=60)
    frame = found.to_frame()
    assert set(frame["list"]) >= {"trade-offs", "different", "best flash_point_k"}
    assert frame["key"].map(len).eq(17).all()


@pytest.mark.slow
def test_a_screening_that_is_killed_goes_on(screening, parts, tmp_path):
    """Killed with its workers at any moment, twice; what is there is kept, and nothing is lost."""
    command = [sys.executable, "-m", "electrolyte_ml", "screen", NAME, "--out", str(tmp_path)]
    command += ["--n", "240", "--chunk", "60", "--workers", "2", "--json"]
    for wanted in (1, 2):
        running = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        while running.poll() is None and len(parts_in(tmp_path, screening)) < wanted:
            time.sleep(0.01)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    whole_run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(whole_run.stdout)["n_recipes"] == whole(parts, screening).num_rows
    own = held(tmp_path)
    assert {name: own[name] for name in held(parts)} == held(parts)


@pytest.mark.slow
def test_workers_killed_at_random_lose_nothing(screening, parts, tmp_path):
    draw = np.random.default_rng(0)
    with open_executor(2) as pool, ThreadPoolExecutor(1) as aside:
        run = aside.submit(run_screening, screening, tmp_path, executor=pool)
        n_killed = 0
        while not run.done():
            time.sleep(draw.uniform(0.5, 4.0))
            if pool.pids and n_killed < 10:
                # One that was killed before is in the list until its successor starts.
                with suppress(ProcessLookupError):
                    os.kill(draw.choice(pool.pids), signal.SIGKILL)
                    n_killed += 1
        assert run.result() == []
    assert n_killed
    assert held(tmp_path) == held(parts)


@pytest.mark.slow
def test_workers_of_a_dask_cluster_may_be_killed(screening, parts, tmp_path):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL"
        ) as cluster,
        distributed.Client(cluster) as client,
        open_executor(dask=cluster.scheduler_address) as executor,
        ThreadPoolExecutor(1) as aside,
    ):
        run = aside.submit(run_screening, screening, tmp_path, executor=executor)
        for _ in range(2):
            time.sleep(1.0)
            os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        assert run.result() == []
    assert held(tmp_path) == held(parts)
