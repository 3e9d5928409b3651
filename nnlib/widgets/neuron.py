"""One neuron with two inputs: move its weights and bias, and its decision surface follows (chapter 01)."""

import numpy as np

from nnlib import Dense, Network, plots
from nnlib.widgets.explorer import Explorer, choice, number

CORNERS = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])  # the four pairs of two binary inputs, one per column
GATES = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "NAND": [1, 1, 1, 0], "XOR": [0, 1, 1, 0]}


def neuron_explorer():
    """An Explorer of one neuron: two weights, a bias, an activation, and the gate it is to compute."""
    controls = {
        "w1": number("weight w₁", 4, -10, 10, 0.5, 1),
        "w2": number("weight w₂", 4, -10, 10, 0.5, 1),
        "b": number("bias b", -6, -15, 15, 0.5, 1),
        "activation": choice("activation", ["sigmoid", "tanh", "relu", "identity"]),
        "gate": choice("wanted", list(GATES)),
    }
    return Explorer(controls, draw_neuron, "Start from AND. Move only the bias to get OR, flip all three signs to get "
                    "NAND, then choose XOR and try to get four right.", size=(7, 3.6))


def draw_neuron(figure, w1, w2, b, activation, gate):
    """Draw the neuron's surface over the plane and its activation curve; returns what they show in words."""
    network = make_neuron([w1, w2], b, activation)
    labels = np.array(GATES[gate])
    a = network.forward(CORNERS)[0]
    z = network.layers[0].z[0]
    plane, curve = figure.subplots(1, 2, width_ratios=[1, 1.1])
    draw_surface(network, plane)
    plots.points(CORNERS, labels, plane, size=80)
    plane.set_title(f"{gate} wanted: ● 1, ■ 0")
    _draw_curve(network.layers[0].activation, z, a, labels, curve)
    right = int(((z >= 0) == labels).sum())
    return (f"At (0,0), (0,1), (1,0), (1,1) the activation is {', '.join(f'{value:.3f}' for value in a)}. "
            f"{_line_in_words(w1, w2, b)} {right} of 4 right for {gate}.")


def make_neuron(w, b, activation="sigmoid"):
    """A Network of one neuron with the given weights, a list of n numbers, and bias, one number."""
    network = Network([Dense(len(w), 1, activation)], dtype="float64", rng=0)
    network.layers[0].W[:] = w
    network.layers[0].b[:] = b
    return network


def draw_surface(network, ax, low=-0.5, high=1.5):
    """One neuron's activation as colours, with the line z = 0 and the direction of its weights."""
    layer = network.layers[0]
    w, b = layer.W[0], layer.b[0, 0]
    corners = network.forward(np.array([[low, low, high, high], [low, high, low, high]]))
    bound = max(np.abs(corners).max(), 1e-6)
    bottom, top = {"sigmoid": (0, 1), "tanh": (-1, 1)}.get(layer.activation.name, (-bound, bound))
    plots.surface(lambda x: network.forward(x)[0], ax, limit=high, levels=(), low=bottom, high=top)
    if w.any():
        foot = -b / (w @ w) * w  # the point of the line that is nearest to the origin
        ax.axline(foot, foot + np.array([w[1], -w[0]]), color=plots.INK, linewidth=1.4)
        middle = np.full(2, (low + high) / 2)
        start = middle - (w @ middle + b) / (w @ w) * w  # the point nearest to the middle of the picture
        step = 0.35 * w / np.linalg.norm(w)
        ax.annotate("", start + step, start, annotation_clip=True,
                    arrowprops={"arrowstyle": "-|>", "color": plots.PALETTE["W"], "lw": 2.2, "shrinkA": 0})
    ax.set(xlim=(low, high), ylim=(low, high), xticks=[0, 1], yticks=[0, 1])
    return ax


def _draw_curve(activation, z, a, labels, ax):
    reach = max(6, 1.1 * np.abs(z).max())
    along = np.linspace(-reach, reach, 300)
    ax.plot(along, activation(along), color=plots.PALETTE["z"])
    ax.axvline(0, color=plots.INK, linewidth=1)
    plots.points(np.array([z, a]), labels, ax, size=60)
    ax.set(xlabel="weighted input $z$", ylabel="activation $a$", title=f"{activation.name} of $z$")


def _line_in_words(w1, w2, b):
    norm = float(np.hypot(w1, w2))
    if norm == 0:
        return f"Both weights are 0, so z = b = {b:.1f} everywhere and there is no line."
    return f"The line z = 0 passes at distance {abs(b) / norm:.2f} from (0,0)."
