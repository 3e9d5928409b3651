"""Activation functions: the value, and how an error passes back through it.

An activation turns the weighted input z into the activation a. Every method takes and returns arrays
whose last axis is the example axis. Two questions are all a layer asks of it:

    a = activation(z)                              forward
    delta = activation.backward(grad_a, z, a)      backward: dL/da in, dL/dz out

For an elementwise activation the second is a product with the derivative; softmax mixes the neurons of
one example and multiplies by its Jacobian instead.
"""

import numpy as np


class Activation:
    """An elementwise activation. Subclasses give the value and the derivative."""

    name: str

    def __call__(self, z):
        """The activation a = sigma(z), same shape as z."""
        raise NotImplementedError

    def derivative(self, z, a):
        """The derivative sigma'(z), same shape as z. a = sigma(z) is passed so that it need not be redone."""
        raise NotImplementedError

    def backward(self, grad_a, z, a):
        """The error delta = grad_a * sigma'(z), all of shape (n, m)."""
        delta = self.derivative(z, a)
        delta *= grad_a  # eq-bp1, eq-bp2
        return delta

    def __repr__(self):
        return f"{type(self).__name__}()"


class Identity(Activation):
    """a = z: no squash at all, for regression."""

    name = "identity"

    def __call__(self, z):
        return z.copy()

    def derivative(self, z, a):
        return np.ones_like(z)


class Sigmoid(Activation):
    """a = 1 / (1 + e^-z), between 0 and 1."""

    name = "sigmoid"

    @np.errstate(over="ignore")  # e^1000 is inf, and 1 / inf is the right answer: 0
    def __call__(self, z):
        a = np.exp(-z)
        a += 1
        return np.reciprocal(a, out=a)

    def derivative(self, z, a):
        slope = 1 - a
        slope *= a
        return slope


class Tanh(Activation):
    """a = (e^z - e^-z) / (e^z + e^-z), between -1 and 1."""

    name = "tanh"

    def __call__(self, z):
        return np.tanh(z)

    def derivative(self, z, a):
        return 1 - a * a


class ReLU(Activation):
    """a = max(0, z), the rectified linear unit. Its derivative at exactly 0 is taken as 0."""

    name = "relu"

    def __call__(self, z):
        return np.maximum(z, 0)

    def derivative(self, z, a):
        return (z > 0).astype(z.dtype)

    def backward(self, grad_a, z, a):
        return grad_a * (z > 0)  # the derivative is 0 or 1: a mask is enough, and faster


class LeakyReLU(Activation):
    """a = z for z > 0 and slope * z otherwise: a ReLU that never quite dies (Maas et al., 2013)."""

    name = "leaky_relu"

    def __init__(self, slope=0.01):
        if not 0 <= slope < 1:
            raise ValueError(f"LeakyReLU expects 0 <= slope < 1, got {slope}")
        self.slope = slope

    def __call__(self, z):
        return np.maximum(z, z * self.slope)

    def derivative(self, z, a):
        return np.where(z > 0, 1, self.slope).astype(z.dtype)

    def __repr__(self):
        return f"LeakyReLU(slope={self.slope})"


class Softmax(Activation):
    """a_i = e^(z_i) / sum_k e^(z_k): each column becomes a probability distribution.

    The largest z of a column is subtracted first. That changes nothing in the quotient and keeps e^z
    from overflowing (in float64 at z = 710, in float32 at 89).
    """

    name = "softmax"

    def __call__(self, z):
        a = np.exp(z - z.max(axis=0))
        a /= a.sum(axis=0)
        return a

    def derivative(self, z, a):
        raise TypeError("softmax has no elementwise derivative: use jacobian(a) or backward(grad_a, z, a)")

    def jacobian(self, a):
        """The matrix J[i, k] = da_i / dz_k = a_i (delta_ik - a_k).

        a is one column (n,) and the result (n, n); or a batch (n, m) and the result (n, n, m).
        """
        identity = np.eye(len(a), dtype=a.dtype)
        if a.ndim == 1:
            return identity * a - np.outer(a, a)
        return identity[:, :, None] * a - a[:, None] * a[None, :]

    def backward(self, grad_a, z, a):
        """delta = J^T grad_a for each column, without forming J: a * (grad_a - sum_i a_i grad_a_i)."""
        return a * (grad_a - (a * grad_a).sum(axis=0))


ACTIVATIONS = {kind.name: kind for kind in (Identity, Sigmoid, Tanh, ReLU, LeakyReLU, Softmax)}


def get_activation(activation):
    """The activation of this name, or the given Activation object itself.

    Raises ValueError for an unknown name.
    """
    if isinstance(activation, Activation):
        return activation
    if activation not in ACTIVATIONS:
        raise ValueError(f"unknown activation {activation!r}: expected one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[activation]()


def saved_name(activation):
    """The name under which a layer with this activation is saved. Raises ValueError if it would not rebuild it."""
    name = activation.name
    if repr(activation) != repr(get_activation(name)):
        raise ValueError(f"{activation!r} cannot be saved: {name!r} alone would load {get_activation(name)!r}")
    return name
