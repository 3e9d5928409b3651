"""Network: layers in a row and a cost at the end, with all parameters in one flat vector."""

import copy
import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from nnlib.convolution import Conv2D, MaxPool2D
from nnlib.costs import get_cost
from nnlib.layers import Dense, Dropout, Flatten
from nnlib.recurrent import LSTM, EachStep, Recurrent, fold

LAYERS = {kind.__name__: kind for kind in (Dense, Dropout, Flatten, Conv2D, MaxPool2D, Recurrent, LSTM, EachStep)}
COLUMNS_AT_ONCE = 1000  # evaluation works on blocks that stay in the processor's cache


class Network:
    """A feed-forward network.

    layers: a list of layers, the last one Dense.
    cost: a name (quadratic, binary_cross_entropy, cross_entropy) or a Cost.
    rng: a numpy.random.Generator or an int seed for one; draws the first weights, layer by layer.
    dtype: "float32" or "float64", of everything the network computes.
    l2: the weight of the penalty (l2 / 2) * sum(W ** 2) over all weights, biases left out.

    parameters and gradient are flat vectors; every layer's W, b and dW, db are views into them, so that an
    optimiser is one line of arithmetic on two vectors. `gradient` is overwritten by the next backward.

    Raises ValueError if neighbouring layers do not fit, or the cost makes no sense on the last activation.
    """

    def __init__(self, layers, cost="quadratic", rng=None, dtype="float32", l2=0.0):
        self.layers = list(layers)
        self.cost_function = get_cost(cost)
        self.dtype = np.dtype(dtype)
        if not l2 >= 0:
            raise ValueError(f"the penalty l2 must be at least 0, got {l2}")
        self.l2 = l2
        self._check_layers()
        self._bind()
        rng = np.random.default_rng(rng)
        for layer in self.layers:
            layer.initialize(rng)

    def forward(self, x, training=False):
        """The activations of the last layer, shape (n_L, m), for inputs x of shape (n_0, m).

        x is cast to the network's dtype, unless it is class numbers for a first layer that reads such.
        training=True switches on what only training does (dropout).
        Raises ValueError if x does not fit the first layer.
        """
        a = self.cast_inputs(x)
        for layer in self.layers:
            a = layer.forward(a, training)
        return a

    def cast_inputs(self, x):
        """x as an array of the network's dtype; class numbers (T, m) for a recurrent first layer stay integers."""
        x = np.asarray(x)
        stays = self.layers[0].reads_classes and x.ndim == 2 and x.dtype.kind in "iu"
        return x if stays else np.asarray(x, self.dtype)

    def backward(self, y, input_gradient=False):
        """Fill every dW and db for the batch last sent forward; returns the flat gradient of its cost.

        y: targets (n_L, m), one column per example; after EachStep (T, n_L, m).
        input_gradient=True also leaves dL/dx, summed over the batch, in `self.input_gradient`.
        Raises ValueError if y is not of the shape of the output, RuntimeError before any forward.
        """
        output = self.layers[-1]
        y = self._targets(y)
        delta = self.cost_function.error(output.activation, output.z, output.a, y)
        grad_a = output.backward_error(delta, input_gradient or len(self.layers) > 1)
        return self._pass_back(grad_a, self.layers[-2::-1], input_gradient)

    def backward_from(self, grad_a, input_gradient=False):
        """The same from grad_a = dL/da of the output, shape (n_L, m), where the cost belongs to another network.

        That is how a generator learns from its discriminator: grad_a is the discriminator's input_gradient.
        """
        return self._pass_back(np.asarray(grad_a, self.dtype), self.layers[::-1], input_gradient)

    def _pass_back(self, grad_a, layers, input_gradient):
        for layer in layers:
            grad_a = layer.backward(grad_a, input_gradient or layer is not self.layers[0])
        if input_gradient:
            self.input_gradient = grad_a
        if self.l2:
            for W, dW in self._weights():
                dW += self.l2 * W
        return self.gradient

    def batch_cost(self, y):
        """The cost of the batch last sent forward: mean over its examples, plus the penalty. A float."""
        output = self.layers[-1]
        y = self._targets(y)
        return self.cost_function.total(output.z, output.a, y) / y.shape[-1] + self.penalty()

    def cost(self, x, y):
        """The cost of inputs x, shape (n_0, m), and targets y, shape (n_L, m). A float.

        Raises ValueError if there are no examples, or not as many in y as in x.
        """
        x, y = np.asarray(x), np.asarray(y)
        if x.shape[-1] != y.shape[-1]:
            raise ValueError(f"x has {x.shape[-1]} examples (columns), y has {y.shape[-1]}")
        total, count, output = 0.0, 0, self.layers[-1]
        for columns in self._blocks(x):
            self.forward(x[..., columns])
            total += self.cost_function.total(output.z, output.a, self._targets(y[..., columns]))
            count += output.a.shape[-1]  # after EachStep a column is a step
        return total / count + self.penalty()

    def penalty(self):
        """(l2 / 2) * sum(W ** 2) over all weights. A float."""
        return 0.5 * self.l2 * sum(float(np.vdot(W, W)) for W, _ in self._weights()) if self.l2 else 0.0

    def predict(self, x):
        """The class number of each example, shape (m,): the largest output, or for one output a >= 1/2.

        After EachStep that of each step, shape (T, m).
        """
        x, found = np.asarray(x), []
        for columns in self._blocks(x):
            a = self.forward(x[..., columns])
            classes = a.argmax(axis=0) if len(a) > 1 else (a[0] >= 0.5).astype(int)
            found.append(classes.reshape(len(x), -1) if self._gives_steps() else classes)
        return np.concatenate(found, axis=-1)

    def astype(self, dtype):
        """A copy of this network, with the same parameters, that computes in the given dtype."""
        twin = copy.copy(self)
        twin.dtype = np.dtype(dtype)
        twin.layers = [copy.copy(layer) for layer in self.layers]
        twin._bind()
        twin.parameters[:] = self.parameters
        return twin

    def save(self, path):
        """Write the network to one .npz file, all or nothing: a file that was there stays until it is done.

        Raises ValueError for a layer, activation or cost that load would not know.
        """
        description = {
            "layers": [{"kind": type(layer).__name__, **layer.config()} for layer in self.layers],
            "cost": self.cost_function.name,
            "l2": self.l2,
        }
        _build(description, self.dtype)  # what cannot be rebuilt must not be saved
        path = Path(path)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".npz")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, description=json.dumps(description), parameters=self.parameters)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise

    @classmethod
    def load(cls, path):
        """The network that save wrote. Raises ValueError for a damaged or foreign file."""
        try:
            with open(path, "rb") as stored, np.load(stored, allow_pickle=False) as file:
                description = json.loads(str(file["description"]))
                parameters = file["parameters"]
            network = _build(description, parameters.dtype)
        except FileNotFoundError:
            raise
        except (OSError, EOFError, zipfile.BadZipFile, KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{path} is not a network saved by nnlib, or it is damaged: {error}") from error
        if parameters.shape != network.parameters.shape:
            raise ValueError(f"{path} is damaged: its layers have {network.parameters.size} parameters, "
                             f"but {parameters.shape} are stored")
        if not np.isfinite(parameters).all():
            raise ValueError(f"{path} is damaged: it holds parameters that are not finite numbers")
        network.parameters[:] = parameters
        return network

    def _bind(self):
        sizes = [sum(int(np.prod(shape)) for shape in layer.parameter_shapes().values()) for layer in self.layers]
        self.parameters = np.zeros(sum(sizes), self.dtype)
        self.gradient = np.zeros(sum(sizes), self.dtype)
        for layer, size, stop in zip(self.layers, sizes, np.cumsum(sizes), strict=True):
            layer.bind(self.parameters[stop - size : stop], self.gradient[stop - size : stop])

    def _check_layers(self):
        if not self.layers or not isinstance(self.layers[-1], Dense):
            raise ValueError("a Network needs layers, the last of them Dense")
        previous, every_step = None, False
        for layer in self.layers:
            if isinstance(layer, Dense | Conv2D | Recurrent | LSTM):
                self._check_neighbours(previous, layer)
                if every_step and isinstance(layer, Dense):
                    raise ValueError(f"{previous} gives the state of every step: put EachStep() before {layer}, "
                                     "or say last_only=True")
                previous, every_step = layer, not getattr(layer, "last_only", True)
            elif isinstance(layer, EachStep):
                every_step = False
            elif not isinstance(layer, Dropout | MaxPool2D):  # these keep the size or the channels; others change them
                previous = None
        activation = self.layers[-1].activation
        if not self.cost_function.admits(activation):
            raise ValueError(f"the cost {self.cost_function.name} needs a {self.cost_function.matched.name} "
                             f"output layer, got {activation.name}")
        if self.dtype not in (np.dtype("float32"), np.dtype("float64")):
            raise ValueError(f"dtype must be float32 or float64, got {self.dtype}")

    @staticmethod
    def _check_neighbours(previous, layer):
        if previous is None:
            return
        if isinstance(previous, Conv2D) != isinstance(layer, Conv2D):
            between = ": put Flatten() between them" if isinstance(previous, Conv2D) else ""
            raise ValueError(f"{previous} does not fit {layer}, images meet columns{between}")
        outputs, inputs = ((previous.n_out, layer.n_in) if not isinstance(layer, Conv2D)
                           else (previous.channels_out, layer.channels_in))
        if outputs != inputs:
            what = "input channels" if isinstance(layer, Conv2D) else "inputs"
            raise ValueError(f"{previous} does not fit {layer}: {outputs} outputs meet {inputs} {what}")

    def _targets(self, y):
        output = self.layers[-1]
        if getattr(output, "a", None) is None:
            raise RuntimeError("call forward before backward: there is no batch to go back through")
        y = np.asarray(y, self.dtype)
        if y.ndim == 3 and self._gives_steps():
            y = fold(y)
        if y.shape != output.a.shape:
            raise ValueError(f"targets y of shape {output.a.shape} expected, got {y.shape}"
                             + (": class numbers? Use nnlib.data.one_hot" if y.ndim == 1 else "")
                             + (": one column per example, so pass y.T" if y.T.shape == output.a.shape else ""))
        return y

    def _weights(self):
        for layer in self.layers:
            for name in layer.parameter_shapes():
                if not name.startswith("b"):
                    yield getattr(layer, name), getattr(layer, "d" + name)

    def _blocks(self, x):
        m = x.shape[-1] if x.ndim > 1 else 0
        if m == 0:
            raise ValueError(f"expected at least one example, in columns, got x of shape {x.shape}")
        width = max(1, COLUMNS_AT_ONCE // len(x)) if self.layers[0].reads_classes else COLUMNS_AT_ONCE
        for start in range(0, m, width):
            yield slice(start, start + width)

    def _gives_steps(self):
        return any(isinstance(layer, EachStep) for layer in self.layers)

    def __repr__(self):
        chain = ", ".join(map(repr, self.layers))
        return f"Network([{chain}], cost={self.cost_function.name!r}): {self.parameters.size:,} parameters"


def _build(description, dtype):
    layers = []
    for config in description["layers"]:
        config = dict(config)
        kind = config.pop("kind")
        if kind not in LAYERS:
            raise ValueError(f"unknown kind of layer {kind!r}")
        layers.append(LAYERS[kind](**config))
    return Network(layers, cost=description["cost"], rng=0, dtype=dtype, l2=description["l2"])
