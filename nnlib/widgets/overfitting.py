"""Capacity against noise: a network is fitted to a few noisy points of a curve, and asked for fresh ones."""

from dataclasses import dataclass

import numpy as np
from matplotlib import rc_context

from nnlib.layers import Dense
from nnlib.network import Network
from nnlib.optimizers import Adam
from nnlib.plots import INK, MUTED, PALETTE, PAPER, READABLE
from nnlib.widgets.explorer import Explorer, choice, number, whole

STEPS, EVERY = 1000, 20  # training steps, and after how many the costs are taken
FRESH = 200
PENALTIES = [("none", 0.0), *((f"{l2:g}", l2) for l2 in (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1))]
PLACES = {"width_ratios": [1.25, 1], "left": 0.07, "right": 0.965, "bottom": 0.15, "top": 0.91, "wspace": 0.27}


def target(x):
    """The curve behind the points."""
    return np.sin(4 * x)


def sample(points, noise, seed):
    """Points x (1, points) between -1 and 1, and y = target(x) + noise times standard normal numbers."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-1, 1, (1, points)))
    return x, target(x) + noise * rng.normal(size=x.shape)


@dataclass(frozen=True)
class Fit:
    """A trained network, and its cost on the training points and on fresh ones, without penalty, every EVERY steps."""

    network: Network
    train: np.ndarray
    test: np.ndarray


def fit(x, y, fresh, hidden, l2=0.0, steps=STEPS, rng=0):
    """Train 1 - hidden - 1, tanh, by whole-batch Adam. fresh: (x, y) that training does not see.

    The first layer starts with steep neurons spread over the interval, so that sharp bends are within reach.
    """
    first = Dense(1, hidden, "tanh", weights=lambda shape, rng: rng.normal(0, 4, shape),
                  biases=lambda shape, rng: rng.normal(0, 3, shape))
    network = Network([first, Dense(hidden, 1, "identity")], "quadratic", rng=rng, dtype="float64", l2=l2)
    optimizer, train, test = Adam(0.03), [], []
    for step in range(steps + 1):
        if step:
            network.forward(x, training=True)
            network.backward(y)
            optimizer.step(network.parameters, network.gradient)
        if step % EVERY == 0:
            train.append(network.cost(x, y) - network.penalty())
            test.append(network.cost(*fresh) - network.penalty())
    return Fit(network, np.array(train), np.array(test))


@rc_context(READABLE)
def draw_fit(figure, hidden, noise, points, l2, seed):
    """The points, the curve behind them and the network's, and both costs while training; returns the read-out."""
    figure.set_layout_engine("none")  # fixed margins: measuring every label would double the time of a drag
    curve, costs = figure.subplots(1, 2, gridspec_kw=PLACES)
    x, y = sample(points, noise, seed)
    fresh = sample(FRESH, noise, 1000 + seed)
    fitted = fit(x, y, fresh, hidden, l2)
    side = np.linspace(-1, 1, 300)[None]
    curve.plot(side[0], target(side)[0], color=MUTED, linestyle="--", linewidth=1.4, label="the curve behind")
    curve.plot(side[0], fitted.network.forward(side)[0], color=PALETTE["x"], label="the network")
    curve.plot(x[0], y[0], "o", color=PALETTE["y"], markersize=6, markeredgecolor=PAPER, label="training points")
    curve.set(xlim=(-1, 1), ylim=(-2.2, 2.9), xlabel="$x$", xticks=[-1, -0.5, 0, 0.5, 1], yticks=[-2, -1, 0, 1, 2],
              title="fit after 1,000 steps")
    curve.legend(loc="upper left", labelspacing=0.2, handlelength=1.2)
    steps = np.arange(len(fitted.train)) * EVERY
    costs.plot(steps, fitted.train, color=PALETTE["x"], linewidth=1.7, label="training")
    costs.plot(steps, fitted.test, color=PALETTE["W"], linewidth=1.7, linestyle="-.", label="fresh")
    if noise:
        costs.axhline(noise**2 / 2, color=INK, linestyle=":", linewidth=1.2, label="noise alone")
    costs.plot(EVERY * fitted.test.argmin(), fitted.test.min(), "*", color=PALETTE["W"], markersize=12)
    costs.set(yscale="log", ylim=(1e-4, 30), xlim=(0, STEPS), xlabel="step", title="cost, no penalty",
              xticks=[0, 500, 1000])
    costs.set_yticks([1e-4, 1e-3, 1e-2, 0.1, 1, 10], ["$10^{-4}$", "0.001", "0.01", "0.1", "1", "10"])
    costs.set_yticks([], minor=True)
    costs.legend(loc="upper right", labelspacing=0.2, handlelength=1.4)
    return (f"{fitted.network.parameters.size} parameters on {points} points: cost {fitted.train[-1]:.4f} on them, "
            f"{fitted.test[-1]:.4f} on {FRESH} fresh ones; the noise alone costs {noise**2 / 2:.4f}. Lowest on fresh "
            f"points: {fitted.test.min():.4f} after {EVERY * fitted.test.argmin()} steps.")


def overfitting_explorer():
    """Controls for capacity, noise, the number of points, the penalty and the drawing of points; an Explorer."""
    return Explorer(
        {
            "hidden": whole("hidden neurons", 30, 1, 60),
            "noise": number("noise", 0.4, 0.0, 0.8, step=0.05),
            "points": whole("points", 15, 4, 100),
            "l2": choice("penalty λ", PENALTIES, 0.0),
            "seed": whole("draw again", 1, 0, 9),
        },
        draw_fit,
        "Every move trains a new network for 1,000 steps. Make it pass through every point; then rescue it in three "
        "ways: fewer neurons, a penalty, more points.",
        size=(7, 4),
    )
