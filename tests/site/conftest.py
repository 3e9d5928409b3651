"""What a test of the built pages needs: a page opened in a context of its own, and what it did there."""

import time
from dataclasses import dataclass, field

import pytest

from tests.conftest import HTML, ROOT

pytest.register_assert_rewrite("tests.site.page_checks")

SCREENSHOTS = ROOT / "_build" / "screenshots"


def pages() -> list[str]:
    """The pages of the built site, as paths below its root."""
    found = sorted(path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html"))
    return [page for page in found if not page.startswith("_")]


def pytest_generate_tests(metafunc):
    """A test that asks for `page_path` runs once for every page of the site."""
    if "page_path" in metafunc.fixturenames:
        metafunc.parametrize("page_path", pages() or ["index.html"])


def until(condition, what: str, timeout: float = 30) -> None:
    """Wait until condition() is true (Playwright's wait_for_function needs eval, which the pages' policy forbids)."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


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
