"""The canvas, the browser's half: canvas.js in Chromium with a stand-in for the widget's model, no Python behind it."""

import base64
import json
import re

import numpy as np
import pytest

from nnlib.widgets.canvas import Canvas, Frame
from tests.conftest import ROOT
from tests.site.conftest import until

TABLE = json.loads((ROOT / "website/style/palette.json").read_text(encoding="utf-8"))
PAGE = """<!doctype html><html data-theme="light"><body style="margin: 0">
<div id="room" style="max-width: 46rem"></div></body></html>"""
START = """async ([source, state]) => {
  globalThis.frame = ({ floats, bytes, ...rest }) => {
    const view = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    return { ...rest, floats: view(floats), bytes: view(bytes) };
  };
  const listeners = {};
  globalThis.sent = [];
  globalThis.model = {
    state: { ...state, value: frame(state.value) },
    get: (name) => model.state[name],
    set(changes) {
      Object.assign(model.state, changes);
      for (const name of Object.keys(changes)) for (const listen of listeners[`change:${name}`] ?? []) listen();
    },
    on: (name, listen) => (listeners[name] ??= []).push(listen),
    off: (name, listen) => (listeners[name] = listeners[name].filter((other) => other !== listen)),
    send: (content) => sent.push(content),
    left: () => Object.values(listeners).flat().length,
  };
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  globalThis.end = module.default.render({ model, el: document.getElementById("room") });
}"""


def packed(frame):
    value = frame.packed()
    return {**value, **{kind: base64.b64encode(value[kind]).decode() for kind in ("floats", "bytes")}}


def square(shade=1.0, **more):
    """One panel without words, filled with one colour of the map from W to x."""
    frame = Frame(200)
    panel = frame.panel("p", x=(0, 1), y=(0, 2), xticks=[], yticks=[], **more)
    panel.heat(np.full((4, 3), shade), 0, 1)
    return frame


class Shown:
    def __init__(self, browser, frame, width=800, running=False, **context):
        self.context = browser.new_context(viewport={"width": width, "height": 700}, **context)
        self.page = self.context.new_page()
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.set_content(PAGE)
        state = {"value": packed(frame), "label": "A square", "running": running, "answered": 0}
        self.page.evaluate(START, [Canvas._esm._path.read_text(encoding="utf-8"), state])
        self.canvas = self.page.locator("canvas")
        until(lambda: self.page.evaluate("document.querySelector('canvas').style.height") != "", "the first picture")

    def colour(self, x=0.5, y=0.5):
        """[red, green, blue] at a place of the canvas, by shares of its width and height."""
        self.frames(2)
        return self.page.evaluate(
            """([x, y]) => { const c = document.querySelector("canvas"), pen = c.getContext("2d");
               return [...pen.getImageData(x * c.width, y * c.height, 1, 1).data].slice(0, 3); }""", [x, y])

    def frames(self, count):
        wait = "n => new Promise(done => { const go = () => n-- ? requestAnimationFrame(go) : done(); go(); })"
        self.page.evaluate(wait, count)

    def set(self, **changes):
        self.page.evaluate(
            "changes => model.set({ ...changes, ...(changes.value && { value: frame(changes.value) }) })", changes)
        self.frames(2)

    def answer(self, **changes):
        self.set(answered=self.page.evaluate("model.state.answered + 1"), **changes)

    def sent(self):
        """The requests since the last call."""
        self.frames(3)
        return self.page.evaluate("sent.splice(0)")


@pytest.fixture
def show(browser):
    opened = []

    def new(frame, **more):
        opened.append(Shown(browser, frame, **more))
        return opened[-1]

    yield new
    for shown in opened:
        assert shown.errors == []
        shown.page.evaluate("end()")
        assert shown.page.evaluate("model.left()") == 0, "a view that is gone still listens"
        shown.context.close()


def rgb(name, theme="light"):
    colour = TABLE["symbols"][name][theme] if name in TABLE["symbols"] else TABLE["page"][theme][name]
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def test_every_picture_that_comes_is_drawn(show):
    shown = show(square(1.0))
    assert shown.colour() == rgb("x")
    shown.set(value=packed(square(0.0)))
    assert shown.colour() == rgb("W")


def test_the_colours_follow_the_theme_at_once(show):
    shown = show(square(0.0))
    shown.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert shown.colour() == rgb("W", "dark")
    shown.page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert shown.colour() == rgb("W")


def test_jupyterlabs_dark_theme_counts_where_there_is_no_page_of_the_book(show):
    shown = show(square(0.0))
    shown.page.evaluate("() => { delete document.documentElement.dataset.theme; }")
    shown.page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    assert shown.colour() == rgb("W", "dark")


