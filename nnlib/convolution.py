"""Convolution and pooling: layers for images, arrays of shape (c, h, w, m), the example axis last.

Conv2D slides small kernels over the picture and computes the same weighted sum at every place. As a matrix
product that is W times "panels": all windows of one output row, laid out as columns. Windows that lie beside each
other are copied once (`rows`), windows above each other are only views of these copies, so the panels overlap in
memory and cost k times the picture, not k * k times (after Chellapilla et al., 2006, who copy all windows).
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnlib.activations import get_activation, saved_name
from nnlib.initializers import get_initializer
from nnlib.layers import Layer


def output_size(n, size, stride=1, padding=0):
    """How many windows of the given size fit into n pixels with padding on both sides, stride pixels apart."""
    return (n + 2 * padding - size) // stride + 1  # eq-conv-output-size


class Conv2D(Layer):
    """A convolutional layer: z = W slid over a_previous, plus b; a = sigma(z).

    a_previous is (channels_in, h, w, m), z and a are (channels_out, h_out, w_out, m), where
    h_out = (h + 2 padding - size) // stride + 1, likewise w_out. W is (channels_out, channels_in, size, size)
    and b is (channels_out, 1, 1, 1): one kernel and one bias per channel of the output, the same at every place.
    As everywhere in this field the kernel is not turned around before it slides (LeCun et al., 1998, section II).

    size: width and height of the kernel in pixels. stride: pixels from one window to the next.
    padding: rows and columns of zeros put around the picture. activation, weights, biases: as for Dense; He and
        Xavier count channels_in * size * size inputs to a neuron.

    After forward: z, a. After backward: delta, of the shape of z; dW, db.
    """

    def __init__(self, channels_in, channels_out, size, activation="relu", stride=1, padding=0, weights=None,
                 biases=None):
        self.channels_in = _whole("channels_in", channels_in, 1)
        self.channels_out = _whole("channels_out", channels_out, 1)
        self.size, self.stride = _whole("size", size, 1), _whole("stride", stride, 1)
        self.padding = _whole("padding", padding, 0)
        self.activation = get_activation(activation)
        self.initial_weights = get_initializer(weights, self.activation.name)
        self.initial_biases = get_initializer(biases, self.activation.name) if biases is not None else None

    def parameter_shapes(self):
        return {"W": (self.channels_out, self.channels_in, self.size, self.size), "b": (self.channels_out, 1, 1, 1)}

    def initialize(self, rng):
        self.W[:] = self.initial_weights(self.W.shape, rng)
        self.b[:] = 0 if self.initial_biases is None else self.initial_biases(self.b.shape, rng)

    def forward(self, a_previous, training=False):
        """The activations a, shape (channels_out, h_out, w_out, m), of a_previous, shape (channels_in, h, w, m).

        Raises ValueError for any other shape of input, and for pictures smaller than the kernel.
        """
        _check_images(self, a_previous.shape, self.channels_in, self.size, self.padding)
        x = self._pad(a_previous)
        self.rows, self.panels = self._windows(x)
        self.padded_shape = x.shape
        h_out, w_out, m = len(self.panels), self.rows.shape[3], x.shape[-1]
        z = np.empty((self.channels_out, h_out, w_out * m), x.dtype)
        kernels = self.W.swapaxes(1, 2).reshape(self.channels_out, -1)  # entries in the order of the panels
        np.matmul(kernels, self.panels, out=z.swapaxes(0, 1))  # eq-conv-panels
        self.z = z.reshape(self.channels_out, h_out, w_out, m)
        self.z += self.b
        self.a = self.activation(self.z)
        return self.a

    def backward(self, grad_a, input_gradient=True):
        """Fill dW and db from dL/da, of the shape of a; return dL/da_previous, of the shape of a_previous."""
        delta = self.activation.backward(grad_a, self.z, self.a)
        return self.backward_error(delta, input_gradient)

    def backward_error(self, delta, input_gradient=True):
        """The same from the error delta = dL/dz."""
        self.delta = delta
        n, h_out, w_out, m = delta.shape
        error = delta.reshape(n, h_out, w_out * m).swapaxes(0, 1)  # one (n, w_out * m) for each output row
        gradient = np.matmul(self.panels, error.swapaxes(1, 2)).sum(axis=0)  # eq-conv-weights, transposed
        gradient /= m
        self.dW[:] = gradient.T.reshape(n, self.size, self.channels_in, self.size).swapaxes(1, 2)
        delta.sum(axis=(1, 2, 3), keepdims=True, out=self.db)  # eq-conv-bias
        self.db /= m
        return self._pass_back(error) if input_gradient else None

    def _pass_back(self, error):
        """Hand each window's error back to the pixels it came from: what forward gathered is added up again."""
        k, c, stride = self.size, self.channels_in, self.stride
        h_out, (*_, w_out, m) = len(error), self.rows.shape
        kernels = self.W.transpose(2, 1, 3, 0).reshape(k, c * k, self.channels_out)  # one matrix per kernel row
        grad_rows = np.zeros_like(self.rows)
        for p in range(k):
            stamp = (kernels[p] @ error).reshape(h_out, c, k, w_out, m)  # eq-conv-pass-back
            grad_rows[p : p + stride * h_out : stride] += stamp
        grad_x = np.zeros(self.padded_shape, error.dtype)
        for q in range(k):
            grad_x[:, :, q : q + stride * w_out : stride] += grad_rows[:, :, q].swapaxes(0, 1)
        inside = slice(self.padding, -self.padding or None)
        return grad_x[:, inside, inside]

    def _pad(self, images):
        """The images with zeros around them, in C order: m examples of a pixel side by side in memory."""
        if not self.padding:
            return np.ascontiguousarray(images)
        c, h, w, m = images.shape
        padded = np.zeros((c, h + 2 * self.padding, w + 2 * self.padding, m), images.dtype)
        padded[:, self.padding : -self.padding, self.padding : -self.padding] = images
        return padded

    def _windows(self, x):
        """rows (h, c, k, w_out, m), all windows of width k; panels (h_out, k c k, w_out m), a view of rows."""
        k, stride = self.size, self.stride
        beside = sliding_window_view(x, k, axis=2)[:, :, ::stride]                # (c, h, w_out, m, k)
        rows = np.ascontiguousarray(beside.transpose(1, 0, 4, 2, 3))
        above = sliding_window_view(rows, k, axis=0)[::stride].transpose(0, 5, 1, 2, 3, 4)
        h_out, _, c, _, w_out, m = above.shape                                    # (h_out, k, c, k, w_out, m)
        return rows, above.reshape(h_out, k * c * k, w_out * m)

    def config(self):
        """The arguments that rebuild this layer. Raises ValueError if the activation's name does not rebuild it."""
        return {"channels_in": self.channels_in, "channels_out": self.channels_out, "size": self.size,
                "activation": saved_name(self.activation), "stride": self.stride, "padding": self.padding}

    def __repr__(self):
        options = "".join(f", {name} {value}" for name, value, usual in
                          (("stride", self.stride, 1), ("padding", self.padding, 0)) if value != usual)
        return f"Conv2D({self.channels_in} -> {self.channels_out}, {self.size} x {self.size}{options})"


