"""The training explorer trains what its controls say, and its read-out tells what came out."""

import itertools
import re

import numpy as np
import pytest

from nnlib import SGD, Dense, Network, accuracy, data, train
from nnlib.widgets.training import ACTIVATIONS, train_costs, training_explorer
from tests.widgets.explorers import fresh

explorer = fresh(training_explorer)


@pytest.fixture(scope="module")
def digits():
    return data.mnist_sample()


def test_it_is_the_training_of_nnlib(digits):
    costs, network = train_costs(digits, "tanh", 0.2, hidden=15, depth=2, batch_size=32, rng=4)
    rng = np.random.default_rng(4)
    layers = [Dense(784, 15, "tanh"), Dense(15, 15, "tanh"), Dense(15, 10, "softmax")]
    twin = Network(layers, "cross_entropy", rng=rng)
    history = list(train(twin, digits.x_train, digits.y_train, SGD(0.2), 3, 32, rng))
    assert (network.parameters == twin.parameters).all()
    assert np.reshape(costs, (3, -1)).mean(axis=1) == pytest.approx([epoch.cost for epoch in history])


def test_readout_says_what_nnlib_computes(explorer, digits):
    before = explorer.picture.value
    explorer.set(activation="relu", eta=0.05, hidden=20)
    costs, network = train_costs(digits, "relu", 0.05, hidden=20, depth=1, batch_size=32)
    pattern = r"After (\d+) steps .* cost ([\d.]+) on average, and ([\d.]+)%"
    steps, cost, share = re.match(pattern, explorer.readout).groups()
    assert int(steps) == len(costs)
    assert float(cost) == pytest.approx(np.mean(costs[-10:]), abs=6e-4)
    assert float(share) == pytest.approx(100 * accuracy(network, digits.x_test, digits.labels_test), abs=0.06)
    assert explorer.picture.value != before


def test_extremes(explorer):
    for activation, eta, depth in itertools.product(ACTIVATIONS, (1e-3, 10.0), (1, 4)):
        explorer.set(activation=activation, eta=eta, hidden=5, depth=depth, batch_size=100)
        assert re.match(r"After \d+ steps|Diverged: after \d+ steps", explorer.readout), explorer.readout
