"""Every built page, opened in Chromium: light and dark, on a desk and at the width of a phone."""

import json
import re

import pytest

from tests.site.conftest import ROOT, SCREENSHOTS, until

UNRENDERED = "document.querySelectorAll('.math').length - document.querySelectorAll('.math mjx-container').length"


def widget_views(page_path: str) -> int:
    """How many widgets the notebook behind a page displays."""
    notebook = ROOT / page_path.replace(".html", ".ipynb")
    if not notebook.is_file():
        return 0
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return sum("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_page(visit, page_path, theme):
    opened = visit(page_path, theme)
    page = opened.page
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.title().strip()

    until(lambda: page.evaluate(UNRENDERED) <= 0, "the formulas")
    assert page.evaluate("[...document.querySelectorAll('mjx-merror')].map(e => e.textContent)") == []

    views = widget_views(page_path)
    if views:
        shown = page.locator(".cell_output .widget-subarea")
        until(lambda: shown.count() >= views, "the widgets")
    broken = """[...document.images].filter(i => (i.loading !== 'lazy' && i.complete && !i.naturalWidth)
                                                 || !i.hasAttribute('alt')).map(i => i.src)"""
    assert page.evaluate(broken) == []

    name = re.sub(r"\W+", "-", page_path.removesuffix(".html"))
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(150)
        wide = page.evaluate("document.documentElement.scrollWidth")
        page.screenshot(path=SCREENSHOTS / f"{name}-{theme}-{width}.jpg", full_page=True, type="jpeg", quality=70)
        assert wide <= width, f"{page_path} is {wide} px wide in a window of {width}"
    assert opened.complaints() == []


def test_search_finds_a_word_of_the_book(visit):
    page = visit("search.html?q=neural").page
    page.wait_for_selector("#search-results li a", timeout=20_000)


def test_a_visit_notices_what_no_page_may_do(visit):
    """The checks above can fail: a page made to misbehave is reported."""
    opened = visit("index.html")
    opened.page.evaluate(
        """async () => {
            console.error('planted');
            await fetch('/no-such-file').catch(() => {});
            await fetch('https://example.org/planted').catch(() => {});
            document.body.insertAdjacentHTML('beforeend', '<div style="width: 3000px">.</div>');
        }"""
    )
    complaints = " ".join(opened.complaints())
    assert "planted" in complaints
    assert "404" in complaints
    assert "another host: https://example.org" in complaints
    assert opened.page.evaluate("document.documentElement.scrollWidth") > 1280
