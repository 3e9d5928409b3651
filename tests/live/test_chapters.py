"""Every chapter in a real browser: all cells run in the page, their text is the stored text, all widgets move."""

import json
import re

import pytest

from tests.conftest import ROOT
from tests.live.conftest import CHAPTERS, PATIENCE, Reader, told
from tests.site.conftest import until

VIEW = "application/vnd.jupyter.widget-view+json"
NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.?\d+)(?:e[-+]?\d+)?", re.IGNORECASE)
# Another processor, another order of summation: numbers agree to this share of their size, or in their last digit.
RELATIVE = 1e-4

RUN = """async position => {
  const cell = livePage.cells[position];
  const shown = [];
  const show = cell.show;
  cell.show = function (output) { shown.push(output); show.call(this, output); };
  await livePage.queue([cell]);
  cell.show = show;
  return { state: cell.state, outputs: shown };
}"""


SHORTEN = """import itertools, nnlib.training
whole, made = nnlib.training.minibatches, []
def first_batches(x, y, batch_size=None, rng=None):
    if batch_size is None:
        x, y = x[..., :50], y[..., :50]
    for batch in itertools.islice(whole(x, y, batch_size, rng), 20 if len(made) < 500 else 1):
        made.append(len(made))
        yield batch
nnlib.training.minibatches = first_batches"""


@pytest.fixture(scope="module", params=CHAPTERS or ["none"])
def chapter(request, browser, site):
    """A chapter's page, all tests of it in one tab."""
    if request.param == "none":
        pytest.skip("there are no chapters yet")
    reader = Reader(browser, site)
    page = reader.chapter(request.param)
    page.set_default_timeout(PATIENCE)
    yield reader, cells_of(request.param)
    reader.close()


def cells_of(stem):
    """The code cells of a chapter as they are stored, in the order of the page's cells."""
    notebook = json.loads((ROOT / "chapters" / f"{stem}.ipynb").read_text(encoding="utf-8"))
    return [c for c in notebook["cells"] if c["cell_type"] == "code" and "".join(c["source"]).strip()]


def text_of(outputs):
    """What a cell says: streams, values and errors, as a reader sees them."""
    said = []
    for output in outputs:
        if output["output_type"] == "stream":
            if output["name"] == "stdout":
                said.append("".join(output["text"]))
        elif output["output_type"] == "error":
            said.append(f"{output['ename']}: {output['evalue']}")
        elif VIEW not in output["data"] and "image/png" not in output["data"]:
            said.append("".join(output["data"].get("text/plain", "")))
    return "".join(said).strip()


def same(stored, live):
    """Whether two texts agree, numbers up to RELATIVE or one unit of the last printed digit."""
    addresses = r"0x[0-9a-f]+"
    stored, live = (re.sub(addresses, "0x", text) for text in (stored, live))
    if stored == live:
        return True
    words, others = (re.sub(r"\s+", " ", NUMBER.sub("#", text)) for text in (stored, live))
    one, two = NUMBER.findall(stored), NUMBER.findall(live)
    return words == others and len(one) == len(two) and all(near(a, b) for a, b in zip(one, two, strict=True))


def near(a, b):
    mantissa, _, exponent = a.lower().partition("e")
    digit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    unit = digit if "." in mantissa or exponent else 0  # whole numbers agree exactly
    return abs(float(a) - float(b)) <= max(1.01 * unit, RELATIVE * abs(float(a)) if unit else 0)


def test_the_comparison_can_fail():
    assert same("cost 0.1234 at 3", "cost 0.1235 at 3")
    assert not same("cost 0.1234 at 3", "cost 0.1334 at 3")
    assert not same("cost 0.1234 at 3", "cost 0.1234 at 4")
    assert not same("cost 0.1", "price 0.1")


def differences(run, cells):
    """What cells say otherwise than stored; run(position) gives a cell's state and outputs. Long cells are left out."""
    for position, cell in enumerate(cells):
        tags = cell["metadata"].get("tags", [])
        if "long" in tags:
            continue
        answer = run(position)
        expected = "error" if any(o["output_type"] == "error" for o in cell["outputs"]) else "done"
        stored, live = text_of(cell["outputs"]), text_of(answer["outputs"])
        figures = [sum("image/png" in o.get("data", {}) for o in side) for side in (cell["outputs"], answer["outputs"])]
        if answer["state"] != expected or figures[0] != figures[1]:
            yield f"cell {position + 1} is {answer['state']} with {figures[1]} figures:\n{live[-1500:]}"
        elif "nbval-ignore-output" not in tags and not same(stored, live):
            yield f"cell {position + 1} said\n{live}\nstored is\n{stored}"


def test_every_cell_says_what_is_stored(chapter):
    reader, cells = chapter
    found = list(differences(lambda position: reader.page.evaluate(RUN, position), cells))
    assert not found, "\n\n".join(found)
    assert reader.complaints() == []


