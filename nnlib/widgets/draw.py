"""Draw a digit and watch every layer of a trained network respond."""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from nnlib import data, plots
from nnlib.network import Network
from nnlib.widgets.canvas import CanvasExplorer
from nnlib.widgets.explorer import whole

FOLDER = data.FOLDER / "networks"
BAR, GAP, TOP = 1.3, 0.35, 2.7  # on the canvas: length of a bar at activation 1, between columns, height of a column


class DigitPad(anywidget.AnyWidget):
    """A pad of 28 x 28 pixels to draw on. value: 784 bytes of ink, 0 to 255, row after row, as hexadecimal text."""

    _esm = Path(__file__).with_name("digit_pad.js")
    value = traitlets.Unicode("00" * 784).tag(sync=True)


def to_hex(pixels):
    """A column of 784 numbers between 0 and 1 as the pad's value."""
    return (np.asarray(pixels).ravel() * 255).round().astype(np.uint8).tobytes().hex()


def from_hex(value):
    """The pad's value as a picture (28, 28) of numbers between 0 and 1."""
    return np.frombuffer(bytes.fromhex(value), np.uint8).reshape(28, 28) / 255


def as_mnist(picture):
    """A drawn picture (28, 28) the way MNIST's were made: scaled to fit 20 x 20, centre of mass in the middle.

    Without this a network that has only seen centred digits is lost (LeCun et al., 1998, section III-A).
    """
    inked = np.argwhere(picture > 0.1)
    if not len(inked):
        return np.zeros((28, 28))
    low, high = inked.min(axis=0), inked.max(axis=0) + 1
    side = (high - low).max() / 20  # pixels of the drawing per pixel of the result
    middle = (low + high - 1) / 2
    scaled = _sample(picture, middle, side)
    mass = np.array([(scaled * axis).sum() for axis in np.indices((28, 28))]) / scaled.sum()
    return _sample(scaled, mass, 1.0)


def _sample(picture, middle, side):
    """The picture through a window of 28 x 28 with `middle` at pixel (14, 14), `side` pixels per pixel, bilinear."""
    rows, columns = ((np.arange(28) - 14) * side + centre for centre in middle)
    padded = np.pad(picture, 1)
    rows, columns = (np.clip(axis + 1, 0, 28.999) for axis in (rows, columns))
    r, c = rows.astype(int)[:, None], columns.astype(int)[None, :]
    down, right = (rows % 1)[:, None], (columns % 1)[None, :]
    return ((1 - down) * ((1 - right) * padded[r, c] + right * padded[r, c + 1])
            + down * ((1 - right) * padded[r + 1, c] + right * padded[r + 1, c + 1]))


def draw_response(figure, network, picture):
    """The picture, the activations of every layer as bars, and the answer, as a figure. Returns the read-out."""
    network.forward(picture.reshape(784, 1))
    layers = network.layers
    axes = figure.subplots(1, len(layers) + 1, width_ratios=[1.3] + [1] * len(layers))
    plots.digit(picture, axes[0], "what the network sees", vmin=0, vmax=1)
    for number, (layer, ax) in enumerate(zip(layers, axes[1:], strict=True), start=1):
        last = number == len(layers)
        a = layer.a[:, 0]
        winner = a.argmax() if last else -1
        colours = [plots.PALETTE["W"] if j == winner else plots.PALETTE["x"] for j in range(len(a))]
        ax.barh(range(len(a)), a, color=colours)
        ax.set(title="output" if last else f"layer {number}", xlim=(0, 1), ylim=(len(a) - 0.5, -0.5),
               yticks=range(len(a)) if last else [], xlabel=f"$a^{{[{number}]}}$")
    return _readout(picture, a)


def draw_bars(frame, network, picture):
    """The same on a canvas, in one panel, so that on a phone too all of it stands below the pad."""
    a = network.forward(picture.reshape(784, 1))[:, 0]
    layers = network.layers
    width = TOP + len(layers) * (GAP + BAR)
    panel = frame.panel("response", x=(-0.05, width + 0.05), y=(-0.4, TOP + 0.4), xticks=[], yticks=[], equal=True)
    panel.text(0, TOP + 0.2, "input, centred", align="left")
    panel.heat(picture[::-1], 0, 1, colors="ink", smooth=False, extent=(0, TOP, 0, TOP))
    for number, layer in enumerate(layers, start=1):
        left, height = TOP + GAP + (number - 1) * (GAP + BAR), TOP / len(layer.a)
        bottoms = TOP - (np.arange(len(layer.a)) + 1) * height
        panel.text(left, TOP + 0.2, "output" if layer is layers[-1] else f"layer {number}", align="left")
        panel.rects(left, 0, BAR, TOP, color="line", fill=False)
        for share, words in ((0, "0"), (0.5, f"a^{{[{number}]}}"), (1, "1")):
            panel.text(left + share * BAR, -0.2, words, color="muted", size=11)
        panel.rects(left, bottoms + 0.1 * height, BAR * layer.a[:, 0], 0.8 * height, color="x")
    best = a.argmax()
    panel.rects(left, bottoms[best] + 0.1 * height, BAR * a[best], 0.8 * height, color="W")
    for digit, bottom in enumerate(bottoms):
        panel.text(left - 0.15, bottom + height / 2, str(digit), color="muted", size=11)
    return _readout(picture, a)


def _readout(picture, a):
    if not picture.any():
        return "The pad is empty: draw a digit."
    best, second = np.argsort(a)[::-1][:2]
    return f"The network says {best} (output {a[best]:.0%}); its second guess is {second} ({a[second]:.0%})."


def digit_drawing(name="digits-16-16"):
    """The widget: a pad, a slider that puts one of 500 test pictures on it, and the response of every layer.

    name: a trained network of data/networks/, by default the 784-16-16-10 one.
    """
    network = Network.load(FOLDER / f"{name}.npz")
    digits = data.mnist_sample()
    pad = DigitPad(value=to_hex(digits.x_test[:, 13]))
    picker = whole("test picture", 13, 0, digits.x_test.shape[1] - 1)

    def draw(frame, pad, **_):
        return draw_bars(frame, network, as_mnist(from_hex(pad)))

    def onto_pad(change):  # before the Explorer, told next, draws: so it draws once
        explorer.quiet = True
        pad.value = to_hex(digits.x_test[:, change["new"]])
        explorer.quiet = False

    picker.observe(onto_pad, "value")
    explorer = CanvasExplorer(
        {"pad": pad, "picture": picker}, draw, height=300, label="A digit, and a bar for the activation of each neuron",
        caption="Draw a digit, or slide to a test picture and spoil it: where does the network change its mind?")
    return explorer


