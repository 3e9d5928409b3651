"""Scenes: small calculations forward, on random numbers, in which the equations of the book are tried.

A scene has sizes (all different, so that no product fits by luck), named quantities, and printed symbols
that show them. `forward` computes every quantity from its definition and registers it with `self.put`.
There is no backward pass: whoever wants a derivative moves one number by a tiny imaginary step and runs
`forward` again (`Scene.gradient`), so that nothing can agree by sharing a mistake.
"""

import math
import re
import zlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

STEP = 1e-30  # of the complex step: f(x + ih) = f(x) + ih f'(x), without cancellation


class Unknown(Exception):
    """A symbol that the scene does not declare, or a way of writing it that it does not have."""


class Unwritten(Unknown):
    """A declared symbol written in a way that this scene does not have: without its layer, with an example."""


class Outside(Exception):
    """A quantity that does not exist for this layer, time or index: not a case of the equation."""


# -- functions, from their definitions -----------------------------------------------------------------

def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def relu(z):
    return np.where(np.real(z) > 0, z, 0 * z)


def leaky_relu(z, slope=0.01):
    return np.where(np.real(z) > 0, z, slope * z)


def softmax(z):
    e = np.exp(z - np.real(z).max(axis=0))
    return e / e.sum(axis=0)


FUNCTIONS = {"sigmoid": sigmoid, "tanh": np.tanh, "relu": relu, "softmax": softmax, "identity": lambda z: z * 1}

COSTS = {
    "quadratic": lambda a, y: 0.5 * ((a - y) ** 2).sum(axis=0),
    "bce": lambda a, y: -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=0),
    "ce": lambda a, y: -(y * np.log(a)).sum(axis=0),
}


@dataclass
class Symbol:
    """How a printed symbol shows a quantity of the scene.

    shows: "whole" the array; "column" one example's column of a batch; "entry" one number of it, written
    with its indices; "example" a row of numbers, one per example, of which (i) takes one; "row" the array,
    of which one index takes a row.
    layered: carries [l]. layer: the layer it always has. time: "_" or "(" if it carries a time.
    """

    quantity: str
    shows: str = "whole"
    layered: bool = False
    layer: int | None = None
    time: str = ""
    examples: str = ""  # the quantity shown instead when an example is named: C and C^{(i)}


class Scene:
    """Base of all scenes. A subclass sets `about`, and overrides `setup` and `forward`."""

    about = ""
    flavour = ""          # what is special about this draw, for messages
    draws = 3
    depth = None          # L, in a scene with layers
    last_time = None      # T, in a scene with steps
    parameters = None     # the quantity that a bare nabla differentiates by
    cost_of = "C"
    random = False        # symbols are random variables: arrays of equally likely values, multiplied value by value
    requires = ""         # a symbol without which the scene is not chosen by itself

    def __init__(self, draw=0, sizes=None, let=None, hard=False):
        self.draw, self.fixed, self.let, self.hard = draw, dict(sizes or {}), dict(let or {}), hard
        self.rng = np.random.default_rng([7, draw])
        self.symbols, self.sizes, self.layers = {}, {}, []
        self.functions = {r"\sigma": sigmoid, "sigmoid": sigmoid, "tanh": np.tanh, r"\tanh": np.tanh,
                          "ReLU": relu, "softmax": softmax, "LeakyReLU": leaky_relu,
                          r"\exp": np.exp, r"\sin": np.sin, r"\cos": np.cos, r"\cosh": np.cosh, "Im": np.imag}
        self.arguments = {}   # printed name -> quantities it can be called with
        self.sets = {}        # printed name -> tuple of whole numbers
        self.derived = {}     # quantity -> function of the overrides, computed through derivatives
        self.assigned = []    # quantities in the order in which one step changes them
        self._pool = [int(k) for k in self.rng.permutation([3, 4, 5, 6, 7, 8, 9])] + list(range(10, 30))
        self._cache, self._derived_here = {}, {}
        self.setup()
        for name in self.let:
            self.show(name, name)

    def setup(self):
        """Draw sizes and values, declare symbols."""

    def forward(self):
        """Register every quantity with self.put, in order."""

    # -- declaring -------------------------------------------------------------------------------------
    def size(self, name):
        """A size that no other dimension of the scene has (or the one the author fixed)."""
        if name not in self.sizes:
            if name in self.fixed:
                self.sizes[name] = int(self.fixed[name])
            else:
                self.sizes[name] = next(k for k in self._pool if k not in self.sizes.values())
        return self.sizes[name]

    def show(self, printed, quantity, **how):
        self.symbols[printed] = Symbol(quantity, **how)

    def constant(self, printed, value):
        self.show(printed, printed)
        self.constants = {**getattr(self, "constants", {}), printed: value}

    # -- values ----------------------------------------------------------------------------------------
    def put(self, name, value, at=None):
        """Register a quantity (at a layer or time); an override takes its place, a nudge is added."""
        key = (name, at)
        if key in self._overrides:
            value = self._overrides[key]
        dtype = complex if self._complex else float
        value = np.array(value, dtype=dtype)
        if self._nudge and self._nudge[0] == key:
            value[self._nudge[1]] += self._nudge[2]
        self._values[key] = value
        return value

    def values(self, overrides=None, nudge=None):
        """All quantities. overrides: {key: value}; nudge: (key, index, amount) added to one number."""
        fingerprint = (nudge, tuple(sorted((k, v.tobytes(), v.dtype.char) for k, v in (overrides or {}).items()))
                       ) if overrides else nudge
        if fingerprint not in self._cache:
            saved = [getattr(self, k, None) for k in ("_overrides", "_nudge", "_values", "_complex")]
            self._overrides, self._nudge, self._values = overrides or {}, nudge, {}
            self._complex = bool(nudge and isinstance(nudge[2], complex)) or any(
                np.iscomplexobj(v) for v in self._overrides.values())
            for name, value in getattr(self, "constants", {}).items():
                self.put(name, value)
            self.forward()
            self._bring_let()
            result = self._values
            self._overrides, self._nudge, self._values, self._complex = saved
            if len(self._cache) > 4000:
                self._cache.clear()
            self._cache[fingerprint] = result
        return self._cache[fingerprint]

    def gradient(self, key, of, overrides=None):
        """d of(values) / d values[key], an array of the shape of values[key], by complex steps."""
        base = self.values(overrides)[key]
        out = np.zeros(base.shape)
        for index in np.ndindex(base.shape):
            out[index] = np.imag(of(self.values(overrides, (key, index, 1j * STEP)))) / STEP
        return out

    def derive(self, key, overrides):
        """A quantity that is a derivative itself, such as the error Delta."""
        if overrides:
            return np.asarray(self.derived[key[0]](dict(overrides), key[1]))
        if key not in self._derived_here:
            self._derived_here[key] = np.asarray(self.derived[key[0]]({}, key[1]))
        return self._derived_here[key]

    def after(self):
        """{key: value} after one step of learning, worked out independently of any printed formula."""
        return {}

    def labels(self, shape, exclusive):
        """Targets: soft, since a zero would hide a lost term; 0 and 1 as in data where the scene is hard."""
        if exclusive:
            soft = self.rng.dirichlet(np.ones(shape[0]), size=shape[1]).T
            return (soft == soft.max(axis=0)) * 1.0 if self.hard else soft
        soft = self.rng.random(shape)
        return (soft > 0.5) * 1.0 if self.hard else soft

    # -- symbols of the author -------------------------------------------------------------------------
    def _bring_let(self):
        if not self.let:
            return
        names = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
                 "pi": math.pi, "e": math.e, "where": np.where, "maximum": np.maximum, "diag": _diag,
                 "sigmoid": sigmoid, "softmax": softmax, "relu": relu, "abs": lambda v: np.sqrt(v * v),
                 "sum": lambda v, axis=None: np.sum(v, axis=axis, keepdims=axis is not None),
                 "real": np.real, "eye": np.eye, "ones": lambda *s: np.ones(s if len(s) > 1 else (*s, 1)),
                 "array": lambda v: _column(np.array(v)), "concatenate": np.concatenate, "range": range,
                 "zip": zip, "len": len, "np": np}
        for size in ("n", "m", "p", "q", "k"):
            if size not in self.symbols and any(re.search(rf"\b{size}\b", str(e)) for e in self.let.values()):
                names[size] = self.size(size)
        names.update(self.sizes)
        for (name, at), value in list(self._values.items()):
            if at is None:
                names[plain(name)] = value
            elif isinstance(names.setdefault(plain(name), {}), dict):
                names[plain(name)] = {**names[plain(name)], at: value}
        for printed, symbol in self.symbols.items():
            value = self._values.get((symbol.quantity, symbol.layer))
            if value is not None and printed not in self.let and (symbol.shows == "whole" or value.shape[1] == 1):
                names[plain(printed)] = value
        for name in self._let_in_order():
            rng = np.random.default_rng([11, self.draw, zlib.crc32(name.encode())])
            draws = {"normal": rng.normal, "uniform": rng.random,
                     "positive": lambda size=None, rng=rng: 0.2 + rng.random(size),
                     "simplex": lambda size, rng=rng: rng.dirichlet(np.ones(size[0]), size=size[1]).T}
            local = {kind: _drawing(kind, draw) for kind, draw in draws.items()}
            expression = self.let[name]
            try:
                value = eval(str(expression), {"__builtins__": {}}, {**names, **local})
            except Exception as error:
                raise Unknown(f'{name} (its "let", {expression!r}: {error})') from None
            names[plain(name)] = self.put(name, _column(np.asarray(value)))

    def _let_in_order(self):
        """The author's symbols, each after those it is made of: a notebook file sorts its keys."""
        waiting, done = dict(self.let), []
        while waiting:
            ready = [name for name, expression in waiting.items()
                     if not any(plain(other) in re.findall(r"[A-Za-z_]\w*", str(expression))
                                for other in waiting if other != name)]
            if not ready:
                raise Unknown(f"{', '.join(waiting)}: each of these is made of the others")
            for name in ready:
                del waiting[name]
            done += ready
        return done


