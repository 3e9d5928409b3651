"""The built site, served on a free port, and a headless Chromium to open it with."""

import os
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from website.serve import server

pytest.register_assert_rewrite("tests.site.page_checks")

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
SCREENSHOTS = ROOT / "_build" / "screenshots"


def pages() -> list[str]:
    """The pages of the built site, as paths below its root."""
    found = sorted(path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html"))
    return [page for page in found if not page.startswith("_")]


def pytest_generate_tests(metafunc):
    """A test that asks for `page_path` runs once for every page of the site."""
    if "page_path" in metafunc.fixturenames:
        metafunc.parametrize("page_path", pages() or ["index.html"])


def chromium() -> str | None:
    """The path of a Chromium on this machine, or None."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def until(condition, what: str, timeout: float = 30) -> None:
    """Wait until condition() is true (Playwright's wait_for_function needs eval, which the pages' policy forbids)."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


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


@dataclass
class Visit:
    """One open page, and what it did that no page of this site may do."""

    page: object
    external: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def complaints(self) -> list[str]:
        return (
            [f"asked another host: {url}" for url in self.external]
            + [f"error in the console: {text}" for text in self.errors]
            + [f"not served: {text}" for text in self.failed]
        )


@pytest.fixture
def visit(browser, site):
    """Open a page of the site: visit("index.html", theme="dark", width=360) -> Visit, in a context of its own."""
    contexts = []

    def open_page(path: str, theme: str = "light", width: int = 1280, height: int = 900) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        context.set_default_timeout(120_000)  # how slow a busy machine may be, not how slow a page
        contexts.append(context)
        context.add_init_script(f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')")
        visit = Visit(context.new_page())

        def gate(route):
            url = route.request.url
            if url.startswith((site, "data:", "blob:")):
                route.continue_()
            else:
                visit.external.append(url)
                route.abort()

        def console(message):
            if message.type == "error":
                visit.errors.append(f"{message.text} ({message.location.get('url', '')})")

        def response(answer):
            if answer.status >= 400:
                visit.failed.append(f"{answer.status} {answer.url}")

        context.route("**/*", gate)
        visit.page.on("console", console)
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        visit.page.on("response", response)
        visit.page.goto(site + path, wait_until="load")
        return visit

    yield open_page
    for context in contexts:
        context.close()
