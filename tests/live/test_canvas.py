"""A canvas on the built page: asleep it shows the stored picture, a touch wakes Python, then it moves by itself."""

import re

import pytest

from tests.live.conftest import PATIENCE, Reader, told
from tests.site.conftest import until

CHAPTER, MAKES = "04-descent", "descent_explorer()"


@pytest.fixture(scope="module")
def woken(browser, site):
    """The walk down a cost, its start dragged on the stored picture; (reader, cell, read-out before)."""
    reader = Reader(browser, site)
    page = reader.chapter(CHAPTER)
    page.set_default_timeout(PATIENCE)
    reader.has_widgets()
    sources = page.evaluate("livePage.cells.map(cell => cell.source)")
    cell = next(position for position, source in enumerate(sources) if source.strip().endswith(MAKES))
    stored = page.locator(f"div.live-cell-{page.evaluate(f'livePage.cells[{cell}].index')}")
    before = stored.locator(".explorer-readout").inner_text()
    canvas = stored.locator("canvas")
    canvas.scroll_into_view_if_needed()
    assert page.evaluate("c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(byte => byte > 0)",
                         canvas.element_handle())
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.up()
    until(lambda: page.evaluate(f"livePage.cells[{cell}].state") == "done", "Python", PATIENCE / 1000)
    until(lambda: readout(page, cell) not in ("", before), "the dragged start", PATIENCE / 1000)
    yield reader, cell, before
    assert reader.complaints() == []
    reader.close()


def readout(page, cell):
    return page.evaluate(f"livePage.cells[{cell}].output.querySelector('.explorer-readout')?.innerText ?? ''")


def first_cost(words):
    return float(re.search(r"from cost ([\d.]+)", words)[1])


def test_a_click_on_the_stored_map_moves_the_start(woken):
    reader, cell, before = woken
    now = readout(reader.page, cell)
    assert now.startswith("60 steps")
    assert first_cost(now) != first_cost(before)


def test_the_keyboard_moves_it_too(woken):
    reader, cell, _ = woken
    page = reader.page
    before = readout(page, cell)
    page.evaluate(f"livePage.cells[{cell}].output.querySelector('canvas').focus()")
    page.keyboard.press("ArrowRight")
    until(lambda: first_cost(readout(page, cell)) != first_cost(before), "the start to move", PATIENCE / 1000)


def test_it_walks_when_started_and_stands_when_paused(woken):
    reader, cell, _ = woken
    page = reader.page
    page.evaluate(f"livePage.cells[{cell}].output.querySelector('canvas').scrollIntoView({{ block: 'center' }})")
    button = "[...livePage.cells[{}].output.querySelectorAll('button')].find(b => b.textContent.trim() === '{}')"
    page.evaluate(button.format(cell, "Start") + ".click()")
    until(lambda: int(readout(page, cell).split()[0]) >= 63, "three steps", PATIENCE / 1000)
    page.evaluate(button.format(cell, "Pause") + ".click()")
    until(lambda: page.evaluate("livePage.engine.waiting.size") == 0, "Python to finish")
    page.wait_for_timeout(500)
    still = told(page, cell)
    page.wait_for_timeout(500)
    assert told(page, cell) == still


def test_it_changes_with_the_theme(woken):
    reader, cell, _ = woken
    page = reader.page
    picture = f"livePage.cells[{cell}].output.querySelector('canvas').toDataURL()"
    light = page.evaluate(picture)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    until(lambda: page.evaluate(picture) != light, "the dark picture")
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    until(lambda: page.evaluate(picture) == light, "the light picture")
