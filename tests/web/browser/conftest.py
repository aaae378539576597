"""A real browser in front of the real page: `electrolyte-ml web`, and Chromium by Playwright.

Screenshots go to the folder that ``ELECTROLYTE_ML_SCREENSHOTS`` names, at the width of a desk and
of a phone. No request may leave the machine, and no page may have a grave fault for people who
cannot see it or use no mouse (axe).
"""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

DESK, PHONE = 1280, 390
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
)
_NEEDED = ("fastapi", "uvicorn", "playwright", "axe_playwright_python")
_GRAVE = ("serious", "critical")
# A machine that runs all tests at once is slow; nothing is asserted of times, ms.
_PATIENCE_MS = 240_000


class SkippedModule(pytest.Module):
    def collect(self):
        pytest.skip("needs pip install '.[web,browser]'", allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    """Skip all modules here where the browser cannot be driven."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    return SkippedModule.from_parent(parent, path=module_path) if missing else None


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Where the page is; it runs as users start it, in a folder of its own."""
    place = tmp_path_factory.mktemp("page")
    known = {**os.environ, "XDG_DATA_HOME": str(place / "data")}  # own species are kept there
    command = [sys.executable, "-m", "electrolyte_ml", "web", "--port", "0"]
    with subprocess.Popen(
        [*command, "--folder", str(place / "folder")],
        stderr=subprocess.PIPE,
        text=True,
        env=known,
    ) as page:
        told = page.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert found, told
        yield found[0]
        page.terminate()


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("user"),
            executable_path=path,
            args=list(_ARGUMENTS),
            accept_downloads=True,
        )
        context.set_default_timeout(_PATIENCE_MS)
        yield context
        context.close()


class Visitor:
    """Somebody at the page, who notes what goes wrong.

    Parameters
    ----------
    page
        A tab of the browser.
    address
        Where the page is.
    """

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.foreign, self.broken = [], []
        page.route("**/*", self._pass)
        page.on("pageerror", lambda error: self.broken.append(str(error)))
        page.on("console", self._console)

    def _pass(self, route):
        url = urlsplit(route.request.url)
        if url.scheme in ("data", "blob") or url.netloc == urlsplit(self.address).netloc:
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()

    def _console(self, message):
        # Refused by the policy of the page: what it shows would be incomplete.
        if "Content Security Policy" in message.text or "violates" in message.text:
            self.broken.append(message.text)

    def open(self, path):
        self.page.goto(self.address + path)

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, text):
        """Wait until a text can be read."""
        from playwright.sync_api import expect

        expect(self.page.get_by_text(text).first).to_be_visible(timeout=_PATIENCE_MS)

    def looks(self, name):
        """Keep pictures, and check that nothing is cut off and nobody shut out."""
        from axe_playwright_python.sync_playwright import Axe

        for width in (DESK, PHONE):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.wait_for_timeout(150)
            self._picture(f"{name}_{width}")
            beyond = self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert beyond <= 0, f"{name}: {beyond} pixels stand beyond {width}"
            faults = Axe().run(self.page).response["violations"]
            grave = [
                (fault["id"], fault["help"], [node["html"] for node in fault["nodes"]][:3])
                for fault in faults
                if fault["impact"] in _GRAVE
            ]
            assert not grave, f"{name} at {width}: {grave}"
        self.page.set_viewport_size({"width": DESK, "height": 900})

    def pictures(self, name):
        """Keep pictures alone, of what does not stay."""
        for width in (DESK, PHONE):
            self.page.set_viewport_size({"width": width, "height": 900})
            self._picture(f"{name}_{width}")
        self.page.set_viewport_size({"width": DESK, "height": 900})

    def _picture(self, name):
        folder = os.environ.get("ELECTROLYTE_ML_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def visitor(browser, address):
    page = browser.new_page()
    page.set_viewport_size({"width": DESK, "height": 900})
    found = Visitor(page, address)
    yield found
    page.close()
    assert not found.foreign, f"requests left the machine: {found.foreign}"
    assert not found.broken, found.broken
