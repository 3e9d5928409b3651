"""Layers: each owns its parameters, their gradients, and what its backward pass needs.

A layer goes forward, a = layer.forward(a_previous), and then backward, grad_a_previous =
layer.backward(grad_a). Gradients passed between layers are those of the cost summed over the batch, one
column per example; the 1/m of the mean enters where parameters collect their gradient, and only there.

A Network gives each layer its place in the two flat vectors (parameters, gradient) by calling bind, and
its first values by calling initialize.
"""

from functools import lru_cache

import numpy as np

from nnlib.activations import get_activation, saved_name
from nnlib.initializers import get_initializer

SMALL_PRODUCT = 750_000  # multiplications in a product that OpenBLAS still gives to its kernels for small matrices


def product(W, a):
    """W @ a, shape (n_out, m), in panels of columns if there are many.

    OpenBLAS runs at a third of its speed where a few rows meet thousands of columns, as in a small layer and a
    large batch. Panels of a few dozen columns go to its kernels for small matrices, made for such shapes.
    """
    panel, m = SMALL_PRODUCT // W.size, a.shape[1]
    if m <= panel or panel < 16:  # few columns already, or rows enough
        return np.dot(W, a)
    z = np.empty((len(W), m), W.dtype)
    for start in range(0, m, panel):
        columns = slice(start, start + panel)
        np.matmul(W, a[:, columns], out=z[:, columns])
    return z


def product_transposed(delta, a, out):
    """delta @ a.T, shape (n_out, n_in), written into out; in the same panels, whose products add up."""
    panel, m = SMALL_PRODUCT // out.size, a.shape[1]
    if m <= panel or panel < 16:
        np.dot(delta, a.T, out=out)
        return
    out[:] = 0
    for start in range(0, m, panel):
        columns = slice(start, start + panel)
        out += np.dot(delta[:, columns], a[:, columns].T.copy())  # the copy brings the panel into the cache at once


@lru_cache(maxsize=4)
def ones(m, dtype):
    """A column of m ones: delta @ ones sums over the examples, in half the time of delta.sum(axis=1)."""
    return np.ones((m, 1), dtype)


class Layer:
    """The promise every layer keeps. A layer without parameters overrides forward and backward only."""

    reads_classes = False  # whether it takes class numbers, as integers, in place of one-hot columns

    def parameter_shapes(self):
        """The shape of each parameter by name, biases' names beginning with b. Empty by default."""
        return {}

    def bind(self, parameters, gradient):
        """Make each parameter `p` and its gradient `dp` a view into the flat vectors.

        parameters, gradient: vectors whose length is the layer's number of parameters.
        """
        start = 0
        for name, shape in self.parameter_shapes().items():
            stop = start + int(np.prod(shape))
            setattr(self, name, parameters[start:stop].reshape(shape))
            setattr(self, "d" + name, gradient[start:stop].reshape(shape))
            start = stop

    def initialize(self, rng):
        """Write the first values into the parameters, drawn from the numpy.random.Generator rng."""

    def forward(self, a_previous, training=False):
        """The layer's output for a batch. Keeps what backward needs."""
        raise NotImplementedError

    def backward(self, grad_a, input_gradient=True):
        """Fill the gradients of the parameters; return the gradient for the layer's input.

        grad_a: gradient of the summed cost with respect to the output, of the output's shape.
        input_gradient=False skips the last product and returns None.
        """
        raise NotImplementedError

    def config(self):
        """The arguments that rebuild this layer, as plain numbers and strings (for Network.save)."""
        return {}


