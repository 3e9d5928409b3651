"""Each slip is one changed line, does what its name says, and leaves everything else of Dense as it is."""

import inspect

import numpy as np
import pytest

from nnlib import Dense, check_gradient, data
from nnlib.costs import Cost, Quadratic
from nnlib.widgets import slips
from nnlib.widgets.slips import SLIPS, STARTS, build, changed_lines

BROKEN = [kind for _, kind in inspect.getmembers(slips, inspect.isclass)
          if kind.__module__ == slips.__name__ and issubclass(kind, (Dense, Cost))]
SILENT = {"activation": "tanh", "start": "He"}


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(3)
    return rng.normal(size=(6, 10)), data.one_hot(rng.integers(10, size=10))


def gradients(slip, batch, **settings):
    """The gradient of a network with this slip and of its twin without, same parameters."""
    x, y = batch
    pair = [build(name, 6, rng=1, dtype="float64", **settings) for name in (slip, None)]
    for network in pair:
        network.forward(x)
        network.backward(y)
    assert (pair[0].parameters == pair[1].parameters).all()
    return pair


def test_all_broken_classes_are_planted():
    used = {part for slip in SLIPS.values() for part in (slip.hidden, slip.output, slip.cost)}
    assert set(BROKEN) <= used
    assert len(BROKEN) == 9


@pytest.mark.parametrize("broken", BROKEN)
def test_the_lines_that_are_changed(broken):
    changes = changed_lines(broken)
    assert len(changes) == (2 if broken in (slips.HiddenAsPrinted, slips.LostMean) else 1)
    for right, wrong in changes:
        assert right != wrong
        assert "#" not in right + wrong
        assert right in inspect.getsource(Quadratic if broken is slips.SquareWithoutHalf else Dense)
        assert wrong in inspect.getsource(slips)


def test_a_line_that_is_gone_is_an_error():
    class Stale(slips.FlatBias):
        overrules = ("eq-no-such-line",)

        def forward(self, a_previous, training=False):
            return None  # slip

    with pytest.raises(ValueError, match="no line with 'eq-no-such-line'"):
        changed_lines(Stale)


@pytest.mark.parametrize("slip", SLIPS)
def test_the_check_finds_it_and_passes_its_twin(slip, batch):
    cost = "quadratic" if SLIPS[slip].cost else "cross_entropy"
    assert check_gradient(build(None, 6, cost=cost, **SILENT), *batch).max_relative_error < 1e-7
    assert check_gradient(build(slip, 6, cost=cost, **SILENT), *batch).max_relative_error > 1e-2


def test_what_each_slip_does(batch):
    x, _ = batch
    wrong, right = gradients("bias over everything", batch)
    for one, other in zip(wrong.layers, right.layers, strict=True):
        np.testing.assert_allclose(one.db, other.db.sum(), atol=1e-15)
        np.testing.assert_allclose(one.dW, other.dW)
    assert np.abs(wrong.layers[1].db).max() < 1e-15, "columns of a - y sum to 0"

    wrong, right = gradients("equation 19", batch)
    np.testing.assert_allclose(wrong.layers[0].dW, right.layers[1].delta @ x.T / 10)
    np.testing.assert_allclose(wrong.layers[0].db, right.layers[0].db)
    np.testing.assert_allclose(wrong.layers[1].dW, right.layers[1].dW)

    wrong, right = gradients("lost 1/m", batch)
    np.testing.assert_allclose(wrong.gradient, 10 * right.gradient)

    wrong, right = gradients("bias from W A", batch)
    np.testing.assert_allclose(wrong.layers[0].db, (right.layers[0].z - right.layers[0].b).mean(axis=1, keepdims=True))

    wrong, right = gradients("factor 2", batch, cost="quadratic")
    np.testing.assert_allclose(wrong.gradient, right.gradient)
    assert wrong.batch_cost(batch[1]) == pytest.approx(2 * right.batch_cost(batch[1]))

    wrong, right = gradients("flat bias", batch)
    first = wrong.layers[0]
    np.testing.assert_allclose(first.z - right.layers[0].z, first.b.T - first.b, atol=1e-14)


@pytest.mark.parametrize(("slip", "activation"), [("slope at a", "relu"), ("a (1 - a)", "sigmoid")])
def test_where_a_slope_is_right_after_all(slip, activation, batch):
    wrong, right = gradients(slip, batch, activation=activation)
    np.testing.assert_allclose(wrong.gradient, right.gradient)


@pytest.mark.parametrize(("slip", "activation"), [("slope at a", "tanh"), ("slope at a", "sigmoid"),
                                                  ("a (1 - a)", "relu"), ("a (1 - a)", "tanh")])
def test_where_a_slope_is_wrong(slip, activation, batch):
    wrong, right = gradients(slip, batch, activation=activation)
    assert not np.allclose(wrong.layers[0].dW, right.layers[0].dW)
    np.testing.assert_allclose(wrong.layers[1].dW, right.layers[1].dW)


@pytest.mark.parametrize(("slip", "hidden"), [("equation 19", 12), ("16, 19 and 20", 12), ("flat bias", 9)])
def test_unequal_sizes_are_loud(slip, hidden, batch):
    network = build(slip, 6, hidden)
    with pytest.raises(ValueError, match=r"broadcast|mismatch"):
        network.backward(batch[1]) if network.forward(batch[0]) is not None else None


def test_starts_by_layer():
    network = build(None, 784, start=("He", "uniform"), rng=0)
    first, last = network.layers
    assert first.W.std() == pytest.approx(np.sqrt(2 / 784), rel=0.05)
    assert (first.b == 0).all()
    assert np.abs(last.W).max() <= 0.5
    assert (last.b != 0).all()
    assert set(STARTS) == {"uniform", "He"}


def test_a_slip_of_another_cost_is_refused():
    with pytest.raises(ValueError, match="slip of the quadratic cost"):
        build("factor 2", 6)


def test_layers_of_a_copy_know_each_other():
    twin = build("equation 19", 6).astype("float64")
    assert twin.layers[0].following is twin.layers[1]
