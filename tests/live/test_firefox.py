"""The pages that compute in another browser: Firefox, driven by Mozilla's own protocol (Marionette)."""

import json
import os
import shutil
import warnings

import pytest

from tests.live.conftest import PATIENCE
from tests.live.test_chapters import RUN, VIEW, cells_of, differences
from tests.site.conftest import until
from website.live.extension import enabled

CHAPTER = "01-neuron"
# the driver leaves its sockets to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def firefox(site, tmp_path_factory):
    """A headless Firefox on a chapter's page; without one the test is skipped, and under CI it fails."""
    if not enabled():
        pytest.skip("LIVE=0: this site is built to be read only")
    names = (os.environ.get("FIREFOX"), "firefox-esr", "firefox")
    path = next((path for name in names if name and (path := shutil.which(name))), None)
    if path is None:
        words = "no Firefox on this machine: NOT tested in it (Debian: apt-get install firefox-esr)"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(words, pytrace=False)
        pytest.skip(words)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what it imports
        from marionette_driver.marionette import Marionette

    log = tmp_path_factory.mktemp("firefox") / "log.txt"
    running = Marionette(bin=path, headless=True, port=0, gecko_log=str(log))
    running.start_session()
    running.timeout.script = running.timeout.page_load = PATIENCE / 1000
    running.navigate(f"{site}chapters/{CHAPTER}.html")
    until(lambda: ask(running, "typeof livePage === 'object'"), "the page to be ready")
    yield running
    running.cleanup()


def ask(firefox, expression):
    """The value of a JavaScript expression on the page."""
    return firefox.execute_script(f"return {expression}", sandbox=None)


def wait(firefox, expression):
    """What a JavaScript promise on the page brings."""
    script = f"const done = arguments[0]; ({expression}).then(done, e => done({{ state: `${{e}}`, outputs: [] }}))"
    return firefox.execute_async_script(script, sandbox=None)


def test_every_cell_says_what_is_stored(firefox):
    found = list(differences(lambda position: wait(firefox, f"({RUN})({position})"), cells_of(CHAPTER)))
    assert not found, "\n\n".join(found)


def test_a_widget_moves_by_keyboard(firefox):
    from marionette_driver.by import By
    from marionette_driver.keys import Keys

    stored = [i for i, c in enumerate(cells_of(CHAPTER)) if any(VIEW in o.get("data", {}) for o in c["outputs"])]
    position = stored[0]
    wait(firefox, f"livePage.run(livePage.cells[{position}])")
    cell = ask(firefox, f"livePage.cells[{position}].index")
    handle = firefox.find_element(By.CSS_SELECTOR, f"div.live-cell-{cell} .live-output .noUi-handle")
    shown = f"""[livePage.cells[{position}].output].map(node => JSON.stringify([node.innerText,
        [...node.querySelectorAll("img")].map(i => i.src), [...node.querySelectorAll("canvas")].map(c => c.toDataURL())
    ]))[0]"""
    before = ask(firefox, shown)
    handle.send_keys(Keys.ARROW_RIGHT)
    until(lambda: json.loads(ask(firefox, shown))[0] != json.loads(before)[0], "the widget's words to follow")
    until(lambda: json.loads(ask(firefox, shown))[1:] != json.loads(before)[1:], "the widget's picture to follow")


def test_an_endless_loop_is_stopped(firefox):
    ask(firefox, "livePage.cells[0].source = 'while True: pass'")
    ask(firefox, "void (window.stopped = livePage.queue([livePage.cells[0]]))")
    until(lambda: ask(firefox, "livePage.cells[0].state") == "running", "the loop to run")
    ask(firefox, "void livePage.stop()")
    wait(firefox, "window.stopped")
    assert ask(firefox, "livePage.cells[0].state") != "running"
    ask(firefox, "livePage.cells[0].source = '6 * 7'")
    wait(firefox, "livePage.queue([livePage.cells[0]])")
    assert "42" in ask(firefox, "livePage.cells[0].output.innerText")
