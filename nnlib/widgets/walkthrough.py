"""The twenty equations of a ReLU-softmax network, one after the other, on one batch of digits."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib.patches import Rectangle

from nnlib import data
from nnlib.layers import Dense
from nnlib.network import Network
from nnlib.plots import INK, LINE, MUTED, PALETTE, PANEL, PAPER, SIGNED
from nnlib.widgets.explorer import Explorer, choice, player, whole


@dataclass(frozen=True)
class Array:
    """How an array is written, in formulas and in words, which colour it has, and its place on the map."""

    symbol: str
    spoken: str
    color: str
    column: float
    row: int


ARRAYS = {
    "X": Array("X", "X", "x", 0, 1),
    "Y": Array("Y", "Y", "y", 5, 0),
    "W1": Array("W^{[1]}", "W1", "W", 0.78, 0),
    "b1": Array("b^{[1]}", "b1", "b", 1.22, 0),
    "Z1": Array("Z^{[1]}", "Z1", "z", 1, 1),
    "A1": Array("A^{[1]}", "A1", "x", 2, 1),
    "W2": Array("W^{[2]}", "W2", "W", 2.78, 0),
    "b2": Array("b^{[2]}", "b2", "b", 3.22, 0),
    "Z2": Array("Z^{[2]}", "Z2", "z", 3, 1),
    "Yhat": Array(r"\hat{Y}", "Y-hat", "x", 4, 1),
    "C": Array("C^{(i)}", "the costs", "cost", 5, 1),
    "gYhat": Array(r"\nabla_{\hat{Y}} \mathcal{L}", "the gradient in Y-hat", "cost", 5, 2),
    "J": Array("J^{(1)}", "the Jacobian of example 1", "z", 4, 2),
    "D2": Array(r"\Delta^{[2]}", "Delta2", "delta", 3, 2),
    "dW2": Array(r"\partial C / \partial W^{[2]}", "dW2", "W", 2.78, 3),
    "db2": Array(r"\partial C / \partial b^{[2]}", "db2", "b", 3.22, 3),
    "gA1": Array(r"\nabla_{A^{[1]}} \mathcal{L}", "the gradient in A1", "cost", 2, 2),
    "D1": Array(r"\Delta^{[1]}", "Delta1", "delta", 1, 2),
    "dW1": Array(r"\partial C / \partial W^{[1]}", "dW1", "W", 0.78, 3),
    "db1": Array(r"\partial C / \partial b^{[1]}", "db1", "b", 1.22, 3),
}


@dataclass(frozen=True)
class Step:
    """One equation: its right side in LaTeX, the array it makes, those it takes, and how an entry comes about.

    kind: "given"; "product" (row of the first times column of the second, plus row of the third);
    "elementwise"; "column" (from the same column of all); "row" (from a whole row).
    A name that ends in .T is taken transposed.
    """

    result: str
    right: str
    takes: tuple
    kind: str
    words: str


STEPS = [
    Step("X", r"\in \mathbb{R}^{n_0 \times m}", (), "given", "One digit per column, 784 pixels each"),
    Step("Y", r"\in \mathbb{R}^{n_2 \times m}", (), "given", "One-hot targets, one per column"),
    Step("W1", r"\in \mathbb{R}^{n_1 \times n_0}", (), "given", "One row of 784 weights per hidden neuron"),
    Step("b1", r"\in \mathbb{R}^{n_1 \times 1}", (), "given", "One bias per hidden neuron"),
    Step("Z1", "= W^{[1]} X + b^{[1]}", ("W1", "X", "b1"), "product", "Weighted inputs of the hidden layer"),
    Step("A1", r"= \mathrm{ReLU}(Z^{[1]})", ("Z1",), "elementwise", "What is negative becomes 0"),
    Step("W2", r"\in \mathbb{R}^{n_2 \times n_1}", (), "given", "One row of weights per class"),
    Step("b2", r"\in \mathbb{R}^{n_2 \times 1}", (), "given", "One bias per class"),
    Step("Z2", "= W^{[2]} A^{[1]} + b^{[2]}", ("W2", "A1", "b2"), "product", "Ten logits per example"),
    Step("Yhat", r"= \mathrm{softmax}(Z^{[2]})", ("Z2",), "column", "Ten probabilities per example"),
    Step("C", r"= -\sum_k Y_{ki} \log \hat{Y}_{ki}", ("Y", "Yhat"), "column", "The cost of each example"),
    Step("gYhat", r"= -Y / \hat{Y}", ("Y", "Yhat"), "elementwise", "Zero but for the true class"),
    Step("J", r"= \mathrm{diag}(\hat{y}) - \hat{y} \hat{y}^T", ("Yhat",), "given", "One such matrix per example"),
    Step("D2", r"= \hat{Y} - Y", ("Yhat", "Y"), "elementwise", "The error: prediction minus truth"),
    Step("dW2", r"= \frac{1}{m} \Delta^{[2]} (A^{[1]})^T", ("D2", "A1.T"), "product", "The mean over the batch"),
    Step("db2", r"= \frac{1}{m} \Delta^{[2]} \mathbf{1}", ("D2",), "row", "The mean of each row, one per class"),
    Step("gA1", r"= (W^{[2]})^T \Delta^{[2]}", ("W2.T", "D2"), "product", "The error sent back through the weights"),
    Step("D1", r"= \nabla_{A^{[1]}} \mathcal{L} \odot \mathrm{ReLU}'(Z^{[1]})", ("gA1", "Z1"), "elementwise",
         "Neurons that were off get no error"),
    Step("dW1", r"= \frac{1}{m} \Delta^{[1]} X^T", ("D1", "X.T"), "product", "The mean over the batch"),
    Step("db1", r"= \frac{1}{m} \Delta^{[1]} \mathbf{1}", ("D1",), "row", "The mean of each row, one per neuron"),
]


@cache
def one_batch(hidden=16, m=4):
    """All twenty arrays by name, for the first m digits of the extract and a fresh 784-hidden-10 network."""
    digits = data.mnist_sample()
    x, y = digits.x_train[:, :m].astype(float), digits.y_train[:, :m].astype(float)
    network = Network([Dense(784, hidden, "relu"), Dense(hidden, 10, "softmax", weights="he")], cost="cross_entropy",
                      rng=0, dtype="float64")
    network.forward(x)
    network.backward(y)
    first, last = network.layers
    cost = network.cost_function
    return {
        "X": x, "Y": y, "W1": first.W, "b1": first.b, "Z1": first.z, "A1": first.a,
        "W2": last.W, "b2": last.b, "Z2": last.z, "Yhat": last.a,
        "C": cost.values(last.z, last.a, y)[None], "gYhat": cost.gradient(last.a, y),
        "J": last.activation.jacobian(last.a[:, 0]),
        "D2": last.delta, "dW2": last.dW, "db2": last.db,
        "gA1": last.backward_error(last.delta), "D1": first.delta, "dW1": first.dW, "db1": first.db,
    }


def draw_walkthrough(figure, equation=0, hidden=16, m=4):
    """Draw the map of all arrays with one equation lit up and its values below; returns the read-out.

    equation: 1 to 20, or 0 for the map alone.
    """
    arrays = one_batch(hidden, m)
    figure.set_layout_engine("none")  # one Axes fills the figure: nothing to arrange, and that saves time
    ax = figure.add_axes((0, 0, 1, 1))
    _draw_map(ax, arrays, equation)
    ax.set(xlim=(-0.5, 5.5), ylim=(-3.4 if equation == 0 else -6.1, 0.4 if equation == 0 else 0.95))
    ax.set_axis_off()
    if equation == 0:
        return (f"Twenty arrays for a batch of {m} digits and {hidden} hidden neurons. Each gradient stands in the "
                "column of the array it belongs to. Move to equation 1 to begin.")
    step = STEPS[equation - 1]
    ax.text(2.5, 0.66, f"({equation})   ${ARRAYS[step.result].symbol} {step.right}$", fontsize=13, ha="center",
            va="center")
    names = (step.result, *step.takes)
    values = [_lookup(arrays, name) for name in names]
    row, column = np.unravel_index(np.abs(values[0]).argmax(), values[0].shape)
    for place, (name, value, box) in enumerate(zip(names, values, _boxes(step, values, row, column), strict=True)):
        _draw_values(ax, 1.52 * place - 0.4, name, value, box)
    if step.takes:
        ax.text(1.01, -4.95, "=" if step.kind == "product" else r"$\leftarrow$", fontsize=12, ha="center", va="center")
    return _sentence(equation, step, values, row, column)


def walkthrough():
    """Step through the twenty equations: which arrays meet, in which shapes, and with what values."""
    controls = {
        "equation": player("equation", 20, interval=1500),
        "hidden": choice("hidden neurons", [10, 16], 16),
        "m": whole("batch size m", 4, 1, 8),
    }
    return Explorer(
        controls, draw_walkthrough,
        "Press play, or step with the arrow keys. With 16 hidden neurons and 4 digits every shape has one meaning; "
        "then set the hidden neurons to 10 and see how many shapes look alike.",
        size=(8, 5.4),
    )


def _lookup(arrays, name):
    return arrays[name.removesuffix(".T")].T if name.endswith(".T") else arrays[name]


def _symbol(name):
    symbol = ARRAYS[name.removesuffix(".T")].symbol
    return f"({symbol})^T" if name.endswith(".T") else symbol


def _draw_map(ax, arrays, equation):
    made = [step.result for step in STEPS[:equation]]
    current = STEPS[equation - 1] if equation else None
    taken = [name.removesuffix(".T") for name in current.takes] if current else []
    for name, array in ARRAYS.items():
        color = PALETTE[array.color]
        narrow = array.column % 1 != 0
        width, height = (0.4, 0.62) if narrow else (0.72, 0.62)
        lit, known = current is not None and name == current.result, not equation or name in made
        # add_artist, because add_patch would first work out limits, and they are given
        ax.add_artist(Rectangle((array.column - width / 2, -array.row - height / 2), width, height,
                               facecolor=color if lit else PANEL if known else PAPER,
                               edgecolor=color if known else LINE, linewidth=2.4 if name in taken else 1))
        ink = PAPER if lit else color if known else MUTED
        shape = " x ".join(map(str, arrays[name].shape))
        ax.text(array.column, -array.row + 0.13, f"${array.symbol}$", ha="center", va="center", color=ink,
                fontsize=7.5 if narrow and array.row == 3 else 10)
        ax.text(array.column, -array.row - 0.17, shape, ha="center", va="center", color=ink, fontsize=6.5)
    arrow = {"arrowstyle": "->", "color": MUTED, "linewidth": 1}
    for start in range(5):
        ax.annotate("", (start + 0.63, -1), (start + 0.37, -1), arrowprops=arrow)
    for start in range(1, 5):
        ax.annotate("", (start + 0.37, -2), (start + 0.63, -2), arrowprops=arrow)
    for column in (1, 3):
        ax.annotate("", (column, -0.68), (column, -0.32), arrowprops=arrow)
        ax.annotate("", (column, -2.68), (column, -2.32), arrowprops=arrow)
    ax.annotate("", (5, -0.68), (5, -0.32), arrowprops=arrow)
    ax.annotate("", (5, -1.68), (5, -1.32), arrowprops=arrow)


def _draw_values(ax, left, name, value, box):
    """An array as a picture 1.3 wide and 2 high, with a frame around box."""
    rows, columns = value.shape
    bound = np.abs(value).max() or 1
    width, height, top = 1.3, 2, -3.95
    ax.imshow(value, cmap=SIGNED, vmin=-bound, vmax=bound, aspect="auto", interpolation="nearest",
              extent=(left, left + width, top - height, top))
    ax.add_artist(Rectangle((left, top - height), width, height, fill=False, edgecolor=MUTED, linewidth=0.8))
    first_row, first_column, tall, wide = box
    ax.add_artist(Rectangle((left + width * first_column / columns, top - height * (first_row + tall) / rows),
                           width * wide / columns, height * tall / rows, fill=False, edgecolor=INK, linewidth=1.6))
    ax.text(left, top + 0.1, f"${_symbol(name)}$   {rows} x {columns}", fontsize=9)


def _boxes(step, values, row, column):
    """What to frame in each array, (first row, first column, height, width): an entry and all it is made of."""
    entry = (row, column, 1, 1)
    shapes = [value.shape for value in values[1:]]
    if step.kind == "product":
        takes = [(row, 0, 1, shapes[0][1]), (0, column, shapes[1][0], 1), (row, 0, 1, 1)]
    elif step.kind == "column":
        takes = [(0, column, shape[0], 1) for shape in shapes]
    elif step.kind == "row":
        takes = [(row, 0, 1, shapes[0][1])]
    elif step.result == "J":
        takes = [(0, 0, shapes[0][0], 1)]
    else:
        takes = [entry] * len(shapes)
    return [entry, *takes][: len(values)]


def _sentence(equation, step, values, row, column):
    result = values[0]
    shape = " x ".join(map(str, result.shape))
    made = ""
    if step.takes:
        spoken = [ARRAYS[name.removesuffix(".T")].spoken + (" transposed" if name.endswith(".T") else "")
                  for name in step.takes]
        parts = [f"{word} ({' x '.join(map(str, value.shape))})" for word, value in
                 zip(spoken, values[1:], strict=True)]
        made = f" from {', '.join(parts)}"
    return (f"Equation ({equation}): {ARRAYS[step.result].spoken}, {shape}{made}. {step.words}. "
            f"The framed entry, row {row + 1}, column {column + 1}, is the largest in size: "
            f"{result[row, column]:.4f}. Smallest {result.min():.4f}, mean {result.mean():.4f}.")
