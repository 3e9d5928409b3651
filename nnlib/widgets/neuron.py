"""One neuron with two inputs: move its weights and bias, and its decision surface follows (chapter 01)."""

import numpy as np

from nnlib import Dense, Network
from nnlib.widgets.canvas import CanvasExplorer
from nnlib.widgets.explorer import choice, number

CORNERS = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])  # the four pairs of two binary inputs, one per column
GATES = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "NAND": [1, 1, 1, 0], "XOR": [0, 1, 1, 0]}
LOW, HIGH, SIDE = -0.5, 1.5, 60  # the part of the plane that is shown, and how many points of it along one side


def neuron_explorer():
    """The widget: one neuron with two weights, a bias, an activation, and the gate it is to compute."""
    controls = {
        "w1": number("weight w₁", 4, -10, 10, 0.5, 1),
        "w2": number("weight w₂", 4, -10, 10, 0.5, 1),
        "b": number("bias b", -6, -15, 15, 0.5, 1),
        "activation": choice("activation", ["sigmoid", "tanh", "relu", "identity"]),
        "gate": choice("wanted", list(GATES)),
    }
    return CanvasExplorer(controls, draw_neuron, "Start from AND. Move only the bias to get OR, flip all three signs "
                          "to get NAND, then choose XOR and try to get four right.", height=320)


def draw_neuron(frame, w1, w2, b, activation, gate):
    """Draw the neuron's surface over the plane and its activation curve; returns what they show in words."""
    network = make_neuron([w1, w2], b, activation)
    labels = np.array(GATES[gate])
    a = network.forward(CORNERS)[0]
    z = network.layers[0].z[0]
    _draw_surface(frame, network, f"{gate} wanted: ● 1, ■ 0")
    _draw_points(frame["plane"], CORNERS, labels, size=8)
    _draw_curve(frame, network.layers[0].activation, np.array([z, a]), labels)
    right = int(((z >= 0) == labels).sum())
    return (f"At (0,0), (0,1), (1,0), (1,1) the activation is {', '.join(f'{value:.3f}' for value in a)}. "
            f"{_line_in_words(w1, w2, b)} {right} of 4 right for {gate}.")


def make_neuron(w, b, activation="sigmoid"):
    """A Network of one neuron with the given weights, a list of n numbers, and bias, one number."""
    network = Network([Dense(len(w), 1, activation)], dtype="float64", rng=0)
    network.layers[0].W[:] = w
    network.layers[0].b[:] = b
    return network


def _draw_surface(frame, network, title):
    """One neuron's activation as colours, with the line z = 0 and the direction of its weights."""
    plane = frame.panel("plane", x=(LOW, HIGH), y=(LOW, HIGH), title=title, xlabel="x_1", ylabel="x_2", xticks=[0, 1],
                        yticks=[0, 1], equal=True)
    layer = network.layers[0]
    w, b = layer.W[0], layer.b[0, 0]
    side = LOW + (np.arange(SIDE) + 0.5) * (HIGH - LOW) / SIDE  # the middles of the coloured cells
    values = network.forward(np.stack([axis.ravel() for axis in np.meshgrid(side, side)])).reshape(SIDE, SIDE)
    bound = max(np.abs(values).max(), 1e-6)
    bottom, top = {"sigmoid": (0, 1), "tanh": (-1, 1)}.get(layer.activation.name, (-bound, bound))
    plane.heat(values, bottom, top, opacity=0.75)
    if w.any():
        middle = np.full(2, (LOW + HIGH) / 2)
        start = middle - (w @ middle + b) / (w @ w) * w  # the point of the line z = 0 that is nearest to the middle
        along = np.array([w[1], -w[0]]) / np.linalg.norm(w)
        plane.line(*np.transpose([start - 3 * along, start + 3 * along]), color="ink", width=1.5)
        plane.arrow(*start, *(start + 0.35 * w / np.linalg.norm(w)), color="W", width=2.5)


def _draw_curve(frame, activation, points, labels):
    reach = max(6, 1.1 * np.abs(points[0]).max())
    z = np.linspace(-reach, reach, 200)
    a = activation(z)
    margin = 0.06 * np.ptp(a)
    curve = frame.panel("curve", x=(-reach, reach), y=(a.min() - margin, a.max() + margin), width=1.1,
                        title=f"{activation.name} of z", xlabel="weighted input z", ylabel="activation a")
    curve.line([0, 0], [a.min() - margin, a.max() + margin], color="ink", width=1)
    curve.line(z, a, color="z")
    _draw_points(curve, points, labels, size=7)


def _draw_points(panel, points, labels, size):
    """Class 0 as squares, class 1 as circles, in the colours of the two ends of the map."""
    for label, color, shape in [(0, "W", "square"), (1, "x", "circle")]:
        panel.points(*points[:, labels == label], color=color, shape=shape, size=size)


def _line_in_words(w1, w2, b):
    norm = float(np.hypot(w1, w2))
    if norm == 0:
        return f"Both weights are 0, so z = b = {b:.1f} everywhere and there is no line."
    return f"The line z = 0 passes at distance {abs(b) / norm:.2f} from (0,0)."
