"""A computing graph: step forward through its values and backward through its derivatives.

The gradients are worked out by the chain rule along the arrows of the graph and nothing else, so the picture
shows what backpropagation does before any matrix appears (chapter 5).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.patches import FancyBboxPatch

from nnlib.activations import Sigmoid
from nnlib.costs import BinaryCrossEntropy
from nnlib.plots import INK, LINE, MUTED, PALETTE, PANEL, PAPER
from nnlib.widgets.explorer import Explorer, choice, number, player

SIGMOID, CROSS_ENTROPY = Sigmoid(), BinaryCrossEntropy()


@dataclass(frozen=True)
class Operation:
    """One elementary step: its value, and the derivative of the value by each input.

    value: numbers in, number out. slopes: the same numbers in, one local derivative per input out; None for
    an input that is data and gets no gradient.
    """

    value: Callable
    slopes: Callable


@dataclass(frozen=True)
class Node:
    """A place in the graph. A node without an operation is a source: its value is given from outside.

    name: in plain text, such as "z". label: the same as mathematics for the picture. place: column and row.
    inputs: the names of the nodes the operation is applied to. formula: in words, such as "w x + b".
    """

    name: str
    label: str
    place: tuple
    operation: Operation | None = None
    inputs: tuple = ()
    formula: str = ""


def _column(value):
    return np.array([[value]], float)


def _cost(a, y):
    return float(-(y * np.log(a) + (1 - y) * np.log(1 - a)))


def _cost_slope(a, y):
    return float(CROSS_ENTROPY.gradient(_column(a), _column(y))[0, 0])


WEIGH = Operation(lambda w, x, b: w * x + b, lambda w, x, b: (x, w, 1.0))
MULTIPLY = Operation(lambda w, x: w * x, lambda w, x: (x, w))
ADD = Operation(lambda p, b: p + b, lambda p, b: (1.0, 1.0))
NEGATE = Operation(lambda z: -z, lambda z: (-1.0,))
EXP = Operation(lambda u: float(np.exp(u)), lambda u: (float(np.exp(u)),))
ADD_ONE = Operation(lambda v: v + 1, lambda v: (1.0,))
INVERT = Operation(lambda s: 1 / s, lambda s: (-1 / s**2,))
SQUASH = Operation(
    lambda z: float(SIGMOID(_column(z))[0, 0]),
    lambda z: (float(SIGMOID.derivative(_column(z), SIGMOID(_column(z)))[0, 0]),),
)
PENALISE = Operation(_cost, lambda a, y: (_cost_slope(a, y), None))
PENALISE_TWO = Operation(
    lambda a_1, a_2, y: _cost(a_1, y) + _cost(a_2, 1 - y),
    lambda a_1, a_2, y: (_cost_slope(a_1, y), _cost_slope(a_2, 1 - y), None),
)

NEURON = "one neuron"
APART = "one neuron, the sigmoid taken apart"
ROW = "two neurons in a row"
PATHS = "one activation, two paths"

COST = "-(y ln a + (1 - y) ln(1 - a))"
GRAPHS = {
    NEURON: [
        Node("w", "$w$", (0, 2)),
        Node("x", "$x$", (0, 1)),
        Node("b", "$b$", (0, 0)),
        Node("y", "$y$", (4.5, 2)),
        Node("z", "$z$", (1.5, 1), WEIGH, ("w", "x", "b"), "w x + b"),
        Node("a", "$a$", (3, 1), SQUASH, ("z",), "sigma(z)"),
        Node("C", "$C$", (4.5, 1), PENALISE, ("a", "y"), COST),
    ],
    APART: [
        Node("w", "$w$", (0, 2)),
        Node("x", "$x$", (0, 1)),
        Node("b", "$b$", (1, 0)),
        Node("y", "$y$", (7, 2)),
        Node("p", "$p$", (1, 1), MULTIPLY, ("w", "x"), "w x"),
        Node("z", "$z$", (2, 1), ADD, ("p", "b"), "p + b"),
        Node("u", "$u$", (3, 1), NEGATE, ("z",), "-z"),
        Node("v", "$v$", (4, 1), EXP, ("u",), "e^u"),
        Node("s", "$s$", (5, 1), ADD_ONE, ("v",), "1 + v"),
        Node("a", "$a$", (6, 1), INVERT, ("s",), "1 / s"),
        Node("C", "$C$", (7, 1), PENALISE, ("a", "y"), COST),
    ],
    ROW: [
        Node("w_1", "$w_1$", (0, 2)),
        Node("x", "$x$", (0, 1)),
        Node("b_1", "$b_1$", (0, 0)),
        Node("w_2", "$w_2$", (2.5, 2)),
        Node("b_2", "$b_2$", (2.5, 0)),
        Node("y", "$y$", (6.4, 2)),
        Node("z_1", "$z_1$", (1.3, 1), WEIGH, ("w_1", "x", "b_1"), "w_1 x + b_1"),
        Node("a_1", "$a_1$", (2.5, 1), SQUASH, ("z_1",), "sigma(z_1)"),
        Node("z_2", "$z_2$", (3.8, 1), WEIGH, ("w_2", "a_1", "b_2"), "w_2 a_1 + b_2"),
        Node("a_2", "$a_2$", (5.1, 1), SQUASH, ("z_2",), "sigma(z_2)"),
        Node("C", "$C$", (6.4, 1), PENALISE, ("a_2", "y"), "-(y ln a_2 + (1 - y) ln(1 - a_2))"),
    ],
    PATHS: [
        Node("w", "$w$", (0, 2)),
        Node("x", "$x$", (0, 1)),
        Node("b", "$b$", (0, 0)),
        Node("w_1", "$w_1$", (2.4, 2)),
        Node("w_2", "$w_2$", (2.4, 0)),
        Node("y", "$y$", (6.2, 2)),
        Node("z", "$z$", (1.2, 1), WEIGH, ("w", "x", "b"), "w x + b"),
        Node("a", "$a$", (2.4, 1), SQUASH, ("z",), "sigma(z)"),
        Node("z_1", "$z_1$", (3.7, 2), MULTIPLY, ("w_1", "a"), "w_1 a"),
        Node("z_2", "$z_2$", (3.7, 0), MULTIPLY, ("w_2", "a"), "w_2 a"),
        Node("a_1", "$a_1$", (4.9, 2), SQUASH, ("z_1",), "sigma(z_1)"),
        Node("a_2", "$a_2$", (4.9, 0), SQUASH, ("z_2",), "sigma(z_2)"),
        Node("C", "$C$", (6.2, 1), PENALISE_TWO, ("a_1", "a_2", "y"),
             "cross-entropy of a_1 against y, plus that of a_2 against 1 - y"),
    ],
}
FIXED = {ROW: {"w_2": 2.0, "b_2": -1.0}, PATHS: {"w_1": 2.0, "w_2": -1.5}}
COLORS = {"x": "x", "w": "W", "b": "b", "y": "y", "C": "cost"}


def sources(graph, x, w, b, y):
    """The values of a graph's sources by name; weights that no slider moves have fixed values."""
    suffix = "_1" if graph == ROW else ""
    return {"x": x, "w" + suffix: w, "b" + suffix: b, "y": y, **FIXED.get(graph, {})}


