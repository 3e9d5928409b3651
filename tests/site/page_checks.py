"""What every page of the built site must do in a browser; test_pages_light.py and test_pages_dark.py ask for it.

They are two files so that two processes can share the work.
"""

import json
import re

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


def check_page(visit, page_path: str, theme: str) -> None:
    """Open one page on a desk and at the width of a phone, look at it, and keep a picture of each."""
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
        unnamed = page.locator(".noUi-handle:not([aria-label])")
        until(lambda: unnamed.count() == 0, "the sliders' names")
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
