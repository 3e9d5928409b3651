"""The playground of chapter 10 on its page: it runs, stops, steps, takes points and links, and gives its code away."""

import json
import re

import pytest

from nnlib.widgets.playground_state import decode, encode
from tests.conftest import ROOT
from tests.live.conftest import PATIENCE, Reader, told
from tests.site.conftest import until

CHAPTER = "10-playground"
NOTEBOOK = ROOT / "chapters" / f"{CHAPTER}.ipynb"


class Playground:
    """The widget on a page, found by the one cell that makes it."""

    def __init__(self, page):
        self.page = page
        page.set_default_timeout(PATIENCE)
        self.cell = page.evaluate("livePage.cells.findIndex(c => c.source.trim() === 'playground()')")
        self.area = page.locator(f"div.live-cell-{page.evaluate(f'livePage.cells[{self.cell}].index')} .live-output")

    def run(self):
        assert self.page.evaluate(f"livePage.run(livePage.cells[{self.cell}])")

    def press(self, name):
        self.area.get_by_role("button", name=name, exact=True).click()

    @property
    def readout(self):
        return self.area.locator(".explorer-readout").inner_text()

    @property
    def step(self):
        return int(re.search(r"step (\d+)", self.readout)[1])

    @property
    def points(self):
        return int(re.search(r"on (\d+) training points", self.readout)[1])

    def until(self, what, words):
        until(what, words, PATIENCE / 1000)

    def source(self, expression):
        """What an expression of Python gives on the page, `widget` being the playground made last."""
        source = ("from ipywidgets.widgets.widget import _instances\n"
                  "widget = [w for w in _instances.values() if type(w).__name__ == 'Playground'][-1]\n"
                  f"print({expression})")
        self.page.evaluate(f"livePage.cells[0].source = {json.dumps(source)}")
        self.page.evaluate("livePage.queue([livePage.cells[0]])")
        return self.page.evaluate("livePage.cells[0].output.innerText").strip()


@pytest.fixture(scope="module")
def reader(browser, site):
    if not NOTEBOOK.is_file():
        pytest.skip("no chapter 10")
    one = Reader(browser, site)
    one.chapter(CHAPTER)
    yield one
    assert one.complaints() == []
    one.close()


@pytest.fixture(scope="module")
def widget(reader):
    made = Playground(reader.page)
    made.run()
    return made


def test_start_pause_step_restart(widget):
    assert widget.step == 0
    before = told(widget.page, widget.cell)
    widget.press("Start")
    widget.until(lambda: widget.step >= 100, "a hundred steps")
    assert told(widget.page, widget.cell) != before
    widget.press("Pause")
    widget.page.wait_for_timeout(1500)
    at = widget.step
    widget.page.wait_for_timeout(1000)
    assert widget.step == at
    widget.press("Step")
    widget.until(lambda: widget.step == at + 1, "one step more")
    widget.press("Restart")
    widget.until(lambda: widget.step == 0, "the beginning")


def test_points_by_mouse_by_keyboard_and_by_table(widget):
    canvas = widget.area.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    widget.page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 0.4 * box["height"])
    widget.until(lambda: widget.points == 201, "the point that was clicked")
    canvas.focus()
    for _ in range(3):
        widget.page.keyboard.press("ArrowRight")
    widget.page.keyboard.press("Enter")
    widget.until(lambda: widget.points == 202, "the point of the keyboard")
    table = widget.area.locator("textarea").first
    lines = table.input_value().splitlines()
    assert len(lines) == 2
    table.fill("\n".join([*lines, "0 0 1", "0.1 0.1 1"]))
    table.blur()
    widget.until(lambda: widget.points == 204, "the points of the table")
    widget.press("Undo point")
    widget.until(lambda: widget.points == 203, "one point less")
    widget.press("Clear points")
    widget.until(lambda: widget.points == 200, "no own points")


def test_the_link_restores_the_state_on_another_page(widget, browser, site):
    widget.area.locator("select").nth(1).select_option("relu")
    for _ in range(3):
        widget.press("Step")
    widget.until(lambda: widget.step == 3, "three steps")
    widget.press("Copy link")
    address = widget.page.url
    assert "#playground:data=circles&activation=relu&steps=3&parameters=" in address
    other = Reader(browser, site)
    other.open(address.removeprefix(site))
    restored = Playground(other.page)
    # nobody touches it: the link alone starts Python
    widget.until(lambda: restored.area.locator(".explorer-readout").count() and restored.step == 3, "the link's state")
    assert restored.readout == widget.readout
    other.page.evaluate("location.hash = '#playground:data=circles&eta=fast'")
    message = restored.area.locator(".copy-field-message").first
    widget.until(lambda: "cannot be opened: eta must be a number" in message.inner_text(), "what is wrong with it")
    assert restored.step == 3
    every_experiment_arrives(restored)
    assert other.complaints() == []
    other.close()


def every_experiment_arrives(widget):
    """Each link of the chapter sets the playground to just what it says, also when it is followed a second time."""
    links = widget.page.locator("a[href^='#playground:']")
    field = widget.area.locator("input.copy-field-text")
    for place in range(links.count()):
        expected = encode(decode(links.nth(place).get_attribute("href"))[0])
        for _ in range(2):
            links.nth(place).click()
            widget.until(lambda expected=expected: field.input_value().endswith("#playground:" + expected), expected)
            widget.press("Step")
            widget.until(lambda: widget.step == 1, "a step")


def test_the_code_that_is_copied_rebuilds_the_network(widget):
    code = widget.area.locator("textarea").last.input_value()
    assert "net.parameters[:] = [  # after 3 steps" in code
    names = {}
    exec(code, names)
    here = widget.source("widget.run.network.parameters.tolist()")
    assert json.loads(here) == names["net"].parameters.tolist()