def test_panels_stand_in_a_row_and_on_a_phone_below_each_other(show):
    frame = square(1.0)
    frame.panel("q", x=(0, 1), y=(0, 1), xticks=[], yticks=[]).rects(0, 0, 1, 1, color="cost")
    wide, narrow = show(frame), show(frame, width=360, device_scale_factor=2)
    assert [wide.colour(0.25, 0.5), wide.colour(0.75, 0.5)] == [rgb("x"), rgb("cost")]
    assert [narrow.colour(0.5, 0.25), narrow.colour(0.5, 0.75)] == [rgb("x"), rgb("cost")]
    assert narrow.page.evaluate("document.querySelector('canvas').width") == 720
    assert narrow.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_follows_the_width_of_the_page(show):
    shown = show(square(1.0))
    shown.page.set_viewport_size({"width": 400, "height": 700})
    until(lambda: shown.page.evaluate("document.querySelector('canvas').width") == 400, "the narrow picture")
    assert shown.colour() == rgb("x")


def test_every_kind_of_mark_leaves_its_colour(show):
    frame = Frame(400)
    panel = frame.panel("p", x=(0, 10), y=(0, 10), xticks=[0, 5], yticks=[0, 5], title="t^2", xlabel="x_1", ylabel="y")
    panel.rects(1, 1, 1, 1, color="b")
    panel.line([0, np.nan, 3, 10], [9, 5, 9, 9], color="z", width=8, dash=False)
    panel.segments([4], [1], [4], [5], color="y", width=8)
    panel.arrow(6, 1, 6, 5, color="delta", width=8)
    for place, shape in enumerate(["circle", "square", "triangle", "diamond", "star"]):
        panel.points(2 * place + 1, 7, color="cost", shape=shape, size=9)
    panel.points([8, 9], [3, 3], color=[0, 1], colors="ink", low=0, high=1, size=9, edge="x")
    panel.text(8, 1, "W^{[1]}", color="W", size=20, box="eta")
    shown = show(frame)
    shown.frames(2)
    found = shown.page.evaluate("""() => { const c = document.querySelector("canvas"), found = {};
      const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) {
        const name = `${data[i]} ${data[i + 1]} ${data[i + 2]}`; found[name] = (found[name] ?? 0) + 1; }
      return found; }""")
    names = ("b", "z", "y", "delta", "cost", "W", "ink")
    counts = {name: found.get(" ".join(map(str, rgb(name))), 0) for name in names}
    assert min(counts.values()) > 15, counts
    assert counts["cost"] > 5 * 100  # five shapes
    assert counts["z"] < 5000  # the pen was lifted over the gap


def test_heats_and_tiles_lie_the_right_way_up(show):
    frame = Frame(200)
    frame.panel("p", x=(0, 1), y=(0, 1), xticks=[], yticks=[]).heat([[0, 0], [0, 1]], 0, 1, smooth=False)
    tiles = frame.panel("q", x=(0, 2), y=(0, 1), xticks=[], yticks=[])
    tiles.tiles([[[0], [1]], [[1], [0]]], x=[0, 1], y=[0, 0], width=1, height=1, low=0, high=1)
    shown = show(frame)
    left, right = ([shown.colour(x, y) for y in (0.25, 0.75) for x in xs] for xs in ((0.12, 0.37), (0.63, 0.88)))
    assert left == [rgb("W"), rgb("x"), rgb("W"), rgb("W")]  # row 0 at the bottom
    assert right == [rgb("x"), rgb("W"), rgb("W"), rgb("x")]


def test_nothing_is_drawn_before_there_is_a_picture(show, browser):
    shown = show(square())
    shown.page.evaluate("model.set({ value: {} })")
    assert shown.sent() == []


# ---- what the reader does


def test_a_picture_to_look_at_says_what_it_is(show):
    shown = show(square())
    assert (shown.canvas.get_attribute("role"), shown.canvas.get_attribute("aria-label")) == ("img", "A square")
    box = shown.canvas.bounding_box()
    shown.page.mouse.click(box["x"] + 200, box["y"] + 100)
    assert shown.sent() == []


def test_the_pointer_is_sent_in_the_coordinates_of_the_panel(show):
    shown = show(square(cursor=(0.5, 1)))
    box = shown.canvas.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    shown.page.mouse.move(*middle)
    shown.page.mouse.down()
    (request,) = shown.sent()
    (event,) = request["events"]
    assert (event["kind"], event["panel"]) == ("down", "p")
    assert [event["x"], event["y"]] == pytest.approx([0.5, 1], abs=0.03)
    assert not request["advance"]
    for step in range(1, 9):  # before Python has answered nothing more is sent
        shown.page.mouse.move(middle[0] + 10 * step, middle[1])
        assert shown.sent() == []
    shown.page.mouse.move(middle[0], -50)
    shown.page.mouse.up()
    shown.answer()
    (request,) = shown.sent()
    assert [event["kind"] for event in request["events"]] == ["drag", "up"]  # of all drags the last
    assert request["events"][0]["y"] == 2  # outside is at the edge
    shown.answer()
    assert shown.sent() == []


