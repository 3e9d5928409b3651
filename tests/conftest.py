"""The built site, served on a free port, and a headless Chromium to open it with: one of each for a test process.

They stand here and not beside the tests of the pages because Playwright can be started only once in a process.
"""

import os
import shutil
import threading
from pathlib import Path

import pytest

from website.serve import server

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"


def chromium() -> str | None:
    """The path of a Chromium on this machine, or None."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the built site."""
    if not (HTML / "index.html").is_file():
        pytest.fail("There is no built site in _build/html: run `make site` first.", pytrace=False)
    return HTML


@pytest.fixture(scope="session")
def site(html):
    """The address of the built site."""
    running = server(html)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{running.server_port}/"
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; without one the test is skipped, and under CI it fails."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    if path is None:
        words = "no Chromium on this machine: the built pages are NOT tested (Debian: apt-get install chromium)"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(words, pytrace=False)
        pytest.skip(words)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if root else [])
        yield running
        running.close()
