"""How fast the pages compute, measured in Chromium on the built site: `python -m benchmarks.live` after `make site`.

    first touch     a fresh browser profile; from the touch on a stored widget to the live one in its place
    warm            the same with Python already started
    slider          from a slider's step to the changed picture or words, median and worst tenth
    canvas          frames a second while a 2-8-8-1 network trains 20 steps a frame and its surface is drawn
    memory          growth of Python's memory per 1,000 slider events
    first load      what the browser fetched, in MB as a compressing host would send it

Times depend on the machine; it is printed beside them. Nothing here is asserted.
"""

import gzip
import json
import os
import statistics
import tempfile
import threading
import time

from tests.live.conftest import PATIENCE, Reader, told, until
from tests.site.conftest import HTML, chromium
from website.serve import server

ROUNDS = 3
EVENTS = 300
SECONDS = 5  # of training on canvas

CELLS = {
    "NumPy only": (
        "import numpy as np, ipywidgets\nslider = ipywidgets.IntSlider(max=1000)\nwords = ipywidgets.Label()\n"
        "def show(change): words.value = str(np.tanh(np.ones((30, 30)) * change['new']).sum())\n"
        "slider.observe(show, 'value')\nipywidgets.VBox([slider, words])"
    ),
    "matplotlib": (
        "import io, ipywidgets, numpy as np\nfrom matplotlib.figure import Figure\n"
        "slider = ipywidgets.IntSlider(max=1000)\npicture = ipywidgets.Image(format='png')\n"
        "figure = Figure(figsize=(5, 3.5), dpi=72)\naxes = figure.subplots()\n"
        "line, = axes.plot(np.linspace(0, 6, 200), np.zeros(200)); axes.set_ylim(-1, 1)\n"
        "def show(change):\n    line.set_ydata(np.sin(line.get_xdata() + change['new'] / 50))\n"
        "    file = io.BytesIO(); figure.savefig(file, format='png'); picture.value = file.getvalue()\n"
        "slider.observe(show, 'value')\nshow({'new': 0})\nipywidgets.VBox([slider, picture])"
    ),
}

TRAINING = """
import numpy as np
from nnlib import SGD, Dense, Network, data
from nnlib.widgets.canvas import CanvasExplorer
from nnlib.widgets.explorer import whole
points, side = data.circles(200), np.linspace(-1.3, 1.3, 50)
grid = np.stack([axis.ravel() for axis in np.meshgrid(side, side)])
net = Network([Dense(2, 8, "tanh"), Dense(8, 8, "tanh"), Dense(8, 1, "sigmoid")], "binary_cross_entropy", rng=0)
optimizer, rng, costs = SGD(0.1), np.random.default_rng(0), []
def advance(steps):
    for _ in range(steps):
        batch = rng.integers(0, 200, 10)
        net.forward(points.x[:, batch])
        net.backward(points.labels[None, batch])
        optimizer.step(net.parameters, net.gradient)
    costs.append(net.cost(points.x, points.labels[None]))
def draw(frame, steps):
    plane = frame.panel("plane", x=(-1.3, 1.3), y=(-1.3, 1.3), equal=True, title=f"{steps} steps a frame")
    plane.heat(net.forward(grid).reshape(50, 50), 0, 1, opacity=0.75)
    plane.points(*points.x, color=points.labels, colors="signed")
    frame.panel("cost", x=(0, 300), y=(0, 1)).line(np.arange(len(costs[-300:])), costs[-300:], color="cost")
    return "Only the canvas changes."
CanvasExplorer({"steps": whole("steps a frame", 20, 1, 1000)}, draw, "", advance=advance)
"""
CELLS["canvas"] = TRAINING

COUNT_FRAMES = """async seconds => {
  const { prototype } = CanvasRenderingContext2D, { clearRect } = prototype, times = [];
  prototype.clearRect = function (...area) { times.push(performance.now()); return clearRect.apply(this, area); };
  await new Promise(done => setTimeout(done, 1000 * seconds));
  prototype.clearRect = clearRect;
  return times;
}"""


