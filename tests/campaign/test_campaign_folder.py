"""The folder of a campaign: opened again, killed, busy, shared, changed from outside."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from electrolyte_ml.campaign import Campaign, CampaignLogError
from electrolyte_ml.campaign import log as campaign_log
from electrolyte_ml.errors import InputError

from .conftest import COLUMN, RECIPE, scorer

_RECORD = """
import os, sys
from pathlib import Path
from electrolyte_ml.campaign import log

def die(self, number, digest):
    os.kill(os.getpid(), 9)

log.CampaignLog._write_head = die
from electrolyte_ml.campaign import Campaign
Campaign(Path(sys.argv[1])).record(Path(sys.argv[2]))
"""

_AT_ONCE = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.campaign.conftest import scorer
from electrolyte_ml.campaign import Campaign
from electrolyte_ml.errors import InputError
campaign = Campaign(Path(sys.argv[2]), scorer)
print("open", flush=True)
sys.stdin.readline()
try:
    print(EXPRESSION)
except InputError as error:
    print(error)
"""


def test_a_campaign_is_opened_again_as_it_was(campaign, reopen, write_rows):
    campaign.suggest(3)
    campaign.record(write_rows([{"id": "S002", COLUMN: 6}]))
    again = reopen(campaign)
    assert again.state == campaign.state
    assert again.problem == campaign.problem


def test_a_changed_problem_is_refused(campaign, reopen):
    problem = campaign.folder / "problem.toml"
    problem.write_text(RECIPE.replace("0.5, 1.5", "0.5, 1.4"), encoding="utf-8")
    with pytest.raises(InputError, match="was changed since the campaign began"):
        reopen(campaign)


def test_folders_that_are_not_for_a_campaign(campaign, tmp_path):
    with pytest.raises(InputError, match="no campaign is here"):
        Campaign(tmp_path / "nowhere", scorer)
    with pytest.raises(InputError, match="is not empty"):
        Campaign.create(campaign.folder, tmp_path / "small.toml", scorer)


def test_a_kill_while_recording_loses_nothing(campaign, reopen, write_rows):
    path = write_rows([{"recipe": "1 m NaPF6 in DME", COLUMN: 5}])
    done = subprocess.run(
        [sys.executable, "-c", _RECORD, campaign.folder, path], check=False, env=os.environ
    )
    assert done.returncode == -signal.SIGKILL
    again = reopen(campaign)
    assert len(again.state.results) == 1
    with pytest.raises(InputError, match="recorded before"):
        again.record(path)


def _at_once(campaign, expression):
    """Output of two processes that opened the campaign before either acts."""
    code = _AT_ONCE.replace("EXPRESSION", expression)
    root = Path(__file__).parents[2]
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, root, campaign.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout.readline() == "open\n"
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate()[0] for process in both]


def test_two_who_ask_at_once_get_different_ids_and_recipes(campaign, reopen):
    said = _at_once(campaign, "[s.id for s in campaign.suggest(2)]")
    assert sorted(said) == ["['S001', 'S002']\n", "['S003', 'S004']\n"]
    state = reopen(campaign).state
    assert [s.id for s in state.suggestions] == ["S001", "S002", "S003", "S004"]
    assert len({s.formulation.key for s in state.suggestions}) == 4
    assert state.n_rounds == 2


def test_two_who_record_one_file_at_once_record_it_once(campaign, reopen, write_rows):
    path = write_rows([{"recipe": "1 m NaPF6 in DME", COLUMN: 5}])
    said = "".join(_at_once(campaign, f"len(campaign.record({str(path)!r}))"))
    assert "recorded before" in said
    assert len(reopen(campaign).state.results) == 1


def test_an_open_campaign_knows_what_another_did_meanwhile(campaign, reopen, write_rows):
    other = reopen(campaign)
    campaign.suggest(2)
    assert [s.id for s in other.suggest(2)] == ["S003", "S004"]
    path = write_rows([{"id": "S003", COLUMN: 5}])
    campaign.record(path)
    with pytest.raises(InputError, match="recorded before"):
        other.record(path)


def test_a_busy_campaign_says_so_and_nothing_is_done(campaign, reopen, monkeypatch, write_rows):
    monkeypatch.setattr(campaign_log, "_PATIENCE", 0.05)
    path = write_rows([{"recipe": "1 m NaPF6 in DME", COLUMN: 5}])
    other, before = reopen(campaign), (campaign.folder / "log.jsonl").read_bytes()
    with campaign._log.alone():
        for action in (lambda: other.suggest(1), lambda: other.record(path)):
            with pytest.raises(InputError, match=r"is busy.*nothing was done"):
                action()
    assert (campaign.folder / "log.jsonl").read_bytes() == before
    assert len(other.record(path)) == 1


def test_opening_a_campaign_writes_nothing_over(campaign, reopen):
    measured = campaign.folder / "measured.csv"
    measured.write_text("open in a spreadsheet")
    reopen(campaign).status()
    assert measured.read_text() == "open in a spreadsheet"


def test_the_status_needs_no_right_to_write(campaign, reopen, monkeypatch):
    campaign.suggest(2)
    (campaign.folder / "round_001.csv").unlink()
    (campaign.folder / "measured.csv").unlink()

    before = {path.name for path in campaign.folder.iterdir()}

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    monkeypatch.setattr(Path, "write_text", refused)
    again = reopen(campaign)
    assert len(again.status()["pending"]) == 2
    assert {path.name for path in campaign.folder.iterdir()} == before
    assert not (campaign.folder / "measured.csv").exists()


def test_a_campaign_of_an_earlier_release_opens_and_goes_on(campaign, reopen, write_rows):
    # Its log has no seal, and its first line does not promise one.
    log = campaign.folder / "log.jsonl"
    line = json.loads(log.read_bytes())
    del line["data"]["sealed"]
    written = json.dumps(line, ensure_ascii=False).encode()
    log.write_bytes(written + b"\n")
    (campaign.folder / "log.head").write_text(f"1 {hashlib.sha256(written).hexdigest()}\n")
    (campaign.folder / ".log.seal").unlink()
    again = reopen(campaign)
    again.suggest(1)
    assert len(reopen(campaign).state.pending) == 1
    assert (campaign.folder / ".log.seal").is_file()


def test_an_event_that_makes_no_sense_is_named_by_its_line(campaign, reopen):
    campaign._log.append("recorded", {"results": [{"suggestion": "S001"}]})
    with pytest.raises(CampaignLogError, match=r"log\.jsonl, line 2: cannot be read as recorded"):
        reopen(campaign)
