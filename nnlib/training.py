"""Training: mini-batches, the loop, and how well it went.

The loop is a generator that yields one Epoch at a time. Early stopping is `break`, a history is
`list(train(...))`, a progress bar is `tqdm(train(...), total=epochs)`.
"""

import warnings
from dataclasses import dataclass

import numpy as np


class DivergenceWarning(RuntimeWarning):
    """The cost has become infinite or not a number: training stopped."""


@dataclass(frozen=True)
class Epoch:
    """One pass over the training set.

    number: counts from 1. cost: the mean of the mini-batch costs, each taken before its step.
    """

    number: int
    cost: float


def minibatches(x, y, batch_size=None, rng=None):
    """Yield (batch_x, batch_y) over all examples, shuffled; the last batch may be short.

    x, y: arrays whose last axis is the example axis, (n, m), (T, n, m) or (c, h, w, m).
    batch_size: examples per batch; None for one batch with all of them, in their own order.
    rng: a numpy.random.Generator or an int seed.

    The yielded arrays are buffers that the next batch overwrites: copy what you keep.
    Examples that lie in memory one after the other (data held as rows and passed as rows.T, as mnist()
    does) are gathered fastest.
    """
    m = x.shape[-1]
    if batch_size is None or batch_size == m:
        yield x, y
        return
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    batch_size = min(batch_size, m)
    order = np.random.default_rng(rng).permutation(m)
    gather_x, gather_y = _gatherer(x, batch_size), _gatherer(y, batch_size)
    for start in range(0, m, batch_size):
        chosen = order[start : start + batch_size]
        yield gather_x(chosen), gather_y(chosen)


def _gatherer(array, batch_size):
    """A function that copies chosen examples into one buffer and returns it, the example axis last again."""
    rows = np.moveaxis(array, -1, 0)
    buffer = np.empty((batch_size, *rows.shape[1:]), array.dtype)
    example_last = (*range(1, array.ndim), 0)

    def gather(chosen):
        batch = buffer if len(chosen) == batch_size else buffer[: len(chosen)]
        rows.take(chosen, axis=0, out=batch, mode="clip")  # "clip" only spares a copy: every index is in range
        return batch.transpose(example_last)

    return gather


def train(network, x, y, optimizer, epochs, batch_size=None, rng=None, clip=None):
    """Train the network in place; a generator of one Epoch after each pass over the data.

    x: inputs (n_0, m). y: targets (n_L, m). optimizer: SGD(eta=...) or another.
    batch_size: examples per step; None for the whole set. The last, short batch is used.
    rng: a numpy.random.Generator or an int seed, for the order of the examples.
    clip: the largest norm a step's gradient may have (see clip_gradient), for recurrent networks; None for any.

    Raises ValueError at once for data that do not fit or are not finite, and for targets below 0 or above 1 where
    the cost is a cross-entropy. If the cost diverges, warns with a DivergenceWarning, yields that epoch and stops.
    """
    x, y = _examples(network.cast_inputs(x), "x"), _examples(np.asarray(y, network.dtype), "y")
    if x.shape[-1] != y.shape[-1]:
        turned = ": are the examples of x in rows? Columns are examples here" if len(x) == y.shape[-1] else ""
        raise ValueError(f"x has {x.shape[-1]} examples (columns), y has {y.shape[-1]}{turned}")
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if clip is not None and not clip > 0:
        raise ValueError(f"clip must be larger than 0, or None, got {clip}")
    network.forward(x[..., :1])  # one example says whether the shapes fit, before any time is spent
    network.batch_cost(y[..., :1])
    if "cross_entropy" in network.cost_function.name and not (y.min() >= 0 and y.max() <= 1):
        raise ValueError(f"{network.cost_function.name} expects targets between 0 and 1, got {y.min():g} to "
                         f"{y.max():g}: are they class numbers? Then one_hot(labels) makes targets of them")
    return _epochs(network, x, y, optimizer, epochs, batch_size, np.random.default_rng(rng), clip)


def _epochs(network, x, y, optimizer, epochs, batch_size, rng, clip):
    for number in range(1, epochs + 1):
        costs = []
        with np.errstate(over="ignore", invalid="ignore"):  # reported below, in words
            for batch_x, batch_y in minibatches(x, y, batch_size, rng):
                network.forward(batch_x, training=True)
                costs.append(network.batch_cost(batch_y))
                network.backward(batch_y)
                if clip is not None:
                    clip_gradient(network.gradient, clip)
                optimizer.step(network.parameters, network.gradient)
        epoch = Epoch(number, float(np.mean(costs)))
        diverged = not np.isfinite(epoch.cost)
        if diverged:
            warnings.warn(f"the cost became {epoch.cost} in epoch {number} with eta = {optimizer.eta}: training "
                          "stopped. Try a smaller learning rate.", DivergenceWarning, stacklevel=2)
        yield epoch
        if diverged:
            return


def clip_gradient(gradient, clip):
    """Shorten the flat gradient, in place, to the norm `clip` if it is longer; returns the norm it had. A float.

    Its direction stays (Pascanu et al., 2013, algorithm 1). A recurrent network's gradient can grow a thousandfold
    from one step to the next; clipped, it cannot throw the parameters far away.
    Raises ValueError for a clip that is not larger than 0.
    """
    if not clip > 0:
        raise ValueError(f"clip must be larger than 0, got {clip}")
    norm = float(np.sqrt(np.square(gradient, dtype=np.float64).sum()))  # in float32 squares overflow from 1e19 on
    if norm > clip:
        gradient *= clip / norm  # eq-clip
    return norm


def _examples(array, name):
    """The array with each example contiguous in memory, checked for nan and inf."""
    rows = np.moveaxis(array, -1, 0) if array.ndim > 1 else np.empty(0)
    if not rows.size:
        raise ValueError(f"{name} must have examples in its columns, got an array of shape {np.shape(array)}")
    rows = np.ascontiguousarray(rows)
    for start in range(0, len(rows), 1000):
        if not np.isfinite(rows[start : start + 1000]).all():
            raise ValueError(f"{name} holds values that are not finite (nan or inf)")
    return np.moveaxis(rows, 0, -1)


def accuracy(network, x, labels):
    """The share of examples x, shape (n_0, m), whose predicted class is labels, shape (m,). Between 0 and 1.

    Where the network predicts a class at each step, labels are (T, m) and the share is one of steps.
    """
    labels = np.asarray(labels)
    if not labels.ndim or labels.shape[-1] != np.shape(x)[-1]:
        raise ValueError(f"labels must be one class number per example, shape ({np.shape(x)[-1]},), got {labels.shape}")
    predicted = network.predict(x)
    if labels.shape != predicted.shape:
        raise ValueError(f"labels must be one class number per example, shape {predicted.shape}, got {labels.shape}")
    return float((predicted == labels).mean())


def confusion_matrix(labels, predicted, classes=10):
    """Counts of shape (classes, classes): row, the true class; column, the predicted one."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (np.asarray(labels), np.asarray(predicted)), 1)
    return counts
