"""The playground: a small network learns points of the plane before your eyes, with everything in it in sight."""

import time

import ipywidgets as widgets
import numpy as np

from nnlib.widgets.canvas import Canvas, CanvasExplorer, Frame
from nnlib.widgets.copy_field import CopyField
from nnlib.widgets.explorer import LAYOUT, choice, number, whole
from nnlib.widgets.playground_run import ALONG, GRID, SIDE, Run, export
from nnlib.widgets.playground_state import (
    CHOICES,
    LIMIT,
    MOST_OWN,
    LinkError,
    Settings,
    decode,
    encode,
    points_text,
    read_points,
)

SETTINGS = tuple(Settings.__dataclass_fields__)
GOES_ON = ("eta", "own")  # settings that may change while a run goes on; any other starts a new one
WIDE, HIGH = 400, 300     # of the drawn network, in its own units
MOST_CURVE = 400          # moments that the cost curves remember
CHANCE = np.log(2)        # the cost of answering one half
INPUTS = (GRID / LIMIT).reshape(2, SIDE, SIDE)
ROUND_RATES = {float(f"{digits}e{power}") for power in range(-4, 2) for digits in (1, 1.5, 2, 3, 5, 7)} | {100.0}


class Playground(CanvasExplorer):
    """The widget. `run` is the network in training, `own` the reader's points as text, `link` and `code` the two
    fields to copy from; see nnlib.widgets.playground_state for what the settings mean.
    """

    def __init__(self, settings):
        self.curves = Canvas(label="Cost on training and test points against steps, told in the text below",
                             layout={**LAYOUT, "height": "auto"})
        self.link = CopyField("Link to this state", "Copy link", on_open=self.restore_link, address=True)
        self.code = CopyField("The network as nnlib code", "Copy code", rows=8)
        self.restored, self.told, self.cursor = None, 0.0, (0.0, 0.0)
        controls = _controls(settings)
        super().__init__(
            controls, self._draw, "Press Start. Then change one thing at a time: the data, the depth, the learning "
            "rate. Click on the plane to add a point of your own, on a neuron to see its surface large.",
            height=340, label="A network of neurons, each with its surface, and the plane with the points",
            advance=lambda speed, **_: self._advance(speed), jump=lambda speed, **_: self._advance(10 * speed),
            restart=self._restart,
            restarts=[name for name in SETTINGS if name not in GOES_ON], pointer=self._pointed)
        self._arrange()

    # ---- what the buttons do ----

    def step(self):
        """One step of gradient descent."""
        self.pause()
        self.refresh(lambda: self._go(lambda **_: self._advance(1)))

    def restart_run(self):
        """The same settings from the beginning: the same first weights, unless the seed is another."""
        self.pause()
        self.stale = True
        self.refresh()

    def restore_link(self, text):
        """Go to the state that a link holds. A link that cannot be read is told, and nothing changes."""
        try:
            settings, *trained = decode(text)
        except LinkError as error:
            self.link.message = f"This link cannot be opened: {error}."
            return
        self.pause()
        self.restored = trained
        self.stale = True
        self.set(**_as_controls(settings))
        self.link.message = f"Opened, at step {self.run.steps}."

    def undo(self):
        """Take the last own point away."""
        self.set(own="\n".join(self.controls["own"].value.strip().splitlines()[:-1]))

    def clear(self):
        """Take all own points away."""
        self.set(own="")

    def _move(self, values):
        if "eta" in values:
            self.quiet = True  # until the values are set
            self.controls["eta"].offer(values["eta"])
        super()._move(values)

    # ---- the run ----

    def _settings(self, values):
        return Settings(**{name: values[name] for name in SETTINGS if name != "own"}, own=read_points(values["own"]))

    def _restart(self, **values):
        steps, parameters = self.restored or (0, None)
        self.run = Run(self._settings(values), steps, parameters)
        self.restored, self.history = None, []
        depth, width = values["depth"], values["width"]
        neurons = [(f"layer {layer + 1}, neuron {j + 1}", (layer, j)) for layer in range(depth) for j in range(width)]
        shown = self.controls["shown"]
        before, self.quiet = self.quiet, True
        shown.options = [("output", "output"), *neurons]
        self.quiet = before

    def _advance(self, steps):
        self.run.advance(steps)
        if not np.isfinite(self.run.network.parameters).all():
            raise StopIteration  # diverged, as the read-out says

    def _pointed(self, event):
        place = event["x"], event["y"]
        if event["panel"] == "network":
            found = _neuron_at(self.run.settings, *place)
            return {"shown": found} if event["kind"] in ("down", "press") and found else None
        self.cursor = place
        if event["kind"] not in ("down", "press"):
            return None
        own = self.controls["own"].value.strip()
        if len(own.splitlines()) >= MOST_OWN:
            return None
        point = f"{place[0]:.2f} {place[1]:.2f} {self.controls['brush'].value}"
        return {"own": f"{own}\n{point}".strip()}

    # ---- the picture ----

    def _draw(self, frame, shown, speed, brush, **values):
        self.run.change(self._settings(values))
        measured = self.run.measure()
        if not self.history or self.history[-1].steps != measured.steps:
            self.history.append(measured)
        if len(self.history) > MOST_CURVE:
            self.history = [*self.history[:-1:2], self.history[-1]]
        dead = self.run.dead()  # before the surfaces, whose pass over the plane is then at hand
        draw_network(frame, self.run, self.run.surfaces(), shown, self.cursor)
        curves = Frame(150)
        draw_curves(curves, self.history)
        self.curves.value = curves.packed()
        if not self.running or time.monotonic() - self.told > 1:
            self.link.text = encode(self.run.settings, self.run.steps, self.run.network.parameters)
            self.code.text = export(self.run)
            self.told = time.monotonic()
        return in_words(self.run, measured, dead)

    # ---- the arrangement ----

    def _buttons(self, picture):
        again = widgets.Button(description="Restart", tooltip="The same settings from the first step",
                               layout={"width": "auto"})
        again.on_click(lambda _: self.restart_run())
        return [*super()._buttons(picture), again]

    def _arrange(self):
        caption, bar = self.children[0], next(child for child in self.children if self.reset_button in
                                              getattr(child, "children", ()))
        self.reset_button.tooltip = "All settings back to the first ones, own points away"
        undo, clear = (widgets.Button(description=words, layout={"width": "auto"}) for words in
                       ("Undo point", "Clear points"))
        undo.on_click(lambda _: self.undo())
        clear.on_click(lambda _: self.clear())
        for control in self.controls.values():
            control.style.description_width, control.layout.max_width = "7.2rem", "22rem"
        self.controls["own"].layout.max_width = LAYOUT["max_width"]
        many = [self.controls[name] for name in self.controls if name not in ("own", "brush")]
        for control in (*many, self.controls["brush"]):
            control.layout.flex = "1 1 17rem"
        wrapped = {"layout": {**LAYOUT, "flex_flow": "row wrap"}}
        self.children = [
            caption, bar, self.picture, self.curves, self.message, widgets.HBox(many, **wrapped),
            widgets.HBox([self.controls["brush"], undo, clear], **wrapped), self.controls["own"], self.link, self.code]


