"""A small network drawn with its activations and errors: walk forward through its layers, and back.

Three layers of sizes 2-4-3-2 learn the xor points. The walk takes one example through the three phases of
chapter 6: forward, backward, and the gradients with the step they lead to.
"""

from functools import lru_cache

import numpy as np
from matplotlib.collections import LineCollection

from nnlib import SGD, Dense, Network, data
from nnlib.plots import INK, LINE, MUTED, PALETTE, PAPER, SIGNED
from nnlib.widgets.canvas import CanvasExplorer
from nnlib.widgets.explorer import choice, whole

SIZES = (2, 4, 3, 2)
LAST = len(SIZES) - 1  # L, the number of the output layer
STEPS = 3 * LAST + 1
ETA = 1.0
TRAINING_STEPS = 300
PLAIN = {r"\,\mathsf{T}": "T", r"\sigma'": "σ′", r"\sigma": "σ", r"\delta": "δ", r"\nabla ": "∇", r"\nabla": "∇",
         r"\odot": "⊙", r"\partial ": "∂", r"\theta": "θ", r"\eta": "η", r"\leftarrow": "←"}  # LaTeX on a canvas
FRAMES = 45  # of the widget's picture, from one step to the next
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
    network, x, y = _one_example(hidden, cost, trained, example)
    activations = [x, *(layer.a for layer in network.layers)]
    known, errors, gradients = _phases(step)
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


def draw_flow(frame, flow=0.0, hidden="tanh", cost="quadratic", trained=0, example=1, step=STEPS):
    """The same on a Frame, for the widget, on the way from this step to the next.

    flow: how far on that way, from 0 to 1. Going forward, dots carry w * a along each line; going back, w * delta;
    for a gradient, a and delta meet in the middle of the line. The larger the number, the larger the dot.
    """
    network, x, y = _one_example(hidden, cost, trained, example)
    activations = [x, *(layer.a for layer in network.layers)]
    known, errors, gradients = _phases(step)
    panel = frame.panel("network", x=(-0.3, LAST + 0.65), y=(-2.2, 2.3), xticks=[], yticks=[], title=_plain_title(step))
    for l, layer in enumerate(network.layers, 1):
        as_gradient = l > LAST - gradients
        values = layer.dW if as_gradient else layer.W
        (x0, y0), (x1, y1) = _line_ends(l)
        panel.segments(x0, y0, x1, y1, color="delta" if as_gradient else "W", dash=values.ravel() < 0,
                       width=0.5 + 3.5 * np.abs(values).ravel() / (np.abs(values).max() or 1),
                       opacity=0.85 if _active(step + bool(flow)) == l else 0.25)
    if flow:
        _draw_dots(panel, network, activations, y, step + 1, flow)
    for l, column in enumerate(_places(size, column) for column, size in enumerate(SIZES)):
        across, up = np.transpose(column)
        if l > known:
            panel.points(across, up, color="paper", size=16, edge="line")
        else:
            panel.points(across, up, color=activations[l], colors="signed", low=-1, high=1, size=16, edge="ink")
            for place, value in zip(column, activations[l][:, 0], strict=True):
                panel.text(*place, _text(value, ".2f"), size=11, color="paper" if abs(value) > 0.6 else "ink")
        if l > LAST - errors and l > 0:
            for place, value in zip(column, network.layers[l - 1].delta[:, 0], strict=True):
                panel.text(place[0], place[1] - 0.46, _text(value, ".2g"), size=11, color="delta", box="delta")
        name = "input" if l == 0 else f"layer {l}" + (", output" if l == LAST else "")
        panel.text(l, 2.12, name, size=11, color="muted")
    for place, target in zip(column, y[:, 0], strict=True):
        panel.text(place[0] + 0.25, place[1], f"y = {target:.0f}", color="y", align="left")
    return _sentence(network, x, y, step)


