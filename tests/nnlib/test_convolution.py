"""Conv2D and MaxPool2D against loops written from the definition, central differences, and planted bugs."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib import Conv2D, Dense, Flatten, MaxPool2D, Network, check_gradient, data
from nnlib.activations import LeakyReLU
from nnlib.convolution import output_size
from nnlib.data import one_hot


def layer_of(conv, dtype="float64", seed=0):
    """A Conv2D with parameters of its own, outside any network, biases included."""
    count = sum(int(np.prod(shape)) for shape in conv.parameter_shapes().values())
    conv.bind(np.zeros(count, dtype), np.zeros(count, dtype))
    rng = np.random.default_rng(seed)
    conv.W[:], conv.b[:] = rng.normal(size=conv.W.shape), rng.normal(size=conv.b.shape)
    return conv


def slid_by_loops(W, b, x, stride, padding):
    """z, entry by entry, from the definition and nothing else."""
    n, c, k, _ = W.shape
    _, h, w, m = x.shape
    padded = np.zeros((c, h + 2 * padding, w + 2 * padding, m))
    padded[:, padding : padding + h, padding : padding + w] = x
    starts = [range(0, size + 2 * padding - k + 1, stride) for size in (h, w)]
    z = np.zeros((n, len(starts[0]), len(starts[1]), m))
    for j, (row, top), (column, left), i in itertools.product(range(n), enumerate(starts[0]), enumerate(starts[1]),
                                                              range(m)):
        z[j, row, column, i] = b[j, 0, 0, 0] + (W[j] * padded[:, top : top + k, left : left + k, i]).sum()
    return z


SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2),
                   st.integers(4, 8), st.integers(4, 8), st.integers(1, 3))


@settings(deadline=None, max_examples=60)
@given(SHAPES)
def test_forward_is_the_definition(shapes):
    channels_in, channels_out, size, stride, padding, h, w, m = shapes
    conv = layer_of(Conv2D(channels_in, channels_out, size, "identity", stride, padding))
    x = np.random.default_rng(1).normal(size=(channels_in, h, w, m))
    a = conv.forward(x)
    np.testing.assert_allclose(a, slid_by_loops(conv.W, conv.b, x, stride, padding), atol=1e-12)
    assert a.shape[1:3] == (output_size(h, size, stride, padding), output_size(w, size, stride, padding))


@settings(deadline=None, max_examples=60)
@given(SHAPES)
def test_backward_is_the_transpose_of_forward(shapes):
    """z is linear in x and in W: <delta, slide(x)> = <pass_back(delta), x> for any delta, and likewise for W."""
    channels_in, channels_out, size, stride, padding, h, w, m = shapes
    conv = layer_of(Conv2D(channels_in, channels_out, size, "identity", stride, padding))
    conv.b[:] = 0
    rng = np.random.default_rng(2)
    x = rng.normal(size=(channels_in, h, w, m))
    z = conv.forward(x)
    delta = rng.normal(size=z.shape)
    grad_x = conv.backward(delta)
    assert grad_x.shape == x.shape
    assert np.vdot(grad_x, x) == pytest.approx(np.vdot(delta, z), abs=1e-9)
    assert m * np.vdot(conv.dW, conv.W) == pytest.approx(np.vdot(delta, z), abs=1e-9)
    np.testing.assert_allclose(m * conv.db[:, 0, 0, 0], delta.sum(axis=(1, 2, 3)), atol=1e-12)
    assert conv.backward(delta, input_gradient=False) is None


# Central differences, through whole networks

NETWORKS = {  # name: images (c, h, w), layers before the flattening
    "one channel": ((1, 5, 6), lambda conv: [conv(1, 2, 3, "tanh")]),
    "several channels": ((3, 5, 4), lambda conv: [conv(3, 2, 3, "sigmoid")]),
    "even kernel": ((2, 5, 5), lambda conv: [conv(2, 3, 2, "tanh")]),
    "kernel of one pixel": ((3, 3, 2), lambda conv: [conv(3, 2, 1, "tanh")]),
    "kernel as large as the image": ((1, 4, 4), lambda conv: [conv(1, 3, 4, "tanh")]),
    "stride": ((2, 7, 6), lambda conv: [conv(2, 2, 3, "tanh", stride=2)]),
    "stride beyond the kernel": ((1, 8, 7), lambda conv: [conv(1, 2, 2, "tanh", stride=3)]),
    "stride leaves a rest": ((1, 6, 9), lambda conv: [conv(1, 2, 3, "tanh", stride=2)]),
    "padding": ((1, 4, 3), lambda conv: [conv(1, 2, 3, "tanh", padding=1)]),
    "stride and padding": ((2, 5, 6), lambda conv: [conv(2, 2, 3, "leaky_relu", stride=2, padding=2)]),
    "two layers": ((1, 9, 8), lambda conv: [conv(1, 2, 3, "tanh", padding=1), conv(2, 3, 3, "tanh", stride=2)]),
    "pooled": ((1, 8, 9), lambda conv: [conv(1, 2, 3, "relu"), MaxPool2D(2), conv(2, 2, 2, "relu"), MaxPool2D(2, 1)]),
    "softmax over channels": ((1, 4, 5), lambda conv: [conv(1, 3, 2, "softmax")]),
}


def network(name, conv=Conv2D, l2=0.0):
    shape, layers = NETWORKS[name]
    m, rng = 3, np.random.default_rng(3)
    x, y = rng.normal(size=(*shape, m)), one_hot(rng.integers(0, 3, m), 3)
    before = layers(conv)
    probe = x
    for layer in before:
        if isinstance(layer, Conv2D):
            layer_of(layer)
        probe = layer.forward(probe)
    net = Network([*before, Flatten(), Dense(probe[..., 0].size, 3, "softmax")], "cross_entropy", rng=4,
                  dtype="float64", l2=l2)
    for layer in before:
        if isinstance(layer, Conv2D):
            layer.b[:] = rng.normal(size=layer.b.shape)
    return net, x, y


@pytest.mark.parametrize("l2", [0.0, 0.2])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter(name, l2):
    net, x, y = network(name, l2=l2)
    check = check_gradient(net, x, y)
    assert check.max_relative_error < 1e-7, check


@pytest.mark.parametrize("name", NETWORKS)
def test_input_gradient(name):
    net, x, y = network(name)
    net.forward(x)
    net.backward(y, input_gradient=True)
    h = 1e-6
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        slope = (net.cost(x + step, y) - net.cost(x - step, y)) / (2 * h)
        assert net.input_gradient[place] / x.shape[-1] == pytest.approx(slope, abs=1e-8)


# Planted bugs


class KernelNotFlipped(Conv2D):
    """Passes the error back with the kernel as it went forward."""

    def _pass_back(self, error):
        turned, self.W = self.W, self.W[:, :, ::-1, ::-1]
        grad = super()._pass_back(error)
        self.W = turned
        return grad


class StrideIgnored(Conv2D):
    """Backward walks in steps of one pixel where forward took `stride`."""

    def _pass_back(self, error):
        stride, self.stride = self.stride, 1
        grad = super()._pass_back(error)
        self.stride = stride
        return grad


class PaddingKept(Conv2D):
    """The gradient of the first pixels of the padded picture, instead of the picture inside."""

    def _pass_back(self, error):
        padding, self.padding = self.padding, 0
        _, h, w, _ = self.padded_shape
        grad = super()._pass_back(error)[:, : h - 2 * padding, : w - 2 * padding]
        self.padding = padding
        return grad


class BiasMean(Conv2D):
    """The bias gradient averaged over the places, too, as if 1/m meant all of them."""

    def backward_error(self, delta, input_gradient=True):
        grad = super().backward_error(delta, input_gradient)
        self.db /= delta.shape[1] * delta.shape[2]
        return grad


class BiasOverEverything(Conv2D):
    """One sum over channels and places."""

    def backward_error(self, delta, input_gradient=True):
        grad = super().backward_error(delta, input_gradient)
        self.db[:] = delta.sum() / delta.shape[-1]
        return grad


class KernelTransposed(Conv2D):
    """dW with rows and columns exchanged: fits, since kernels are square."""

    def backward_error(self, delta, input_gradient=True):
        grad = super().backward_error(delta, input_gradient)
        self.dW[:] = self.dW.swapaxes(2, 3).copy()
        return grad


class TiesCountedTwice(MaxPool2D):
    """Gives the gradient to every pixel that equals the maximum."""

    def backward(self, grad_a, input_gradient=True):
        grad_x = np.zeros(self.a_previous.shape, grad_a.dtype)
        for pixel, grad_pixel in zip(self._pixels(self.a_previous), self._pixels(grad_x), strict=True):
            grad_pixel += grad_a * (pixel == self.a)
        return grad_x


@pytest.mark.parametrize(("bug", "name"), [
    (KernelNotFlipped, "two layers"), (StrideIgnored, "stride"), (PaddingKept, "padding"), (BiasMean, "padding"),
    (BiasOverEverything, "stride and padding"), (KernelTransposed, "several channels"),
])
def test_planted_bug_is_caught(bug, name):
    """A bug in what is passed back shows in the layer before: here a convolution that keeps the picture's size."""
    net, x, y = network(name, bug)
    c = x.shape[0]
    front = Network([Conv2D(c, c, 3, "tanh", padding=1), *net.layers], "cross_entropy", rng=4, dtype="float64")
    assert check_gradient(front, x, y).max_relative_error > 1e-2