class RateSlider(widgets.SelectionSlider):
    """A learning rate, in round steps. (A slider on a log scale would move a link's 0.3 to its nearest step, 0.316.)"""

    def __init__(self, label, value):
        super().__init__(description=label, options=_rates({value}), value=value)

    def offer(self, value):
        """Make room for a value between the round ones; `value` is then another for a moment."""
        if value not in dict(self.options).values():
            self.options = _rates({value})


def _rates(more):
    return [(f"{rate:.4g}", rate) for rate in sorted(ROUND_RATES | more)]


def playground(state=""):
    """The widget. state: a link, or the part of one after #playground:, to begin with.

    Raises LinkError, a ValueError, for a link that cannot be read.
    """
    settings, *trained = decode(state) if state else (Settings(),)
    widget = Playground(settings)
    if trained:
        widget.restore_link(state)
    return widget


def _controls(settings):
    start = _as_controls(settings)
    return {
        "data": choice("data", CHOICES["data"], start["data"]),
        "activation": choice("activation", CHOICES["activation"], start["activation"]),
        "depth": whole("hidden layers", start["depth"], 0, 6),
        "width": whole("neurons in each", start["width"], 1, 8),
        "eta": RateSlider("learning rate η", start["eta"]),
        "initial": choice("first weights", CHOICES["initial"], start["initial"]),
        "batch_size": choice("batch size", [(str(size) if size else "whole set", size)
                                            for size in CHOICES["batch_size"]], start["batch_size"]),
        "noise": number("noise", start["noise"], 0, 0.5),
        "points": whole("points", start["points"], 10, 400, 10),
        "seed": whole("seed", start["seed"], 0, 99),
        "speed": choice("steps per frame", [1, 5, 20, 100], 20),
        "shown": choice("large", [("output", "output")], "output"),
        "brush": choice("your next point", [("● class 1", 1), ("■ class 0", 0)], 1),
        "own": widgets.Textarea(description="your points", value=start["own"], continuous_update=False, rows=3,
                                placeholder="x1 x2 class, one point per line, such as 0.5 -0.25 1"),
    }


