"""Pictures that move like water: Python makes a list of what is to be drawn, the browser draws it on a canvas.

    def draw(frame, slope):
        plane = frame.panel("plane", x=(-1, 1), y=(-1, 1), title="a line", xlabel="x_{1}", cursor=(0, slope))
        x = np.linspace(-1, 1, 50)
        plane.line(x, slope * x, color="z")
        plane.points([0], [0], color="x", shape="square")
        return f"The slope is {slope:.2f}."

    CanvasExplorer({"slope": number("slope", 0.5, -2, 2)}, draw, "Drag the slope.",
                   pointer=lambda event: {"slope": event["y"]})

Everything is computed here; canvas.js knows only where things go on the screen. Colours are names of the
book's palette ("x", "W", "ink", ...), which the browser looks up for its light or dark page. In words
`^{...}` raises and `_{...}` lowers. For what is sent see Frame.packed.
"""

import time
from pathlib import Path

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets

from nnlib.plots import PALETTE
from nnlib.widgets.explorer import LAYOUT, BaseExplorer

COLORS = {*PALETTE, "ink", "muted", "line", "paper", "panel", "marker"}
MAPS = {"signed", "ink"}  # W over paper to x, and paper to ink: nnlib.plots.SIGNED and INK_MAP
SHAPES = {"circle", "square", "triangle", "diamond", "star"}


class Frame:
    """One picture: panels side by side, on a narrow page below each other.

    height: of a row of panels, in CSS pixels.
    """

    def __init__(self, height=300):
        self.height, self.panels = height, {}

    def panel(self, name, x, y, **look):
        """A new Panel of this name; the arguments are Panel's."""
        self.panels[name] = Panel(x, y, **look)
        return self.panels[name]

    def __getitem__(self, name):
        return self.panels[name]

    def packed(self):
        """What the browser gets: plain dicts and lists, and two strings of bytes with all their arrays.

        Where an array was there is {"floats": [start, stop]}, a range of the float32 numbers in "floats", or
        {"bytes": [start, stop]}, a range of the bytes in "bytes" (positions in a colour map, 0 to 255).
        """
        stores = {"floats": bytearray(), "bytes": bytearray()}
        panels = [{"name": name, **panel.look, "marks": [_pack(mark, stores) for mark in panel.marks]}
                  for name, panel in self.panels.items()]
        return {"height": self.height, "panels": panels, **{kind: bytes(store) for kind, store in stores.items()}}


