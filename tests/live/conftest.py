"""One Chromium for all tests of the pages that compute, and helpers that work under the pages' security policy."""

import json
import os
import re

import pytest

from tests.conftest import ROOT
from website.live.extension import enabled

CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("[0-9][0-9]-*.ipynb"))
PATIENCE = 120_000  # milliseconds; a machine with two busy cores starts Python slowly


def pytest_collection_modifyitems(items):
    if not enabled():
        for item in items:
            if "tests/live/" in item.nodeid and "browser" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason="LIVE=0: this site is built to be read only"))


class Reader:
    """A reader with a fresh browser profile: one tab, its console, and every request it made."""

    def __init__(self, browser, site, **options):
        self.site = site
        options.setdefault("service_workers", "block")  # what they fetch cannot be made to fail
        self.context = browser.new_context(viewport={"width": 1200, "height": 900}, **options)
        self.external, self.errors = [], []
        self.context.on("request", self._request)
        self.page = self.context.new_page()
        self.page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _request(self, request):
        if not request.url.startswith((self.site, "data:", "blob:", "file:", "about:")):
            self.external.append(request.url)

    def open(self, path):
        self.page.goto(self.site + path, wait_until="load")
        return self.page

    def chapter(self, stem):
        page = self.open(f"chapters/{stem}.html")
        page.wait_for_selector(".live-bar")
        return page

    def has_widgets(self):
        self.page.wait_for_selector("html[data-live-stored=shown]", state="attached", timeout=PATIENCE)

    def run(self, position):
        """Run the cell at a position (from 0), and what it needs; return its state."""
        self.page.evaluate(f"livePage.run(livePage.cells[{position}])")
        return self.page.evaluate(f"livePage.cells[{position}].state")

    def run_source(self, source, position=0):
        """Write a source into a cell and run it; return (state, text of its output)."""
        self.page.evaluate(f"livePage.cells[{position}].source = {json.dumps(source)}")
        self.page.evaluate(f"livePage.queue([livePage.cells[{position}]])")
        state, text = self.page.evaluate(f"(c => [c.state, c.output.innerText])(livePage.cells[{position}])")
        return state, re.sub(r"\n\s*\n", "\n", text).strip()

    def complaints(self):
        return [f"asked another host: {url}" for url in self.external] + self.errors

    def close(self):
        self.context.close()


def told(page, cell):
    """All that a widget shows: its pictures and its words."""
    return page.evaluate(
        """position => { const node = livePage.cells[position].output;
           const pictures = [...node.querySelectorAll("img")].map(i => i.src);
           const drawn = [...node.querySelectorAll("canvas")].map(c => c.toDataURL());
           return JSON.stringify([pictures, drawn, node.innerText]); }""",
        cell,
    )


@pytest.fixture
def reader(browser, site):
    readers = []

    def new(**options):
        readers.append(Reader(browser, site, **options))
        return readers[-1]

    yield new
    for each in readers:
        each.close()


@pytest.fixture(scope="module")
def desk(browser, site):
    """A reader whose Python is kept warm for a whole module, on a page with a widget."""
    one = Reader(browser, site)
    one.chapter(os.environ.get("LIVE_CHAPTER", CHAPTERS[0]))
    yield one
    assert one.complaints() == []
    one.close()
