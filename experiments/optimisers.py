"""The race of chapter 11 on 2,000 digits: five optimisers, each with the best learning rate of one grid.

    python -m experiments.optimisers        both races, about 2 minutes; writes data/histories/optimisers-*

The rates are tuned on a seed that is not among those shown.
"""

import sys

import numpy as np
from tqdm import tqdm

from nnlib import SGD, Adam, Dense, Momentum, Nesterov, Network, RMSProp, accuracy, data, minibatches

OPTIMIZERS = {"gradient descent": SGD, "momentum": Momentum, "Nesterov": Nesterov, "RMSProp": RMSProp, "Adam": Adam}
GRID = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]
TUNED_ON = 9
SEEDS = [0, 1, 2]
LOOKS = 3  # per epoch
RACE = {"hidden": [30], "activation": "relu", "batch_size": 32, "epochs": 6}
RECIPES = {"optimisers-relu": RACE,
           "optimisers-deep-sigmoid": RACE | {"hidden": [30, 30, 30], "activation": "sigmoid", "epochs": 12}}


def build(hidden, activation, rng):
    """A network from 784 pixels to 10 classes, softmax and cross-entropy at its end."""
    sizes = [784, *hidden]
    layers = [Dense(n_in, n_out, activation) for n_in, n_out in zip(sizes, sizes[1:], strict=False)]
    return Network([*layers, Dense(sizes[-1], 10, "softmax")], "cross_entropy", rng=rng)


def race(digits, optimizer, seed, hidden, activation, batch_size, epochs):
    """Train one network; returns the cost of all its training digits, LOOKS times per epoch, and the network."""
    rng = np.random.default_rng(seed)
    network = build(hidden, activation, rng)
    steps = -(-digits.x_train.shape[1] // batch_size)
    looks, costs = {steps * k // LOOKS for k in range(1, LOOKS + 1)}, [network.cost(digits.x_train, digits.y_train)]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(epochs):
            for number, (x, y) in enumerate(minibatches(digits.x_train, digits.y_train, batch_size, rng), start=1):
                network.forward(x, training=True)
                network.backward(y)
                optimizer.step(network.parameters, network.gradient)
                if number in looks:
                    costs.append(network.cost(digits.x_train, digits.y_train))
    return costs, network


def tune(seed, grid, digits=None, **recipe):
    """The last cost of each optimiser, by name, with each rate of the grid; None where it is not finite."""
    digits = digits or data.mnist_sample()
    costs = {}
    for name, kind in tqdm(OPTIMIZERS.items(), desc=f"tuning, seed {seed}"):
        last = [race(digits, kind(eta), seed, **recipe)[0][-1] for eta in grid]
        costs[name] = [round(cost, 5) if np.isfinite(cost) else None for cost in last]
    return {"costs": costs}


def best(costs, grid):
    """The rate of the grid with the lowest cost."""
    return grid[min((cost, k) for k, cost in enumerate(costs) if cost is not None)[1]]


def run(seed, etas, digits=None, **recipe):
    """All five on one seed: costs along the way by name, and the share of test digits read right at the end.

    etas: the learning rate of each by name. digits: nnlib.data.mnist_sample() unless given.
    """
    digits = digits or data.mnist_sample()
    history = {"costs": {}, "accuracy": {}}
    for name, eta in tqdm(etas.items(), desc=f"seed {seed}"):
        costs, network = race(digits, OPTIMIZERS[name](eta), seed, **recipe)
        history["costs"][name] = [round(cost, 5) for cost in costs]
        history["accuracy"][name] = accuracy(network, digits.x_test, digits.labels_test)
    return history


if __name__ == "__main__":
    from experiments.common import record

    for name in sys.argv[1:] or RECIPES:
        record(f"{name}-tuning", RECIPES[name] | {"grid": GRID}, [TUNED_ON], tune)
        tuned = data.history(f"{name}-tuning")["runs"][0]["costs"]
        record(name, RECIPES[name] | {"etas": {kind: best(tuned[kind], GRID) for kind in OPTIMIZERS}}, SEEDS, run)