class Panel:
    """Axes from x[0] to x[1] and y[0] to y[1], and the marks drawn on them, in order.

    title, xlabel, ylabel: words. xticks, yticks: positions, or a dict of words by position; None finds some.
    width: the panel's share of the row. equal: one unit is equally long in both directions.
    cursor: (x, y) of what the reader can move here, by pointer or by arrow keys in steps of step = (dx, dy);
        None for a panel that is only looked at. keys=False: by pointer only, the arrow keys are for another panel.
        drag=False: there is nothing to drag, so that a finger that moves scrolls the page, and only a tap is "down".

    Coordinates are numbers or arrays of numbers, colours names of the palette; where colors names a colour map,
    color holds values instead, from low to high. Widths and sizes are CSS pixels.
    Raises ValueError for limits that are not finite and rising, an unknown colour, or arrays of unequal length.
    """

    def __init__(self, x, y, title="", xlabel="", ylabel="", xticks=None, yticks=None, width=1, equal=False,
                 cursor=None, step=None, keys=True, drag=True):
        for limits in (x, y):
            if not (np.isfinite(limits).all() and limits[0] < limits[1]):
                raise ValueError(f"limits must be finite, the first below the second, got {limits}")
        self.marks = []
        self.look = {
            "x": [float(limit) for limit in x], "y": [float(limit) for limit in y],
            "title": title, "xlabel": xlabel, "ylabel": ylabel,
            "xticks": _ticks(xticks, x), "yticks": _ticks(yticks, y), "width": width, "equal": equal,
            "cursor": None if cursor is None else [float(value) for value in cursor],
            "keys": keys, "drag": drag,
            "step": [float(value) for value in step or ((x[1] - x[0]) / 40, (y[1] - y[0]) / 40)],
        }

    def heat(self, values, low, high, colors="signed", opacity=1, smooth=True, extent=None):
        """values (rows, columns) as colours, row 0 at the bottom.

        extent: (left, right, bottom, top) of the outer edges, by default the whole panel.
        """
        values = np.asarray(values)
        extent = [*self.look["x"], *self.look["y"]] if extent is None else [float(edge) for edge in extent]
        self._add("heat", values=_shades(values, low, high).ravel(), columns=values.shape[1], colors=_map(colors),
                  opacity=opacity, smooth=smooth, extent=extent)

    def tiles(self, values, x, y, width, height, low, high, colors="signed", opacity=1, smooth=False):
        """Many small heats at once: values (k, rows, columns), their lower left corners (x, y), one size for all."""
        values = np.asarray(values)
        corners = _floats(x=x, y=y)
        if not len(corners["x"]) == len(corners["y"]) == len(values):
            raise ValueError(f"{len(values)} tiles need as many corners, got {len(corners['x'])}, {len(corners['y'])}")
        self._add("tiles", values=_shades(values, low, high).ravel(), columns=values.shape[2], **corners,
                  width=float(width), height=float(height), colors=_map(colors), opacity=opacity, smooth=smooth)

    def line(self, x, y, color="ink", width=2, dash=False, opacity=1):
        """A line through the points; nan lifts the pen."""
        self._add("line", **_floats(x=x, y=y), color=_name(color), width=width, dash=dash, opacity=opacity)

    def contour(self, x, y, values, levels, **look):
        """Lines of equal height: values (len(y), len(x)) at the points of a grid; look: as of line."""
        self.line(*contour_lines(x, y, values, levels), **look)

    def points(self, x, y, color="ink", shape="circle", size=4, edge="paper", opacity=1, colors=None, low=0, high=1):
        """Marks of radius size; edge: the colour of their outline, or None."""
        if shape not in SHAPES:
            raise ValueError(f"unknown shape {shape!r}: one of {', '.join(sorted(SHAPES))}")
        fill = {"color": _name(color)} if colors is None else {"shades": _shades(color, low, high).ravel(),
                                                               "colors": _map(colors)}
        self._add("points", **_floats(x=x, y=y, size=size), **fill, shape=shape, edge=edge and _name(edge),
                  opacity=opacity)

    def segments(self, x0, y0, x1, y1, color="ink", width=1, dash=False, opacity=1):
        """Straight lines from (x0, y0) to (x1, y1); width and dash may differ from line to line."""
        self._add("segments", **_floats(x0=x0, y0=y0, x1=x1, y1=y1, width=width, dash=dash), color=_name(color),
                  opacity=opacity)

    def arrow(self, x0, y0, x1, y1, color="ink", width=2):
        """An arrow from (x0, y0) to (x1, y1)."""
        self._add("arrow", **_floats(x0=x0, y0=y0, x1=x1, y1=y1), color=_name(color), width=width)

    def rects(self, x, y, width, height, color="ink", fill=True, opacity=1):
        """Rectangles by their corner with the lowest x and y, filled or as outlines."""
        self._add("rects", **_floats(x=x, y=y, width=width, height=height), color=_name(color), fill=fill,
                  opacity=opacity)

    def text(self, x, y, words, color="ink", align="center", size=12, box=None):
        """Words with their middle at height y, and their left end, center or right end at x.

        box: the colour of a frame around them, or None.
        """
        if not np.isfinite((x, y)).all():
            raise ValueError(f"words need a finite place, got {(x, y)}")
        self._add("text", x=float(x), y=float(y), words=words, color=_name(color), align=align, size=size,
                  box=box and _name(box))

    def _add(self, kind, **mark):
        self.marks.append({"kind": kind, **mark})


class Canvas(anywidget.AnyWidget):
    """The canvas in the browser.

    value: a packed Frame. label: what a screen reader calls the picture. running: whether JavaScript asks for
    frames; it asks for one when it has drawn the last, so that nothing piles up. answered: counts the answers.
    on_request: a function of the reader's events since the last request, whether the picture is to advance, and
        whether the reader wants little motion.
    """

    _esm = Path(__file__).with_name("canvas.js")
    value = traitlets.Dict().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)

    def __init__(self, on_request=lambda events, advance, calm: None, **traits):
        super().__init__(**traits)
        self.on_request = on_request
        self.on_msg(self._requested)

    def _requested(self, _widget, request, _buffers):
        # Of two views of one canvas that ask after the same frame, one is answered by a new frame.
        advance = self.running and request["advance"] and request["after"] == self.answered
        with self.hold_sync():  # picture and answer travel together
            try:
                self.on_request(request["events"], advance, request["calm"])
            finally:
                self.answered += 1


