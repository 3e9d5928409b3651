"""The drawing pad, the browser's half: digit_pad.js in Chromium with a stand-in for the widget's model."""

import re

import numpy as np
import pytest

from nnlib.widgets.draw import DigitPad, from_hex, to_hex
from tests.widgets.test_canvas_browser import TABLE, rgb

PAGE = """<!doctype html><html data-theme="light"><body style="margin: 0"><div id="room"></div></body></html>"""
START = """async ([source, value]) => {
  globalThis.saved = value;
  globalThis.model = { value, get: () => model.value, set: (_, next) => (model.value = next),
                       save_changes: () => (saved = model.value), on: (_, listen) => (model.listen = listen) };
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  module.default.render({ model, el: document.getElementById("room") });
}"""
CORNER = np.zeros((28, 28))
CORNER[0, 0] = 1


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 360, "height": 400})
    page = context.new_page()
    page.set_content(PAGE)
    page.evaluate(START, [DigitPad._esm._path.read_text(encoding="utf-8"), to_hex(CORNER)])
    yield page
    context.close()


def colours(page):
    """[red, green, blue] of the inked corner and of an empty one."""
    page.evaluate("() => new Promise(requestAnimationFrame)")
    return page.evaluate("""() => { const pen = document.querySelector("canvas").getContext("2d");
        return [4, 220].map((x) => [...pen.getImageData(x, 4, 1, 1).data].slice(0, 3)); }""")


def test_ink_and_paper_follow_the_theme(page):
    assert colours(page) == [rgb("ink"), rgb("paper")]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert colours(page) == [rgb("ink", "dark"), rgb("paper", "dark")]
    page.evaluate("() => { delete document.documentElement.dataset.theme; }")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")  # as JupyterLab says it
    assert colours(page) == [rgb("ink", "dark"), rgb("paper", "dark")]
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    assert colours(page) == [rgb("ink"), rgb("paper")]


def test_a_stroke_is_sent_and_can_be_undone(page):
    page.mouse.move(60, 100)
    page.mouse.down()
    page.mouse.move(160, 100)
    page.mouse.up()
    drawn = from_hex(page.evaluate("saved"))
    assert (drawn[100 // 8, 60 // 8 : 160 // 8] == 1).all()
    assert drawn.sum() < 100
    page.get_by_role("button", name="Undo").click()
    assert page.evaluate("saved") == to_hex(CORNER)
    page.get_by_role("button", name="Clear").click()
    assert from_hex(page.evaluate("saved")).sum() == 0


def test_the_keyboard_draws(page):
    page.locator("canvas").focus()
    for key in ("ArrowRight", " ", "ArrowDown", "ArrowDown", " "):
        page.keyboard.press(key)
    assert (from_hex(page.evaluate("saved"))[14:17, 15] == 1).all()
    page.keyboard.press("Control+z")
    assert page.evaluate("saved") == to_hex(CORNER)


def test_the_palette_in_the_script_is_the_books():
    table = re.search(r"const COLOURS = \{(.*?)\n\};", DigitPad._esm._path.read_text(encoding="utf-8"), re.DOTALL)[1]
    found = {name: pair for name, *pair in re.findall(r'(\w+): \["(#\w{6})", "(#\w{6})"\]', table)}
    page = {name: [TABLE["page"][theme][name] for theme in ("light", "dark")] for name in ("paper", "ink")}
    assert found == page | {name: [TABLE["symbols"][name][theme] for theme in ("light", "dark")] for name in "xW"}
