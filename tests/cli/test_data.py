import json


def test_check_shows_what_happened_to_rows(run):
    outcome = run("data", "check", "sodium_table", "--json")
    assert outcome.code == 0
    report = json.loads(outcome.out)
    dropped = sum(n["n_rows"] for n in report["notes"] if n["action"] == "dropped")
    assert report["n_read"] == report["n_kept"] + dropped
    assert "rows read" in run("data", "check", "sodium_table").out


def test_unknown_and_missing_data_sets_are_refused(run, monkeypatch, tmp_path):
    outcome = run("data", "check", "calisol")
    assert outcome.code == 2
    assert "there are calisol23" in outcome.err
    monkeypatch.setenv("ELECTROLYTE_ML_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    outcome = run("data", "check", "calisol23")
    assert outcome.code == 2
    assert "set ELECTROLYTE_ML_DATA" in outcome.err
