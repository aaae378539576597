import importlib
import re
import signal
import subprocess
import sys

import pytest


def is_missing(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return True
    return False


MISSING = [n for n in ("fastapi", "httpx", "python_multipart", "uvicorn") if is_missing(n)]


class SkippedModule(pytest.Module):
    def collect(self):
        pytest.skip(f"not installed: {', '.join(MISSING)}", allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    """Skip all modules here where the page cannot run; none is imported then."""
    return SkippedModule.from_parent(parent, path=module_path) if MISSING else None


class Browser:
    """A browser of this machine that holds the token of the start, as pages of ours do."""

    def __init__(self, client):
        self.client = client
        self.site = client.app.state.site

    def get(self, path, **more):
        return self.client.get(path, **more)

    def post(self, path, data=None, **more):
        headers = {"X-CSRF-Token": self.site.csrf, "HX-Request": "true"}
        return self.client.post(path, data=data or {}, headers=headers, **more)


@pytest.fixture
def browser(tmp_path):
    from fastapi.testclient import TestClient

    from electrolyte_ml.web.app import create_app

    app = create_app(tmp_path / "page", warm=False)
    with TestClient(app, base_url="http://127.0.0.1:8321") as client:
        yield Browser(client)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page as it is served, in a process of its own; its address and its folder."""
    folder = tmp_path_factory.mktemp("page")
    command = [sys.executable, "-m", "electrolyte_ml", "web", "--port", "0", "--folder", folder]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        told = process.stderr.readline()
        yield re.search(r"http://127\.0\.0\.1:\d+", told)[0], folder
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0  # Ctrl-C is how it is ended
        assert process.stderr.read() == ""


class Visitor:
    """Somebody at the page as it is served, with the token that pages of ours hold."""

    def __init__(self, address):
        import httpx

        self.client = httpx.Client(base_url=address, timeout=120)
        self.secret = re.search(r'X-CSRF-Token": "([^"]+)', self.client.get("/score").text)[1]

    def post(self, path, data=None, **more):
        headers = {"X-CSRF-Token": self.secret, "HX-Request": "true"}
        return self.client.post(path, data=data, headers=headers, **more)


@pytest.fixture
def visitors(page):
    """Makes visitors of the page as it is served."""
    return lambda: Visitor(page[0])
