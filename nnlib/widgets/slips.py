"""The silent slips of chapter 16: Dense with one line as the source notes have it, and everything else right.

None of this is for use. The broken layers stand here, apart from the library, so that chapter, widget and
experiment break the same line. Each lets Dense do its work and then overrules one line of it: `overrules`
says which (a piece of that line, such as its equation's label), the comment `slip` what comes instead, and
`changed_lines` prints both.
"""

import inspect
from dataclasses import dataclass
from itertools import pairwise

from nnlib.activations import Identity
from nnlib.costs import Cost, Quadratic
from nnlib.layers import Dense
from nnlib.network import Network


class BiasOverEverything(Dense):
    """db summed over neurons and examples alike: notes 004, equations (16) and (20); 000, line 96."""

    overrules = ("eq-bp3",)

    def backward_error(self, delta, input_gradient=True):
        grad_a_previous = super().backward_error(delta, input_gradient)
        self.db[:] = delta.sum() / delta.shape[1]  # slip
        return grad_a_previous


class ErrorOfTheNextLayer(Dense):
    """dW from the error of the layer above: notes 004, equation (19). Fits if both have equally many neurons."""

    overrules = ("eq-bp4",)

    def backward_error(self, delta, input_gradient=True):
        grad_a_previous = super().backward_error(delta, input_gradient)
        self.dW[:] = self.following.delta @ self.a_previous.T / delta.shape[1]  # slip
        return grad_a_previous


class HiddenAsPrinted(ErrorOfTheNextLayer):
    """Equations (19) and (20) of notes 004, both as printed."""

    overrules = ("eq-bp3",)

    def backward_error(self, delta, input_gradient=True):
        grad_a_previous = super().backward_error(delta, input_gradient)
        self.db[:] = delta.sum() / delta.shape[1]  # slip
        return grad_a_previous


class BiasFromActivation(Dense):
    """db = W a_previous, averaged: notes 000, lines 80 to 82 ("with bias we end up with W A")."""

    overrules = ("eq-bp3",)

    def backward_error(self, delta, input_gradient=True):
        grad_a_previous = super().backward_error(delta, input_gradient)
        self.db[:] = (self.W @ self.a_previous).mean(axis=1, keepdims=True)  # slip
        return grad_a_previous


class LostMean(Dense):
    """Gradients added up, not averaged: notes 000, line 92; 002, lines 88 and 143."""

    overrules = ("eq-bp4", "eq-bp3")

    def backward_error(self, delta, input_gradient=True):
        grad_a_previous = super().backward_error(delta, input_gradient)
        self.dW[:] = delta @ self.a_previous.T  # slip
        self.db[:] = delta.sum(axis=1, keepdims=True)  # slip
        return grad_a_previous


class SlopeAtA(Dense):
    """sigma'(a) for sigma'(z): the derivative taken at the wrong place."""

    overrules = ("eq-bp1",)

    def backward(self, grad_a, input_gradient=True):
        delta = self.activation.backward(grad_a, self.a, self.activation(self.a))  # slip
        return self.backward_error(delta, input_gradient)


class SlopeOfTheSigmoid(Dense):
    """a (1 - a), whatever the activation: notes 000, lines 30 and 62."""

    overrules = ("eq-bp1",)

    def backward(self, grad_a, input_gradient=True):
        delta = grad_a * self.a * (1 - self.a)  # slip
        return self.backward_error(delta, input_gradient)


class FlatBias(Dense):
    """b used as a vector (n,), added along the examples: notes 004, lines 6 and 8. Fits if m = n_out."""

    overrules = ("eq-layer-batch",)

    def forward(self, a_previous, training=False):
        super().forward(a_previous, training)
        self.z = self.W @ a_previous
        self.z += self.b.ravel()  # slip
        self.a = self.activation(self.z)
        return self.a


