"""The networks of chapter 09 on MNIST: Nielsen's four, 784-16-16-10 and 784-300-10, three seeds each.

    python experiments/digits.py                  all of them, about 15 minutes; writes data/histories/digits-*
    python experiments/digits.py digits-300       some

The first seed's network of the recipes named in KEPT is stored too, in data/networks/, for the widgets.
"""

import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from nnlib import SGD, Adam, Dense, Dropout, Network, accuracy, confusion_matrix, data, train

NETWORKS = Path(__file__).resolve().parent.parent / "data" / "networks"
OPTIMIZERS = {"SGD": SGD, "Adam": Adam}
SEEDS = [0, 1, 2]
NIELSEN = {"hidden": [30], "activation": "sigmoid", "output": "sigmoid", "cost": "quadratic", "start": "normal",
           "dropout": 0.0, "examples": 50_000, "optimizer": "SGD", "eta": 3.0, "batch_size": 10, "epochs": 30}
RECIPES = {
    "digits-nielsen-30": NIELSEN,
    "digits-nielsen-100": NIELSEN | {"hidden": [100]},
    "digits-nielsen-30-cross-entropy": NIELSEN | {"cost": "binary_cross_entropy", "eta": 0.5},
    "digits-nielsen-100-cross-entropy": NIELSEN | {"hidden": [100], "cost": "binary_cross_entropy", "eta": 0.5},
    "digits-16-16": NIELSEN | {"hidden": [16, 16], "output": "softmax", "cost": "cross_entropy", "start": None,
                               "examples": 60_000, "optimizer": "Adam", "eta": 0.003, "batch_size": 32},
    "digits-300": NIELSEN | {"hidden": [300], "activation": "relu", "output": "softmax", "cost": "cross_entropy",
                             "start": None, "dropout": 0.3, "examples": 60_000, "optimizer": "Adam", "eta": 0.001,
                             "batch_size": 64},
}
KEPT = ["digits-nielsen-30-cross-entropy", "digits-16-16"]


def build(rng, hidden, activation, output, cost, start, dropout):
    """The network of a recipe. start: an initializer's name for weights and biases, or None for the usual ones."""
    sizes, layers = [784, *hidden, 10], []
    for number, (n_in, n_out) in enumerate(zip(sizes, sizes[1:], strict=False), start=1):
        last = number == len(sizes) - 1
        layers.append(Dense(n_in, n_out, output if last else activation, weights=start, biases=start))
        if dropout and not last:
            layers.append(Dropout(dropout))
    return Network(layers, cost, rng=rng)


def run(seed, examples, optimizer, eta, batch_size, epochs, digits=None, keep=None, **network_recipe):
    """Train one network; returns cost and test accuracy after each epoch, and the confusion matrix at the end.

    examples: how many training images, from the first. digits: nnlib.data.mnist() unless given.
    keep: where to save the trained network.
    """
    digits = digits or data.mnist()
    rng = np.random.default_rng(seed)
    network = build(rng, **network_recipe)
    x, y = digits.x_train[:, :examples], digits.y_train[:, :examples]
    history = {"cost": [], "accuracy": []}
    progress = tqdm(train(network, x, y, OPTIMIZERS[optimizer](eta), epochs, batch_size, rng), total=epochs,
                    desc=f"{network_recipe['hidden']}, {network_recipe['cost']}, seed {seed}")
    for epoch in progress:
        history["cost"].append(round(epoch.cost, 6))
        history["accuracy"].append(accuracy(network, digits.x_test, digits.labels_test))
    if keep:
        NETWORKS.mkdir(exist_ok=True)
        network.save(keep)
    history["confusion"] = confusion_matrix(digits.labels_test, network.predict(digits.x_test)).tolist()
    return history


if __name__ == "__main__":
    from common import record

    mnist = data.mnist()
    for name in sys.argv[1:] or RECIPES:
        def once(seed, name=name, **recipe):
            keep = NETWORKS / f"{name}.npz" if name in KEPT and seed == SEEDS[0] else None
            return run(seed, digits=mnist, keep=keep, **recipe)

        record(name, RECIPES[name], SEEDS, once)