def test_few_cells_are_long(chapter):
    _, cells = chapter
    long = [cell for cell in cells if "long" in cell["metadata"].get("tags", [])]
    assert len(long) <= max(1, len(cells) / 10)


CONTROLS = ".noUi-handle:visible, select:visible"
TOWARDS_ROOM = """control => control.tagName === "SELECT"
    ? (control.selectedIndex === control.options.length - 1 ? "ArrowUp" : "ArrowDown")
    : (Number(control.ariaValueNow) > Number(control.ariaValueMin) ? "ArrowLeft" : "ArrowRight")"""


def quiet(page):
    """Wait until Python has answered everything."""
    until(lambda: page.evaluate("livePage.engine.waiting.size") == 0, "Python to finish")


def test_every_widget_moves_by_mouse_and_by_keyboard(chapter):
    reader, cells = chapter
    page = reader.page
    stored = [i for i, c in enumerate(cells) if any(VIEW in o.get("data", {}) for o in c["outputs"])]
    if not stored:
        pytest.skip("this chapter has no widget")
    for position in stored:
        if page.evaluate(f"livePage.cells[{position}].state") != "done":
            assert reader.run(position) == "done"
        area = page.locator(f"div.live-cell-{page.evaluate(f'livePage.cells[{position}].index')} .live-output")
        handles = area.locator(".noUi-handle:visible")
        if handles.count():
            handle = handles.first
            for way in ("mouse", "keyboard"):
                before = told(page, position)
                handle.scroll_into_view_if_needed()
                if way == "mouse":
                    track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]").bounding_box()
                    box = handle.bounding_box()
                    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
                    left = x > track["x"] + track["width"] / 2
                    page.mouse.move(x, y)
                    page.mouse.down()
                    page.mouse.move(x + (-60 if left else 60), y, steps=5)
                    page.mouse.up()
                else:
                    handle.focus()
                    left = float(handle.get_attribute("aria-valuenow")) > float(handle.get_attribute("aria-valuemin"))
                    for _ in range(3):
                        page.keyboard.press("ArrowLeft" if left else "ArrowRight")
                until(lambda: told(page, position) != before, f"the widget of cell {position + 1} to move by {way}")  # noqa: B023
                quiet(page)
        else:
            before = told(page, position)
            control = area.locator("button:visible, select:visible, input:visible").first
            control.scroll_into_view_if_needed()
            if control.evaluate("c => c.tagName") == "SELECT":
                control.focus()
                page.keyboard.press("ArrowDown")
            else:
                control.focus()
                page.keyboard.press("Space")
            until(lambda: told(page, position) != before, f"the widget of cell {position + 1} to answer")  # noqa: B023
            quiet(page)
        names = area.locator(".noUi-handle:not([aria-label])")
        assert names.count() == 0, "a slider without a name"
        if "playground" in "".join(cells[position]["source"]):
            continue  # some of its menus tell only when it runs: see test_playground.py
        for number in range(area.locator(CONTROLS).count()):
            control = area.locator(CONTROLS).nth(number)
            before = told(page, position)
            control.scroll_into_view_if_needed()
            control.focus()
            page.keyboard.press(control.evaluate(TOWARDS_ROOM))
            until(lambda: told(page, position) != before, f"control {number + 1} of cell {position + 1} to be followed")  # noqa: B023
            quiet(page)
    assert reader.complaints() == []


def test_long_cells_ask_and_run_shortened(chapter):
    """The first 20 batches of an epoch, later one, 50 examples of a full batch: all the code, little of the time."""
    reader, cells = chapter
    page = reader.page
    long = [i for i, c in enumerate(cells) if "long" in c["metadata"].get("tags", [])]
    marked = page.evaluate("livePage.cells.flatMap((cell, position) => cell.long ? [position] : [])")
    assert marked == long, "the cells that the page takes for long"
    source = page.evaluate("livePage.cells[0].source")
    assert reader.run_source(SHORTEN)[0] == "done"
    page.evaluate("source => { livePage.cells[0].source = source; }", source)
    page.evaluate("livePage.queue([livePage.cells[0]])")
    found = []
    for position in long:
        page.evaluate("position => livePage.queue(livePage.unmet(livePage.cells[position]))", position)
        page.evaluate(f"position => {{ window.answer = ({RUN})(position); }}", position)
        page.locator(".live-ask button").first.click()
        answer = page.evaluate("window.answer")
        stored, live = text_of(cells[position]["outputs"]), text_of(answer["outputs"])
        if answer["state"] != "done" or stored.split()[:1] != live.split()[:1]:
            found.append(f"cell {position + 1} is {answer['state']} and said\n{live}\nstored is\n{stored}")
    assert not found, "\n\n".join(found)
    assert reader.complaints() == []
