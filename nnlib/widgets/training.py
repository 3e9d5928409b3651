"""Activation x learning rate: train a network on real digits at every move of a slider, and see its cost fall."""

import numpy as np

from nnlib import data, plots
from nnlib.layers import Dense
from nnlib.network import Network
from nnlib.optimizers import SGD
from nnlib.training import accuracy, minibatches
from nnlib.widgets.explorer import Explorer, choice, log_number, whole

ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu"]
STEPS_SHOWN = 10  # costs are averaged over so many mini-batches, or the curve would be a fog


def train_costs(digits, activation, eta, hidden, depth, batch_size, epochs=3, rng=0):
    """Train on the extract; returns the cost before each step and the trained network.

    Stops early, with the costs so far, if a cost is no longer finite.
    """
    rng = np.random.default_rng(rng)
    sizes = [784, *[hidden] * depth]
    layers = [Dense(n_in, n_out, activation) for n_in, n_out in zip(sizes, sizes[1:], strict=False)]
    network = Network([*layers, Dense(hidden, 10, "softmax")], cost="cross_entropy", rng=rng)
    optimizer, costs = SGD(eta), []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(epochs):
            for x, y in minibatches(digits.x_train, digits.y_train, batch_size, rng):
                network.forward(x, training=True)
                costs.append(network.batch_cost(y))
                if not np.isfinite(costs[-1]):
                    return costs, network
                network.backward(y)
                optimizer.step(network.parameters, network.gradient)
    return costs, network


def draw_costs(ax, costs, batch_size, **line):
    """The cost, averaged over ten steps, against the number of examples seen."""
    whole_groups = len(costs) // STEPS_SHOWN * STEPS_SHOWN
    smooth = np.reshape(costs[:whole_groups], (-1, STEPS_SHOWN)).mean(axis=1)
    seen = (np.arange(len(smooth)) + 0.5) * STEPS_SHOWN * batch_size
    ax.plot(seen, smooth, **line)
    ax.set(xlabel="examples seen", ylabel="cost", ylim=(0, 3))


def training_explorer():
    """The widget: five settings of a network, its cost curve on 2,000 digits, the curve before as a shadow."""
    digits = data.mnist_sample()
    before = {}

    def draw(figure, activation, eta, hidden, depth, batch_size):
        costs, network = train_costs(digits, activation, eta, hidden, depth, batch_size)
        ax = figure.add_axes((0.08, 0.13, 0.89, 0.8))
        if before:
            draw_costs(ax, before["costs"], before["batch_size"], color=plots.MUTED, alpha=0.5, label="before")
        ax.axhline(np.log(10), color=plots.INK, linewidth=1, linestyle=":", label="guessing, ln 10")
        draw_costs(ax, costs, batch_size, color=plots.PALETTE["cost"], label=f"{activation}, eta = {eta:.3g}")
        ax.set(xlim=(0, 3 * digits.x_train.shape[1]), title="cost of the mini-batches while training")
        ax.legend(loc="upper right")
        before.update(costs=costs, batch_size=batch_size)
        if not np.isfinite(costs[-1]):
            return f"Diverged: after {len(costs)} steps the cost is no finite number. Lower the learning rate."
        share = accuracy(network, digits.x_test, digits.labels_test)
        cost = np.mean(costs[-STEPS_SHOWN:])
        return (f"After {len(costs)} steps the last {STEPS_SHOWN} mini-batches cost {cost:.3f} on average, and "
                f"{share:.1%} of 500 test digits are read right (guessing: 10%).")

    controls = {
        "activation": choice("activation", ACTIVATIONS, "sigmoid"),
        "eta": log_number("learning rate", 0.1, -3, 1),
        "hidden": whole("hidden neurons", 30, 5, 60, 5),
        "depth": whole("hidden layers", 1, 1, 4),
        "batch_size": choice("batch size", [10, 32, 100], 32),
    }
    return Explorer(controls, draw, size=(7, 3.6), caption=(
        "Every move trains a fresh network for three passes over 2,000 digits. "
        "Find the largest learning rate that still learns, first for sigmoid, then for relu."))
