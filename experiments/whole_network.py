"""The network 784-10-10 of chapter 08, trained by three recipes with three seeds each.

    python experiments/whole_network.py        all nine trainings, a few minutes; writes data/histories/whole-network-*
"""

import numpy as np
from tqdm import tqdm

from nnlib import SGD, Dense, Momentum, Network, accuracy, data, train


def uniform(shape, rng):
    """Between -0.5 and 0.5, whatever the size: how the networks of these notes usually begin."""
    return rng.uniform(-0.5, 0.5, shape)


STARTS = {"uniform": {"weights": uniform, "biases": uniform}, "he": {"weights": "he"}}
OPTIMIZERS = {"SGD": SGD, "Momentum": Momentum}
SEEDS = [0, 1, 2]
NOTES = {"hidden": 10, "examples": 41_000, "start": "uniform", "optimizer": "SGD", "eta": 0.1, "batch_size": None,
         "epochs": 500}
RECIPES = {
    "whole-network-notes": NOTES,
    "whole-network-he": NOTES | {"start": "he"},
    "whole-network-momentum": NOTES | {"examples": 60_000, "start": "he", "optimizer": "Momentum", "eta": 0.01,
                                       "batch_size": 64, "epochs": 40},
}


def run(seed, hidden, examples, start, optimizer, eta, batch_size, epochs, digits=None):
    """Train a ReLU-softmax network; returns the cost and the test accuracy after each epoch, as two lists.

    examples: how many training images, from the first. digits: nnlib.data.mnist() unless given.
    """
    digits = digits or data.mnist()
    rng = np.random.default_rng(seed)
    network = Network([Dense(784, hidden, "relu", **STARTS[start]), Dense(hidden, 10, "softmax", **STARTS[start])],
                      cost="cross_entropy", rng=rng)
    x, y = digits.x_train[:, :examples], digits.y_train[:, :examples]
    history = {"cost": [], "accuracy": []}
    epochs_done = train(network, x, y, OPTIMIZERS[optimizer](eta), epochs, batch_size, rng)
    for epoch in tqdm(epochs_done, total=epochs, desc=f"{start}, {optimizer}, seed {seed}"):
        history["cost"].append(round(epoch.cost, 6))
        history["accuracy"].append(accuracy(network, digits.x_test, digits.labels_test))
    return history


if __name__ == "__main__":
    from common import record

    for name, recipe in RECIPES.items():
        record(name, recipe, SEEDS, run)
