import pytest
from fastapi.testclient import TestClient

from electrolyte_ml.errors import InputError
from electrolyte_ml.web.app import create_app
from electrolyte_ml.web.security import MOST_BYTES, require_safe_host

TOKEN = "a token of a laboratory"
FORM = {"recipes": "1 M NaPF6 in PC"}


@pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost:8321", "[::1]:8321"])
def test_names_of_this_machine_are_answered(browser, host):
    assert browser.get("/score", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example:8321", "192.168.0.7", "", "127.0.0.1.evil.example"])
def test_a_foreign_name_that_points_here_is_refused(browser, host):
    answer = browser.get("/score", headers={"Host": host})
    assert answer.status_code == 421
    assert "NaPF6" not in answer.text


def test_a_post_needs_the_token_of_this_start(browser):
    path = "/score/check"
    assert browser.client.post(path, data=FORM).status_code == 403
    wrong = browser.client.post(path, data={**FORM, "csrf": "guessed"})
    assert wrong.status_code == 403
    assert "load it again" in wrong.text
    held = browser.client.post(path, data={**FORM, "csrf": browser.site.csrf})
    assert held.status_code == 200
    assert browser.post(path, FORM).status_code == 200


def test_a_post_of_another_site_is_refused_even_with_the_token(browser):
    headers = {"X-CSRF-Token": browser.site.csrf}
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9999"):
        sent = browser.client.post("/score/check", data=FORM, headers={**headers, "Origin": origin})
        assert sent.status_code == 403
    own = {**headers, "Origin": "http://127.0.0.1:8321"}
    assert browser.client.post("/score/check", data=FORM, headers=own).status_code == 200


def test_every_start_has_a_token_of_its_own(browser, tmp_path):
    assert create_app(tmp_path, warm=False).state.site.csrf != browser.site.csrf


def test_requests_are_bounded_whether_or_not_they_tell_their_length(browser):
    told = browser.post("/score/check", {"recipes": "x" * (MOST_BYTES + 1)})
    assert told.status_code == 413

    def untold():
        for _ in range(22):
            yield b"x" * 2**20

    headers = {
        "X-CSRF-Token": browser.site.csrf,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    assert browser.client.post("/score/check", content=untold(), headers=headers).status_code >= 400


def test_answers_forbid_what_is_not_ours(browser):
    for path in ("/score", "/static/page.css", "/nothing"):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "script-src" not in policy  # and so falls to 'self', without anything inline
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_pages_load_nothing_from_elsewhere(browser):
    text = browser.get("/score").text
    assert "https://" not in text
    assert "<script>" not in text


def test_an_address_that_others_reach_needs_a_token():
    require_safe_host("127.0.0.1", None)
    require_safe_host("::1", None)
    require_safe_host("0.0.0.0", TOKEN)
    for host in ("0.0.0.0", "192.168.0.7", "::", "lab.example"):
        with pytest.raises(InputError, match="--token"):
            require_safe_host(host, None)
    with pytest.raises(InputError, match="at least 16"):
        require_safe_host("0.0.0.0", "short")


def test_where_others_reach_it_nothing_is_answered_without_the_token(tmp_path):
    app = create_app(tmp_path, token=TOKEN, warm=False)
    with TestClient(app, base_url="http://lab.example:8321", follow_redirects=False) as client:
        for path in ("/score", "/static/page.css", "/score?token=guessed"):
            assert client.get(path).status_code == 401
        opened = client.get(f"/score?recipe=PC&token={TOKEN}")
        assert opened.headers["location"] == "/score?recipe=PC"
        assert "httponly" in opened.headers["set-cookie"].lower()
        assert client.get("/score").status_code == 200
        elsewhere = client.get(f"//evil.example/?token={TOKEN}")
        assert not elsewhere.headers["location"].startswith("//")
