import json
import signal
import subprocess
import sys
import time
import tomllib

# No machine is so busy: only what hangs takes so long.
_HANGS_AFTER_S = 1200
_MINE = """
name = "mine"
[components]
solvents = ["EC", "DMCC"]
salts = ["NaPF6"]
[limits]
salt_molality_mol_kg = [1.5, 0.5]
[[objectives]]
property = "{name}"
temperature = "25 degC"
"""


def test_bundled_problems_are_listed_shown_and_in_order(run):
    rows = json.loads(run("recipes", "list", "--json").out)
    assert len(rows) >= 8
    assert all(row["description"] and row["objectives"] for row in rows)
    shown = run("recipes", "show", "lithium_reference").out
    assert tomllib.loads(shown)["name"] == "lithium reference"
    as_json = json.loads(run("recipes", "show", "lithium_reference", "--json").out)
    assert as_json["limits"]["min_fraction"] == {"EC": 0.2}
    outcome = run("recipes", "check", *(row["name"] for row in rows))
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("in order") == len(rows)


def test_the_schema_knows_and_explains_every_key_of_the_bundled_problems(run):
    schema = json.loads(run("recipes", "schema").out)
    assert schema["required"] == ["name", "components", "limits", "objectives"]
    for row in json.loads(run("recipes", "list", "--json").out):
        problem = tomllib.loads(run("recipes", "show", row["name"]).out)
        assert problem.keys() <= schema["properties"].keys()
        for key, part in problem.items():
            parts = part if isinstance(part, list) else [part]
            for one in parts:
                name = {"objectives": "ObjectiveTable", "constraints": "ConstraintTable"}.get(
                    key, f"{key.capitalize()}Table"
                )
                if isinstance(one, dict):
                    known = schema["$defs"][name]
                    assert one.keys() <= known["properties"].keys()
                    assert known["additionalProperties"] is False
                    assert all(known["properties"][k]["description"] for k in one)


def test_all_faults_of_all_files_come_at_once(run, tmp_path):
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text(_MINE.format(name="conductivity_ms_cm"), encoding="utf-8")
    second.write_text("name = ", encoding="utf-8")
    outcome = run("recipes", "check", first, second, tmp_path / "missing.toml")
    assert outcome.code == 2
    lines = outcome.err.splitlines()
    assert len(lines) == 4
    for words in ("DMCC", "lowest 1.5 is above highest 0.5", "is no TOML", "no such file"):
        assert any(words in line for line in lines)
    reported = json.loads(run("recipes", "check", second, "--json").out)
    assert reported[0]["problem"] is None
    assert len(reported[0]["errors"]) == 1


def test_a_property_that_nothing_predicts_is_reported_before_a_search(run, tmp_path):
    path = tmp_path / "mine.toml"
    text = (
        _MINE.format(name="working_voltage_v")
        .replace('temperature = "25 degC"\n', "")
        .replace("DMCC", "DMC")
        .replace("[1.5, 0.5]", "[0.5, 1.5]")
    )
    path.write_text(text, encoding="utf-8")
    outcome = run("recipes", "check", path)
    assert outcome.code == 2
    assert "nothing predicts 'working_voltage_v'" in outcome.err


def test_propose_takes_a_bundled_problem_and_resumes_from_a_file(run, tmp_path):
    storage = tmp_path / "study.log"
    arguments = ("propose", "lithium_reference", "--n", 2, "--json", "--storage", storage)
    first = run(*arguments, "--trials", 60)
    assert first.code == 0, first.err
    again = run(*arguments, "--trials", 60)
    assert json.loads(again.out)["proposals"] == json.loads(first.out)["proposals"]
    more = json.loads(run(*arguments, "--trials", 100, "--worker", 1).out)
    assert more["study"]["n_trials"] >= 100


def test_an_interrupted_search_is_kept_and_goes_on(tmp_path):
    storage = tmp_path / "study.log"
    # A shell that runs the tests in its background has them ignore Ctrl-C, and children too.
    listens = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{listens}; from electrolyte_ml.cli import main; main()"]
    command += ["propose", "lithium_reference"]
    command += ["--storage", storage, "--trials", "100000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + _HANGS_AFTER_S
    while not storage.exists() or storage.read_bytes().count(b"\n") < 60:
        assert time.monotonic() < deadline, "the search hangs"
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=_HANGS_AFTER_S)
    assert process.returncode == 130, err
    assert f"the same command goes on from what {storage} holds" in err