def new_reader(playwright, address):
    """A browser with an empty profile of its own."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"] if root else [])
    return browser, Reader(browser, address)


def first_touch(playwright, address, stem, warm):
    browser, reader = new_reader(playwright, address)
    page = reader.chapter(stem)
    reader.has_widgets()
    if warm:
        page.evaluate("livePage.started()")
    handle = page.locator(".output.widget .noUi-handle, .output.widget button").first
    handle.scroll_into_view_if_needed()
    if not warm:  # scrolling near a widget starts Python on a fast line; here the touch comes with a fresh start
        page.evaluate("livePage.engine.end('off')")
        page.wait_for_timeout(300)
    handle.focus() if warm else None
    started = time.perf_counter()
    page.evaluate("livePage.wake(livePage.cells.find(c => c.hint))")
    seconds = time.perf_counter() - started
    fetched = page.evaluate("livePage.data.packs")
    browser.close()
    return seconds, fetched


def slider(playwright, address, stem, source):
    browser, reader = new_reader(playwright, address)
    page = reader.chapter(stem)
    state, text = reader.run_source(source)
    assert state == "done", text
    handle = page.locator(".live-output .noUi-handle").first
    handle.focus()
    heap = "livePage.engine.post({type: 'execute', cell: -1, name: 'memory', source: 'None'}).then(() => 0)"
    page.evaluate(heap)
    took = []
    for _ in range(EVENTS):
        before = told(page, 0)
        started = time.perf_counter()
        page.keyboard.press("ArrowRight")
        while told(page, 0) == before:
            pass
        took.append(time.perf_counter() - started)
    until(lambda: page.evaluate("livePage.engine.waiting.size") == 0, "Python", PATIENCE / 1000)
    size = "import sys, gc; gc.collect(); sum(sys.getsizeof(o) for o in gc.get_objects())"
    first = int(reader.run_source(size, 1)[1])
    for _ in range(EVENTS):
        page.keyboard.press("ArrowLeft")
    until(lambda: page.evaluate("livePage.engine.waiting.size") == 0, "Python", PATIENCE / 1000)
    growth = (int(reader.run_source(size, 1)[1]) - first) / EVENTS * 1000
    browser.close()
    return took, growth


def canvas(playwright, address, stem):
    """When each frame was drawn while the network trains, in milliseconds."""
    browser, reader = new_reader(playwright, address)
    page = reader.chapter(stem)
    state, text = reader.run_source(TRAINING)
    assert state == "done", text
    start = page.locator(".live-output button", has_text="Start").first
    start.scroll_into_view_if_needed()
    start.click()
    page.wait_for_timeout(1000)
    times = page.evaluate(COUNT_FRAMES, SECONDS)
    browser.close()
    return times


def wire(packs):
    manifest = json.loads((HTML / "live" / "manifest.json").read_text(encoding="utf-8"))
    files = ["page.js", "widgets.js", "worker.js", "packs/kernel.zip", "packs/book.zip"]
    files += [name for name in manifest["files"] if name.startswith("pyodide/")]
    files += [manifest["packs"][pack]["file"] for pack in packs]
    return sum(len(gzip.compress((HTML / "live" / name).read_bytes(), 6)) for name in files) / 1e6


def main():
    from playwright.sync_api import sync_playwright

    running = server(HTML)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    address = f"http://localhost:{running.server_port}/"
    stems = sorted(p.stem for p in (HTML / "chapters").glob("[0-9][0-9]-*.html"))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start; medians of {ROUNDS}")
    print(f"on the wire, gzipped: NumPy {wire(['numpy', 'widgets']):.1f} MB, with matplotlib "
          f"{wire(['numpy', 'matplotlib', 'widgets']):.1f} MB")  # fmt: skip
    with sync_playwright() as playwright, tempfile.TemporaryDirectory():
        stem = next(s for s in stems if "widget-view+json" in (HTML / f"chapters/{s}.html").read_text("utf-8"))
        for warm in (False, True):
            times = [first_touch(playwright, address, stem, warm)[0] for _ in range(ROUNDS)]
            start = "Python ready" if warm else "first touch"
            print(f"{start} to live widget, {stem}: {statistics.median(times):.2f} s")
        for name, source in CELLS.items():
            took, growth = slider(playwright, address, stem, source)
            took.sort()
            median, tenth = 1000 * statistics.median(took), 1000 * took[int(0.9 * len(took))]
            print(f"slider step, {name}: median {median:.0f} ms, worst tenth {tenth:.0f} ms; "
                  f"memory {growth / 1000:+.0f} kB per 1,000 events")  # fmt: skip
        times = canvas(playwright, address, stem)
        gaps = sorted(after - before for before, after in zip(times, times[1:], strict=False))
        median, tenth = statistics.median(gaps), gaps[int(0.9 * len(gaps))]
        print(f"2-8-8-1 trained on canvas, 20 steps a frame: {len(times) / SECONDS:.0f} frames/s, "
              f"from frame to frame median {median:.0f} ms, worst tenth {tenth:.0f} ms")  # fmt: skip
    running.shutdown()
    running.server_close()


if __name__ == "__main__":
    main()
