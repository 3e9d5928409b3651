"""Walk through the noise of a trained generator: each direction to turn to is another digit."""

from functools import cache

import numpy as np

from nnlib import data, plots
from nnlib.network import Network
from nnlib.widgets.explorer import Explorer, number, whole

FOLDER = data.FOLDER / "networks"
STATIONS = 12  # pictures along the circle


@cache
def load(name):
    """A trained network of data/networks/."""
    return Network.load(FOLDER / f"{name}.npz")


def on_sphere(alpha, beta, seed, size):
    """The noise (size, k) at angles alpha (k,) and beta, in degrees, between three random points.

    alpha turns from the first point to the second, beta from there to the third. With entries of variance 1 in
    all three, and all of them independent, so have these: squared sine and cosine add up to 1.
    """
    first, second, third = np.random.default_rng(seed).normal(size=(3, size, 1))
    alpha, beta = np.radians(alpha), np.radians(beta)
    return np.cos(beta) * (np.cos(alpha) * first + np.sin(alpha) * second) + np.sin(beta) * third


def draw_walk(figure, alpha, beta, seed):
    """The digit at the two angles, what a reader says of it, and twelve digits around; returns the read-out."""
    G, reader = load("gan-digits-generator"), load("digits-16-16")
    size = G.layers[0].n_in
    around = np.arange(STATIONS) * 360 / STATIONS
    x = G.forward(on_sphere(np.append(around, alpha), beta, seed, size))
    answers = reader.forward(x)

    figure.set_layout_engine("none")  # fixed margins: measuring every label would double the time of a drag
    circle = figure.add_axes((0.01, 0.02, 0.56, 0.9))
    circle.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect="equal")
    circle.set_axis_off()
    circle.set_title("around the circle, and where you are", loc="center")
    for angle, picture in zip(np.radians(around), x.T, strict=False):
        across, up = np.cos(angle), np.sin(angle)
        circle.imshow(picture.reshape(28, 28), cmap=plots.INK_MAP, vmin=0, vmax=1,
                      extent=(across - 0.22, across + 0.22, up - 0.22, up + 0.22))
    circle.imshow(x[:, -1].reshape(28, 28), cmap=plots.INK_MAP, vmin=0, vmax=1, extent=(-0.5, 0.5, -0.5, 0.5))
    turn = np.radians(alpha)
    circle.plot([0.56 * np.cos(turn), 0.74 * np.cos(turn)], [0.56 * np.sin(turn), 0.74 * np.sin(turn)],
                color=plots.PALETTE["W"], linewidth=4)
    circle.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25))

    here = answers[:, -1]
    best = int(here.argmax())
    bars = figure.add_axes((0.65, 0.14, 0.33, 0.76))
    bars.barh(range(10), here, color=[plots.PALETTE["W"] if k == best else plots.PALETTE["x"] for k in range(10)])
    bars.set(xlim=(0, 1), ylim=(9.6, -0.6), yticks=range(10), title="read as", xlabel="output of the reader")
    read = " ".join(str(digit) for digit in answers[:, :STATIONS].argmax(axis=0))
    return (f"Read as {best} (output {here[best]:.0%}). Around the circle, every {360 // STATIONS} degrees, the "
            f"reader says {read}.")


def latent_walk():
    """The widget: two angles through the noise of the digit generator, and a seed; an Explorer."""
    return Explorer(
        {"alpha": number("α: around, degrees", 30, 0, 360, step=2, places=0),
         "beta": number("β: away, degrees", 0, -90, 90, step=2, places=0),
         "seed": whole("seed", 50, 0, 99)},
        draw_walk, size=(7, 3.9), caption=(
            "Turn α slowly: where does one digit become another, and what does it look like on the way? "
            "At β = 90 all of the circle is one point."))
