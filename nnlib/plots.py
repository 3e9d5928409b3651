"""Figures: data in, matplotlib Axes out. Needs matplotlib; `import nnlib` does not import this module.

Every function draws into the Axes it is given, or into the current ones, and returns them, so that figures
combine. Colours mean the same thing throughout the book: PALETTE has one for each symbol.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

PALETTE = {  # the light row of website/style/palette.json (a test keeps the two in step)
    "x": "#0066b3",
    "W": "#b94a00",
    "b": "#75288a",
    "z": "#007a76",
    "y": "#3b782c",
    "delta": "#8c0a28",
    "cost": "#685200",
    "eta": "#3f444d",
}
PAPER, PANEL, LINE, INK, MUTED = "#fbfaf6", "#f4f1e9", "#ddd7c8", "#24221e", "#625e55"
SERIES = [PALETTE[role] for role in ("x", "W", "y", "b", "z", "delta", "cost")]
CLASSES = [PALETTE["W"], PALETTE["x"]]  # class 0 and class 1 of two-class data, also told apart by marker
MARKERS = ["s", "o"]
SIGNED = LinearSegmentedColormap.from_list("signed", [PALETTE["W"], "#f0b98f", PAPER, "#8fbfe4", PALETTE["x"]])
INK_MAP = LinearSegmentedColormap.from_list("ink", [PAPER, INK])

STYLE = {
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": plt.cycler(color=SERIES),
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "lines.linewidth": 2.2,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "text.color": INK,
    "font.size": 10,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.figsize": (7, 3.5),
    "figure.dpi": 120,
    "figure.constrained_layout.use": True,
    "image.cmap": "viridis",
}

READABLE = {"font.size": 12.5, "axes.titlesize": 13, "axes.labelsize": 13, "xtick.labelsize": 12, "ytick.labelsize": 12,
            "legend.fontsize": 11}  # over STYLE, for pictures of two panels that a phone shows at half their size


def use_style():
    """Switch the book's figure style on for this session."""
    plt.rcParams.update(STYLE)


def history(epochs, ax=None, label=None, **line):
    """Cost against epoch number. epochs: a list of Epoch, or of plain costs."""
    ax = ax or plt.gca()
    costs = [getattr(epoch, "cost", epoch) for epoch in epochs]
    ax.plot(range(1, len(costs) + 1), costs, label=label, **line)
    ax.set(xlabel="epoch", ylabel="cost")
    return ax


def points(x, labels, ax=None, size=22):
    """Two-dimensional examples x (2, m), coloured and marked by their class numbers labels (m,)."""
    ax = ax or plt.gca()
    for label in np.unique(labels):
        ax.scatter(*x[:, labels == label], s=size, c=CLASSES[label % 2], marker=MARKERS[label % 2],
                   edgecolors=PAPER, linewidths=0.6, label=f"class {label}", zorder=3)
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    return ax


def surface(function, ax=None, limit=1.3, steps=100, levels=(0.5,), low=0.0, high=1.0):
    """A function of the plane as colours: function takes x (2, steps^2) and returns one value per column.

    low, high: the values that get the two end colours. levels: where to draw contour lines.
    """
    ax = ax or plt.gca()
    side = np.linspace(-limit, limit, steps)
    grid = np.stack([axis.ravel() for axis in np.meshgrid(side, side)])
    values = np.asarray(function(grid)).reshape(steps, steps)
    ax.imshow(values, extent=(-limit, limit, -limit, limit), origin="lower", cmap=SIGNED, vmin=low, vmax=high,
              alpha=0.75, interpolation="bilinear")
    shown = [level for level in levels if values.min() < level < values.max()]
    if shown:
        ax.contour(side, side, values, levels=shown, colors=INK, linewidths=1.2)
    ax.grid(visible=False)
    return ax


def digit(pixels, ax=None, title=None, cmap=INK_MAP, **image):
    """One picture of 28 x 28 pixels from a column (784,)."""
    ax = ax or plt.gca()
    ax.imshow(np.reshape(pixels, (28, 28)), cmap=cmap, **image)
    ax.set_axis_off()
    if title is not None:
        ax.set_title(title, fontsize=9, loc="center", fontweight="normal")
    return ax


def digits(x, titles=None, columns=10, cmap=INK_MAP, **image):
    """A grid of pictures from the columns of x (784, m), with a title each if given. Returns the figure."""
    rows = -(-x.shape[1] // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(7, 0.85 * rows * (10 / columns)), squeeze=False)
    for i, ax in enumerate(axes.flat):
        if i < x.shape[1]:
            digit(x[:, i], ax, titles[i] if titles is not None else None, cmap, **image)
        else:
            ax.set_axis_off()
    return figure


def weights(W, columns=10, titles=None):
    """Each row of W (n, 784) as a picture: blue where ink raises the neuron, orange where it lowers it.

    The strongest colours are reached at the 99.5th percentile, so that a few large weights do not pale the rest.
    """
    bound = np.quantile(np.abs(W), 0.995)
    return digits(W.T, titles, columns, cmap=SIGNED, vmin=-bound, vmax=bound)


def matrix(values, ax=None, title=None, decimals=2, low=None, high=None, cmap=SIGNED):
    """A small matrix as coloured cells with its numbers written in them."""
    ax = ax or plt.gca()
    values = np.atleast_2d(values)
    bound = np.abs(values).max() or 1
    image = ax.imshow(values, cmap=cmap, vmin=-bound if low is None else low, vmax=bound if high is None else high)
    for (row, column), value in np.ndenumerate(values):
        red, green, blue, _ = image.cmap(image.norm(value))
        ink = INK if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else PAPER
        ax.text(column, row, f"{value:.{decimals}f}", ha="center", va="center", fontsize=8, color=ink)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    if title is not None:
        ax.set_title(title)
    return ax


def confusion(counts, ax=None):
    """A confusion matrix: rows the true class, columns the predicted one; colours on a log scale."""
    ax = ax or plt.gca()
    ax.imshow(np.log1p(counts), cmap=LinearSegmentedColormap.from_list("counts", [PAPER, PALETTE["x"]]))
    for (row, column), count in np.ndenumerate(counts):
        if count:
            ax.text(column, row, count, ha="center", va="center", fontsize=8,
                    color=PAPER if np.log1p(count) > 0.6 * np.log1p(counts.max()) else INK)
    ax.set(xlabel="predicted", ylabel="true", xticks=range(len(counts)), yticks=range(len(counts)))
    ax.grid(visible=False)
    return ax
