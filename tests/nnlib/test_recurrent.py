"""Recurrent layers: against loops over single numbers, gradients through time, planted bugs, errors in words, files."""

import math

import numpy as np
import pytest

from nnlib import (
    LSTM,
    SGD,
    Adam,
    Conv2D,
    Dense,
    EachStep,
    Flatten,
    Network,
    Recurrent,
    accuracy,
    check_gradient,
    clip_gradient,
    minibatches,
    train,
)
from nnlib.data import one_hot
from nnlib.recurrent import fold

KINDS = [Recurrent, LSTM]


def network(kind=Recurrent, last_only=False, l2=0.0, dtype="float32", output="softmax", cost="cross_entropy", size=4):
    """Two recurrent layers of different sizes and a Dense one, at every step or after the last."""
    between = [] if last_only else [EachStep()]
    layers = [kind(size, 5), kind(5, 3, last_only), *between, Dense(3, 2, output)]
    return Network(layers, cost, rng=2, l2=l2, dtype=dtype)


def sequences(T, m, n=4, classes=2, seed=1):
    """Floats (T, n, m), class numbers (T, m), and targets at every step (T, classes, m)."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(T, n, m)), rng.integers(0, n, (T, m)), one_hot(rng.integers(0, classes, (T, m)), classes)


def alone(kind, n_in=3, n_hidden=2, seed=0):
    """One layer with its place in two flat vectors of float64, and every parameter drawn at random."""
    layer = kind(n_in, n_hidden)
    size = sum(math.prod(shape) for shape in layer.parameter_shapes().values())
    layer.bind(np.random.default_rng(seed).normal(size=size), np.empty(size))
    return layer


def logistic(z):
    return 1 / (1 + math.exp(-z))


def test_recurrent_by_loops_over_single_numbers():
    layer, (x, _, _) = alone(Recurrent), sequences(5, 2, n=3)
    states = layer.forward(x)
    assert states.shape == (5, 2, 2)
    for i in range(2):
        h = [0.0, 0.0]
        for t in range(5):
            h = [math.tanh(sum(layer.W[j, k] * x[t, k, i] for k in range(3))
                           + sum(layer.U[j, k] * h[k] for k in range(2)) + layer.b[j, 0]) for j in range(2)]
            assert states[t, :, i].tolist() == pytest.approx(h, abs=1e-14)


def test_lstm_by_loops_over_single_numbers():
    layer, (x, _, _) = alone(LSTM), sequences(4, 3, n=3)
    states, n = layer.forward(x), 2
    assert states.shape == (4, 2, 3)
    for example in range(3):
        h, c = [0.0] * n, [0.0] * n
        for t in range(4):
            z = [sum(layer.W[row, k] * x[t, k, example] for k in range(3))
                 + sum(layer.U[row, k] * h[k] for k in range(n)) + layer.b[row, 0] for row in range(4 * n)]
            i, f, o = ([logistic(z[block * n + j]) for j in range(n)] for block in range(3))
            g = [math.tanh(z[3 * n + j]) for j in range(n)]
            c = [f[j] * c[j] + i[j] * g[j] for j in range(n)]
            h = [o[j] * math.tanh(c[j]) for j in range(n)]
            assert states[t, :, example].tolist() == pytest.approx(h, abs=1e-14)
            assert layer.c[t + 1, :, example].tolist() == pytest.approx(c, abs=1e-14)
            assert layer.gates[t, :, :, example].ravel().tolist() == pytest.approx([*i, *f, *o, *g], abs=1e-14)


@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("last_only", [False, True])
@pytest.mark.parametrize(("T", "m"), [(1, 1), (2, 1), (7, 1), (1, 3), (5, 4)])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_two_layers_through_time(kind, T, m, last_only, l2):
    x, numbers, y = sequences(T, m)
    for inputs in (x, numbers):
        check = check_gradient(network(kind, last_only, l2), inputs, y[-1] if last_only else y)
        assert check.max_relative_error < 1e-7, check


@pytest.mark.parametrize(("output", "cost"), [("identity", "quadratic"), ("sigmoid", "binary_cross_entropy")])
@pytest.mark.parametrize("kind", KINDS)
def test_other_costs(kind, output, cost):
    x, _, y = sequences(4, 3)
    assert check_gradient(network(kind, output=output, cost=cost), x, y).max_relative_error < 1e-7


@pytest.mark.parametrize("last_only", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_gradient_by_the_input(kind, last_only):
    x, _, y = sequences(4, 3)
    y = y[-1] if last_only else y
    net = network(kind, last_only, dtype="float64")
    net.forward(x)
    net.backward(y, input_gradient=True)
    assert net.input_gradient.shape == x.shape
    h = 1e-6
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        slope = (net.cost(x + step, y) - net.cost(x - step, y)) / (2 * h)
        assert net.input_gradient[place] / 3 == pytest.approx(slope, abs=1e-9)


class NoMeanOverSteps(EachStep):
    """The 1/T forgotten: the recurrent layers get T times their gradient, the output layer the right one."""

    def backward(self, grad_a, input_gradient=True):
        return super().backward(grad_a) * self.shape[0]


class OneStepBack(Recurrent):
    """Nothing is handed to the step before: back-propagation, but not through time."""

    def run_back(self, grad_h, delta):
        delta[:] = grad_h * (1 - self.h[1:] ** 2)


class LostTranspose(Recurrent):
    """U delta where U^T delta is meant: always fits, U is square."""

    def run_back(self, grad_h, delta):
        grad_later = 0
        for t in reversed(range(len(delta))):
            delta[t] = (grad_h[t] + grad_later) * (1 - self.h[t + 1] ** 2)
            grad_later = self.U @ delta[t]


class StateOfTheSameStep(Recurrent):
    """dU from h_t instead of h_{t-1}."""

    def backward(self, grad_a, input_gradient=True):
        result = super().backward(grad_a, input_gradient)
        self.dU[:] = fold(self.delta) @ fold(self.h[1:]).T / self.x.shape[-1]
        return result


class LastStepOnly(Recurrent):
    """dW from the last step, as if the weights were not shared."""

    def backward(self, grad_a, input_gradient=True):
        result = super().backward(grad_a, input_gradient)
        self.db[:] = self.delta[-1].mean(axis=1, keepdims=True)
        return result


class CellWithoutForgetting(LSTM):
    """grad_c handed back as it is, without the factor f."""

    def run_back(self, grad_h, delta):
        gates = self.gates.copy()
        grad_later, grad_c = 0, 0
        for t in reversed(range(len(delta))):
            i, f, o, g = gates[t]
            total_h = grad_h[t] + grad_later
            grad_c = grad_c + total_h * o * (1 - self.tanh_c[t] ** 2)
            slopes = [grad_c * g * i * (1 - i), grad_c * self.c[t] * f * (1 - f),
                      total_h * self.tanh_c[t] * o * (1 - o), grad_c * i * (1 - g * g)]
            delta[t] = np.concatenate(slopes)
            grad_later = self.U.T @ delta[t]


class ForgottenCellPath(LSTM):
    """The cell's gradient begins anew at every step: errors travel through h only."""

    def run_back(self, grad_h, delta):
        grad_later = 0
        for t in reversed(range(len(delta))):
            i, f, o, g = self.gates[t]
            total_h = grad_h[t] + grad_later
            grad_c = total_h * o * (1 - self.tanh_c[t] ** 2)
            slopes = [grad_c * g * i * (1 - i), grad_c * self.c[t] * f * (1 - f),
                      total_h * self.tanh_c[t] * o * (1 - o), grad_c * i * (1 - g * g)]
            delta[t] = np.concatenate(slopes)
            grad_later = self.U.T @ delta[t]


