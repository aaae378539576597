import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from electrolyte_ml.campaign.log import CampaignLog, CampaignLogError


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.jsonl"
    path.touch()
    log = CampaignLog(path)
    for number in range(4):
        log.append("recorded", {"value": number, "words": "25 °C\n"})
    return log


def test_events_come_back_in_order(log):
    events = log.read()
    assert [e.number for e in events] == [1, 2, 3, 4]
    assert [e.data["value"] for e in events] == [0, 1, 2, 3]
    assert log.path.read_bytes().count(b"\n") == 4


def _rewrite(log, change):
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(change(lines)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: [x[0].replace(b'"value": 0', b'"value": 9'), *x[1:]], "line 2: does not fit"),
        (lambda x: [*x[:3], x[3].replace(b'"value": 3', b'"value": 9')], "line 4: the line was"),
        (lambda x: [x[0], *x[2:]], "line 2: is numbered 3"),
        (lambda x: [x[0], x[0], *x[1:]], "line 2: is numbered 1"),
        (lambda x: x[:3], "lines at its end were removed"),
        (lambda _: [], "lines at its end were removed"),
        (lambda x: [x[0], b"nonsense\n", *x[2:]], "line 2: cannot be read"),
        (lambda x: [x[0], x[2], x[1], x[3]], "line 2: is numbered 3"),
    ],
)
def test_every_kind_of_tampering_is_noticed_and_advice_given(log, change, words):
    _rewrite(log, change)
    for action in (log.read, lambda: log.append("recorded", {})):
        with pytest.raises(CampaignLogError) as caught:
            action()
        assert any(words in line for line in caught.value.messages)
        assert "restore the folder from a backup" in caught.value.messages[-1]


def test_a_torn_last_line_did_not_happen_and_is_kept_beside(log):
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + b'{"n": 5, "time": "2026')
    assert len(log.read()) == 4
    log.append("recorded", {"value": 4})
    assert len(log.read()) == 5
    assert log.path.with_suffix(".torn").read_bytes() == b'{"n": 5, "time": "2026'
    assert log.path.read_bytes().startswith(whole)


def test_a_kill_between_line_and_head_loses_nothing(log):
    before = [end.read_bytes() for end in (log.head, log.seal)]
    log.append("recorded", {"value": 4})
    log.head.write_bytes(before[0])
    assert len(log.read()) == 5
    log.seal.write_bytes(before[1])
    assert len(log.read()) == 5
    log.append("recorded", {"value": 5})
    assert len(log.read()) == 6


def test_a_whole_line_that_lacks_only_its_end_happened(log):
    log.path.write_bytes(log.path.read_bytes().rstrip(b"\n"))
    assert len(log.read()) == 4
    log.append("recorded", {"value": 4})
    assert [e.data["value"] for e in log.read()] == [0, 1, 2, 3, 4]


@settings(max_examples=25)
@given(data=st.data())
def test_any_cut_is_either_noticed_or_drops_only_what_was_under_way(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    path.touch()
    log = CampaignLog(path)
    for number in range(3):
        log.append("recorded", {"value": number})
    # As if killed while the third line was written: head and seal still know of two.
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    second = sum(map(len, lines[:2]))
    for end in (log.head, log.seal):
        end.write_text(f"2 {hashlib.sha256(lines[1].rstrip()).hexdigest()}\n")
    cut = data.draw(st.integers(second, len(content)))
    path.write_bytes(content[:cut])
    n_whole = 3 if cut >= len(content) - 1 else 2
    assert len(log.read()) == n_whole
    log.append("recorded", {"value": "next"})
    assert [json.loads(line)["n"] for line in path.read_bytes().splitlines()] == [
        *range(1, n_whole + 2)
    ]


@pytest.mark.parametrize("lost", ["gone", "rewritten", "of another"])
@pytest.mark.parametrize("file", ["head", "seal"])
def test_the_end_is_known_in_a_second_place(log, file, lost):
    one = getattr(log, file)
    lines = log.path.read_bytes().splitlines()
    edited = lines[3].replace(b'"value": 3', b'"value": 9')
    for changed in ([*lines[:3]], [*lines[:3], edited]):
        log.path.write_bytes(b"".join(line + b"\n" for line in changed))
        one.unlink(missing_ok=True)
        if lost == "rewritten":
            one.write_text(f"{len(changed)} {hashlib.sha256(changed[-1]).hexdigest()}\n")
        elif lost == "of another":
            one.write_text("no number\n")
        with pytest.raises(CampaignLogError):
            log.read()


def test_a_whole_log_does_without_one_of_its_two_ends(log):
    for one in (log.head, log.seal):
        one.unlink()
        assert len(log.read()) >= 4
        log.append("recorded", {"value": 4})
        assert one.is_file()


def test_a_log_that_promises_ends_is_at_fault_without_them(tmp_path):
    log = CampaignLog(tmp_path / "log.jsonl")
    log.path.touch()
    log.append("created", {"sealed": True})
    log.head.unlink()
    log.seal.unlink()
    with pytest.raises(CampaignLogError, match="are both gone"):
        log.read()


@pytest.mark.parametrize("end", [b"\xff\xfe", b"", b"9" * 5000, "\u00b2 x".encode(), b"2"])
def test_damaged_ends_are_named(log, end):
    log.head.write_bytes(end)
    with pytest.raises(CampaignLogError, match=r"log\.head: does not hold number and hash"):
        log.read()


@pytest.mark.parametrize("line", [b"\xff", b"[" * 100_000, b"[]", b'{"n": 2}', b"", b"null"])
def test_a_damaged_line_is_named(log, line):
    lines = log.path.read_bytes().splitlines()
    log.path.write_bytes(b"\n".join([lines[0], line, *lines[2:], b""]))
    with pytest.raises(CampaignLogError, match="line 2: cannot be read as an event"):
        log.read()
