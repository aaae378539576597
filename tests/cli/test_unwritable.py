"""Folders and files that cannot be written: one line and exit code 2."""

import pytest

RECIPE = "1 M NaPF6 in AN"


@pytest.fixture
def below_a_file(tmp_path):
    """A path that nothing can make, not even the superuser."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "folder"


@pytest.fixture
def taken(tmp_path):
    """Make a folder where a file is to be written."""

    def make(name):
        (tmp_path / name / "held").mkdir(parents=True)
        return tmp_path / name

    return make


def refused(outcome, path):
    (line,) = outcome.err.splitlines()
    return outcome.code == 2 and line.startswith(f"error: {path} cannot be written: ")


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_scores(run, taken, suffix):
    out = taken(f"scores.{suffix}")
    assert refused(run("score", RECIPE, "--out", out), out)
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize("option", ["--out", "--plot"])
def test_a_map(run, taken, option):
    out = taken("map.csv" if option == "--out" else "map.svg")
    assert refused(run("map", option, out), out)


def test_a_campaign(run, below_a_file):
    arguments = ("campaign", "new", below_a_file, "--recipe", "sodium_low_temperature")
    assert refused(run(*arguments), below_a_file)


def test_proposals_are_printed_nevertheless(run, below_a_file):
    arguments = ("propose", "sodium_room_temperature", "--n", 1, "--trials", 60, "--json")
    outcome = run(*arguments, "--out", below_a_file)
    assert outcome.code == 2
    assert outcome.err == f"error: {below_a_file} cannot be written: Not a directory\n"
    assert '"proposals"' in outcome.out


def test_the_state_of_simulations(run, below_a_file):
    arguments = ("simulate", RECIPE, "--preset", "smoke", "--state", below_a_file)
    outcome = run(*arguments)
    assert outcome.code == 2
    assert f"error: {below_a_file}" in outcome.err
    assert "cannot be written: Not a directory" in outcome.err


def test_species(run, below_a_file, tmp_path, monkeypatch):
    monkeypatch.setattr("electrolyte_ml.species.user.user_folder", lambda: below_a_file)
    file = tmp_path / "own.csv"
    file.write_text("name,smiles\nnonsense ether,CCOCCOCCCCCCCCCCC\n")
    assert refused(run("species", "add", file), below_a_file)
