"""Capacity against noise: the read-out's numbers are those of a network trained independently, step by step."""

import itertools
import re

import numpy as np
import pytest

from nnlib import Adam, Dense, Network
from nnlib.widgets.overfitting import EVERY, FRESH, STEPS, fit, overfitting_explorer, sample, target
from tests.widgets.explorers import fresh

explorer = fresh(overfitting_explorer)

SAYS = re.compile(r"(\d+) parameters on (\d+) points: cost ([\d.]+) on them, ([\d.]+) on 200 fresh ones; the noise "
                  r"alone costs ([\d.]+)\. Lowest on fresh points: ([\d.]+) after (\d+) steps\.")


def numbers(readout):
    """parameters, points, cost on them, cost on fresh points, the noise's, the lowest, its step."""
    return [float(number) for number in SAYS.search(readout).groups()]


def test_the_readout_is_what_training_gives(explorer):
    explorer.set(hidden=7, noise=0.3, points=20, l2=0.001, seed=4)
    x, y = sample(20, 0.3, 4)
    fresh_x, fresh_y = sample(FRESH, 0.3, 1004)
    net = Network([Dense(1, 7, "tanh", weights=lambda shape, rng: rng.normal(0, 4, shape),
                         biases=lambda shape, rng: rng.normal(0, 3, shape)), Dense(7, 1, "identity")],
                  rng=0, dtype="float64", l2=0.001)
    optimizer = Adam(0.03)
    for _ in range(STEPS):
        net.forward(x)
        net.backward(y)
        optimizer.step(net.parameters, net.gradient)
    parameters, points, train, test, noise, lowest, step = numbers(explorer.readout)
    assert (parameters, points) == (net.parameters.size, 20)
    # the plain mean of squares: without the penalty, which is in the cost that is lowered
    assert train == pytest.approx(0.5 * ((net.forward(x) - y) ** 2).mean(), abs=5.1e-5)
    assert test == pytest.approx(0.5 * ((net.forward(fresh_x) - fresh_y) ** 2).mean(), abs=5.1e-5)
    assert noise == pytest.approx(0.5 * 0.3**2, abs=5.1e-5)
    assert lowest <= test
    assert step % EVERY == 0


def test_noise_alone_is_what_the_true_curve_costs():
    x, y = sample(100_000, 0.5, 0)
    assert 0.5 * ((target(x) - y) ** 2).mean() == pytest.approx(0.5 * 0.5**2, rel=0.02)


def test_what_the_caption_promises(explorer):
    """Fewer neurons, a penalty and more points each lower the cost on fresh points to a fraction."""
    start = numbers(explorer.readout)[3]
    for rescue in ({"hidden": 3}, {"l2": 0.001}, {"points": 100}):
        explorer.reset()
        explorer.set(**rescue)
        assert numbers(explorer.readout)[3] < start / 5, rescue


def test_both_costs_are_taken_every_few_steps():
    x, y = sample(10, 0.2, 0)
    fitted = fit(x, y, sample(FRESH, 0.2, 1), hidden=5)
    assert len(fitted.train) == len(fitted.test) == STEPS // EVERY + 1
    assert fitted.train[-1] == pytest.approx(fitted.network.cost(x, y))


@pytest.mark.parametrize(("hidden", "noise", "l2"), list(itertools.product((1, 60), (0.0, 0.8), (0.0, 0.1))))
def test_extremes(explorer, hidden, noise, l2):
    for points in (4, 100):
        explorer.set(hidden=hidden, noise=noise, points=points, l2=l2, seed=9)
        assert np.isfinite(numbers(explorer.readout)).all()