def test_the_keyboard_moves_the_cursor_and_presses(show):
    shown = show(square(cursor=(0.9, 1), step=(0.25, 0.5)))
    assert shown.canvas.get_attribute("role") == "application"
    shown.page.keyboard.press("Tab")
    assert shown.page.evaluate("document.activeElement.tagName") == "CANVAS"
    kinds = []
    for key in ("ArrowUp", "ArrowRight", "ArrowLeft", "Enter"):
        shown.page.keyboard.press(key)
        (request,) = shown.sent()
        kinds += [(event["kind"], event["x"], event["y"]) for event in request["events"]]
        shown.answer()
    expected = [("move", 0.9, 1.5), ("move", 1, 1.5), ("move", 0.75, 1.5), ("press", 0.75, 1.5)]
    assert [kind for kind, *_ in kinds] == [kind for kind, *_ in expected]
    np.testing.assert_allclose([place for _, *place in kinds], [place for _, *place in expected], atol=1e-6)
    shown.page.keyboard.press("a")
    shown.page.keyboard.press("Control+ArrowUp")
    assert shown.sent() == []


def test_a_panel_can_leave_the_keys_to_another(show):
    frame = square(cursor=(0.5, 1), keys=False)
    frame.panel("q", x=(0, 1), y=(0, 1), cursor=(0.5, 0.5))
    shown = show(frame)
    shown.page.keyboard.press("Tab")
    shown.page.keyboard.press("Enter")
    assert [event["panel"] for request in shown.sent() for event in request["events"]] == ["q"]
    box = shown.canvas.bounding_box()
    shown.page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 100)
    shown.answer()
    assert {event["panel"] for request in shown.sent() for event in request["events"]} == {"p"}


def swipe(shown):
    """A finger goes up over the picture, as one does to scroll a page."""
    touch = shown.context.new_cdp_session(shown.page)
    for kind, points in [("touchStart", [150]), *(("touchMove", [y]) for y in range(140, 20, -20)), ("touchEnd", [])]:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": 100, "y": y} for y in points]})
        shown.frames(2)


def test_where_nothing_is_dragged_a_finger_scrolls_and_a_tap_presses(show):
    shown = show(square(cursor=(0.5, 1), drag=False), width=360, has_touch=True)
    shown.page.evaluate("document.body.style.height = '3000px'")
    swipe(shown)
    until(lambda: shown.page.evaluate("scrollY") > 50, "the page scrolled")
    assert shown.sent() == []
    shown.page.evaluate("scrollTo(0, 0)")
    shown.page.touchscreen.tap(180, 100)
    (request,) = shown.sent()
    assert [(event["kind"], event["panel"]) for event in request["events"]] == [("down", "p")]
    shown.answer()
    shown.page.mouse.move(90, 100)
    shown.page.mouse.down()
    shown.page.mouse.move(200, 100)
    shown.page.mouse.up()  # a click, too: where the button went up
    assert [event["kind"] for request in shown.sent() for event in request["events"]] == ["down"]


def test_where_something_is_dragged_a_finger_does_not_scroll(show):
    shown = show(square(cursor=(0.5, 1)), width=360, has_touch=True)
    shown.page.evaluate("document.body.style.height = '3000px'")
    swipe(shown)
    assert shown.page.evaluate("scrollY") == 0
    assert shown.sent()[0]["events"][0]["kind"] == "down"


def test_the_cursor_is_seen_when_the_keyboard_is_used(show):
    shown = show(square(cursor=(0.5, 1)))
    before = shown.page.evaluate("document.querySelector('canvas').toDataURL()")
    shown.page.keyboard.press("Tab")
    shown.frames(2)
    assert shown.page.evaluate("document.querySelector('canvas').toDataURL()") != before


# ---- frame after frame


def test_the_next_frame_is_asked_for_after_the_last_was_drawn(show):
    shown = show(square())
    assert shown.sent() == []
    shown.set(running=True)
    assert shown.sent() == [{"events": [], "advance": True, "after": 0, "calm": False}]
    assert shown.sent() == []  # one at a time
    shown.answer(value=packed(square(0.0)))
    assert [request["after"] for request in shown.sent()] == [1]
    shown.set(running=False)
    shown.answer()
    assert shown.sent() == []


def test_what_nobody_sees_does_not_move(show):
    shown = show(square())
    shown.page.evaluate("document.getElementById('room').style.marginTop = '3000px'")
    shown.page.wait_for_timeout(200)
    shown.set(running=True)
    assert shown.sent() == []
    shown.page.evaluate("scrollTo(0, 3000)")
    until(lambda: shown.sent() != [], "a request")


def test_little_motion_is_a_frame_a_second(show):
    shown = show(square(), reduced_motion="reduce")
    shown.set(running=True)
    assert shown.sent() == []
    until(lambda: shown.page.evaluate("sent.length") == 1, "the first request")
    assert shown.sent()[0]["calm"]
    shown.answer()
    assert shown.sent() == []


def test_the_palette_in_the_script_is_the_books():
    table = re.search(r"const COLOURS = \{(.*?)\n\};", Canvas._esm._path.read_text(encoding="utf-8"), re.DOTALL)[1]
    found = {name: pair for name, *pair in re.findall(r'(\w+): \["(#\w{6})", "(#\w{6})"\]', table)}
    page = {name: [TABLE["page"][theme][name] for theme in ("light", "dark")] for name in TABLE["page"]["light"]}
    symbols = {name: [colour["light"], colour["dark"]] for name, colour in TABLE["symbols"].items()}
    assert found == page | symbols
