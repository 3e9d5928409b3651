"""The cost explorer: every position draws, and its read-out says what nnlib computes."""

import itertools
import re

import numpy as np
import pytest

from nnlib import Dense, Network
from nnlib.widgets.costs import columns, cost_explorer
from tests.widgets.explorers import fresh

explorer = fresh(cost_explorer)


def numbers(readout):
    """(cost, slope) of the three costs, in the read-out's order."""
    found = re.findall(r"(\d+\.\d+) \(slope (-?\d+\.\d+)\)", readout)
    return [(float(cost), float(slope)) for cost, slope in found]


def by_network(cost, activation, a, y):
    """The cost and the error of the true class, from a network whose one layer copies ln a or the logit of a."""
    net = Network([Dense(len(a), len(a), activation)], cost, rng=0, dtype="float64")
    net.layers[0].W[:] = np.eye(len(a))
    net.layers[0].b[:] = 0
    net.forward(np.log(a) if activation == "softmax" else np.log(a / (1 - a)))
    net.backward(y)
    return net.batch_cost(y), net.layers[0].delta[0, 0]


def test_the_other_classes_share_the_rest_evenly():
    a, y = columns([0.4, 0.7], 4)
    assert a == pytest.approx(np.array([[0.4, 0.7], [0.2, 0.1], [0.2, 0.1], [0.2, 0.1]]))
    assert (y == [[1, 1], [0, 0], [0, 0], [0, 0]]).all()


@pytest.mark.parametrize(("prediction", "classes"), [(0.2, 4), (0.01, 2), (0.5, 10), (0.99, 3)])
def test_the_readout_is_what_a_network_computes(explorer, prediction, classes):
    explorer.set(prediction=prediction, classes=classes)
    a, y = columns(prediction, classes)
    pairs = [("quadratic", "sigmoid"), ("binary_cross_entropy", "sigmoid"), ("cross_entropy", "softmax")]
    for (cost, slope), pair in zip(numbers(explorer.readout), pairs, strict=True):
        assert (cost, slope) == pytest.approx(by_network(*pair, a, y), abs=5.1e-4)


def test_the_slopes_in_a_are_those_of_the_definitions(explorer):
    explorer.set(prediction=0.2, classes=4, slope="a")
    slopes = [slope for _, slope in numbers(explorer.readout)]
    assert slopes == pytest.approx([0.2 - 1, -1 / 0.2, -1 / 0.2], abs=5.1e-4)


def test_every_extreme_gives_finite_numbers(explorer):
    for prediction, classes, slope in itertools.product((0.01, 0.99), (2, 10), ("z", "a")):
        explorer.set(prediction=prediction, classes=classes, slope=slope)
        assert "explorer-error" not in explorer.message.value
        assert len(numbers(explorer.readout)) == 3
        assert np.isfinite(numbers(explorer.readout)).all()