def plain(printed):
    """A printed name as a Python name: \\hat{y} -> haty, \\kappa -> kappa."""
    return re.sub(r"[\\{}]", "", printed)

def _diag(v):
    return np.diag(v[:, 0])


def _column(value):
    return value[:, None] if value.ndim == 1 else value


def _drawing(kind, draw):
    def numbers(*shape):
        if not shape:
            return float(draw(size=(1, 1))[0, 0]) if kind in ("normal", "positive") else (
                float(draw((1, 1))[0, 0]) if kind == "uniform" else 1.0)
        shape = shape if len(shape) > 1 else (*shape, 1)
        return draw(shape) if kind == "uniform" else draw(size=shape)
    return numbers


# -- nothing but numbers ----------------------------------------------------------------------------------

class Numbers(Scene):
    about = "arithmetic: no symbols but e and pi"
    draws = 1


class Free(Scene):
    about = "only the symbols that the author's `let` brings, and sizes n, m, p, q, k"

    def setup(self):
        for name in ("n", "m", "p", "q", "k"):
            if name not in self.let:
                self.size(name)


# -- one neuron ---------------------------------------------------------------------------------------------

class Neuron(Scene):
    about = "one neuron with n inputs, one example, binary cross-entropy"
    cost, inputs, parameters = "bce", True, r"\theta"

    def setup(self):
        n = self.size("n") if self.inputs else 1
        self.x = self.rng.normal(size=(n, 1))
        self.theta = self.rng.normal(size=(n + 1, 1))
        self.y = self.labels((), False)
        for name in ("x", "w", "b", "z", "a", "y", "C", r"\theta"):
            self.show(name, name)
        self.show(r"\hat{y}", "a")
        self.show("L", "C")
        self.show(r"\mathcal{L}", "C")
        self.constant(r"\eta", 0.31)
        self.arguments = {"C": ["w", "b"], "L": ["w", "b"], r"\mathcal{L}": ["w", "b"]}
        self.assigned = ["w", "b", r"\theta"]

    def forward(self):
        shape = (-1, 1) if self.inputs else ()
        x = self.put("x", self.x.reshape(shape))
        theta = self.put(r"\theta", self.theta)
        w = self.put("w", theta[:-1].reshape(shape))
        b = self.put("b", theta[-1, 0])
        z = self.put("z", (w * x).sum() + b)
        a = self.put("a", sigmoid(z))
        y = self.put("y", self.y)
        self.put("C", COSTS[self.cost](a[None], y[None]))

    def after(self):
        v = self.values()
        return {(k, None): v[k, None] - 0.31 * self.gradient((k, None), lambda u: u["C", None])
                for k in ("w", "b", r"\theta")}


class NeuronQuadratic(Neuron):
    about = "one neuron with n inputs, one example, quadratic cost"
    cost = "quadratic"


class NeuronOne(Neuron):
    about = "one neuron with one input (x and w are numbers), binary cross-entropy"
    inputs = False