@pytest.mark.parametrize("bug", [OneStepBack, LostTranspose, StateOfTheSameStep, LastStepOnly, CellWithoutForgetting,
                                 ForgottenCellPath])
def test_planted_bug_is_caught(bug):
    x, _, y = sequences(5, 3)
    check = check_gradient(network(bug), x, y)
    assert check.max_relative_error > 1e-2, check


def test_a_lost_mean_over_steps_is_caught():
    x, _, y = sequences(5, 3)
    net = Network([Recurrent(4, 3), NoMeanOverSteps(), Dense(3, 2, "softmax")], "cross_entropy", rng=0)
    check = check_gradient(net, x, y)
    assert check.comparisons[0].where.startswith("layers[0]")
    assert check.comparisons[0].backward == pytest.approx(5 * check.comparisons[0].difference, rel=1e-5)


@pytest.mark.parametrize("last_only", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_class_numbers_are_one_hot_columns_exactly(kind, dtype, last_only):
    _, numbers, y = sequences(6, 5)
    y = y[-1] if last_only else y
    net = network(kind, last_only, dtype=dtype)
    net.layers[0].b[:] = np.random.default_rng(3).normal(size=net.layers[0].b.shape)
    by_product = net.forward(one_hot(numbers, 4)).copy()
    gradient = net.backward(y).copy()
    np.testing.assert_array_equal(net.forward(numbers), by_product)
    np.testing.assert_array_equal(net.backward(y), gradient)


def test_the_cost_is_the_mean_over_examples_and_steps():
    x, _, y = sequences(5, 4)
    net = network(dtype="float64")
    out = net.forward(x)
    assert out.shape == (2, 5 * 4)
    each = [-math.log(out[y[t, :, i].argmax(), t * 4 + i]) for t in range(5) for i in range(4)]
    assert net.cost(x, y) == pytest.approx(np.mean(each), rel=1e-14)
    assert net.batch_cost(y) == pytest.approx(np.mean(each), rel=1e-14)
    assert net.batch_cost(fold(y)) == net.batch_cost(y)


def test_a_network_that_knows_nothing_costs_ln_v():
    numbers = np.random.default_rng(0).integers(0, 65, (50, 8))
    net = Network([LSTM(65, 16), EachStep(), Dense(16, 65, "softmax")], "cross_entropy", rng=0)
    assert net.cost(numbers[:-1], one_hot(numbers[1:], 65)) == pytest.approx(math.log(65), rel=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_evaluation_in_blocks(kind):
    x, numbers, y = sequences(7, 333)  # 142 sequences of 7 steps at once
    net = network(kind, dtype="float64")
    net.forward(x)
    whole = net.batch_cost(y)
    assert net.cost(x, y) == pytest.approx(whole, rel=1e-13)
    predicted = net.predict(numbers)
    assert predicted.shape == (7, 333)
    np.testing.assert_array_equal(predicted, net.forward(numbers).argmax(axis=0).reshape(7, 333))
    assert accuracy(net, numbers, predicted) == 1
    assert accuracy(net, numbers, 1 - predicted) == 0
    last = network(kind, last_only=True)
    assert last.predict(x).shape == (333,)
    single = Network([kind(4, 3), EachStep(), Dense(3, 1, "sigmoid")], "binary_cross_entropy", rng=0)
    assert single.predict(x[:1]).shape == (1, 333)


@pytest.mark.parametrize("kind", KINDS)
def test_the_penalty_takes_both_weights_and_no_bias(kind):
    layer = kind(4, 3)
    net = Network([layer, EachStep(), Dense(3, 2, "softmax")], "cross_entropy", rng=0, l2=0.5, dtype="float64")
    net.layers[0].b[:] = 7
    sizes = (net.layers[0].W**2).sum() + (net.layers[0].U**2).sum() + (net.layers[2].W**2).sum()
    assert net.penalty() == pytest.approx(0.25 * sizes)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_in_pieces(kind):
    _, numbers, _ = sequences(6, 3)
    net = network(kind, dtype="float64")
    whole = net.forward(numbers).reshape(2, 6, 3)
    recurrent = net.layers[:2]
    for layer in recurrent:
        layer.carry_state()
    for t in range(6):
        np.testing.assert_allclose(net.forward(numbers[[t]]), whole[:, t], atol=1e-15)
    with pytest.raises(ValueError, match=r"carries the state of 3 examples, got 1: call carry_state\(\)"):
        net.forward(numbers[:1, :1])
    for layer in recurrent:
        layer.carry_state()
    np.testing.assert_allclose(net.forward(numbers[:1]), whole[:, 0], atol=1e-15)
    for layer in recurrent:
        layer.carry_state(False)
    for _ in range(2):
        np.testing.assert_allclose(net.forward(numbers).reshape(2, 6, 3), whole, atol=1e-15)


def test_a_twin_carries_nothing_from_its_original():
    net = network(LSTM)
    net.layers[0].carry_state()
    twin = net.astype("float64")
    twin.forward(sequences(2, 3)[0])
    assert net.layers[0].carried == {}


@pytest.mark.parametrize("kind", KINDS)
def test_states_are_not_overwritten_by_the_next_batch(kind):
    layer = alone(kind)
    first = layer.forward(np.ones((4, 3, 2)))
    kept = first.copy()
    layer.forward(np.zeros((4, 3, 2)))
    np.testing.assert_array_equal(first, kept)


def test_lstm_begins_by_keeping():
    layer = Network([LSTM(3, 40), EachStep(), Dense(40, 2)], rng=0).layers[0]
    i, f, o, g = np.split(layer.b, 4)
    assert (f == 1).all()
    assert not np.concatenate([i, o, g]).any()


@pytest.mark.parametrize("kind", KINDS)
def test_the_state_begins_by_turning(kind):
    """Every block of U is a rotation: it keeps every length, and no two blocks are the same."""
    layer = Network([kind(3, 40), EachStep(), Dense(40, 2)], rng=0, dtype="float64").layers[0]
    blocks = np.split(layer.U, kind.blocks)
    for block in blocks:
        np.testing.assert_allclose(block.T @ block, np.eye(40), atol=1e-12)
    assert len({block[0, 0] for block in blocks}) == kind.blocks
    for block in np.split(layer.W, kind.blocks):
        assert block.std() == pytest.approx(np.sqrt(2 / 43), rel=0.2)


def test_saturated_gates_neither_overflow_nor_warn():
    layer = alone(LSTM, n_in=1, n_hidden=1)
    layer.W[:] = [[1], [1], [-1], [1]]
    out = layer.forward(np.full((3, 1, 1), 1000.0))
    layer.backward(np.ones_like(out))
    assert np.isfinite(out).all()
    assert np.isfinite(layer.dW).all()
    out = layer.forward(np.full((3, 1, 1), -1000.0))
    assert np.isfinite(out).all()


WRONG = [
    (np.zeros((7, 2, 4)), r"expects sequences of shape \(T, 4, m\).*got float64 of shape \(7, 2, 4\): are the examples "
                          r"in the middle, or first\? .* x.transpose\(0, 2, 1\) if the steps come first, "
                          r"x.transpose\(1, 2, 0\) if the examples do$"),
    (np.zeros((4, 7, 2)), r"the steps come first, so pass x.transpose\(1, 0, 2\)"),
    (np.zeros((4, 6)), r"for a single step pass x\[None\]; or does the layer before it give the last state only\?$"),
    (np.zeros((6, 4)), r"for a single sequence pass x\[\.\.\., None\]$"),
    (np.zeros((6, 3)), r"class numbers must be integers, so pass x.astype\(int\)$"),
    (np.zeros((6, 3), bool), r"got bool of shape \(6, 3\): class numbers must be integers"),
    (np.zeros(5, int), r"for a single sequence pass x.reshape\(-1, 1\)"),
    (np.zeros((3, 5, 2)), r"got float64 of shape \(3, 5, 2\)$"),
    (np.zeros((0, 4, 2)), r"got float64 of shape \(0, 4, 2\): it is empty$"),
    (np.zeros((0, 2), int), r"got int64 of shape \(0, 2\): it is empty$"),
    (np.array([[0, 4]]), "expects class numbers between 0 and 3, got 0 to 4"),
    (np.array([[-1, 2]]), "expects class numbers between 0 and 3, got -1 to 2"),
]


@pytest.mark.parametrize(("x", "message"), WRONG)
@pytest.mark.parametrize("kind", KINDS)
def test_inputs_that_do_not_fit(kind, x, message):
    with pytest.raises(ValueError, match=message):
        alone(kind, n_in=4).forward(x)


def test_layers_that_do_not_fit():
    with pytest.raises(ValueError, match=r"LSTM\(4 -> 5\) gives the state of every step: put EachStep\(\) before"):
        Network([LSTM(4, 5), Dense(5, 2)])
    with pytest.raises(ValueError, match=r"LSTM\(4 -> 5\) does not fit Recurrent\(6 -> 3\): 5 outputs meet 6 inputs"):
        Network([LSTM(4, 5), Recurrent(6, 3), EachStep(), Dense(3, 2)])
    with pytest.raises(ValueError, match=r"Recurrent\(4 -> 5\) does not fit Dense\(6 -> 2\)"):
        Network([Recurrent(4, 5), EachStep(), Dense(6, 2)])
    with pytest.raises(ValueError, match="images meet columns"):
        Network([Conv2D(1, 2, 3), LSTM(4, 5, last_only=True), Dense(5, 2)])
    for sizes in ((0, 5), (4, 2.0)):
        with pytest.raises(ValueError, match="expects sizes of at least 1"):
            LSTM(*sizes)
    late = Network([LSTM(4, 5, last_only=True), EachStep(), Dense(5, 2)], rng=0)
    with pytest.raises(ValueError, match=r"EachStep expects sequences of shape \(T, n, m\), got \(5, 3\)"):
        late.forward(np.zeros((2, 4, 3)))
    Network([Flatten(), Dense(4, 2)])  # where a size is not known, none is asked for


def test_no_slope_by_class_numbers():
    _, numbers, y = sequences(3, 2)
    net = network()
    net.forward(numbers)
    with pytest.raises(ValueError, match="no cost has a slope by these: send one-hot columns"):
        net.backward(y, input_gradient=True)


def test_targets_that_do_not_fit():
    x, _, y = sequences(5, 4)
    net = network()
    net.forward(x)
    with pytest.raises(ValueError, match=r"targets y of shape \(2, 20\) expected, got \(2, 16\)"):
        net.backward(y[1:])
    with pytest.raises(ValueError, match="x has 4 examples"):
        net.cost(x, y[..., 1:])
    with pytest.raises(ValueError, match=r"labels must be one class number per example, shape \(5, 4\), got \(4,\)"):
        accuracy(net, x, [0, 1, 0, 1])


@pytest.mark.parametrize("last_only", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_files(kind, last_only, tmp_path):
    net = network(kind, last_only, l2=0.1)
    net.save(tmp_path / "net.npz")
    again = Network.load(tmp_path / "net.npz")
    assert repr(again) == repr(net)
    assert again.l2 == 0.1
    _, numbers, _ = sequences(4, 3)
    np.testing.assert_array_equal(again.forward(numbers), net.forward(numbers))


def test_minibatches_along_the_last_axis():
    _, numbers, y = sequences(5, 7)
    seen = []
    for batch_x, batch_y in minibatches(numbers, y, batch_size=3, rng=0):
        assert batch_x.dtype == numbers.dtype
        assert batch_x.shape[0] == 5
        assert batch_y.shape[:2] == (5, 2)
        for i in range(batch_x.shape[1]):
            where = np.flatnonzero((numbers == batch_x[:, [i]]).all(axis=0))
            assert any((y[..., k] == batch_y[..., i]).all() for k in where)
            seen.append(tuple(batch_x[:, i]))
    assert sorted(seen) == sorted(map(tuple, numbers.T))


def test_training_hands_class_numbers_over_as_they_are():
    class Watching(LSTM):
        kinds = frozenset()

        def forward(self, a_previous, training=False):
            self.kinds |= {a_previous.dtype.kind}
            return super().forward(a_previous, training)

    _, numbers, _ = sequences(6, 20, n=3)
    y = one_hot(numbers, 3)  # say again what was read
    net = Network([Watching(3, 8), EachStep(), Dense(8, 3, "softmax")], "cross_entropy", rng=0)
    history = list(train(net, numbers, y, Adam(0.03), epochs=40, batch_size=8, rng=0))
    assert net.layers[0].kinds == {"i"}
    assert history[-1].cost < 0.1 < history[0].cost
    assert accuracy(net, numbers, numbers) == 1


def test_an_integer_picture_is_still_cast():
    net = Network([Dense(4, 2)], rng=0)
    assert net.forward(np.ones((4, 3), np.uint8)).dtype == np.float32
    steps = network()
    whole = np.ones((2, 4, 3), int)  # sequences of numbers that happen to be whole
    np.testing.assert_array_equal(steps.forward(whole), steps.forward(whole.astype(float)))


def test_clip_gradient():
    gradient = np.array([3.0, 4.0])
    assert clip_gradient(gradient, 10) == 5
    assert gradient.tolist() == [3, 4]
    assert clip_gradient(gradient, 2) == 5
    assert gradient.tolist() == pytest.approx([1.2, 1.6])
    huge = np.full(4, 1e25, np.float32)  # its squares are not float32
    assert clip_gradient(huge, 1.0) == pytest.approx(2e25)
    assert huge.tolist() == pytest.approx([0.5] * 4)
    for clip in (0, -1, np.nan):
        with pytest.raises(ValueError, match="clip must be larger than 0, got"):
            clip_gradient(gradient, clip)


def test_training_with_clipped_gradients():
    x, _, y = sequences(5, 8)
    steps = {}
    for clip in (None, 1e-3, 1e9):
        net = network(dtype="float64")
        before = net.parameters.copy()
        list(train(net, x, y, SGD(1.0), epochs=1, clip=clip))
        steps[clip] = net.parameters - before
    assert np.linalg.norm(steps[1e-3]) == pytest.approx(1e-3)
    np.testing.assert_array_equal(steps[1e9], steps[None])
    np.testing.assert_allclose(steps[1e-3] / 1e-3, steps[None] / np.linalg.norm(steps[None]), atol=1e-12)
    for clip in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="clip must be larger than 0, or None"):
            train(network(), x, y, SGD(1.0), epochs=1, clip=clip)
