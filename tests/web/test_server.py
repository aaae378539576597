import re
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from electrolyte_ml.cli import main
from electrolyte_ml.web.jobs import DONE


@pytest.mark.slow
def test_ten_users_at_once_lose_nothing(visitors):

    def visit(number):
        visitor, found = visitors(), []
        for n in range(5):
            recipe = f"{0.5 + number / 10 + n / 100:.2f} M NaPF6 in EC:DEC 1:1 v/v"
            text = visitor.post("/score/answer", {"recipes": recipe, "at": "25 °C"}).text
            found.append(re.findall(r'scope="row"><a [^>]*>([^<]+)</a>', text) == [recipe])
        return found

    with ThreadPoolExecutor(10) as users:
        answers = list(users.map(visit, range(10)))
    assert answers == [[True] * 5] * 10


@pytest.mark.slow
def test_a_closed_browser_loses_nothing_and_the_page_answers_meanwhile(page, visitors):
    _, folder = page
    visitor = visitors()
    table = "recipe\n" + "".join(f"{1 + i / 1000} m NaPF6 in PC\n" for i in range(500))
    text = visitor.post("/score/answer", files={"file": ("lab.csv", table)}).text
    name = re.search(r'id="job-([\w-]+)"', text)[1]
    answered = visitor.post("/score/answer", {"recipes": "1 M NaPF6 in PC"})
    assert answered.status_code == 200
    visitor.client.close()
    later = visitors()
    with later.client.stream("GET", f"/jobs/{name}/events") as told:
        assert "event: end" in "".join(told.iter_text())
    assert DONE in later.client.get(f"/jobs/{name}").text
    assert len((folder / "jobs" / name / "scores.csv").read_text().splitlines()) == 501


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr("sys.argv", ["electrolyte-ml", "web", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit_:
        main()
    return exit_.value.code, capsys.readouterr().err


def test_addresses_that_cannot_be_used_are_told(monkeypatch, capsys, tmp_path):
    code, err = run(monkeypatch, capsys, "--host", "0.0.0.0", "--folder", tmp_path)
    assert code == 2
    assert "can be reached by other machines; give a --token" in err
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, err = run(monkeypatch, capsys, "--port", port, "--folder", tmp_path)
    assert code == 2
    assert f"the page cannot listen at 127.0.0.1:{port}: " in err
    assert "--port" in err


def test_without_the_extra_the_line_that_installs_it_is_told(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    code, err = run(monkeypatch, capsys)
    assert code == 2
    assert err == (
        "error: the page needs fastapi, which is not installed: pip install 'electrolyte_ml[web]'\n"
    )