class NeuronOneQuadratic(NeuronOne):
    about = "one neuron with one input (x and w are numbers), quadratic cost"
    cost = "quadratic"


class Gate(Scene):
    about = "a neuron with a threshold on two binary inputs"
    draws, requires = 32, r"\mathbb{1}"

    def setup(self):
        self.sizes["n"] = 2
        self.x = np.array([[self.draw // 2 % 2], [self.draw % 2]])
        for name in ("x", "w", "b", "z", "a"):
            self.show(name, name)
        self.functions["H"] = lambda z: (np.real(z) > 0) * 1.0
        self.w = self.rng.normal(size=(2, 1))
        self.b = 0.3 * self.rng.normal() - 0.5 * self.w.sum()  # so that each input can decide

    def forward(self):
        x, w, b = self.put("x", self.x), self.put("w", self.w), self.put("b", self.b)
        z = self.put("z", (w * x).sum() + b)
        self.put("a", (np.real(z) > 0) * 1.0)


class Activations(Scene):
    about = "a number z and what activation functions make of it"
    draws = 4

    def setup(self):
        self.z = (-1) ** self.draw * (0.3 + self.rng.random())
        for name in ("z", "a"):
            self.show(name, name)
        self.constant(r"\alpha", 0.13)
        self.functions["LeakyReLU"] = lambda z: leaky_relu(z, 0.13)

    def forward(self):
        z = self.put("z", self.z)
        self.put("a", sigmoid(z))


# -- layers -------------------------------------------------------------------------------------------------

class Layer(Scene):
    about = "one layer, one example: n_0 inputs, n_1 neurons, sigmoid"
    batch = False

    def setup(self):
        self.layers = [self.size("n_0"), self.size("n_1")]
        m = self.size("m") if self.batch else 1
        self.x = self.rng.normal(size=(self.layers[0], m))
        self.W = self.rng.normal(size=self.layers[::-1])
        self.b = self.rng.normal(size=(self.layers[1], 1))
        self.depth = 1
        for name, quantity, layer in (("X", "X", 0), ("W", "W", 1), ("b", "b", 1), ("Z", "Z", 1), ("A", "A", 1)):
            if name not in "XZA" or self.batch:
                self.show(name, quantity, layered=name != "X", layer=layer)
        for name, layer in (("z", 1), ("a", 1), ("x", 0)):
            self.show(name, name.upper(), shows="column", layered=name != "x", layer=layer)
        self.show("w", "W", shows="entry", layered=True, layer=1)
        self.sizes.update(dict(zip(("n_{in}", "n_{out}"), self.layers, strict=True)))

    def forward(self):
        x = self.put("X", self.x, at=0)
        self.put("A", x, at=0)
        w, b = self.put("W", self.W, at=1), self.put("b", self.b, at=1)
        z = self.put("Z", w @ x + b, at=1)
        self.put("A", sigmoid(z), at=1)


class LayerBatch(Layer):
    about = "one layer, a batch of m columns: n_0 inputs, n_1 neurons, sigmoid"
    batch = True


class Network(Scene):
    about = "layers 0 to L, a batch of m examples, quadratic cost, one activation everywhere"
    kinds = (("sigmoid",) * 3, ("tanh",) * 3, ("sigmoid",) * 3)
    cost, batch, penalty, parameters = "quadratic", True, False, r"\theta"

    def setup(self):
        kinds = self.kinds[self.draw % len(self.kinds)]
        fixed = self.fixed.get("n")
        if fixed:
            self.layers = [int(k) for k in fixed]
            kinds = (*(kinds[:1] * (len(fixed) - 2)), kinds[-1])
        else:
            self.layers = [self.size(f"n_{k}") for k in range(len(kinds) + 1)]
        self.kinds_here = kinds
        if len(self.kinds) > 1:
            self.flavour = f"with {kinds[0]}"
        self.depth = depth = len(self.layers) - 1
        self.sizes = {f"n_{k}": n for k, n in enumerate(self.layers)}
        m = self.size("m") if self.batch else 1
        self.sizes["L"] = depth
        rng, n = self.rng, self.layers
        self.x = rng.normal(size=(n[0], m))
        self.theta = np.concatenate([np.concatenate([
            rng.normal(size=b * a) * 1.2 / np.sqrt(a), 0.6 * rng.normal(size=b)]) for a, b in pairwise(n)])
        self.y = self.labels((n[-1], m), self.cost == "ce")
        self._declare(m)
        self.constant(r"\eta", 0.31)
        self.constant(r"\lambda", 0.17)
        self.functions[r"\sigma"] = FUNCTIONS[kinds[0]]
        self.layer_functions = [None, *(FUNCTIONS[k] for k in kinds)]
        for name in ("C", "L", r"\mathcal{L}"):
            self.arguments[name] = [r"\theta"]
        self.assigned = ["W", "b", r"\theta"]
        self.derived = {"Delta": lambda overrides, layer: self.gradient(("Z", layer), self.summed, overrides)}

    def _declare(self, m):
        if self.batch:
            for name in ("A", "Z"):
                self.show(name, name, layered=True)
            self.show("X", "A", layer=0)
            self.show("Y", "Y")
            self.show(r"\hat{Y}", "A", layer=self.depth)
            self.show(r"\Delta", "Delta", layered=True)
        for name, quantity in (("a", "A"), ("z", "Z"), (r"\delta", "Delta")):
            self.show(name, quantity, shows="column", layered=True)
        self.show("x", "A", shows="column", layer=0)
        self.show("y", "Y", shows="column")
        self.show(r"\hat{y}", "A", shows="column", layer=self.depth)
        self.show("W", "W", layered=True)
        self.show("w", "W", shows="entry", layered=True)
        self.show("b", "b", layered=True)
        self.show(r"\theta", r"\theta")
        self.show("C", "C", examples="costs" if self.batch else "")
        self.show(r"\mathcal{L}", "L")

    @staticmethod
    def summed(values):
        return values["L", None]

    def forward(self):
        theta = self.put(r"\theta", self.theta[:, None])
        a, start, penalty = self.put("A", self.x, at=0), 0, 0
        y = self.put("Y", self.y)
        for layer, kind in enumerate(self.kinds_here, 1):
            rows, columns = self.layers[layer], self.layers[layer - 1]
            stop = start + rows * columns
            w = self.put("W", theta[start:stop, 0].reshape(rows, columns), at=layer)
            b = self.put("b", theta[stop:stop + rows], at=layer)
            start = stop + rows
            z = self.put("Z", w @ a + b, at=layer)
            a = self.put("A", FUNCTIONS[kind](z), at=layer)
            penalty = penalty + 0.5 * self._values[r"\lambda", None] * (w * w).sum()
        costs = self.put("costs", COSTS[self.cost](a, y))
        total = self.put("L", costs.sum())
        self.put("C", total / self.x.shape[1] + (penalty if self.penalty else 0))

    def after(self):
        v = self.values()
        keys = [k for k in v if k[0] in ("W", "b", r"\theta")]
        return {k: v[k] - 0.31 * self.gradient(k, lambda u: u["C", None]) for k in keys}


class NetworkSigmoid(Network):
    about = "the network with sigmoid in every draw, for what holds of the sigmoid only"
    kinds = (("sigmoid",) * 3,)


class ExampleSigmoid(NetworkSigmoid):
    about, batch = "sigmoid in every layer, one example, quadratic cost", False


class NetworkBce(Network):
    about = "a network with sigmoid everywhere and binary cross-entropy, a batch of m"
    kinds, cost = (("sigmoid",) * 3,), "bce"


class NetworkCe(Network):
    about = "hidden layers with sigma (tanh or sigmoid), softmax at the end, cross-entropy, a batch of m"
    kinds, cost = (("tanh", "tanh", "softmax"), ("sigmoid", "sigmoid", "softmax")), "ce"


class ReluSoftmax(Network):
    about = "L = 2: ReLU, then softmax, cross-entropy, a batch of m (the 784-10-10 network)"
    kinds, cost = (("relu", "softmax"),), "ce"


class NetworkPenalty(Network):
    about = "the network with the penalty lambda/2 of all squared weights in its cost"
    penalty = True


class Example(Network):
    about, batch = "a network, one example, quadratic cost", False


class ExampleBce(NetworkBce):
    about, batch = "a network of sigmoids, one example, binary cross-entropy", False


class ExampleCe(NetworkCe):
    about, batch = "hidden layers with sigma, softmax at the end, one example, cross-entropy", False


class ExampleReluSoftmax(ReluSoftmax):
    about, batch = "L = 2: ReLU, then softmax, one example, cross-entropy", False


# -- the end of a network -----------------------------------------------------------------------------------

class Outputs(Scene):
    about = "the outputs A of a network against the targets Y, a batch of m, quadratic cost"
    cost, squash, batch = "quadratic", "sigmoid", True

    def setup(self):
        n, m = self.size("n"), self.size("m") if self.batch else 1
        self.z = self.rng.normal(size=(n, m))
        self.y = self.labels((n, m), self.cost == "ce")
        if self.batch:
            for name, quantity in (("A", "A"), ("Y", "Y"), ("Z", "Z"), (r"\hat{Y}", "A"), (r"\Delta", "Delta")):
                self.show(name, quantity)
        for name, quantity in (("a", "A"), ("y", "Y"), ("z", "Z"), (r"\hat{y}", "A"), (r"\delta", "Delta"),
                               ("p", "A")):
            self.show(name, quantity, shows="column")
        self.show("C", "C", examples="costs" if self.batch else "")
        self.show(r"\mathcal{L}", "L")
        self.functions[r"\sigma"] = FUNCTIONS[self.squash]
        self.arguments = {"C": ["A", "Y"], r"\mathcal{L}": ["A", "Y"]}
        self.derived = {"Delta": lambda overrides, _: self.gradient(("Z", None), Network.summed, overrides)}
        self.parameters = "A"

    summed = staticmethod(Network.summed)

    def forward(self):
        z, y = self.put("Z", self.z), self.put("Y", self.y)
        a = self.put("A", FUNCTIONS[self.squash](z))
        costs = self.put("costs", COSTS[self.cost](a, y))
        total = self.put("L", costs.sum())
        self.put("C", total / self.z.shape[1])


class OutputsBce(Outputs):
    about, cost = "sigmoid outputs against targets, a batch of m, binary cross-entropy", "bce"


class OutputsCe(Outputs):
    about = "softmax outputs against soft labels, a batch of m, cross-entropy"
    cost, squash = "ce", "softmax"


class Output(Outputs):
    about, batch = "the outputs a of a network against the targets y, one example, quadratic cost", False


class OutputBce(OutputsBce):
    about, batch = "sigmoid outputs against targets, one example, binary cross-entropy", False


class OutputCe(OutputsCe):
    about, batch = "softmax outputs against a soft label, one example, cross-entropy", False


# -- descent --------------------------------------------------------------------------------------------------

class Logistic(Scene):
    about = "logistic regression: n inputs, one output, a batch of m, binary cross-entropy"
    parameters = r"\theta"

    def setup(self):
        n, m = self.size("n"), self.size("m")
        self.x, self.y = self.rng.normal(size=(n, m)), self.labels((1, m), False)
        self.theta = self.rng.normal(size=(n + 1, 1))
        for name in ("X", "Y", "Z", "A"):
            self.show(name, name)
        self.show(r"\hat{Y}", "A")
        self.show("w", "w")
        self.show("b", "b")
        self.show(r"\theta", r"\theta")
        self.show("x", "X", shows="column")
        for name, quantity in (("y", "Y"), ("z", "Z"), ("a", "A"), (r"\hat{y}", "A"), (r"\delta", "Delta")):
            self.show(name, quantity, shows="example")
        self.show(r"\Delta", "Delta")
        self.show("C", "C", examples="costs")
        self.show(r"\mathcal{L}", "L")
        self.constant(r"\eta", 0.31)
        self.arguments = {"C": [r"\theta"], r"\mathcal{L}": [r"\theta"]}
        self.assigned = ["w", "b", r"\theta"]
        self.derived = {"Delta": lambda overrides, _: self.gradient(("Z", None), Network.summed, overrides)}

    summed = staticmethod(Network.summed)

    def forward(self):
        x, y = self.put("X", self.x), self.put("Y", self.y)
        theta = self.put(r"\theta", self.theta)
        w, b = self.put("w", theta[:-1]), self.put("b", theta[-1, 0])
        z = self.put("Z", w.T @ x + b)
        a = self.put("A", sigmoid(z))
        costs = self.put("costs", COSTS["bce"](a, y))
        total = self.put("L", costs.sum())
        self.put("C", total / self.x.shape[1])

    def after(self):
        v = self.values()
        return {(k, None): v[k, None] - 0.31 * self.gradient((k, None), lambda u: u["C", None])
                for k in ("w", "b", r"\theta")}


class Minibatch(Logistic):
    about = "logistic regression with a mini-batch B of the examples"

    def setup(self):
        super().setup()
        m = self.sizes["m"] = 7
        self.sizes["n"] = 3
        self.rng = np.random.default_rng([8, self.draw])
        self.x, self.y = self.rng.normal(size=(3, m)), self.labels((1, m), False)
        self.theta = self.rng.normal(size=(4, 1))
        chosen = tuple(int(k) + 1 for k in np.sort(self.rng.permutation(m)[:5]))
        self.sizes["B"] = len(chosen)
        self.sets[r"\mathcal{B}"] = self.sets["B"] = chosen
        self.show(r"C_{\mathcal{B}}", "C_B")
        self.show("C_{B}", "C_B")
        self.arguments["C_{\\mathcal{B}}"] = self.arguments["C_{B}"] = [r"\theta"]

    def forward(self):
        super().forward()
        chosen = [k - 1 for k in self.sets[r"\mathcal{B}"]]
        self.put("C_B", self._values["costs", None][chosen].mean())

    def after(self):
        v = self.values()
        return {(k, None): v[k, None] - 0.31 * self.gradient((k, None), lambda u: u["C_B", None])
                for k in ("w", "b", r"\theta")}


class Bowl(Scene):
    about = "f(w) = 1/2 (w_1^2 + 10 w_2^2), and gradient descent on it"
    parameters, cost_of, last_time, curvatures = "w", "f", 4, (1.0, 10.0)

    def setup(self):
        self.sizes["n"] = len(self.curvatures)
        self.w = self.rng.normal(size=(len(self.curvatures), 1))
        if len(self.curvatures) == 1:
            self.w = self.w[0, 0]
        self.show("w", "w", time="(")
        self.show("f", "f", time="(")
        self.show("C", "f", time="(")
        self.constant(r"\eta", 0.07)
        self.arguments = {"f": ["w"], "C": ["w"]}
        self.assigned = ["w"]

    def forward(self):
        curvature = self.curvature()
        eta = self._values[r"\eta", None]
        w = self.put("w", self.w)
        self.put("f", (0.5 * curvature * w * w).sum())
        for t in range(self.last_time + 1):
            w = self.put("w", (1 - eta * curvature) ** t * self.w, at=t)
            self.put("f", (0.5 * curvature * w * w).sum(), at=t)

    def curvature(self):
        return np.array(self.curvatures)[:, None]

    def after(self):
        v = self.values()
        return {("w", None): v["w", None] - 0.07 * self.gradient(("w", None), lambda u: u["f", None])}


class Parabola(Bowl):
    about = "f(w) = kappa/2 w^2 for a number w, and gradient descent on it"
    curvatures = (1.0,)

    def setup(self):
        super().setup()
        self.constant(r"\kappa", 1.7)
        del self.sizes["n"]

    def curvature(self):
        return self._values[r"\kappa", None]


class Descent(Scene):
    about = "any smooth cost of a column theta: slopes, directions, small steps"
    parameters = r"\theta"

    def setup(self):
        n = self.size("n")
        self.theta = self.rng.normal(size=(n, 1))
        self.matrix = self.rng.normal(size=(n, n))
        u = self.rng.normal(size=(n, 1))
        self.u = u / np.sqrt((u * u).sum())
        for name in (r"\theta", "C", "g", "u", r"\phi"):
            self.show(name, {r"\phi": "phi"}.get(name, name))
        self.show("d", "u")
        self.show("v", "u")
        self.show("f", "C")
        self.constant(r"\eta", 0.31)
        self.constant(r"\epsilon", 1e-4)
        self.constant("h", 1e-4)
        self.arguments = {"C": [r"\theta"], "f": [r"\theta"]}
        self.assigned = [r"\theta"]
        self.derived = {"g": lambda overrides, _: self.slope(overrides), "phi": self._angle}

    def slope(self, overrides=None):
        return self.gradient((r"\theta", None), lambda v: v["C", None], overrides)

    def _angle(self, overrides, _):
        g = self.slope(overrides)
        u = self.values(overrides)["u", None]
        return np.arccos((g * u).sum() / np.sqrt((g * g).sum() * (u * u).sum()))

    def forward(self):
        theta = self.put(r"\theta", self.theta)
        self.put("u", self.u)
        mixed = np.tanh(self.matrix @ theta)
        self.put("C", (mixed * mixed).sum() + 0.3 * (theta * theta).sum() + np.sin(theta).sum())

    def after(self):
        return {(r"\theta", None): self.values()[r"\theta", None] - 0.31 * self.slope()}


class Chain(Scene):
    about = "a computing graph of numbers: x -> u = g(x), v = h(x); y = f(u); s = F(u, v)"
    cost_of = "y"

    def setup(self):
        self.x = 0.3 + self.rng.random()
        for name in ("x", "u", "v", "y", "s"):
            self.show(name, name)
        self.functions.update(g=lambda x: np.sin(x) + x * x, h=lambda x: np.exp(0.5 * x),
                              f=lambda u: np.log(1 + u * u) + u, F=lambda u, v: u * v + np.sin(u) * v * v)

    def forward(self):
        f = self.functions
        x = self.put("x", self.x)
        u, v = self.put("u", f["g"](x)), self.put("v", f["h"](x))
        self.put("y", f["f"](u))
        self.put("s", f["F"](u, v))


# -- softmax --------------------------------------------------------------------------------------------------

class Softmax(Scene):
    about = "one column z, s = softmax(z), a soft label y, cross-entropy"
    parameters = "z"

    def setup(self):
        n = self.size("n")
        self.z, self.y = self.rng.normal(size=(n, 1)), self.labels((n, 1), True)
        for name in ("z", "s", "y", "C", "M", "J", r"\delta"):
            self.show(name, name)
        self.show(r"\hat{y}", "s")
        self.show("a", "s")
        self.show("S", "s")
        self.show("s^{(T)}", "s_T")
        self.show("K", "K")
        self.show("c", "c")
        self.show("T", "T")
        self.constants = {"c": 0.83, "T": 1.9}
        self.sizes["K"] = n
        self.functions[r"\sigma"] = softmax
        self.arguments = {"C": ["z"]}
        self.derived = {r"\delta": lambda overrides, _: self.gradient(("z", None), lambda v: v["C", None], overrides),
                        "J": lambda overrides, _: self._jacobian(overrides)}

    def forward(self):
        y, z = self.put("y", self.y), self.put("z", self.z)
        self.put("M", z.flat[np.argmax(z.real)])
        temperature = self._values["T", None]
        self.put("s_T", softmax(z / temperature))
        s = self.put("s", softmax(z))
        self.put("C", -(y * np.log(s)).sum())

    def _jacobian(self, overrides):
        n = len(self.z)
        return np.hstack([np.imag(self.values(overrides, (("z", None), (k, 0), 1j * STEP))["s", None]) / STEP
                          for k in range(n)])


class Classes(Scene):
    about = "predictions against labels: one-hot Y, class numbers c, accuracy"

    def setup(self):
        n, m = self.size("n"), self.size("m")
        self.c = self.rng.integers(1, n + 1, size=m)
        self.out = self.rng.dirichlet(np.ones(n), size=m).T
        self.out[self.c[0] - 1, 0] += 1
        self.show(r"\hat{Y}", "A")
        self.show("A", "A")
        self.show("Y", "Y")
        for name in ("a", r"\hat{y}"):
            self.show(name, "A", shows="column")
        self.show("y", "Y", shows="column")
        self.show("c", "c", shows="example")
        self.show(r"\hat{c}", "c_hat", shows="example")
        self.show("accuracy", "accuracy")
        self.sizes["L"] = 3

    def forward(self):
        a = self.put("A", self.out)
        self.put("Y", np.arange(1, len(a) + 1)[:, None] == self.c)
        c, guess = self.put("c", self.c[None]), self.put("c_hat", 1 + np.argmax(a.real, axis=0)[None])
        self.put("accuracy", np.mean(np.real(c) == np.real(guess)))


class RandomVariables(Scene):
    """Every symbol is a random variable: a row (or one row per index) of all its values, equally likely."""

    random = True

    def setup(self):
        self.functions["E"] = self.functions[r"\mathbb{E}"] = lambda v: np.array(np.mean(v))
        self.functions["Var"] = lambda v: np.array(np.mean(v * v) - np.mean(v) ** 2)

    def signs(self, *counts):
        """Independent variables of mean 0: for each count so many rows, over all combinations of signs."""
        combinations = np.array(np.meshgrid(*[[-1, 1]] * sum(counts))).reshape(sum(counts), -1)
        spreads = 0.5 + self.rng.random(len(counts))
        parts = np.split(combinations, np.cumsum(counts)[:-1])
        return [spread * part for spread, part in zip(spreads, parts, strict=True)]


class Initial(RandomVariables):
    about = "weights and inputs that take each sign equally often: exact means and variances over all of them"
    letters, count = ("w", "x", "z"), "n_{in}"

    def setup(self):
        super().setup()
        n = self.sizes[self.count] = int(self.rng.integers(3, 6))
        self.w_all, self.x_all = self.signs(n, n)
        weight, value, total = self.letters
        self.show(weight, "w_all", shows="row")
        self.show(value, "x_all", shows="row")
        self.show(total, "z_all")

    def forward(self):
        w, x = self.put("w_all", self.w_all), self.put("x_all", self.received())
        self.put("z_all", (w * x).sum(axis=0)[None])

    def received(self):
        """What the weights are multiplied by."""
        return self.x_all


class InitialRelu(Initial):
    about = "the same where the inputs are ReLUs, x = ReLU(u), of u that take each sign equally often"

    def setup(self):
        super().setup()
        self.show("u", "u_all", shows="row")

    def received(self):
        return relu(self.put("u_all", self.x_all))


class InitialBack(Initial):
    about = "errors on their way back: g, the sum of n_out errors delta times weights, all of either sign"
    letters, count = ("w", r"\delta", "g"), "n_{out}"


class InitialDeep(RandomVariables):
    about = "two layers without activation, weights and inputs of either sign equally often"

    def setup(self):
        super().setup()
        self.depth, self.layers = 2, [3, 2, 1]
        first, second, self.x = self.signs(6, 2, 3)
        self.weights = {1: first, 2: second}
        self.show("w", "w", shows="row", layered=True)
        self.show("z", "z", shows="row", layered=True)
        self.show("x", "x", shows="row")

    def forward(self):
        first, second = (self.put("w", w, at=layer) for layer, w in self.weights.items())
        x = self.put("x", self.x)
        z = self.put("z", (first.reshape(2, 3, -1) * x).sum(axis=1), at=1)
        self.put("z", (second * z).sum(axis=0)[None], at=2)


class NetworkTwins(Network):
    about = "the network with neurons 1 and 2 of the first layer alike: same weights in, same bias, same weights out"

    def setup(self):
        super().setup()
        inputs, hidden, out = self.layers[:3]
        first = self.theta[: hidden * inputs].reshape(hidden, inputs)
        biases, rest = self.theta[hidden * inputs :][:hidden], self.theta[hidden * (inputs + 1) :]
        second = rest[: out * hidden].reshape(out, hidden)
        first[1], biases[1], second[:, 1] = first[0], biases[0], second[:, 0]


# -- optimisers -------------------------------------------------------------------------------------------------

class Optimiser(Scene):
    """g_1 ... g_T are given; the running sums come from their closed forms, not from a recursion."""

    last_time = 4

    def setup(self):
        n = self.size("n")
        self.gs = self.rng.normal(size=(self.last_time + 1, n, 1))
        self.theta = self.rng.normal(size=(n, 1))
        for name, value in ((r"\eta", 0.31), (r"\beta", 0.83), (r"\beta_1", 0.9), (r"\beta_2", 0.97),
                            (r"\epsilon", 0.01)):
            self.constant(name, value)
        for name in (r"\theta", "g", "v", "s", "m", r"\hat{m}", r"\hat{v}"):
            self.show(name, name, time="_")
        self.show(r"\nabla C", "g", time="_")
        self.assigned = [*self.state, r"\theta"]

    state = ()

    def decayed(self, beta, series, t):
        return sum((beta ** (t - k) * series[k] for k in range(1, t + 1)), 0 * series[0])

    def forward(self):
        c = {k: self._values[k, None] for k in (r"\eta", r"\beta", r"\beta_1", r"\beta_2", r"\epsilon")}
        theta = self.theta
        for t in range(self.last_time + 1):
            if t:
                self.put("g", self.gs[t], at=t)
            change = self.at(t, c)
            theta = self.put(r"\theta", theta - change if t else theta, at=t)
        for name in (r"\theta", "g", *self.state):
            when = self.last_time if name == "g" else self.last_time - 1
            self.put(name, self._values[name, when])
        for name in (r"\hat{m}", r"\hat{v}"):
            if (name, self.last_time) in self._values:
                self.put(name, self._values[name, self.last_time])

    def after(self):
        v = self.values()
        return {(name, None): v[name, self.last_time] for name in self.assigned}


class GradientDescent(Optimiser):
    about = "gradient descent with gradients g_t"

    def at(self, t, c):
        return c[r"\eta"] * self.gs[t]


class Momentum(Optimiser):
    about = "momentum: velocity v_t, a decayed sum of the gradients; u_t = -eta v_t; m_t, their decayed mean"
    state = ("v",)

    def setup(self):
        super().setup()
        self.show("u", "u", time="_")

    def at(self, t, c):
        v = self.put("v", self.decayed(c[r"\beta"], self.gs, t), at=t)
        self.put("u", self.decayed(c[r"\beta"], -c[r"\eta"] * self.gs, t), at=t)
        self.put("m", self.decayed(c[r"\beta"], (1 - c[r"\beta"]) * self.gs, t), at=t)
        return c[r"\eta"] * v


class Nesterov(Momentum):
    about = "Nesterov's momentum: g_t is taken at theta_{t-1}, one look ahead of phi_{t-1}"

    def setup(self):
        super().setup()
        self.show(r"\phi", r"\phi", time="_")

    def at(self, t, c):
        v = self.put("v", self.decayed(c[r"\beta"], self.gs, t), at=t)
        travelled = sum(self.decayed(c[r"\beta"], self.gs, k) for k in range(t + 1))
        self.put(r"\phi", self.theta - c[r"\eta"] * travelled, at=t)
        return c[r"\eta"] * (self.gs[t] + c[r"\beta"] * v)


class RMSProp(Optimiser):
    about = "RMSProp: s_t, a decayed mean of the squared gradients"
    state = ("s",)

    def at(self, t, c):
        s = self.put("s", (1 - c[r"\beta"]) * self.decayed(c[r"\beta"], self.gs ** 2, t), at=t)
        return c[r"\eta"] * self.gs[t] / (np.sqrt(s) + c[r"\epsilon"])


class Adam(Optimiser):
    about = "Adam: m_t and v_t, decayed means of g and of its square, and both corrected"
    state = ("m", "v")

    def at(self, t, c):
        b1, b2 = c[r"\beta_1"], c[r"\beta_2"]
        m = self.put("m", (1 - b1) * self.decayed(b1, self.gs, t), at=t)
        v = self.put("v", (1 - b2) * self.decayed(b2, self.gs ** 2, t), at=t)
        if not t:
            return 0 * m
        self._values["t", None] = np.array(float(self.last_time))
        m_hat = self.put(r"\hat{m}", m / sum((1 - b1) * b1 ** k for k in range(t)), at=t)
        v_hat = self.put(r"\hat{v}", v / sum((1 - b2) * b2 ** k for k in range(t)), at=t)
        return c[r"\eta"] * m_hat / (np.sqrt(v_hat) + c[r"\epsilon"])


class Ravine(Scene):
    about = "f = 1/2 theta^T H theta; H q = kappa q, q of length 1; gradient descent on it from theta_0"
    parameters, cost_of, last_time = r"\theta", "f", 4

    def setup(self):
        n = self.size("n")
        self.q, _ = np.linalg.qr(self.rng.normal(size=(n, n)))
        self.curvatures = 0.3 + np.arange(n)[:, None] / 2
        self.theta = self.rng.normal(size=(n, 1))
        for name, time in ((r"\theta", "_"), ("x", "_"), ("H", ""), ("q", ""), ("f", "")):
            self.show(name, name, time=time)
        self.constant(r"\kappa", self.curvatures[1, 0])
        self.constant(r"\eta", 0.31)
        self.constant(r"\beta", 0.83)
        self.arguments = {"f": [r"\theta"]}

    def forward(self):
        self.put("H", sum(k * np.outer(q, q) for k, q in zip(self.curvatures[:, 0], self.q.T, strict=True)))
        self.put("q", self.q[:, 1:2])
        theta = self.put(r"\theta", self.theta)
        self.put("f", 0.5 * (self.curvatures * (self.q.T @ theta) ** 2).sum())
        eta, beta = self._values[r"\eta", None], self._values[r"\beta", None]
        for t in range(self.last_time + 1):
            along = self.along(t, eta, beta) * (self.q.T @ self.theta)
            self.put(r"\theta", self.q @ along, at=t)
            self.put("x", along[1, 0], at=t)

    def along(self, t, eta, beta):
        """What t steps make of a component of 1 along each eigenvector."""
        return (1 - eta * self.curvatures) ** t


class RavineMomentum(Ravine):
    about = "the ravine walked with momentum; x_t is the component of theta_t along q"

    def along(self, t, eta, beta):
        steps = [np.linalg.matrix_power(np.array([[1 - eta * k, -eta * beta], [k, beta]]), t)[0, 0]
                 for k in self.curvatures[:, 0]]
        return np.array(steps)[:, None]


# -- other layers ---------------------------------------------------------------------------------------------------

class Convolution(Scene):
    about = "one image X, one square kernel W, Z = W slid over X plus b, A = sigma(Z), quadratic cost against Y"
    parameters = "W"

    def setup(self):
        high, wide, k = self.size("n_h"), self.size("n_w"), 3
        self.sizes["k"] = k
        self.x, self.w = self.rng.normal(size=(high + 2, wide + 2)), self.rng.normal(size=(k, k))
        self.sizes.update(n_h=high + 2, n_w=wide + 2)
        self.b, self.y = self.rng.normal(), self.rng.random((high + 3 - k, wide + 3 - k))
        for name in ("X", "W", "b", "Z", "A", "Y", "C"):
            self.show(name, name)
        for name, quantity in (("x", "X"), ("w", "W"), ("z", "Z"), ("a", "A"), ("y", "Y"), (r"\delta", "Delta")):
            self.show(name, quantity, shows="entry")
        self.show(r"\Delta", "Delta")
        self.derived = {"Delta": lambda overrides, _: self.gradient(("Z", None), lambda v: v["C", None], overrides)}

    def forward(self):
        x, w, b, y = self.put("X", self.x), self.put("W", self.w), self.put("b", self.b), self.put("Y", self.y)
        rows, columns = self.y.shape
        z = sum(w[p, q] * x[p:p + rows, q:q + columns] for p in range(3) for q in range(3)) + b
        a = self.put("A", sigmoid(self.put("Z", z)))
        self.put("C", 0.5 * ((a - y) ** 2).sum())


class Pooling(Scene):
    about = "one image X, the largest (A) and the mean (M) of each square of two by two"

    def setup(self):
        high, wide = self.size("n_h"), self.size("n_w")
        self.x, self.y = self.rng.normal(size=(2 * high, 2 * wide)), self.rng.random((high, wide))
        for name in ("X", "A", "M", "Y", "C"):
            self.show(name, name)

    def forward(self):
        x, y = self.put("X", self.x), self.put("Y", self.y)
        corners = np.stack([x[i::2, j::2] for i in (0, 1) for j in (0, 1)])
        largest = np.argmax(corners.real, axis=0)
        a = self.put("A", np.take_along_axis(corners, largest[None], axis=0)[0])
        self.put("M", corners.mean(axis=0))
        self.put("C", 0.5 * ((a - y) ** 2).sum())


class Recurrent(Scene):
    about = "h_t = tanh(W x_t + U h_{t-1} + b), quadratic cost of the last h against y, T steps"
    last_time = 4

    def setup(self):
        n, p = self.size("n"), self.size("p")
        self.sizes["T"] = self.last_time
        rng = self.rng
        self.xs, self.y = rng.normal(size=(self.last_time + 1, p, 1)), rng.random((n, 1))
        self.start = {"W": rng.normal(size=(n, p)), "U": rng.normal(size=(n, n)) / np.sqrt(n),
                      "b": rng.normal(size=(n, 1))}
        for name in ("x", "h", "z"):
            self.show(name, name, time="_")
        for name in ("W", "U", "b", "y", "C"):
            self.show(name, name)
        self.show(r"\delta", "delta", time="_")
        self.functions[r"\sigma"] = np.tanh
        self.derived = {"delta": lambda overrides, t: self.gradient(("z", t), lambda v: v["C", None], overrides)}

    def forward(self):
        w, u, b = (self.put(name, value) for name, value in self.start.items())
        y, h = self.put("y", self.y), self.put("h", 0 * self.y, at=0)
        for t in range(1, self.last_time + 1):
            z = self.put("z", w @ self.put("x", self.xs[t], at=t) + u @ h + b, at=t)
            h = self.put("h", np.tanh(z), at=t)
        self.put("C", 0.5 * ((h - y) ** 2).sum())


class Lstm(Scene):
    about = "the gates i, f, o and the candidate g, the cell c and the state h of an LSTM, T steps"
    last_time = 3

    def setup(self):
        n, p = self.size("n"), self.size("p")
        self.sizes["T"] = self.last_time
        self.xs, self.y = self.rng.normal(size=(self.last_time + 1, p, 1)), self.rng.random((n, 1))
        self.start = {}
        for gate in "ifog":
            self.start |= {f"W_{gate}": self.rng.normal(size=(n, p)), f"U_{gate}": self.rng.normal(size=(n, n)),
                           f"b_{gate}": self.rng.normal(size=(n, 1))}
            self.show(gate, gate, time="_")
        for name in ("x", "h", "c"):
            self.show(name, name, time="_")
        for name in (*self.start, "y", "C"):
            self.show(name, name)

    def forward(self):
        weights = {name: self.put(name, value) for name, value in self.start.items()}
        y = self.put("y", self.y)
        h, c = self.put("h", 0 * y, at=0), self.put("c", 0 * y, at=0)
        for t in range(1, self.last_time + 1):
            x, gates = self.put("x", self.xs[t], at=t), {}
            for gate in "ifog":
                z = weights[f"W_{gate}"] @ x + weights[f"U_{gate}"] @ h + weights[f"b_{gate}"]
                gates[gate] = self.put(gate, np.tanh(z) if gate == "g" else sigmoid(z), at=t)
            c = self.put("c", gates["f"] * c + gates["i"] * gates["g"], at=t)
            h = self.put("h", gates["o"] * np.tanh(c), at=t)
        self.put("C", 0.5 * ((h - y) ** 2).sum())


class Gan(Scene):
    about = "m real examples x and m noises z, functions D (a probability) and G, the costs of both"

    def setup(self):
        n, p, m = self.size("n"), self.size("p"), self.size("m")
        self.x, self.z = self.rng.normal(size=(n, m)), self.rng.normal(size=(p, m))
        self.d, self.g = self.rng.normal(size=(n, 1)), self.rng.normal(size=(n, p))
        self.functions["D"] = lambda x: _row(sigmoid(self.d.T @ np.tanh(x)))
        self.functions["G"] = lambda z: np.tanh(self.g @ z)
        for name, quantity in (("x", "X"), ("z", "Z")):
            self.show(name, quantity, shows="column")
        for name in ("X", "Z", "C_D", "C_G"):
            self.show(name, name)

    def forward(self):
        real = sigmoid(self.d.T @ np.tanh(self.put("X", self.x)))
        fake = sigmoid(self.d.T @ np.tanh(np.tanh(self.g @ self.put("Z", self.z))))
        self.put("C_D", -(np.log(real) + np.log(1 - fake)).mean())
        self.put("C_G", -np.log(fake).mean())


def _row(value):
    return value[0, 0] if value.shape == (1, 1) else value


SCENES = {
    "numbers": Numbers, "free": Free, "neuron": Neuron, "neuron-quadratic": NeuronQuadratic,
    "neuron-one": NeuronOne, "neuron-one-quadratic": NeuronOneQuadratic, "gate": Gate,
    "activations": Activations, "layer": Layer, "layer-batch": LayerBatch, "network": Network,
    "network-sigmoid": NetworkSigmoid,
    "example-sigmoid": ExampleSigmoid, "network-bce": NetworkBce, "network-ce": NetworkCe, "relu-softmax": ReluSoftmax,
    "network-penalty": NetworkPenalty, "example": Example, "example-bce": ExampleBce,
    "example-ce": ExampleCe, "example-relu-softmax": ExampleReluSoftmax, "outputs-quadratic": Outputs,
    "outputs-bce": OutputsBce, "outputs-ce": OutputsCe, "output-quadratic": Output, "output-bce": OutputBce,
    "output-ce": OutputCe, "logistic": Logistic, "minibatch": Minibatch, "bowl": Bowl, "parabola": Parabola,
    "descent": Descent, "chain": Chain, "softmax": Softmax, "classes": Classes, "initial": Initial,
    "initial-relu": InitialRelu, "initial-back": InitialBack, "initial-deep": InitialDeep,
    "network-twins": NetworkTwins,
    "gradient-descent": GradientDescent, "momentum": Momentum, "nesterov": Nesterov, "rmsprop": RMSProp,
    "adam": Adam, "ravine": Ravine, "ravine-momentum": RavineMomentum,
    "convolution": Convolution, "pooling": Pooling, "recurrent": Recurrent, "lstm": Lstm, "gan": Gan,
}

CONSTANTS = {"e": math.e, r"\pi": math.pi, r"\mathrm{i}": 1j}
