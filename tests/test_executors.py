"""Executors: order, errors, workers that die, shards, and a cluster of Dask."""

import math
import os
import signal
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import chain
from types import SimpleNamespace

import pytest

from electrolyte_ml import properties, worker_pool
from electrolyte_ml.errors import InputError, MissingDependencyError, WorkerDiedError
from electrolyte_ml.executors import Shard, as_finished, in_order, open_executor
from electrolyte_ml.worker_pool import WorkerPool

NUMBERS = list(range(12))


@pytest.fixture(scope="module")
def pool():
    with open_executor(workers=2) as executor:
        yield executor


def test_one_worker_is_this_process():
    with open_executor() as executor:
        assert executor is None
    assert list(in_order(os.getpgid, [0], None)) == [os.getpgid(0)]


def test_results_keep_the_order_of_the_items(pool):
    assert list(in_order(math.factorial, NUMBERS, pool)) == [math.factorial(n) for n in NUMBERS]


def test_every_item_finishes_whatever_others_do(pool):
    for executor in (None, pool, ThreadPoolExecutor(2)):
        found = dict(as_finished(math.sqrt, [4.0, -1.0, 9.0], executor))
        assert (found[4.0].result(), found[9.0].result()) == (2.0, 3.0)
        with pytest.raises(ValueError, match=r"math domain error|nonnegative"):
            found[-1.0].result()


def test_few_items_are_taken_ahead(pool):
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    results = in_order(math.factorial, items(), pool)
    next(results)
    assert len(taken) <= 2 * pool.n_workers + 1
    results.close()


@pytest.fixture
def added(monkeypatch):
    """Adds a property with a function, for the time of a test."""
    monkeypatch.setattr(properties._ADDITIONS, "registered", {})

    def add(predict):
        return properties.register_property(
            properties.Property(name="salt_x", label="salt", at_temperature=False, predict=predict)
        )

    return add


def test_workers_know_the_properties_of_this_process(pool, added):
    known = added(len)
    assert list(in_order(properties.registered_property, ["salt_x"], pool)) == [known]
    ((_, future),) = as_finished(properties.registered_property, ["salt_x"], pool)
    assert future.result() == known


def test_a_property_of_a_script_is_refused_before_work_begins(pool, added):
    def of_a_script(formulations):
        return [0.0 for _ in formulations]

    of_a_script.__module__ = "__main__"
    added(of_a_script)
    assert list(in_order(abs, [-1], None)) == [1]
    with pytest.raises(InputError, match="'salt_x' is defined in this script or notebook"):
        list(in_order(abs, [-1], pool))


class _AtOnce(Executor):
    """Does each task when it is handed out, and counts them."""

    n_handed_out = 0

    def submit(self, fn, /, *args, **kwargs):
        self.n_handed_out += 1
        done = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("n_workers", 100),
        ("_max_workers", 100),
        ("num_workers", 100),
        ("_client", SimpleNamespace(nthreads=lambda: {"tcp://a": 60, "tcp://b": 40})),
    ],
)
def test_a_hundred_workers_are_all_given_work(name, held):
    executor = _AtOnce()
    setattr(executor, name, held)
    next(in_order(abs, range(1000), executor))
    assert executor.n_handed_out == 200


def test_what_cannot_be_pickled_is_an_error_of_its_task(pool):
    with pytest.raises(Exception, match="pickle"):
        pool.submit(lambda: 1).result()
    assert pool.submit(math.sqrt, 4.0).result() == 2.0


def test_workers_are_other_processes_that_are_kept(pool):
    pids = {pool.submit(os.getpid).result() for _ in range(6)}
    assert len(pids) <= 2
    assert os.getpid() not in pids


def test_a_killed_worker_costs_nothing_but_time():
    with WorkerPool(2) as pool:
        futures = [pool.submit(time.sleep, 0.3) for _ in range(8)]
        for _ in range(5):
            while not pool.pids:
                time.sleep(0.01)
            os.kill(pool.pids[-1], signal.SIGKILL)
            time.sleep(0.2)
        assert [future.result(timeout=60) for future in futures] == [None] * 8


def test_a_worker_that_is_killed_again_and_again_is_given_up(monkeypatch):
    monkeypatch.setattr(worker_pool, "_MOST_KILLS", 2)
    with WorkerPool(1) as pool:
        running = pool.submit(time.sleep, 3000)
        while not running.done():
            for pid in pool.pids:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        with pytest.raises(WorkerDiedError, match="2 times it was killed"):
            running.result()


def test_a_task_that_always_kills_its_worker_is_given_up(monkeypatch):
    monkeypatch.setattr(worker_pool, "_MOST_CRASHES", 2)
    with WorkerPool(1) as pool:
        fatal = pool.submit(os._exit, 1)
        after = pool.submit(math.sqrt, 16.0)
        with pytest.raises(WorkerDiedError, match="2 times in a row"):
            fatal.result(timeout=60)
        assert after.result(timeout=60) == 4.0


def test_leaving_with_an_error_does_not_wait_for_what_runs():
    running = []

    def interrupted():
        with open_executor(workers=2) as executor:
            running.append(executor.submit(time.sleep, 3000))
            while not running[0].running():
                time.sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert isinstance(running[0].exception(), WorkerDiedError)


def test_shards_hold_each_piece_once():
    shards = [Shard.read(f"{number}/3") for number in (1, 2, 3)]
    held = [[index for index in range(10) if shard.holds(index)] for shard in shards]
    assert sorted(chain(*held)) == list(range(10))
    assert Shard.read(None) == Shard(number=1, of=1)


@pytest.mark.parametrize("text", ["0/3", "4/3", "1/0", "3", "a/b", "-1/2"])
def test_a_shard_is_part_of_a_whole(text):
    with pytest.raises(InputError, match="a shard is"):
        Shard.read(text)


def test_a_cluster_of_this_machine_does_the_same():
    pytest.importorskip("distributed", reason="Dask is not installed")
    with open_executor(workers=1, dask="local") as executor:
        assert executor.n_workers == 1
        assert list(in_order(math.factorial, NUMBERS, executor)) == [
            math.factorial(n) for n in NUMBERS
        ]
        found = dict(as_finished(math.sqrt, [4.0, -1.0], executor))
        assert found[4.0].result() == 2.0
        with pytest.raises(ValueError, match=r"math domain error|nonnegative"):
            found[-1.0].result()


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_named():
    pytest.importorskip("distributed", reason="Dask is not installed")
    with (
        pytest.raises(InputError, match=r"tcp://127\.0\.0\.1:1"),
        open_executor(dask="tcp://127.0.0.1:1"),
    ):
        pass


def test_dask_that_is_missing_is_asked_for(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(MissingDependencyError, match="cluster"), open_executor(dask="local"):
        pass
