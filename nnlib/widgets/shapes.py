"""The shape machine: a layer's product with any sizes, either layout, and every way to get it wrong (chapter 02)."""

import numpy as np
from matplotlib.patches import Rectangle

from nnlib import Dense, Network, plots
from nnlib.widgets.explorer import Explorer, choice, whole

PRODUCTS = {
    "W @ X": lambda W, X: W @ X,
    "W.T @ X": lambda W, X: W.T @ X,
    "X @ W": lambda W, X: X @ W,
    "X @ W.T": lambda W, X: X @ W.T,
}
BIASES = {"(n₁, 1)": lambda b: b, "(n₁,)": lambda b: b[:, 0]}
LAYOUTS = {"columns: X is (n₀, m)": "columns", "rows: X is (m, n₀)": "rows"}
RIGHT, TURNED, ERROR, SILENT = "right", "right, but turned", "ValueError", "runs, WRONG"
PLACES = {"height_ratios": [1.35, 1], "left": 0.01, "right": 0.99, "bottom": 0.01, "top": 0.99, "hspace": 0.03}
COLORS = {RIGHT: plots.PALETTE["y"], TURNED: plots.PALETTE["y"], ERROR: plots.PALETTE["eta"],
          SILENT: plots.PALETTE["delta"]}


def shape_machine():
    """An Explorer of the layer's product: sizes, layout, the line of code, the shape of the bias."""
    controls = {
        "n0": whole("inputs n₀", 4, 1, 10),
        "n1": whole("neurons n₁", 3, 1, 10),
        "m": whole("examples m", 5, 1, 10),
        "layout": choice("examples in", list(LAYOUTS.items())),
        "product": choice("product", list(PRODUCTS)),
        "bias": choice("b has shape", list(BIASES)),
    }
    return Explorer(controls, draw_shapes, "Give b the shape (n₁,) and read the error. Then make m equal to n₁ and "
                    "see the error vanish while the result is wrong.", size=(7, 4.9))


def draw_shapes(figure, n0, n1, m, layout, product, bias):
    """Draw the chosen line as blocks over the verdicts on all eight lines; returns what they show in words."""
    W, X, b, truth = make_layer(n0, n1, m, layout)
    blocks, table = figure.subplots(2, 1, gridspec_kw=PLACES)
    Z, verdict, problem = run_line(W, X, b, truth, product, bias)
    _draw_line(blocks, W, X, b, Z, product, bias, verdict)
    verdicts = {(name, shape): run_line(W, X, b, truth, name, shape)[1] for name in PRODUCTS for shape in BIASES}
    _draw_table(table, verdicts, (product, bias))
    shapes = f"{_operands(W, X, product)} + {BIASES[bias](b).shape}"
    outcome = f"gives {Z.shape}: {verdict}" if problem is None else f"is a ValueError: {problem}"
    silent = sum(kind == SILENT for kind in verdicts.values())
    return (f"{product} + b, {shapes}, {outcome}. Lines that run and are wrong: {silent} of 8. "
            f"{_danger(n0, n1, m)}")


def make_layer(n0, n1, m, layout):
    """W (n1, n0), X in the layout, b (n1, 1) with random values, and the true Z in that layout, from nnlib."""
    rng = np.random.default_rng(0)
    network = Network([Dense(n0, n1, "identity", weights="normal", biases="normal")], dtype="float64", rng=rng)
    x = rng.normal(size=(n0, m))
    z = network.forward(x)
    layer = network.layers[0]
    return (layer.W, x, layer.b, z) if layout == "columns" else (layer.W, x.T, layer.b, z.T)


def run_line(W, X, b, truth, product, bias):
    """Let NumPy run one line of code: its result or None, the verdict on it, and what was wrong or None."""
    try:
        Z = PRODUCTS[product](W, X)
    except ValueError:
        left, right = (factor.shape for factor in _factors(W, X, product))
        return None, ERROR, f"inner sizes {left[1]} and {right[0]} differ"
    flat = BIASES[bias](b)
    try:
        total = Z + flat
    except ValueError:
        return None, ERROR, f"{Z.shape} and {flat.shape} do not broadcast"
    return total, _verdict(total, truth), None


