"""A GAN's training as a film: samples on the ring, the discriminator behind them, costs, and what was hit."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib.patches import Circle

from nnlib import data, plots
from nnlib.network import Network
from nnlib.widgets.explorer import Explorer, choice, player, whole

FOLDER = data.FOLDER / "networks"
FILMS = [("both learn at 0.001", "gan-ring"), ("D learns ten times slower", "gan-ring-collapse")]
SAMPLES, SHOWN = 2000, 600
HIT = SAMPLES // 100  # a mode counts as hit from one sample in a hundred; a fair share would be one in eight
LIMIT = 1.6           # the plane is shown from -LIMIT to LIMIT
PLACES = {"width_ratios": [1.05, 1], "height_ratios": [1.35, 1], "left": 0.06, "right": 0.985, "bottom": 0.12,
          "top": 0.91, "wspace": 0.2, "hspace": 0.55}


@dataclass(frozen=True)
class Film:
    """Both networks, and what they were at each frame.

    step: (k,) numbers of steps. generator, discriminator: parameters, one row per frame. cost_D, cost_G: the mean
    costs between a frame and the next, k - 1 of each. sigma: the standard deviation of the clouds.
    """

    G: Network
    D: Network
    step: np.ndarray
    generator: np.ndarray
    discriminator: np.ndarray
    cost_D: list
    cost_G: list
    sigma: float

    def show(self, frame):
        """Put the parameters of this frame into G and D."""
        self.G.parameters[:] = self.generator[frame]
        self.D.parameters[:] = self.discriminator[frame]


@cache
def load_film(name):
    """The film that experiments/gan.py recorded under this name with its first seed."""
    record = data.history(name)
    networks = [Network.load(FOLDER / f"{name}-{part}.npz") for part in ("generator", "discriminator")]
    with np.load(FOLDER / f"{name}-film.npz") as file:
        frames = [file[part] for part in ("step", "generator", "discriminator")]
    first = record["runs"][0]
    return Film(*networks, *frames, first["cost_D"], first["cost_G"], record["recipe"]["sigma"])


def draw_ring(ax, D, x, sigma, steps=60):
    """Points x (2, m) on the surface of D: orange where D says generated, blue where it says real."""
    plots.surface(lambda grid: D.forward(grid)[0], ax, LIMIT, steps)
    angles = np.arange(8) * np.pi / 4
    for centre in zip(np.cos(angles), np.sin(angles), strict=True):
        # add_artist, because add_patch would first work out limits, and they are given below
        ax.add_artist(Circle(centre, 3 * sigma, fill=False, color=plots.PALETTE["y"], linewidth=1.2))
    ax.plot(*x, ".", color=plots.INK, markersize=2.2, alpha=0.6)
    ax.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), xticks=[], yticks=[], aspect="equal")


def draw_film(figure, film, frame, seed):
    """One frame: samples and surface, the costs up to here, and the hits of each mode; returns the read-out."""
    film = load_film(film)
    film.show(frame)
    figure.set_layout_engine("none")  # fixed margins: measuring every label would double the time of a drag
    grid = figure.add_gridspec(2, 2, **PLACES)
    plane, costs, bars = (figure.add_subplot(grid[place]) for place in (np.s_[:, 0], np.s_[0, 1], np.s_[1, 1]))

    z = np.random.default_rng(seed).normal(size=(film.G.layers[0].n_in, SAMPLES))
    x = film.G.forward(z)
    counts = data.ring_counts(x, film.sigma)
    draw_ring(plane, film.D, x[:, :SHOWN], film.sigma)
    plane.set_title(f"step {film.step[frame]:,}: {SHOWN} samples on D")

    between = (film.step[1:] + film.step[:-1]) / 2
    for cost, level, symbol in ((film.cost_D, 2 * np.log(2), "D"), (film.cost_G, np.log(2), "G")):
        color = plots.PALETTE["x" if symbol == "D" else "W"]
        costs.axhline(level, color=color, linewidth=1, linestyle=":")
        costs.plot(between, cost, color=color, linewidth=1.8, label=f"$C_{symbol}$")
    costs.axvline(film.step[frame], color=plots.INK, linewidth=1.2)
    costs.set(xlim=(-50, film.step[-1]), ylim=(0, 2.4), title="costs; dotted: at balance", xlabel="step",
              xticks=[0, 1000, 2000, 3000, 4000], yticks=[0, 1, 2])
    costs.legend(ncols=2, loc="upper right", borderaxespad=0.1)
    bars.bar(range(1, 9), counts, color=[plots.PALETTE["y"] if count >= HIT else plots.MUTED for count in counts])
    bars.axhline(SAMPLES / 8, color=plots.MUTED, linewidth=1, linestyle=":")
    bars.set(ylim=(0, 400), xticks=range(1, 9), yticks=[0, 200, 400], title="samples within 3σ of each mode")

    generated = film.D.forward(x).mean()
    real = film.D.forward(data.ring(SAMPLES, film.sigma, seed).x).mean()
    return (f"Step {film.step[frame]}: {(counts >= HIT).sum()} of 8 modes hit, {counts.sum() / SAMPLES:.1%} of "
            f"{SAMPLES:,} samples within three sigma. D's mean answer is {real:.2f} on real points and "
            f"{generated:.2f} on generated ones.")


def gan_film():
    """The widget: a film to choose, the frame, and the seed of the noise; an Explorer."""
    frame = player("frame", len(load_film(FILMS[0][1]).step) - 1, interval=500)
    frame.value = 11
    return Explorer({"film": choice("training", FILMS), "frame": frame, "seed": whole("noise: seed", 0, 0, 50)},
                    draw_film, size=(7, 4.4), caption=(
        "Play the first film and watch the surface chase the samples. Then play the second: where do the samples "
        "go, and could you have told from the costs?"))
