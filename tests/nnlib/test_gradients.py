"""The gradient check passes right gradients, and names wrong ones: the classic bugs, planted and caught."""

import numpy as np
import pytest

from nnlib import Dense, Network, check_gradient
from nnlib.activations import ACTIVATIONS, get_activation
from nnlib.costs import COSTS, get_cost
from nnlib.data import one_hot

ADMISSIBLE = [(a, c) for c in COSTS for a in ACTIVATIONS if get_cost(c).admits(get_activation(a))]


def examples(n_in, n_out, m=5, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_in, m)), one_hot(rng.integers(0, n_out, m), n_out)


def network(layer=Dense, cost="quadratic", output="sigmoid", hidden="tanh", l2=0.0):
    """Four layers of different sizes, so that no wrong product can fit by luck."""
    return Network([layer(4, 6, hidden), layer(6, 5, hidden), layer(5, 3, output)], cost, rng=2, l2=l2)


@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("hidden", ACTIVATIONS)
@pytest.mark.parametrize(("output", "cost"), ADMISSIBLE)
def test_every_activation_and_admissible_cost(output, cost, hidden, l2):
    check = check_gradient(network(cost=cost, output=output, hidden=hidden, l2=l2), *examples(4, 3))
    assert check.max_relative_error < 1e-7, check


@pytest.mark.parametrize("m", [1, 2, 7])
def test_any_batch_size(m):
    assert check_gradient(network(), *examples(4, 3, m)).max_relative_error < 1e-7


def test_input_gradient():
    net = network(cost="cross_entropy", output="softmax").astype("float64")
    x, y = examples(4, 3)
    net.forward(x)
    net.backward(y, input_gradient=True)
    assert net.input_gradient.shape == x.shape
    h = 1e-6
    for j, i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[j, i] = h
        slope = (net.cost(x + step, y) - net.cost(x - step, y)) / (2 * h)
        assert net.input_gradient[j, i] / x.shape[1] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_two_networks_in_a_row_get_the_gradient_of_one(l2):
    """A network whose cost belongs to the next one: backward_from with that one's input gradient."""
    sizes = [(3, 4, "tanh"), (4, 2, "relu"), (2, 5, "sigmoid"), (5, 2, "softmax")]
    whole = Network([Dense(*size) for size in sizes], "cross_entropy", rng=0, dtype="float64", l2=l2)
    first = Network([Dense(*size) for size in sizes[:2]], rng=0, dtype="float64", l2=l2)
    second = Network([Dense(*size) for size in sizes[2:]], "cross_entropy", rng=0, dtype="float64", l2=l2)
    first.parameters[:], second.parameters[:] = np.split(whole.parameters, [first.parameters.size])
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 7)), np.eye(2)[:, rng.integers(2, size=7)]
    whole.forward(x)
    whole.backward(y, input_gradient=True)
    second.forward(first.forward(x))
    second.backward(y, input_gradient=True)
    first.backward_from(second.input_gradient, input_gradient=True)
    np.testing.assert_allclose(np.concatenate([first.gradient, second.gradient]), whole.gradient, atol=1e-14)
    np.testing.assert_allclose(first.input_gradient, whole.input_gradient, atol=1e-14)


def test_the_network_is_left_as_it_was_and_its_gradient_filled():
    net = network()
    before = net.parameters.copy()
    x, y = examples(4, 3)
    check_gradient(net, x, y)
    assert (net.parameters == before).all()
    assert net.dtype == np.float32
    net_gradient = net.gradient.copy()
    net.forward(x)
    np.testing.assert_array_equal(net_gradient, net.backward(y))


class LostMean(Dense):
    """dW without the 1/m."""

    def backward_error(self, delta, input_gradient=True):
        grad = super().backward_error(delta, input_gradient)
        self.dW *= delta.shape[1]
        return grad


class BiasSummedOverEverything(Dense):
    """np.sum(delta) without an axis, as the notes print eqs. (16) and (20)."""

    def backward_error(self, delta, input_gradient=True):
        grad = super().backward_error(delta, input_gradient)
        self.db[:] = delta.sum() / delta.shape[1]
        return grad


class WrongSign(Dense):
    """The bias gradient with its sign lost."""

    def backward_error(self, delta, input_gradient=True):
        grad = super().backward_error(delta, input_gradient)
        self.db *= -1
        return grad


class LostTranspose(Dense):
    """W delta instead of W^T delta: fits only square layers."""

    def backward_error(self, delta, input_gradient=True):
        super().backward_error(delta, input_gradient)
        return self.W @ delta


class DerivativeOfA(Dense):
    """sigma'(a) where sigma'(z) is meant."""

    def backward(self, grad_a, input_gradient=True):
        again = self.activation(self.a)
        return self.backward_error(self.activation.backward(grad_a, self.a, again), input_gradient)


class NoDerivative(Dense):
    """The factor sigma'(z) forgotten."""

    def backward(self, grad_a, input_gradient=True):
        return self.backward_error(grad_a, input_gradient)


class ErrorOfTheNextLayer(Dense):
    """dW1 from delta2, as the notes print eq. (19): silent when the sizes are equal."""

    def backward_error(self, delta, input_gradient=True):
        grad = super().backward_error(delta, input_gradient)
        following = getattr(self, "following", None)
        if following is not None:
            self.dW[:] = following.delta @ self.a_previous.T / delta.shape[1]
        return grad


SILENT = [LostMean, BiasSummedOverEverything, WrongSign, DerivativeOfA, NoDerivative]


@pytest.mark.parametrize("bug", SILENT)
def test_planted_bug_is_caught(bug):
    check = check_gradient(network(bug), *examples(4, 3))
    assert check.max_relative_error > 1e-2, check


def test_lost_transpose_is_an_error_of_shape():
    with pytest.raises(ValueError, match="matmul"):
        check_gradient(network(LostTranspose), *examples(4, 3))


def test_lost_transpose_is_caught_where_the_shapes_hide_it():
    square = Network([LostTranspose(4, 4, "tanh"), LostTranspose(4, 4, "sigmoid")], rng=0)
    assert check_gradient(square, *examples(4, 4)).max_relative_error > 1e-2


def test_wrong_layers_error_is_caught():
    class Broken(Network):
        def _bind(self):
            super()._bind()
            for layer, following in zip(self.layers, self.layers[1:], strict=False):
                layer.following = following

    net = Broken([ErrorOfTheNextLayer(6, 5, "relu"), ErrorOfTheNextLayer(5, 5, "softmax")], "cross_entropy", rng=0)
    check = check_gradient(net, *examples(6, 5))
    assert check.max_relative_error > 1e-2
    assert check.comparisons[0].where.startswith("layers[0].W")


def test_the_report_says_where():
    check = check_gradient(network(WrongSign), *examples(4, 3))
    worst = check.comparisons[0]
    assert ".b[" in worst.where
    assert worst.backward == pytest.approx(-worst.difference, rel=1e-6)
    assert worst.where in repr(check)
    assert len(check.comparisons) == network().parameters.size


def test_a_gradient_that_is_nan_fails():
    class Nan(Dense):
        def backward_error(self, delta, input_gradient=True):
            grad = super().backward_error(delta, input_gradient)
            self.db[0] = np.nan
            return grad

    assert check_gradient(network(Nan), *examples(4, 3)).max_relative_error == np.inf
