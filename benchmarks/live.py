"""How fast the pages compute, measured in Chromium on the built site: `python -m benchmarks.live` after `make site`.

    first cell      a fresh browser profile; from nothing to the output of a cell
    first touch     a fresh browser profile; from the touch on a stored widget to the live one in its place
    warm            the same with Python and its packages already there
    slider          from a slider's step to the changed picture or words, median and worst tenth
    canvas          frames a second while a 2-8-8-1 network trains 20 steps a frame and its surface is drawn
    memory          growth per 1,000 moves of the mouse that drags a slider to and fro, for `--minutes` a widget
    first load      what the browser fetched, in MB as a compressing host would send it

The table is stored in live.md, which appendix/speed.md shows. Nothing here is asserted.
"""

import argparse
import gzip
import json
import os
import statistics
import threading
import time
from datetime import date
from pathlib import Path

from tests.conftest import HTML, chromium
from tests.live.conftest import PATIENCE, Reader, told
from tests.site.conftest import until
from website.serve import server

HERE = Path(__file__).resolve().parent
ROUNDS = 3
EVENTS = 300
BOUND = 1  # MB of growth per 1,000 moves
DRAGGED = ("01-neuron", "07-softmax")  # a widget on canvas, a widget in matplotlib
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

WARM = """livePage.started().then(() => livePage.engine.post(
  { type: "execute", cell: -1, name: "warm", source: "import ipywidgets, matplotlib.pyplot" }))"""

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
    if warm:  # with the packages in, too, as a moment after the start
        page.evaluate(WARM)
    handle = page.locator(".output.widget .noUi-handle, .output.widget button").first
    handle.scroll_into_view_if_needed()
    if not warm:  # scrolling near a widget starts Python on a fast line; here the touch comes with a fresh start
        page.evaluate("livePage.engine.end('off')")
        page.wait_for_timeout(300)
    handle.focus() if warm else None
    started = time.perf_counter()
    page.evaluate("livePage.wake(livePage.cells.find(c => c.hint))")
    seconds = time.perf_counter() - started
    assert page.locator(".live-output .noUi-handle, .live-output button").count(), "the live widget"
    browser.close()
    return seconds


def slider(playwright, address, stem, source):
    browser, reader = new_reader(playwright, address)
    page = reader.chapter(stem)
    state, text = reader.run_source(source)
    assert state == "done", text
    handle = page.locator(".live-output .noUi-handle").first
    handle.focus()
    took = []
    for _ in range(EVENTS):
        before = told(page, 0)
        started = time.perf_counter()
        page.keyboard.press("ArrowRight")
        while told(page, 0) == before:
            pass
        took.append(time.perf_counter() - started)
    until(lambda: page.evaluate("livePage.engine.waiting.size") == 0, "Python", PATIENCE / 1000)
    browser.close()
    return took


SIZES = """
import gc, sys
import pyodide_js
gc.collect()
print(sum(map(sys.getsizeof, gc.get_objects())), pyodide_js._module.HEAP8.length)
"""


def dragging(playwright, address, stem, minutes):
    """Drag the first slider of a chapter's widget to and fro: the moves, and megabytes before and after.

    Three kinds: what Python's objects hold, WebAssembly's memory (which never shrinks), the page's JavaScript.
    """
    browser, reader = new_reader(playwright, address)
    page = reader.chapter(stem)
    reader.has_widgets()
    page.evaluate("livePage.wake(livePage.cells.find(cell => cell.hint))")

    def megabytes():
        state, text = reader.run_source(SIZES)
        assert state == "done", text
        page.request_gc()
        return [int(size) / 1e6 for size in (*text.split(), page.evaluate("performance.memory.usedJSHeapSize"))]

    def drag(seconds):
        track = page.locator(".live-output .noUi-target").first
        track.scroll_into_view_if_needed()
        handle, box = track.locator(".noUi-handle").bounding_box(), track.bounding_box()
        y, steps, end, moves = box["y"] + box["height"] / 2, 60, time.monotonic() + seconds, 0
        page.mouse.move(handle["x"] + handle["width"] / 2, y)
        page.mouse.down()
        while time.monotonic() < end:
            place = abs(moves % (2 * steps) - steps) / steps
            page.mouse.move(box["x"] + place * box["width"], y)
            moves += 1
            until(lambda: page.evaluate("livePage.engine.waiting.size") == 0, "Python", PATIENCE / 1000)
        page.mouse.up()
        return moves

    drag(5)  # caches fill
    before = megabytes()
    moves = drag(60 * minutes)
    after = megabytes()
    browser.close()
    return moves, before, after


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
    files = ["page.js", "widgets.js", "worker.js", "files.js", "packs/kernel.zip", "packs/book.zip"]
    files += [name for name in manifest["files"] if name.startswith("pyodide/")]
    files += [manifest["packs"][pack]["file"] for pack in packs]
    return sum(len(gzip.compress((HTML / "live" / name).read_bytes(), 6)) for name in files) / 1e6