class Dense(Layer):
    """A fully connected layer: z = W a_previous + b, a = sigma(z).

    W is (n_out, n_in), b is (n_out, 1); a_previous is (n_in, m) and z, a are (n_out, m): one example per
    column. W[j, k] leads from neuron k of the previous layer to neuron j of this one.

    activation: a name (identity, sigmoid, tanh, relu, leaky_relu, softmax) or an Activation.
    weights: an initializer's name (he, xavier, normal) or a function (shape, rng) -> array; by default He
        for the ReLU family and Xavier for the others.
    biases: likewise, by default zeros.

    After forward: a_previous, z, a. After backward: delta (n_out, m), dW, db. The equations are numbered
    as in Nielsen, Neural Networks and Deep Learning, chapter 2 (BP1 to BP4).
    """

    def __init__(self, n_in, n_out, activation="sigmoid", weights=None, biases=None):
        for size in (n_in, n_out):
            if not isinstance(size, (int, np.integer)) or size < 1:
                raise ValueError(f"Dense expects sizes of at least 1, got Dense({n_in}, {n_out})")
        self.n_in, self.n_out = int(n_in), int(n_out)
        self.activation = get_activation(activation)
        self.initial_weights = get_initializer(weights, self.activation.name)
        self.initial_biases = get_initializer(biases, self.activation.name) if biases is not None else None

    def parameter_shapes(self):
        return {"W": (self.n_out, self.n_in), "b": (self.n_out, 1)}

    def initialize(self, rng):
        self.W[:] = self.initial_weights(self.W.shape, rng)
        self.b[:] = 0 if self.initial_biases is None else self.initial_biases(self.b.shape, rng)

    def forward(self, a_previous, training=False):
        """The activations a, shape (n_out, m), of inputs a_previous, shape (n_in, m).

        Raises ValueError for any other shape of input.
        """
        if a_previous.ndim != 2 or a_previous.shape[0] != self.n_in:
            raise ValueError(f"{self} expects x of shape ({self.n_in}, m), got {a_previous.shape}"
                             + self._hint(a_previous.shape))
        self.a_previous = a_previous
        self.z = product(self.W, a_previous)  # W @ a_previous
        self.z += self.b                      # eq-layer-batch
        self.a = self.activation(self.z)      # eq-activation-batch
        return self.a

    def backward(self, grad_a, input_gradient=True):
        """Fill dW and db from dL/da, shape (n_out, m); return dL/da_previous, shape (n_in, m)."""
        delta = self.activation.backward(grad_a, self.z, self.a)  # eq-bp1, eq-bp2
        return self.backward_error(delta, input_gradient)

    def backward_error(self, delta, input_gradient=True):
        """The same from the error delta = dL/dz, for an output layer whose cost knows delta directly."""
        self.delta = delta = np.asarray(delta, self.W.dtype)
        mean_delta = delta / delta.shape[1]  # the 1/m of the mean cost is here and nowhere else
        product_transposed(mean_delta, self.a_previous, out=self.dW)        # mean_delta @ a_previous.T, eq-bp4
        np.dot(mean_delta, ones(delta.shape[1], delta.dtype), out=self.db)  # the sum of its columns, eq-bp3
        return self.W.T @ delta if input_gradient else None                 # eq-pass-back

    def config(self):
        """The arguments that rebuild this layer. Raises ValueError if the activation's name does not rebuild it."""
        return {"n_in": self.n_in, "n_out": self.n_out, "activation": saved_name(self.activation)}

    def _hint(self, shape):
        if len(shape) == 2 and shape[1] == self.n_in:
            return ": are the examples in rows? Columns are examples here, so pass x.T"
        if shape == (self.n_in,):
            return ": for a single example pass x.reshape(-1, 1)"
        if len(shape) == 4:
            return ": images? Put Flatten() before it"
        return ""

    def __repr__(self):
        return f"Dense({self.n_in} -> {self.n_out})"


class Dropout(Layer):
    """While training, sets each activation to 0 with probability `rate` and scales the rest by 1 / (1 - rate).

    Dividing while training ("inverted" dropout) keeps the expected activation as it was, so that nothing
    is left to do afterwards (Srivastava et al., 2014, section 10). Each example draws its own mask.
    """

    def __init__(self, rate):
        if not 0 <= rate < 1:
            raise ValueError(f"Dropout expects 0 <= rate < 1, got {rate}")
        self.rate = rate

    def initialize(self, rng):
        """Keep rng: the masks are drawn from it."""
        self.rng = rng

    def forward(self, a_previous, training=False):
        """a_previous itself, or while training a_previous * mask, of the same shape."""
        if not training:
            self.mask = None
            return a_previous
        kept = self.rng.random(a_previous.shape, dtype=np.float32) >= self.rate
        self.mask = kept.astype(a_previous.dtype) / a_previous.dtype.type(1 - self.rate)
        return a_previous * self.mask

    def backward(self, grad_a, input_gradient=True):
        """grad_a * mask: what was dropped passes no error back."""
        return grad_a if self.mask is None else grad_a * self.mask

    def config(self):
        return {"rate": self.rate}

    def __repr__(self):
        return f"Dropout({self.rate})"


class Flatten(Layer):
    """Turns images (c, h, w, m) into columns (c * h * w, m), and gradients back into images."""

    def forward(self, a_previous, training=False):
        """a_previous with all axes but the last, the example axis, made one."""
        *sizes, m = self.shape = a_previous.shape
        return a_previous.reshape(int(np.prod(sizes)), m)

    def backward(self, grad_a, input_gradient=True):
        """grad_a in the shape the input had."""
        return grad_a.reshape(self.shape)

    def __repr__(self):
        return "Flatten()"