def last_step(graph):
    """The number of steps of a graph: one forward and one backward for each operation, and dC/dC = 1 between."""
    return 2 * len(_operations(graph)) + 1


def evaluate(graph, given, step=None):
    """Go `step` steps through the graph: (values, gradients, sentence), the two by name of the node.

    graph: a name in GRAPHS. given: the values of its sources. step: from 0 to last_step(graph), None for all.
    gradients: the derivative of the last node, C, by each node reached so far: the sum over all paths walked.
    """
    operations = _operations(graph)
    step = last_step(graph) if step is None else step
    values, gradients = dict(given), {}
    sentence = "Nothing is computed yet: these are the inputs. Step forward."
    for k, node in enumerate(operations[:step], 1):
        values[node.name] = node.operation.value(*(values[name] for name in node.inputs))
        sentence = f"Forward, step {k} of {len(operations)}: {node.name} = {node.formula} = {_text(values[node.name])}."
    back = step - len(operations)
    if back >= 1:
        gradients["C"] = 1.0
        sentence = f"C = {_text(values['C'])}. Turn round: the derivative of C by itself is dC/dC = 1."
    for k, node in enumerate(operations[::-1][: max(back - 1, 0)], 1):
        terms = []
        slopes = node.operation.slopes(*(values[name] for name in node.inputs))
        for name, slope in zip(node.inputs, slopes, strict=True):
            if slope is None:
                continue
            before = gradients.get(name)
            gradients[name] = (before or 0.0) + gradients[node.name] * slope
            terms.append(_term(node.name, name, gradients, slope, before))
        sentence = (f"Backward, step {k} of {len(operations)}, through {node.name} = {node.formula}: "
                    + "; ".join(terms) + ".")
    return values, gradients, sentence