def first_cell(playwright, address, stem):
    """Seconds from nothing to the output of a cell that needs NumPy only, in a fresh profile."""
    browser, reader = new_reader(playwright, address)
    reader.chapter(stem)
    started = time.perf_counter()
    state, text = reader.run_source("import numpy as np\nprint(np.arange(4).sum())")
    seconds = time.perf_counter() - started
    assert (state, text) == ("done", "6"), text
    browser.close()
    return seconds


def measures(playwright, address, stem, minutes):
    """Yield (what, value, target), all as words."""
    yield "on the wire before a NumPy cell, gzipped", f"{wire(['numpy', 'widgets']):.1f} MB", "13 MB"
    yield "the same with matplotlib", f"{wire(['numpy', 'matplotlib', 'widgets']):.1f} MB", "20 MB"
    seconds = statistics.median(first_cell(playwright, address, stem) for _ in range(ROUNDS))
    yield "fresh profile to the output of a NumPy cell", f"{seconds:.1f} s", "2.5 s"
    for warm, words, target in ((False, "first touch to live widget, with matplotlib", "4 s"),
                                (True, "the same with Python and its packages there", "0.7 s")):  # fmt: skip
        seconds = statistics.median(first_touch(playwright, address, stem, warm) for _ in range(ROUNDS))
        yield f"{words} ({stem})", f"{seconds:.1f} s", target
    for name, source in CELLS.items():
        took = sorted(slider(playwright, address, stem, source))
        median, tenth = 1000 * statistics.median(took), 1000 * took[int(0.9 * len(took))]
        target = {"matplotlib": "150 ms", "canvas": "60 ms"}.get(name, "")
        yield f"slider step to picture, {name}", f"median {median:.0f} ms, worst tenth {tenth:.0f} ms", target
    times = canvas(playwright, address, stem)
    gaps = sorted(after - before for before, after in zip(times, times[1:], strict=False))
    median, tenth = statistics.median(gaps), gaps[int(0.9 * len(gaps))]
    frames = f"{len(times) / SECONDS:.0f} frames/s; frame to frame median {median:.0f} ms, worst tenth {tenth:.0f} ms"
    yield "2-8-8-1 trained on canvas, 20 steps a frame", frames, "30 frames/s"
    for stem in DRAGGED:
        moves, before, after = dragging(playwright, address, stem, minutes)
        growth = ", ".join(f"{kind} {1000 * (new - old) / moves:+.2f} MB" for kind, old, new in zip(
            ("Python's objects", "WebAssembly", "JavaScript"), before, after, strict=True))  # fmt: skip
        bound = f"{BOUND} MB each"
        yield f"growth per 1,000 moves, {minutes:g} minutes of dragging, {moves:,} moves ({stem})", growth, bound


def main():
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1, help="of dragging a slider, for each of two widgets")
    minutes = parser.parse_args().minutes
    running = server(HTML)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    stems = sorted(p.stem for p in (HTML / "chapters").glob("[0-9][0-9]-*.html"))
    stem = next(s for s in stems if "widget-view+json" in (HTML / f"chapters/{s}.html").read_text("utf-8"))
    lines = [f"Measured on {date.today()} in headless Chromium from localhost, {os.cpu_count()} cores, load "
             f"{os.getloadavg()[0]:.1f} before the start, medians of {ROUNDS}.",
             "", "| what | measured | target |", "|---|---|---|"]  # fmt: skip
    print("\n".join(lines))
    with sync_playwright() as playwright:
        for row in measures(playwright, f"http://localhost:{running.server_port}/", stem, minutes):
            lines.append(f"| {' | '.join(row)} |")
            print(lines[-1], flush=True)
    (HERE / "live.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    running.shutdown()
    running.server_close()


if __name__ == "__main__":
    main()
