"""Walk through the noise of a trained generator: each direction to turn to is another digit."""

from functools import cache

import numpy as np

from nnlib import data
from nnlib.network import Network
from nnlib.widgets.canvas import CanvasExplorer
from nnlib.widgets.explorer import number, whole

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


def draw_walk(frame, alpha, beta, seed):
    """The digit at the two angles, what a reader says of it, and twelve digits around; returns the read-out."""
    G, reader = load("gan-digits-generator"), load("digits-16-16")
    size = G.layers[0].n_in
    around = np.arange(STATIONS) * 360 / STATIONS
    x = G.forward(on_sphere(np.append(around, alpha), beta, seed, size))
    answers = reader.forward(x)

    pictures = x.T.reshape(-1, 28, 28)[:, ::-1]
    circle = frame.panel("circle", x=(-1.25, 1.25), y=(-1.25, 1.25), title="around the circle, and where you are",
                         xticks=[], yticks=[], width=1.4, equal=True)
    across, up = np.cos(np.radians(around)), np.sin(np.radians(around))
    circle.tiles(pictures[:-1], across - 0.22, up - 0.22, 0.44, 0.44, 0, 1, colors="ink")
    circle.heat(pictures[-1], 0, 1, colors="ink", smooth=False, extent=(-0.5, 0.5, -0.5, 0.5))
    turn, hand = np.radians(alpha), np.array([0.58, 0.74])
    circle.line(hand * np.cos(turn), hand * np.sin(turn), color="W", width=4)

    here = answers[:, -1]
    best = int(here.argmax())
    bars = frame.panel("bars", x=(0, 1), y=(-0.6, 9.6), title="read as", xlabel="output of the reader",
                       xticks=[0, 0.5, 1], yticks={9 - digit: str(digit) for digit in range(10)})
    bars.rects(0, 8.6 - np.arange(10), here, 0.8, color="x")
    bars.rects(0, 8.6 - best, here[best], 0.8, color="W")
    read = " ".join(str(digit) for digit in answers[:, :STATIONS].argmax(axis=0))
    return (f"Read as {best} (output {here[best]:.0%}). Around the circle, every {360 // STATIONS} degrees, the "
            f"reader says {read}.")


def latent_walk():
    """The widget: two angles through the noise of the digit generator, and a seed; a CanvasExplorer."""
    return CanvasExplorer(
        {"alpha": number("α: around, degrees", 30, 0, 360, step=2, places=0),
         "beta": number("β: away, degrees", 0, -90, 90, step=2, places=0),
         "seed": whole("seed", 50, 0, 99)},
        draw_walk, height=390, label="Twelve digits on a circle, the one at the two angles in the middle, and what a "
                                     "reader says of it", caption=(
            "Turn α slowly: where does one digit become another, and what does it look like on the way? "
            "At β = 90 all of the circle is one point."))
