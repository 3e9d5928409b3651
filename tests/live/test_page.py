"""What a reader does on a page that computes: run, edit, stop, restart, reload, download."""

import http.server
import json
import re
import threading
import urllib.request
from typing import ClassVar

import pytest

from tests.live.conftest import CHAPTERS, PATIENCE
from tests.site.conftest import until

pytestmark = pytest.mark.skipif(not CHAPTERS, reason="there are no chapters yet")


@pytest.fixture
def cell(desk):
    """run(source) -> (state, shown text), in the first cell of a warm page, whose variables live on."""
    return desk.run_source


def test_outputs_are_shown_as_jupyter_shows_them(desk, cell):
    assert cell("print('one'); 1 + 1") == ("done", "one\n2")
    assert cell("import numpy as np\nnp.arange(3)")[1] == "array([0, 1, 2])"
    assert cell("{i: 'x' * 30 for i in range(4)}")[1].count("\n") == 3  # IPython's printer breaks long lines
    assert cell("2 + 2;") == ("done", "")
    cell("np.set_printoptions(precision=2)")  # one context for all cells
    assert cell("np.array([1 / 3])")[1] == "array([0.33])"
    cell("np.set_printoptions(precision=8)")
    assert "0.333" in cell("from IPython.display import HTML, display\ndisplay(HTML('<b>0.333</b>'))")[1]
    shown = "document.querySelector('.live-output b')?.textContent"
    assert desk.page.evaluate(shown) == "0.333"


def test_markdown_and_formulas_are_rendered(desk, cell):
    cell("from IPython.display import Markdown, display\ndisplay(Markdown('**bold** and $a_1^2 + b_1$'))")
    output = desk.page.locator(".live-output").first
    output.locator("strong").wait_for(timeout=PATIENCE)
    output.locator("mjx-container").wait_for(timeout=PATIENCE)
    cell("from IPython.display import Math\nMath(r'\\frac{1}{2}')")
    output.locator("mjx-mfrac").wait_for(timeout=PATIENCE)


def test_figures_and_clear_output(desk, cell):
    state, _ = cell("import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()")
    assert state == "done"
    assert desk.page.locator(".live-output").first.locator("img[src^='data:image/png']").count() == 1
    state, text = cell(
        "from IPython.display import clear_output\n"
        "for i in range(3):\n    clear_output(wait=True)\n    print('step', i)"
    )
    assert text == "step 2"
    assert cell("h = display('a', display_id='here')\nh.update('b')")[1] == "'b'"


def test_an_error_names_the_readers_line(cell):
    state, text = cell("def half(x):\n    return x / 0\n\nhalf(1)")
    assert state == "error"
    assert "return x / 0" in text
    assert "ZeroDivisionError" in text
    assert "live_kernel" not in text
    assert "SyntaxError" in cell("for")[1]


def test_the_bar_says_that_an_error_ended_the_run(desk):
    desk.page.evaluate("livePage.cells[0].source = '1 / 0'")
    desk.page.evaluate("livePage.queue([livePage.cells[0], livePage.cells[1]])")
    assert desk.page.evaluate("livePage.cells[1].state") == "idle"
    assert "Cell 1 ended with an error." in desk.page.locator(".live-bar").inner_text()


def test_await_magics_progress_and_input(cell):
    assert cell("import asyncio\nawait asyncio.sleep(0.01)\n%matplotlib inline\n'slept'")[1] == "'slept'"
    assert cell("text = '''\n%not a magic\n'''\ntext")[1] == r"'\n%not a magic\n'"
    state, text = cell("from tqdm import tqdm\nfor _ in tqdm(range(5)): pass")
    assert state == "done"
    assert "5/5" in text
    assert text.count("it/s") <= 1 or text.count("\n") == 0
    assert "cannot wait for an answer" in cell("input('name?')")[1]
    assert "not part of this page's Python" in cell("import torch")[1]


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Another host, open to everybody, that counts its visitors."""

    visits: ClassVar = []

    def do_GET(self):
        self.visits.append(self.path)
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


def test_nothing_reaches_another_host(desk, cell):
    """Neither Python nor JavaScript started by Python: the worker has inherited the page's policy."""
    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    address = f"http://localhost:{other.server_port}/"
    with urllib.request.urlopen(address + "sure"):  # the door is open
        assert Elsewhere.visits == ["/sure"]
    tries = {
        "fetch": f"from pyodide.http import pyfetch\nawait pyfetch('{address}')",
        "request": f"import js\nr = js.XMLHttpRequest.new()\nr.open('GET', '{address}', False)\nr.send()\n1 / r.status",
        "module": f"from pyodide.code import run_js\nawait run_js('import(\"{address}\")')",
        "worker": f"import js\nawait js.fetch('{address}', mode='no-cors')",
    }
    for name, source in tries.items():
        state, text = cell(source)
        assert state == "error", f"{name}: {text}"
    desk.page.evaluate(f"fetch('{address}').catch(() => {{}})")
    assert Elsewhere.visits == ["/sure"]
    other.shutdown()
    other.server_close()
    desk.errors[:] = [text for text in desk.errors if "Content Security Policy" not in text]
    desk.external[:] = [url for url in desk.external if not url.startswith(address)]  # seen before they are refused


def test_a_callback_that_fails_says_so_below_its_widget(desk, cell):
    source = (
        "import ipywidgets\nb = ipywidgets.Button(description='fail')\n"
        "def failing(_):\n    raise ValueError('planted')\nb.on_click(failing)\nb"
    )
    assert cell(source)[0] == "done"
    desk.page.locator(".live-output button:has-text('fail')").click()
    desk.page.locator(".live-output .traceback:has-text('planted')").wait_for(timeout=PATIENCE)
    assert cell("'still here'")[1] == "'still here'"


