"""Cost functions: the cost of each example, its gradient in a, and the error where the two cancel.

a and y have shape (n, m), one example per column. A cost is asked three things:

    cost.terms(z, a, y)               (n, m)  what each output neuron adds to the cost of each example
    cost.gradient(a, y)               (n, m)  dC_i/da, one column per example, no 1/m inside
    cost.error(activation, z, a, y)   (n, m)  dC_i/dz of the output layer

Summed over the neurons the terms are the cost C_i of each example, cost.values(z, a, y) of shape (m,);
summed over everything, the cost L of the batch, cost.total(z, a, y). They are computed from z where a would
round to 0 or 1, so that they stay exact at |z| = 1000.

The error has two roads: the textbook one, through gradient and activation, and the fused one, a - y,
for the activation that matches the cost. They agree (a test compares them); the fused one is faster,
and it does not divide 0 by 0 where a has rounded to 0 or 1.
"""

import numpy as np

from nnlib.activations import Identity, Sigmoid, Softmax


class Cost:
    """A cost per example. Subclasses name the activation for which the error collapses to a - y."""

    name: str
    matched: type
    only_matched = True

    def terms(self, z, a, y):
        """What each output neuron contributes to the cost of each example, shape (n, m)."""
        raise NotImplementedError

    def values(self, z, a, y):
        """The cost C_i of each example, shape (m,)."""
        return self.terms(z, a, y).sum(axis=0)

    def total(self, z, a, y):
        """The cost L of the batch, the sum over its examples. A float."""
        return float(self.terms(z, a, y).sum())

    def gradient(self, a, y):
        """The gradient with respect to a, shape (n, m), column i belonging to example i."""
        raise NotImplementedError

    def admits(self, activation):
        """Whether this cost makes sense on the values of this output activation."""
        return not self.only_matched or isinstance(activation, self.matched)

    def error(self, activation, z, a, y):
        """The error delta = dC_i/dz of the output layer, shape (n, m)."""
        if isinstance(activation, self.matched):
            return a - y  # eq-fused-error
        return activation.backward(self.gradient(a, y), z, a)  # eq-bp1

    def __repr__(self):
        return f"{type(self).__name__}()"


class Quadratic(Cost):
    """C_i = 1/2 ||a_i - y_i||^2. The one half makes the gradient a - y. Matches identity, admits all."""

    name = "quadratic"
    matched = Identity
    only_matched = False

    def terms(self, z, a, y):
        difference = a - y
        return 0.5 * difference * difference

    def total(self, z, a, y):
        difference = a - y
        return 0.5 * float(np.vdot(difference, difference))

    def gradient(self, a, y):
        return a - y


class BinaryCrossEntropy(Cost):
    """C_i = -sum_j [y_j ln a_j + (1 - y_j) ln(1 - a_j)], summed over output neurons. Wants sigmoid.

    With a = sigmoid(z), -ln a = ln(1 + e^-z), so C_i = sum_j ln(1 + e^z_j) - y_j z_j.
    """

    name = "binary_cross_entropy"
    matched = Sigmoid

    def terms(self, z, a, y):
        return np.logaddexp(0, z) - y * z  # ln(e^0 + e^z), found without e^1000

    def gradient(self, a, y):
        return (a - y) / (a * (1 - a))


class CrossEntropy(Cost):
    """C_i = -sum_j y_j ln a_j, the negative log-likelihood of the true class. Wants softmax.

    With a = softmax(z), -ln a_j = ln(sum_k e^z_k) - z_j, and the largest z can be taken out of the sum.
    """

    name = "cross_entropy"
    matched = Softmax

    def terms(self, z, a, y):
        shifted = z - z.max(axis=0)
        log_sum = np.log(np.exp(shifted).sum(axis=0))
        return y * (log_sum - shifted)

    def gradient(self, a, y):
        return -y / a


COSTS = {kind.name: kind for kind in (Quadratic, BinaryCrossEntropy, CrossEntropy)}


def get_cost(cost):
    """The cost of this name, or the given Cost object itself. Raises ValueError for an unknown name."""
    if isinstance(cost, Cost):
        return cost
    if cost not in COSTS:
        raise ValueError(f"unknown cost {cost!r}: expected one of {', '.join(COSTS)}")
    return COSTS[cost]()
