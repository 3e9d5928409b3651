"""What a cell shows, as Jupyter's message format has it (nbformat outputs), sent to the page as JSON."""

import base64
import io
import json
import sys
import time
import traceback

FIGURES = {"formats": ("png",), "bbox_inches": "tight"}  # what `%config InlineBackend` may change
TEXT_LIMIT = 400_000  # characters of stdout and stderr that one run of a cell may show
FLUSH_EVERY = 0.1  # seconds between two messages of a printing loop

cell = None  # the cell that owns what is shown now
captures = []  # open `with Output():` blocks, innermost last
_post = None


def connect(post):
    """post(json_text, buffers) hands a message to the page."""
    global _post
    _post = post


def send(message, buffers=()):
    _post(json.dumps(message), list(buffers))


def emit(output):
    """Show an output in the innermost `Output` widget, or below the cell that is running."""
    flush()
    _emit(output)


def _emit(output):
    if captures:
        captures[-1].add(output)
    else:
        send({"type": "output", "cell": cell, "output": output})


def display(thing, raw=False, display_id=None, update=False, metadata=None, kind="display_data"):
    show_itself = getattr(thing, "_ipython_display_", None)
    if show_itself is not None and not raw and not isinstance(thing, type):
        flush()
        show_itself()
        return
    data, details = (thing, {}) if raw else format_value(thing)
    if data is None:
        return
    output = {"output_type": "update_display_data" if update else kind, "data": data}
    output["metadata"] = {**details, **(metadata or {})}
    if display_id is not None:
        output["transient"] = {"display_id": display_id}
    emit(output)


REPRESENTATIONS = (
    ("text/html", "_repr_html_"),
    ("text/markdown", "_repr_markdown_"),
    ("image/svg+xml", "_repr_svg_"),
    ("image/png", "_repr_png_"),
    ("text/latex", "_repr_latex_"),
)


def format_value(thing):
    """The MIME bundle of a value and its metadata; (None, {}) if there is nothing to show."""
    if not isinstance(thing, type):
        bundle = getattr(thing, "_repr_mimebundle_", None)
        bundle = bundle() if bundle is not None else None
        if bundle is not None:
            return bundle if isinstance(bundle, tuple) else (bundle, {})
        if type(thing).__module__ == "matplotlib.figure" and hasattr(thing, "savefig"):
            return format_figure(thing)
    data = {}
    if not isinstance(thing, type):
        for mime, name in REPRESENTATIONS:
            method = getattr(thing, name, None)
            value = method() if method is not None else None
            if value is not None:
                data[mime] = base64.b64encode(value).decode() if isinstance(value, bytes) else value
    from IPython.lib.pretty import pretty  # the printer Jupyter uses: long lists break in the same places

    data["text/plain"] = pretty(thing)
    return data, {}


def format_figure(figure):
    if not figure.axes and not figure.lines:
        return None, {}
    retina = "retina" in FIGURES["formats"] or "png2x" in FIGURES["formats"]
    options = {name: value for name, value in FIGURES.items() if name != "formats"}
    options = {"facecolor": figure.get_facecolor(), "edgecolor": figure.get_edgecolor(), **options}
    file = io.BytesIO()
    figure.canvas.print_figure(file, format="png", dpi=figure.dpi * (2 if retina else 1), **options)
    png = file.getvalue()
    details = {}
    if retina:  # the PNG header holds width and height in pixels
        width, height = (int.from_bytes(png[i : i + 4], "big") // 2 for i in (16, 20))
        details = {"image/png": {"width": width, "height": height}}
    return {"image/png": base64.b64encode(png).decode(), "text/plain": repr(figure)}, details


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr: gathers what is written and sends it a few times a second."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name):
        self.name = name
        self.parts, self.shown, self.sent_at = [], 0, 0.0

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() expects str, got {type(text).__name__}")
        if text and self.shown <= TEXT_LIMIT:
            self.shown += len(text)
            if self.shown > TEXT_LIMIT:
                text = "\n… more than the page shows; the rest of this cell's text is left out.\n"
            self.parts.append(text)
            if time.perf_counter() - self.sent_at > FLUSH_EVERY:
                self.flush()
        return len(text)

    def flush(self):
        if self.parts:
            text, self.parts = "".join(self.parts), []
            self.sent_at = time.perf_counter()
            _emit({"output_type": "stream", "name": self.name, "text": text})


stdout, stderr = Stream("stdout"), Stream("stderr")


def flush():
    stdout.flush()
    stderr.flush()


def begin(owner):
    """From here on, what is shown belongs to the cell `owner`."""
    global cell
    cell = owner
    del captures[:]
    stdout.shown = stderr.shown = 0


class Capture:
    """What a `with Output():` block gathers; the widget's `outputs` is set once, so that nothing flickers."""

    def __init__(self, widget):
        self.widget, self.outputs = widget, list(widget.outputs)
        self.clear_next = self.changed = False
        self.committed_at = time.perf_counter()

    def add(self, output):
        kind = output["output_type"]
        if kind == "clear_output":
            if output["wait"]:
                self.clear_next = True
            else:
                self.outputs, self.changed = [], True
            return
        if self.clear_next:
            self.outputs, self.clear_next = [], False
        self.changed = True
        last = self.outputs[-1] if self.outputs else {}
        if kind == "stream" and last.get("output_type") == "stream" and last["name"] == output["name"]:
            self.outputs[-1] = {**last, "text": last["text"] + output["text"]}
        elif kind == "update_display_data":
            wanted = output["transient"]["display_id"]
            for index, shown in enumerate(self.outputs):
                if shown.get("transient", {}).get("display_id") == wanted:
                    self.outputs[index] = {**output, "output_type": "display_data"}
        else:
            self.outputs.append(output)
        if time.perf_counter() - self.committed_at > 0.25:  # a long callback shows how far it is
            self.commit()

    def commit(self):
        self.committed_at = time.perf_counter()
        if self.clear_next:  # cleared and nothing shown since: the clearing must not be lost
            self.outputs, self.clear_next, self.changed = [], False, True
        if self.changed:
            self.widget.outputs = tuple(self.outputs)
            self.changed = False


def show_error(error):
    """Show an exception as a traceback that holds the reader's lines and the library's, not the kernel's."""
    if isinstance(error, KeyboardInterrupt):
        emit({"output_type": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": ["Stopped."]})
        return
    report = traceback.TracebackException.from_exception(error)
    link = report
    while link is not None:
        link.stack = traceback.StackSummary.from_list([f for f in link.stack if not is_machinery(f.filename)])
        link = link.__cause__ or link.__context__
    text = "".join(report.format()).rstrip()
    emit({
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": str(error),
        "traceback": text.replace('File "<Cell ', '"<Cell ').split("\n"),
    })  # fmt: skip


def is_machinery(filename):
    return "live_kernel" in filename or "_pyodide" in filename or "ipywidgets" in filename or "traitlets" in filename


def install():
    sys.stdout, sys.stderr = stdout, stderr
