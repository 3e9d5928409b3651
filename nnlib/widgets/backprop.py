"""A small network drawn with its activations and errors: walk forward through its layers, and back.

Three layers of sizes 2-4-3-2 learn the xor points. The walk takes one example through the three phases of
chapter 6: forward, backward, and the gradients with the step they lead to.
"""

from functools import lru_cache

import numpy as np
from matplotlib.collections import LineCollection

from nnlib import SGD, Dense, Network, data
from nnlib.plots import INK, LINE, MUTED, PALETTE, PAPER, SIGNED
from nnlib.widgets.explorer import Explorer, choice, player, whole

SIZES = (2, 4, 3, 2)
LAST = len(SIZES) - 1  # L, the number of the output layer
STEPS = 3 * LAST + 1
ETA = 1.0
TRAINING_STEPS = 300
POINTS = data.xor(40, noise=0.1, rng=1)
EXAMPLES = 12
COSTS = [("quadratic", "quadratic"), ("binary cross-entropy", "binary_cross_entropy")]
HIDDEN = ["tanh", "sigmoid", "relu"]


def build(hidden, cost, trained=0):
    """The network after `trained` steps of gradient descent on the whole set, with learning rate 1."""
    network = _start(hidden, cost)
    network.parameters[:] = _training(hidden, cost)[trained]
    return network


def draw_network(figure, hidden="tanh", cost="quadratic", trained=0, example=1, step=STEPS):
    """Draw one example's walk after `step` steps (0 to 10) into an empty Figure; returns the sentence.

    Steps 1 to 3 go forward, 4 to 6 send the error back, 7 to 9 fill the gradients, 10 updates. In a circle: the
    activation; below it, framed: the error. Lines: weights, or in steps 7 to 9 the gradient; negative ones dashed.
    """
    network = build(hidden, cost, trained)
    x, y = POINTS.x[:, example - 1 : example], POINTS.y[:, example - 1 : example]
    network.forward(x)
    network.backward(y)
    activations = [x, *(layer.a for layer in network.layers)]
    known, errors, gradients = min(step, LAST), min(max(step - LAST, 0), LAST), min(max(step - 2 * LAST, 0), LAST)
    figure.set_layout_engine("none")  # one pair of axes over the whole figure: nothing to arrange, half the time
    axes = figure.add_axes((0, 0, 1, 0.93))
    places = [_places(size, column) for column, size in enumerate(SIZES)]
    for l, layer in enumerate(network.layers, 1):
        as_gradient = l > LAST - gradients
        values = layer.dW if as_gradient else layer.W
        active = _active(step) == l
        _lines(axes, places[l - 1], places[l], values, "delta" if as_gradient else "W", active)
    for l, column in enumerate(places):
        for j, place in enumerate(column):
            activation = activations[l][j, 0] if l <= known else None
            error = network.layers[l - 1].delta[j, 0] if l > LAST - errors and l > 0 else None
            _neuron(axes, place, activation, error)
        name = "input" if l == 0 else f"layer {l}" + (", output" if l == LAST else "")
        axes.text(l, 2.12, name, ha="center", fontsize=9, color=MUTED)
    for place, target in zip(places[-1], y[:, 0], strict=True):
        axes.text(place[0] + 0.3, place[1], f"$y$ = {target:.0f}", va="center", fontsize=10, color=PALETTE["y"])
    axes.set(xlim=(-0.25, LAST + 0.6), ylim=(-2.15, 2.35))
    axes.set_title(_title(step), loc="left", x=0.02)
    axes.set_axis_off()
    return _sentence(network, x, y, step)


def backprop_explorer():
    """The widget of chapter 6: choose activation, cost, example and training, and walk the layers."""
    controls = {
        "step": player("step", STEPS, interval=1500),
        "example": whole("example", 1, 1, EXAMPLES),
        "trained": whole("steps trained", 0, 0, TRAINING_STEPS, 10),
        "hidden": choice("hidden layers", HIDDEN),
        "cost": choice("cost", COSTS),
    }
    return Explorer(
        controls, draw_network, size=(7.4, 4.2),
        caption="Walk one example forward, back, and through its gradients. Then train the network: at step 6, watch "
                "the errors shrink as it learns, and compare how large they are in layers 3, 2 and 1.",
    )


def _start(hidden, cost):
    layers = [Dense(2, 4, hidden), Dense(4, 3, hidden), Dense(3, 2, "sigmoid")]
    return Network(layers, cost=cost, rng=4, dtype="float64")


@lru_cache
def _training(hidden, cost):
    network = _start(hidden, cost)
    optimizer = SGD(eta=ETA)
    course = [network.parameters.copy()]
    for _ in range(TRAINING_STEPS):
        network.forward(POINTS.x)
        optimizer.step(network.parameters, network.backward(POINTS.y))
        course.append(network.parameters.copy())
    return np.array(course)


def _places(size, column):
    return [(column, 1.05 * ((size - 1) / 2 - j)) for j in range(size)]


