import importlib

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