class MaxPool2D(Layer):
    """The largest activation of each window, channel by channel: (c, h, w, m) becomes (c, h_out, w_out, m).

    size: width and height of the window. stride: pixels from one window to the next, by default size, so that
        windows do not overlap. Rows and columns that no longer fill a window are left out.

    Backward, a window hands its gradient to one pixel, the first of those that hold the maximum. Any one of them
    is right as a subgradient; handing it to each of several equal ones would count it several times.
    """

    def __init__(self, size, stride=None):
        self.size = _whole("size", size, 1)
        self.stride = self.size if stride is None else _whole("stride", stride, 1)

    def forward(self, a_previous, training=False):
        """The maxima, shape (c, h_out, w_out, m). Raises ValueError if a_previous is not (c, h, w, m)."""
        _check_images(self, a_previous.shape, None, self.size, 0)
        self.a_previous = a_previous
        first, *others = self._pixels(a_previous)
        self.a = first.copy(order="C")
        for pixel in others:
            np.maximum(self.a, pixel, out=self.a)  # eq-pool
        return self.a

    def backward(self, grad_a, input_gradient=True):
        """dL/da_previous, of the shape of a_previous: zero but for one pixel of each window."""
        if not input_gradient:
            return None
        grad_x = np.zeros(self.a_previous.shape, grad_a.dtype)
        left = grad_a.copy()  # what has not been handed out yet
        for pixel, grad_pixel in zip(self._pixels(self.a_previous), self._pixels(grad_x), strict=True):
            share = left * (pixel == self.a)  # eq-pool-back
            grad_pixel += share
            left -= share     # nothing is left for a tie
        return grad_x

    def _pixels(self, images):
        """For each place in the window, a view (c, h_out, w_out, m) of the pixels that stand there."""
        h_out, w_out = (output_size(n, self.size, self.stride) for n in images.shape[1:3])
        for p in range(self.size):
            for q in range(self.size):
                yield images[:, p : p + self.stride * h_out : self.stride, q : q + self.stride * w_out : self.stride]

    def config(self):
        return {"size": self.size, "stride": self.stride}

    def __repr__(self):
        stride = f", stride {self.stride}" if self.stride != self.size else ""
        return f"MaxPool2D({self.size} x {self.size}{stride})"


def _whole(name, value, least):
    if not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def _check_images(layer, shape, channels, size, padding):
    wanted = "c" if channels is None else channels
    if len(shape) != 4 or (channels is not None and shape[0] != channels):
        raise ValueError(f"{layer} expects images of shape ({wanted}, h, w, m), got {shape}{_hint(shape, channels)}")
    if 0 in shape:
        raise ValueError(f"{layer} expects at least one image, got x of shape {shape}")
    if min(shape[1:3]) + 2 * padding < size:
        raise ValueError(f"{layer}: a window of {size} x {size} does not fit into images of {shape[1]} x {shape[2]}"
                         + (f" with padding {padding}" if padding else ""))


def _hint(shape, channels):
    if len(shape) == 4 and shape[1] == channels:
        return ": are the examples first? The example axis is the last one, so pass np.moveaxis(x, 0, -1)"
    if len(shape) == 4 and shape[3] == channels:
        return ": are the channels last? They come first, and examples last, so pass x.transpose(3, 1, 2, 0)"
    if len(shape) == 3:
        return ": one axis is missing, so pass x[None] if it is the channel, x[..., None] if it is the example"
    if len(shape) == 2:
        return ": columns of pixels? Make them pictures first, for MNIST x.reshape(1, 28, 28, -1)"
    return ""
