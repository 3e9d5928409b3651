"""When the page cannot compute, the reader keeps a readable page and is told why, in one sentence."""

import pytest

from tests.live.conftest import CHAPTERS, PATIENCE
from tests.site.conftest import until

pytestmark = pytest.mark.skipif(not CHAPTERS, reason="there are no chapters yet")


def note(page):
    return page.locator(".live-note").inner_text()


def said_by_the_cell(page):
    return page.evaluate("livePage.cells[0].message.textContent")


def try_to_run(one, words):
    page = one.page
    page.evaluate("void livePage.run(livePage.cells[0])")
    until(lambda: words in note(page), f"“{words}”, but the page says “{note(page)}”")
    assert page.evaluate("livePage.cells[0].state") == "idle"
    assert page.locator("article h1").first.is_visible()


def test_opened_as_a_file(reader, html):
    one = reader()
    one.page.goto((html / "chapters" / f"{CHAPTERS[0]}.html").as_uri())
    one.page.wait_for_selector(".live-bar")
    assert "python -m http.server" in note(one.page)
    hints = one.page.locator(".live-hint")
    assert all("opened as a file" in text for text in hints.all_inner_texts())


def test_without_webassembly(reader):
    one = reader()
    one.context.add_init_script("delete globalThis.WebAssembly")
    one.chapter(CHAPTERS[0])
    try_to_run(one, "WebAssembly switched off")


def test_a_worker_refused(reader):
    one = reader()
    one.context.add_init_script("globalThis.Worker = class { constructor() { throw new Error('refused'); } }")
    one.chapter(CHAPTERS[0])
    try_to_run(one, "refused to start a worker")


def test_a_part_is_missing_and_then_there(reader):
    one = reader()
    one.context.route("**/packs/numpy.zip*", lambda route: route.fulfill(status=404, body="gone"))
    one.chapter(CHAPTERS[0])
    try_to_run(one, "A part of Python is missing")
    assert "packs/numpy.zip" in note(one.page)
    one.context.unroute("**/packs/numpy.zip*")
    assert one.run_source("1 + 1")[1] == "2"


def test_a_part_was_altered(reader, html):
    good = (html / "live" / "packs" / "numpy.zip").read_bytes()
    bad = good[:1000] + bytes([good[1000] ^ 1]) + good[1001:]
    one = reader()
    one.context.route("**/packs/numpy.zip*", lambda route: route.fulfill(status=200, body=bad))
    one.chapter(CHAPTERS[0])
    try_to_run(one, "arrived damaged")


def test_the_network_goes_away(reader):
    one = reader()
    one.context.route("**/packs/numpy.zip*", lambda route: route.abort())
    one.chapter(CHAPTERS[0])
    try_to_run(one, "The network went away")
    one.context.unroute("**/packs/numpy.zip*")
    assert one.run_source("1 + 1")[1] == "2"


def test_a_package_is_missing_and_then_there(reader):
    one = reader()
    one.context.route("**/packs/matplotlib.zip*", lambda route: route.fulfill(status=404, body="gone"))
    one.chapter(CHAPTERS[0])
    assert one.run_source("import numpy as np\nint(np.arange(4).sum())") == ("done", "6")
    state, _ = one.run_source("import matplotlib.pyplot as plt")
    assert state == "error"
    assert "packs/matplotlib.zip" in said_by_the_cell(one.page)
    one.context.unroute("**/packs/matplotlib.zip*")
    assert one.run_source("import matplotlib\nmatplotlib.__name__") == ("done", "'matplotlib'")


OPENED_UNNAMED = """
from nnlib import Network, data
name = "".join(["digits", "-16-16"])
print(Network.load(data.FOLDER / "networks" / f"{name}.npz").layers[0])
print(len(data.text().letters), len(data.history("digits-300")["runs"]))
whole = getattr(data, "mni" + "st")
print(whole().x_train.shape)
place = data.FOLDER / "histories" / "digits-16-16.json"
place.write_text("[1]")
print(data.history("digits-16-16"))
"""


def test_stored_files_come_when_they_are_opened(reader):
    one = reader()
    one.context.route("**/live/data/equations.json*", lambda route: None)  # what is fetched while idle stays there
    one.chapter(CHAPTERS[0])
    assert one.run_source(OPENED_UNNAMED) == ("done", "Dense(784 -> 16)\n141813 3\n(784, 60000)\n[1]")


def test_a_stored_file_that_cannot_be_fetched(reader):
    one = reader()
    one.context.route("**/live/data/networks/*", lambda route: route.abort())
    one.chapter(CHAPTERS[0])
    load = "from nnlib import Network, data\nNetwork.load(data.FOLDER / 'networks' / 'digits-16-16.npz').layers[0]"
    state, text = one.run_source(load)
    assert state == "error"
    assert "I/O error" in text
    assert "The network went away" in said_by_the_cell(one.page)
    one.context.unroute("**/live/data/networks/*")
    assert one.run_source(load) == ("done", "Dense(784 -> 16)")


def test_out_of_memory(reader):
    one = reader()
    one.chapter(CHAPTERS[0])
    state, text = one.run_source("import numpy as np\nhoard = [np.empty((10_000, 20_000)) for _ in range(9)]")
    assert state == "error"
    assert "MemoryError" in text
    assert one.run_source("1 + 1")[1] == "2"


def test_a_stored_widget_says_why_it_does_not_wake(reader):
    one = reader()
    one.context.route("**/packs/numpy.zip*", lambda route: route.fulfill(status=404, body="gone"))
    page = one.chapter(CHAPTERS[0])
    if not page.evaluate("livePage.cells.some(c => c.hint)"):
        pytest.skip("this chapter has no widget")
    one.has_widgets()
    area = page.locator(".output.widget .noUi-handle, .output.widget button").first
    area.scroll_into_view_if_needed()
    area.click(force=True)
    page.locator(".live-hint:has-text('could not be started')").wait_for(timeout=PATIENCE)


def test_touching_a_stored_widget_applies_what_was_done(reader):
    one = reader()
    page = one.chapter(CHAPTERS[0])
    if not page.evaluate("livePage.cells.some(c => c.hint)"):
        pytest.skip("this chapter has no widget")
    one.has_widgets()
    handle = page.locator(".output.widget .noUi-handle").first
    handle.scroll_into_view_if_needed()
    before = float(handle.get_attribute("aria-valuenow"))
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    wanted = float(handle.get_attribute("aria-valuenow"))
    assert wanted > before
    live = page.locator(".live-output .widget .noUi-handle").first
    live.wait_for(timeout=PATIENCE)
    until(lambda: float(live.get_attribute("aria-valuenow")) == wanted, "the live slider to stand where it was put")
    until(lambda: page.evaluate("livePage.engine.waiting.size") == 0, "Python")
    assert page.evaluate("document.activeElement.classList.contains('noUi-handle')")
    assert one.complaints() == []