def draw_graph(figure, graph=NEURON, step=None, x=1.5, w=0.8, b=-0.4, y=1):
    """Draw a graph after `step` steps (None: all of them) into an empty Figure; returns the sentence.

    In a box: name and value. Below it, with a bar at its left: the derivative of C by it. On an arrow walked
    backward: the local derivative. The operation of this step is outlined.
    """
    values, gradients, sentence = evaluate(graph, sources(graph, x, w, b, y), step)
    operations = _operations(graph)
    step = last_step(graph) if step is None else step
    forward, back = min(step, len(operations)), max(step - len(operations) - 1, 0)
    walked = {node.name for node in operations[::-1][:back]}
    current = operations[-back].name if back else operations[forward - 1].name if forward else None
    figure.set_layout_engine("none")  # one pair of axes over the whole figure: nothing to arrange, half the time
    axes = figure.add_axes((0, 0, 1, 1))
    places = {node.name: np.array(node.place, float) for node in GRAPHS[graph]}
    width = max(column for column, _ in places.values())
    half = np.array([(0.052 if width < 7 else 0.044) * (width + 0.9), 0.2])  # boxes of much the same size on screen
    for node in operations:
        slopes = node.operation.slopes(*(values[name] for name in node.inputs)) if node.name in walked else None
        for k, name in enumerate(node.inputs):
            _arrow(axes, places[name], places[node.name], half, slopes and slopes[k])
    for node in GRAPHS[graph]:
        _box(axes, node, places[node.name], half, values, gradients, node.name == current)
    axes.set(xlim=(-0.45, width + 0.45), ylim=(-0.62, 2.36))
    axes.set_axis_off()
    return sentence


def graph_explorer():
    """The widget of chapter 5: choose a graph and its inputs, and walk through it."""
    controls = {
        "graph": choice("graph", list(GRAPHS)),
        "step": player("step", last_step(NEURON), interval=1200),
        "x": number("input x", 1.5, -3, 3, 0.1),
        "w": number("weight w", 0.8, -3, 3, 0.1),
        "b": number("bias b", -0.4, -3, 3, 0.1),
        "y": choice("target y", [0, 1], 1),
    }

    def fit_steps(change):
        controls["step"].max = controls["step"].play.max = last_step(change["new"])

    controls["graph"].observe(fit_steps, "value")
    return Explorer(
        controls, draw_graph, size=(7.4, 3.4),
        caption="Play, or move the step slider: values appear from left to right, then derivatives come back from "
                "right to left. On the second graph, find the four factors whose product is a (1 - a); on the last "
                "one, watch two paths meet at a.",
    )


def _operations(graph):
    return [node for node in GRAPHS[graph] if node.operation]


def _text(value):
    short = f"{value + 0.0:.3g}".replace("e+0", "e").replace("e-0", "e-")
    return short.replace("-", "\N{MINUS SIGN}")


def _term(above, name, gradients, slope, before):
    if above == "C":
        return f"dC/d{name} = {_text(slope)}"
    down = f"dC/d{name} = dC/d{above} \u00b7 d{above}/d{name} = {_text(gradients[above])} \u00b7 {_text(slope)}"
    if before is None:
        return f"{down} = {_text(gradients[name])}"
    return (f"a second path reaches {name}, and paths add: dC/d{name} = {_text(before)} + "
            f"{_text(gradients[above])} \u00b7 {_text(slope)} = {_text(gradients[name])}")


def _arrow(axes, start, end, half, slope):
    direction = end - start
    # where the line between the two centres leaves one box and enters the other
    reach = min(half[k] / abs(direction[k]) for k in (0, 1) if direction[k])
    begin, stop = start + reach * 1.08 * direction, end - reach * 1.12 * direction
    color = PALETTE["delta"] if slope is not None else MUTED
    style = {"arrowstyle": "-|>", "color": color, "lw": 1.3, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", stop, begin, arrowprops=style)
    if slope is not None:
        steep = direction[1] != 0
        at = begin + 0.5 * (stop - begin) + (0, 0 if steep else 0.28)
        axes.text(*at, f"\u00d7 {_text(slope)}", ha="center", va="center", fontsize=8.5, color=PALETTE["delta"],
                  bbox={"boxstyle": "round,pad=0.12", "facecolor": PAPER, "edgecolor": "none"}, zorder=4)


def _box(axes, node, place, half, values, gradients, current):
    color = PALETTE[COLORS.get(node.name[0], "z")]
    known = node.name in values
    axes.add_patch(FancyBboxPatch(
        place - half, *(2 * half), boxstyle="round,pad=0,rounding_size=0.06", facecolor=PANEL if known else PAPER,
        edgecolor=INK if current else color if known else LINE, linewidth=2.6 if current else 1.4, zorder=3))
    text = f"{node.label}\n{_text(values[node.name])}" if known else node.label
    axes.text(*place, text, ha="center", va="center", fontsize=10, linespacing=1.25, color=color if known else MUTED,
              zorder=5)
    if node.name in gradients:
        axes.text(place[0], place[1] - half[1] - 0.13, _text(gradients[node.name]), ha="center", va="center",
                  fontsize=10, fontweight="bold", color=PALETTE["delta"], zorder=5,
                  bbox={"boxstyle": "round,pad=0.15", "facecolor": PAPER, "edgecolor": PALETTE["delta"], "lw": 0.8})
