import dataclasses
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.benchmarks.job import JobResult
from electrolyte_ml.benchmarks.runner import RunInterrupted, run_jobs
from electrolyte_ml.benchmarks.selection import Selection, run_selected
from electrolyte_ml.benchmarks.store import JobStore, default_folder, job_key
from electrolyte_ml.executors import Shard


@pytest.fixture
def store(tmp_path) -> JobStore:
    return JobStore(folder=tmp_path / "jobs")


def test_finished_jobs_are_not_run_again(make_job, store):
    job, runs = make_job()
    first = run_jobs("x", [job], seed=0, store=store)
    again = run_jobs("x", [job], seed=0, store=store)
    assert len(runs) == 1
    assert again.to_dict() == first.to_dict()
    ((_, result),) = again.finished
    assert result.measured.tolist() == [1.0, 2.0]
    run_jobs("x", [job], seed=0, store=store, fresh=True)
    assert len(runs) == 2


def test_parts_of_the_rows_are_kept_and_told(make_job, store):
    parts = {"all; anion FSI": {"n": 1, "mae_log10": 0.5}}
    job, _ = make_job()
    result = JobResult(metrics={"n": 2, "mae": 0.25}, subsets=parts)
    told = run_jobs("x", [dataclasses.replace(job, run=lambda _: result)], seed=0, store=store)
    assert told.to_dict()["tasks"][0]["subsets"] == parts
    assert run_jobs("x", [job], seed=0, store=store).to_dict() == told.to_dict()
    whole, _ = make_job("whole")
    assert "subsets" not in run_jobs("x", [whole], seed=0, store=store).to_dict()["tasks"][0]


def test_jobs_are_spread_over_an_executor_and_timings_are_not(make_job, store):
    jobs, runs = zip(*(make_job(name) for name in ("a", "b")), strict=True)
    timing, timed = make_job("c", kept=False)
    elsewhere = []

    def run_elsewhere(number):
        elsewhere.append(number)
        return jobs[number].run(None)

    with ThreadPoolExecutor(2) as executor:
        spread = run_jobs(
            "x",
            [*jobs, timing],
            seed=0,
            store=store,
            executor=executor,
            run_elsewhere=run_elsewhere,
        )
    assert sorted(elsewhere) == [0, 1]
    assert [len(run) for run in (*runs, timed)] == [1, 1, 1]
    assert spread.to_dict() == run_jobs("x", [*jobs, timing], seed=0, store=store).to_dict()


def test_a_job_that_fails_elsewhere_does_not_stop_the_others(make_job, store):
    jobs = [make_job(name)[0] for name in ("a", "b", "c")]

    def run_elsewhere(number):
        if number == 0:
            raise ValueError("of a job")
        return jobs[number].run(None)

    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match="of a job"):
        run_jobs("x", jobs, seed=0, store=store, executor=executor, run_elsewhere=run_elsewhere)
    assert [store.get(job) is None for job in jobs] == [True, False, False]


def test_a_selection_lists_the_jobs_of_its_shard():
    whole = Selection(suite="speed", quick=True, splits=("batch",))
    shares = [replace(whole, shard=Shard(number=n, of=2)).jobs() for n in (1, 2)]
    names = [job.name for job in whole.jobs()]
    assert [[job.name for job in share] for share in shares] == [names[::2], names[1::2]]
    assert run_selected(whole, 0).metrics["n"] > 0


def test_timings_are_never_kept(make_job, store):
    job, runs = make_job(kept=False)
    for _ in range(2):
        run_jobs("x", [job], seed=0, store=store)
    assert len(runs) == 2
    assert not store.folder.exists()


def test_skipped_jobs_are_shown_and_not_run(make_job, store):
    job, runs = make_job(skipped="needs a library")
    result = run_jobs("x", [job], seed=0, store=store).to_dict()
    assert not runs
    assert result["tasks"] == []
    assert result["skipped"] == [
        {"task": "t", "split": "s", "model": "m", "reason": "needs a library"}
    ]


def test_an_interrupted_run_continues_where_it_stopped(make_job, store):
    jobs, counts = zip(*(make_job(f"m{i}") for i in range(3)), strict=True)

    def stop(progress):
        raise KeyboardInterrupt

    stopped = (*jobs[:2], dataclasses.replace(jobs[2], run=stop))
    with pytest.raises(RunInterrupted, match="2 of 3 jobs are done"):
        run_jobs("x", stopped, seed=0, store=store)
    result = run_jobs("x", jobs, seed=0, store=store)
    assert [len(c) for c in counts] == [1, 1, 1]
    assert len(result.finished) == 3


def test_ctrl_c_that_a_library_makes_its_own_error_is_still_ctrl_c(make_job, store):
    def stop(progress):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise RuntimeError("callback failed") from None

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RunInterrupted, match="0 of 1 jobs are done"):
        run_jobs("x", [make_job(run=stop)[0]], seed=0, store=store)
    assert signal.getsignal(signal.SIGINT) is before


def test_errors_of_jobs_are_not_hidden(make_job, store):
    def fail(progress):
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        run_jobs("x", [make_job(run=fail)[0]], seed=0, store=store)


def test_a_torn_file_is_run_again(make_job, store):
    job, runs = make_job()
    run_jobs("x", [job], seed=0, store=store)
    (path,) = store.folder.iterdir()
    path.write_bytes(path.read_bytes()[:50])
    run_jobs("x", [job], seed=0, store=store)
    assert len(runs) == 2
    assert [p.suffix for p in store.folder.iterdir()] == [".npz"]


@pytest.mark.parametrize(
    "change",
    [
        {"task": "u"},
        {"split": "u"},
        {"model": "u"},
        {"seed": 1},
        {"split_sha256": "u"},
        {"data": {"file": "u"}},
        {"version": "u"},
        {"depends_on": ("electrolyte_ml.units",)},
    ],
)
def test_whatever_decides_the_numbers_is_in_the_key(make_job, change):
    job, _ = make_job()
    assert job_key(job) == job_key(dataclasses.replace(job))
    assert job_key(job) != job_key(dataclasses.replace(job, **change))


def test_progress_counts_jobs_and_names_steps(make_job, store):
    told = []
    jobs = [make_job(f"m{i}")[0] for i in range(2)]
    run_jobs("x", jobs, seed=0, store=store, progress=lambda *step: told.append(step))
    assert told[0] == ("s: m0", 0, 2)
    assert ("s: m1, 1 of 2", 1, 2) in told
    assert told[-1][1:] == (2, 2)


def test_jobs_are_kept_in_the_state_of_the_user(state_folder):
    assert default_folder().is_relative_to(state_folder)


def test_numbers_come_back_exactly(make_job, store):
    job, _ = make_job()
    value = np.random.default_rng(0).lognormal(size=100)
    result = JobResult(
        metrics={"n": 100, "mae": 1 / 3},
        measured=value,
        predicted=value,
        trace=value[:6].reshape(2, 3),
    )
    store.put(job, result)
    back = store.get(job)
    assert back is not None
    assert back.metrics == {"n": 100, "mae": 1 / 3}
    np.testing.assert_array_equal(back.predicted, value)
    np.testing.assert_array_equal(back.trace, result.trace)
