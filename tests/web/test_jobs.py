import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from electrolyte_ml.errors import InputError, InputErrors
from electrolyte_ml.web import jobs
from electrolyte_ml.web.jobs import (
    DONE,
    FAILED,
    INTERRUPTED,
    RUNNING,
    STOPPED,
    WAITING,
    JobPool,
)


def count(control):
    """Count, and go on where it was stopped."""
    kept = control.folder / "n.txt"
    first = int(kept.read_text()) if kept.exists() else 0
    for n in range(first, control.arguments["up_to"] + 1):
        kept.write_text(str(n))
        control.report(n, control.arguments["up_to"], f"at {n}")
        time.sleep(0.001)


def refuse(control):
    raise InputErrors(["one thing is wrong", "and another"])


def crash(control):
    raise ZeroDivisionError("no fault of the user")


KINDS = {"count": count, "refuse": refuse, "crash": crash}


@pytest.fixture(autouse=True)
def told_often(monkeypatch):
    monkeypatch.setattr(jobs, "_LEAST_PAUSE_S", 0)


@pytest.fixture
def pool(tmp_path):
    with ThreadPoolExecutor(1) as executor:
        yield JobPool(tmp_path, KINDS, executor=executor)


def ended(pool, job):
    for _ in range(1000):
        job = pool.job(job.id)
        if not job.is_going:
            return job
        time.sleep(0.01)
    raise AssertionError(job)


def test_a_job_tells_its_progress_and_keeps_its_result(pool):
    job = ended(pool, pool.start("count", "Count", {"up_to": 5}))
    assert (job.progress.status, job.progress.words, job.percent) == (DONE, "at 5", 100)
    assert (job.folder / "n.txt").read_text() == "5"
    assert (job.kind, job.title, job.arguments) == ("count", "Count", {"up_to": 5})


def test_a_stopped_job_goes_on_where_it_was(pool):
    job = pool.start("count", "Count", {"up_to": 1_000_000})
    while pool.job(job.id).progress.done < 3:
        time.sleep(0.01)
    pool.stop(job.id)
    stopped = ended(pool, job)
    reached = int((job.folder / "n.txt").read_text())
    assert stopped.progress.status == STOPPED
    assert 3 <= reached < 1_000_000
    pool.go_on(job.id)
    while pool.job(job.id).progress.done <= reached:
        time.sleep(0.01)
    pool.stop(job.id)
    assert ended(pool, job).progress.status == STOPPED


def test_a_job_that_waits_is_stopped_at_once(pool):
    first = pool.start("count", "Count", {"up_to": 1_000_000})
    second = pool.start("count", "Count", {"up_to": 1})
    assert pool.job(second.id).progress.status == WAITING
    assert pool.stop(second.id).progress.status == STOPPED
    pool.stop(first.id)
    ended(pool, first)
    assert not (second.folder / "n.txt").exists()


def test_faults_are_told_in_the_words_of_the_command_line(pool):
    job = ended(pool, pool.start("refuse", "Refuse", {}))
    assert job.progress.status == FAILED
    assert job.progress.faults == ("one thing is wrong", "and another")


def test_a_fault_of_the_program_is_told_and_kept(pool):
    job = ended(pool, pool.start("crash", "Crash", {}))
    assert job.progress.status == FAILED
    assert job.progress.faults[0] == "the program failed: ZeroDivisionError: no fault of the user"
    assert "Traceback" in (job.folder / "error.txt").read_text()


def test_jobs_of_a_server_that_died_can_go_on(pool, tmp_path):
    job = ended(pool, pool.start("count", "Count", {"up_to": 5}))
    state = json.loads((job.folder / "state.json").read_text())
    (job.folder / "state.json").write_text(json.dumps({**state, "status": RUNNING}))
    with ThreadPoolExecutor(1) as executor:
        later = JobPool(tmp_path, KINDS, executor=executor)
        assert [j.progress.status for j in later.jobs()] == [INTERRUPTED]
        later.go_on(job.id)
        assert ended(later, job).progress.status == DONE


def test_jobs_are_listed_by_kind_and_can_be_forgotten(pool):
    job = ended(pool, pool.start("count", "Count", {"up_to": 1}))
    other = ended(pool, pool.start("refuse", "Refuse", {}))
    assert {j.id for j in pool.jobs()} == {job.id, other.id}
    assert [j.id for j in pool.jobs("count")] == [job.id]
    pool.forget(job.id)
    assert [j.id for j in pool.jobs()] == [other.id]
    with pytest.raises(InputError, match="there is no job"):
        pool.job(job.id)


@pytest.mark.parametrize("name", ["..", "../..", "20260101-000000-abcdef", "", "x/y"])
def test_names_reach_no_other_folders(pool, name):
    with pytest.raises(InputError, match="there is no job"):
        pool.job(name)


def test_an_unknown_kind_is_refused(pool):
    with pytest.raises(InputError, match="unknown kind of job 'dance'; there are count"):
        pool.start("dance", "Dance", {})


def test_changes_end_with_the_job(pool):
    async def progresses(job):
        return [j.progress async for j in pool.changes(job.id)]

    job = pool.start("count", "Count", {"up_to": 50})
    told = asyncio.run(progresses(job))
    assert (told[-1].status, told[-1].done) == (DONE, 50)
    assert all(before != after for before, after in pairwise(told))
