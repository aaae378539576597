"""Real processes on one study: nothing is gained or lost, and a kill costs only its own batch."""

import getpass
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.search.recipe_file import read_problem
from electrolyte_ml.search.space import SearchSpace
from electrolyte_ml.search.storage import (
    SharedStudy,
    TornSafeJournal,
    cut_torn_line,
    open_storage,
)

# No machine is so busy: only what hangs takes so long.
_HANGS_AFTER_S = 1200
_POPULATION = 10
_PROBLEM_TABLE = {
    "name": "shared",
    "components": {"solvents": ["EC", "PC", "DMC", "DME"], "salts": ["NaPF6"]},
    "limits": {"salt_molality_mol_kg": [0.5, 1.5]},
    "objectives": [{"property": "conductivity_ms_cm", "temperature": "25 degC"}],
    "search": {"population": _POPULATION},
}
_WORKER = """
import json, sys, time
import numpy as np
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search import read_problem
from electrolyte_ml.search.engine import run_search
from electrolyte_ml.search.evaluation import Evaluator

storage, worker, n_trials, pause, table = sys.argv[1:]
worker, n_trials, pause = int(worker), int(n_trials), float(pause)
problem = read_problem(json.loads(table))

def scorer(formulations, temperature_k):
    time.sleep(pause)
    value = np.array([sum(f.molalities_mol_kg.values()) for f in formulations])
    return {"conductivity_ms_cm": Prediction(
        value=value, low=value, high=value, coverage=0.9,
        in_domain=np.ones(len(value), dtype=bool), reason=(None,) * len(value))}

print("ready", flush=True)
sys.stdin.readline()
result = run_search(
    problem, Evaluator(problem, scorer), n_trials=n_trials, storage=storage, worker=worker)
print(len(result.formulations), flush=True)
"""


def _start(storage, worker, n_trials, pause=0.05):
    table = json.dumps(_PROBLEM_TABLE)
    return subprocess.Popen(
        [sys.executable, "-c", _WORKER, storage, *map(str, (worker, n_trials, pause)), table],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _go(*processes):
    """Let workers begin together, once all have loaded what they need."""
    for process in processes:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()


def _trials(storage):
    study = optuna.load_study(study_name="shared", storage=open_storage(storage))
    return study.get_trials(deepcopy=False)


def _finish(process):
    out, err = process.communicate(timeout=_HANGS_AFTER_S)
    assert process.returncode == 0, err
    return int(out.split()[-1])


def _workers_share(storage, n_workers=2):
    n_trials = 20 * n_workers
    workers = [_start(storage, number, n_trials) for number in range(n_workers)]
    _go(*workers)
    scored = [_finish(process) for process in workers]
    trials = _trials(storage)
    assert [t.number for t in trials] == list(range(len(trials)))
    assert all(t.state is TrialState.COMPLETE for t in trials)
    # Whoever ends has seen all that was asked for; others add at most the batch under way.
    assert min(scored) >= n_trials
    assert len({t.user_attrs["worker"] for t in trials}) == n_workers
    # Two points of the space may be one recipe, so recipes are counted.
    problem = read_problem(_PROBLEM_TABLE)
    space = SearchSpace(problem.components, problem.limits)
    recipes = {space.decode([t.params[name] for name in space.names]).key for t in trials}
    assert n_trials <= len(recipes) <= n_trials + (n_workers - 1) * _POPULATION


def test_two_workers_gain_and_lose_nothing(tmp_path):
    _workers_share(f"{tmp_path}/study.log")


def test_a_killed_worker_costs_only_its_own_batch(tmp_path):
    storage = f"{tmp_path}/study.log"
    doomed = _start(storage, 0, 10_000, pause=0.3)
    _go(doomed)
    deadline = time.monotonic() + _HANGS_AFTER_S
    while _lines(storage) < 30:
        assert time.monotonic() < deadline, "the worker hangs"
        assert doomed.poll() is None, doomed.stderr.read()
        time.sleep(0.02)
    # While a batch is scored; a lock held by the dead is broken too, but only after ten seconds.
    time.sleep(0.1)
    os.kill(doomed.pid, signal.SIGKILL)
    doomed.wait()
    before = _trials(storage)
    assert before
    assert all(t.state is TrialState.COMPLETE for t in before)
    wanted = len(before) + 20
    heir = _start(storage, 1, wanted)
    _go(heir)
    assert _finish(heir) >= wanted
    after = _trials(storage)
    assert [t.params for t in after[: len(before)]] == [t.params for t in before]


def _lines(path):
    return Path(path).read_bytes().count(b"\n") if Path(path).exists() else 0


def test_a_torn_line_is_cut_before_the_next_is_written(tmp_path):
    path = tmp_path / "study.log"
    backend = TornSafeJournal(str(path))
    backend.append_logs([{"op_code": 1}])
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code": 2, "par')
    TornSafeJournal(str(path)).append_logs([{"op_code": 3}])
    assert path.read_bytes() == whole + b'{"op_code":3}\n'
    assert cut_torn_line(path) == 0


def test_a_folder_that_is_not_there_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be opened"):
        open_storage(f"{tmp_path}/missing/study.log")


@pytest.fixture
def postgres(tmp_path_factory):
    """URL of an empty PostgreSQL database of a server of its own."""
    pytest.importorskip("psycopg", reason="needs pip install 'electrolyte_ml[postgres]'")
    found = [shutil.which(name) for name in ("initdb", "postgres", "createdb")]
    if None in found:
        pytest.skip("initdb, postgres and createdb are not on the PATH")
    initdb, server, createdb = found
    user = _unprivileged_user()
    folder = Path("/tmp") if user else tmp_path_factory.mktemp("postgres")
    folder = Path(
        subprocess.check_output(["mktemp", "-d", f"{folder}/pgXXXXXX"], text=True).strip()
    )
    if user:
        shutil.chown(folder, user)
    name = user or getpass.getuser()
    as_user = {"user": user} if user else {}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        [initdb, "-D", folder / "data", "-A", "trust", "-N"], check=True, **quiet, **as_user
    )
    process = subprocess.Popen(
        [server, "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-F"],
        **quiet,
        **as_user,
    )
    try:
        for _ in range(3000):
            made = subprocess.run(
                [createdb, "-h", folder, "-U", name, "studies"], check=False, **quiet
            )
            if made.returncode == 0:
                break
            time.sleep(0.1)
        else:
            pytest.fail("the PostgreSQL server did not start")
        yield f"postgresql://{name}@/studies?host={folder}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=_HANGS_AFTER_S)
        shutil.rmtree(folder)