def _as_controls(settings):
    values = {name: getattr(settings, name) for name in SETTINGS}
    return {**values, "own": points_text(settings.own)}


# ---- drawing ------------------------------------------------------------------------------------------------------


def _places(settings):
    """Middle (x, y) of each neuron's tile by layer, layer 0 the two inputs, and the tile's side."""
    counts = [2, *[settings.width] * settings.depth, 1]
    side = min(44, 0.62 * WIDE / len(counts), 0.82 * (HIGH - 24) / max(counts))
    middles = [np.array([((layer + 0.5) * WIDE / len(counts), (HIGH - 24) * (1 - (j + 0.5) / count))
                         for j in range(count)]) for layer, count in enumerate(counts)]
    return middles, side


def _neuron_at(settings, x, y):
    """The value of the control `shown` for the neuron drawn there, or None."""
    middles, side = _places(settings)
    for layer, column in enumerate(middles[1:]):
        distances = np.abs(column - (x, y)).max(axis=1)
        if distances.min() <= 0.6 * side:
            return "output" if layer == settings.depth else (layer, int(distances.argmin()))
    return None


def draw_network(frame, run, surfaces, shown, cursor):
    """The network with each neuron's surface in its place, and the plane with the surface of one of them."""
    settings, layers = run.settings, run.network.layers
    (middles, side), depth = _places(settings), settings.depth
    panel = frame.panel("network", x=(0, WIDE), y=(0, HIGH), xticks=[], yticks=[], width=1.35, cursor=(0, 0),
                        keys=False, drag=False)
    for layer, sources, targets in zip(layers, middles, middles[1:], strict=False):
        _draw_weights(panel, layer.W, sources, targets, side)
    corners = np.concatenate(middles) - side / 2
    small = np.concatenate([INPUTS, *surfaces])[:, 1::2, 1::2]
    panel.tiles(small, *corners.T, side, side, -1, 1)
    panel.rects(*corners.T, side, side, color="muted", fill=False)
    _draw_biases(panel, np.concatenate([layer.b[:, 0] for layer in layers]), corners[2:])
    for column, words in zip(middles, ["x", *map(str, range(1, depth + 1)), "output"], strict=True):
        panel.text(column[0, 0], HIGH - 8, words, color="muted", size=11)
    layer, j = (depth, 0) if shown == "output" else shown
    panel.rects(*(middles[layer + 1][j] - side / 2 - 3), side + 6, side + 6, color="ink", fill=False)
    _draw_plane(frame, run, surfaces[layer][j], shown, cursor)


def _draw_weights(panel, W, sources, targets, side):
    """A line from each source to each target: the thicker the larger, blue and whole if positive, else dashed."""
    W = np.nan_to_num(W, posinf=0, neginf=0)
    j, k = (index.ravel() for index in np.indices(W.shape))
    width = np.minimum(0.4 + 1.6 * np.abs(W[j, k]), 7)
    for color, chosen in (("x", W[j, k] > 0), ("W", W[j, k] < 0)):
        if chosen.any():
            start, stop = sources[k[chosen]] + [side / 2, 0], targets[j[chosen]] - [side / 2, 0]
            panel.segments(*start.T, *stop.T, color=color, width=width[chosen], dash=color == "W", opacity=0.75)