class SquareWithoutHalf(Cost):
    """The cost ||a - y||^2 with the derivative a - y: notes 002, lines 65 and 142."""

    overrules = ("0.5 * ",)
    name, matched, only_matched = "quadratic", Identity, False

    def terms(self, z, a, y):
        difference = a - y
        return difference * difference  # slip

    def gradient(self, a, y):
        return a - y


@dataclass(frozen=True)
class Slip:
    """One slip: the class of its hidden layer and of its output layer, and the cost if that is what slips."""

    where: str
    hidden: type = Dense
    output: type = Dense
    cost: type | None = None


SLIPS = {
    "bias over everything": Slip("equations 16 and 20", BiasOverEverything, BiasOverEverything),
    "equation 19": Slip("equation 19", ErrorOfTheNextLayer),
    "16, 19 and 20": Slip("all three as printed", HiddenAsPrinted, BiasOverEverything),
    "bias from W A": Slip("note 000, line 80", BiasFromActivation, BiasFromActivation),
    "lost 1/m": Slip("note 000, line 92", LostMean, LostMean),
    "slope at a": Slip("a classic", SlopeAtA),
    "a (1 - a)": Slip("note 000, line 30", SlopeOfTheSigmoid),
    "flat bias": Slip("note 004, line 6", FlatBias, FlatBias),
    "factor 2": Slip("note 002, line 65", cost=SquareWithoutHalf),
}


def uniform(shape, rng):
    """Between -0.5 and 0.5, whatever the size: the start that usually goes with the notes."""
    return rng.uniform(-0.5, 0.5, shape)


STARTS = {"uniform": {"weights": uniform, "biases": uniform}, "He": {"weights": "he"}}


class SlipNetwork(Network):
    """A Network whose layers know the layer after them, as equation (19) needs it."""

    def _bind(self):
        super()._bind()
        for layer, following in pairwise(self.layers):
            layer.following = following


def build(slip, n_in=784, hidden=10, activation="relu", start="uniform", rng=0, cost="cross_entropy",
          dtype="float32"):
    """A network n_in-hidden-10 with the slip of this name, or None for none at all.

    start: a key of STARTS, or a pair of them, one for each layer. cost: "cross_entropy" after softmax, or
    "quadratic" after sigmoid. The same rng gives the same first parameters whatever the slip.
    Raises ValueError for a slip of the cost in a network with another one.
    """
    broken = SLIPS[slip] if slip else Slip("")
    if broken.cost and cost != "quadratic":
        raise ValueError(f"{slip!r} is a slip of the quadratic cost, not of {cost!r}")
    output = "softmax" if cost == "cross_entropy" else "sigmoid"
    first, last = (start, start) if isinstance(start, str) else start
    layers = [broken.hidden(n_in, hidden, activation, **STARTS[first]),
              broken.output(hidden, 10, output, **STARTS[last])]
    return SlipNetwork(layers, broken.cost() if broken.cost else cost, rng=rng, dtype=dtype)


def changed_lines(broken):
    """What a broken class overrules: a list of (right, wrong) lines of code, comments left out.

    Raises ValueError if the right line is no longer there.
    """
    ancestors = [kind for kind in broken.__mro__ if "overrules" in vars(kind)]
    original = Dense if issubclass(broken, Dense) else Quadratic
    pairs = []
    for kind in reversed(ancestors):
        wrong = [line for line in inspect.getsource(kind).splitlines() if line.endswith("# slip")]
        for piece, line in zip(kind.overrules, wrong, strict=True):
            right = [there for there in inspect.getsource(original).splitlines() if piece in _code(there)[1]]
            if not right:
                raise ValueError(f"{original.__name__} has no line with {piece!r}")
            pairs.append((_code(right[0])[0], _code(line)[0]))
    return pairs


def _code(line):
    """The line without comment and indentation, and the text in which to look for a piece of it."""
    code = line.split("#")[0].strip()
    return code, line if code else ""
