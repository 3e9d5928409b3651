"""The softmax explorer shows what softmax and cross-entropy are by definition."""

import itertools
import re

import numpy as np
import pytest

from nnlib.widgets.softmax import softmax_at, softmax_explorer
from tests.widgets.explorers import fresh

explorer = fresh(softmax_explorer)

LOGITS = ["z1", "z2", "z3", "z4"]


def by_definition(z, temperature):
    powers = [np.exp(value / temperature) for value in z]
    return np.array([power / sum(powers) for power in powers])


def slopes(function, z, h=1e-6):
    """Central differences of function at z: one column for each entry that is moved."""
    return np.stack([(function(z + h * e) - function(z - h * e)) / (2 * h) for e in np.eye(len(z))], axis=-1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("target", range(4))
def test_values_and_derivatives(temperature, target):
    z = np.array([0.3, -1.2, 2.1, 0.7])
    s, jacobian, cost, error = softmax_at(z, temperature, target)
    assert s == pytest.approx(by_definition(z, temperature))
    assert jacobian == pytest.approx(slopes(lambda z: by_definition(z, temperature), z), abs=1e-8)
    assert cost == pytest.approx(-np.log(by_definition(z, temperature)[target]))
    assert error == pytest.approx(slopes(lambda z: -np.log(by_definition(z, temperature)[target]), z), abs=1e-8)


def numbers(readout):
    pattern = (r"Class (\d) is the most likely, at ([\d.]+); the target, class (\d), gets ([\d.]+), "
               r"which costs ([\d.]+)\. The error dC/dz is \((.*?)\)\. .* rises ([\d.]+) times")
    likely, largest, target, given, cost, error, slope = re.match(pattern, readout).groups()
    return (int(likely), int(target), *map(float, (largest, given, cost, slope))), np.array(error.split(", "), float)


def test_the_sentence_says_what_the_definition_gives(explorer):
    explorer.set(z1=-0.5, z2=1.0, z3=3.0, z4=0.2, temperature=2.0, target=1)
    s = by_definition([-0.5, 1.0, 3.0, 0.2], 2.0)
    said, error = numbers(explorer.readout)
    assert said == pytest.approx((3, 2, s[2], s[1], -np.log(s[1]), s[2] * (1 - s[2]) / 2), abs=6e-4)
    assert error == pytest.approx((s - [0, 1, 0, 0]) / 2, abs=6e-4)


def test_extremes_are_finite(explorer):
    ends = {name: (explorer.controls[name].min, explorer.controls[name].max) for name in LOGITS}
    for z in itertools.product(*ends.values()):
        for temperature, target in itertools.product((0.1, 10), range(4)):
            s, jacobian, cost, error = softmax_at(z, temperature, target)
            assert s.sum() == pytest.approx(1)
            assert np.isfinite(jacobian).all()
            assert 0 <= cost < 170  # at most (8 + 8) / 0.1 + ln 4
            assert error.sum() == pytest.approx(0, abs=1e-9)
    for side, temperature, target in ((0, 0.1, 0), (1, 10, 3)):
        explorer.set(z1=ends["z1"][side], z2=ends["z2"][1 - side], z3=ends["z3"][side], z4=ends["z4"][side],
                     temperature=temperature, target=target)
        assert np.isfinite(numbers(explorer.readout)[0]).all()