def _unprivileged_user():
    """PostgreSQL refuses to run as root; some user that may run it, or None if not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)


@pytest.fixture
def proxy(postgres):
    """Address of Optuna's gRPC proxy in front of the database."""
    pytest.importorskip("grpc", reason="needs pip install 'electrolyte_ml[cluster]'")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    code = (
        "import sys; from optuna.storages import run_grpc_proxy_server as serve\n"
        "from electrolyte_ml.search.storage import open_storage\n"
        "serve(open_storage(sys.argv[1]), host='localhost', port=int(sys.argv[2]))"
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([sys.executable, "-c", code, postgres, str(port)], **quiet)
    try:
        _wait_for(port, server)
        yield f"grpc://localhost:{port}"
    finally:
        server.kill()
        server.wait()


def _wait_for(port, server):
    """Wait until a server takes connections."""
    deadline = time.monotonic() + _HANGS_AFTER_S
    while True:
        assert server.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server hangs"
        with socket.socket() as client:
            if client.connect_ex(("localhost", port)) == 0:
                return
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("where", ["postgres", "proxy"])
def test_eight_workers_share_a_server_and_lose_nothing(where, request):
    _workers_share(request.getfixturevalue(where), n_workers=8)


@pytest.mark.parametrize("address", ["grpc://localhost", "grpc://:13000", "grpc://host:port"])
def test_an_address_of_a_proxy_has_a_host_and_a_port(address):
    pytest.importorskip("grpc", reason="needs pip install 'electrolyte_ml[cluster]'")
    with pytest.raises(InputError, match=r"grpc://host:13000"):
        open_storage(address)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:s3cret@localhost:1/x",
        "postgres://me:s3cret@localhost:1/x",
        "mysql://me:s3cret@localhost/x",
        "postgresql://me:p@s3cret@localhost:1/x",
        "postgresql://me@localhost:1/x?password=s3cret",
        "postgresql://me:it's a s3cret/#?@localhost:1/x",
        "postgresql://me:%73s3cret@localhost:1/x",
        "nosuch+driver://me:s3cret@host/x",
        "postgresql://me:s3cret@localhost:port/x",
        "sqlite:///no/such/folder/x.db?password=s3cret",
        "me:s3cret@localhost/no/such/x",
    ],
)
def test_no_error_shows_the_password_of_an_address(address):
    problem = read_problem(
        {
            "name": "p",
            "components": {"solvents": ["EC", "PC"], "salts": ["NaPF6"]},
            "limits": {"salt_molality_mol_kg": [0.5, 1.5]},
            "objectives": [{"property": "conductivity_ms_cm", "temperature": "25 degC"}],
        }
    )
    with pytest.raises(ElectrolyteError, match="storage") as error:
        SharedStudy(problem, address)
    assert "***" in str(error.value)
    assert "s3cret" not in "".join(traceback.format_exception(error.value))
