import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")
pytest.importorskip("httpx", reason="httpx is not installed")

from fastapi.testclient import TestClient

from electrolyte_ml.web.app import create_app


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
    app = create_app(tmp_path / "page", warm=False)
    with TestClient(app, base_url="http://127.0.0.1:8321") as client:
        yield Browser(client)
