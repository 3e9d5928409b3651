"""The explorer of wrong gradients trains and checks what its controls say, and says so when NumPy refuses."""

import itertools
import re

import numpy as np
import pytest

from nnlib import Dense, Network, check_gradient, data
from nnlib.widgets.slips import SLIPS, build
from nnlib.widgets.wrong_gradients import STEPS, accuracies, check, small_digits, wrong_gradients_explorer
from tests.widgets.explorers import fresh

explorer = fresh(wrong_gradients_explorer)

PATTERN = re.compile(r"After (\d+) steps: ([\d.]+)% .* ([\d.]+)% with the slip. Relative error: (\S+) right, "
                     r"(\S+) with the slip; (.+)\.$")


def test_small_digits_are_means_of_the_extract():
    x, y, x_test, labels = small_digits(shuffled=False)
    digits = data.mnist_sample()
    assert x.shape == (49, 2000)
    assert x_test.shape == (49, 500)
    picture = digits.x_train[:, 7].reshape(28, 28)
    assert x[:, 7].reshape(7, 7)[2, 3] == pytest.approx(picture[8:12, 12:16].mean())
    assert (labels == digits.labels_test).all()
    shuffled = small_digits()
    assert (np.sort(shuffled[3]) == np.sort(labels)).all()
    assert not (shuffled[3] == labels).all()
    which = [np.flatnonzero((x == column[:, None]).all(axis=0))[0] for column in shuffled[0][:, :20].T]
    assert (y[:, which] == shuffled[1][:, :20]).all()


def test_accuracies_are_those_of_a_plain_network():
    x, y, x_test, labels = small_digits()
    twin = Network([Dense(49, 12, "tanh"), Dense(12, 10, "softmax")], "cross_entropy", dtype="float64")
    twin.parameters[:] = build(None, 49, 12, "tanh", "He", 5, dtype="float64").parameters
    for step in range(30):
        columns = np.arange(100 * step, 100 * step + 100) % 2000
        twin.forward(x[:, columns])
        twin.parameters -= 0.3 * twin.backward(y[:, columns])
    share = (twin.predict(x_test) == labels).mean()
    assert accuracies(None, 12, "tanh", "He", 0.3, seed=5, steps=30)[-1] == pytest.approx(share)


def test_readout_says_what_nnlib_computes(explorer):
    before = explorer.picture.value
    explorer.set(slip="bias over everything", activation="tanh", start="He", eta=1.0, batch_size=20)
    steps, right, wrong, right_error, wrong_error, verdict = PATTERN.match(explorer.readout).groups()
    settings = {"hidden": 10, "activation": "tanh", "start": "He"}
    assert int(steps) == STEPS
    for slip, share in ((None, right), ("bias over everything", wrong)):
        expected = accuracies(slip, **settings, eta=1.0, batch_size=20)[-1]
        assert float(share) == pytest.approx(100 * expected, abs=0.06)
    x, y, _, _ = small_digits()
    report = check_gradient(build("bias over everything", 49, rng=0, **settings), x[:, :20], y[:, :20])
    assert float(wrong_error) == pytest.approx(report.max_relative_error, rel=0.05)
    assert report.comparisons[0].where in verdict
    assert float(right_error) < 1e-6
    assert explorer.picture.value != before


@pytest.mark.parametrize("settings", [{"slip": "equation 19", "hidden": 12}, {"slip": "flat bias", "batch_size": 20}])
def test_unequal_sizes_are_loud(explorer, settings):
    explorer.set(**settings)
    assert explorer.readout.startswith("With these sizes the slip is loud")
    assert "explorer-error" not in explorer.message.value


def test_equal_sizes_are_silent(explorer):
    explorer.set(slip="flat bias", batch_size=10)
    assert PATTERN.match(explorer.readout)
    assert check("flat bias", m=10).max_relative_error > 0.1


def test_it_says_when_the_slip_is_none(explorer):
    explorer.set(slip="slope at a", activation="relu")
    assert "it changes nothing" in explorer.readout
    explorer.set(activation="sigmoid")
    assert "the check accuses layers[0]" in explorer.readout


def test_extremes(explorer):
    corners = [("relu", "uniform", 0.01), ("sigmoid", "He", 10)]
    for slip, (activation, start, eta) in itertools.product(SLIPS, corners):
        explorer.set(slip=slip, activation=activation, start=start, eta=eta, batch_size=10)
        assert PATTERN.match(explorer.readout), explorer.readout
        assert "nan" not in explorer.readout
