"""How weights begin. Biases always begin at 0, unless an initializer says otherwise.

An initializer is a function (shape, rng) -> array of float64, shape = (n_out, n_in, ...). What matters
is the spread: too small and signals fade from layer to layer, too large and they saturate or explode.
"""

import math

import numpy as np


def he(shape, rng):
    """Normal with variance 2 / n_in: keeps the signal's size through ReLU layers (He et al., 2015, eq. 10)."""
    n_in = math.prod(shape[1:])
    return rng.normal(0, np.sqrt(2 / n_in), shape)


def xavier(shape, rng):
    """Normal with variance 2 / (n_in + n_out): for sigmoid, tanh and softmax (Glorot & Bengio, 2010, eq. 12)."""
    receptive_field = math.prod(shape[2:])
    n_in, n_out = shape[1] * receptive_field, shape[0] * receptive_field
    return rng.normal(0, np.sqrt(2 / (n_in + n_out)), shape)


def orthogonal(shape, rng):
    """A random rotation (with or without a reflection), for square matrices that are applied again and again.

    It changes the length of no vector, however often it is applied (Saxe et al., 2014).
    """
    return np.linalg.qr(rng.normal(size=shape))[0]


def normal(shape, rng):
    """Standard normal, variance 1 whatever the size: how Nielsen's network.py begins."""
    return rng.normal(0, 1, shape)


INITIALIZERS = {"he": he, "xavier": xavier, "normal": normal}  # what a layer takes by name: any shape


def get_initializer(initializer, activation_name):
    """The initializer of this name, a function as it is, or for None the one that suits the activation.

    Raises ValueError for an unknown name.
    """
    if callable(initializer):
        return initializer
    if initializer is None:
        return he if activation_name in ("relu", "leaky_relu") else xavier
    if initializer not in INITIALIZERS:
        raise ValueError(f"unknown initializer {initializer!r}: expected one of {', '.join(INITIALIZERS)}")
    return INITIALIZERS[initializer]