def backprop_explorer():
    """The widget of chapter 6: choose activation, cost, example and training, and walk the layers."""
    controls = {
        "step": whole("step", 0, 0, STEPS),
        "example": whole("example", 1, 1, EXAMPLES),
        "trained": whole("steps trained", 0, 0, TRAINING_STEPS, 10),
        "hidden": choice("hidden layers", HIDDEN),
        "cost": choice("cost", COSTS),
    }
    on_the_way = {"flow": 0.0}

    def stop(**_):
        on_the_way["flow"] = 0.0

    def jump(step, **_):
        stop()
        if step + 1 == STEPS:
            explorer.pause()
        return {"step": (step + 1) % (STEPS + 1)}  # from the end it starts again

    def advance(step, **_):
        on_the_way["flow"] += 1 / FRAMES
        return jump(step) if step == STEPS or on_the_way["flow"] >= 1 else None

    explorer = CanvasExplorer(
        controls, lambda frame, **values: draw_flow(frame, **on_the_way, **values), height=400,
        caption="Press Start and watch one example go forward, back, and through its gradients: dots show what passes "
                "along each line, the larger the more, ◆ for a negative number. Then train the network: at step 6, see "
                "the errors shrink as it learns, and compare how large they are in layers 3, 2 and 1.",
        label="A network with its activations and errors, described in the text below",
        advance=advance, jump=jump, restart=stop, restarts=["step"],
    )
    return explorer


def _one_example(hidden, cost, trained, example):
    """The network after it has sent one example forward and back, the example's x (2, 1), and its y (2, 1)."""
    network = build(hidden, cost, trained)
    x, y = POINTS.x[:, example - 1 : example], POINTS.y[:, example - 1 : example]
    network.forward(x)
    network.backward(y)
    return network, x, y


def _phases(step):
    """Up to which layer activations are known, and how many of the last layers have errors, and gradients."""
    return min(step, LAST), min(max(step - LAST, 0), LAST), min(max(step - 2 * LAST, 0), LAST)


def _line_ends(l):
    """Where the lines into layer l begin and end, (x, y) each, in the order of W.ravel()."""
    starts, ends = (np.array(_places(SIZES[column], column)).T for column in (l - 1, l))
    return np.tile(starts, SIZES[l]), np.repeat(ends, SIZES[l - 1], axis=1)


def _draw_dots(panel, network, activations, y, step, flow):
    """What flows into this step, `flow` of its way."""
    if step == LAST + 1:
        ends = np.array(_places(SIZES[-1], LAST)).T
        _draw_column(panel, ends + [[0.3 * (1 - flow)], [0]], (y - activations[-1])[:, 0], "y")
        return
    l = _active(step)
    if l is None:
        return
    layer, starts_ends = network.layers[l - 1], np.array(_line_ends(l))
    from_below, from_above = np.tile(activations[l - 1][:, 0], SIZES[l]), np.repeat(layer.delta[:, 0], SIZES[l - 1])
    weights = layer.W.ravel()

    def along(share):
        return starts_ends[0] + share * (starts_ends[1] - starts_ends[0])

    if step <= LAST:
        _draw_column(panel, along(flow), weights * from_below, "x")
    elif step <= 2 * LAST:
        _draw_column(panel, along(1 - flow), weights * from_above, "delta")
    else:
        _draw_column(panel, along(flow / 2), from_below, "x")
        _draw_column(panel, along(1 - flow / 2), from_above, "delta")


def _draw_column(panel, places, values, color):
    """Dots whose area is proportional to the size of what they carry; diamonds carry a negative number."""
    size = 8 * np.sqrt(np.abs(values) / (np.abs(values).max() or 1))
    for shape, chosen in [("circle", values > 0), ("diamond", values < 0)]:
        panel.points(*places[:, chosen], size=size[chosen], color=color, shape=shape)


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


def _plain_title(step):
    """The title in the canvas's own mark-up instead of LaTeX."""
    words = _title(step).replace("$", "")
    for latex, plain in PLAIN.items():
        words = words.replace(latex, plain)
    return words


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
