"""The computing graph: its chain rule against nudges and against nnlib, every step, graph and extreme tried."""

import itertools
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlib import Dense, Network
from nnlib.widgets.graph import (
    APART,
    GRAPHS,
    NEURON,
    PATHS,
    ROW,
    draw_graph,
    evaluate,
    graph_explorer,
    last_step,
    sources,
)
from tests.widgets.explorers import fresh

explorer = fresh(graph_explorer)

INPUTS = [{"x": 1.5, "w": 0.8, "b": -0.4, "y": 1}, {"x": -2.0, "w": 1.3, "b": 0.7, "y": 0}]


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("graph", GRAPHS)
def test_every_gradient_is_what_a_nudge_of_the_source_says(graph, inputs):
    given = sources(graph, **inputs)
    gradients = evaluate(graph, given)[1]
    assert set(given) - {"y"} <= set(gradients)
    for name in set(given) - {"y"}:
        above, below = (evaluate(graph, {**given, name: given[name] + h})[0]["C"] for h in (1e-6, -1e-6))
        assert gradients[name] == pytest.approx((above - below) / 2e-6, abs=1e-7)


def test_a_path_forgotten_would_be_noticed():
    """The two contributions to a differ from their sum: the test above cannot pass by luck."""
    gradients = evaluate(PATHS, sources(PATHS, **INPUTS[0]))[1]
    one, other = gradients["z_1"] * 2.0, gradients["z_2"] * -1.5
    assert gradients["a"] == pytest.approx(one + other)
    assert abs(one - gradients["a"]) > 0.1 < abs(other - gradients["a"])


@pytest.mark.parametrize("inputs", INPUTS)
def test_one_neuron_and_two_in_a_row_are_networks_of_nnlib(inputs):
    x, w, b, y = (np.array([[float(inputs[name])]]) for name in "xwby")
    for graph, layers, more in [(NEURON, 1, []), (ROW, 2, [2.0, -1.0])]:
        net = Network([Dense(1, 1, "sigmoid") for _ in range(layers)], cost="binary_cross_entropy", dtype="float64")
        net.parameters[:] = [w.item(), b.item(), *more]
        net.forward(x)
        expected = net.backward(y)
        values, gradients, _ = evaluate(graph, sources(graph, **inputs))
        assert values["C"] == pytest.approx(net.cost(x, y))
        names = ["w", "b"] if graph == NEURON else ["w_1", "b_1", "w_2", "b_2"]
        assert [gradients[name] for name in names] == pytest.approx(list(expected))


def test_a_finer_graph_has_the_same_gradients():
    fine, coarse = (evaluate(graph, sources(graph, **INPUTS[1]))[1] for graph in (APART, NEURON))
    assert [fine[name] for name in "wxbza"] == pytest.approx([coarse[name] for name in "wxbza"])


@pytest.mark.parametrize("graph", GRAPHS)
def test_each_step_adds_one_thing(explorer, graph):
    explorer.set(graph=graph)
    assert explorer.controls["step"].max == explorer.controls["step"].play.max == last_step(graph)
    seen = [(explorer.picture.value, explorer.readout)]
    given = sources(graph, **INPUTS[0])
    reached = 0
    for step in range(1, last_step(graph) + 1):
        explorer.controls["step"].value = step
        values, gradients, sentence = evaluate(graph, given, step)
        assert len(values) + len(gradients) > reached
        reached = len(values) + len(gradients)
        assert explorer.readout == sentence
        seen.append((explorer.picture.value, explorer.readout))
    assert len({picture for picture, _ in seen}) == len({words for _, words in seen}) == len(seen)


def test_the_readout_has_the_numbers(explorer):
    explorer.set(step=last_step(NEURON), x=2.0, w=-1.0, b=0.5, y=0)
    a = 1 / (1 + np.exp(1.5))
    words = explorer.readout.replace("\N{MINUS SIGN}", "-")
    said = [float(number) for number in re.findall(r"= (-?[\d.]+)(?:;|\.$)", words)]
    assert said == pytest.approx([2 * a, -a, a], rel=5e-3)


def test_a_shorter_graph_ends_the_walk_at_its_own_end(explorer):
    explorer.set(graph=PATHS)
    explorer.controls["step"].value = last_step(PATHS)
    explorer.controls["graph"].value = NEURON
    assert explorer.controls["step"].value == last_step(NEURON)
    assert "through z = w x + b" in explorer.readout


@pytest.mark.parametrize("graph", GRAPHS)
def test_extremes_stay_finite(explorer, graph):
    for x, w, b, y in itertools.product((-3, 3), (-3, 3), (-3, 3), (0, 1)):
        values, gradients, _ = evaluate(graph, sources(graph, x, w, b, y))
        assert np.isfinite([*values.values(), *gradients.values()]).all()
    explorer.set(graph=graph, x=-3, w=3, b=-3, y=1)
    explorer.controls["step"].value = last_step(graph)
    assert "explorer-error" not in explorer.message.value


def test_drawing_returns_the_sentence_of_the_step():
    words = draw_graph(Figure(), APART, step=12)
    assert words == evaluate(APART, sources(APART, **INPUTS[0]), 12)[2]
    assert "through a = 1 / s" not in words
