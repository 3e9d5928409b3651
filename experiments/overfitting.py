"""Chapter 12: too few digits, Nielsen's 100 hidden neurons with a penalty, and what more digits do.

    python -m experiments.overfitting                  all of them, up to an hour; writes data/histories/
    python -m experiments.overfitting overfitting-few some

MNIST's 60,000 training images are split as Nielsen splits them: the first 50,000 are for training, the last
10,000 for validation. The 10,000 test images are asked once per run, after its last epoch.
"""

import sys

import numpy as np
from tqdm import tqdm

from experiments.digits import OPTIMIZERS, build
from nnlib import accuracy, data, train

VALIDATION = slice(50_000, 60_000)
LOOKED_AT = 10_000  # at most so many training images are looked at after each epoch
SEEN = ("train_cost", "train_accuracy", "validation_cost", "validation_accuracy")
SEEDS = [0, 1, 2]
NIELSEN = {"hidden": [100], "activation": "sigmoid", "output": "sigmoid", "cost": "binary_cross_entropy",
           "start": "normal", "dropout": 0.0, "l2": 5 / 50_000, "examples": 50_000, "optimizer": "SGD", "eta": 0.5,
           "batch_size": 10, "epochs": 30}
FEW = NIELSEN | {"hidden": [30], "l2": 0.0, "examples": 1_000, "epochs": 400}
SIZES = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000]
MORE = {"hidden": [100], "activation": "relu", "output": "softmax", "cost": "cross_entropy", "start": None,
        "dropout": 0.0, "l2": 0.0, "optimizer": "Adam", "eta": 0.001, "batch_size": 50}
RECIPES = {
    "overfitting-few": FEW,
    "overfitting-few-l2": FEW | {"l2": 0.1 / 1_000},
    "overfitting-nielsen-100": NIELSEN,
    "overfitting-nielsen-100-no-penalty": NIELSEN | {"l2": 0.0},
    "overfitting-nielsen-100-slower": NIELSEN | {"eta": 0.1, "epochs": 60},
    "overfitting-more-data": MORE | {"sizes": SIZES, "steps": 8_000},
}


def start(seed, l2, **network_recipe):
    """A new network with the penalty l2, and the generator that drew it and will shuffle the examples."""
    rng = np.random.default_rng(seed)
    network = build(rng, **network_recipe)
    network.l2 = l2
    return network, rng


def look(network, x, y, labels):
    """The cost without its penalty, and the accuracy."""
    return round(network.cost(x, y) - network.penalty(), 5), round(accuracy(network, x, labels), 5)


def run(seed, examples, optimizer, eta, batch_size, epochs, digits=None, **network_recipe):
    """Train one network; returns costs without penalty and accuracies after each epoch, and on the test set at the end.

    examples: how many training images, from the first. digits: nnlib.data.mnist() unless given.
    """
    digits = digits or data.mnist()
    network, rng = start(seed, **network_recipe)
    x, y, labels = digits.x_train, digits.y_train, digits.labels_train
    seen, own = slice(0, examples), slice(0, min(examples, LOOKED_AT))
    history = {name: [] for name in (*SEEN, "weights")}
    steps = train(network, x[:, seen], y[:, seen], OPTIMIZERS[optimizer](eta), epochs, batch_size, rng)
    for _ in tqdm(steps, total=epochs, desc=f"{examples} images, l2 {network.l2:g}, seed {seed}"):
        for name, part in (("train", own), ("validation", VALIDATION)):
            cost, share = look(network, x[:, part], y[:, part], labels[part])
            history[f"{name}_cost"].append(cost)
            history[f"{name}_accuracy"].append(share)
        squares = sum(float(np.vdot(layer.W, layer.W)) for layer in network.layers)
        history["weights"].append(round(squares, 1))
    history["test_accuracy"] = accuracy(network, digits.x_test, digits.labels_test)
    return history


def more_data(seed, sizes, steps, optimizer, eta, batch_size, digits=None, **network_recipe):
    """The same network on ever more images, equally many steps each; costs and accuracies after the last step."""
    digits = digits or data.mnist()
    x, y, labels = digits.x_train, digits.y_train, digits.labels_train
    history = {name: [] for name in SEEN}
    for size in tqdm(sizes, desc=f"more data, seed {seed}"):
        network, rng = start(seed, **network_recipe)
        seen = slice(0, size)
        for _ in train(network, x[:, seen], y[:, seen], OPTIMIZERS[optimizer](eta), steps * batch_size // size,
                       batch_size, rng):
            pass
        for name, part in (("train", seen), ("validation", VALIDATION)):
            cost, share = look(network, x[:, part], y[:, part], labels[part])
            history[f"{name}_cost"].append(cost)
            history[f"{name}_accuracy"].append(share)
    return history


if __name__ == "__main__":
    from experiments.common import record

    mnist = data.mnist()
    for name in sys.argv[1:] or RECIPES:
        kind = more_data if "sizes" in RECIPES[name] else run
        record(name, RECIPES[name], SEEDS, lambda seed, kind=kind, **recipe: kind(seed, digits=mnist, **recipe))
