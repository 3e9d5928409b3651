"""A kernel moved over a digit: the window, its products, their sum, and the map that fills (chapter 13)."""

from functools import cache

import numpy as np
from matplotlib.patches import Rectangle

from nnlib import Conv2D, Dense, Flatten, Network, data, plots
from nnlib.convolution import output_size
from nnlib.widgets.explorer import Explorer, choice, whole

BY_HAND = {
    "vertical edges": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "horizontal edges": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "diagonal strokes": [[-1, -1, 2], [-1, 2, -1], [2, -1, -1]],
    "blur": np.full((5, 5), 0.04),
    "one pixel": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}
LEARNED = 8  # kernels in the first layer of the stored network
KERNELS = [*BY_HAND, *(f"learned {number}" for number in range(1, LEARNED + 1))]


def kernel_explorer():
    """An Explorer of one convolution: digit, kernel, stride, padding, and the window that is looked at."""
    controls = {
        "digit": choice("digit", list(range(10)), 7),
        "kernel": choice("kernel W", KERNELS),
        "stride": whole("stride s", 1, 1, 4),
        "padding": whole("padding d", 0, 0, 4),
        "row": whole("window's row u", 16, 1, 34),
        "column": whole("window's column v", 18, 1, 34),
    }
    caption = ("Move the window across the slanted stroke of the 7: where is the sum largest, where negative, where 0? "
               "Then give the same digit to the other kernels.")
    return Explorer(controls, draw_kernel, caption, size=(6, 5.5))


def draw_kernel(figure, digit, kernel, stride, padding, row, column):
    """Draw picture, map and products for one window; returns what they show in words."""
    x, W, b = picture(digit), *kernel_values(kernel)
    z = convolve(x, W, b, stride, padding)
    size, n_out = len(W), len(z)
    i, j = min(row, n_out), min(column, n_out)  # a position beyond the last window is the last one
    padded = np.pad(x, padding)
    top, left = (i - 1) * stride, (j - 1) * stride
    window = padded[top : top + size, left : left + size]
    products = W * window
    figure.set_layout_engine("none")
    ax = figure.add_axes((0, 0, 1, 1))  # one for all five panels: the quickest to draw
    ax.set(xlim=(0, 6), ylim=(5.5, 0))
    ax.set_axis_off()
    _draw_pictures(ax, padded, padding, z, (i, j), (top, left), size)
    _draw_numbers(ax, window, W, products)
    return (f"Window {i}, {j}: its {size * size} products add up to {products.sum():.3f}; with the bias "
            f"{b:.3f} that is z = {z[i - 1, j - 1]:.3f}. The map has {n_out} x {n_out} windows, because the last one "
            f"ends at pixel {(n_out - 1) * stride + size} of 28 + 2 * {padding}; this is number "
            f"{(i - 1) * n_out + j} of {n_out * n_out}. Over the whole map z lies between {z.min():.3f} and "
            f"{z.max():.3f}.")


def convolve(x, W, b, stride, padding):
    """z of one picture x (28, 28) and one kernel W (k, k) with bias b, computed by a Conv2D; a square array."""
    k, side = len(W), output_size(len(x), len(W), stride, padding)
    layer = Conv2D(1, 1, k, "identity", stride, padding)
    Network([layer, Flatten(), Dense(side * side, 1)], rng=0, dtype="float64")  # gives the layer its parameters
    layer.W[0, 0], layer.b[:] = W, b
    return layer.forward(np.asarray(x, float)[None, :, :, None])[0, :, :, 0]


@cache
def picture(digit):
    """The first test picture of this digit, (28, 28)."""
    sample = data.mnist_sample()
    return sample.x_test[:, list(sample.labels_test).index(digit)].reshape(28, 28)


@cache
def _learned():
    layer = Network.load(data.FOLDER / "networks" / "convolution-lenet.npz").layers[0]
    return layer.W[:, 0].astype(float), layer.b.ravel().astype(float)


def kernel_values(name):
    """The kernel of this name, (k, k), and its bias, a number: by hand and 0, or from the stored network."""
    if name in BY_HAND:
        return np.array(BY_HAND[name], float), 0.0
    W, b = _learned()
    number = int(name.split()[1]) - 1
    return W[number], b[number]


def _draw_pictures(ax, padded, padding, z, place, corner, size):
    bound, seen = np.abs(z).max() or 1, (place[0] - 1) * len(z) + place[1]
    _panel(ax, padded, 0.12, 0.5, 2.76, f"picture, {len(padded)} x {len(padded)}", "x", plots.INK_MAP, (0, 1))
    pixel = 2.76 / len(padded)
    _frame(ax, 0.12 + padding * pixel, 0.5 + padding * pixel, 28 * pixel, edgecolor=plots.MUTED, ls=":")
    _frame(ax, 0.12 + corner[1] * pixel, 0.5 + corner[0] * pixel, size * pixel, lw=2.5, edgecolor=plots.PALETTE["W"])
    _panel(ax, z, 3.12, 0.5, 2.76, f"map z, {len(z)} x {len(z)}", "z", plots.SIGNED, (-bound, bound), alpha=0.25)
    done = np.where(np.arange(z.size).reshape(z.shape) < seen, z, np.nan)
    _panel(ax, done, 3.12, 0.5, 2.76, "", "z", plots.SIGNED, (-bound, bound))
    entry = 2.76 / len(z)
    _frame(ax, 3.12 + (place[1] - 1) * entry, 0.5 + (place[0] - 1) * entry, entry, lw=2.5,
           edgecolor=plots.PALETTE["z"])


def _draw_numbers(ax, window, W, products):
    titles = ("window", "kernel W", f"sum {products.sum():.3f}")
    for number, (values, title, color, sign) in enumerate(
            zip((window, W, products), titles, ("x", "W", "z"), ("⊙", "=", ""), strict=True)):
        left, bound, cell = 0.12 + 1.98 * number, np.abs(values).max() or 1, 1.8 / len(W)
        image = _panel(ax, values, left, 3.6, 1.8, title, color, plots.SIGNED, (-bound, bound))
        for (row, column), value in np.ndenumerate(values):
            red, green, blue, _ = image.cmap(image.norm(value))
            ink = plots.INK if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else plots.PAPER
            ax.text(left + (column + 0.5) * cell, 3.6 + (row + 0.5) * cell, f"{value:z.{1 if len(W) > 3 else 2}f}",
                    ha="center", va="center", color=ink, fontsize=8 if len(W) > 3 else 11)
        ax.text(left + 1.89, 4.5, sign, ha="center", va="center", fontsize=13)


def _panel(ax, values, left, top, side, title, color, cmap, limits, **image):
    ax.text(left, top - 0.08, title, color=plots.PALETTE[color], fontsize=12, weight="bold")
    _frame(ax, left, top, side, edgecolor=plots.LINE)
    return ax.imshow(values, extent=(left, left + side, top + side, top), cmap=cmap, vmin=limits[0], vmax=limits[1],
                     aspect="auto", interpolation="nearest", **image)


def _frame(ax, left, top, side, **line):
    ax.add_patch(Rectangle((left, top), side, side, fill=False, zorder=3, **line))
