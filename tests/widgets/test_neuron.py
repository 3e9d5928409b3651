"""The neuron explorer computes what it shows: numbers checked against the formula, every extreme tried."""

import itertools
import re

import numpy as np
import pytest

from nnlib.widgets.canvas import Frame
from nnlib.widgets.neuron import CORNERS, GATES, draw_neuron, neuron_explorer
from tests.widgets.explorers import fresh

explorer = fresh(neuron_explorer)

FORMULAS = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(0, z),
    "identity": lambda z: z,
}


def numbers(readout):
    """The four activations and the count of right corners that the read-out states."""
    listed = re.search(r"activation is (.*?)\. [BT]", readout)[1]
    return [float(word) for word in listed.split(", ")], int(re.search(r"(\d) of 4", readout)[1])


def test_starts_as_an_and_neuron(explorer):
    explorer.reset()
    activations, right = numbers(explorer.readout)
    assert right == 4
    assert [value > 0.5 for value in activations] == [False, False, False, True]


@pytest.mark.parametrize("activation", FORMULAS)
@pytest.mark.parametrize(("w1", "w2", "b"), [(1, -2, 0.5), (-4, 7.5, -1), (0, 0, 3), (10, 10, -15)])
def test_readout_is_the_formula(activation, w1, w2, b):
    z = w1 * CORNERS[0] + w2 * CORNERS[1] + b
    activations, right = numbers(draw_neuron(Frame(), w1, w2, b, activation, "NAND"))
    np.testing.assert_allclose(activations, FORMULAS[activation](z), atol=5.1e-4)
    assert right == ((z >= 0) == np.array([1, 1, 1, 0])).sum()


@pytest.mark.parametrize("gate", GATES)
def test_counts_what_is_right_for_the_wanted_gate(explorer, gate):
    truth = {"AND": np.minimum(*CORNERS), "OR": np.maximum(*CORNERS), "NAND": 1 - np.minimum(*CORNERS),
             "XOR": CORNERS[0] ^ CORNERS[1]}
    explorer.set(w1=2, w2=2, b=-1, activation="sigmoid", gate=gate)
    assert numbers(explorer.readout)[1] == (truth[gate] == [0, 1, 1, 1]).sum()


def test_distance_of_the_line_is_stated(explorer):
    explorer.set(w1=3, w2=4, b=-10)
    assert "at distance 2.00 from (0,0)" in explorer.readout
    explorer.set(w1=0, w2=0, b=-10)
    assert "no line" in explorer.readout


def test_no_setting_computes_xor():
    """The widget invites the reader to try: nothing on its sliders may give 4 of 4."""
    steps = np.arange(-10, 10.5, 0.5)
    w1, w2, b = (axis.ravel() for axis in np.meshgrid(steps, steps, np.arange(-15, 15.5, 0.5)))
    fires = np.outer(w1, CORNERS[0]) + np.outer(w2, CORNERS[1]) + b[:, None] >= 0
    assert (fires == np.array(GATES["XOR"])).sum(axis=1).max() == 3
    assert (fires == np.array(GATES["NAND"])).sum(axis=1).max() == 4


def test_extremes_draw_without_error():
    ends = [(-10, 0, 10), (0, 10), (-15, 15), FORMULAS, ("XOR",)]
    for w1, w2, b, activation, gate in itertools.product(*ends):
        readout = draw_neuron(Frame(), w1, w2, b, activation, gate)
        assert np.isfinite(numbers(readout)[0]).all()


def test_extreme_sliders_reach_the_picture(explorer):
    for name in ("w1", "w2", "b"):
        control = explorer.controls[name]
        for end in (control.min, control.max):
            control.value = end
            assert "error" not in explorer.message.value.split(">")[0]
    explorer.reset()