def _active(step):
    """The layer whose lines this step uses: those into it."""
    if 1 <= step <= LAST:
        return step
    if LAST + 1 < step <= 2 * LAST:
        return 2 * LAST + 2 - step
    if 2 * LAST < step <= 3 * LAST:
        return 3 * LAST + 1 - step
    return None


def _lines(axes, starts, ends, values, role, active):
    bound = np.abs(values).max() or 1
    places = [(j, k) for j in range(len(ends)) for k in range(len(starts))]
    axes.add_collection(LineCollection(
        [(starts[k], ends[j]) for j, k in places], colors=PALETTE[role], alpha=0.85 if active else 0.22, zorder=1,
        linewidths=[0.4 + 3.4 * abs(values[j, k]) / bound for j, k in places],
        linestyles=["-" if values[j, k] >= 0 else (0, (3, 1.6)) for j, k in places]))


def _neuron(axes, place, activation, error):
    fill = PAPER if activation is None else SIGNED(0.5 + 0.5 * float(np.clip(activation, -1, 1)))
    axes.plot(*place, "o", markersize=30, color=fill, markeredgecolor=LINE if activation is None else INK, zorder=3)
    if activation is not None:
        red, green, blue, _ = fill
        ink = INK if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else PAPER
        axes.text(*place, _text(activation, ".2f"), ha="center", va="center", fontsize=9, color=ink, zorder=4)
    if error is not None:
        axes.text(place[0], place[1] - 0.44, _text(error, ".2g"), ha="center", va="center", fontsize=8.5,
                  fontweight="bold", color=PALETTE["delta"], zorder=5,
                  bbox={"boxstyle": "round,pad=0.15", "facecolor": PAPER, "edgecolor": PALETTE["delta"], "lw": 0.8})


def _title(step):
    if step == 0:
        return "The input: layer 0"
    if step <= LAST:
        l = step
        return rf"Forward: $a^{{[{l}]}} = \sigma(W^{{[{l}]}} a^{{[{l - 1}]}} + b^{{[{l}]}})$"
    if step == LAST + 1:
        return rf"Backward: $\delta^{{[{LAST}]}} = \nabla_a C \odot \sigma'(z^{{[{LAST}]}})$"
    if step <= 2 * LAST:
        l = 2 * LAST + 1 - step
        return (rf"Backward: $\delta^{{[{l}]}} = (W^{{[{l + 1}]\,\mathsf{{T}}}} \delta^{{[{l + 1}]}})"
                rf" \odot \sigma'(z^{{[{l}]}})$")
    if step <= 3 * LAST:
        l = 3 * LAST + 1 - step
        return (rf"Gradients: $\partial C/\partial W^{{[{l}]}} = \delta^{{[{l}]}} a^{{[{l - 1}]\,\mathsf{{T}}}}$,"
                rf"  $\partial C/\partial b^{{[{l}]}} = \delta^{{[{l}]}}$")
    return r"Update: $\theta \leftarrow \theta - \eta \nabla C$"


def _sentence(network, x, y, step):
    layers = network.layers
    if step == 0:
        return f"The input is {_row(x)}, the target {_row(y)}. Step forward."
    if step <= LAST:
        end = f" The cost of this example is {network.cost(x, y):.4f}." if step == LAST else ""
        return (f"Layer {step}: weighted inputs {_row(layers[step - 1].z)}, "
                f"activations {_row(layers[step - 1].a)}.{end}")
    if step == LAST + 1:
        return (f"Output answer {_row(layers[-1].a)}, target {_row(y)}: the errors of layer {LAST} are "
                f"{_row(layers[-1].delta)}.")
    if step <= 2 * LAST:
        l = 2 * LAST + 1 - step
        passed = layers[l].W.T @ layers[l].delta
        return (f"Layer {l + 1} passes back {_row(passed)}; times the slopes of layer {l} these are its errors "
                f"{_row(layers[l - 1].delta)}.")
    if step <= 3 * LAST:
        l = 3 * LAST + 1 - step
        dW = layers[l - 1].dW
        j, k = np.unravel_index(np.abs(dW).argmax(), dW.shape)
        return (f"Layer {l}: {dW.size} weight gradients, the largest leads from neuron {k + 1} to neuron {j + 1}: "
                f"{_text(dW[j, k])}. Bias gradients {_row(layers[l - 1].db)}.")
    before = network.cost(x, y)
    stepped = network.astype("float64")
    SGD(eta=ETA).step(stepped.parameters, network.gradient)
    return (f"One step with eta = {ETA:.0f} against all {network.gradient.size} gradients: the cost of this example "
            f"goes from {before:.4f} to {stepped.cost(x, y):.4f}.")


def _row(column):
    return "(" + ", ".join(_text(value) for value in np.ravel(column)) + ")"


def _text(value, form=".3g"):
    return f"{value + 0.0:{form}}".replace("-", "\N{MINUS SIGN}")
