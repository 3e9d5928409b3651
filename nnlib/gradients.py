"""Is the gradient right? Compare it with one that knows no calculus.

The central difference (C(theta + h) - C(theta - h)) / 2h needs two forward passes per parameter and
nothing else, so it cannot share a mistake with backward (Nielsen, chapter 2, eq. 46, made symmetric).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Comparison:
    """One parameter's two gradients.

    where: such as "layers[0].W[2, 5]". backward: what backpropagation says. difference: what the central
    difference says. relative_error: |backward - difference| over the larger of the two (see check_gradient).
    """

    where: str
    backward: float
    difference: float
    relative_error: float


@dataclass(frozen=True)
class GradientCheck:
    """The result of check_gradient: one Comparison per parameter, the worst first."""

    comparisons: list

    @property
    def max_relative_error(self):
        """The largest relative error of any parameter."""
        return self.comparisons[0].relative_error

    def __repr__(self):
        worst = self.comparisons[0]
        return (f"GradientCheck: {len(self.comparisons)} parameters, largest relative error "
                f"{worst.relative_error:.1e} at {worst.where}: backward {worst.backward:.6g}, "
                f"difference {worst.difference:.6g}")


def check_gradient(network, x, y, h=1e-5):
    """Compare net.backward with central differences of the cost, for every parameter, in float64.

    x: inputs (n_0, m). y: targets (n_L, m). h: the step. Takes two forward passes per parameter, so use a
    small network or few examples. The network is left as it was, its gradient filled for x and y.

    The relative error is |backward - difference| / max(|backward|, |difference|, floor). The difference of
    two costs carries their rounding, about 1e-16 C / h, so the floor, a thousandth of the cost (or of the
    largest gradient in the same array, if that is larger), keeps tiny entries from raising false alarms.
    A right gradient stays below 1e-7; a wrong one is usually above 1e-2.
    """
    double = network.astype("float64")
    double.forward(x)
    gradient = double.backward(y).copy()
    difference = np.empty_like(gradient)
    for k, value in enumerate(double.parameters.copy()):
        double.parameters[k] = value + h
        above = double.cost(x, y)
        double.parameters[k] = value - h
        below = double.cost(x, y)
        double.parameters[k] = value
        difference[k] = (above - below) / (2 * h)  # eq-central-difference
    network.forward(x)
    network.backward(y)
    cost = network.batch_cost(y)
    comparisons = []
    start = 0
    for l, layer in enumerate(double.layers):
        for name, shape in layer.parameter_shapes().items():
            stop = start + int(np.prod(shape))
            part = slice(start, stop)
            comparisons += _compare(f"layers[{l}].{name}", shape, gradient[part], difference[part], cost)
            start = stop
    comparisons.sort(key=lambda comparison: -comparison.relative_error)
    return GradientCheck(comparisons)


def _compare(name, shape, gradient, difference, cost):
    size = np.maximum(np.abs(gradient), np.abs(difference))
    floor = 1e-3 * max(size.max(), cost) or 1.0  # all exactly zero: nothing to divide
    errors = np.abs(gradient - difference) / np.maximum(size, floor)
    errors = np.where(np.isnan(errors), np.inf, errors)
    for k, error in enumerate(errors):
        index = ", ".join(str(i) for i in np.unravel_index(k, shape))
        yield Comparison(f"{name}[{index}]", float(gradient[k]), float(difference[k]), float(error))