def tied(pool):
    """A picture with an empty half: all windows there hold four times the same value, the bias."""
    x = np.zeros((1, 6, 6, 2))
    x[:, :, :3] = np.random.default_rng(0).normal(size=(1, 6, 3, 2))
    net = Network([Conv2D(1, 2, 3, "sigmoid", padding=1), pool, Flatten(), Dense(18, 2, "softmax")], "cross_entropy",
                  rng=0)
    return check_gradient(net, x, one_hot(np.array([0, 1]), 2))


def test_ties_are_counted_once():
    assert tied(MaxPool2D(2)).max_relative_error < 1e-7
    wrong = tied(TiesCountedTwice(2))
    assert wrong.max_relative_error > 1e-2
    assert wrong.comparisons[0].where.startswith("layers[0].b")


# Pooling


def test_pooling_by_hand():
    pool = MaxPool2D(2)
    x = np.array([[1, 5, 2, 2], [3, 4, 2, 2], [0, -1, 7, 9], [-3, 0, 8, 9]], float).reshape(1, 4, 4, 1)
    assert pool.forward(x)[0, :, :, 0].tolist() == [[5, 2], [0, 9]]
    grad = pool.backward(np.array([[10.0, 20], [30, 40]]).reshape(1, 2, 2, 1))
    assert grad[0, :, :, 0].tolist() == [[0, 10, 20, 0], [0, 0, 0, 0], [30, 0, 0, 40], [0, 0, 0, 0]]
    assert pool.backward(np.ones((1, 2, 2, 1)), input_gradient=False) is None


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(3, 8), st.integers(3, 8), st.integers(0, 5))
def test_pooling_is_the_definition_and_hands_on_each_gradient_once(size, stride, h, w, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, size=(2, h, w, 3)).astype(float)  # few values: many ties
    pool = MaxPool2D(size, stride)
    a = pool.forward(x)
    grad = rng.normal(size=a.shape)
    expected = np.zeros_like(x)
    for c, i, j, m in np.ndindex(a.shape):
        window = x[c, i * stride : i * stride + size, j * stride : j * stride + size, m]
        assert a[c, i, j, m] == window.max()
        p, q = np.unravel_index(window.argmax(), window.shape)
        expected[c, i * stride + p, j * stride + q, m] += grad[c, i, j, m]
    np.testing.assert_allclose(pool.backward(grad), expected, atol=1e-12)