def _draw_biases(panel, b, corners):
    """A mark at each tile's lower left corner: a blue circle if positive, else a square."""
    size = np.minimum(1.5 + 1.5 * np.abs(np.nan_to_num(b, posinf=0, neginf=0)), 5)
    for color, shape, chosen in (("x", "circle", b > 0), ("W", "square", b < 0)):
        if chosen.any():
            panel.points(*corners[chosen].T, color=color, shape=shape, size=size[chosen])


def _draw_plane(frame, run, surface, shown, cursor):
    title = "what the network says" if shown == "output" else f"layer {shown[0] + 1}, neuron {shown[1] + 1}"
    plane = frame.panel("plane", x=(-LIMIT, LIMIT), y=(-LIMIT, LIMIT), title=title, xlabel="x_1", ylabel="x_2",
                        xticks=[-1, 0, 1], yticks=[-1, 0, 1], equal=True, cursor=cursor, step=(0.05, 0.05),
                        drag=False)
    plane.heat(surface, -1, 1, opacity=0.75)
    if surface.min() < 0 < surface.max():
        plane.contour(ALONG, ALONG, surface, [0], color="ink", width=1.4)
    for x, labels, size, opacity in ((run.x_test, run.labels_test, 1.6, 0.6), (run.x, run.labels, 3.6, 1)):
        for label, color, shape in ((0, "W", "square"), (1, "x", "circle")):
            if (labels == label).any():
                plane.points(*x[:, labels == label], color=color, shape=shape, size=size, opacity=opacity,
                             edge="paper" if size > 2 else None)


def draw_curves(frame, history):
    """Cost on training and test points against steps; the dotted line is guessing."""
    steps = np.array([measured.steps for measured in history], float)
    train, test = (np.array([getattr(measured, name) for measured in history]) for name in ("cost_train", "cost_test"))
    finite = np.concatenate([costs[np.isfinite(costs)] for costs in (train, test)])
    top = float(np.clip(1.1 * finite.max(initial=0), 0.8, 3))
    first, last = steps[0], max(steps[-1], steps[0] + 100)
    panel = frame.panel("cost", x=(first, last + 0.02 * (last - first)), y=(0, top), xlabel="steps", ylabel="cost")
    panel.line([first, last], [CHANCE, CHANCE], color="muted", width=1, dash=True)
    panel.text(last, CHANCE + 0.06 * top, "guessing, ln 2", color="muted", align="right", size=11)
    for costs, color, dash in ((test, "y", True), (train, "cost", False)):
        panel.line(steps, np.where(np.isfinite(costs), costs, np.nan), color=color, dash=dash)
    panel.text(first + 0.01 * (last - first), 0.07 * top, "whole line: training points, dashed: test points",
               color="muted", align="left", size=11)


def in_words(run, measured, dead):
    """The read-out: where the run stands, and what went wrong if something did."""
    settings = run.settings
    if not run.x.size:
        return "There are no points to learn: click on the plane, write some into the table, or choose another set."
    where = f"Epoch {measured.epochs:.1f}, step {measured.steps}"
    if not np.isfinite(measured.cost_train):
        return (f"{where}: diverged. The cost is no finite number any more: with the learning rate "
                f"{settings.eta:g} each step overshot further than the one before. Lower it and press Restart.")
    text = f"{where}: cost {measured.cost_train:.3f} on {run.x.shape[1]} training points"
    if run.x_test.size:
        text += (f", {measured.cost_test:.3f} on {run.x_test.shape[1]} test points; "
                 f"{measured.accuracy_train:.1%} and {measured.accuracy_test:.1%} right.")
    else:
        text += f"; {measured.accuracy_train:.1%} right."
    if measured.steps and measured.cost_train > 1.5 * CHANCE:
        text += f" That is worse than guessing ({CHANCE:.3f}): the learning rate {settings.eta:g} is too large."
    gone = [f"{count} of {settings.width} in layer {layer}" for layer, count in enumerate(dead, start=1) if count]
    if gone:
        text += f" Neurons that say the same of every point: {', '.join(gone)}."
    return text