class CanvasExplorer(BaseExplorer):
    """A picture on a Canvas that follows controls, pointer and time.

    controls, caption: those of BaseExplorer.
    draw: a function draw(frame, **values) that draws into an empty Frame and returns the read-out.
    height: of a row of panels, in CSS pixels. label: what a screen reader calls the picture.
    advance: advance(**values) computes what there is to compute for the next frame, and may return values to set; it
        raises StopIteration where it cannot go on. With it come the buttons Start, which turns into Pause, and Step.
    jump: jump(**values) goes as far as Step is to go, and as a frame goes for readers who have asked their system
        for little motion; by default advance.
    restart: restart(**values) is called before the first picture, on Reset, and after one of the controls named in
        restarts has moved.
    pointer: pointer(event) returns the values to set as a dict, or None.
        event: a dict of kind, panel (its name), x, y, from a panel with a cursor. Kinds are "down", "drag", "up" of the
        pointer, and on the keyboard "move" for an arrow key, "press" for Enter or Space.
    """

    def __init__(self, controls, draw, caption, height=300, label="Picture, described in the text below it",
                 advance=None, jump=None, restart=None, restarts=(), pointer=None):
        self.draw, self.height, self.restart, self.pointer = draw, height, restart, pointer
        self.advance, self.jump = advance, jump or advance
        self.stale = True  # restart has to be called
        self.said = 0.0  # when the read-out was last told, in seconds
        for name in restarts:
            controls[name].observe(self._restart_before_drawing, "value")
        picture = Canvas(self._answer, label=label, layout={**LAYOUT, "height": "auto"})
        super().__init__(controls, picture, caption, buttons=self._buttons(picture) if advance else ())

    @property
    def running(self):
        """Whether the picture moves by itself."""
        return self.picture.running

    def start(self):
        """Let the picture move, frame after frame, for as long as somebody looks at it."""
        self.picture.running = True

    def pause(self):
        """Stop where it is."""
        self.picture.running = False

    def step(self):
        """Do what the Step button does: pause, and move on by one step."""
        self.pause()
        self.refresh(lambda: self._go(self.jump))

    def reset(self):
        """Bring every control back to its first value, restart, and draw once."""
        self.pause()
        self.stale = True
        super().reset()

    def show(self):
        if self.stale and self.restart:
            self.restart(**self.values)
        self.stale = False
        frame = Frame(self.height)
        text = self.draw(frame, **self.values)
        self.picture.value = frame.packed()
        return text

    def _say(self, text, kind):
        # Nobody can read a sentence that changes with every frame, and the page would be laid out anew each time.
        now = time.monotonic()
        if kind == "explorer-error" or not self.running or now - self.said > 0.25:
            self.said = now
            super()._say(text, kind)

    def _answer(self, events, advance, calm):
        """What the reader did, then a frame further if that is asked for, and one picture of both."""

        def before():
            for event in events if self.pointer else ():
                self._move(self.pointer(event) or {})
            if advance:
                self._go(self.jump if calm else self.advance)

        if not self.refresh(before):
            self.pause()

    def _go(self, way):
        if self.stale and self.restart:  # a control has moved since the last picture
            self.restart(**self.values)
            self.stale = False
        try:
            self._move(way(**self.values) or {})
        except StopIteration:
            self.pause()

    def _buttons(self, picture):
        start = widgets.ToggleButton(description="Start", tooltip="Start or pause", layout={"width": "auto"})
        step = widgets.Button(description="Step", tooltip="One frame further", layout={"width": "auto"})
        widgets.link((start, "value"), (picture, "running"))
        step.on_click(lambda _: self.step())

        def switched(change):
            start.description = "Pause" if change["new"] else "Start"
            if not change["new"] and "explorer-error" not in self.message.value:
                self.refresh()  # now the read-out is up to date, and told aloud

        picture.observe(switched, "running")
        return start, step

    def _restart_before_drawing(self, _change):
        self.stale = True


def contour_lines(x, y, values, levels):
    """The lines on which values (len(y), len(x)) have one of the levels, as one path (2, k) with gaps of nan."""
    from contourpy import contour_generator

    generator = contour_generator(x, y, values)
    pieces = [piece for level in levels for piece in generator.lines(level)]
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for piece in pieces for part in (piece, gap)] or [gap]).T


def nice_ticks(low, high, most=6):
    """At most `most` round numbers, 1, 2 or 5 times a power of ten apart, from low to high."""
    rough = (high - low) / (most - 1)
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(step for step in power * np.array([1, 2, 5, 10]) if step >= rough * (1 - 1e-9))
    return step * np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1)


def _pack(item, stores):
    """A mark, or a part of one, with its arrays moved to the stores."""
    if isinstance(item, dict):
        return {key: _pack(value, stores) for key, value in item.items()}
    if not isinstance(item, np.ndarray):
        return item
    kind = "bytes" if item.dtype == np.uint8 else "floats"
    start = len(stores[kind]) // item.itemsize
    stores[kind] += item.tobytes()
    return {kind: [start, start + item.size]}


def _ticks(ticks, limits):
    if not isinstance(ticks, dict):
        ticks = {float(tick): f"{tick + 0.0:.6g}" for tick in (nice_ticks(*limits) if ticks is None else ticks)}
    return [[float(position), words.replace("-", "\N{MINUS SIGN}")] for position, words in ticks.items()]


def _floats(**arrays):
    """float32 arrays of one length; numbers among them count for all."""
    arrays = {name: np.asarray(array, np.float32).ravel() for name, array in arrays.items()}
    length = max(len(array) for array in arrays.values())
    if any(len(array) not in (1, length) for array in arrays.values()):
        raise ValueError(f"arrays of one length expected, got {({name: len(a) for name, a in arrays.items()})}")
    return arrays


def _shades(values, low, high):
    """Values from low to high as positions 0 to 255 in a colour map; what lies beyond gets the end's colour."""
    share = (np.nan_to_num(np.asarray(values, float)) - low) / (high - low)
    return np.rint(255 * np.clip(share, 0, 1)).astype(np.uint8)


def _name(color):
    if color not in COLORS:
        raise ValueError(f"unknown colour {color!r}: one of {', '.join(sorted(COLORS))}")
    return color


def _map(colors):
    if colors not in MAPS:
        raise ValueError(f"unknown colour map {colors!r}: one of {', '.join(sorted(MAPS))}")
    return colors