# Life in a network


def lenet(**options):
    return Network([Conv2D(1, 3, 5, "relu", padding=2), MaxPool2D(2), Conv2D(3, 4, 5, "relu"), MaxPool2D(2), Flatten(),
                    Dense(100, 10, "softmax")], "cross_entropy", **{"rng": 0} | options)


def test_start_counts_all_inputs_of_a_kernel():
    he = Network([Conv2D(20, 50, 5, "relu"), Flatten(), Dense(50, 1, "sigmoid")], rng=0).layers[0]
    xavier = Network([Conv2D(20, 50, 5, "tanh"), Flatten(), Dense(50, 1, "sigmoid")], rng=0).layers[0]
    assert he.W.std() == pytest.approx(np.sqrt(2 / (20 * 25)), rel=0.02)
    assert xavier.W.std() == pytest.approx(np.sqrt(2 / (20 * 25 + 50 * 25)), rel=0.02)
    assert (he.b == 0).all()


def test_blocks_and_memory_order_change_nothing():
    net = lenet(dtype="float64")
    x = data.mnist_sample().x_test[:, :30].reshape(1, 28, 28, -1)
    together = net.forward(x).copy()
    assert not x.flags.c_contiguous
    np.testing.assert_allclose(net.forward(np.ascontiguousarray(x)), together, atol=1e-12)
    np.testing.assert_allclose(np.hstack([net.forward(x[..., [i]]) for i in range(30)]), together, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_has_the_networks_dtype(dtype):
    net, sample = lenet(dtype=dtype), data.mnist_sample()
    net.forward(sample.x_test[:, :5].reshape(1, 28, 28, -1))
    net.backward(sample.y_test[:, :5], input_gradient=True)
    arrays = [net.input_gradient, *(layer.a for layer in net.layers if hasattr(layer, "a"))]
    convolutions = [layer for layer in net.layers if isinstance(layer, Conv2D)]
    arrays += [array for layer in convolutions for array in (layer.delta, layer.dW, layer.db)]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_save_and_load(tmp_path):
    net = Network([Conv2D(1, 2, 3, "tanh", stride=2, padding=1), MaxPool2D(3, 2), Flatten(), Dense(72, 3, "softmax")],
                  "cross_entropy", rng=0)
    net.save(tmp_path / "net.npz")
    again = Network.load(tmp_path / "net.npz")
    x = data.mnist_sample().x_test[:, :5].reshape(1, 28, 28, -1)
    assert (again.forward(x) == net.forward(x)).all()
    assert repr(again) == repr(net)
    assert "Conv2D(1 -> 2, 3 x 3, stride 2, padding 1), MaxPool2D(3 x 3, stride 2)" in repr(net)
    odd = Network([Conv2D(1, 1, 3, LeakyReLU(0.3)), Flatten(), Dense(4, 1)], rng=0)
    with pytest.raises(ValueError, match=r"LeakyReLU\(slope=0.3\) cannot be saved"):
        odd.save(tmp_path / "odd.npz")


# Errors in words


@pytest.mark.parametrize(("shape", "message"), [
    ((784, 5), r"Conv2D\(3 -> 2, 3 x 3\) expects images of shape \(3, h, w, m\), got \(784, 5\): columns of pixels\?"),
    ((5, 3, 8, 8), r"examples first\? The example axis is the last one, so pass np.moveaxis\(x, 0, -1\)"),
    ((5, 8, 8, 3), r"channels last\? .* pass x.transpose\(3, 1, 2, 0\)"),
    ((3, 8, 8), "one axis is missing"),
    ((2, 8, 8, 5), r"expects images of shape \(3, h, w, m\), got \(2, 8, 8, 5\)$"),
    ((3, 8, 2, 5), "a window of 3 x 3 does not fit into images of 8 x 2$"),
    ((3, 8, 8, 0), r"expects at least one image, got x of shape \(3, 8, 8, 0\)$"),
])
def test_wrong_images(shape, message):
    with pytest.raises(ValueError, match=message):
        layer_of(Conv2D(3, 2, 3)).forward(np.zeros(shape))


def test_kernel_that_does_not_even_fit_with_padding():
    with pytest.raises(ValueError, match="a window of 9 x 9 does not fit into images of 5 x 5 with padding 1"):
        layer_of(Conv2D(1, 1, 9, padding=1)).forward(np.zeros((1, 5, 5, 1)))


@pytest.mark.parametrize(("shape", "message"), [
    ((784, 5), r"MaxPool2D\(2 x 2\) expects images of shape \(c, h, w, m\), got \(784, 5\)"),
    ((1, 1, 4, 2), "a window of 2 x 2 does not fit into images of 1 x 4"),
])
def test_wrong_images_for_pooling(shape, message):
    with pytest.raises(ValueError, match=message):
        MaxPool2D(2).forward(np.zeros(shape))


@pytest.mark.parametrize(("make", "message"), [
    (lambda: Conv2D(0, 2, 3), "channels_in must be a whole number of at least 1, got 0"),
    (lambda: Conv2D(1, 2.5, 3), "channels_out must be a whole number of at least 1, got 2.5"),
    (lambda: Conv2D(1, 2, (3, 5)), r"size must be a whole number of at least 1, got \(3, 5\)"),
    (lambda: Conv2D(1, 2, 3, stride=0), "stride must be a whole number of at least 1, got 0"),
    (lambda: Conv2D(1, 2, 3, padding=-1), "padding must be a whole number of at least 0, got -1"),
    (lambda: Conv2D(1, 2, 3, "swish"), "unknown activation 'swish'"),
    (lambda: MaxPool2D(0), "size must be a whole number of at least 1, got 0"),
    (lambda: MaxPool2D(2, 0), "stride must be a whole number of at least 1, got 0"),
])
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(("layers", "message"), [
    ([Conv2D(1, 2, 3), MaxPool2D(2), Conv2D(3, 4, 3), Flatten(), Dense(4, 2)],
     "2 outputs meet 3 input channels"),
    ([Conv2D(1, 2, 3), Dense(4, 2)], r"images meet columns: put Flatten\(\) between them"),
    ([Dense(4, 9), Conv2D(1, 2, 3), Flatten(), Dense(4, 2)], "images meet columns"),
])
def test_layers_that_do_not_fit(layers, message):
    with pytest.raises(ValueError, match=message):
        Network(layers)


def test_images_for_a_dense_layer():
    with pytest.raises(ValueError, match=r"got \(1, 28, 28, 3\): images\? Put Flatten\(\) before it"):
        Network([Dense(784, 10)]).forward(np.zeros((1, 28, 28, 3)))


def test_overflowing_size_is_floor():
    assert output_size(28, 5) == 24
    assert output_size(28, 5, padding=2) == 28
    assert output_size(28, 3, stride=2) == 13
    assert output_size(7, 2, stride=3) == 2
