"""The drawn network: what it writes at each step is what nnlib computes, checked independently."""

import itertools
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlib import SGD, check_gradient, train
from nnlib.widgets.backprop import (
    COSTS,
    EXAMPLES,
    HIDDEN,
    POINTS,
    STEPS,
    TRAINING_STEPS,
    backprop_explorer,
    build,
    draw_network,
)
from tests.widgets.explorers import fresh

explorer = fresh(backprop_explorer)


def brackets(words):
    """The numbers in each bracket of a read-out, as one list per bracket."""
    found = re.findall(r"\(([^()]*)\)", words.replace("\N{MINUS SIGN}", "-"))
    return [[float(word) for word in bracket.split(", ")] for bracket in found]


def example(i):
    return POINTS.x[:, i - 1 : i], POINTS.y[:, i - 1 : i]


@pytest.mark.parametrize("cost", [name for _, name in COSTS])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_activations_and_errors_are_the_networks(hidden, cost):
    def said(step):
        return brackets(draw_network(Figure(), hidden, cost, trained=100, example=3, step=step))

    x, y = example(3)
    a = x
    net = build(hidden, cost, 100)
    for number, layer in enumerate(net.layers, 1):
        z = layer.W @ a + layer.b
        a = layer.activation(z)
        weighted, activations = said(number)
        assert weighted == pytest.approx(z[:, 0], rel=5e-3, abs=1e-12)
        assert activations == pytest.approx(a[:, 0], rel=5e-3, abs=1e-12)
    nudged = check_gradient(net, x, y)
    above = []
    for step, number in [(4, 3), (5, 2), (6, 1)]:
        by_bias = {c.where: c.difference for c in nudged.comparisons if c.where.startswith(f"layers[{number - 1}].b")}
        deltas = [by_bias[where] for where in sorted(by_bias)]  # for one example the bias gradient is the error
        *_, before, errors = said(step)
        assert errors == pytest.approx(deltas, rel=6e-3, abs=1e-8)
        if step == 4:
            assert before == pytest.approx(y[:, 0])
        else:  # what the layer above passes back: one sum over its neurons for each neuron here
            passed = [sum(w * d for w, d in zip(column, above, strict=True)) for column in net.layers[number].W.T]
            assert before == pytest.approx(passed, rel=6e-3, abs=1e-8)
        above = deltas


@pytest.mark.parametrize(("step", "number"), [(7, 3), (8, 2), (9, 1)])
def test_names_the_largest_weight_gradient(explorer, step, number):
    explorer.set(step=step, example=5)
    x, y = example(5)
    net = build("tanh", "quadratic")
    net.forward(x)
    net.backward(y)
    layer = net.layers[number - 1]
    outer = layer.delta @ layer.a_previous.T
    words = explorer.readout.replace("\N{MINUS SIGN}", "-")
    k, j, said = re.search(r"from neuron (\d+) to neuron (\d+): (-?[\d.e-]+)\. ", words).groups()
    assert abs(outer[int(j) - 1, int(k) - 1]) == abs(outer).max()
    assert float(said) == pytest.approx(outer[int(j) - 1, int(k) - 1], rel=5e-3)


def test_the_last_step_is_one_step_of_descent(explorer):
    explorer.set(step=STEPS, example=2)
    net = build("tanh", "quadratic")
    x, y = example(2)
    before = net.cost(x, y)
    list(train(net, x, y, SGD(eta=1.0), epochs=1))
    assert f"from {before:.4f} to {net.cost(x, y):.4f}." in explorer.readout


def test_trained_is_gradient_descent_on_all_points():
    net = build("tanh", "quadratic")
    list(train(net, POINTS.x, POINTS.y, SGD(eta=1.0), epochs=50))
    np.testing.assert_allclose(net.parameters, build("tanh", "quadratic", 50).parameters)


def test_every_step_looks_and_reads_differently(explorer):
    seen = set()
    for step in range(STEPS + 1):
        explorer.controls["step"].value = step
        seen.add((str(explorer.picture.value), explorer.readout))
    assert len({picture for picture, _ in seen}) == len({words for _, words in seen}) == STEPS + 1


@pytest.mark.parametrize(("hidden", "cost"), list(itertools.product(HIDDEN, [name for _, name in COSTS])))
def test_extremes_stay_finite(explorer, hidden, cost):
    for trained, i, step in itertools.product((0, TRAINING_STEPS), (1, EXAMPLES), (0, STEPS)):
        words = draw_network(Figure(), hidden, cost, trained, i, step)
        assert "nan" not in words
        assert "inf" not in words
    explorer.set(hidden=hidden, cost=cost, trained=TRAINING_STEPS, example=EXAMPLES, step=STEPS)
    assert "explorer-error" not in explorer.message.value


def test_drawing_says_the_equation_of_the_step():
    figure = Figure()
    draw_network(figure, step=5)
    assert r"\delta^{[2]} = (W^{[3]" in figure.axes[0].get_title(loc="left")