def test_the_latest_slider_position_wins_and_nothing_piles_up(desk, cell):
    source = (
        "import ipywidgets, time\nseen = []\ns = ipywidgets.IntSlider(max=1000)\n"
        "def slow(change):\n    time.sleep(0.25); seen.append(change['new'])\ns.observe(slow, 'value')\ns"
    )
    cell(source)
    page = desk.page
    handle = page.locator(".live-output .noUi-handle").first
    handle.scroll_into_view_if_needed()
    box, track = handle.bounding_box(), page.locator(".live-output .noUi-target").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(120):
        page.mouse.move(track["x"] + track["width"] * step / 120, box["y"] + 5)
    page.mouse.up()
    until(lambda: page.evaluate("livePage.engine.waiting.size") == 0, "the slider's last message")
    shown = page.locator(".live-output .widget-readout").first.inner_text()
    assert desk.page.evaluate("livePage.engine.state") == "ready"
    last, count = eval(desk.run_source("seen[-1], len(seen)", 1)[1])
    assert str(last) == shown
    assert count < 100  # of 120 moves: those that waited were merged


def test_widgets_of_an_earlier_run_are_closed(desk, cell):
    for _ in range(3):
        cell("import ipywidgets\nipywidgets.IntSlider()")
    models = "Object.keys(livePage.live._models).length"
    first = desk.page.evaluate(models)
    for _ in range(3):
        cell("import ipywidgets\nipywidgets.IntSlider()")
    assert desk.page.evaluate(models) <= first


def test_edit_reset_undo_reload_and_download(reader):
    one = reader(accept_downloads=True)
    page = one.chapter(CHAPTERS[0])
    code = page.locator("div.cell .cell_input pre:visible").first
    code.scroll_into_view_if_needed()
    code.focus()
    page.keyboard.press("Enter")
    editor = page.locator(".cm-content").first
    editor.wait_for(timeout=PATIENCE)
    page.keyboard.press("Control+a")
    page.keyboard.type("84 / 2")  # "/" is the theme's shortcut to the search: not in here
    page.keyboard.press("Shift+Enter")
    page.locator(".live-output:has-text('42.0')").first.wait_for(timeout=PATIENCE)
    position = page.evaluate("livePage.cells.findIndex(c => c.edited)")
    printed = page.evaluate(f"livePage.cells[{position}].printed")

    page.reload()
    page.locator(".cm-content:has-text('84 / 2')").wait_for(timeout=PATIENCE)
    page.get_by_role("button", name="Reset", exact=True).first.click()
    assert page.evaluate(f"livePage.cells[{position}].source") == printed
    page.get_by_role("button", name="Undo reset").first.click()
    assert page.evaluate(f"livePage.cells[{position}].source") == "84 / 2"

    page.locator(".live-more summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as notebook").click()
    notebook = json.loads(download.value.path().read_text(encoding="utf-8"))
    sources = ["".join(c["source"]) for c in notebook["cells"]]
    assert "84 / 2" in sources
    assert download.value.suggested_filename.endswith(".ipynb")

    page.get_by_role("button", name="Reset all edits").click()
    page.reload()
    page.wait_for_selector(".live-bar")
    assert page.evaluate("livePage.cells.some(c => c.edited)") is False
    assert one.complaints() == []


def test_an_endless_loop_is_stopped_within_seconds_and_python_starts_again(reader):
    one = reader()
    page = one.chapter(CHAPTERS[0])
    assert one.run_source("kept = 1\nkept")[1] == "1"
    page.evaluate("livePage.cells[0].source = 'while True: pass'")
    page.evaluate("void livePage.queue([livePage.cells[0]])")
    until(lambda: page.evaluate("livePage.cells[0].state") == "running", "the loop to run")
    page.get_by_role("button", name="■ Stop").click()
    until(lambda: page.evaluate("livePage.cells[0].state") != "running", "the loop to stop", 5)
    assert "Stopped" in page.locator(".live-note").inner_text()
    assert one.run_source("2 + 3")[1] == "5"
    page.get_by_role("button", name="Restart").click()
    until(lambda: page.locator(".live-note").inner_text() == "Python is ready.", "the restart")
    assert "NameError" in one.run_source("kept")[1]
    assert one.complaints() == []


def test_a_cell_runs_what_it_needs_and_only_that(reader):
    one = reader()
    page = one.chapter(CHAPTERS[0])
    cells = page.evaluate("livePage.cells.map(c => ({index: c.index, needs: c.needs}))")
    positions = {c["index"]: i for i, c in enumerate(cells)}
    last = max(range(len(cells)), key=lambda i: (0 < len(cells[i]["needs"]) < i / 2, i))
    assert one.run(last) in ("done", "error")
    states = page.evaluate("livePage.cells.map(c => c.state)")
    ran = {i for i, state in enumerate(states) if state != "idle"}
    assert ran == {last} | {positions[index] for index in cells[last]["needs"]}


def test_two_pages_in_a_row(reader):
    one = reader()
    for stem in (CHAPTERS + CHAPTERS)[:2]:
        one.chapter(stem)
        assert one.run_source("1 + 1")[1] == "2"
    assert one.complaints() == []


def test_the_policy_is_strict_on_every_page(html):
    pages = [p for p in html.rglob("*.html") if "_static" not in p.parts]
    assert pages
    for page in pages:
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page.read_text(encoding="utf-8"))
        assert policy, page
        script = re.search(r"script-src ([^;]*)", policy[1])[1]
        assert "'unsafe-eval'" not in script.split()
        assert "'unsafe-inline'" not in script.split()
        assert not re.search(r"https?:", policy[1])