def _verdict(Z, truth):
    if Z.shape == truth.shape and np.allclose(Z, truth):
        return RIGHT
    if Z.shape == truth.T.shape and np.allclose(Z, truth.T):
        return TURNED
    return SILENT


def _factors(W, X, product):
    arrays = {"W": W, "W.T": W.T, "X": X}
    return [arrays[name] for name in product.split(" @ ")]


def _operands(W, X, product):
    left, right = _factors(W, X, product)
    return f"{left.shape} @ {right.shape}"


def _danger(n0, n1, m):
    sizes = {"n₀": n0, "n₁": n1, "m": m}
    names = list(sizes)
    equal = [f"{a} = {b}" for i, a in enumerate(names) for b in names[i + 1 :] if sizes[a] == sizes[b]]
    if equal:
        return f"DANGEROUS: {' and '.join(equal)}, so a wrong line can fit."
    if 1 in sizes.values():
        return "DANGEROUS: a size of 1 broadcasts against everything."
    return "All three sizes differ: a wrong shape is an error here."


def _draw_line(ax, W, X, b, Z, product, bias, verdict):
    left, right = _factors(W, X, product)
    names = [*product.split(" @ "), "b", "Z"]
    signs = ["@", "+", "=", ""]
    position, tallest = 0.0, max(len(W), W.shape[1], len(X), X.shape[1], 4)
    colors = {"W": "W", "W.T": "W", "X": "x", "b": "b", "Z": "z"}
    for name, array, sign in zip(names, (left, right, BIASES[bias](b), Z), signs, strict=True):
        cells = np.full((4, 4), np.nan) if array is None else np.atleast_2d(array)
        height, width = cells.shape
        corners = (position, position + width, -height / 2, height / 2)
        ax.imshow(cells, cmap=plots.SIGNED, vmin=-3, vmax=3, extent=corners)
        color = COLORS[verdict] if name == "Z" else plots.PALETTE[colors[name]]
        ax.add_patch(Rectangle((position, -height / 2), width, height, fill=False, edgecolor=color, linewidth=2.2))
        ax.text(position + width / 2, height / 2 + 0.3, name, ha="center", va="bottom", weight="bold", color=color)
        shape = verdict if array is None else str(array.shape)
        ax.text(position + width / 2, -height / 2 - 0.35, shape, ha="center", va="top", color=color)
        position += width + 3.2
        ax.text(position - 1.6, 0, sign, ha="center", va="center", fontsize=15)
    ax.set(xlim=(-1, position - 2.2), ylim=(-tallest / 2 - 2, tallest / 2 + 2), aspect="equal")
    ax.set_axis_off()


def _draw_table(ax, verdicts, chosen):
    for (product, bias), verdict in verdicts.items():
        row, column = list(PRODUCTS).index(product), list(BIASES).index(bias)
        ax.add_patch(Rectangle((column, -row), 0.97, -0.9, facecolor=COLORS[verdict],
                               alpha=1 if (product, bias) == chosen else 0.75))
        mark = "▶ " if (product, bias) == chosen else ""
        ax.text(column + 0.485, -row - 0.45, mark + verdict, ha="center", va="center", color=plots.PAPER,
                weight="bold" if verdict == SILENT else "normal")
    for row, product in enumerate(PRODUCTS):
        ax.text(-0.03, -row - 0.45, f"{product} + b", ha="right", va="center", family="monospace")
    for column, bias in enumerate(BIASES):
        ax.text(column + 0.485, 0.12, f"b of shape {bias}", ha="center", va="bottom")
    ax.set(xlim=(-0.5, 2), ylim=(-4, 0.7))
    ax.set_axis_off()
