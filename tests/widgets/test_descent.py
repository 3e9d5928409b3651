"""The descent explorer: the walk is gradient descent, the map is the cost, the read-out tells both."""

import itertools
import re

import numpy as np
import pytest

from nnlib import SGD, Dense, Network, train
from nnlib.widgets.descent import EXAMPLES, LIMIT, SURFACES, costs_at, descent_explorer, make_surface, walk
from tests.widgets.explorers import fresh

explorer = fresh(descent_explorer)

SAYS = re.compile(
    r"(\d+) steps .* from cost ([\d.]+) to ([\d.]+), at w = (-?[\d.]+), b = (-?[\d.]+)\."
    r" .* costs ([\d.]+), ([\d.]+) away"
)


def numbers(readout):
    """steps, first cost, last cost, w, b, lowest cost, distance."""
    return [float(number) for number in SAYS.search(readout).groups()]


def one_neuron(surface, w, b):
    net = Network([Dense(1, 1, surface.activation)], "quadratic", rng=0, dtype="float64")
    net.parameters[:] = (w, b)
    return net


@pytest.mark.parametrize("name", SURFACES)
def test_the_map_is_the_cost_of_one_neuron(name):
    surface = make_surface(name)
    for row, column in [(0, 0), (13, 40), (60, 22)]:
        net = one_neuron(surface, surface.side[column], surface.side[row])
        assert surface.heights[row, column] == pytest.approx(net.cost(surface.x, surface.y))


@pytest.mark.parametrize("name", SURFACES)
def test_the_readout_is_what_train_does(explorer, name):
    """A whole batch is one step per epoch, so that train must arrive where the walk does."""
    explorer.set(surface=name, w=0.5, b=1.0, eta=0.1, batch_size=EXAMPLES, steps=40)
    surface = make_surface(name)
    net = one_neuron(surface, 0.5, 1.0)
    first = net.cost(surface.x, surface.y)
    for _ in train(net, surface.x, surface.y, SGD(0.1), epochs=40):
        pass
    steps, said_first, said_last, w, b, lowest, distance = numbers(explorer.readout)
    assert steps == 40
    assert [said_first, said_last] == pytest.approx([first, net.cost(surface.x, surface.y)], abs=5.1e-5)
    assert [w, b] == pytest.approx(net.parameters, abs=5.1e-4)
    assert lowest == pytest.approx(one_neuron(surface, *surface.lowest).cost(surface.x, surface.y), abs=5.1e-5)
    assert distance == pytest.approx(np.hypot(*(net.parameters - surface.lowest)), abs=5.1e-4)


def test_single_examples_are_those_of_train():
    surface = make_surface("long valley")
    net = one_neuron(surface, 1.0, -1.0)
    for _ in train(net, surface.x, surface.y, SGD(0.05), epochs=2, batch_size=1, rng=3):
        pass
    assert walk(surface, (1.0, -1.0), 0.05, 1, 2 * EXAMPLES, seed=3)[:, -1] == pytest.approx(net.parameters)


@pytest.mark.parametrize("name", SURFACES[:2])
def test_the_lowest_point_is_the_least_squares_solution(name):
    """Known in closed form for the surfaces that are bowls."""
    surface = make_surface(name)
    assert surface.lowest == pytest.approx(np.polyfit(surface.x[0], surface.y[0], 1), abs=1e-4)


@pytest.mark.parametrize("name", SURFACES)
def test_no_walk_ends_below_the_lowest_point(name):
    surface = make_surface(name)
    lowest = costs_at(surface.lowest[:, None], surface.x, surface.y, surface.activation)[0]
    assert lowest <= surface.heights.min()
    path = walk(surface, surface.lowest + 0.1, 0.3, EXAMPLES, 300)
    assert lowest - 1e-7 < costs_at(path, surface.x, surface.y, surface.activation).min() < 1.01 * lowest


def test_noise_can_end_in_another_valley():
    surface = make_surface("two valleys")
    whole, single = (walk(surface, (0.5, 1.0), 0.3, size, 200)[:, -1] for size in (EXAMPLES, 1))
    assert whole[0] < 0 < 1.5 < single[0]


def test_the_shuffling_matters_only_for_mini_batches(explorer):
    whole = explorer.readout
    explorer.set(seed=5)
    assert explorer.readout == whole
    explorer.set(batch_size=4)
    shuffled = explorer.readout
    explorer.set(seed=6)
    assert explorer.readout != shuffled


@pytest.mark.parametrize("name", SURFACES)
def test_every_extreme_gives_finite_numbers_or_says_that_it_diverged(explorer, name):
    for w, b, eta, batch_size in itertools.product((-LIMIT, LIMIT), (-LIMIT, LIMIT), (0.001, 10.0), (1, EXAMPLES)):
        explorer.set(surface=name, w=w, b=b, eta=eta, batch_size=batch_size, steps=200)
        assert "explorer-error" not in explorer.message.value
        assert "Diverged" in explorer.readout or np.isfinite(numbers(explorer.readout)).all()
    explorer.set(steps=0)
    assert explorer.readout.startswith("0 steps")


def test_too_large_a_rate_is_said_to_diverge(explorer):
    explorer.set(surface="round bowl", eta=2.5, steps=100)
    assert explorer.readout.startswith("Diverged")
